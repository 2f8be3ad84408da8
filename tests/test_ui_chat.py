"""A question in the chat: streaming, stopping, leaving, waiting, errors, and what counts as history."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.process import ProcessGenerator
from models.wire import Load
from rag.assistant import Assistant as RealAssistant
from rag.errors import NoStore, TooManyQuestions
from rag.settings import Settings
from rag.store import LiveStore
from rag.types import Answer, Event, Queued, Reading, Retrieved
from tests.browser.scripted import PATH, QUOTE, ScriptedAssistant, make_pdf
from tests.chatting import ANNE, HERE, chat_of, until, views_of
from tests.fakes import WordEmbedder, make_store
from tests.tiny_gguf import babbler
from ui.chat import Chat, View, Visitor
from ui.desk import Assistant
from ui.exchange import Exchange, advance
from ui.identity import Member
from ui.strings import FRENCH
from ui.waiting import progress


@pytest.fixture
def assistant(tmp_path: Path) -> ScriptedAssistant:
    return ScriptedAssistant(tmp_path, make_pdf(tmp_path / PATH), pause=0.002)


def test_an_answer_streams_and_ends_checked(assistant: ScriptedAssistant) -> None:
    views = asyncio.run(views_of(chat_of(lambda: assistant), "Quelle épaisseur ?"))
    assert views[0].busy and views[0].box == ""
    assert any('class="draft"' in view.current for view in views[1:-1])
    assert not views[-1].busy
    assert 'class="draft"' not in views[-1].current and "<s " in views[-1].current
    assert assistant.closed == 1


def test_a_follow_up_carries_the_server_s_own_history(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)

    async def talk() -> list[View]:
        await views_of(chat, "Quelle épaisseur ?")
        await views_of(chat, "Autre question", Visitor("someone-else"))
        return await views_of(chat, "Et pour les portes ?")

    views = asyncio.run(talk())
    assert [len(turns) for turns in assistant.histories] == [0, 0, 2]
    assert assistant.histories[2][0].text == "Quelle épaisseur ?"
    assert "portes" in views[-1].current
    shown = chat.show(HERE).earlier or ""
    assert "Quelle épaisseur" in shown and "Autre question" not in shown


def test_stop_ends_the_answer_and_closes_the_model(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)

    async def talk() -> list[View]:
        views = []
        async for view in chat.ask(HERE, "Une longue réponse"):
            views.append(view)
            if 'class="draft"' in view.current:
                chat.stop(HERE)
        await until(lambda: assistant.closed == 1)
        return views

    last = asyncio.run(talk())[-1]
    assert not last.busy
    assert 0 < last.current.count("mot ") < 1000  # of the 2000 that it would have written
    assert "Réponse arrêtée" in last.current


def test_leaving_the_page_closes_the_model(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)

    async def leave() -> None:
        async with contextlib.aclosing(chat.ask(HERE, "Une longue réponse")) as views:
            async for view in views:
                if 'class="draft"' in view.current:
                    break
        await until(lambda: assistant.closed == 1)

    asyncio.run(leave())
    assert chat.conversation(HERE).stop is None
    assert "Réponse arrêtée" in chat.show(HERE).current


def test_a_second_question_while_one_runs_changes_nothing(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)

    async def talk() -> list[View]:
        async with contextlib.aclosing(chat.ask(HERE, "Une longue réponse")) as views:
            async for view in views:
                if 'class="draft"' in view.current:
                    break
            return await views_of(chat, "Autre question")

    views = asyncio.run(talk())
    assert len(views) == 1 and views[0].busy
    assert len(assistant.histories) == 1


@pytest.mark.parametrize(("question", "says"), [("   ", "est vide"), ("x" * 20_000, "trop longue")])
def test_a_bad_question_is_given_back_with_what_to_do(assistant: ScriptedAssistant, question: str, says: str) -> None:
    chat = chat_of(lambda: assistant)
    last = asyncio.run(views_of(chat, question))[-1]
    assert says in last.notice
    assert last.box == question and not last.busy
    assert chat.conversation(HERE).exchanges == ()
    after = asyncio.run(views_of(chat, "Quelle épaisseur ?"))[-1]
    assert after.notice == ""


def test_without_a_store_the_page_says_so_and_recovers(assistant: ScriptedAssistant) -> None:
    ready = threading.Event()

    def open_assistant() -> Assistant:
        if not ready.is_set():
            raise NoStore("Rien n'est indexé : lancez make ingest.", "Nothing is indexed: run make ingest.")
        return assistant

    chat = chat_of(open_assistant)
    assert "lancez make ingest" in asyncio.run(views_of(chat, "Quelle épaisseur ?"))[-1].current

    async def recover() -> View:
        ready.set()
        await until(lambda: chat.desk.look() is assistant)
        return (await views_of(chat, "Quelle épaisseur ?"))[-1]

    assert QUOTE in asyncio.run(recover()).current


def test_a_question_asked_early_waits_for_the_assistant(assistant: ScriptedAssistant) -> None:
    def open_slowly() -> Assistant:
        time.sleep(0.3)
        return assistant

    views = asyncio.run(views_of(chat_of(open_slowly), "Quelle épaisseur ?"))
    assert "se prépare" in views[0].current
    assert QUOTE in views[-1].current


def test_who_asks_early_sees_the_seconds_go_by_and_what_is_waited_for(
    assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = threading.Event()

    def open_() -> ScriptedAssistant:
        opening.wait(10)
        return assistant

    chat = chat_of(open_)
    clock = iter(range(0, 1000))
    monkeypatch.setattr("ui.chat.monotonic", lambda: float(next(clock)))

    async def talk() -> list[View]:
        views = []
        async for view in chat.ask(HERE, "Quelle épaisseur ?"):
            views.append(view)
            if len(views) == 6:
                opening.set()
        return views

    views = asyncio.run(talk())
    waited = [view.current for view in views if "votre question part dès" in view.current]
    assert any(re.search(r"\b\d+\ss<", current) for current in waited) and len(waited) >= 4
    assert QUOTE in views[-1].current


def test_a_model_that_starts_is_not_said_to_read() -> None:
    starting = advance(Exchange(1, "q", phase="reading"), Reading(starting=True))
    assert "démarre" in progress(starting, FRENCH)
    assert "démarre" not in progress(advance(starting, Reading()), FRENCH)


def test_an_unforeseen_error_is_a_sentence_for_the_member_and_a_trace_for_the_admin(
    assistant: ScriptedAssistant, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Iterator[Event]:
        raise RuntimeError("index 7 out of range")
        yield

    monkeypatch.setattr(assistant, "ask", broken)
    with caplog.at_level(logging.ERROR):
        last = asyncio.run(views_of(chat_of(lambda: assistant), "Ma question secrète"))[-1]
    assert "erreur imprévue" in last.current and "out of range" not in last.current
    assert "out of range" in caplog.text and "secrète" not in caplog.text


def test_the_language_is_the_visitor_s(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)
    asyncio.run(views_of(chat, "Quelle épaisseur ?"))
    assert "Other passages read" in chat.show(replace(HERE, language="en")).current
    assert "Autres passages lus" in chat.show(HERE).current


def test_each_answer_is_noted_once(assistant: ScriptedAssistant) -> None:
    noted: list[tuple[Member, str]] = []

    class Notes:
        def answered(self, member: Member, answer: Answer, waited_ms: float) -> None:
            noted.append((member, answer.status))

    chat = chat_of(lambda: assistant)
    chat.records = Notes()
    asyncio.run(views_of(chat, "Quelle épaisseur ?", ANNE))
    asyncio.run(views_of(chat, "Quel prix ?", ANNE))
    assert noted == [(ANNE.member, "answered"), (ANNE.member, "refused")]


class Crowded(ScriptedAssistant):
    """An assistant whose model has no place for one more question."""

    def ask(self, question: str, **_: Any) -> Iterator[Event]:
        yield Retrieved(question, self.passages)
        yield Queued(2, 38.0)
        raise TooManyQuestions("3 questions attendent déjà : renvoyez la vôtre.", "3 questions are waiting.")


def test_who_waits_sees_their_place_and_who_is_turned_away_keeps_the_question(tmp_path: Path) -> None:
    crowded = Crowded(tmp_path, make_pdf(tmp_path / PATH))
    views = asyncio.run(views_of(chat_of(lambda: crowded), "Quelle épaisseur ?"))
    assert any("2 questions avant la vôtre, environ 40" in view.current for view in views)
    assert "renvoyez la vôtre" in views[-1].notice
    assert views[-1].box == "Quelle épaisseur ?" and not views[-1].busy


def test_the_turn_is_the_member_s_and_without_sign_in_the_tab_s(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)
    asyncio.run(views_of(chat, "Quelle épaisseur ?", Visitor("onglet-7")))
    asyncio.run(views_of(chat, "Quelle épaisseur ?", ANNE))
    assert assistant.members == ["onglet-7", "member-7"]


def test_a_closed_tab_frees_a_real_model(tmp_path: Path) -> None:
    make_store(tmp_path / "store", {"tarifs.pdf": ["Le tarif du verre est de 12 euros."]})
    file = babbler(tmp_path / "bavard.gguf", context=32768)
    load = Load(str(file), "bavard", 32768, 1, 0, (0.1, 0.9, 40, 0.05, 1.0), "Réponds.", "")

    async def leave(chat: Chat, generator: ProcessGenerator) -> None:
        async with contextlib.aclosing(chat.ask(HERE, "Quel est le tarif du verre ?")) as views:
            async for view in views:
                if 'class="draft"' in view.current:
                    break
        assert generator.health().state == "busy"
        await until(lambda: generator.health().state == "ready", 20)  # to write them all takes a minute and more

    with contextlib.closing(ProcessGenerator(load)) as generator:
        settings = Settings(context_tokens=32768, answer_tokens=30_000)
        real = RealAssistant(LiveStore(tmp_path / "store", "words"), WordEmbedder(), settings, generator)
        pid = generator.health().pid
        chat = chat_of(lambda: real)
        asyncio.run(leave(chat, generator))
        assert chat.conversation(HERE).exchanges[-1].phase == "stopped"
        assert generator.health().pid == pid
