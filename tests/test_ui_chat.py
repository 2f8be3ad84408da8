"""Conversations: streaming, stopping, leaving, errors, and what counts as history."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.process import ProcessGenerator
from models.wire import Load
from rag.assistant import Assistant as RealAssistant
from rag.errors import GreffierError, NoStore, TooManyQuestions
from rag.scope import Scope
from rag.settings import Settings
from rag.store import LiveStore
from rag.types import Answer, Event, Queued, Retrieved
from tests.browser.scripted import PATH, QUOTE, ScriptedAssistant, make_pdf
from tests.fakes import WordEmbedder, make_store
from tests.tiny_gguf import babbler
from ui.chat import Chat, View, Visitor
from ui.database import Database
from ui.desk import Assistant, Desk
from ui.history.archive import Archive
from ui.history.live import Conversations
from ui.identity import Member
from ui.stream import stream


@pytest.fixture
def assistant(tmp_path: Path) -> ScriptedAssistant:
    return ScriptedAssistant(tmp_path, make_pdf(tmp_path / PATH), pause=0.002)


HERE = Visitor("a")
ANNE = Visitor("b", Member(7, "Anne", "member", frozenset({"public"})))


def _chat(open_assistant: Callable[[], Assistant], database: Database | None = None, days: int = 90) -> Chat:
    archive = Archive(database or Database.open(None), days)
    return Chat(Desk(open_assistant, retry_seconds=0.01), Conversations(archive))


async def _views(chat: Chat, question: str, visitor: Visitor = HERE) -> list[View]:
    return [view async for view in chat.ask(visitor, question)]


async def _ready(chat: Chat) -> None:
    await _until(lambda: chat.desk.look() is not None)


async def _until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        await asyncio.sleep(0.005)


def test_an_answer_streams_and_ends_checked(assistant: ScriptedAssistant) -> None:
    views = asyncio.run(_views(_chat(lambda: assistant), "Quelle épaisseur ?"))
    assert views[0].busy and views[0].box == ""
    assert any('class="draft"' in view.current for view in views[1:-1])
    assert not views[-1].busy
    assert 'class="draft"' not in views[-1].current and "<s " in views[-1].current
    assert assistant.closed == 1


def test_a_follow_up_carries_the_server_s_own_history(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)

    async def talk() -> list[View]:
        await _views(chat, "Quelle épaisseur ?")
        await _views(chat, "Autre question", Visitor("someone-else"))
        return await _views(chat, "Et pour les portes ?")

    views = asyncio.run(talk())
    assert [len(turns) for turns in assistant.histories] == [0, 0, 2]
    assert assistant.histories[2][0].text == "Quelle épaisseur ?"
    assert "Quelle épaisseur" in (views[-1].earlier or "") and "portes" in views[-1].current
    assert "Autre question" not in (views[-1].earlier or "")


def test_stop_ends_the_answer_and_closes_the_model(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)

    async def talk() -> list[View]:
        views = []
        async for view in chat.ask(HERE, "Une longue réponse"):
            views.append(view)
            if 'class="draft"' in view.current:
                chat.stop(HERE)
        await _until(lambda: assistant.closed == 1)
        return views

    began = time.monotonic()
    last = asyncio.run(talk())[-1]
    assert time.monotonic() - began < 3
    assert not last.busy
    assert "mot" in last.current and "Réponse arrêtée" in last.current


def test_leaving_the_page_closes_the_model(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)

    async def leave() -> None:
        async with contextlib.aclosing(chat.ask(HERE, "Une longue réponse")) as views:
            async for view in views:
                if 'class="draft"' in view.current:
                    break
        await _until(lambda: assistant.closed == 1)

    asyncio.run(leave())
    assert chat.conversation(HERE).stop is None
    assert "Réponse arrêtée" in chat.show(HERE).current


def test_a_second_question_while_one_runs_changes_nothing(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)

    async def talk() -> list[View]:
        async with contextlib.aclosing(chat.ask(HERE, "Une longue réponse")) as views:
            async for view in views:
                if 'class="draft"' in view.current:
                    break
            return await _views(chat, "Autre question")

    views = asyncio.run(talk())
    assert len(views) == 1 and views[0].busy
    assert len(assistant.histories) == 1


@pytest.mark.parametrize(("question", "says"), [("   ", "est vide"), ("x" * 20_000, "trop longue")])
def test_a_bad_question_is_given_back_with_what_to_do(assistant: ScriptedAssistant, question: str, says: str) -> None:
    chat = _chat(lambda: assistant)
    last = asyncio.run(_views(chat, question))[-1]
    assert says in last.notice
    assert last.box == question and not last.busy
    assert chat.conversation(HERE).exchanges == ()
    after = asyncio.run(_views(chat, "Quelle épaisseur ?"))[-1]
    assert after.notice == ""


def test_without_a_store_the_page_says_so_and_recovers(assistant: ScriptedAssistant) -> None:
    ready = threading.Event()

    def open_assistant() -> Assistant:
        if not ready.is_set():
            raise NoStore("Rien n'est indexé : lancez make ingest.", "Nothing is indexed: run make ingest.")
        return assistant

    chat = _chat(open_assistant)
    assert "lancez make ingest" in asyncio.run(_views(chat, "Quelle épaisseur ?"))[-1].current

    async def recover() -> View:
        ready.set()
        await _until(lambda: chat.desk.look() is assistant)
        return (await _views(chat, "Quelle épaisseur ?"))[-1]

    assert QUOTE in asyncio.run(recover()).current


def test_a_question_asked_early_waits_for_the_assistant(assistant: ScriptedAssistant) -> None:
    def open_slowly() -> Assistant:
        time.sleep(0.3)
        return assistant

    views = asyncio.run(_views(_chat(open_slowly), "Quelle épaisseur ?"))
    assert "se prépare" in views[0].current
    assert QUOTE in views[-1].current


def test_an_unforeseen_error_is_a_sentence_for_the_member_and_a_trace_for_the_admin(
    assistant: ScriptedAssistant, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Iterator[Event]:
        raise RuntimeError("index 7 out of range")
        yield

    monkeypatch.setattr(assistant, "ask", broken)
    with caplog.at_level(logging.ERROR):
        last = asyncio.run(_views(_chat(lambda: assistant), "Ma question secrète"))[-1]
    assert "erreur imprévue" in last.current and "out of range" not in last.current
    assert "out of range" in caplog.text and "secrète" not in caplog.text


def test_the_language_is_the_visitor_s(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)
    asyncio.run(_views(chat, "Quelle épaisseur ?"))
    assert "Other passages read" in chat.show(replace(HERE, language="en")).current
    assert "Autres passages lus" in chat.show(HERE).current


def test_a_new_conversation_forgets(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)
    asyncio.run(_views(chat, "Quelle épaisseur ?"))
    assert "exchange" not in chat.open(HERE, "").current
    asyncio.run(_views(chat, "Et pour les portes ?"))
    assert assistant.histories[-1] == ()


def test_a_conversation_comes_back_after_a_restart_with_claims_boxes_and_reasons(assistant: ScriptedAssistant) -> None:
    database = Database.open(None)
    first = _chat(lambda: assistant, database)
    asyncio.run(_views(first, "Quelle épaisseur ?", ANNE))
    before, id_ = first.show(ANNE).current, first.conversation(ANNE).id
    later = _chat(lambda: assistant, database)
    tab = replace(ANNE, tab="another")

    async def reopen() -> View:
        await _ready(later)
        return later.open(tab, id_)

    assert asyncio.run(reopen()).current == before
    assert later.conversation(replace(ANNE, tab="after a restart", address=id_)).id == id_
    assert 'class="mark"' in before and "aucune source ne parle de couleur" in before
    asyncio.run(_views(later, "Et pour les portes ?", tab))
    assert [turn.text for turn in assistant.histories[-1]][:1] == ["Quelle épaisseur ?"]


def test_another_s_conversation_is_as_if_it_did_not_exist(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)
    asyncio.run(_views(chat, "Quelle épaisseur ?", ANNE))
    mine = chat.conversation(ANNE).id
    for stranger in (HERE, replace(ANNE, member=Member(8, "Paul", "admin", None))):
        view = chat.open(stranger, mine)
        assert "épaisseur" not in view.current and "existe plus" in view.notice
        assert chat.open(stranger, "0" * 32).notice == view.notice


def test_an_answer_from_a_group_that_was_lost_is_not_shown_again(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)
    asyncio.run(_views(chat, "Quelle épaisseur ?", ANNE))
    poorer = replace(ANNE, member=replace(ANNE.member, groups=frozenset({"bureau"})))
    shown = chat.show(poorer).current
    assert "ne pouvez plus lire" in shown
    assert QUOTE not in shown and "rouges" not in shown and PATH not in shown
    asyncio.run(_views(chat, "Et pour les portes ?", poorer))
    assert assistant.histories[-1] == ()
    assert QUOTE in chat.show(ANNE).earlier  # type: ignore[operator]


def test_a_stopped_draft_from_a_group_that_was_lost_is_not_shown_again(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)

    async def leave() -> None:
        async with contextlib.aclosing(chat.ask(ANNE, "Une longue réponse")) as views:
            async for view in views:
                if 'class="draft"' in view.current:
                    break

    asyncio.run(leave())
    assert "mot" in chat.show(ANNE).current
    poorer = replace(ANNE, member=replace(ANNE.member, groups=frozenset()))
    assert 'class="draft"' not in chat.show(poorer).current


def test_a_document_that_changed_is_not_highlighted(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)
    asyncio.run(_views(chat, "Quelle épaisseur ?"))
    assert 'class="mark"' in chat.show(HERE).current
    assistant.source, assistant.generation = replace(assistant.source, sha256="f" * 64), "gen-2"
    shown = chat.show(HERE).current
    assert "a changé depuis" in shown and QUOTE in shown
    assert 'class="mark"' not in shown and "<img" not in shown


def test_a_bad_question_leaves_no_conversation_behind(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)
    asyncio.run(_views(chat, "  "))
    assert chat.conversations.archive.entries(0) == ()


def test_another_tab_sees_the_answer_come(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)
    other = replace(HERE, tab="other")

    async def look_on() -> list[View]:
        asking = asyncio.create_task(_views(chat, "Quelle épaisseur ?"))
        await _until(lambda: chat.conversation(HERE).stop is not None)
        chat.open(other, chat.conversation(HERE).id)
        views = [view async for view in chat.watch(other)]
        await asking
        return views

    views = asyncio.run(look_on())
    assert views[0].busy and not views[-1].busy
    assert QUOTE in views[-1].current


def test_deleting_a_conversation_stops_its_answer_and_leaves_nothing(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)

    async def delete() -> list[View]:
        views = []
        async for view in chat.ask(HERE, "Une longue réponse"):
            views.append(view)
            if 'class="draft"' in view.current:
                chat.conversations.delete(0, chat.conversation(HERE).id)
        return views

    last = asyncio.run(delete())[-1]
    assert not last.busy and "longue" not in last.current
    assert chat.conversations.archive.entries(0) == ()


def test_forty_questions_stay_forty(assistant: ScriptedAssistant) -> None:
    assistant.pause = 0
    database = Database.open(None)
    chat = _chat(lambda: assistant, database)

    async def talk() -> View:
        for number in range(40):
            await _views(chat, f"Question {number} ?")
        return chat.show(HERE)

    view = asyncio.run(talk())
    assert (view.earlier or "").count("<article") == 39
    assert len(assistant.histories[-1]) == 2 * 39
    stored = chat.conversations.archive.load(0, chat.conversation(HERE).id)
    assert stored is not None and [e.number for e in stored[1]] == list(range(1, 41))


def test_a_full_disk_costs_the_history_and_not_the_answer(
    assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = _chat(lambda: assistant)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(chat.conversations.archive, "save", full)
    last = asyncio.run(_views(chat, "Quelle épaisseur ?"))[-1]
    assert QUOTE in last.current and "enregistrée" in last.notice and last.box is None


def test_questions_can_be_limited_to_a_document_also_later(assistant: ScriptedAssistant) -> None:
    database = Database.open(None)
    chat = _chat(lambda: assistant, database)
    assert "Questions limitées" in chat.open(ANNE, "", "public/").place
    asyncio.run(_views(chat, "Quelle épaisseur ?", ANNE))
    later = _chat(lambda: assistant, database)
    later.open(ANNE, chat.conversation(ANNE).id)
    asyncio.run(_views(later, "Et pour les portes ?", ANNE))
    assert assistant.scopes == [Scope("public"), Scope("public")]


def test_each_answer_is_noted_once(assistant: ScriptedAssistant) -> None:
    noted: list[tuple[Member, str]] = []

    class Notes:
        def answered(self, member: Member, answer: Answer, waited_ms: float) -> None:
            noted.append((member, answer.status))

    chat = _chat(lambda: assistant)
    chat.records = Notes()
    asyncio.run(_views(chat, "Quelle épaisseur ?", ANNE))
    asyncio.run(_views(chat, "Quel prix ?", ANNE))
    assert noted == [(ANNE.member, "answered"), (ANNE.member, "refused")]


def test_a_silent_stream_still_ticks() -> None:
    release = threading.Event()

    def slow() -> Iterator[int]:
        release.wait(5)
        yield 1

    async def collect() -> list[int | None]:
        values: list[int | None] = []
        async for value in stream(slow, threading.Event(), tick=0.02):
            values.append(value)
            if len(values) == 3:
                release.set()
        return values

    values = asyncio.run(collect())
    assert values[:3] == [None, None, None] and values[-1] == 1


def test_a_stream_s_error_reaches_the_reader() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise GreffierError("cassé", "broken")

    async def collect() -> None:
        async for _ in stream(failing, threading.Event(), tick=1):
            pass

    with pytest.raises(GreffierError, match="cassé"):
        asyncio.run(collect())


def test_the_desk_reports_an_unforeseen_failure(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Assistant:
        raise ImportError("no such library")

    desk = Desk(broken)

    async def look() -> None:
        await _until(lambda: desk.look() is not None)

    with caplog.at_level(logging.ERROR):
        asyncio.run(look())
    found = desk.look()
    assert isinstance(found, GreffierError)
    assert "ImportError" in found.fr and "no such library" in caplog.text


class Crowded(ScriptedAssistant):
    """An assistant whose model has no place for one more question."""

    def ask(self, question: str, **_: Any) -> Iterator[Event]:
        yield Retrieved(question, self.passages)
        yield Queued(2, 38.0)
        raise TooManyQuestions("3 questions attendent déjà : renvoyez la vôtre.", "3 questions are waiting.")


def test_who_waits_sees_their_place_and_who_is_turned_away_keeps_the_question(tmp_path: Path) -> None:
    crowded = Crowded(tmp_path, make_pdf(tmp_path / PATH))
    views = asyncio.run(_views(_chat(lambda: crowded), "Quelle épaisseur ?"))
    assert any("2 questions avant la vôtre, environ 40" in view.current for view in views)
    assert "renvoyez la vôtre" in views[-1].notice
    assert views[-1].box == "Quelle épaisseur ?" and not views[-1].busy


def test_the_turn_is_the_member_s_and_without_sign_in_the_tab_s(assistant: ScriptedAssistant) -> None:
    chat = _chat(lambda: assistant)
    asyncio.run(_views(chat, "Quelle épaisseur ?", Visitor("onglet-7")))
    asyncio.run(_views(chat, "Quelle épaisseur ?", ANNE))
    assert assistant.members == ["onglet-7", "member-7"]


def test_a_closed_tab_frees_a_real_model_within_a_second(tmp_path: Path) -> None:
    make_store(tmp_path / "store", {"tarifs.pdf": ["Le tarif du verre est de 12 euros."]})
    file = babbler(tmp_path / "bavard.gguf", context=32768)
    load = Load(str(file), "bavard", 32768, 1, 0, (0.1, 0.9, 40, 0.05, 1.0), "Réponds.", "")

    async def leave(chat: Chat, generator: ProcessGenerator) -> float:
        async with contextlib.aclosing(chat.ask(HERE, "Quel est le tarif du verre ?")) as views:
            async for view in views:
                if 'class="draft"' in view.current:
                    break
        assert generator.health().state == "busy"
        began = time.monotonic()
        await _until(lambda: generator.health().state == "ready")
        return time.monotonic() - began

    with contextlib.closing(ProcessGenerator(load)) as generator:
        settings = Settings(context_tokens=32768, answer_tokens=30_000)
        real = RealAssistant(LiveStore(tmp_path / "store", "words"), WordEmbedder(), settings, generator)
        pid = generator.health().pid
        assert asyncio.run(leave(_chat(lambda: real), generator)) < 1.0
        assert generator.health().pid == pid
