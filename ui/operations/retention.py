"""What is too old goes: conversations, questions with reports, and the log, each after the days of its own setting.

Runs when the server starts and once a day while it runs. This module does *not* know what the rows say.
"""

from __future__ import annotations

import logging
import threading
import time

from rag.settings import Settings
from ui.database import Database

DAY = 86400.0
_log = logging.getLogger(__name__)
_QUESTIONS = (
    "DELETE FROM open_questions WHERE created < ?",
    "DELETE FROM feedback WHERE created < ?",
    "DELETE FROM asked WHERE at < ?",
)


def purge(database: Database, settings: Settings, now: float | None = None) -> int:
    """Remove what is older than the settings allow; return how many rows went."""
    now = time.time() if now is None else now
    before = now - settings.keep_questions_days * DAY
    gone, conversations = 0, now - settings.keep_conversations_days * DAY
    with database.transaction() as sql:
        for statement in _QUESTIONS:
            gone += sql.execute(statement, (before,)).rowcount
        # exchanges go with their conversation, after its last question
        gone += sql.execute("DELETE FROM conversations WHERE updated < ?", (conversations,)).rowcount
        gone += sql.execute("DELETE FROM audit WHERE at < ?", (now - settings.keep_audit_days * DAY,)).rowcount
    return gone


class Purger:
    """A thread that purges at once and then once a day, for the length of a `with` block."""

    def __init__(self, database: Database, settings: Settings, every: float = DAY) -> None:
        self._database = database
        self._settings = settings
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def __enter__(self) -> Purger:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                gone = purge(self._database, self._settings)
                if gone:
                    _log.info("retention: %d rows removed", gone)
            except Exception:  # noqa: BLE001 - the thread's edge: tomorrow is another day, and the log says why
                _log.exception("retention failed")
            if self._stop.wait(self._every):
                return
