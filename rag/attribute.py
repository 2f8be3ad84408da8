"""Which evidence does a written sentence rest on, when the model has not said? Pure: words and figures, no model.

Finds; whether the evidence carries the sentence is `rag.verify`'s to say, as of any label that a model wrote.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.facts import Facts, read
from rag.objection import Kind
from rag.types import Sentence
from rag.verify import check
from rag.wording import missing, weight

LEAST = 0.7  # share of the claim's words, by weight, that its evidence must have: figures alone are anybody's
ADDS = 0.3  # share of them that a second sentence must add
FIGURE = 8.0  # weight of a figure among the words, where the nearest sentence is looked for
_LACKING: frozenset[Kind] = frozenset(("content", "number"))


def attribute(claim: str, evidence: Sequence[Sentence], question: str) -> tuple[int, ...]:
    """Return the 1-based number of the sentence that says most of what `claim` says, if it bears the claim out; of two
    if what speaks against it is only that it does not say all; () else.

    What the nearest sentence contradicts is not looked for elsewhere: a sentence further off, which has not the word
    that contradicts, would often pass (`docs/decisions.md`).
    """
    said = read(claim)
    known = [read(sentence.text) for sentence in evidence]
    words = weight(said.words)
    if not known or not words:
        return ()
    best = max(range(len(known)), key=lambda place: (_shared(said, known[place]), -len(known[place].words)))
    first = _words(said, known[best])
    found = check(claim, [evidence[best]], question)
    if found is None:
        return (best + 1,) if first >= LEAST * words else ()
    if found.kind not in _LACKING:
        return ()
    second = max(range(len(known)), key=lambda place: _words(said, known[best], known[place]))
    pair = sorted({best, second})
    adds = _words(said, known[best], known[second]) - first >= ADDS * words
    if adds and check(claim, [evidence[place] for place in pair], question) is None:
        return tuple(place + 1 for place in pair)
    return ()


def _shared(said: Facts, known: Facts) -> float:
    """Return the weight of the words and figures that both have."""
    return _words(said, known) + FIGURE * len(said.readings & known.readings)


def _words(said: Facts, *known: Facts) -> float:
    """Return the weight of the words of `said` that `known` has too."""
    return weight(said.words) - weight(missing(said.words, {stem for facts in known for stem in facts.stems}))
