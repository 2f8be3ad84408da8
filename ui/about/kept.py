"""What is kept about one member: read whole, or deleted. Knows the tables that name a member, not the pages.

The account itself is the admin's to delete. The log of sign-ins stays for its own time: it protects the member too.
What was answered from documents that the member may not read today is theirs no longer: questions stay, answers go.
"""

from __future__ import annotations

import json
from typing import Any

from rag.places import UNKNOWN, Places
from rag.types import Answer, Source
from ui.database import Database
from ui.exchange import Exchange, readable
from ui.history.archive import files_of
from ui.history.codec import Unreadable, decode, encode
from ui.identity import Member

Row = dict[str, Any]

_OWN = {
    "account": "SELECT name, role, groups, created FROM members WHERE id = ?",
    "sessions": "SELECT created, expires FROM sessions WHERE member = ?",
    "tokens": "SELECT label, created, expires, used FROM tokens WHERE member = ?",
    "conversations": "SELECT id, title, created, updated FROM conversations WHERE member = ? ORDER BY created",
    "exchanges": (
        "SELECT e.conversation, e.number, e.question, e.answer, e.created, e.files, e.sent FROM exchanges e"
        " JOIN conversations c ON c.id = e.conversation WHERE c.member = ? ORDER BY c.created, c.id, e.number"
    ),
    "reports": "SELECT created, kind, word, question, answer, sources FROM feedback WHERE member = ? ORDER BY created",
    "questions_without_answer": (
        "SELECT created, question, kind, asked, word FROM open_questions WHERE member = ? ORDER BY created"
    ),
}
_LOG = "SELECT at, action, object FROM audit WHERE actor = ? COLLATE NOCASE AND actor != '' ORDER BY id"
_DELETED = (
    "DELETE FROM conversations WHERE member = ?",
    "DELETE FROM feedback WHERE member = ?",
    "DELETE FROM open_questions WHERE member = ?",
)


def has_own(member: Member) -> bool:
    """Return whether anything can be this member's own: not where everybody on the network is one and the same."""
    return member.is_one


def own_data(database: Database, member: Member, places: Places) -> dict[str, Any]:
    """Return all that names the member, table by table; times in seconds since 1970.

    "withheld" stands at what rested on documents that the member may not read as `places` are today.
    """
    if not has_own(member):
        return {}
    found = {name: [dict(row) for row in database.rows(query, member.id)] for name, query in _OWN.items()}
    if member.groups is not None:
        found["exchanges"] = _open_exchanges(found["exchanges"], member.groups, places)
        found["reports"] = [_open_report(row, member.groups, places) for row in found["reports"]]
    for row in found["exchanges"]:
        del row["files"]  # kept to judge by; the answer names them
    found = {name: [_plain(row) for row in rows] for name, rows in found.items()}
    found["log"] = [dict(row) for row in database.rows(_LOG, member.name)]
    return found


def delete_own(database: Database, member: Member) -> int:
    """Delete the member's conversations, reports and questions; return how many rows went."""
    if not has_own(member):
        return 0
    with database.transaction() as sql:
        return sum(sql.execute(statement, (member.id,)).rowcount for statement in _DELETED)


def _open_exchanges(rows: list[Row], groups: frozenset[str], places: Places) -> list[Row]:
    """Return exchanges as the page would show them to a member of these groups (`ui/exchange.py`)."""
    kept: list[Row] = []
    for conversation in dict.fromkeys(row["conversation"] for row in rows):
        mine = [row for row in rows if row["conversation"] == conversation]
        for row, shown in zip(mine, readable([_exchange(row) for row in mine], groups, places), strict=True):
            answer = encode(shown.answer) if shown.answer is not None else None
            kept.append({**row, "answer": answer, **({"withheld": True} if shown.withheld else {})})
    return kept


def _exchange(row: Row) -> Exchange:
    try:
        answer = decode(row["answer"], Answer) if row["answer"] else None
    except Unreadable:  # nobody can say what it rests on
        answer = None
    return Exchange(row["number"], row["question"], "done", answer=answer, read=files_of(row["files"]))


def _open_report(row: Row, groups: frozenset[str], places: Places) -> Row:
    # one of a version that did not keep the hash of the file: nobody can say where that lies
    files = [
        Source(source["path"], source["sha256"], "") if "sha256" in source else UNKNOWN
        for source in json.loads(row["sources"])
    ]
    if all(places.open_to(file, groups) for file in files):
        return row
    return {**row, "answer": "", "sources": "[]", "withheld": True}


def _plain(row: Row) -> Row:
    for name in ("groups", "answer", "sources"):
        if isinstance(row.get(name), str):
            try:
                row[name] = json.loads(row[name])
            except ValueError:  # a text of its own
                continue
    return row
