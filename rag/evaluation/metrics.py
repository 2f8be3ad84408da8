"""What a ranking is worth when the right passages are known. Pure arithmetic; knows no passage and no question.

`ranked` is best first, `gold` what is right, each right thing equally so.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence


def hit(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """Return 1 if something right is among the first `k`, else 0: with one right passage, recall at k."""
    return float(any(item in gold for item in ranked[:k]))


def reciprocal_rank(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """Return 1 / rank of the first right one among the first `k`, 0 if there is none (Voorhees, TREC-8 1999)."""
    return next((1 / rank for rank, item in enumerate(ranked[:k], 1) if item in gold), 0.0)


def ndcg(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """Return the discounted cumulative gain of the first `k` over that of the best order, 0 to 1.

    A right one at rank r gains 1 / log2(r + 1), a wrong one nothing (Järvelin & Kekäläinen 2002, with the
    discount of Burges et al. 2005); `gold` must not be empty.
    """
    gain = sum(1 / math.log2(rank + 1) for rank, item in enumerate(ranked[:k], 1) if item in gold)
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(gold)) + 1))
