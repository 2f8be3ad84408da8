"""Conversations kept on the server: nothing is lost in storing, nobody reads another's, export says all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pypdfium2
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.settings import Settings
from rag.types import Answer, Citation, Claim, Finished, PageRef, Source, Timings
from tests.browser.scripted import PATH, QUOTE, TITLE, ScriptedAssistant, draw, make_pdf
from ui.database import Database
from ui.desk import Desk
from ui.exchange import Exchange, Standing
from ui.history.archive import DAY, Archive
from ui.history.codec import Unreadable, decode, encode
from ui.history.export import markdown, parts
from ui.history.pdf import pdf
from ui.identity import LOCAL, Member
from ui.server import build_server, guarded
from ui.standing import standing_of

CONVERSATION = "a" * 32
NOW = datetime(2026, 11, 25, 12)


@pytest.fixture
def assistant(tmp_path: Path) -> ScriptedAssistant:
    return ScriptedAssistant(tmp_path, make_pdf(tmp_path / PATH), pause=0)


def _answer(assistant: ScriptedAssistant, question: str = "Quelle épaisseur ?") -> Answer:
    event = list(assistant.ask(question))[-1]
    assert isinstance(event, Finished)
    return event.answer


TEXT = st.text(max_size=20)


@settings(max_examples=25, deadline=None)
@given(
    text=TEXT, label=st.none() | TEXT, box=st.tuples(*[st.floats(-1e6, 1e6)] * 4), reason=TEXT,
    first=st.none() | st.floats(0, 1e6), years=st.lists(st.integers(1900, 2100), max_size=3), flag=st.booleans(),
    numbers=st.lists(st.integers(1, 9), max_size=3),
)  # fmt: skip
def test_an_answer_comes_back_as_it_was_stored(
    tmp_path_factory: pytest.TempPathFactory, text: str, label: str | None, box: tuple[float, float, float, float],
    reason: str, first: float | None, years: list[int], flag: bool, numbers: list[int],
) -> None:  # fmt: skip
    folder = tmp_path_factory.getbasetemp() / "codec"
    if not (folder / PATH).exists():
        make_pdf(folder / PATH)
    assistant = ScriptedAssistant(folder, (1.0, 2.0, 3.0, 4.0), pause=0)
    page = PageRef(Source(text, reason, text), 3, label, box[2], box[3])
    sentence = replace(assistant.sentence, page=page, text=text, boxes=(box, box), printed=reason)
    answer = replace(
        _answer(assistant), text=text, citations=(Citation(1, sentence, newer=Source(text, text, reason)),),
        claims=(Claim(text, tuple(numbers), "unsupported", reason),), cached=flag, missing_years=tuple(years),
        timings=Timings(1.5, 2.5, first),
    )  # fmt: skip
    assert decode(encode(answer), Answer) == answer


@pytest.mark.parametrize("text", ["", "null", "[]", '{"pages":[],"value":{}}', '{"pages":[],"value":{"question":1}}'])
def test_what_is_no_stored_answer_is_told_apart(text: str) -> None:
    with pytest.raises(Unreadable):
        decode(text, Answer)


def test_an_answer_stored_before_a_field_was_added_still_opens(assistant: ScriptedAssistant) -> None:
    answer = _answer(assistant)
    older = encode(answer).replace(',"missing_years":[]', "").replace(',"cached":false', "")
    assert decode(older, Answer) == answer


def test_an_unreadable_answer_costs_the_answer_and_not_the_conversation(assistant: ScriptedAssistant) -> None:
    database = Database.open(None)
    archive = Archive(database, 90)
    archive.save(1, CONVERSATION, Exchange(1, "Quoi ?", "done", answer=_answer(assistant)))
    database.execute("UPDATE exchanges SET answer = '{}'")
    stored = archive.load(1, CONVERSATION)
    assert stored is not None and stored[1] == (replace(stored[1][0], answer=None, phase="failed"),)


def test_what_ran_when_the_server_ended_is_stopped() -> None:
    archive = Archive(Database.open(None), 90)
    archive.save(1, CONVERSATION, Exchange(1, "Quoi ?", "writing", draft="Le cal"))
    stored = archive.load(1, CONVERSATION)
    assert stored is not None
    assert (stored[1][0].phase, stored[1][0].draft) == ("stopped", "Le cal")


def test_search_finds_own_words_without_accents_and_not_in_answers_one_may_no_longer_read(
    assistant: ScriptedAssistant,
) -> None:
    archive = Archive(Database.open(None), 90)
    archive.save(1, CONVERSATION, Exchange(1, "Quelle épaisseur ?", "done", answer=_answer(assistant)))
    archive.save(2, "b" * 32, Exchange(1, "Quelle épaisseur ?", "done"))
    assert [entry.id for entry in archive.entries(1, None, "EPAISSEUR calage")] == [CONVERSATION]
    assert archive.entries(1, frozenset({"bureau"}), "calage") == ()
    assert [entry.id for entry in archive.entries(1, frozenset({"bureau"}), "épaisseur")] == [CONVERSATION]
    assert archive.entries(1, None, "toiture") == ()


def test_conversations_go_after_their_days_and_none_is_kept_for_zero() -> None:
    clock = [1000 * DAY]
    archive = Archive(Database.open(None), 30, now=lambda: clock[0])
    archive.save(1, CONVERSATION, Exchange(1, "Quoi ?", "done"))
    clock[0] += 29 * DAY
    assert archive.entries(1)
    clock[0] += 2 * DAY
    assert archive.entries(1) == () and archive.load(1, CONVERSATION) is None
    none = Archive(Database.open(None), 0)
    none.save(1, CONVERSATION, Exchange(1, "Quoi ?", "done"))
    assert none.entries(1) == ()


def _parts(assistant: ScriptedAssistant) -> list[Exchange]:
    hostile = replace(
        _answer(assistant), text="x", claims=(Claim("# <b>2</b> λ ≥ 1 → [a](http://x.fr)", (1,), "supported"),)
    )
    return [
        Exchange(1, "Quelle épaisseur ?", "done", answer=_answer(assistant)),
        Exchange(2, "Hostile ?", "done", answer=hostile),
        Exchange(3, "Secrète ?", "done", withheld=True),
    ]


def test_markdown_has_each_claim_its_source_and_what_was_struck_out(assistant: ScriptedAssistant) -> None:
    text = markdown(list(parts("Les cales", _parts(assistant), "fr", NOW)), "fr")
    assert text.startswith("# Les cales\n")
    assert f"{QUOTE}\xa0\\[1\\]" in text
    assert "~~Elles sont rouges.~~" in text and "aucune source ne parle de couleur" in text
    assert f"1. {TITLE}, page\xa02 (imprimée\xa0: ii) ({PATH})" in text and f"«\u202f{QUOTE}\u202f»" in text
    assert "\\# \\<b\\>2\\</b\\>" in text and "[a](" not in text and "http://" not in text
    assert "ne pouvez plus lire" in text
    assert text.count(f"«\u202f{QUOTE}") == 1  # one source, however often it is cited


def test_the_pdf_has_the_same_words_with_accents_and_greek(assistant: ScriptedAssistant) -> None:
    content = pdf(list(parts("Les cales « été »", _parts(assistant), "fr", NOW)), "fr", "Fédération d'essai")
    with pypdfium2.PdfDocument(content) as document:
        text = " ".join(document[0].get_textpage().get_text_bounded().replace("\xa0", " ").split())
    for words in (
        "Les cales « été »", "Exporté le 25 novembre 2026", f"{QUOTE} [1]", "Elles sont rouges.", f"« {QUOTE} »",
        "# <b>2</b> λ ≥ 1 → [a](http://x.fr)", "Fédération d'essai · 1",
    ):  # fmt: skip
        assert words in text


def test_the_date_of_another_version_of_the_file_is_not_given(assistant: ScriptedAssistant) -> None:
    (shown,) = standing_of([Exchange(1, "Quoi ?", "done", answer=_answer(assistant))], assistant, None)
    before = replace(assistant.source, sha256="0" * 64)
    entry = replace(shown.standing.entries[PATH], source=before)
    dated, undated = (
        markdown(list(parts("Titre", [replace(shown, standing=Standing(entries={PATH: known}))], "en", NOW)), "en")
        for known in (shown.standing.entries[PATH], entry)
    )
    assert "Date: 1\xa0March 2025 (from the title)" in dated and "Date:" not in undated
    assert "Exported on 25\xa0November 2026" in dated


@pytest.fixture
def house(assistant: ScriptedAssistant, tmp_path: Path) -> tuple[TestClient, list[Member], Archive]:
    database = Database.open(None)
    options = Settings(corpus=tmp_path, store=tmp_path / "store", data=tmp_path / "data")
    server = build_server(Desk(lambda: assistant), options, draw, database)
    who = [Member(1, "Anne", "member", None)]
    client = TestClient(guarded(server, options, lambda *_: who[0]), base_url="http://127.0.0.1")
    archive = server.state.services.conversations.archive
    archive.save(1, CONVERSATION, Exchange(1, "Quelle épaisseur ?", "done", answer=_answer(assistant)))
    archive.save(1, CONVERSATION, Exchange(2, "Quel prix ?", "done", answer=_answer(assistant, "Quel prix ?")))
    return client, who, archive


ORIGIN = {"origin": "http://127.0.0.1"}


def test_a_conversation_is_listed_renamed_exported_and_deleted(
    house: tuple[TestClient, list[Member], Archive],
) -> None:
    client, _, _ = house
    assert "Quelle épaisseur" in client.get("/conversations").text
    address = f"/conversations/{CONVERSATION}"
    assert client.post(f"{address}/title", json={"title": " Les  cales "}, headers=ORIGIN).status_code == 204
    assert client.post(f"{address}/title", json={"title": "  "}, headers=ORIGIN).status_code == 400
    assert "Les cales" in client.get("/conversations", params={"q": "cales"}).text
    assert client.get(f"{address}/export.md").text.startswith("# Les cales")
    assert "Date\xa0: 1er\xa0mars 2025 (d’après le titre)" in client.get(f"{address}/export.md").text.replace("\\", "")
    with pypdfium2.PdfDocument(client.get(f"{address}/export.pdf").content) as document:
        text = document[0].get_textpage().get_text_bounded()
    assert "Date : 1er mars 2025 (d’après le titre)" in " ".join(text.replace("\xa0", " ").split())
    assert client.get(f"{address}/export.exe").status_code == 404
    assert client.request("DELETE", address, json={}, headers=ORIGIN).status_code == 204
    assert client.get(f"{address}/export.md").status_code == 404
    assert "Les cales" not in client.get("/conversations").text


def test_another_member_cannot_tell_that_it_exists(house: tuple[TestClient, list[Member], Archive]) -> None:
    client, who, archive = house
    who[0] = Member(2, "Paul", "admin", None)
    assert "épaisseur" not in client.get("/conversations").text
    mine, none = f"/conversations/{CONVERSATION}", f"/conversations/{'0' * 32}"
    for method, after, body in (
        ("GET", "/export.md", None), ("GET", "/export.pdf", None), ("DELETE", "", {}),
        ("POST", "/title", {"title": "Volé"}),
    ):  # fmt: skip
        first, second = (client.request(method, at + after, json=body, headers=ORIGIN) for at in (mine, none))
        assert (first.status_code, first.text) == (404, second.text)
    told: dict[str, object] = {"conversation": CONVERSATION, "number": 1, "kind": "useful"}
    assert client.post("/feedback", json=told, headers=ORIGIN).status_code == 404
    assert archive.load(1, CONVERSATION) is not None


def test_own_data_holds_no_answer_from_documents_that_are_closed_today(
    house: tuple[TestClient, list[Member], Archive],
) -> None:
    client, who, _ = house
    assert QUOTE in client.get("/account/data/download").text
    who[0] = Member(1, "Anne", "member", frozenset({"ventes"}))
    text = client.get("/account/data/download").text
    assert "Quelle épaisseur ?" in text and '"withheld": true' in text
    assert QUOTE not in text and TITLE not in text and PATH not in text


def test_where_everybody_is_one_nobody_s_conversations_are_listed(
    house: tuple[TestClient, list[Member], Archive],
) -> None:
    client, who, archive = house
    archive.save(0, "b" * 32, Exchange(1, "Quelle canicule ?", "stopped"))
    who[0] = Member(0, "", "member", None)
    assert "canicule" not in client.get("/conversations").text
    who[0] = LOCAL
    assert "canicule" in client.get("/conversations").text


def test_erasing_one_s_data_closes_what_is_open_too(house: tuple[TestClient, list[Member], Archive]) -> None:
    client, _, archive = house
    assert client.get(f"/conversations/{CONVERSATION}/export.md").status_code == 200  # now in memory
    assert client.post("/account/data/delete", headers=ORIGIN, follow_redirects=False).status_code == 303
    assert client.get(f"/conversations/{CONVERSATION}/export.md").status_code == 404
    assert archive.entries(1) == ()


def test_a_report_is_stored_without_a_name_changed_and_withdrawn(
    house: tuple[TestClient, list[Member], Archive],
) -> None:
    client, _, archive = house
    database: Database = archive._database
    body = {"conversation": CONVERSATION, "number": 1, "kind": "wrong_source", "word": "Page 3 plutôt. " + "x" * 900}
    assert client.post("/feedback", json=body, headers=ORIGIN).status_code == 204
    (row,) = database.rows("SELECT * FROM feedback")
    assert (row["kind"], row["member"], row["question"]) == ("wrong_source", None, "Quelle épaisseur ?")
    assert row["word"].startswith("Page 3") and len(row["word"]) == 500 and PATH in row["sources"]
    client.post("/feedback", json={**body, "kind": "useful"}, headers=ORIGIN)
    (row,) = database.rows("SELECT * FROM feedback")
    assert (row["kind"], row["word"], row["question"]) == ("useful", "", "")
    client.post("/feedback", json={**body, "kind": ""}, headers=ORIGIN)
    assert database.rows("SELECT * FROM feedback") == []
    for wrong in ({**body, "kind": "drop"}, {**body, "number": 9}, {**body, "word": "x" * 9000}, {"number": 1}):
        assert client.post("/feedback", json=wrong, headers=ORIGIN).status_code in (400, 404)


def test_a_refused_question_goes_to_the_secretariat_with_the_name_only_if_ticked(
    house: tuple[TestClient, list[Member], Archive],
) -> None:
    client, _, archive = house
    database: Database = archive._database
    body = {"conversation": CONVERSATION, "number": 2, "word": "C'est urgent"}
    for _ in range(2):  # the second is a double tap
        assert client.post("/feedback/secretariat", json=body, headers=ORIGIN).status_code == 204
    (row,) = database.rows("SELECT * FROM open_questions")
    assert (row["asked"], row["question"], row["member"], row["word"]) == (1, "Quel prix ?", None, "C'est urgent")
    assert (row["kind"], TITLE in row["nearest"]) == ("not_in_corpus", True)
    client.post("/feedback/secretariat", json={**body, "number": 1, "named": True}, headers=ORIGIN)
    assert [row["member"] for row in database.rows("SELECT member FROM open_questions")] == [None, 1]


def test_a_picture_is_only_of_the_version_that_was_cited(
    house: tuple[TestClient, list[Member], Archive], assistant: ScriptedAssistant
) -> None:
    client, _, _ = house
    client.get("/health")
    address = f"/page/{PATH}/2"
    assert client.get(address, params={"v": assistant.source.sha256[:16]}).status_code == 200
    reply = client.get(address, params={"v": "0" * 16})
    assert reply.status_code == 409 and "a changé depuis cette réponse" in reply.text
