"""Amounts by bracket: "12 heures de 50 à 150 salariés, 18 heures de 151 à 499 et 24 heures au-delà". Whoever has 200
employees finds 18 hours there, though no 200 is written.

Pure, works on `Facts`. Knows only lists of at least two brackets in one sentence, each with an amount before or behind
it, and whole numbers without units as what is bracketed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.facts import Facts
from rag.quantities import Quantity

_N = r"(\d{1,3}(?: \d{3})+|\d+)"
_BRACKETS = tuple(
    (re.compile(pattern), low, high)
    for pattern, low, high in (
        (rf"\b(?:d[e']|entre|from|between)\s?{_N} (?:a|et|to|and) {_N}\b", 0, 0),
        (rf"\b(?:moins d[e']|jusqu'a|less than|up to)\s?{_N}\b", None, -1),
        (rf"\b(?:plus d[e']|au-dela d[e']|more than|over)\s?{_N}\b", 1, None),
        (rf"\b(?:a partir d[e']|au moins|from|at least)\s?{_N}\b(?! (?:a|to)\b)", 0, None),
        (rf"\b{_N}(?: \w+)? (?:et|ou|and|or) (?:plus|more)\b", 0, None),
        (r"\b(?:au-dela|beyond)\b(?! d[e'])", None, None),
    )
)


@dataclass(frozen=True, slots=True)
class _Bracket:
    """The whole numbers from `low` to `high` (None: no end), written at `[start, end)`."""

    low: int | None
    high: int | None
    start: int
    end: int

    def __contains__(self, number: int) -> bool:
        return (self.low is None or number >= self.low) and (self.high is None or number <= self.high)


def amount_for(claim: Facts, claimed: Quantity, evidence: Facts) -> Quantity | None:
    """Return the amount of the bracket that a number of the claim lies in, None when there is no such bracket."""
    paired = _paired(evidence, claimed)
    if not paired:
        return None
    for number in _placed(claim):
        for bracket, amount in paired:
            if number in bracket:
                return amount
    return None


def lies_in_one(claimed: Quantity, claim: Facts, evidence: Facts) -> bool:
    """Return whether a number that the evidence lacks lies in one of its brackets, whose amount the claim has."""
    if claimed.unit or not claimed.raw.isdecimal():
        return False
    for amount in claim.quantities:
        found = amount_for(claim, amount, evidence) if amount.unit else None
        if found is not None and found.value == amount.value:
            return True
    return False


def _placed(claim: Facts) -> Iterator[int]:
    """Yield the bare numbers of a claim that a bracket could hold; "plus de 499" is 500."""
    brackets = list(_brackets(claim))
    for bracket in brackets:
        if bracket.low is not None or bracket.high is not None:
            yield bracket.low if bracket.low is not None else int(bracket.high or 0)
    for it in claim.quantities:
        inside = any(bracket.start <= it.start < bracket.end for bracket in brackets)
        if not it.unit and it.raw.isdecimal() and not inside:
            yield int(it.raw)


def _paired(facts: Facts, like: Quantity) -> list[tuple[_Bracket, Quantity]]:
    brackets = list(_brackets(facts))
    amounts = [
        it
        for it in facts.quantities
        if it.unit and it.same_unit(like) and not any(one.start <= it.start < one.end for one in brackets)
    ]
    if len(brackets) < 2 or len(brackets) != len(amounts):
        return []
    marks = [(one.start, True) for one in brackets] + [(it.start, False) for it in amounts]
    kinds = [is_bracket for _, is_bracket in sorted(marks)]
    if any(kinds[place] == kinds[place + 1] for place in range(len(kinds) - 1)):
        return []
    return list(zip(brackets, amounts, strict=True))


def _brackets(facts: Facts) -> Iterator[_Bracket]:
    found: list[_Bracket] = []
    for pattern, low, high in _BRACKETS:
        for match in pattern.finditer(facts.plain):
            if any(match.start() < one.end and one.start < match.end() for one in found):
                continue
            numbers = [int(group.replace(" ", "")) for group in match.groups()]
            first = numbers[0] + low if numbers and low is not None else None
            last = numbers[-1] + high if numbers and high is not None else None
            found.append(_Bracket(first, last, match.start(), match.end()))
    found.sort(key=lambda one: one.start)
    for place, one in enumerate(found):
        if one.low is None and one.high is None:  # "au-delà": of the bracket before
            before = found[place - 1].high if place else None
            if before is None:
                continue
            one = _Bracket(before + 1, None, one.start, one.end)
        yield one
