"""How sure a figure is, and whether two differ. Pure arithmetic, seeded: the same values give the same interval.

Values come with a cluster each: questions that hang together (paraphrases of one, on one passage) are drawn and
exchanged together, because they are not independent. Knows nothing of what the values measure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
EXCHANGES = 10_000
# 97.5th percentile of the normal distribution, for 95 % intervals
_Z = 1.959963984540054
_SEED = 20261122
_AT_ONCE = 500

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean of `count` values with the bounds of its 95 % interval."""

    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of second minus first over the same `count` questions, its 95 % interval, and the two-sided `p` of no
    difference by `test`; `better` and `worse` count the questions on which the second is higher and lower."""

    mean: float
    low: float
    high: float
    count: int
    better: int
    worse: int
    p: float
    test: str


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927), 0 to 1; (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    p, z2 = hits / total, _Z * _Z
    centre, spread = p + z2 / (2 * total), _Z * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total))
    return max(0.0, (centre - spread) / (1 + z2 / total)), min(1.0, (centre + spread) / (1 + z2 / total))


def estimate(values: Sequence[float], clusters: Sequence[str]) -> Estimate:
    """Return the mean of `values` (at least one) with its interval.

    Shares of independent questions get Wilson's interval, which stays honest near 0 and 1; everything else the
    percentile bootstrap over clusters (Efron & Tibshirani 1993, chapter 13; 2,000 resamples).
    """
    if _is_binary(values) and len(set(clusters)) == len(values):
        return Estimate(float(np.mean(values)), *wilson(int(sum(values)), len(values)), len(values))
    return Estimate(float(np.mean(values)), *bootstrap(values, clusters), len(values))


def bootstrap(values: Sequence[float], clusters: Sequence[str]) -> tuple[float, float]:
    """Return the 2.5th and 97.5th percentile of the mean over resampled clusters."""
    sums, counts = _by_cluster(values, clusters)
    rng = np.random.default_rng(_SEED)
    means = []
    for _ in range(0, RESAMPLES, _AT_ONCE):
        drawn = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=_AT_ONCE)
        means.append((drawn @ sums) / (drawn @ counts))
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(low), float(high)


def difference(first: Sequence[float], second: Sequence[float], clusters: Sequence[str]) -> Difference:
    """Compare two settings on the same questions: paired bootstrap of the mean difference, and a test.

    Shares of independent questions: McNemar's test, exact (McNemar 1947). Else: exchange of signs by cluster, 10,000
    times (Fisher's randomisation test; Smucker et al. 2007 recommend it for rankings).
    """
    gains = np.subtract(second, first)
    better, worse = int((gains > 0).sum()), int((gains < 0).sum())
    low, high = bootstrap(gains.tolist(), clusters)
    if _is_binary(first) and _is_binary(second) and len(set(clusters)) == len(gains):
        p, test = mcnemar(better, worse), "McNemar"
    else:
        p, test = exchange(gains.tolist(), clusters), "permutation"
    return Difference(float(gains.mean()), low, high, len(gains), better, worse, p, test)


def mcnemar(better: int, worse: int) -> float:
    """Return the exact two-sided p of as uneven a split of the discordant questions if both sides were as likely."""
    total = better + worse
    tail = sum(math.comb(total, k) for k in range(min(better, worse) + 1))
    return min(1.0, 2 * tail / (1 << total))


def exchange(gains: Sequence[float], clusters: Sequence[str]) -> float:
    """Return the share of random exchanges of the two settings, cluster by cluster, that differ as much."""
    sums, _ = _by_cluster(gains, clusters)
    rng = np.random.default_rng(_SEED)
    found = abs(sums.sum()) - 1e-12
    as_much = 0
    for _ in range(0, EXCHANGES, _AT_ONCE):
        signs = rng.integers(0, 2, size=(_AT_ONCE, len(sums))) * 2 - 1
        as_much += int((np.abs(signs @ sums) >= found).sum())
    return (as_much + 1) / (EXCHANGES + 1)  # the split that was seen is one of them (Davison & Hinkley 1997, 4.3)


def _is_binary(values: Sequence[float]) -> bool:
    return all(value in (0.0, 1.0) for value in values)


def _by_cluster(values: Sequence[float], clusters: Sequence[str]) -> tuple[Floats, Floats]:
    places: dict[str, int] = {}
    rows = [places.setdefault(cluster, len(places)) for cluster in clusters]
    sums, counts = np.zeros(len(places)), np.zeros(len(places))
    np.add.at(sums, rows, values)
    np.add.at(counts, rows, 1)
    return sums, counts
