"""Who did what to the house: sign-ins, files, publications, roles. Never what anybody asked.

Each entry is one row that nobody changes; only its age removes it (`ui/operations/retention.py`). This module does
*not* know what an action means, nor who may read the log.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from rag.text import collapse
from ui.database import Database

LONGEST = 300  # characters of an object: a path, a name, a generation


@dataclass(frozen=True, slots=True)
class Entry:
    """One action: `at` in seconds since 1970, `actor` the name of who did it ("" : this machine, without sign-in)."""

    id: int
    at: float
    actor: str
    action: str
    object: str


def audit(database: Database, actor: str, action: str, object: str) -> None:
    """Write down that `actor` did `action` ("upload", "sign_in", …) to `object`."""
    values = time.time(), collapse(actor)[:LONGEST], action, collapse(object)[:LONGEST]
    database.execute("INSERT INTO audit (at, actor, action, object) VALUES (?, ?, ?, ?)", *values)


def entries(
    database: Database, *, action: str = "", actor: str = "", before: int | None = None, count: int = 100
) -> list[Entry]:
    """Return the newest `count` entries with an id below `before`, of this action and this actor ("": of all)."""
    rows = database.rows(
        "SELECT id, at, actor, action, object FROM audit WHERE (? = '' OR actor = ? COLLATE NOCASE)"
        " AND (? = '' OR action = ?) AND id < ? ORDER BY id DESC LIMIT ?",
        actor, actor, action, action, 1 << 62 if before is None else before, count,
    )  # fmt: skip
    return [Entry(*row) for row in rows]


def known_actions(database: Database) -> list[str]:
    """Return the actions that the log holds, in alphabetical order."""
    return [row["action"] for row in database.rows("SELECT DISTINCT action FROM audit ORDER BY action")]
