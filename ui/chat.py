"""The conversations of members in their browser tabs: takes a question, yields what the page should show.

Conversations live on the server (`ui/history/live.py`): nothing that a browser sends back counts as history. This
module knows the assistant's events and the HTML of `ui/view/`; it does *not* know Gradio, nor where conversations are
stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Protocol

from rag.errors import GreffierError, QuestionError, ServerError
from rag.places import Places
from rag.scope import Scope, scope_of
from rag.types import Answer, Language, Queued
from ui.desk import Assistant, Desk
from ui.exchange import Exchange, advance, history, readable
from ui.history.live import Conversation, Conversations
from ui.identity import LOCAL, Member
from ui.standing import standing, standing_of
from ui.stream import stream
from ui.strings import ENGLISH, FRENCH
from ui.view import Reader, exchange_html, exchanges_html, notice_html, place_html, welcome_html

LONGEST_PATH = 1000  # characters
TABS = 1000  # browser tabs whose conversation is remembered
TICK = 0.5  # seconds without news after which the page hears that we are still there
REDRAW = 0.06  # seconds between two drawings of a growing draft
WATCH = 0.3  # seconds between two drawings for a tab that looks on

_log = logging.getLogger(__name__)


class Records(Protocol):
    """What is told of each finished answer (`ui/record.py`)."""

    def answered(self, member: Member, answer: Answer, waited_ms: float) -> None:
        """Take note of an answer that waited `waited_ms` milliseconds for its turn."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks, in which tab of their browser, in which language; `address` names the conversation in the page's
    address, which counts when the server no longer knows the tab: it may have been started again."""

    tab: str
    member: Member = LOCAL
    language: Language = "fr"
    address: str = ""

    @property
    def turn(self) -> str:
        """Whose turn it is in the line for the model: a member's; without sign-in a tab's."""
        return self.member.key if self.member.id else self.tab


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows. `earlier` and `box` are None where they stay as they are; `box` is the text of
    the question field; `place` says in which conversation one is."""

    current: str
    notice: str = ""
    busy: bool = False
    earlier: str | None = None
    box: str | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class _Tab:
    """What a browser tab shows: a conversation, up to the exchange with the number `last`, 0 for none."""

    conversation: str
    last: int = 0


