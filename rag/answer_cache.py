"""The answers that were written lately, so that the same question is not written twice.

Kept in memory only, and bounded. Holds for one generation of the index, one model and one set of reading groups;
the caller leaves it out where a conversation came before. Does not know how answers are made.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from rag.scope import Scope
from rag.types import Answer, Language


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """All that an answer depends on. `generation` names it with the files of it that were moved since
    (`Generation.state`); `groups` are the reading groups of the member, None for all;
    `scope` is what the question is limited to, None for nothing."""

    question: str
    generation: str
    model: str
    groups: frozenset[str] | None
    language: Language
    scope: Scope | None = None


class AnswerCache:
    """At most `size` answers; the one unused for longest goes first. Safe to share between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._answers: OrderedDict[AnswerKey, Answer] = OrderedDict()

    def get(self, asked: AnswerKey) -> Answer | None:
        """Return the answer to this very question, if it is known."""
        with self._lock:
            if asked in self._answers:
                self._answers.move_to_end(asked)
            return self._answers.get(asked)

    def put(self, asked: AnswerKey, answer: Answer) -> None:
        """Keep an answer."""
        with self._lock:
            self._answers[asked] = answer
            while len(self._answers) > self._size:
                self._answers.popitem(last=False)
