"""Questions that mean the same, put together: one pass, each joins the nearest group whose first question is near.

The first question of a group, the oldest, stands for it, so groups do not drift. `NEAR` was chosen on pairs of French
questions (docs/decisions.md, "Approved answers"): grouping serves a reader, so a question too many in a group costs
little. Pure: knows no database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rag.numbers import stated
from rag.ports import Vectors
from rag.text import analyse

NEAR = 0.85  # cosine from which two questions are put together
ALIKE = 0.6  # share of common words, where there is no embedder
COMPARED = 2000  # questions at most; older ones are not grouped


def by_meaning(texts: Sequence[str], vectors: Vectors) -> list[list[int]]:
    """Return groups of indexes into `texts`, by the cosine of `vectors` (rows of length 1) and equal numbers."""
    firsts: list[int] = []
    numbers = [frozenset(number.value for number in stated(text)) for text in texts]

    def nearest(index: int) -> int | None:
        alike = [numbers[first] == numbers[index] for first in firsts]
        if not any(alike):
            return None
        cosines = np.where(alike, vectors[firsts] @ vectors[index], -1.0)
        best = int(np.argmax(cosines))
        return best if cosines[best] >= NEAR else None

    return _grouped(len(texts), nearest, firsts)


def by_words(texts: Sequence[str]) -> list[list[int]]:
    """Return groups of indexes into `texts`, by the words that they share (Jaccard)."""
    words = [frozenset(analyse(text)) for text in texts]
    firsts: list[int] = []

    def nearest(index: int) -> int | None:
        shares = [_share(words[first], words[index]) for first in firsts]
        best = max(range(len(shares)), key=shares.__getitem__, default=None)
        return best if best is not None and shares[best] >= ALIKE else None

    return _grouped(len(texts), nearest, firsts)


def _grouped(count: int, nearest: Callable[[int], int | None], firsts: list[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    for index in range(count):
        found = nearest(index)
        if found is None:
            firsts.append(index)
            groups.append([index])
        else:
            groups[found].append(index)
    return groups


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0
