"""False claims made of the evidence's own words in another order: who does what to whom, what goes before what.

Works on `Facts`. Knows no syntax: a verb is a word that stands directly behind what would be its subject in both texts,
and the claim must have turned both sides round. What a passive says is left alone.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.dates import Date
from rag.facts import Facts
from rag.objection import Objection
from rag.quantities import Quantity
from rag.wording import alike

_STOP = re.compile(r"[.;:!?\n]|,(?!\d)(?! ?qui\b)")
# What may stand between a subject and its verb.
_TO_VERB = re.compile(
    r"^\W*(?:(?:qui|doi\w+|devr\w+|peu\w+|pourr\w+|a|ont|aura|auront|avait|se|s|ne|n|y|en|lui|leur|vous|nous|must|may"
    r"|can|shall|will|has|have)\b\W*)*$"
)
_PASSIVE = re.compile(r"\s+(?:par|by)\b")  # "les comptes présentés par le trésorier"
_BEFORE, _BEHIND = 4, 6  # content words on each side of a verb
_MOST_WORDS = 150  # of one text; the time grows with the square
_WINDOW = 48  # characters before a date
# What stands before it goes first, or holds; what stands behind it does not, or later.
_PIVOTS = re.compile(
    r"\b(?:a defaut|mais (?:non|pas)|et non(?: pas)?|plutot qu[e']|au lieu d[eu']s?|a la place d[eu']s?|rather than"
    r"|en remplacement d[eu']s?|instead of|but not|failing that|in place of)"
)
_FROM_TO = re.compile(r"^\s?(?:a|au|aux|jusqu'au?|to|until)(?: l[ae]s?)?\s?$")
_FROM = re.compile(r"\b(?:d[eu]s?|from)\s(?:l[ae]s?\s)?$")
_BEGINS = re.compile(
    r"\b(?:commenc\w*|debut\w*|a (?:compter|partir) d\w+|prend effet|entr\w+ en vigueur|ouvr\w+|begins?|starts?)"
    r"\W[^.;,]{0,20}$"
)
_ENDS = re.compile(r"\b(?:fin|expir\w*|termin\w*|acheve\w*|echeance|jusqu'au?|cess\w+|ends?|until)\W[^.;,]{0,20}$")


_MOVES = re.compile(
    r"\b(?:port\w+|pass\w+|relev\w+|augment\w+|ramen\w+|baiss\w+|redui\w+|diminu\w+|raised|increased|reduced|goes)\s+"
    r"(?:\w+\s+)?(?:d[eu]s?|from)\s(?:l[ae]s?\s)?$"
)
_PAST = re.compile(
    r"\b(?:avant|etai\w+|valai\w+|s'elevai\w+|ancien\w*|precedemment|auparavant|jusqu'\w+|au lieu|contre|was|were"
    r"|before|formerly|until)\b"
)
_TO_WHOM = re.compile(
    r"\b(?:est|sont|sera|seront|etre|is|are)\s+(?:\w+\s+)?(?P<verb>\w+(?:ee?s?|ise?s?))\s+"
    r"(?:aux?|a la|a l'|to(?: the)?)\s?"
)


_BY_WHOM = re.compile(
    r"\b(?:est|sont|sera|seront|ete|etre|is|are|be)\s+(?:\w+\s+)?(?P<verb>\w+(?:e|i|u|is|it|ed)e?s?)\s+(?:[^,;.]{0,30}\s)?"
    r"(?:par|by)\s(?:l[ae]s?\s|l'|une?\s|the\s|an?\s)?"
)
_NOUN = re.compile(r"(?:^|[^\w])(?:l[ae]s?\s|l'|une?\s|des\s|chaque\s|tout\s|the\s|an?\s|,\s)$")


@dataclass(frozen=True, slots=True)
class _Item:
    """A content word or a reference at `[start, end)`."""

    stem: str
    start: int
    end: int


def objections(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection when a claim says the other way round what the evidence says."""
    for facts in evidence:
        yield from _roles(claim, facts)
        yield from _around_pivot(claim, facts)
        yield from _from_to(claim.quantities, facts.quantities, claim, facts)
        yield from _from_to(claim.dates, facts.dates, claim, facts)
        yield from _begun_or_ended(claim, facts)
        yield from _went_back(claim, facts)
        yield from _received(claim, facts)
    yield from _other_subject(claim, evidence)


