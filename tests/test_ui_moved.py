"""What was answered before a document was moved to a closed folder: withheld wherever it would be shown again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rag.places import LEDGER, UNKNOWN, Groups, Places, written_ledger
from rag.settings import Settings
from rag.types import Finished, Retrieved
from tests.browser.scripted import PATH, QUOTE, TITLE, ScriptedAssistant, draw, make_pdf
from tests.chatting import ANNE, chat_of, views_of
from ui.database import STEPS, Database
from ui.desk import Desk
from ui.exchange import Exchange, advance, readable
from ui.history.archive import Archive
from ui.history.codec import encode
from ui.history.live import Conversations
from ui.identity import Member
from ui.server import build_server, guarded

PUBLIC, BUREAU = frozenset({"public"}), frozenset({"bureau"})
CONVERSATION = "a" * 32
QUESTION = "Quelle épaisseur ?"


@pytest.fixture
def assistant(tmp_path: Path) -> ScriptedAssistant:
    return ScriptedAssistant(tmp_path, make_pdf(tmp_path / PATH), pause=0.002)


def _moved(assistant: ScriptedAssistant, *groups: str | None) -> Places:
    return Places({assistant.source.sha256: (frozenset(groups),)})


def _answered(assistant: ScriptedAssistant, number: int = 1) -> Exchange:
    exchange = Exchange(number, QUESTION)
    for event in assistant.ask(QUESTION):
        if isinstance(event, Retrieved | Finished):
            exchange = advance(exchange, event)
    return exchange


def test_an_answer_goes_with_its_file_wherever_that_lies_today(assistant: ScriptedAssistant) -> None:
    exchange = _answered(assistant)
    assert exchange.open_to(PUBLIC, Places()) and not exchange.open_to(BUREAU, Places())
    for lies, reader, open_ in (
        (["bureau"], PUBLIC, False), (["bureau"], BUREAU, True), (["bureau", "public"], PUBLIC, True),
        ([None], frozenset(), True),
    ):  # fmt: skip
        assert exchange.open_to(frozenset(reader), _moved(assistant, *lies)) is open_
    assert exchange.open_to(None, _moved(assistant, "bureau"))


def test_a_question_after_a_withheld_answer_does_not_repeat_its_words(assistant: ScriptedAssistant) -> None:
    first = _answered(assistant)
    assert first.answer is not None
    refused = replace(first.answer, passages=(), citations=(), standalone="secret")
    both = (first, Exchange(2, "Et ?", "done", answer=refused))
    shown = readable(both, PUBLIC, _moved(assistant, "bureau"))
    assert shown[0].withheld and shown[1].answer is not None
    assert shown[1].answer.standalone == shown[1].answer.question


def test_a_version_that_was_closed_is_not_named_beside_an_answer(assistant: ScriptedAssistant) -> None:
    first = _answered(assistant)
    assert first.answer is not None
    newer = replace(assistant.source, path="public/nouveau.pdf", sha256="e" * 64)
    answer = replace(first.answer, citations=tuple(replace(c, newer=newer) for c in first.answer.citations))
    places = Places({newer.sha256: (frozenset({"bureau"}),)})
    for groups, named in ((PUBLIC, False), (PUBLIC | BUREAU, True)):
        (shown,) = readable([replace(first, answer=answer)], groups, places)
        assert shown.answer is not None and all((c.newer is not None) is named for c in shown.answer.citations)


def test_the_page_and_the_next_question_are_without_what_was_closed(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)
    asyncio.run(views_of(chat, QUESTION, ANNE))
    assert QUOTE in chat.show(ANNE).current
    chat.places = lambda: _moved(assistant, "bureau")
    shown = chat.show(ANNE).current
    assert "ne pouvez plus lire" in shown
    assert all(word not in shown for word in (QUOTE, TITLE, PATH, "rouges"))
    asyncio.run(views_of(chat, "Et pour les portes ?", ANNE))
    assert assistant.histories[-1] == ()


def test_a_stopped_draft_goes_with_the_files_it_was_written_from_also_after_a_restart(
    assistant: ScriptedAssistant,
) -> None:
    database = Database.open(None)
    chat = chat_of(lambda: assistant, database)

    async def leave() -> None:
        async with contextlib.aclosing(chat.ask(ANNE, "Une longue réponse")) as views:
            async for view in views:
                if 'class="draft"' in view.current:
                    break

    asyncio.run(leave())
    later = chat_of(lambda: assistant, database)
    later.open(ANNE, chat.conversation(ANNE).id)
    for one in (chat, later):
        assert 'class="draft"' in one.show(ANNE).current
        one.places = lambda: _moved(assistant, "bureau")
        assert 'class="draft"' not in one.show(ANNE).current


class Server:
    """The real routes, a conversation of Anne's, and a ledger that says where the file lies today."""

    def __init__(self, folder: Path, assistant: ScriptedAssistant) -> None:
        self.store, self.assistant = folder / "store", assistant
        self.store.mkdir()
        self.database = Database.open(None)
        settings = Settings(corpus=folder, store=self.store, data=folder / "data", keep_names=True)
        server = build_server(Desk(lambda: assistant), settings, draw, self.database)
        self.conversations: Conversations = server.state.services.conversations
        member = Member(7, "Anne", "member", PUBLIC)
        headers = {"origin": "http://127.0.0.1"}
        application = guarded(server, settings, lambda *_: member)
        self.client = TestClient(application, base_url="http://127.0.0.1", headers=headers)
        self.conversations.archive.save(7, CONVERSATION, _answered(assistant))

    def lies_in(self, *groups: str | None) -> None:
        """Say where the cited file lies today."""
        lies: dict[str, Groups] = {self.assistant.source.sha256: frozenset(groups)}
        (self.store / f"{LEDGER}.new").write_text(written_ledger(lies))
        (self.store / f"{LEDGER}.new").replace(self.store / LEDGER)

    def post(self, address: str, **values: object) -> int:
        return int(self.client.post(address, json={"conversation": CONVERSATION, "number": 1, **values}).status_code)


