"""What is kept about one member: read whole, or deleted. Knows the tables that name a member, not the pages.

The account itself is the admin's to delete. The log of sign-ins stays for its own time: it protects the member too.
"""

from __future__ import annotations

import json
from typing import Any

from ui.database import Database
from ui.identity import Member

_OWN = {
    "account": "SELECT name, role, groups, created FROM members WHERE id = ?",
    "sessions": "SELECT created, expires FROM sessions WHERE member = ?",
    "tokens": "SELECT label, created, expires, used FROM tokens WHERE member = ?",
    "conversations": "SELECT id, title, created, updated FROM conversations WHERE member = ? ORDER BY created",
    "exchanges": (
        "SELECT e.conversation, e.number, e.question, e.answer, e.created FROM exchanges e"
        " JOIN conversations c ON c.id = e.conversation WHERE c.member = ? ORDER BY e.created"
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
    return member.id != 0 or member.role == "admin"


def own_data(database: Database, member: Member) -> dict[str, Any]:
    """Return all that names the member, table by table; times in seconds since 1970."""
    if not has_own(member):
        return {}
    found = {name: [_plain(dict(row)) for row in database.rows(query, member.id)] for name, query in _OWN.items()}
    found["log"] = [dict(row) for row in database.rows(_LOG, member.name)]
    return found


def delete_own(database: Database, member: Member) -> int:
    """Delete the member's conversations, reports and questions; return how many rows went."""
    if not has_own(member):
        return 0
    with database.transaction() as sql:
        return sum(sql.execute(statement, (member.id,)).rowcount for statement in _DELETED)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("groups", "answer", "sources"):
        if isinstance(row.get(name), str):
            try:
                row[name] = json.loads(row[name])
            except ValueError:  # a text of its own
                continue
    return row
