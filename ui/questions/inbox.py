"""Questions without an answer and what members reported, read for the admin. Knows the two tables, not the pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ui.database import Database
from ui.questions.grouping import COMPARED
from ui.record import Kind


@dataclass(frozen=True, slots=True)
class Near:
    """A document that was near a question, and on which page."""

    path: str
    page: int
    title: str


@dataclass(frozen=True, slots=True)
class Open:
    """One question without an answer. `created`: seconds since 1970; `asked`: put to the secretariat by the member,
    with an optional `word`; `name`: who asked, "" unless names are kept."""

    id: int
    created: float
    question: str
    kind: Kind
    nearest: tuple[Near, ...]
    asked: bool
    word: str
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that mean the same, the newest first."""

    questions: tuple[Open, ...]

    @property
    def first(self) -> Open:
        """The oldest, which stands for all."""
        return self.questions[-1]

    @property
    def newest(self) -> float:
        """When the last one was asked."""
        return self.questions[0].created

    @property
    def asked(self) -> int:
        """How many were put to the secretariat."""
        return sum(question.asked for question in self.questions)

    @property
    def words(self) -> tuple[str, ...]:
        """What members added."""
        return tuple(question.word for question in self.questions if question.word)

    @property
    def wordings(self) -> tuple[str, ...]:
        """The different ways it was asked."""
        return tuple(dict.fromkeys(question.question for question in self.questions))

    @property
    def ids(self) -> str:
        """The questions' numbers, for a form."""
        return ",".join(str(question.id) for question in self.questions)


@dataclass(frozen=True, slots=True)
class Report:
    """What a member said of an answer."""

    id: int
    created: float
    kind: str
    word: str
    question: str
    answer: str
    sources: tuple[tuple[str, int], ...]
    name: str


def open_questions(database: Database, *, done: bool = False) -> list[Open]:
    """Return the questions without an answer, oldest first, at most the newest `COMPARED`."""
    rows = database.rows(
        "SELECT o.*, m.name FROM open_questions o LEFT JOIN members m ON m.id = o.member WHERE o.done = ?"
        " ORDER BY o.created DESC, o.id DESC LIMIT ?",
        int(done), COMPARED,
    )  # fmt: skip
    return [
        Open(
            row["id"], row["created"], row["question"], row["kind"],
            tuple(Near(near["path"], near["page"], near["title"]) for near in json.loads(row["nearest"])),
            bool(row["asked"]), row["word"], row["name"] or "",
        )
        for row in reversed(rows)
    ]  # fmt: skip


def grouped(questions: Sequence[Open], kind: Kind, group: Callable[[Sequence[str]], list[list[int]]]) -> list[Group]:
    """Return the groups of the questions of one kind: those put to the secretariat first, then the most asked."""
    chosen = [question for question in questions if question.kind == kind]
    found = group([question.question for question in chosen]) if chosen else []
    groups = [Group(tuple(chosen[index] for index in reversed(indexes))) for indexes in found]
    return sorted(groups, key=lambda group: (-group.asked, -len(group.questions), -group.newest))


def set_done(database: Database, table: str, ids: Iterable[int], done: bool) -> int:
    """Mark entries of "open_questions" or "feedback" as done or open again; return how many."""
    known = {"open_questions": "UPDATE open_questions SET done = ? WHERE id = ?",
             "feedback": "UPDATE feedback SET done = ? WHERE id = ?"}  # fmt: skip
    return sum(database.execute(known[table], int(done), number) for number in ids)


def reports(database: Database, *, done: bool = False) -> list[Report]:
    """Return what members reported, the newest first; "useful" ones, which are only counted, are left out."""
    rows = database.rows(
        "SELECT f.*, m.name FROM feedback f LEFT JOIN members m ON m.id = f.member"
        " WHERE f.kind != 'useful' AND f.done = ? ORDER BY f.created DESC, f.id DESC LIMIT 500",
        int(done),
    )
    return [
        Report(
            row["id"], row["created"], row["kind"], row["word"], row["question"], row["answer"],
            tuple((source["path"], source["page"]) for source in json.loads(row["sources"])), row["name"] or "",
        )
        for row in rows
    ]  # fmt: skip
