"""Whose question the language model answers next: as many at a time as it has places, round-robin between members.

Knows members by a key, and nothing of questions or models. Every front door shares one queue, because they share
one model.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rag.errors import TooManyQuestions
from rag.plural import counted
from rag.types import Queued

PER_MEMBER = 2  # one that is answered, one that waits
RECENT = 20  # turns whose duration is averaged
SHORTEST_SECONDS = 0.1  # a shorter turn asked the model nothing: its answer was known
NEWS_SECONDS = 0.5  # between two words to those who wait; also how long one who left may still stand in line


class Place:
    """One question in line; compared by identity."""

    def __init__(self, member: str) -> None:
        self.member = member


class FairQueue:
    """Gives turns; safe to share between threads.

    Members stand in a circle. One who comes stands at its end, and one who was served and has another question goes
    there again. `longest` bounds the waiting questions of all members together; `places` turns are given at once.
    """

    def __init__(self, longest: int = 60, places: int = 1) -> None:
        self._longest = longest
        self._places = places
        self._changed = threading.Condition()  # guards all below
        self._circle: dict[str, deque[Place]] = {}  # what waits, by member, in the order of their turns
        self._running: dict[Place, float] = {}  # whose turn it is, and since when, the earliest first
        self._durations: deque[float] = deque(maxlen=RECENT)

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        with self._changed:
            return len(self._order())

    @contextmanager
    def turn(self, member: str) -> Iterator[Iterator[Queued]]:
        """Give the news of a place in line: where it stands, about twice a second, until its turn has come.

        The turn lasts until the block is left; leaving earlier gives the place up. The member "" is the machine
        itself (a command), which may have any number of places.

        Raises:
            TooManyQuestions: if the member has two questions here already, or the line is full.
        """
        place = Place(member)
        with self._changed:
            self._admit(place)
        try:
            yield self._news(place)
        finally:
            with self._changed:
                self._leave(place)

    def _admit(self, place: Place) -> None:
        line = self._circle.get(place.member, ())
        running = sum(other.member == place.member for other in self._running)
        if place.member and len(line) + running >= PER_MEMBER:
            raise TooManyQuestions(
                "Vous avez déjà une question en cours et une autre en attente : attendez leur réponse, ou arrêtez-en "
                "une.",
                "You already have a question under way and another waiting: wait for their answer, or stop one.",
            )
        if len(self._running) < self._places:
            self._start(place)
            return
        if (waiting := len(self._order())) >= self._longest:
            raise TooManyQuestions(
                f"{counted(waiting, 'question attend', 'questions attendent')} déjà, c'est le maximum : gardez la "
                "vôtre et renvoyez-la plus tard.",
                f"{counted(waiting, 'question is', 'questions are', 'en')} waiting already, as many as there may be: "
                "keep yours and send it later.",
            )
        self._circle.setdefault(place.member, deque()).append(place)

    def _leave(self, place: Place) -> None:
        if place in self._running:
            took = monotonic() - self._running.pop(place)
            if took >= SHORTEST_SECONDS:
                self._durations.append(took)
            if order := self._order():
                self._take_out(order[0])
                self._start(order[0])
        else:
            self._take_out(place)
        self._changed.notify_all()

    def _take_out(self, place: Place) -> None:
        line = self._circle.pop(place.member)
        line.remove(place)
        if line:
            self._circle[place.member] = line  # at the end of the circle

    def _start(self, place: Place) -> None:
        self._running[place] = monotonic()

    def _order(self) -> list[Place]:
        """Return all that waits, next first: everybody's first question, then everybody's second."""
        lines = self._circle.values()
        rounds = max(map(len, lines), default=0)
        return [line[number] for number in range(rounds) for line in lines if number < len(line)]

    def _news(self, place: Place) -> Iterator[Queued]:
        patience = 0.0  # the first word comes at once
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: place in self._running, patience):
                    return
                ahead = self._order().index(place) + 1
                news = Queued(ahead, self._estimate(ahead))
            patience = NEWS_SECONDS
            yield news

    def _estimate(self, ahead: int) -> float | None:
        """Return the seconds until `ahead` turns are over, the oldest under way included; None before the first."""
        if not self._durations:
            return None
        mean = sum(self._durations) / len(self._durations)
        began = next(iter(self._running.values()))
        return max(0.0, mean - (monotonic() - began)) + (ahead - 1) * mean / self._places
