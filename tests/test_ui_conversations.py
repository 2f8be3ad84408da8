"""Conversations that are kept: come back, are another's, are withheld, follow in a second tab, grow long."""

from __future__ import annotations

import asyncio
import contextlib
import html
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from rag.scope import Scope
from tests.browser.scripted import PATH, QUOTE, ScriptedAssistant, make_pdf
from tests.chatting import ANNE, HERE, chat_of, ready, until, views_of
from ui.chat import View
from ui.database import Database
from ui.identity import Member


@pytest.fixture
def assistant(tmp_path: Path) -> ScriptedAssistant:
    return ScriptedAssistant(tmp_path, make_pdf(tmp_path / PATH), pause=0.002)


def test_a_new_conversation_forgets(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)
    asyncio.run(views_of(chat, "Quelle épaisseur ?"))
    assert "exchange" not in chat.open(HERE, "").current
    asyncio.run(views_of(chat, "Et pour les portes ?"))
    assert assistant.histories[-1] == ()


def test_a_conversation_comes_back_after_a_restart_with_claims_boxes_and_reasons(assistant: ScriptedAssistant) -> None:
    database = Database.open(None)
    first = chat_of(lambda: assistant, database)
    asyncio.run(views_of(first, "Quelle épaisseur ?", ANNE))
    before, id_ = first.show(ANNE).current, first.conversation(ANNE).id
    later = chat_of(lambda: assistant, database)
    tab = replace(ANNE, tab="another")

    async def reopen() -> View:
        await ready(later)
        return later.open(tab, id_)

    assert asyncio.run(reopen()).current == before
    assert later.conversation(replace(ANNE, tab="after a restart", address=id_)).id == id_
    assert 'class="mark"' in before and "aucune source ne parle de couleur" in before
    asyncio.run(views_of(later, "Et pour les portes ?", tab))
    assert [turn.text for turn in assistant.histories[-1]][:1] == ["Quelle épaisseur ?"]


def test_another_s_conversation_is_as_if_it_did_not_exist(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)
    asyncio.run(views_of(chat, "Quelle épaisseur ?", ANNE))
    mine = chat.conversation(ANNE).id
    for stranger in (HERE, replace(ANNE, member=Member(8, "Paul", "admin", None))):
        view = chat.open(stranger, mine)
        assert "épaisseur" not in view.current and "existe plus" in view.notice
        assert chat.open(stranger, "0" * 32).notice == view.notice


def test_an_answer_from_a_group_that_was_lost_is_not_shown_again(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)
    asyncio.run(views_of(chat, "Quelle épaisseur ?", ANNE))
    poorer = replace(ANNE, member=replace(ANNE.member, groups=frozenset({"bureau"})))
    shown = chat.show(poorer).current
    assert "ne pouvez plus lire" in shown
    assert QUOTE not in shown and "rouges" not in shown and PATH not in shown
    asyncio.run(views_of(chat, "Et pour les portes ?", poorer))
    assert assistant.histories[-1] == ()
    assert QUOTE in chat.show(ANNE).earlier  # type: ignore[operator]


def test_a_stopped_draft_from_a_group_that_was_lost_is_not_shown_again(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)

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
    chat = chat_of(lambda: assistant)
    asyncio.run(views_of(chat, "Quelle épaisseur ?"))
    assert 'class="mark"' in chat.show(HERE).current
    assert "Date\xa0: 1er\xa0mars 2025 (d’après le titre)" in html.unescape(chat.show(HERE).current)
    assistant.source, assistant.generation = replace(assistant.source, sha256="f" * 64), "gen-2"
    shown = chat.show(HERE).current
    assert "a changé depuis" in shown and QUOTE in shown
    assert 'class="mark"' not in shown and "<img" not in shown


def test_a_bad_question_leaves_no_conversation_behind(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)
    asyncio.run(views_of(chat, "  "))
    assert chat.conversations.archive.entries(0) == ()


def test_another_tab_sees_the_answer_come(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)
    other = replace(HERE, tab="other")

    async def look_on() -> list[View]:
        asking = asyncio.create_task(views_of(chat, "Quelle épaisseur ?"))
        await until(lambda: chat.conversation(HERE).stop is not None)
        chat.open(other, chat.conversation(HERE).id)
        views = [view async for view in chat.watch(other)]
        await asking
        return views

    views = asyncio.run(look_on())
    assert views[0].busy and not views[-1].busy
    assert QUOTE in views[-1].current


def test_deleting_a_conversation_stops_its_answer_and_leaves_nothing(assistant: ScriptedAssistant) -> None:
    chat = chat_of(lambda: assistant)

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


