"""Approved answers in the database: written, put into service, and held against the live index.

An answer is in service ("live") only while its quote still stands on the page of a file that has not changed; a source
that moved on leaves it to be reviewed. This module does *not* know how a question is matched (`rag/approved.py`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rag.approved import SHORTEST, quoted
from rag.errors import QuestionError
from rag.text import collapse
from rag.types import Approved, Page, Sentence
from ui.database import Database

LONGEST = 4000  # characters of an answer
State = Literal["draft", "live"]
Check = Literal["ok", "changed", "gone", "unknown"]


class Reader(Protocol):
    """What reads pages of the live index."""

    def read(self, path: str, number: int) -> tuple[Page | None, tuple[Sentence, ...]]:
        """Return a page with its sentences; None and none if there is no such page."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One approved answer as it is kept. `question`: one wording a line; times in seconds since 1970."""

    id: int
    updated: float
    question: str
    answer: str
    path: str
    page: int
    quote: str
    sha256: str
    state: State

    @property
    def wordings(self) -> tuple[str, ...]:
        """The ways in which it may be asked."""
        return tuple(line for line in map(collapse, self.question.splitlines()) if line)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form holds."""

    question: str
    answer: str
    path: str
    page: int
    quote: str


class ApprovedAnswers:
    """The table `curated`; every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def live(self) -> Sequence[Approved]:
        """Return the answers in service."""
        return [
            Approved(one.wordings, one.answer, one.path, one.page, one.quote, one.sha256)
            for one in self.all()
            if one.state == "live"
        ]

    def all(self) -> list[Entry]:
        """Return all answers, the newest first."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM curated ORDER BY updated DESC, id DESC")  # noqa: S608
        return [Entry(*row) for row in rows]

    def get(self, number: int) -> Entry | None:
        """Return one answer."""
        return next((one for one in self.all() if one.id == number), None)

    def save(self, draft: Draft, state: State, reader: Reader | None, author: int, number: int | None = None) -> int:
        """Keep an answer, over the one with this `number` if there is one; return its number.

        Raises:
            QuestionError: if something is missing or, for "live", the quote does not stand on the page.
        """
        _require(draft)
        sha256 = ""
        if reader is not None:
            page, sentences = reader.read(draft.path, draft.page)
            if state == "live" and not quoted(page, sentences, draft.quote):
                raise _not_there(draft)
            sha256 = page.ref.source.sha256 if page else ""
        elif state == "live":
            raise _unready()
        now = time.time()
        values = draft.question, draft.answer, draft.path, draft.page, draft.quote, sha256, state
        with self._database.transaction() as sql:
            if number is None:
                number = sql.execute(
                    "INSERT INTO curated (question, answer, path, page, quote, sha256, state, created, updated, author)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*values, now, now, author),
                ).lastrowid
            else:
                sql.execute(
                    "UPDATE curated SET question = ?, answer = ?, path = ?, page = ?, quote = ?, sha256 = ?, state = ?,"
                    " updated = ? WHERE id = ?",
                    (*values, now, number),
                )
        assert number is not None
        return number

    def delete(self, number: int) -> None:
        """Delete an answer."""
        self._database.execute("DELETE FROM curated WHERE id = ?", number)


_COLUMNS = "id, updated, question, answer, path, page, quote, sha256, state"


def check(entry: Entry, reader: Reader | None) -> Check:
    """Return whether the source still carries the answer: "changed" file or quote, "gone", "unknown" without index."""
    if reader is None:
        return "unknown"
    page, sentences = reader.read(entry.path, entry.page)
    if page is None:
        return "gone"
    same = page.ref.source.sha256 == entry.sha256 and quoted(page, sentences, entry.quote)
    return "ok" if same else "changed"


def _require(draft: Draft) -> None:
    if not any(map(str.strip, draft.question.splitlines())) or not draft.answer.strip():
        raise QuestionError(
            "Écrivez la question et la réponse, puis enregistrez.", "Write the question and the answer, then save."
        )
    if len(draft.answer) > LONGEST:
        raise QuestionError(
            f"La réponse compte {len(draft.answer)} caractères, le maximum est {LONGEST} : raccourcissez-la.",
            f"The answer has {len(draft.answer)} characters, the limit is {LONGEST}: shorten it.",
        )


def _not_there(draft: Draft) -> QuestionError:
    return QuestionError(
        f"La citation ne se trouve pas mot pour mot à la page {draft.page} de « {draft.path} » dans l'index en service "
        f"({SHORTEST} caractères au moins) : choisissez une phrase de la page, plus bas.",
        f"The quote does not stand word for word on page {draft.page} of “{draft.path}” in the live index "
        f"(at least {SHORTEST} characters): choose a sentence of the page below.",
    )


def _unready() -> QuestionError:
    return QuestionError(
        "L'assistant n'est pas prêt : enregistrez comme brouillon, puis mettez en service plus tard.",
        "The assistant is not ready: save it as a draft and put it into service later.",
    )
