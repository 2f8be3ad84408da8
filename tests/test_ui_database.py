"""The interface's database: made, brought up, refused when it is newer, and whole or not at all."""

from __future__ import annotations

import sqlite3
import stat
import time
from pathlib import Path

import pytest

from rag.errors import DatabaseError
from ui.database import STEPS, Database


def test_a_new_file_is_made_for_its_owner_alone_and_opened_again(tmp_path: Path) -> None:
    file = tmp_path / "data" / "greffier.sqlite"
    first = Database.open(file)
    first.execute("INSERT INTO audit (at, actor, action, object) VALUES (1, 'a', 'b', 'c')")
    first.close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = Database.open(file)
    assert [row["actor"] for row in again.rows("SELECT * FROM audit")] == ["a"]
    assert again.rows("PRAGMA user_version")[0][0] == len(STEPS)
    again.close()


def test_a_file_of_a_newer_greffier_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "greffier.sqlite"
    with sqlite3.connect(file) as made:
        made.execute("PRAGMA user_version = 99")
    made.close()
    with pytest.raises(DatabaseError, match="forme 99"):
        Database.open(file)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "greffier.sqlite"
    file.write_text("pas une base " * 100)
    with pytest.raises(DatabaseError, match="ne s'ouvre pas"):
        Database.open(file)


def test_a_block_that_raises_leaves_nothing() -> None:
    database = Database.open(None)
    with pytest.raises(RuntimeError), database.transaction() as sql:
        sql.execute("INSERT INTO audit (at, actor, action, object) VALUES (1, 'a', 'b', 'c')")
        raise RuntimeError
    assert database.rows("SELECT * FROM audit") == []
    database.close()


def test_a_file_of_an_older_form_is_brought_up_and_keeps_what_it_held(tmp_path: Path) -> None:
    file = tmp_path / "greffier.sqlite"
    with sqlite3.connect(file) as old:
        old.executescript(STEPS[0])
        old.execute(
            "INSERT INTO members (id, name, folded, must_change, role, created) VALUES (1, 'A', 'a', 1, 'admin', 0)"
        )
        old.execute("INSERT INTO tokens (hash, member, label, created) VALUES ('h', 1, 'site', 0)")
        old.execute("PRAGMA user_version = 1")
    old.close()
    database = Database.open(file)
    assert database.rows("PRAGMA user_version")[0][0] == len(STEPS)
    # a token opens what it opened before, but for the widget; a one-time password has a week left
    assert database.rows("SELECT label, kind FROM tokens")[0]["kind"] == "programs"
    left = database.rows("SELECT until FROM members")[0]["until"] - time.time()
    assert 6.9 * 86400 < left <= 7 * 86400
    database.close()