def test_a_question_carries_no_more_in_a_long_conversation_than_in_a_short_one(assistant: ScriptedAssistant) -> None:
    assistant.pause = 0
    chat = chat_of(lambda: assistant)

    async def carried() -> list[int]:
        views = [await views_of(chat, f"Question {number:02} ?") for number in range(40)]
        return [sum(len(view.current) + len(view.earlier or "") for view in some) for some in views]

    sizes = asyncio.run(carried())
    assert max(sizes[1:]) < 1.2 * min(sizes[1:])


def test_a_tab_that_lacks_what_another_asked_gets_it_with_its_next_question(assistant: ScriptedAssistant) -> None:
    chat, other = chat_of(lambda: assistant), replace(ANNE, tab="c")

    async def talk() -> tuple[list[View], list[View]]:
        await views_of(chat, "Quelle épaisseur ?", ANNE)
        chat.open(other, chat.conversation(ANNE).id)
        await views_of(chat, "Et pour les portes ?", ANNE)
        return await views_of(chat, "Et pour les toits ?", other), await views_of(chat, "Et dehors ?", other)

    behind, level = asyncio.run(talk())
    assert "portes" in (behind[0].earlier or "") and behind[-1].earlier is None
    assert all(view.earlier is None for view in level)


def test_an_answer_is_not_drawn_into_another_conversation_that_was_opened_meanwhile(
    assistant: ScriptedAssistant,
) -> None:
    chat = chat_of(lambda: assistant)

    async def talk() -> list[View]:
        views = []
        async for view in chat.ask(HERE, "Une longue réponse"):
            views.append(view)
            if 'class="draft"' in view.current:
                mine = chat.conversation(HERE)
                chat.open(HERE, "")
                assert mine.stop is not None
                await asyncio.sleep(0.1)
                mine.stop.set()
                seen = len(views)
        assert len(views) == seen
        return views

    asyncio.run(talk())
    assert "<article" not in chat.show(HERE).current


def test_forty_questions_stay_forty(assistant: ScriptedAssistant) -> None:
    assistant.pause = 0
    database = Database.open(None)
    chat = chat_of(lambda: assistant, database)

    async def talk() -> View:
        for number in range(40):
            await views_of(chat, f"Question {number} ?")
        return chat.show(HERE)

    view = asyncio.run(talk())
    assert (view.earlier or "").count("<article") == 39
    assert len(assistant.histories[-1]) == 2 * 39
    stored = chat.conversations.archive.load(0, chat.conversation(HERE).id)
    assert stored is not None and [e.number for e in stored[1]] == list(range(1, 41))


def test_a_full_disk_costs_the_history_and_not_the_answer(
    assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = chat_of(lambda: assistant)
    monkeypatch.setattr(chat.conversations.archive, "save", _full)
    last = asyncio.run(views_of(chat, "Quelle épaisseur ?"))[-1]
    assert QUOTE in last.current and "enregistrée" in last.notice and last.box is None


def test_old_conversations_leave_the_memory_and_come_back_as_they_were(
    assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.history.live.HELD", 3)
    chat = chat_of(lambda: assistant)
    tabs = [replace(HERE, tab=f"tab {number}") for number in range(8)]
    shown = [asyncio.run(views_of(chat, f"Quelle épaisseur, {tab.tab} ?", tab))[-1].current for tab in tabs]
    assert len(open_ := chat.conversations._open) <= 5  # three, the one asked last and its successor
    assert [chat.show(tab).current for tab in tabs] == shown and len(open_) <= 5
    asyncio.run(views_of(chat, "Et pour les portes ?", tabs[0]))
    assert [turn.text for turn in assistant.histories[-1]][:1] == ["Quelle épaisseur, tab 0 ?"]


@pytest.mark.parametrize("why", ["a full disk", "nothing is kept"])
def test_what_is_in_memory_alone_stays_there(
    assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.setattr("ui.history.live.HELD", 0)
    chat = chat_of(lambda: assistant, days=0 if why == "nothing is kept" else 90)
    if why == "a full disk":
        monkeypatch.setattr(chat.conversations.archive, "save", _full)
    asyncio.run(views_of(chat, "Quelle épaisseur ?"))
    mine = chat.conversation(HERE)
    for _ in range(3):
        chat.conversations.new(0)
    assert chat.conversation(HERE) is mine
    monkeypatch.setattr("ui.history.live.OPEN", 1)
    chat.conversations.new(0)
    assert chat.conversation(HERE) is not mine


def _full(*_: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


def test_questions_can_be_limited_to_a_document_also_later(assistant: ScriptedAssistant) -> None:
    database = Database.open(None)
    chat = chat_of(lambda: assistant, database)
    assert "Questions limitées" in chat.open(ANNE, "", "public/").place
    asyncio.run(views_of(chat, "Quelle épaisseur ?", ANNE))
    later = chat_of(lambda: assistant, database)
    later.open(ANNE, chat.conversation(ANNE).id)
    asyncio.run(views_of(later, "Et pour les portes ?", ANNE))
    assert assistant.scopes == [Scope("public"), Scope("public")]
