"""Every knob of the search, with the values that measurement chose. Knows nothing of how they are used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

DENSE_WEIGHTS = {"all-minilm-l6-v2": 0.5}
"""Embedders, by name, whose vectors are worth another weight than the default's."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """How a question is searched. Reasons and figures of the defaults: `docs/decisions.md`.

    An ablation is `replace(Tuning(), ...)`; the assistant uses the defaults. All of it acts when a question is asked,
    so no index has to be built again for it.
    """

    fusion: Literal["sum", "rrf", "lexical", "dense"] = "sum"
    """How two rankings become one: standardised weighted sum, reciprocal ranks, or one of the two alone."""
    candidates: int = 100
    """Passages taken from each search before fusion, 1 or more."""
    dense_weight: float = 1.0
    """Weight of the dense score in the sum, 0 or more; the lexical one has 1. `DENSE_WEIGHTS` has other embedders'."""
    pieces_weight: float = 0.2
    """Weight of pieces of words in the lexical score, 0 or more; whole terms have 1."""
    spelling: bool = True
    """Whether a term that no passage holds is read as its commonest neighbour by one slip (`rag.spelling`)."""
    reranked: int = 20
    """Passages handed to the cross-encoder, if there is one: about 25 ms each on one core for 118 M parameters."""
    versions: bool = True
    """Whether the newest version of a document goes before the others (`rag.versions`)."""
    alike: float = 0.9
    """A passage is left out when it shares this much of its words, and all its figures, with a better one (more than
    1: none is)."""


def tuned(embedder: str) -> Tuning:
    """Return the defaults for an embedder, by its id."""
    weight = DENSE_WEIGHTS.get(embedder.partition("@")[0])
    return Tuning() if weight is None else replace(Tuning(), dense_weight=weight)
