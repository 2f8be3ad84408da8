"""Does the evidence carry the claim? Deterministic checks only, cheapest first. Knows no model and no store.

A claim needs at least one label that exists, and each number it states must stand in the sentences it cites or in
the question. This finds invented figures, not a well-worded lie: `docs/architecture.md` says what is not checked.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.numbers import readings, stated
from rag.types import Language, Sentence


def objection(claim: str, evidence: Sequence[Sentence], question: str, language: Language) -> str:
    """Return why the evidence does not carry the claim, in the reader's language; "" when nothing was found."""
    if not evidence:
        return {"fr": "aucun passage cité", "en": "no passage cited"}[language]
    known = readings(question).union(*(readings(sentence.text) for sentence in evidence))
    for number in stated(claim):
        apart = number.parts and known.issuperset(number.parts)
        if number.value not in known and not apart:
            return {
                "fr": f"« {number.value} » ne figure pas dans le passage cité",
                "en": f"“{number.value}” is not in the passage cited",
            }[language]
    return ""
