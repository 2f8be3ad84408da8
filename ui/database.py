"""What the interface remembers, in one SQLite file: accounts, conversations, feedback, events.

Opening creates the file or brings an older one to the present form, step by step; a file of a newer Greffier is
refused. One connection for the process behind a lock: the busiest federation writes a few rows a second. This
module does *not* know what the tables mean, only that they exist; each has one module that reads and writes it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import DatabaseError

FILE = "greffier.sqlite"
# Step n brings a file from form n to n + 1. Times are seconds since 1970; lists are JSON. A step that was released is
# never changed, a new one follows it.
STEPS = (
    """
    CREATE TABLE members (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, folded TEXT NOT NULL UNIQUE, password TEXT, must_change INTEGER
        NOT NULL DEFAULT 0, role TEXT NOT NULL, groups TEXT, disabled INTEGER NOT NULL DEFAULT 0,
        created REAL NOT NULL);
    CREATE TABLE sessions (
        hash TEXT PRIMARY KEY, member INTEGER NOT NULL REFERENCES members ON DELETE CASCADE, created REAL NOT NULL,
        seen REAL NOT NULL, expires REAL NOT NULL);
    CREATE TABLE attempts (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, at REAL NOT NULL);
    CREATE TABLE tokens (
        hash TEXT PRIMARY KEY, member INTEGER NOT NULL REFERENCES members ON DELETE CASCADE, label TEXT NOT NULL,
        created REAL NOT NULL, expires REAL, used REAL);
    CREATE TABLE conversations (
        id TEXT PRIMARY KEY, member INTEGER NOT NULL, title TEXT NOT NULL, created REAL NOT NULL,
        updated REAL NOT NULL, within TEXT NOT NULL DEFAULT '');
    CREATE INDEX conversations_of ON conversations (member, updated);
    CREATE TABLE exchanges (
        conversation TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE, number INTEGER NOT NULL,
        question TEXT NOT NULL, answer TEXT, phase TEXT NOT NULL, created REAL NOT NULL, draft TEXT NOT NULL DEFAULT
        '', said TEXT NOT NULL DEFAULT '', groups TEXT NOT NULL DEFAULT '[]',
        PRIMARY KEY (conversation, number));
    CREATE TABLE feedback (
        id INTEGER PRIMARY KEY, created REAL NOT NULL, member INTEGER, kind TEXT NOT NULL,
        word TEXT NOT NULL DEFAULT '', question TEXT NOT NULL, answer TEXT NOT NULL DEFAULT '',
        sources TEXT NOT NULL DEFAULT '[]', generation TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0,
        mark TEXT UNIQUE);
    CREATE TABLE open_questions (
        id INTEGER PRIMARY KEY, created REAL NOT NULL, member INTEGER, question TEXT NOT NULL, standalone TEXT NOT NULL,
        kind TEXT NOT NULL, nearest TEXT NOT NULL DEFAULT '[]', asked INTEGER NOT NULL DEFAULT 0,
        word TEXT NOT NULL DEFAULT '', groups TEXT, done INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE curated (
        id INTEGER PRIMARY KEY, created REAL NOT NULL, updated REAL NOT NULL, author INTEGER, question TEXT NOT NULL,
        answer TEXT NOT NULL, path TEXT NOT NULL, page INTEGER NOT NULL, quote TEXT NOT NULL, sha256 TEXT NOT NULL,
        state TEXT NOT NULL);
    CREATE TABLE asked (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, status TEXT NOT NULL, refusal TEXT NOT NULL, model TEXT NOT NULL,
        generation TEXT NOT NULL, cached INTEGER NOT NULL, waited REAL NOT NULL, first_token REAL, total REAL NOT NULL,
        claims INTEGER NOT NULL, struck INTEGER NOT NULL);
    CREATE INDEX asked_at ON asked (at);
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL);
    """,
    # What a token opens, and until when a password that somebody else set lets its owner in.
    """
    ALTER TABLE tokens ADD COLUMN kind TEXT NOT NULL DEFAULT 'programs';
    ALTER TABLE members ADD COLUMN until REAL;
    UPDATE members SET until = CAST(strftime('%s', 'now') AS REAL) + 7 * 86400 WHERE must_change = 1;
    """,
    # Which files an exchange rests on, as [path, SHA-256], NULL where nobody can say, in place of their groups of then;
    # and whether it went to the secretariat.
    """
    ALTER TABLE exchanges ADD COLUMN files TEXT;
    ALTER TABLE exchanges ADD COLUMN sent INTEGER NOT NULL DEFAULT 0;
    UPDATE exchanges SET files = '[]' WHERE answer IS NULL AND draft = '';
    UPDATE exchanges SET files = (
        SELECT json_group_array(json_array(path, sha256)) FROM (
            SELECT DISTINCT json_extract(value, '$.source.path') AS path,
                json_extract(value, '$.source.sha256') AS sha256
            FROM json_each(exchanges.answer, '$.pages')))
        WHERE answer IS NOT NULL AND json_valid(answer);
    ALTER TABLE exchanges DROP COLUMN groups;
    """,
)


class Database:
    """The open file; every method may be called from any thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, file: Path | None) -> Database:
        """Open `file`, made anew if it is missing; None: in memory, for tests.

        Raises:
            DatabaseError: if it is no database, was written by a newer Greffier, or cannot be written.
        """
        try:
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch(mode=0o600)
            connection = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None, timeout=10)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA journal_mode = WAL")
            database = cls(connection)
            database._bring_up(file)
        except (sqlite3.Error, OSError) as error:
            name = file.name if file else ":memory:"
            raise DatabaseError(
                f"La base {name} ne s'ouvre pas ({error}). Vérifiez le dossier data/ et ses droits, ou restaurez une "
                "sauvegarde (make restore).",
                f"The database {name} does not open ({error}). Check the folder data/ and its permissions, or restore "
                "a backup (make restore).",
            ) from error
        return database

    def _bring_up(self, file: Path | None) -> None:
        with self.transaction() as sql:
            form: int = sql.execute("PRAGMA user_version").fetchone()[0]
            if form > len(STEPS):
                raise DatabaseError(
                    f"La base {file and file.name} a la forme {form}, cette version de Greffier connaît la forme "
                    f"{len(STEPS)} : installez la version plus récente, ou restaurez une sauvegarde.",
                    f"The database {file and file.name} has form {form}, this version of Greffier knows form "
                    f"{len(STEPS)}: install the newer version, or restore a backup.",
                )
            for number in range(form, len(STEPS)):
                for statement in STEPS[number].split(";"):
                    sql.execute(statement)
            sql.execute(f"PRAGMA user_version = {len(STEPS)}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for a `with` block that is committed whole, or not at all when it raises."""
        with self._lock:
            if self._connection.in_transaction:  # a block inside a block belongs to the outer one
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def execute(self, statement: str, *values: object) -> int:
        """Run one statement that changes something; return how many rows it changed."""
        with self.transaction() as sql:
            return sql.execute(statement, values).rowcount

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
