"""Stands for a language model that is there but cannot be used: it says why, and never writes.

With it the assistant answers by extracts and can say what is wrong. Knows no library.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NoReturn

from rag.errors import ModelError
from rag.ports import Health, Message, Piece


class UnusableGenerator:
    """A generator that has failed for good, for the reason `problem`."""

    id = "extracts"
    context_tokens = 0

    def __init__(self, problem: ModelError) -> None:
        self._health = Health("failed", time.monotonic(), problem)
        self._problem = problem

    def health(self) -> Health:
        """Return "failed" and why."""
        return self._health

    def count_tokens(self, messages: Sequence[Message]) -> NoReturn:
        """Raise the problem.

        Raises:
            ModelError: always.
        """
        raise self._problem

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[Piece]:
        """Raise the problem.

        Raises:
            ModelError: always.
        """
        raise self._problem
