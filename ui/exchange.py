"""One question and what became of it so far: the value that the page is drawn from.

An `Exchange` is replaced, never changed, as events of the assistant arrive. Who may see it is asked of `Places`: where
each file lies today, not where it lay when it was cited. This module knows neither HTML nor how events travel, nor
where exchanges are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from rag.errors import GreffierError
from rag.library import Entry
from rag.places import Places
from rag.types import Answer, Event, Finished, Queued, Reading, Retrieved, Source, Token, Turn

Phase = Literal["preparing", "waiting", "searching", "starting", "reading", "writing", "done", "stopped", "failed"]
OVER: frozenset[Phase] = frozenset({"done", "stopped", "failed"})
Report = Literal["", "useful", "not_useful", "wrong_source", "out_of_date"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the cited files stand today: `changed` are paths whose file is no longer the one that was cited, or is
    gone; `entries` what is known of the others today, their dates among it, by path."""

    changed: frozenset[str] = frozenset()
    entries: Mapping[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exchange:
    """`number` counts from 1 in a conversation; `draft` is unchecked text; `elapsed` whole seconds waited.
    While it waits, `position` questions go before it and `wait` is the estimate in seconds, if there is one.
    `read` are the files of the passages found for it: a draft too was written from some.
    `withheld`: it rested on documents that the member may no longer read, so nothing of it is left here.
    `reported` is what the member said of the answer, `sent` that it went to the secretariat."""

    number: int
    question: str
    phase: Phase = "preparing"
    position: int = 0
    wait: float | None = None
    draft: str = ""
    elapsed: int = 0
    answer: Answer | None = None
    error: GreffierError | None = None
    read: tuple[Source, ...] = ()
    withheld: bool = False
    reported: Report = ""
    sent: bool = False
    standing: Standing = Standing()

    @property
    def over(self) -> bool:
        """True when nothing more will come."""
        return self.phase in OVER

    @property
    def files(self) -> tuple[Source, ...]:
        """Every file that it rests on, cited or read, each once."""
        found = [*self.read]
        if self.answer is not None:
            found += [passage.chunk.page.source for passage in self.answer.passages]
            found += [citation.sentence.page.source for citation in self.answer.citations]
        return tuple(dict.fromkeys(found))

    def open_to(self, groups: frozenset[str] | None, places: Places) -> bool:
        """Return whether members of `groups` (None: all) may see it, as `places` are today."""
        return not self.withheld and all(places.open_to(file, groups) for file in self.files)


def advance(exchange: Exchange, event: Event) -> Exchange:
    """Return the exchange after `event`."""
    match event:
        case Queued(position, seconds):
            return replace(exchange, phase="waiting", position=position, wait=seconds)
        case Retrieved(_, passages):
            files = dict.fromkeys(passage.chunk.page.source for passage in passages)
            return replace(exchange, phase="reading", read=tuple(files))
        case Reading(starting):
            reads: Phase = "starting" if starting else "reading"
            return exchange if exchange.phase == "writing" else replace(exchange, phase=reads)
        case Token(text):
            return replace(exchange, phase="writing", draft=exchange.draft + text)
        case Finished(answer):
            return replace(exchange, phase="done", answer=answer, draft="")


def history(exchanges: Sequence[Exchange], limit: int = 40) -> tuple[Turn, ...]:
    """Return the last `limit` exchanges that came to an end as turns, oldest first: what a follow-up question refers
    to. "Et pour les cadres ?" goes on with the question before, refused or not; a refusal itself says nothing."""
    ended = [(e.question, e.answer) for e in exchanges if e.answer is not None][-limit:]
    turns = [(Turn("user", question), Turn("assistant", answer.text)) for question, answer in ended]
    return tuple(turn for pair in turns for turn in pair if turn.text)


def readable(
    exchanges: Sequence[Exchange], groups: frozenset[str] | None, places: Places
) -> tuple[Exchange, ...]:  # fmt: skip
    """Return the exchanges as members of `groups` (None: all) may see them, as `places` are today.

    An answer that rests on a file they may not read is withheld whole, its draft too: what a model wrote after reading
    several passages cannot be divided among them. A later question loses its standalone form, which may repeat words
    of such an answer, and a version in a closed group is not named.
    """
    shown: list[Exchange] = []
    for exchange in exchanges:
        if not exchange.open_to(groups, places):
            exchange = Exchange(exchange.number, exchange.question, "done", withheld=True)
        elif exchange.answer is not None:
            answer = _with_open_versions(exchange.answer, groups, places)
            if any(earlier.withheld for earlier in shown):
                answer = replace(answer, standalone=answer.question)
            exchange = replace(exchange, answer=answer)
        shown.append(exchange)
    return tuple(shown)


def _with_open_versions(answer: Answer, groups: frozenset[str] | None, places: Places) -> Answer:
    def kept(source: Source | None) -> Source | None:
        return source if source is not None and places.open_to(source, groups) else None

    citations = tuple(replace(c, newer=kept(c.newer), older=kept(c.older)) for c in answer.citations)
    return replace(answer, citations=citations)
