"""Overview, health, metrics, the log, retention, the page for everybody and members' own data."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rag.errors import NoStore
from rag.places import Places
from rag.settings import Settings
from tests.corpus_house import CorpusHouse
from ui.about.kept import delete_own, own_data
from ui.audit import audit
from ui.database import Database
from ui.desk import Assistant, Desk
from ui.identity import Member
from ui.operations.chart import chart
from ui.operations.figures import Day, machine, percentile, use
from ui.operations.prometheus import Metric, as_text, one
from ui.operations.retention import DAY, Purger, purge
from ui.server import build_server, guarded

ANNA = Member(7, "Anna", "member", frozenset({"public"}))
SAMPLE = re.compile(r'^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+$')


class _NoCounter:
    source, reason, reason_en = "", "aucun compteur d'énergie", "no energy counter"

    def joules(self) -> float | None:
        return None


def _no_index() -> Assistant:
    raise NoStore("Aucun index.", "No index.")


@pytest.fixture
def house(tmp_path: Path) -> CorpusHouse:
    return CorpusHouse(tmp_path)


def asked(database: Database, at: float, status: str = "answered", total: float = 1000, struck: int = 0) -> None:
    database.execute(
        "INSERT INTO asked (at, status, refusal, model, generation, cached, waited, first_token, total, claims, struck)"
        " VALUES (?, ?, '', 'm', 'g', 0, 20, NULL, ?, 2, ?)",
        at, status, total, struck,
    )  # fmt: skip


def test_use_is_counted_by_day_with_percentiles() -> None:
    database, now = Database.open(None), datetime(2026, 11, 25, 12).timestamp()
    for number in range(20):
        asked(database, now - number * 60, total=1000.0 * (number + 1))
    asked(database, now - 2 * DAY, "refused", struck=2)
    asked(database, now - 40 * DAY)
    found = use(database, "secretariat", now=now)
    assert (found.questions, found.refused, found.struck) == (21, 1, 2 / 42)
    assert [(day.answered, day.refused) for day in found.days[-3:]] == [(0, 1), (0, 0), (20, 0)]
    assert (found.total_p50, found.total_p95, found.waited_p50) == (10_000, 19_000, 20)
    empty = use(Database.open(None), "secretariat", now=now)
    assert (empty.questions, empty.struck, empty.total_p50) == (0, None, None)
    assert percentile([1], 0.95) == 1 and percentile([3, 1, 2], 0.5) == 2


def test_bars_stay_inside_the_chart() -> None:
    days = [Day(datetime(2026, 11, 1 + n).date(), n * 7, n) for n in range(28)]
    drawn = chart(days)
    assert drawn.top >= 27 * 8 and len(drawn.bars) == 28
    for bar in drawn.bars:
        assert 0 <= bar.answered_y <= bar.answered_y + bar.answered_height <= drawn.base + 0.2
        assert bar.x + bar.width <= drawn.width
    assert chart([]).top == 5


def test_metrics_are_in_the_format_of_prometheus(house: CorpusHouse) -> None:
    asked(house.database, time.time())
    reply = house.client.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = reply.text.splitlines()
    assert reply.text.endswith("\n") and len(lines) > 20
    for line in lines:
        assert line.startswith(("# HELP greffier_", "# TYPE greffier_")) or SAMPLE.match(line), line
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names)) and "greffier_ready 0" in lines
    assert 'greffier_questions{status="answered",model="m"} 1' in lines
    text = as_text([Metric("a", "b\nc", [({"x": 'q"\\\n'}, 1.5)]), one("n", "h", None)])
    assert text == '# HELP a b\\nc\n# TYPE a gauge\na{x="q\\"\\\\\\n"} 1.5\n'


def test_the_overview_puts_problems_first_and_health_says_what_is_not_measured(house: CorpusHouse) -> None:
    while house.desk.look() is None:
        time.sleep(0.01)
    page = house.client.get("/admin").text
    assert "L’assistant ne répond pas" in page and "inscrire un nom" in page
    assert "non mesuré" in house.client.get("/admin/health").text
    assert machine(house.desk, house.settings.store, house.settings.data).memory


def test_why_energy_is_not_measured_is_written_as_all_else_in_french(tmp_path: Path) -> None:
    settings = Settings(corpus=tmp_path, store=tmp_path / "store", data=tmp_path / "data")
    server = build_server(Desk(_no_index), settings, lambda *_: b"", Database.open(None), _NoCounter())
    page = TestClient(guarded(server, settings), base_url="http://127.0.0.1:7860").get("/admin/health").text
    assert "non mesuré (aucun compteur d’énergie)" in page


def test_the_log_is_shown_escaped_filtered_and_in_pages(house: CorpusHouse) -> None:
    for number in range(120):
        audit(house.database, "Anna", "upload", f"<i>{number}</i>.pdf")
    audit(house.database, "Paul", "sign_in", "10.0.0.1")
    page = house.client.get("/admin/audit").text
    assert "connexion" in page and "&lt;i&gt;119" in page and "<i>" not in page and "Entrées plus anciennes" in page
    assert "119" not in house.client.get("/admin/audit?action=sign_in").text
    assert "&lt;i&gt;3&lt;" in house.client.get("/admin/audit?before=10").text
    assert house.client.get("/admin/audit?before=zz&action=%27%3B--&actor=%25").status_code == 200


def test_what_is_too_old_goes_and_the_rest_stays(house: CorpusHouse) -> None:
    database, now = house.database, time.time()
    for age in (10, 400):
        at = now - age * DAY
        asked(database, at)
        database.execute(
            "INSERT INTO conversations (id, member, title, created, updated) VALUES (?, 7, 't', ?, ?)",
            f"c{age}",
            at,
            at,
        )
        database.execute(
            "INSERT INTO exchanges (conversation, number, question, answer, phase, created)"
            " VALUES (?, 1, 'q', NULL, 'done', ?)",
            f"c{age}",
            at,
        )
        database.execute("INSERT INTO feedback (created, kind, question) VALUES (?, 'useful', '')", at)
        database.execute(
            "INSERT INTO open_questions (created, question, standalone, kind) VALUES (?, 'q', 'q', 'not_in_corpus')", at
        )
        database.execute("INSERT INTO audit (at, actor, action, object) VALUES (?, 'a', 'b', 'c')", at)
    assert purge(database, replace(house.settings, keep_audit_days=500)) >= 4
    left = {table: database.rows(f"SELECT COUNT(*) AS n FROM {table}")[0]["n"] for table in
            ("asked", "conversations", "exchanges", "feedback", "open_questions", "audit")}  # fmt: skip
    assert left == {"asked": 1, "conversations": 1, "exchanges": 1, "feedback": 1, "open_questions": 1, "audit": 2}
    # each setting holds for what it names
    assert purge(database, replace(house.settings, keep_questions_days=1, keep_audit_days=500)) == 3
    assert database.rows("SELECT id FROM conversations")[0]["id"] == "c10"
    with Purger(database, Settings(keep_conversations_days=0, keep_audit_days=30), every=0.01):
        end = time.monotonic() + 20
        while database.rows("SELECT 1 FROM conversations UNION SELECT 1 FROM audit WHERE at < ?", now - 30 * DAY):
            assert time.monotonic() < end
            time.sleep(0.01)
    assert len(database.rows("SELECT * FROM audit")) == 1


def test_everybody_reads_what_is_kept_with_the_real_values(tmp_path: Path) -> None:
    house = CorpusHouse(tmp_path)
    page = house.client.get("/about").text
    assert page.index("intelligence artificielle") < page.index("artificial intelligence")
    assert (
        "365" in page
        and "90 jours après la dernière question" in page
        and "quitte cette machine" in page
        and "Rien." in page
        and 'lang="en"' in page
    )
    page = house.client.get("/about", headers={"cookie": "language=en"}).text
    assert page.index('<article lang="en">') < page.index('<article lang="fr">')


def test_a_member_has_their_own_data_back_and_erases_it(house: CorpusHouse) -> None:
    database = house.database
    for member in (7, 8):
        database.execute(
            "INSERT INTO conversations (id, member, title, created, updated) VALUES (?, ?, 'titre', 1, 1)",
            f"c{member}",
            member,
        )
        database.execute(
            "INSERT INTO exchanges (conversation, number, question, answer, phase, created)"
            " VALUES (?, 1, ?, '{\"a\": 1}', 'done', 1)",
            f"c{member}",
            f"q{member}",
        )
        database.execute("INSERT INTO feedback (created, member, kind, question) VALUES (1, ?, 'useful', '')", member)
    audit(database, "Anna", "sign_in", "10.0.0.1")
    assert own_data(database, ANNA, Places())["exchanges"][0]["answer"] is None  # nobody can say what it rests on
    found = own_data(database, Member(7, "Anna", "member", None), Places())
    assert [row["question"] for row in found["exchanges"]] == ["q7"] and found["exchanges"][0]["answer"] == {"a": 1}
    assert len(found["log"]) == 1 and "q8" not in json.dumps(found)
    assert delete_own(database, ANNA) == 2
    assert [row["id"] for row in database.rows("SELECT id FROM conversations")] == ["c8"]
    assert [row["question"] for row in database.rows("SELECT question FROM exchanges")] == ["q8"]
    nobody = Member(0, "", "member", None)
    assert own_data(database, nobody, Places()) == {} and delete_own(database, nobody) == 0


def test_the_page_on_own_data_works_by_forms_alone(house: CorpusHouse) -> None:
    house.database.execute(
        "INSERT INTO conversations (id, member, title, created, updated) VALUES ('c', 0, 'canari', 1, 1)"
    )
    assert "Conversations" in house.client.get("/account/data").text
    reply = house.client.get("/account/data/download")
    assert (
        reply.json()["conversations"][0]["title"] == "canari" and "attachment" in reply.headers["content-disposition"]
    )
    assert "effacé" in house.post("/account/data/delete").text
    assert house.database.rows("SELECT * FROM conversations") == []
    assert [action for action, _ in house.actions()] == ["data_read", "data_deleted"]
