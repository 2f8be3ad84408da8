"""Are the numbers, dates and references of a claim those of its evidence, and said of the same thing?

Works on `Facts`. A number is compared with its unit; it must not be one that the evidence gives to something else
that the claim names. Knows nothing of words without numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag import rows
from rag.bounds import bound
from rag.brackets import amount_for, lies_in_one
from rag.dates import Date
from rag.facts import Facts
from rag.objection import Objection
from rag.order import states_the_past
from rag.quantities import Quantity
from rag.references import Reference
from rag.rivals import Found, Item, cut, of_something_else
from rag.wording import alike

_RANK = "rang"
_RANK_END = re.compile(r"\s?(?:e|eme|er|ere|re|nd|nde|st|rd|th)\b")
_EXAMPLE = re.compile(r"\W*(?:(?:par |a titre d')?exemples?|for example|e\.g\.)\b")
_CODE = re.compile(r"\b[a-z]{1,3}\d+$")
_OPPOSITE = {"most": "least", "least": "most", "before": "after", "after": "before"}


def objections(claim: Facts, evidence: Sequence[Facts], question: Facts, titles: Facts) -> Iterator[Objection]:
    """Yield what speaks against the figures of a claim."""
    for reference in claim.references:
        yield from _reference(claim, reference, evidence, (question, titles))
    for date in claim.dates:
        yield from _date(claim, date, evidence, question)
    for quantity in claim.quantities:
        yield from _quantity(claim, quantity, evidence, question)


def _reference(
    claim: Facts, claimed: Reference, evidence: Sequence[Facts], settings: Sequence[Facts]
) -> Iterator[Objection]:
    known = [(facts, it) for facts in (*evidence, *settings) for it in facts.references]
    if any(it.covers(claimed) for _, it in known):
        return
    alike_kind = [(facts, it) for facts, it in known if it.kind == claimed.kind]
    bare = {quantity.raw for facts in evidence for quantity in facts.quantities if not quantity.unit}
    named = any(it.kind == claimed.kind for facts in evidence for it in facts.references)
    if not named and (claimed.id in bare or claimed.id in _years(evidence)):
        return  # a row gives the number under a heading "Coefficient"
    instead = cut(*alike_kind[0]) if alike_kind else ""
    yield Objection("reference", cut(claim, claimed), instead)


def _years(evidence: Sequence[Facts]) -> set[str]:
    return {str(date.year) for facts in evidence for date in facts.dates if date.year}


def _date(claim: Facts, claimed: Date, evidence: Sequence[Facts], question: Facts) -> Iterator[Objection]:
    known = [(facts, date) for facts in evidence for date in facts.dates]
    fitting = [(facts, date) for facts, date in known if _says(date, claimed, (*evidence, question))]
    if not fitting and any(_says(date, claimed, (*evidence, question)) for date in question.dates):
        return
    if not fitting:
        near = max(known, key=lambda item: _likeness(item[1], claimed), default=None)
        yield Objection("date", cut(claim, claimed), cut(*near) if near else "")
        return
    others = [(facts, date) for facts, date in known if not _says(date, claimed, evidence)]
    yield from of_something_else(claim, claimed, fitting, others, question, len(claim.dates))
    yield from _other_bound(claim, claimed, fitting)


def _says(date: Date, claimed: Date, texts: Sequence[Facts]) -> bool:
    """Return whether a date is the one claimed; a part it leaves out must be said elsewhere."""
    if not date.agrees(claimed):
        return False
    elsewhere = frozenset().union(*(facts.readings for facts in texts))
    missing = [part for part, its in ((claimed.year, date.year), (claimed.day, date.day)) if part and its is None]
    return all(str(part) in elsewhere for part in missing)


def _likeness(date: Date, claimed: Date) -> int:
    return sum((date.year == claimed.year, date.month == claimed.month, date.day == claimed.day))


def _quantity(claim: Facts, claimed: Quantity, evidence: Sequence[Facts], question: Facts) -> Iterator[Objection]:
    in_rows = rows.verdict(claim, claimed, evidence)
    if in_rows == "fits" or _stands_in_code(claim, claimed, evidence):
        return
    if isinstance(in_rows, rows.Elsewhere):
        yield Objection("subject", cut(claim, claimed), in_rows.value)
        return
    known = [(facts, quantity) for facts in evidence for quantity in facts.quantities]
    fitting = [(facts, quantity) for facts, quantity in known if _same(claimed, quantity)]
    rivals = [(facts, quantity) for facts, quantity in known if _rival(facts, claimed, quantity)]
    bracketed = [(facts, it) for facts in evidence if claimed.unit and (it := amount_for(claim, claimed, facts))]
    if fitting and bracketed:
        if all(it.value != claimed.value for _, it in bracketed):
            yield Objection("subject", cut(claim, claimed), cut(*bracketed[0]))
        return
    if fitting and all(_an_example(facts, it) for facts, it in fitting) and not _EXAMPLE.search(claim.plain):
        facts, it = fitting[0]
        yield Objection("modality", cut(claim, claimed), facts.text[: max(it.end, 40)])
        return
    if fitting:
        count = sum(quantity.same_unit(claimed) for quantity in claim.quantities)
        yield from of_something_else(claim, claimed, fitting, rivals, question, count)
        yield from _other_bound(claim, claimed, fitting)
        return
    if any(_same(claimed, quantity) for quantity in question.quantities) or _read_generously(claimed, evidence):
        return
    if any(lies_in_one(claimed, claim, facts) for facts in evidence):
        return
    yield from _other_rank(claim, claimed, known)
    if (claimed.article or claimed.unit == _RANK) and not rivals:
        yield from _other_one(claim, claimed, known)
        return
    same_number = [(facts, quantity) for facts, quantity in known if quantity.raw == claimed.raw and quantity.unit]
    near = _nearest(claim, claimed, same_number or [item for item in rivals if item[1].unit])
    yield Objection("number", cut(claim, claimed), cut(*near) if near else "")


def _an_example(facts: Facts, it: Quantity) -> bool:
    """Return whether a number is that of an example, which says nothing of what the rule gives."""
    opening = _EXAMPLE.match(facts.plain)
    return opening is not None and bool(it.unit) and "=" in facts.plain[opening.end() :]


def _stands_in_code(claim: Facts, claimed: Quantity, evidence: Sequence[Facts]) -> bool:
    """Return whether a number is the end of a code that the evidence has: the 8 of "E8"."""
    code = _CODE.search(claim.plain, 0, claimed.end)
    if code is None or code.start() >= claimed.start:
        return False
    return any(re.search(rf"\b{code.group()}\b", facts.plain) for facts in evidence)


def _other_rank(claim: Facts, claimed: Quantity, known: Sequence[Found[Quantity]]) -> Iterator[Objection]:
    """Yield an objection when "le 6e mois" has become "le troisième mois"."""
    noun = claim.noun_after(claimed.end)
    if claimed.unit != _RANK or not noun:
        return
    for facts, it in known:
        end = _RANK_END.match(facts.plain, it.end)
        after = facts.noun_after(end.end() if end else it.end)
        if (it.unit == _RANK or (it.counts and end)) and after and alike(noun, after):
            yield Objection("number", cut(claim, claimed), cut(facts, it))
            return


def _other_one(claim: Facts, claimed: Quantity, known: Sequence[Found[Quantity]]) -> Iterator[Objection]:
    """Yield an objection when "un mois" has become "une semaine": the evidence has the former, and no week."""
    unit = cut(claim, claimed).split()[-1]
    others = [
        (facts, it) for facts, it in known if it.article and it.unit == claimed.unit and it.value != claimed.value
    ]
    others += [(facts, it) for facts, it in known if it.article and it.unit != claimed.unit]
    if claimed.article and others and not any(unit in facts.text for facts, _ in known):
        yield Objection("number", cut(claim, claimed), cut(*others[0]))


def _same(claimed: Quantity, known: Quantity) -> bool:
    if _RANK in (claimed.unit, known.unit) and not (claimed.unit and known.unit):
        return claimed.raw == known.raw  # "année 2" is the second one
    if claimed.unit and known.unit:
        other_period = claimed.per and known.per and claimed.per != known.per
        return claimed.same_unit(known) and claimed.value == known.value and not other_period
    if claimed.unit:
        return not known.counts and claimed.raw.lstrip("-") == known.raw  # a bare number has no sign
    return claimed.raw == known.raw and not (claimed.counts and known.unit)


def _rival(facts: Facts, claimed: Quantity, known: Quantity) -> bool:
    """Return whether the evidence could have meant this number instead: of the same kind, another value."""
    if claimed.unit and not known.unit:
        return facts.tabular and not known.counts and claimed.raw != known.raw
    alike_kind = claimed.same_unit(known) and _is_year(claimed) == _is_year(known)
    other_period = bool(claimed.per and known.per and claimed.per != known.per)
    return alike_kind and (claimed.value != known.value or other_period)


def _is_year(quantity: Quantity) -> bool:
    return not quantity.unit and len(quantity.raw) == 4 and quantity.raw[:2] in ("18", "19", "20")


def _read_generously(claimed: Quantity, evidence: Sequence[Facts]) -> bool:
    """Return whether the number stands in the evidence in a way that has no unit: in words, in a date, in a row whose
    columns may be one number or several."""
    bare = [quantity for facts in evidence for quantity in facts.quantities if not quantity.unit]
    loose = {part for quantity in bare for part in quantity.parts}
    if claimed.raw in loose or (claimed.parts and {quantity.raw for quantity in bare} | loose >= set(claimed.parts)):
        return True
    return (
        not claimed.unit
        and any(claimed.raw in facts.readings for facts in evidence)
        and not (
            claimed.counts
            and any(claimed.raw == q.raw and q.unit not in ("", _RANK) for facts in evidence for q in facts.quantities)
        )
    )


def _other_bound(claim: Facts, claimed: Item, fitting: Sequence[Found[Item]]) -> Iterator[Objection]:
    mine = bound(claim.plain, claimed.start, claimed.end)
    if mine == "before" and states_the_past(claim, [facts for facts, _ in fitting]):
        return
    theirs = {bound(facts.plain, it.start, it.end) for facts, it in fitting}
    if mine and theirs == {_OPPOSITE[mine]}:
        facts, it = fitting[0]
        yield Objection("bound", _around(claim, claimed), _around(facts, it))


def _nearest(claim: Facts, claimed: Quantity, known: Sequence[Found[Quantity]]) -> Found[Quantity] | None:
    said = claim.said_apart_from(claimed.start, claimed.end)
    return max(known, key=lambda item: len(said & item[0].about(item[1].start, item[1].end)), default=None)


def _around(facts: Facts, item: Quantity | Date) -> str:
    """Return a number with the limit that stands before or after it."""
    start = max(0, item.start - 24)
    start = facts.text.find(" ", start, item.start) + 1 if start else 0
    end = facts.text.find(" ", min(item.end + 10, len(facts.text)))
    return " ".join(facts.text[start : end if end > 0 else len(facts.text)].split()).strip(" ,;.")
