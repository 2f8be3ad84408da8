"""The conversations that are open now, in memory; the stored ones come back through here.

Several tabs of one member that look at one conversation share it. This module does *not* know how an answer is
found, nor HTML.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from rag.errors import GreffierError, ServerError
from ui.exchange import Exchange, Report
from ui.feedback.store import mark_of
from ui.history.archive import Archive, title_of
from ui.strings import ENGLISH, FRENCH

OPEN = 500  # conversations in memory; the one unused for longest goes first, but for those that run
HELD = 400  # answers of stored conversations in memory, likewise: some 25 kB each, and found again within milliseconds
EXCHANGES = 50  # shown of one conversation

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Conversation:
    """What a member asked in one go; `stop` is set by the stop button, None when nothing runs. `notice` is what
    the page says under the question; `title` "" until something was asked; `within` the document or folder
    that the questions are limited to. `unstored`: the disk refused some of it, so that it is here alone."""

    id: str
    member: int
    exchanges: tuple[Exchange, ...] = ()
    asked: int = 0
    stop: threading.Event | None = None
    notice: GreffierError | None = None
    title: str = ""
    deleted: bool = False
    within: str = ""
    unstored: bool = False

    def put(self, exchange: Exchange) -> None:
        """Add an exchange, or replace the one with its number."""
        others = tuple(e for e in self.exchanges if e.number != exchange.number)
        self.exchanges = (*others, exchange)[-EXCHANGES:]

    def exchange(self, number: int) -> Exchange | None:
        """Return the exchange with this number."""
        return next((e for e in self.exchanges if e.number == number), None)

    def change(self, number: int, *, reported: Report | None = None, sent: bool | None = None) -> None:
        """Note what the member said of an answer."""
        self.exchanges = tuple(
            replace(e, reported=e.reported if reported is None else reported, sent=e.sent if sent is None else sent)
            if e.number == number
            else e
            for e in self.exchanges
        )


@dataclass(slots=True)
class Conversations:
    """All of them; every method may be called from any thread."""

    archive: Archive
    _open: OrderedDict[tuple[int, str], Conversation] = field(default_factory=OrderedDict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def new(self, member: int) -> Conversation:
        """Return an empty conversation; it is stored with its first question."""
        return self._remember(Conversation(secrets.token_hex(16), member))

    def find(self, member: int, conversation: str) -> Conversation | None:
        """Return a member's conversation, None if there is none of this id that is theirs."""
        with self._lock:
            found = self._open.get((member, conversation))
            if found is not None:
                self._open.move_to_end((member, conversation))
                return found
            stored = self.archive.load(member, conversation)
            if stored is None:
                return None
            entry, exchanges = stored
            asked = exchanges[-1].number if exchanges else 0
            opened = Conversation(
                conversation, member, exchanges[-EXCHANGES:], asked, title=entry.title, within=entry.within
            )
            said = self.archive.reports(mark_of(conversation, e.number) for e in opened.exchanges)
            for exchange in opened.exchanges:
                opened.change(exchange.number, reported=said.get(mark_of(conversation, exchange.number)))
            return self._remember(opened)

    def whole(self, member: int, conversation: str) -> tuple[str, tuple[Exchange, ...]] | None:
        """Return the title and all exchanges of a member's conversation, also those too old to be shown."""
        found = self.find(member, conversation)
        if found is None:
            return None
        stored = self.archive.load(member, conversation)
        return found.title, stored[1] if stored else found.exchanges

    def save(self, conversation: Conversation, exchange: Exchange) -> None:
        """Store an exchange, unless its conversation was deleted meanwhile. A disk that is full or broken must not
        cost the member the answer: the conversation goes on in memory, and the page says so."""
        conversation.title = conversation.title or title_of(exchange.question)
        if conversation.deleted:
            return
        try:
            self.archive.save(conversation.member, conversation.id, exchange, conversation.within)
        except sqlite3.Error:
            _log.exception("a conversation was not stored")
            conversation.notice = ServerError(FRENCH.not_stored, ENGLISH.not_stored)
            conversation.unstored = True

    def sent(self, conversation: Conversation, number: int) -> None:
        """Note that a question went to the secretariat, so that it is still said after the server was started again."""
        self.archive.sent(conversation.member, conversation.id, number)
        conversation.change(number, sent=True)

    def rename(self, member: int, conversation: str, title: str) -> bool:
        """Give a conversation another title; return whether that was done."""
        found = self.find(member, conversation)
        if found is None or not title_of(title):
            return False
        self.archive.rename(member, conversation, title)
        found.title = title_of(title)
        return True

    def delete(self, member: int, conversation: str) -> bool:
        """Stop and remove a conversation; return whether there was one."""
        with self._lock:
            found = self._open.pop((member, conversation), None)
        if found is not None:
            _close(found)
        return self.archive.delete(member, conversation) or found is not None

    def stop_all(self, member: int) -> None:
        """Stop what is being answered to a member, whose account was closed; what was asked stays stored."""
        with self._lock:
            for conversation in self._open.values():
                if conversation.member == member and conversation.stop is not None:
                    conversation.stop.set()

    def close_all(self, member: int) -> None:
        """Stop and forget the open conversations of a member, whose stored ones were erased."""
        with self._lock:
            mine = [self._open.pop(key) for key in list(self._open) if key[0] == member]
        for conversation in mine:
            _close(conversation)

    def _remember(self, conversation: Conversation) -> Conversation:
        with self._lock:
            self._open[(conversation.member, conversation.id)] = conversation
            self._let_go(conversation)
        return conversation

    def _let_go(self, kept: Conversation) -> None:
        """Leave stored conversations to the archive when they hold too much, and any when they are too many."""
        idle = {key: one for key, one in self._open.items() if one.stop is None and one is not kept}
        stored = {key: one for key, one in idle.items() if self._found_again(one)}
        held = sum(len(one.exchanges) for one in stored.values())
        for key, one in idle.items():
            if len(self._open) > OPEN or (key in stored and held > HELD):
                del self._open[key]
                held -= len(one.exchanges) if key in stored else 0

    def _found_again(self, one: Conversation) -> bool:
        return self.archive.keeps and bool(one.exchanges) and not one.unstored


def _close(conversation: Conversation) -> None:
    conversation.deleted = True
    conversation.exchanges = ()
    if conversation.stop is not None:
        conversation.stop.set()