def _items(facts: Facts) -> list[_Item]:
    found = [_Item(word.stem, word.start, word.end) for word in facts.words]
    found += [_Item(it.id, it.start, it.end) for it in facts.references]
    return sorted(found, key=lambda item: item.start)


def _roles(claim: Facts, facts: Facts) -> Iterator[Objection]:
    theirs = list(_verbs(facts))
    for left, verb, right in _verbs(claim):
        for other_left, other, other_right in theirs:
            if not alike(verb.stem, other.stem):
                continue
            gone = _only_in(left, other_right, other_left)
            come = _only_in(other_left, right, left)
            if gone and come and not _only_in(left, other_left, ()):
                yield Objection("subject", _slice(claim, gone[0]), _slice(facts, come[-1]))
                return


def _verbs(facts: Facts) -> Iterator[tuple[list[_Item], _Item, list[_Item]]]:
    """Yield each word that may be a verb, with the words of its clause before and behind it."""
    bounds = [0, *(match.end() for match in _STOP.finditer(facts.plain)), len(facts.plain) + 1]
    for part in _parts(_items(facts)[:_MOST_WORDS], bounds):
        for place in range(1, len(part) - 1):
            verb = part[place]
            between = facts.plain[part[place - 1].end : verb.start]
            if _TO_VERB.search(between) and not _PASSIVE.match(facts.plain, verb.end):
                yield part[max(0, place - _BEFORE) : place], verb, part[place + 1 : place + 1 + _BEHIND]


def _parts(items: Sequence[_Item], bounds: Sequence[int]) -> Iterator[list[_Item]]:
    """Yield the items of each part of a text that has any."""
    places = [bisect(bounds, item.start) for item in items]
    for place in dict.fromkeys(places):
        yield [item for item, own in zip(items, places, strict=True) if own == place]


def _only_in(mine: Sequence[_Item], others: Sequence[_Item], neither: Sequence[_Item]) -> list[_Item]:
    """Return what of `mine` is among `others` and not in `neither`."""
    return [
        item
        for item in mine
        if any(alike(item.stem, it.stem) for it in others) and not any(alike(item.stem, it.stem) for it in neither)
    ]


def _around_pivot(claim: Facts, facts: Facts) -> Iterator[Objection]:
    mine, its = _PIVOTS.search(claim.plain), _PIVOTS.search(facts.plain)
    if mine is None or its is None or mine.group() != its.group():
        return
    left, right = _sides(claim, mine)
    other_left, other_right = _sides(facts, its)
    gone, come = _only_in(left, other_right, other_left), _only_in(right, other_left, other_right)
    if gone and come and not _only_in(right, other_right, other_left):
        yield Objection("subject", _slice(claim, gone[-1]), _slice(facts, _only_in(other_left, right, other_right)[-1]))


def _sides(facts: Facts, pivot: re.Match[str]) -> tuple[list[_Item], list[_Item]]:
    items = _items(facts)
    return [it for it in items if it.end <= pivot.start()], [it for it in items if it.start >= pivot.end()]


def _from_to(
    mine: Sequence[Quantity | Date], its: Sequence[Quantity | Date], claim: Facts, facts: Facts
) -> Iterator[Objection]:
    """Yield an objection when "de 1,5 % à 1,8 %" has become "de 1,8 % à 1,5 %"."""
    known = {(_value(one), _value(two)) for one, two in _ranges(its, facts)}
    for one, two in _ranges(mine, claim):
        if (_value(two), _value(one)) in known and (_value(one), _value(two)) not in known:
            yield Objection("subject", claim.text[one.start : two.end], facts.text[its[0].start : its[-1].end])
            return


def _ranges(items: Sequence[Quantity | Date], facts: Facts) -> Iterator[tuple[Quantity | Date, Quantity | Date]]:
    for one, two in pairwise(items):
        if _FROM_TO.search(facts.plain[one.end : two.start]) and _FROM.search(
            facts.plain[max(0, one.start - 12) : one.start]
        ):
            yield one, two


def _value(item: Quantity | Date) -> tuple[object, ...]:
    return (item.value, item.unit) if isinstance(item, Quantity) else (item.month, item.day)