@dataclass(slots=True)
class Chat:
    """All tabs of a server; used from its event loop only. `places` says where files lie today."""

    desk: Desk
    conversations: Conversations
    records: Records | None = None
    secretariat: str = ""
    sends: bool = True  # whether questions for the secretariat may be kept
    places: Callable[[], Places] = Places
    _tabs: OrderedDict[tuple[str, int], _Tab] = field(default_factory=OrderedDict)

    def conversation(self, visitor: Visitor) -> Conversation:
        """Return the conversation of a tab, a new one if it has none or lost it."""
        mine = visitor.member.id
        tab = self._tabs.get((visitor.tab, mine), _Tab(visitor.address))
        found = self.conversations.find(mine, tab.conversation) if tab.conversation else None
        found = found or self.conversations.new(mine)
        self._tabs[(visitor.tab, mine)] = tab if tab.conversation == found.id else _Tab(found.id)
        self._tabs.move_to_end((visitor.tab, mine))
        while len(self._tabs) > TABS:
            self._tabs.popitem(last=False)
        return found

    def _looks_at(self, visitor: Visitor, conversation: Conversation) -> bool:
        return self._tabs.get((visitor.tab, visitor.member.id), _Tab("")).conversation == conversation.id

    def open(self, visitor: Visitor, conversation: str, within: str = "") -> View:
        """Show a conversation of the member's in this tab, "" for a new one, whose questions are limited to the
        document or folder `within`; another's is as if it did not exist."""
        found = self.conversations.find(visitor.member.id, conversation) if conversation else None
        opened = found or self.conversations.new(visitor.member.id)
        opened.within = opened.within or within.strip("/")[:LONGEST_PATH]
        self._tabs[(visitor.tab, visitor.member.id)] = _Tab(opened.id)
        opened.notice = (
            ServerError(FRENCH.no_conversation, ENGLISH.no_conversation) if conversation != "" and not found else None
        )
        return replace(self.show(visitor), box=None)

    def show(self, visitor: Visitor) -> View:
        """Return the whole conversation as it stands, in the visitor's language."""
        conversation, reader = self.conversation(visitor), self._reader(visitor)
        shown = self._shown(conversation, visitor.member)
        self._tabs[(visitor.tab, visitor.member.id)] = _Tab(conversation.id, shown[-1].number if shown else 0)
        return View(
            current=exchange_html(shown[-1], reader, conversation.id) if shown else welcome_html(visitor.language),
            earlier=exchanges_html(shown[:-1], reader, conversation.id),
            notice=notice_html(conversation.notice, visitor.language),
            busy=conversation.stop is not None,
            place=self._place(visitor),
        )

    def _last(self, visitor: Visitor, conversation: Conversation) -> View:
        """Return the last exchange alone where the tab has those before it, as its script keeps them: a long
        conversation would travel whole with each question."""
        tab = self._tabs[(visitor.tab, visitor.member.id)]
        before = [e.number for e in conversation.exchanges if e.number != conversation.asked]
        if tab.last not in (conversation.asked, before[-1] if before else 0):
            return self.show(visitor)
        self._tabs[(visitor.tab, visitor.member.id)] = _Tab(conversation.id, conversation.asked)
        last = self._shown(conversation, visitor.member, only=conversation.asked)
        if not last:  # refused: the one before is the last again
            return self.show(visitor)
        return View(
            current=exchange_html(last[-1], self._reader(visitor), conversation.id),
            notice=notice_html(conversation.notice, visitor.language),
            busy=conversation.stop is not None,
            place=self._place(visitor),
        )

    def _reader(self, visitor: Visitor) -> Reader:
        return Reader(
            visitor.language, self.secretariat, self.sends, bool(visitor.member.id), visitor.member.role == "admin"
        )

    def _shown(self, conversation: Conversation, member: Member, only: int = 0) -> list[Exchange]:
        """Return the exchanges as the member may see them today, `only` the one with this number if it is not 0."""
        readables = readable(conversation.exchanges, member.groups, self.places())
        wanted = [exchange for exchange in readables if only in (0, exchange.number)]
        return standing_of(wanted, self.desk.look(), member.groups)

    async def watch(self, visitor: Visitor) -> AsyncGenerator[View, None]:
        """Yield the conversation as it stands, and again while another tab's question is answered in it."""
        view = self.show(visitor)
        yield view
        conversation = self.conversation(visitor)
        while conversation.stop is not None and self.conversation(visitor) is conversation:
            await asyncio.sleep(WATCH)
            now = self.show(visitor)
            if now != view:
                view = now
                yield view

    def stop(self, visitor: Visitor) -> None:
        """Stop the running answer of this conversation, if there is one."""
        conversation = self.conversation(visitor)
        if conversation.stop is not None:
            conversation.stop.set()

    async def ask(self, visitor: Visitor, question: str) -> AsyncGenerator[View, None]:
        """Yield the page as the answer comes. A question asked while another is answered changes nothing."""
        conversation = self.conversation(visitor)
        if conversation.stop is not None:
            yield self.show(visitor)
            return
        stop = conversation.stop = threading.Event()
        before = conversation.exchanges
        conversation.asked += 1
        conversation.notice = None
        exchange = Exchange(conversation.asked, question.strip())
        conversation.put(exchange)
        refused = False
        try:
            self.conversations.save(conversation, exchange)
            yield replace(self._last(visitor, conversation), box="")
            async with contextlib.aclosing(
                self._follow(exchange, before, visitor, stop, scope_of(conversation.within))
            ) as steps:
                async for exchange in steps:
                    if stop.is_set() and not exchange.over:
                        break
                    conversation.put(exchange)
                    if self._looks_at(visitor, conversation):  # not another that was opened meanwhile
                        current = exchange_html(exchange, self._reader(visitor), conversation.id)
                        yield View(current, busy=True, place=self._place(visitor))
        except QuestionError as error:
            conversation.exchanges, refused = before, True
            conversation.notice = error
        finally:
            # also when the member leaves: the thread that answers must end, and nothing may look unfinished
            stop.set()
            try:
                self._settle(conversation, exchange, refused)
            finally:
                conversation.stop = None  # after it is stored: from now on the archive may be all that keeps it
        if self._looks_at(visitor, conversation):
            yield replace(self._last(visitor, conversation), box=question if refused else None)

    def _place(self, visitor: Visitor) -> str:
        conversation = self.conversation(visitor)
        named = conversation.id if conversation.exchanges else ""
        within = self._title(conversation.within, visitor.member) if conversation.within else ""
        return place_html(named, conversation.title, within, visitor.language)

    def _title(self, path: str, member: Member) -> str:
        """Return the title of a document, the path of a folder or of what the member may not read."""
        found = self.desk.look()
        try:
            first = None if found is None or isinstance(found, GreffierError) else found.page(path, 1, member.groups)
        except GreffierError:  # the store went away: the answer will say so
            first = None
        return first.source.title if first else path

    def _settle(self, conversation: Conversation, exchange: Exchange, refused: bool) -> None:
        """Leave the last exchange as it will be found again."""
        if conversation.deleted:
            return
        if refused:
            self.conversations.archive.forget(conversation.member, conversation.id, exchange.number)
            conversation.title = conversation.title if conversation.exchanges else ""
            return
        if not exchange.over:
            exchange = replace(exchange, phase="stopped")
        conversation.put(exchange)
        self.conversations.save(conversation, exchange)

    async def _follow(
        self,
        exchange: Exchange,
        before: tuple[Exchange, ...],
        visitor: Visitor,
        stop: threading.Event,
        scope: Scope | None,
    ) -> AsyncGenerator[Exchange, None]:
        try:
            began, found = monotonic(), self._opened()
            while found is None and not stop.is_set():
                await asyncio.sleep(REDRAW)
                found = self._opened()
                if (elapsed := int(monotonic() - began)) > exchange.elapsed:
                    exchange = replace(exchange, elapsed=elapsed)
                    yield exchange
            if found is None:
                return
            exchange = replace(exchange, phase="searching", elapsed=0)
            yield exchange
            async with contextlib.aclosing(self._events(found, exchange, before, visitor, stop, scope)) as steps:
                async for exchange in steps:
                    yield exchange
        except QuestionError:
            raise
        except GreffierError as error:
            yield replace(exchange, phase="failed", error=error)
        except Exception:  # noqa: BLE001 - the page's edge: the member gets a sentence, the log the trace
            _log.exception("no answer")
            yield replace(exchange, phase="failed", error=ServerError(FRENCH.crashed, ENGLISH.crashed))

    def _opened(self) -> Assistant | None:
        """Return the assistant, None while it is being opened.

        Raises:
            GreffierError: if it cannot be opened.
        """
        found = self.desk.look()
        if isinstance(found, GreffierError):
            raise found
        return found

    async def _events(
        self,
        assistant: Assistant,
        exchange: Exchange,
        before: tuple[Exchange, ...],
        visitor: Visitor,
        stop: threading.Event,
        scope: Scope | None,
    ) -> AsyncGenerator[Exchange, None]:
        question, member = exchange.question, visitor.member
        turns = history(readable(before, member.groups, self.places()))
        began = drawn = monotonic()
        waited = 0.0  # ms in the line for the model
        events = stream(
            lambda: assistant.ask(
                question,
                history=turns,
                groups=member.groups,
                language=visitor.language,
                member=visitor.turn,
                scope=scope,
            ),
            stop,
            TICK,
        )
        async with contextlib.aclosing(events):
            async for event in events:
                now = monotonic()
                before_phase = exchange.phase
                exchange = replace(exchange, elapsed=int(now - began))
                if event is not None:
                    exchange = advance(exchange, event)
                if before_phase == "waiting" or isinstance(event, Queued):
                    waited = 1000 * (now - began)
                if (answer := exchange.answer) is not None:
                    exchange = replace(exchange, standing=standing(exchange, assistant, member.groups))
                    if self.records is not None:
                        self.records.answered(member, answer, waited)
                if event is None or exchange.phase != before_phase or now - drawn >= REDRAW:
                    drawn = now
                    yield exchange
