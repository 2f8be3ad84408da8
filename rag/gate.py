"""Answer or refuse, before anything is written. Pure arithmetic on what the search found.

Knows nothing of models: a small model's own word on whether it knows is not to be trusted (arXiv 2411.06037).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from rag.types import Passage

# Logistic regression of "the corpus answers" on the two signals below; fitted as docs/decisions.md, "First gate",
# tells, for the embedded default embedder.
BIAS, COVERAGE, DENSE = -2.38, 2.69, 1.40
THRESHOLD = 0.30
# The signals are the best among this many passages.
LOOKED_AT = 3


def confidence(passages: Sequence[Passage]) -> float:
    """Return the estimated probability, 0 to 1, that the passages answer the question; 0 without passages."""
    if not passages:
        return 0.0
    best = passages[:LOOKED_AT]
    coverage = max(passage.found.coverage for passage in best)
    dense = max(passage.found.dense for passage in best)
    return 1 / (1 + math.exp(-(BIAS + COVERAGE * coverage + DENSE * dense)))


def answers(passages: Sequence[Passage]) -> bool:
    """Return whether an answer may be attempted."""
    return confidence(passages) >= THRESHOLD
