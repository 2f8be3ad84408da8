"""The table `feedback`, and the questions that a member sends to the secretariat.

A report can be changed: it is found again by a mark made from the conversation's id, which is random and known to its
owner only, so that the report names nobody. This module does *not* know the web.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from typing import get_args

from rag.types import Answer, Passage
from ui.database import Database
from ui.exchange import Exchange, Report
from ui.identity import Member

WORD = 500  # characters of the optional word
NEAREST = 3  # passages named with a question for the secretariat
KINDS: tuple[str, ...] = tuple(kind for kind in get_args(Report) if kind)


def mark_of(conversation: str, number: int) -> str:
    """Return what a report on this exchange is found by."""
    return hashlib.sha256(f"{conversation}/{number}".encode()).hexdigest()


def report(
    database: Database,
    conversation: str,
    exchange: Exchange,
    kind: str,
    word: str,
    member: Member | None,
    *,
    keep_text: bool,
) -> None:
    """Store what a member says of an answer, in place of what they said before; `member` None: no name is kept.

    Of a useful answer no text is kept, and of no answer where `keep_text` says so.
    """
    answer = exchange.answer
    assert answer is not None and kind in KINDS
    keep = keep_text and kind != "useful"
    database.execute(
        "INSERT INTO feedback (created, member, kind, word, question, answer, sources, generation, done, mark) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (mark) DO UPDATE SET created = excluded.created, "
        "kind = excluded.kind, word = excluded.word, question = excluded.question, answer = excluded.answer, "
        "sources = excluded.sources, done = excluded.done",
        time.time(), member.id if member else None, kind, word.strip()[:WORD] if keep else "",
        exchange.question if keep else "", answer.text if keep else "",
        json.dumps(_sources(answer), ensure_ascii=False) if keep else "[]", answer.generation, int(kind == "useful"),
        mark_of(conversation, exchange.number),
    )  # fmt: skip


def withdraw(database: Database, conversation: str, exchange: Exchange) -> None:
    """Remove what a member said of an answer."""
    database.execute("DELETE FROM feedback WHERE mark = ?", mark_of(conversation, exchange.number))


def _sources(answer: Answer) -> list[dict[str, object]]:
    return [
        {
            "path": c.sentence.page.source.path,
            "sha256": c.sentence.page.source.sha256,
            "page": c.sentence.page.number,
            "quote": c.sentence.text,
        }
        for c in answer.citations
    ]


def send(database: Database, exchange: Exchange, word: str, member: Member, named: bool) -> None:
    """Put a question before the secretariat: marks the entry that its refusal left, or makes one. `named`: the member
    wants to be answered, so that their id is kept whatever the settings say."""
    answer = exchange.answer
    assert answer is not None
    who, word = (member.id if named else None), word.strip()[:WORD]
    groups = None if member.groups is None else json.dumps(sorted(member.groups), ensure_ascii=False)
    with database.transaction() as sql:
        left = sql.execute(
            "SELECT id FROM open_questions WHERE question = ? AND asked = 0 AND done = 0 AND groups IS ? "
            "ORDER BY id DESC LIMIT 1", (exchange.question, groups),
        ).fetchone()  # fmt: skip
        if left is not None:
            sql.execute(
                "UPDATE open_questions SET asked = 1, word = ?, member = coalesce(?, member) WHERE id = ?",
                (word, who, left[0]),
            )
            return
        sql.execute(
            "INSERT INTO open_questions (created, member, question, standalone, kind, nearest, asked, word, groups) "
            "VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)",
            (
                time.time(), who, exchange.question, answer.standalone or exchange.question,
                "not_in_corpus" if answer.refusal == "no_evidence" else "not_supported",
                json.dumps(_nearest(answer.passages), ensure_ascii=False), word, groups,
            ),
        )  # fmt: skip


def _nearest(passages: Sequence[Passage]) -> list[dict[str, object]]:
    pages = [passage.chunk.page for passage in passages[:NEAREST]]
    return [{"path": page.source.path, "page": page.number, "title": page.source.title} for page in pages]
