"""Does the evidence carry the claim? Deterministic checks only, cheapest first. Knows no model and no store.

A claim needs at least one label that exists, and each number it states must stand in the sentences it cites.
This finds invented figures, not a well-worded lie: what it does not check is written in `docs/architecture.md`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.text import fold
from rag.types import Language, Sentence

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"(?<=\d)[\s\u00a0\u202f](?=\d{3}(?!\d))")
# Number words up to sixteen; "un" and "une" are articles far more often than numbers, so they are left out.
_WORDS = {
    word: str(value)
    for value, word in enumerate(
        "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize".split(), 2
    )
}


def numbers(text: str) -> set[str]:
    """Return the numbers a text states, in one notation: "1 200,50" and "1200.5" are the same, "trois" is "3"."""
    plain = _THOUSANDS.sub("", text)
    found = {_canonical(match) for match in _NUMBER.findall(plain)}
    return found | {_WORDS[word] for word in re.findall(r"\w+", fold(plain)) if word in _WORDS}


def _canonical(number: str) -> str:
    whole, point, decimals = number.replace(",", ".").partition(".")
    if "." in decimals:  # 1.2.3 is a reference, not a quantity
        return number
    decimals = decimals.rstrip("0") if point else ""
    return f"{whole.lstrip('0') or '0'}.{decimals}" if decimals else whole.lstrip("0") or "0"


def objection(claim: str, evidence: Sequence[Sentence], language: Language) -> str:
    """Return why the evidence does not carry the claim, in the reader's language; "" when nothing was found."""
    if not evidence:
        return {"fr": "aucun passage cité", "en": "no passage cited"}[language]
    stated = set().union(*(numbers(sentence.text) for sentence in evidence))
    missing = sorted(numbers(claim) - stated)
    if missing:
        return {
            "fr": f"« {missing[0]} » ne figure pas dans le passage cité",
            "en": f"“{missing[0]}” is not in the passage cited",
        }[language]
    return ""
