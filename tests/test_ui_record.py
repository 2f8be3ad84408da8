"""What is kept of a question: figures without content, refused questions, reports; and the log without questions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag.settings import Settings
from rag.types import Answer, Refusal
from tests.browser.scripted import PATH, QUOTE, ScriptedAssistant, make_pdf
from ui.audit import LONGEST, audit, entries, known_actions
from ui.database import Database
from ui.exchange import Exchange
from ui.feedback import store
from ui.identity import Member
from ui.record import Recorder

ANNA = Member(7, "Anna", "member", frozenset({"public", "bureau"}))


@pytest.fixture
def assistant(tmp_path: Path) -> ScriptedAssistant:
    return ScriptedAssistant(tmp_path, make_pdf(tmp_path / PATH), pause=0)


def answer_of(assistant: ScriptedAssistant, question: str, refusal: Refusal = "") -> Answer:
    *_, last = assistant.ask(question)
    answer = last.answer  # type: ignore[union-attr]
    return replace(answer, refusal=refusal) if refusal else answer


def exchange(answer: Answer) -> Exchange:
    return Exchange(1, answer.question, "done", answer=answer)


def dump(database: Database) -> str:
    tables = [row["name"] for row in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return "\n".join(str(tuple(row)) for table in tables for row in database.rows(f"SELECT * FROM {table}"))


def test_an_answered_question_leaves_figures_and_no_word_of_it(assistant: ScriptedAssistant) -> None:
    database = Database.open(None)
    Recorder(database, Settings(keep_names=True)).answered(ANNA, answer_of(assistant, "Canari-4711 ?"), 250.0)
    (row,) = database.rows("SELECT * FROM asked")
    assert (row["status"], row["waited"], row["claims"], row["struck"]) == ("answered", 250.0, 2, 1)
    assert "Canari-4711" not in dump(database) and "Anna" not in dump(database)


def test_a_refusal_becomes_an_open_question_of_its_kind_without_a_name(assistant: ScriptedAssistant) -> None:
    database = Database.open(None)
    recorder = Recorder(database, Settings())
    recorder.answered(ANNA, answer_of(assistant, "Quel prix ?"), 0)
    recorder.answered(ANNA, answer_of(assistant, "Autre prix ?", "nothing_supported"), 0)
    rows = database.rows("SELECT * FROM open_questions ORDER BY id")
    assert [(row["question"], row["kind"], row["member"], row["asked"]) for row in rows] == [
        ("Quel prix ?", "not_in_corpus", None, 0),
        ("Autre prix ?", "not_supported", None, 0),
    ]
    assert json.loads(rows[0]["groups"]) == ["bureau", "public"]
    assert [(near["path"], near["page"]) for near in json.loads(rows[0]["nearest"])] == [(PATH, 2)]


def test_names_are_kept_only_where_the_setting_says_so(assistant: ScriptedAssistant) -> None:
    database = Database.open(None)
    Recorder(database, Settings(keep_names=True)).answered(ANNA, answer_of(assistant, "Quel prix ?"), 0)
    assert database.rows("SELECT member FROM open_questions")[0]["member"] == 7


def test_no_text_is_kept_for_zero_days(assistant: ScriptedAssistant) -> None:
    database = Database.open(None)
    recorder = Recorder(database, Settings(keep_questions_days=0))
    answer = answer_of(assistant, "Quel prix, canari-4711 ?")
    recorder.answered(ANNA, answer, 0)
    store.report(database, "c", exchange(answer), "wrong_source", "canari-4711", None, keep_text=recorder.keeps_text)
    assert "canari-4711" not in dump(database)
    assert len(database.rows("SELECT * FROM asked")) == len(database.rows("SELECT * FROM feedback")) == 1


def test_asking_the_secretariat_takes_up_the_entry_of_the_refusal(assistant: ScriptedAssistant) -> None:
    database = Database.open(None)
    recorder = Recorder(database, Settings())
    answer = answer_of(assistant, "Quel prix ?")
    recorder.answered(ANNA, answer, 0)
    store.send(database, exchange(answer), "C'est pour demain." + "x" * 5000, ANNA, named=False)
    store.send(database, exchange(answer_of(assistant, "Les cales ?")), "", ANNA, named=False)
    rows = database.rows("SELECT question, asked, word FROM open_questions ORDER BY id")
    assert [(row["question"], row["asked"]) for row in rows] == [("Quel prix ?", 1), ("Les cales ?", 1)]
    assert rows[0]["word"].startswith("C'est pour demain.") and len(rows[0]["word"]) == store.WORD


def test_useful_keeps_a_count_and_the_others_what_they_are_about(assistant: ScriptedAssistant) -> None:
    database = Database.open(None)
    liked, late = exchange(answer_of(assistant, "Canari ?")), exchange(answer_of(assistant, "Les cales ?"))
    store.report(database, "a", liked, "useful", "merci", None, keep_text=True)
    store.report(database, "b", late, "out_of_date", "C'était en 2019.", None, keep_text=True)
    useful, old = database.rows("SELECT * FROM feedback ORDER BY id")
    assert (useful["question"], useful["word"], useful["done"]) == ("", "", 1)
    assert (old["question"], old["word"], old["done"]) == ("Les cales ?", "C'était en 2019.", 0)
    sha256 = late.answer.citations[0].sentence.page.source.sha256 if late.answer else ""
    assert json.loads(old["sources"]) == [{"path": PATH, "sha256": sha256, "page": 2, "quote": QUOTE}]


def test_the_log_is_read_from_the_newest_and_by_action_and_actor() -> None:
    database = Database.open(None)
    for number in range(5):
        audit(database, "Anna", "upload", f"a{number}.pdf")
    audit(database, "Paul", "sign_in", "x" * 999 + "\nligne")
    assert known_actions(database) == ["sign_in", "upload"]
    assert [entry.object for entry in entries(database, action="upload", count=2)] == ["a4.pdf", "a3.pdf"]
    (newest,) = entries(database, actor="paul")
    assert (newest.action, len(newest.object)) == ("sign_in", LONGEST)
    assert [entry.object for entry in entries(database, before=3)] == ["a1.pdf", "a0.pdf"]
