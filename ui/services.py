"""What the routes of every area share: made once by `ui/server.py`, handed to each `router`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rag.places import Places
from rag.ports import Meter
from rag.settings import Settings
from ui.database import Database
from ui.desk import Desk
from ui.history.live import Conversations
from ui.pages import Pages
from ui.record import Recorder
from ui.web import Web


@dataclass(frozen=True, slots=True)
class Services:
    """The settings, the assistant's desk, page pictures, the database, the templates, what notes each answer, the
    conversations, what says where files lie today, and what measures energy, if anything does."""

    settings: Settings
    desk: Desk
    pages: Pages
    database: Database
    web: Web
    recorder: Recorder
    conversations: Conversations
    places: Callable[[], Places]
    meter: Meter | None = None
