"""Sessions of the browser, and tokens: 256 random bits, of which only the SHA-256 is kept.

A token is for programs, or for the widget alone: that one stands in a public page. A session slides: each use moves its
end to `session_days` from now, but never beyond `LIFETIMES` times that from its start. This module does *not* know
cookies or headers, only the secret they carry.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any, Literal

from rag.errors import AccountError
from ui.access.accounts import Account, get
from ui.database import Database

DAY = 86400.0
LIFETIMES = 6  # of `session_days` is the longest that a session lasts, however often it is used
STEP = 600.0  # seconds of use after which the end is written anew: not once for every picture
PREFIX = "greffier_"  # of a token: a leaked one is recognised
TOKENS = 20  # of one member at the same time
LONGEST_LABEL = 80  # characters
Kind = Literal["programs", "widget"]


@dataclass(frozen=True, slots=True)
class Session:
    """`key` names it on a page without letting anybody use it; times in seconds since 1970."""

    key: str
    created: float
    seen: float
    expires: float


@dataclass(frozen=True, slots=True)
class Token:
    """`expires` and `used` None: never."""

    key: str
    label: str
    kind: Kind
    created: float
    expires: float | None
    used: float | None


def start(database: Database, account: Account, days: int) -> str:
    """Open a session and return its secret; those that are over are swept away."""
    secret, now = secrets.token_urlsafe(32), time.time()
    with database.transaction() as sql:
        sql.execute("DELETE FROM sessions WHERE expires < ?", (now,))
        sql.execute(
            "INSERT INTO sessions (hash, member, created, seen, expires) VALUES (?,?,?,?,?)",
            (_hash(secret), account.id, now, now, now + days * DAY),
        )
    return secret


def holder(database: Database, secret: str, days: int, *, glance: bool = False) -> Account | None:
    """Return whose session this is, None if it is over or the account closed; its end moves on, unless this is but a
    `glance` at a request under way: a page left open is not used."""
    now, key = time.time(), _hash(secret)
    rows = database.rows("SELECT * FROM sessions WHERE hash = ? AND expires >= ?", key, now)
    if not rows:
        return None
    row = rows[0]
    if not glance and now - row["seen"] >= STEP:
        expires = min(now + days * DAY, row["created"] + LIFETIMES * days * DAY)
        database.execute("UPDATE sessions SET seen = ?, expires = ? WHERE hash = ?", now, expires, key)
    return _open(database, row["member"])


def end(database: Database, secret: str) -> None:
    """End one session; nothing happens if there is none."""
    database.execute("DELETE FROM sessions WHERE hash = ?", _hash(secret))


def end_all(database: Database, member: int, but: str = "") -> int:
    """End the sessions of a member but the one with the secret `but`; return how many."""
    return database.execute("DELETE FROM sessions WHERE member = ? AND hash != ?", member, _hash(but))


def end_one(database: Database, member: int, key: str) -> None:
    """End the session that `key` names, if it is this member's."""
    database.execute("DELETE FROM sessions WHERE member = ? AND hash = ?", member, key)


def sessions(database: Database, member: int) -> list[Session]:
    """Return the sessions of a member, the one used last first."""
    rows = database.rows(
        "SELECT * FROM sessions WHERE member = ? AND expires >= ? ORDER BY seen DESC", member, time.time()
    )
    return [Session(row["hash"], row["created"], row["seen"], row["expires"]) for row in rows]


def key_of(secret: str) -> str:
    """Return the key of the session with this secret."""
    return _hash(secret)


def create_token(
    database: Database, member: int, label: str, days: int | None, kind: Kind = "programs"
) -> str:  # fmt: skip
    """Make a token that ends after `days`, None: never; return it, the only time it can be seen.

    Raises:
        AccountError: if it has no label, or the member has too many.
    """
    label = " ".join(label.split())
    if not 0 < len(label) <= LONGEST_LABEL:
        raise AccountError(
            f"Donnez au jeton un nom d'au plus {LONGEST_LABEL} caractères, qui dit à quoi il sert.",
            f"Give the token a name of at most {LONGEST_LABEL} characters that says what it is for.",
        )
    now, secret = time.time(), PREFIX + secrets.token_urlsafe(32)
    with database.transaction() as sql:
        if sql.execute("SELECT count(*) FROM tokens WHERE member = ?", (member,)).fetchone()[0] >= TOKENS:
            raise AccountError(
                f"Vous avez déjà {TOKENS} jetons : révoquez ceux qui ne servent plus.",
                f"You already have {TOKENS} tokens: revoke those that are no longer used.",
            )
        sql.execute(
            "INSERT INTO tokens (hash, member, label, created, expires, kind) VALUES (?,?,?,?,?,?)",
            (_hash(secret), member, label, now, None if days is None else now + days * DAY, kind),
        )
    return secret


def bearer(database: Database, secret: str, kind: Kind = "programs") -> Account | None:
    """Return whose token of this kind it is, None if there is none, it has ended, or the account is closed."""
    now, key = time.time(), _hash(secret)
    rows = database.rows(
        "SELECT * FROM tokens WHERE hash = ? AND kind = ? AND (expires IS NULL OR expires >= ?)", key, kind, now
    )
    if not rows:
        return None
    if rows[0]["used"] is None or now - rows[0]["used"] >= STEP:
        database.execute("UPDATE tokens SET used = ? WHERE hash = ?", now, key)
    return _open(database, rows[0]["member"])


def tokens(database: Database, member: int) -> list[Token]:
    """Return the tokens of a member, the newest first."""
    rows = database.rows("SELECT * FROM tokens WHERE member = ? ORDER BY created DESC", member)
    return [Token(row["hash"], row["label"], row["kind"], row["created"], row["expires"], row["used"]) for row in rows]


def revoke_token(database: Database, member: int, key: str) -> bool:
    """Revoke the token that `key` names; return whether this member had it."""
    return database.execute("DELETE FROM tokens WHERE member = ? AND hash = ?", member, key) > 0


def revoke_all(database: Database, member: int) -> int:
    """Revoke all tokens of a member; return how many."""
    return database.execute("DELETE FROM tokens WHERE member = ?", member)


def _open(database: Database, member: Any) -> Account | None:
    account = get(database, member)
    return None if account.disabled else account


def _hash(secret: str) -> str:
    # no salt and no slow hash: the secret is random, nobody can go through all of them
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
