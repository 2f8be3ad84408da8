"""Logistic regression in a few lines, and what its probabilities are worth. Pure arithmetic on arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Weak: it only keeps the weights finite when the two classes can be told apart entirely.
RIDGE = 1.0
BINS = 10
_STEPS = 100
_SETTLED = 1e-9


def fit(x: Floats, y: Bools, weight: Floats) -> tuple[Floats, float]:
    """Return weights and bias of the ridge-penalised logistic regression of `y` on `x`.

    Newton's method, which here is iteratively reweighted least squares (Hastie et al. 2009, section 4.4.1). The
    penalty acts on standardised columns; what is returned is for `x` as it was given.

    Args:
        x: signals, shape (n, signals).
        y: the class, shape (n,); both classes must be there.
        weight: how much each row counts, shape (n,).
    """
    centre, spread = x.mean(axis=0), x.std(axis=0)
    spread[spread == 0] = 1.0
    rows = np.column_stack([np.ones(len(x)), (x - centre) / spread])
    penalty = np.diag([0.0] + [RIDGE] * x.shape[1])
    beta = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        p = sigmoid(rows @ beta)
        gradient = rows.T @ (weight * (p - y)) + penalty @ beta
        curvature = (rows * (weight * p * (1 - p))[:, None]).T @ rows + penalty
        step = np.linalg.solve(curvature, gradient)
        beta -= step
        if np.abs(step).max() < _SETTLED:
            break
    weights = beta[1:] / spread
    return weights, float(beta[0] - weights @ centre)


def sigmoid(logits: Floats) -> Floats:
    """Return 1 / (1 + exp(-logits)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), dtype=np.float64)


def threshold(p: Floats, weight: Floats, refused: float) -> float:
    """Return the highest threshold that refuses at most the share `refused` of the answerable questions, whose
    probabilities are `p`: below it is refused."""
    order = np.argsort(p)
    share = np.cumsum(weight[order]) / weight.sum()
    first_kept = min(int(np.searchsorted(share, refused + 1e-12, side="right")), len(p) - 1)
    return float(p[order[first_kept]])


def auroc(p: Floats, y: Bools) -> float:
    """Return the area under the ROC curve: how often a true one is above a false one, ties counting half (Hanley &
    McNeil 1982). Both classes must be there."""
    levels, place, counts = np.unique(p, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    true, false = int(y.sum()), int((~y).sum())
    return float((ranks[y].sum() - true * (true + 1) / 2) / (true * false))


def calibration_error(p: Floats, y: Bools) -> float:
    """Return the expected calibration error: |share of true - mean probability| over ten equal bins, weighted by
    their size (Guo et al. 2017)."""
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    gaps = [abs(float((y[place == b] - p[place == b]).sum())) for b in range(BINS)]
    return sum(gaps) / len(p)
