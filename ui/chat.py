"""The conversation of each browser: takes a question, yields what the page should show.

Conversations live here, on the server: nothing that a browser sends back counts as history. This module
knows the assistant's events and the HTML of `ui/view.py`; it does *not* know Gradio.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

from rag.errors import GreffierError, QuestionError, ServerError
from rag.types import Language
from ui.desk import Assistant, Desk
from ui.exchange import Exchange, advance, history
from ui.stream import stream
from ui.strings import ENGLISH, FRENCH
from ui.view import exchange_html, exchanges_html, notice_html, welcome_html

CONVERSATIONS = 500  # kept in memory; the one unused for longest goes first
EXCHANGES = 50  # kept of one conversation
TICK = 0.5  # seconds without news after which the page hears that we are still there
REDRAW = 0.06  # seconds between two drawings of a growing draft

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Conversation:
    """What one browser tab asked so far; `stop` is set by the stop button, None when nothing runs."""

    language: Language
    exchanges: tuple[Exchange, ...] = ()
    asked: int = 0
    stop: threading.Event | None = None
    notice: GreffierError | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows. `earlier` and `box` are None where they stay as they are; `box` is the text of
    the question field."""

    current: str
    notice: str = ""
    busy: bool = False
    earlier: str | None = None
    box: str | None = None


@dataclass(slots=True)
class Chat:
    """All conversations of a server; used from its event loop only."""

    desk: Desk
    language: Language
    _conversations: OrderedDict[str, Conversation] = field(default_factory=OrderedDict)

    def conversation(self, key: str) -> Conversation:
        """Return the conversation of the browser tab `key`, a new one if it has none."""
        found = self._conversations.setdefault(key, Conversation(self.language))
        self._conversations.move_to_end(key)
        while len(self._conversations) > CONVERSATIONS:
            self._conversations.popitem(last=False)
        return found

    def show(self, key: str) -> View:
        """Return the whole conversation as it stands, in its language."""
        conversation = self.conversation(key)
        *earlier, last = conversation.exchanges or (None,)
        return View(
            current=exchange_html(last, conversation.language) if last else welcome_html(conversation.language),
            earlier=exchanges_html([e for e in earlier if e], conversation.language),
            notice=notice_html(conversation.notice, conversation.language),
            busy=conversation.stop is not None,
        )

    def switch_language(self, key: str) -> Language:
        """Change the conversation to the other language and return that."""
        conversation = self.conversation(key)
        conversation.language = "en" if conversation.language == "fr" else "fr"
        return conversation.language

    def stop(self, key: str) -> None:
        """Stop the running answer of this conversation, if there is one."""
        conversation = self.conversation(key)
        if conversation.stop is not None:
            conversation.stop.set()

    def clear(self, key: str) -> View:
        """Forget the conversation's exchanges."""
        conversation = self.conversation(key)
        self.stop(key)
        conversation.exchanges, conversation.notice = (), None
        return self.show(key)

    async def ask(self, key: str, question: str) -> AsyncGenerator[View, None]:
        """Yield the page as the answer comes. A question asked while another is answered changes nothing."""
        conversation = self.conversation(key)
        if conversation.stop is not None:
            yield self.show(key)
            return
        stop = conversation.stop = threading.Event()
        before = conversation.exchanges[-EXCHANGES:]
        conversation.asked += 1
        conversation.notice = None
        exchange = Exchange(conversation.asked, question.strip())
        conversation.exchanges = (*before, exchange)
        try:
            yield replace(self.show(key), box="")
            async with contextlib.aclosing(self._follow(exchange, before, conversation, stop, key)) as steps:
                async for exchange in steps:
                    if stop.is_set() and not exchange.over:
                        break
                    conversation.exchanges = (*before, exchange)
                    yield View(current=exchange_html(exchange, conversation.language), busy=True)
        except QuestionError as error:
            conversation.exchanges, conversation.notice = before, error
        finally:
            # also when the member leaves: the thread that answers must end, and nothing may look unfinished
            stop.set()
            conversation.stop = None
            if conversation.exchanges[-1:] == (exchange,) and not exchange.over:
                conversation.exchanges = (*before, replace(exchange, phase="stopped"))
        yield replace(self.show(key), box=question if conversation.notice else None)

    async def _follow(
        self,
        exchange: Exchange,
        before: tuple[Exchange, ...],
        conversation: Conversation,
        stop: threading.Event,
        member: str,
    ) -> AsyncGenerator[Exchange, None]:
        try:
            found = await self._assistant(stop)
            if found is None:
                return
            exchange = replace(exchange, phase="searching")
            yield exchange
            async with contextlib.aclosing(self._events(found, exchange, before, conversation, stop, member)) as steps:
                async for exchange in steps:
                    yield exchange
        except QuestionError:
            raise
        except GreffierError as error:
            yield replace(exchange, phase="failed", error=error)
        except Exception:  # noqa: BLE001 - the page's edge: the member gets a sentence, the log the trace
            _log.exception("no answer")
            yield replace(exchange, phase="failed", error=ServerError(FRENCH.crashed, ENGLISH.crashed))

    async def _assistant(self, stop: threading.Event) -> Assistant | None:
        """Return the assistant once it is open, None if stopped before.

        Raises:
            GreffierError: if it cannot be opened.
        """
        while not stop.is_set():
            found = self.desk.look()
            if isinstance(found, GreffierError):
                raise found
            if found is not None:
                return found
            await asyncio.sleep(REDRAW)
        return None

    async def _events(
        self,
        assistant: Assistant,
        exchange: Exchange,
        before: tuple[Exchange, ...],
        conversation: Conversation,
        stop: threading.Event,
        member: str,
    ) -> AsyncGenerator[Exchange, None]:
        question, language = exchange.question, conversation.language
        began = drawn = time.monotonic()
        events = stream(
            lambda: assistant.ask(question, history=history(before), language=language, member=member), stop, TICK
        )
        async with contextlib.aclosing(events):
            async for event in events:
                now = time.monotonic()
                before_phase = exchange.phase
                exchange = replace(exchange, elapsed=int(now - began))
                if event is not None:
                    exchange = advance(exchange, event)
                if event is None or exchange.phase != before_phase or now - drawn >= REDRAW:
                    drawn = now
                    yield exchange
