"""What a page says once after a form was sent: kept on the server until the next page, so no address carries it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

from ui.identity import Member

MEMBERS = 200  # whose notices are kept at a time
LINES = 60  # kept for one member

Look = Literal["done", "problem"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence; `look` is the class that the page gives it."""

    look: Look
    text: str


class Notices:
    """The notices of every member; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, list[Notice]] = OrderedDict()

    def put(self, member: Member, look: Look, text: str) -> None:
        """Keep a notice for the member's next page."""
        with self._lock:
            lines = self._kept.setdefault(member.key, [])
            lines.append(Notice(look, text))
            del lines[:-LINES]
            self._kept.move_to_end(member.key)
            while len(self._kept) > MEMBERS:
                self._kept.popitem(last=False)

    def take(self, member: Member) -> list[Notice]:
        """Return the member's notices and forget them."""
        with self._lock:
            return self._kept.pop(member.key, [])
