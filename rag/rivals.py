"""Does the evidence give another number, or date, to what a claim speaks of?

Compares the words that are said with a number in the claim and in the evidence. Pure, works on `Facts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

from rag.dates import Date
from rag.facts import Facts
from rag.objection import Objection
from rag.quantities import Quantity
from rag.references import Reference
from rag.wording import alike

_TO = re.compile(r"\s*(?:a|et|au|to|and|-|–)\s*|\s*(?:minimum|au moins)?\s*(?:et|and)\s+(?:moins d[e']|less than)\s*")
# The time to tell numbers apart grows with the third power of how many there are; a row of 300 took minutes.
MOST_RIVALS = 40
Item = TypeVar("Item", Quantity, Date)
Found = tuple[Facts, Item]
"""A text of the evidence and a number or date in it."""


def of_something_else(
    claim: Facts,
    claimed: Item,
    fitting: Sequence[Found[Item]],
    rivals: Sequence[Found[Item]],
    question: Facts,
    count: int,
) -> Iterator[Objection]:
    """Yield an objection when the evidence gives another number to what the claim speaks of."""
    if claim.language == "en" and any(facts.language == "fr" for facts, _ in fitting):
        return  # words of two languages do not meet
    if not rivals or len(rivals) > MOST_RIVALS:
        return
    rivals = [rival for rival in rivals if not any(_one_range(claim, claimed, item, rival) for item in fitting)]
    if not rivals:
        return
    place = claimed.start, claimed.end
    spoken = claim.said_apart_from(*place) if count == 1 else claim.about(*place)
    beside = claim.beside(*place)
    mine = max(_neighbours(beside, item) for item in fitting)
    near = max(rivals, key=lambda rival: _neighbours(beside, rival))
    if (mine <= 1 and _neighbours(beside, near) >= mine + 3) or _counts_another(claim, claimed, fitting, near):
        yield Objection("subject", cut(claim, claimed), cut(*near))
        return
    # numbers that are said together belong together: the 9 years of the 9 %, not of the 6 %
    figures = spoken & claim.measures
    linked = max(rivals, key=lambda rival: _told_apart(figures, rival, fitting))
    if _told_apart(figures, linked, fitting) and not any(_told_apart(figures, item, rivals) for item in fitting):
        yield Objection("subject", cut(claim, claimed), cut(*linked))
        return
    for said in (spoken, question.stems):
        best = max(rivals, key=lambda rival: _told_apart(said, rival, fitting))
        if max(_told_apart(said - _led_in(claim, item, best), item, rivals) for item in fitting) > 0:
            return
        if _told_apart(said, best, fitting) > 0:
            yield Objection("subject", cut(claim, claimed), cut(*best))
            return


def _one_range(claim: Facts, claimed: Item, item: Found[Item], rival: Found[Item]) -> bool:
    """Return whether a number and its rival are the two ends of one range, in the evidence and in the claim."""
    facts, it = item
    if facts is not rival[0] or not _joined(facts, it, rival[1]):
        return False
    others = claim.dates if isinstance(claimed, Date) else claim.quantities
    return any(cut(claim, one)[:2] == cut(*rival)[:2] and _joined(claim, claimed, one) for one in others)


def _joined(facts: Facts, one: Quantity | Date, two: Quantity | Date) -> bool:
    first, last = sorted((one, two), key=lambda it: it.start)
    return _TO.fullmatch(facts.plain[first.end : last.start]) is not None


def _led_in(claim: Facts, item: Found[Item], rival: Found[Item]) -> frozenset[str]:
    """Return the words before a number that a later one shares, which the claim leaves out: "le préavis est de 3 mois
    pour les cadres et de 2 mois pour les ouvriers"."""
    facts, it = item
    if facts is not rival[0] or rival[1].start < it.start or _has(claim, rival):
        return frozenset()
    if ";" in facts.plain[it.end : rival[1].start]:  # a statement of its own
        return frozenset()
    return frozenset(word.stem for word in facts.words if word.end <= it.start)


def _has(claim: Facts, rival: Found[Item]) -> bool:
    """Return whether a claim has a number or date too, be it written otherwise."""
    it = rival[1]
    if isinstance(it, Date):
        return any(it.agrees(date) for date in claim.dates)
    return cut(*rival) in claim.text


def _counts_another(claim: Facts, claimed: Item, fitting: Sequence[Found[Item]], rival: Found[Item]) -> bool:
    """Return whether the noun after a bare number is the rival's: "240 salariés" of "240 firmes, 3 600 salariés"."""
    if not isinstance(claimed, Quantity) or not claimed.counts:
        return False
    noun = claim.noun_after(claimed.end)
    own = [facts.noun_after(it.end) for facts, it in fitting]
    other = rival[0].noun_after(rival[1].end)
    return bool(noun and other and alike(noun, other)) and not any(one == "" or alike(noun, one) for one in own)


def _neighbours(beside: tuple[frozenset[str], frozenset[str]], item: Found[Item]) -> int:
    """Return how many of the words next to a number stand next to this one, on the same side."""
    facts, it = item
    return sum(len(mine & its) for mine, its in zip(beside, facts.beside(it.start, it.end), strict=True))


def _told_apart(said: frozenset[str], item: Found[Item], others: Sequence[Found[Item]]) -> int:
    """Return how many of the words said belong to this number and to none of the others."""
    facts, it = item
    own = facts.about(it.start, it.end)
    foreign = frozenset().union(*(other.about(its.start, its.end) for other, its in others))
    return sum(any(alike(word, one) for one in said) for word in own if not any(alike(word, two) for two in foreign))


def cut(facts: Facts, item: Quantity | Date | Reference) -> str:
    """Return a number, date or reference as it is written."""
    return facts.text[item.start : item.end]
