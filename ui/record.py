"""What is remembered of a question once it was answered, and as little as possible.

`asked` gets figures without content: when, how it ended, how long it took. A refused question leaves its text in
`open_questions`, for the secretariat to answer or to file a document. Names are left out unless `keep_names` is set,
and `keep_questions_days = 0` keeps no text at all. What a member says of an answer, or puts to the secretariat, is
written by `ui/feedback/store.py`. This module does *not* know who reads these rows, nor when they are removed
(`ui/operations/retention.py`).
"""

from __future__ import annotations

import json
import time
from typing import Literal

from rag.settings import Settings
from rag.types import Answer
from ui.database import Database
from ui.identity import Member

NEAREST = 3  # documents named beside a question without an answer
Kind = Literal["not_in_corpus", "not_supported"]


class Recorder:
    """Writes these rows; every method may be called from any thread."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    @property
    def keeps_text(self) -> bool:
        """True if texts of questions may be kept."""
        return self._settings.keep_questions_days > 0

    def answered(self, member: Member, answer: Answer, waited_ms: float) -> None:
        """Remember that a question was answered or refused after `waited_ms` milliseconds in the line."""
        struck = sum(claim.verdict == "unsupported" for claim in answer.claims)
        self._database.execute(
            "INSERT INTO asked (at, status, refusal, model, generation, cached, waited, first_token, total, claims,"
            " struck) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            time.time(), answer.status, answer.refusal, answer.model, answer.generation, int(answer.cached), waited_ms,
            answer.timings.first_token, answer.timings.total, len(answer.claims), struck,
        )  # fmt: skip
        if answer.status == "refused" and self.keeps_text:
            self._open(member, answer)

    def _open(self, member: Member, answer: Answer) -> None:
        kind: Kind = "not_in_corpus" if answer.refusal == "no_evidence" else "not_supported"
        groups = None if member.groups is None else json.dumps(sorted(member.groups), ensure_ascii=False)
        self._database.execute(
            "INSERT INTO open_questions (created, member, question, standalone, kind, nearest, groups)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            time.time(), member.id if self._settings.keep_names else None, answer.question, answer.standalone, kind,
            _nearest(answer), groups,
        )  # fmt: skip


def _nearest(answer: Answer) -> str:
    """Return the first documents that were found, as JSON, each with the page that was nearest."""
    found: dict[str, dict[str, object]] = {}
    for passage in answer.passages:
        page = passage.chunk.page
        found.setdefault(page.source.path, {"path": page.source.path, "page": page.number, "title": page.source.title})
    return json.dumps(list(found.values())[:NEAREST], ensure_ascii=False)
