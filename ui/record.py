"""What is remembered of a question once it was answered, and as little as possible.

`asked` gets figures without content: when, how it ended, how long it took. A refused question leaves its text in
`open_questions`, for the secretariat to answer or to file a document; what a member reports goes to `feedback`. Names
are left out unless `keep_names` is set, and `keep_questions_days = 0` keeps no text at all. This module does *not*
know who reads these rows, nor when they are removed (`ui/operations/retention.py`).
"""

from __future__ import annotations

import json
import time
from typing import Literal, get_args

from rag.settings import Settings
from rag.types import Answer
from ui.database import Database
from ui.identity import Member

NEAREST = 3  # documents named beside a question without an answer
LONGEST_WORD = 1000  # characters of what a member adds
Kind = Literal["not_in_corpus", "not_supported"]
FeedbackKind = Literal["useful", "not_useful", "wrong_source", "out_of_date"]
FEEDBACK: tuple[FeedbackKind, ...] = get_args(FeedbackKind)


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
            self._open(member, answer, asked=False, word="")

    def to_secretariat(self, member: Member, answer: Answer, word: str = "") -> None:
        """Put a question to the secretariat, with an optional word of the member.

        The entry that the refusal left is used; an answered question gets one of its own. Nothing is kept where no
        text may be.
        """
        if not self.keeps_text:
            return
        with self._database.transaction() as sql:
            known = sql.execute(
                "SELECT id FROM open_questions WHERE question = ? AND asked = 0 AND done = 0 AND member IS ?"
                " ORDER BY id DESC LIMIT 1",
                (answer.question, self._named(member)),
            ).fetchone()
            if known is None:
                self._open(member, answer, asked=True, word=word)
            else:
                sql.execute(
                    "UPDATE open_questions SET asked = 1, word = ? WHERE id = ?", (word[:LONGEST_WORD], known["id"])
                )

    def feedback(self, member: Member, kind: FeedbackKind, answer: Answer, word: str = "") -> None:
        """Keep what a member says of an answer; of a "useful" one no text is kept."""
        plain = kind == "useful" or not self.keeps_text
        sources = [
            {"path": cited.sentence.page.source.path, "page": cited.sentence.page.number} for cited in answer.citations
        ]
        self._database.execute(
            "INSERT INTO feedback (created, member, kind, word, question, answer, sources, generation, done)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            time.time(), self._named(member), kind, "" if plain else word[:LONGEST_WORD],
            "" if plain else answer.question, "" if plain else answer.text, "[]" if plain else json.dumps(sources),
            answer.generation, int(kind == "useful"),
        )  # fmt: skip

    def _open(self, member: Member, answer: Answer, *, asked: bool, word: str) -> None:
        kind: Kind = "not_in_corpus" if answer.refusal == "no_evidence" else "not_supported"
        groups = None if member.groups is None else json.dumps(sorted(member.groups), ensure_ascii=False)
        self._database.execute(
            "INSERT INTO open_questions (created, member, question, standalone, kind, nearest, asked, word, groups)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            time.time(), self._named(member), answer.question, answer.standalone, kind, _nearest(answer), int(asked),
            word[:LONGEST_WORD], groups,
        )  # fmt: skip

    def _named(self, member: Member) -> int | None:
        return member.id if self._settings.keep_names else None


def _nearest(answer: Answer) -> str:
    """Return the first documents that were found, as JSON, each with the page that was nearest."""
    found: dict[str, dict[str, object]] = {}
    for passage in answer.passages:
        page = passage.chunk.page
        found.setdefault(page.source.path, {"path": page.source.path, "page": page.number, "title": page.source.title})
    return json.dumps(list(found.values())[:NEAREST], ensure_ascii=False)
