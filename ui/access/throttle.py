"""How long one must wait after wrong passwords: longer each time, for a name and for an address.

Kept in the database, so that a restart forgives nothing, under hashes: members type passwords into the wrong field.
An address waits up to a quarter of an hour; a name only a minute, or anybody could lock out a member by guessing.
This module does *not* know what is guessed.
"""

from __future__ import annotations

import hashlib
import math
import time

from ui.database import Database

FREE = 5  # failures that cost nothing
LONGEST = {"name": 60.0, "peer": 900.0}  # seconds
FORGET = 3600.0  # seconds without a failure after which all is forgotten
MOST = 10_000  # keys kept; those that failed longest ago go first


def enter(database: Database, name: str, peer: str) -> int:
    """Count an attempt before it is known to be wrong; return how many seconds to wait first, 0: go on.

    An attempt that has to wait is not counted, and one that goes on is counted at once: a thousand guesses sent at the
    same time wait like a thousand sent in a row.
    """
    now = time.time()
    keys = _keys(name, peer)
    with database.transaction() as sql:
        sql.execute("DELETE FROM attempts WHERE at < ?", (now - FORGET,))
        wait = 0.0
        for kind, key in keys:
            row = sql.execute("SELECT failures, at FROM attempts WHERE key = ?", (key,)).fetchone()
            if row is not None and row["failures"] >= FREE:
                wait = max(wait, row["at"] + delay(kind, row["failures"]) - now)
        if wait > 0:
            return math.ceil(wait)
        for _, key in keys:
            sql.execute(
                "INSERT INTO attempts (key, failures, at) VALUES (?, 1, ?)"
                " ON CONFLICT (key) DO UPDATE SET failures = failures + 1, at = excluded.at",
                (key, now),
            )
        sql.execute(
            "DELETE FROM attempts WHERE key IN (SELECT key FROM attempts ORDER BY at DESC LIMIT -1 OFFSET ?)", (MOST,)
        )
    return 0


def right(database: Database, name: str, peer: str) -> None:
    """Forget the failures of a name, and take this attempt from those of the address: it was no failure.

    An address keeps its other failures, or a member could guess at others' passwords between their own sign-ins.
    """
    (_, of_name), (_, of_peer) = _keys(name, peer)
    with database.transaction() as sql:
        sql.execute("DELETE FROM attempts WHERE key = ?", (of_name,))
        sql.execute("UPDATE attempts SET failures = max(failures - 1, 0) WHERE key = ?", (of_peer,))


def delay(kind: str, failures: int) -> float:
    """Return the seconds between two attempts after so many failures: 2, 4, 8, … up to the longest."""
    return min(2.0 ** min(failures - FREE + 1, 20), LONGEST[kind])


def _keys(name: str, peer: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("name", _key("name", name)), ("peer", _key("peer", peer))


def _key(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind} {text}".encode("utf-8", "surrogatepass")).hexdigest()