def _begun_or_ended(claim: Facts, facts: Facts) -> Iterator[Objection]:
    """Yield an objection when a range's first day has become its last."""
    for one, two in _ranges(facts.dates, facts):
        assert isinstance(one, Date) and isinstance(two, Date)
        for date in claim.dates:
            before = claim.plain[max(0, date.start - _WINDOW) : date.start]
            wrong = (two.agrees(date) and not one.agrees(date) and _BEGINS.search(before)) or (
                one.agrees(date) and not two.agrees(date) and _ENDS.search(before)
            )
            if wrong:
                yield Objection("date", claim.text[date.start : date.end], facts.text[one.start : two.end])
                return


def _moves(facts: Facts) -> Iterator[tuple[Quantity, Quantity]]:
    """Yield what a number was and what it becomes: "est porté de 5,92 € à 6,04 €"."""
    for one, two in _ranges(facts.quantities, facts):
        if isinstance(one, Quantity) and isinstance(two, Quantity) and _MOVES.search(facts.plain, 0, one.start):
            yield one, two


def _went_back(claim: Facts, facts: Facts) -> Iterator[Objection]:
    """Yield an objection when a claim gives what a number was before for what it is now."""
    if _PAST.search(claim.plain):
        return
    for old, new in _moves(facts):
        mine = [it for it in claim.quantities if _value(it) == _value(old)]
        if mine and not any(_value(it) == _value(new) for it in claim.quantities):
            yield Objection("subject", claim.text[mine[0].start : mine[0].end], facts.text[old.start : new.end])
            return


def states_the_past(claim: Facts, evidence: Sequence[Facts]) -> bool:
    """Return whether a claim says of a number that changed what it was before."""
    olds = {_value(old) for facts in evidence for old, _ in _moves(facts)}
    return bool(_PAST.search(claim.plain)) and any(_value(it) in olds for it in claim.quantities)


def _received(claim: Facts, facts: Facts) -> Iterator[Objection]:
    """Yield an objection when who receives ("est adressée aux membres") has become who sends."""
    for passive in _TO_WHOM.finditer(facts.plain):
        whom = facts.noun_after(passive.end())
        known = [word.stem for word in facts.words if word.end <= passive.end()]
        verb = next((word.stem for word in facts.words if word.start == passive.start("verb")), "")
        for left, mine, _ in _verbs(claim):
            active = claim.plain[left[-1].end : mine.start].strip() == ""
            if active and verb and alike(mine.stem, verb) and whom and alike(left[-1].stem, whom) and whom not in known:
                yield Objection("subject", claim.text[left[-1].start : mine.end], facts.text[slice(*passive.span())])
                return


def _other_subject(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection when another does what the evidence says that somebody does, whom the claim leaves out."""
    if any(marker.force in ("not", "forbidden", "optional") for marker in claim.markers):
        return
    theirs = [(facts, who, verb, right) for facts in evidence for who, verb, right in _doers(facts)]
    words, said = [it for facts in evidence for it in _items(facts)], _items(claim)
    for left, mine, right in _verbs(claim):
        if not _NOUN.search(claim.plain, 0, left[-1].start) or len(right) == 0:
            continue
        same = [
            (facts, who, verb)
            for facts, who, verb, about in theirs
            if alike(verb.stem, mine.stem) and any(alike(one.stem, two.stem) for one in right for two in about)
        ]
        known = any(alike(left[-1].stem, who.stem) for _, who, _ in same)
        new = not any(alike(left[-1].stem, it.stem) for it in words)
        does_else = any(alike(left[-1].stem, who.stem) for _, who, _, _ in theirs)
        gone = [item for item in same if not any(alike(item[1].stem, it.stem) for it in said)]
        if same and not known and (new or does_else) and len(gone) == len(same):
            facts, who, _ = gone[0]
            yield Objection("subject", claim.text[left[-1].start : mine.end], _slice(facts, who))
            return


def _doers(facts: Facts) -> Iterator[tuple[_Item, _Item, list[_Item]]]:
    """Yield who does what to what: of "le conseil adopte le budget" and of "le budget est adopté par le conseil"."""
    for left, verb, right in _verbs(facts):
        if _NOUN.search(facts.plain, 0, left[-1].start):
            yield left[-1], verb, [*right, *left[:-1]]
    items = _items(facts)
    for passive in _BY_WHOM.finditer(facts.plain):
        who = next((it for it in items if passive.end() <= it.start <= passive.end() + 2), None)
        done = next((it for it in items if it.start == passive.start("verb")), None)
        if who and done:
            yield who, done, [it for it in items if it.end <= done.start][-_BEFORE:]


def _slice(facts: Facts, item: _Item) -> str:
    return facts.text[item.start : item.end]