@pytest.fixture
def server(tmp_path: Path, assistant: ScriptedAssistant) -> Iterator[Server]:
    made = Server(tmp_path, assistant)
    with made.client:
        yield made


def test_every_route_withholds_what_was_closed_and_gives_it_back_when_it_is_opened(server: Server) -> None:
    address = f"/conversations/{CONVERSATION}"

    def shown() -> list[bool]:
        texts = [server.client.get(at).text for at in (f"{address}/export.md", "/account/data/download")]
        found = server.client.get("/conversations", params={"q": "calage"}).text
        pdf = server.client.get(f"{address}/export.pdf").content
        return [*(QUOTE in text for text in texts), CONVERSATION in found, len(pdf) > short]

    short = 10**9
    server.lies_in("bureau")
    assert shown() == [False] * 4
    short = len(server.client.get(f"{address}/export.pdf").content)
    assert CONVERSATION in server.client.get("/conversations", params={"q": "épaisseur"}).text  # the question is theirs
    assert TITLE not in server.client.get("/account/data/download").text
    assert server.post("/feedback", kind="useful") == 404
    assert server.post("/feedback/secretariat", named=True) == 404
    assert server.database.rows("SELECT * FROM feedback") == server.database.rows("SELECT * FROM open_questions") == []
    server.lies_in("bureau", "public")
    assert shown() == [True] * 4
    assert server.post("/feedback", kind="wrong_source") == 204


def test_a_report_in_one_s_own_data_goes_with_the_files_of_its_answer(server: Server) -> None:
    assert server.post("/feedback", kind="wrong_source", word="Page 3 plutôt") == 204

    def report() -> dict[str, object]:
        (found,) = server.client.get("/account/data/download").json()["reports"]
        return dict(found)

    assert QUOTE in str(report())
    server.lies_in("bureau")
    assert QUOTE not in str(report()) and (report()["withheld"], report()["word"]) == (True, "Page 3 plutôt")
    server.lies_in("public")
    assert QUOTE in str(report())
    # of one that was stored without hashes nobody can say where the file lies
    sources = json.dumps([{"path": PATH, "page": 2, "quote": QUOTE}])
    server.database.execute("UPDATE feedback SET sources = ?", sources)
    assert report()["withheld"] is True


def test_that_a_question_went_to_the_secretariat_is_known_after_a_restart(server: Server) -> None:
    assert server.post("/feedback/secretariat", word="C'est urgent") == 204
    assert server.post("/feedback/secretariat") == 204  # a second tap
    later = Conversations(Archive(server.database, 90)).find(7, CONVERSATION)
    assert later is not None and later.exchanges[0].sent
    assert len(server.database.rows("SELECT * FROM open_questions")) == 1
    server.conversations.archive.save(7, CONVERSATION, _answered(server.assistant))  # stored anew, still sent
    stored = server.conversations.archive.load(7, CONVERSATION)
    assert stored is not None and stored[1][0].sent
    stranger = Archive(server.database, 90)
    stranger.save(8, "b" * 32, _answered(server.assistant))
    stranger.sent(7, "b" * 32, 1)
    other = stranger.load(8, "b" * 32)
    assert other is not None and not other[1][0].sent


def test_stored_exchanges_of_a_version_before_are_judged_by_the_files_of_their_answers(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    file, answer = tmp_path / "greffier.sqlite", _answered(assistant).answer
    with sqlite3.connect(file) as old:
        for step in STEPS[:2]:
            old.executescript(step)
        old.execute(
            "INSERT INTO conversations (id, member, title, created, updated) VALUES (?, 7, 't', 1, 1e12)",
            (CONVERSATION,),
        )
        rows = [
            (1, encode(answer), "done", "", QUOTE), (2, None, "stopped", "Le cal", ""), (3, None, "failed", "", ""),
            (4, "no JSON", "done", "", "mot"),
        ]  # fmt: skip
        old.executemany(
            "INSERT INTO exchanges (conversation, number, question, answer, phase, created, draft, said, groups)"
            f" VALUES ('{CONVERSATION}', ?, 'q', ?, ?, 1, ?, ?, '[\"public\"]')", rows,
        )  # fmt: skip
        old.execute("PRAGMA user_version = 2")
    old.close()
    archive = Archive(Database.open(file), 90)
    stored = archive.load(7, CONVERSATION)
    assert stored is not None
    answered, stopped, failed, torn = stored[1]
    assert {(one.path, one.sha256) for one in answered.read} == {(PATH, assistant.source.sha256)}
    assert stopped.read == torn.read == (UNKNOWN,) and failed.read == ()
    moved = _moved(assistant, "bureau")
    assert [one.open_to(PUBLIC, Places()) for one in stored[1]] == [True, False, True, False]
    assert [one.open_to(PUBLIC, moved) for one in stored[1]] == [False, False, True, False]
    assert all(one.open_to(None, moved) for one in stored[1])
    assert [bool(archive.entries(7, PUBLIC, "calage", places)) for places in (Places(), moved)] == [True, False]
    archive.save(7, CONVERSATION, replace(stopped, draft="Le cal"))  # what nobody knew is not known by storing it anew
    again = archive.load(7, CONVERSATION)
    assert again is not None and again[1][1].read == (UNKNOWN,)
