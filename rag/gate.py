"""Answer or refuse, before anything is written. Pure arithmetic on what the search found.

Knows nothing of models: a small model's own word on whether it knows is not to be trusted (arXiv 2411.06037). Nor of
files: `rag/gates.py` reads what `rag calibrate` fitted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rag.facts import read
from rag.types import Passage

# The signals are the best among this many passages.
LOOKED_AT = 3
SIGNALS = ("coverage", "dense", "foreign")
"""Names of what `signals` returns, in order; values fitted on others do not apply."""


def signals(question: str, passages: Sequence[Passage]) -> tuple[float, ...]:
    """Return what the decision rests on, by SIGNALS, of at least one passage: best coverage of the question's terms
    (0 to 1), best cosine (-1 to 1), whether the question is in another language than French (0 or 1): then few of
    its words stand anywhere."""
    best = passages[:LOOKED_AT]
    return (
        max(passage.found.coverage for passage in best),
        max(passage.found.dense for passage in best),
        float(read(question).language == "en"),
    )


@dataclass(frozen=True, slots=True)
class Gate:
    """A logistic regression of "the corpus answers" on the signals, and the probability from which it is tried."""

    weights: tuple[float, ...]
    bias: float
    threshold: float

    def confidence(self, question: str, passages: Sequence[Passage]) -> float:
        """Return the estimated probability, 0 to 1, that the passages answer the question; 0 without passages."""
        if not passages:
            return 0.0
        logit = self.bias + sum(w * s for w, s in zip(self.weights, signals(question, passages), strict=True))
        return 1 / (1 + math.exp(-logit))

    def answers(self, question: str, passages: Sequence[Passage]) -> bool:
        """Return whether an answer may be attempted."""
        return self.confidence(question, passages) >= self.threshold


FIRST = Gate((2.69, 1.40, 1.5), -2.38, 0.30)
"""Fitted as docs/decisions.md, "First gate", tells; used where nothing was calibrated for an embedder."""
