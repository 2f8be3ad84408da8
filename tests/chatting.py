"""What the tests of conversations share: a chat over the scripted assistant, and waiting for what it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ui.chat import Chat, View, Visitor
from ui.database import Database
from ui.desk import Assistant, Desk
from ui.history.archive import Archive
from ui.history.live import Conversations
from ui.identity import Member

HERE = Visitor("a")
ANNE = Visitor("b", Member(7, "Anne", "member", frozenset({"public"})))


def chat_of(open_assistant: Callable[[], Assistant], database: Database | None = None, days: int = 90) -> Chat:
    """Return a chat whose assistant is what the function opens; without a database it keeps nothing on disk."""
    archive = Archive(database or Database.open(None), days)
    return Chat(Desk(open_assistant, retry_seconds=0.01), Conversations(archive))


async def views_of(chat: Chat, question: str, visitor: Visitor = HERE) -> list[View]:
    """Return all that the page shows while a question is answered."""
    return [view async for view in chat.ask(visitor, question)]


async def ready(chat: Chat) -> None:
    """Wait until the assistant is open."""
    await until(lambda: chat.desk.look() is not None)


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        await asyncio.sleep(0.005)
