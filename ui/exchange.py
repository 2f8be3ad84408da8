"""One question and what became of it so far: the value that the page is drawn from.

An `Exchange` is replaced, never changed, as events of the assistant arrive. This module knows neither HTML
nor how events travel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from rag.errors import GreffierError
from rag.types import Answer, Event, Finished, Queued, Reading, Retrieved, Token, Turn

Phase = Literal["preparing", "waiting", "searching", "reading", "writing", "done", "stopped", "failed"]
OVER: frozenset[Phase] = frozenset({"done", "stopped", "failed"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """`number` counts from 1 in a conversation; `draft` is unchecked text; `elapsed` whole seconds waited.
    While it waits, `position` questions go before it and `wait` is the estimate in seconds, if there is one."""

    number: int
    question: str
    phase: Phase = "preparing"
    position: int = 0
    wait: float | None = None
    draft: str = ""
    elapsed: int = 0
    answer: Answer | None = None
    error: GreffierError | None = None

    @property
    def over(self) -> bool:
        """True when nothing more will come."""
        return self.phase in OVER


def advance(exchange: Exchange, event: Event) -> Exchange:
    """Return the exchange after `event`."""
    match event:
        case Queued(position, seconds):
            return replace(exchange, phase="waiting", position=position, wait=seconds)
        case Retrieved():
            return replace(exchange, phase="reading")
        case Reading():
            return exchange if exchange.phase == "writing" else replace(exchange, phase="reading")
        case Token(text):
            return replace(exchange, phase="writing", draft=exchange.draft + text)
        case Finished(answer):
            return replace(exchange, phase="done", answer=answer, draft="")


def history(exchanges: tuple[Exchange, ...], limit: int = 40) -> tuple[Turn, ...]:
    """Return the last `limit` answered exchanges as turns, oldest first: what a follow-up question refers to."""
    answered = [e for e in exchanges if e.answer is not None and e.answer.status == "answered"][-limit:]
    return tuple(
        turn
        for exchange in answered
        if exchange.answer is not None
        for turn in (Turn("user", exchange.question), Turn("assistant", exchange.answer.text))
    )
