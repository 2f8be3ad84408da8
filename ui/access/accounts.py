"""Accounts: the rows of the table `members`, and the rules that hold for them.

A name is unique whatever its capitals; the last admin who can sign in stays one. A password set by somebody else is
used once and within `ONE_TIME_DAYS`: its owner must choose another. This module does *not* know sessions, pages or
headers.
"""

from __future__ import annotations

import json
import sqlite3
import time
import unicodedata
from dataclasses import dataclass

from rag.errors import AccountError
from ui.access import passwords
from ui.database import Database
from ui.identity import Member, Role

LONGEST_NAME = 64  # characters
ONE_TIME_DAYS = 7  # that a password set by somebody else lets its owner in
DAY = 86400.0
_ADMINS = "SELECT 1 FROM members WHERE role = 'admin' AND NOT disabled AND password IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Account:
    """One row. `groups` None: all of them; `external`: signs in at a proxy, without a password here; `created` in
    seconds since 1970."""

    id: int
    name: str
    role: Role
    groups: frozenset[str] | None
    disabled: bool
    must_change: bool
    external: bool
    created: float

    def member(self) -> Member:
        """Return who asks when this account is signed in."""
        return Member(self.id, self.name, self.role, self.groups)


def folded(name: str) -> str:
    """Return what two spellings of a name have in common."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def accounts(database: Database) -> list[Account]:
    """Return all accounts, by name."""
    return [_account(row) for row in database.rows("SELECT * FROM members ORDER BY folded")]


def exist(database: Database) -> bool:
    """Return whether anybody has a password here."""
    return bool(database.rows("SELECT 1 FROM members WHERE password IS NOT NULL LIMIT 1"))


def find(database: Database, name: str) -> Account | None:
    """Return the account of a name, whatever its capitals."""
    rows = database.rows("SELECT * FROM members WHERE folded = ?", folded(name))
    return _account(rows[0]) if rows else None


def get(database: Database, number: int) -> Account:
    """Return the account with this id.

    Raises:
        AccountError: if there is none.
    """
    rows = database.rows("SELECT * FROM members WHERE id = ?", number)
    if not rows:
        raise AccountError("Ce compte n'existe pas ou plus.", "This account does not exist, or no longer does.")
    return _account(rows[0])


def named(database: Database, name: str) -> Account:
    """Return the account of a name.

    Raises:
        AccountError: if there is none.
    """
    found = find(database, name)
    if found is None:
        raise AccountError(
            f"Aucun compte ne s'appelle « {name} » : voyez la liste avec « python -m ui accounts list ».",
            f"No account is called “{name}”: see the list with “python -m ui accounts list”.",
        )
    return found


def create(database: Database, name: str, role: Role = "member", groups: frozenset[str] | None = None) -> str:
    """Make an account; return its one-time password.

    Raises:
        AccountError: if the name is taken or unusable.
    """
    password = passwords.one_time()
    _insert(database, name, role, groups, passwords.hashed(password))
    return password


def adopt(database: Database, name: str, role: Role, groups: frozenset[str] | None) -> Account:
    """Return the account of somebody who signed in at the proxy: made on first sight, its role and groups kept true.

    Raises:
        AccountError: if the name is unusable.
    """
    found = find(database, name)
    if found is None:
        _insert(database, name, role, groups, None)
        return named(database, name)
    if (found.role, found.groups) != (role, groups):
        database.execute(
            "UPDATE members SET role = ?, groups = ? WHERE id = ?", role, _groups_text(groups), found.id
        )  # fmt: skip
        return get(database, found.id)
    return found


def renew(database: Database, number: int) -> str:
    """Give an account a new one-time password and return it; whoever was signed in with the old one is no longer."""
    password = passwords.one_time()
    hashed = passwords.hashed(password)
    with database.transaction() as sql:
        get(database, number)
        sql.execute(
            "UPDATE members SET password = ?, must_change = 1, until = ? WHERE id = ?", (hashed, _end(), number)
        )
        _sign_out(sql, number)
    return password


def check(database: Database, name: str, password: str) -> Account | None:
    """Return the account if name and password are right and it is not disabled. Takes as long for a wrong name.

    Raises:
        AccountError: if they are, but the password was for one sign-in and came too late.
    """
    rows = database.rows("SELECT * FROM members WHERE folded = ?", folded(name))
    stored: str | None = rows[0]["password"] if rows else None
    right = passwords.matches(stored, password)
    if not right or rows[0]["disabled"]:
        return None
    _in_time(rows[0])
    if stored is not None and passwords.outdated(stored):
        database.execute("UPDATE members SET password = ? WHERE id = ?", passwords.hashed(password), rows[0]["id"])
    return _account(rows[0])


def choose_password(database: Database, account: Account, old: str, new: str) -> None:
    """Give the account the password its owner chose.

    Raises:
        AccountError: if the old one is wrong or no longer valid, or the new one too short, easily guessed or the same.
    """
    passwords.check_new(new, account.name)
    rows = database.rows("SELECT password, until FROM members WHERE id = ?", account.id)
    if not rows or not passwords.matches(rows[0]["password"], old):
        raise AccountError("L'ancien mot de passe n'est pas le bon.", "The old password is wrong.")
    _in_time(rows[0])
    if old == new:
        raise AccountError("Choisissez un autre mot de passe que l'ancien.", "Choose another password than the old.")
    database.execute(
        "UPDATE members SET password = ?, must_change = 0, until = NULL WHERE id = ?", passwords.hashed(new), account.id
    )  # fmt: skip


def change(
    database: Database, number: int, *, role: Role, groups: frozenset[str] | None, disabled: bool
) -> Account:  # fmt: skip
    """Set role, groups and whether the account is closed; closing it ends its sessions and tokens.

    Raises:
        AccountError: if nobody could administer afterwards.
    """
    with database.transaction() as sql:
        before = get(database, number)
        sql.execute(
            "UPDATE members SET role = ?, groups = ?, disabled = ? WHERE id = ?",
            (role, _groups_text(groups), int(disabled), number),
        )
        # whom the proxy announces is an admin by its word, whatever stands here
        administered = before.role == "admin" and not before.disabled and not before.external
        if administered and not sql.execute(_ADMINS).fetchone():
            raise AccountError(
                f"{before.name} est le dernier administrateur : nommez-en d'abord un autre.",
                f"{before.name} is the last administrator: appoint another one first.",
            )
        if disabled:
            _sign_out(sql, number)
    return get(database, number)


def _sign_out(sql: sqlite3.Connection, number: int) -> None:
    sql.execute("DELETE FROM sessions WHERE member = ?", (number,))
    sql.execute("DELETE FROM tokens WHERE member = ?", (number,))


def _insert(
    database: Database, name: str, role: Role, groups: frozenset[str] | None, password: str | None
) -> None:  # fmt: skip
    shown = unicodedata.normalize("NFC", name).strip()
    if not 0 < len(shown) <= LONGEST_NAME or not shown.isprintable():
        raise AccountError(
            f"Le nom « {name} » ne convient pas : il faut de 1 à {LONGEST_NAME} caractères lisibles.",
            f"The name “{name}” will not do: 1 to {LONGEST_NAME} readable characters are needed.",
        )
    try:
        database.execute(
            "INSERT INTO members (name, folded, password, must_change, role, groups, created, until)"
            " VALUES (?,?,?,?,?,?,?,?)",
            shown, folded(shown), password, int(password is not None), role, _groups_text(groups), time.time(),
            None if password is None else _end(),
        )  # fmt: skip
    except sqlite3.IntegrityError as error:
        raise AccountError(
            f"Le nom « {shown} » est déjà pris : choisissez-en un autre.",
            f"The name “{shown}” is already taken: choose another one.",
        ) from error


def _end() -> float:
    return time.time() + ONE_TIME_DAYS * DAY


def _in_time(row: sqlite3.Row) -> None:
    if row["until"] is not None and row["until"] < time.time():
        raise AccountError(
            f"Ce mot de passe à usage unique n'a servi à rien pendant {ONE_TIME_DAYS} jours : il n'est plus valable. "
            "Demandez-en un nouveau à l'administrateur.",
            f"This one-time password was not used for {ONE_TIME_DAYS} days: it is no longer valid. Ask the "
            "administrator for a new one.",
        )


def _account(row: sqlite3.Row) -> Account:
    groups = None if row["groups"] is None else frozenset(json.loads(row["groups"]))
    return Account(
        id=row["id"], name=row["name"], role="admin" if row["role"] == "admin" else "member", groups=groups,
        disabled=bool(row["disabled"]), must_change=bool(row["must_change"]), external=row["password"] is None,
        created=row["created"],
    )  # fmt: skip


def _groups_text(groups: frozenset[str] | None) -> str | None:
    return None if groups is None else json.dumps(sorted(groups), ensure_ascii=False)
