"""The tables `conversations` and `exchanges`: what members asked and what they were told.

A question and its answer are kept, not what the page looked like: a reopened conversation is drawn anew, with today's
documents beside it. Every function takes the member, and what belongs to another is as if it did not exist. This
module does *not* know the conversations that are under way, nor who may read what: `Places` says it.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, get_args

from rag.places import UNKNOWN, Places
from rag.text import fold
from rag.types import Answer, Source
from ui.database import Database
from ui.exchange import Exchange, Report
from ui.history.codec import Unreadable, decode, encode

DAY = 86400.0
SWEEP_SECONDS = 3600.0  # between two removals of what is too old
TITLE = 80  # characters of a title
LISTED = 200  # conversations shown; older ones are found by searching
ANYWHERE = Places()  # without an index each file speaks for itself

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A conversation in its member's list; `updated` in seconds since 1970; `within` the document or folder that its
    questions are limited to, "" for none."""

    id: str
    title: str
    updated: float
    within: str = ""


class Archive:
    """The stored conversations of all members; every method may be called from any thread."""

    def __init__(self, database: Database, days: int, now: Callable[[], float] = time.time) -> None:
        """Keep conversations for `days` days after their last question; 0: keep none."""
        self._database = database
        self._days = days
        self._now = now
        self._swept = float("-inf")

    @property
    def keeps(self) -> bool:
        """Whether anything is stored."""
        return self._days > 0

    def entries(
        self, member: int, groups: frozenset[str] | None = None, search: str = "", places: Places = ANYWHERE
    ) -> tuple[Entry, ...]:
        """Return a member's conversations, the latest first: those that hold every word of `search`, in the title, a
        question, or an answer that members of `groups` (None: all) may still read, as `places` are today."""
        self.sweep()
        words = fold(search).split()
        rows = self._database.rows(
            "SELECT id, title, updated, within FROM conversations WHERE member = ? ORDER BY updated DESC, rowid DESC",
            member,
        )
        found = [Entry(*row) for row in rows]
        if words:
            texts = self._texts(member, groups, places)
            found = [e for e in found if all(word in fold(f"{e.title} {texts.get(e.id, '')}") for word in words)]
        return tuple(found[:LISTED])

    def _texts(self, member: int, groups: frozenset[str] | None, places: Places) -> dict[str, str]:
        rows = self._database.rows(
            "SELECT conversation, question, said, files FROM exchanges JOIN conversations ON id = conversation "
            "WHERE member = ?", member,
        )  # fmt: skip
        texts: dict[str, str] = {}
        for conversation, question, said, files in rows:
            open_ = groups is None or all(places.open_to(file, groups) for file in files_of(files))
            texts[conversation] = f"{texts.get(conversation, '')} {question} {said if open_ else ''}"
        return texts

    def load(self, member: int, conversation: str) -> tuple[Entry, tuple[Exchange, ...]] | None:
        """Return a member's conversation, None if there is none of this id that is theirs."""
        self.sweep()
        rows = self._database.rows(
            "SELECT id, title, updated, within FROM conversations WHERE id = ? AND member = ?", conversation, member
        )
        if not rows:
            return None
        stored = self._database.rows("SELECT * FROM exchanges WHERE conversation = ? ORDER BY number", conversation)
        return Entry(*rows[0]), tuple(_exchange(row) for row in stored)

    def save(self, member: int, conversation: str, exchange: Exchange, within: str = "") -> None:
        """Store an exchange as it stands, in a conversation that is made if need be; nothing if none are kept."""
        if not self.keeps:
            return
        now = self._now()
        said = exchange.answer.text if exchange.answer else ""
        with self._database.transaction() as sql:
            sql.execute(
                "INSERT INTO conversations (id, member, title, created, updated, within) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET updated = excluded.updated WHERE member = excluded.member",
                (conversation, member, title_of(exchange.question), now, now, within),
            )
            sql.execute(
                "INSERT INTO exchanges (conversation, number, question, answer, phase, created, draft, said, files) "
                "SELECT id, ?, ?, ?, ?, ?, ?, ?, ? FROM conversations WHERE id = ? AND member = ? "
                "ON CONFLICT (conversation, number) DO UPDATE SET answer = excluded.answer, phase = excluded.phase, "
                "draft = excluded.draft, said = excluded.said, files = excluded.files",
                (
                    exchange.number, exchange.question, encode(exchange.answer) if exchange.answer else None,
                    exchange.phase, now, exchange.draft, said, _files_text(exchange.files), conversation, member,
                ),
            )  # fmt: skip

    def forget(self, member: int, conversation: str, number: int) -> None:
        """Remove one exchange, and the conversation with its last one."""
        with self._database.transaction() as sql:
            mine = (conversation, member)
            sql.execute(
                "DELETE FROM exchanges WHERE number = ? AND conversation IN "
                "(SELECT id FROM conversations WHERE id = ? AND member = ?)", (number, *mine),
            )  # fmt: skip
            sql.execute(
                "DELETE FROM conversations WHERE id = ? AND member = ? AND NOT EXISTS "
                "(SELECT 1 FROM exchanges WHERE conversation = id)", mine,
            )  # fmt: skip

    def sent(self, member: int, conversation: str, number: int) -> None:
        """Note that a question went to the secretariat."""
        self._database.execute(
            "UPDATE exchanges SET sent = 1 WHERE number = ? AND conversation IN "
            "(SELECT id FROM conversations WHERE id = ? AND member = ?)", number, conversation, member,
        )  # fmt: skip

    def rename(self, member: int, conversation: str, title: str) -> bool:
        """Give a conversation another title; return whether there is such a one and the title says something."""
        title = title_of(title)
        return bool(title) and bool(
            self._database.execute(
                "UPDATE conversations SET title = ? WHERE id = ? AND member = ?", title, conversation, member
            )
        )

    def delete(self, member: int, conversation: str) -> bool:
        """Remove a conversation for good; return whether there was one."""
        return bool(
            self._database.execute("DELETE FROM conversations WHERE id = ? AND member = ?", conversation, member)
        )

    def sweep(self) -> None:
        """Remove the conversations that are too old, at most once an hour."""
        now = self._now()
        if now - self._swept < SWEEP_SECONDS:
            return
        self._swept = now
        removed = self._database.execute("DELETE FROM conversations WHERE updated < ?", now - self._days * DAY)
        if removed:
            _log.info("removed %d conversations that were too old", removed)

    def reports(self, marks: Iterable[str]) -> dict[str, Report]:
        """Return what was said of the exchanges with these marks (`ui/feedback/store.py`)."""
        listed = list(marks)
        rows = self._database.rows(
            f"SELECT mark, kind FROM feedback WHERE mark IN ({','.join('?' * len(listed))})",  # noqa: S608 - marks only
            *listed,
        )
        return {mark: kind for mark, kind in rows if kind in get_args(Report)}


def title_of(text: str) -> str:
    """Return a question as a title: one line, cut at a word."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE else line[:TITLE].rsplit(" ", 1)[0] + "…"


def files_of(text: str | None) -> tuple[Source, ...]:
    """Return the files that a stored exchange rests on; `UNKNOWN` where that was not kept."""
    return (UNKNOWN,) if text is None else tuple(Source(path, sha256, "") for path, sha256 in json.loads(text))


def _files_text(files: Iterable[Source]) -> str | None:
    if UNKNOWN in files:
        return None
    told = dict.fromkeys((file.path, file.sha256) for file in files)
    return json.dumps(list(told), ensure_ascii=False, separators=(",", ":"))


def _exchange(row: Any) -> Exchange:
    over = row["phase"] in ("done", "stopped", "failed")
    # one that still ran when the server ended was stopped by that
    exchange = Exchange(
        row["number"], row["question"], row["phase"] if over else "stopped", draft=row["draft"],
        read=files_of(row["files"]), sent=bool(row["sent"]),
    )  # fmt: skip
    try:
        answer = decode(row["answer"], Answer) if row["answer"] else None
    except Unreadable:
        _log.exception("an answer cannot be read")
        return replace(exchange, phase="failed")
    return replace(exchange, answer=answer)
