"""Evidence to the sentences that answer by themselves, in the order in which they are read.

What is shown together is a group: a sentence, with the one that it goes on from; a row; a list behind its lead. The
best group comes first. Knows nothing of passages or of how a sentence got its worth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag import rows
from rag.reading import FEWEST_WORDS, goes_on
from rag.retrieve import alike
from rag.select import NEAR_BEST, Evidence
from rag.text import collapse, fold
from rag.tongue import is_english
from rag.types import Sentence

# Sentences that are all worth less do not answer: see docs/decisions.md, "A thing asked about, and a least worth".
LEAST = 0.75
# ... and this share behind a whole list that was asked for: other lists of the section are seldom meant too.
LISTED = 0.9
MOST_EXTRACTS = 5
MOST_GROUPS = 4
# Items of a list that are shown together.
MOST_ITEMS = 12
# Items that the question does not tell apart are shown together up to this many, though no list was asked for.
FEW_ITEMS = 6
# A list that no sentence leads in is shown whole up to this many characters: longer ones are numbered paragraphs.
LONGEST_LIST = 1200
# Of the rows of a table, those are shown that name at least this share of what the best one names of the question.
ROW_SHARE = 0.7
# A sentence that has this much of its words and all figures in common with one that is shown says it again.
SAME = 0.9

# what a scan leaves at the ends of a line: "+ Travée 9", "| 19", a quotation mark that nothing closes
_SPECKS_BEFORE = re.compile(r"^(?:[+|~^=_¦¬\\*'`´‘:;,.][ ]+|[|¦_~]+(?=\w)|«\s?(?=[^»]*$)|“(?=[^”]*$))+")
_BULLET = re.compile(r"^[-–—•▪◦●○■□►‣➢✓]\s+")
_SPECKS_AFTER = re.compile(r"(?:\s+[+|~^=_¦¬\\*'`´‘-])+$")


@dataclass(frozen=True, slots=True)
class Extract:
    """A sentence as an answer shows it: `text` is the sentence on one line, the cells of a row behind the names of
    their columns, after what it stands under where no sentence says it."""

    text: str
    sentence: Sentence


def extracts(evidence: Sequence[Evidence], *, lists: bool = False) -> tuple[Extract, ...]:
    """Return the sentences that answer by themselves, none twice, the best first with all that is shown together with
    it; none when even the best is worth little.

    At most five in four groups, a list counts as one. A list is shown whole (up to 12 items) when its lead is chosen,
    when `lists` is set, or when the question names none of its items more than the others; else the items that it
    names. Of the rows of a table only those that name what the question names, when one does.
    """
    lists_of = _lists(evidence)
    led = {found[0]: part for part, found in lists_of.items()}
    speaking = [item for item in _fitting(evidence) if item.kind != "silent" and not _leads_nothing(item, led)]
    best = max((item.worth for item in speaking), default=0.0)
    if best < LEAST:
        return ()
    chosen: list[Sentence] = []
    told: set[str] = set()
    taken = groups = items = 0
    for item in sorted(speaking, key=lambda item: -item.worth):
        if item.worth < (LISTED if lists and items else NEAR_BEST) * best or groups == MOST_GROUPS:
            break
        if _said(item.sentence, chosen) or (item.kind == "item" and item.part in told and not item.own):
            continue
        group, whole = _group(item, evidence, lists_of.get(led.get(item.sentence) or item.part), lists)
        new = [sentence for sentence in group if not _said(sentence, chosen)]
        cost = 1 if whole else len(new)
        items += len(new) if whole else 0
        if taken + cost > MOST_EXTRACTS or (whole and items > MOST_ITEMS + 1):
            break
        told.add(item.part)
        chosen += new
        taken += cost
        groups += 1
    return _shown(chosen, evidence)


def all_said(chosen: Sequence[Extract]) -> str:
    """Return all that extracts say, one a line."""
    return "\n".join(extract.text for extract in chosen)


def _group(
    item: Evidence, evidence: Sequence[Evidence], whole: Sequence[Sentence] | None, lists: bool
) -> tuple[Sequence[Sentence], bool]:
    """Return what is shown together with a sentence, in reading order, and whether it is a list shown `whole`."""
    if whole is not None:
        others = [other for other in evidence if other.kind == "item" and other.part == item.part]
        most = max((other.own for other in others), default=0.0)
        untold = not most and item.lead is not None and len(others) <= FEW_ITEMS
        if lists or item.sentence == whole[0] or untold:
            return whole, True
        named = [
            other.sentence
            for other in sorted(others, key=_place)
            if other is item or (most and other.own >= ROW_SHARE * most)
        ]
        return (*([item.lead] if item.lead and not _short(item.lead) else []), *named), False
    rest = (other.sentence for other in evidence if other.lead == item.sentence and _ends_in(other.sentence, item))
    return [part for part in (item.lead, item.sentence, next(rest, None)) if part is not None], False


def _ends_in(other: Sentence, item: Evidence) -> bool:
    """Return whether a sentence that a page's end breaks ends in another."""
    return item.kind != "row" and goes_on(item.sentence.text, collapse(other.text))


def _short(lead: Sentence) -> bool:
    """Return whether a lead is a word or two, as a heading is ("Lexique :"): items that are picked out of its list are
    shown behind it on one line."""
    return len(lead.text.split()) < FEWEST_WORDS


def _place(item: Evidence) -> tuple[str, int, int]:
    page = item.sentence.page
    return page.source.path, page.number, item.sentence.start


def _leads_nothing(item: Evidence, led: Mapping[Sentence, str]) -> bool:
    """Return whether a sentence announces what is not there: "Il faut fournir :"."""
    return item.kind == "prose" and collapse(item.sentence.text).endswith(":") and item.sentence not in led


def _said(sentence: Sentence, chosen: Sequence[Sentence]) -> bool:
    words = _words(sentence)
    return any(alike(words, _words(other)) >= SAME for other in chosen)


def _words(sentence: Sentence) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", fold(sentence.text)))


def _fitting(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return all but the rows of a table of which another names more of the question: more of its numbers and codes,
    or, when none does, more of its words."""
    tables: dict[str, list[Evidence]] = {}
    for item in evidence:
        if item.kind == "row":
            tables.setdefault(item.part, []).append(item)
    most = {part: max(row.keys for row in rows) for part, rows in tables.items()}
    best = {part: max(row.own for row in rows) for part, rows in tables.items()}
    return [
        item
        for item in evidence
        if item.kind != "row"
        or (item.keys == most[item.part] and (item.keys > 0 or item.own >= ROW_SHARE * best[item.part]))
    ]


def _lists(evidence: Sequence[Evidence]) -> dict[str, tuple[Sentence, ...]]:
    """Return each list, the sentence that leads it in first, by its part; rows of a table are no items."""
    found: dict[str, tuple[Sentence, ...]] = {}
    for item in sorted((item for item in evidence if item.kind == "item"), key=_place):
        found[item.part] = (*found.get(item.part, (item.lead,) if item.lead else ()), item.sentence)
    led = {item.part for item in evidence if item.kind == "item" and item.lead is not None}
    return {
        part: sentences[: MOST_ITEMS + (part in led)]
        for part, sentences in found.items()
        if len(sentences) > 1 + (part in led)
        and (part in led or sum(len(sentence.text) for sentence in sentences) <= LONGEST_LIST)
    }


def _shown(sentences: Sequence[Sentence], evidence: Sequence[Evidence]) -> tuple[Extract, ...]:
    """Return sentences as they are shown: the first of a list or table after what it stands under."""
    known = {item.sentence: item for item in evidence}
    english = _english(sentences, evidence)
    under = ""
    found = []
    for sentence in sentences:
        item = known.get(sentence)
        label = _label(item, sentences) if item is not None else ""
        part = item.part if item is not None else ""
        in_english = sentence.page.source.path in english
        text = as_shown(sentence, english=in_english)
        if label and part != under:
            text = f"{label}{':' if in_english else ' :'} {_BULLET.sub('', text)}"
        found.append(Extract(text, sentence))
        under = part
    return tuple(found)


def _english(sentences: Sequence[Sentence], evidence: Sequence[Evidence]) -> frozenset[str]:
    """Return which of the documents of `sentences` are English, by all that was read of them: a row says too little."""
    texts: dict[str, list[str]] = {sentence.page.source.path: [] for sentence in sentences}
    for item in evidence:
        texts.get(item.sentence.page.source.path, []).append(item.sentence.text)
    return frozenset(path for path, read in texts.items() if is_english(read))


def _label(item: Evidence, sentences: Sequence[Sentence]) -> str:
    """Return what a sentence stands under where no sentence among those shown says it."""
    if item.kind == "item" and item.lead is not None and item.lead not in sentences and _short(item.lead):
        return collapse(item.lead.text).rstrip(" :")
    return item.label


def as_shown(sentence: Sentence, *, english: bool = False) -> str:
    """Return a sentence on one line, without the specks that a scan leaves at its ends; the cells of a row behind the
    names of their columns, where these are known, with the signs of an `english` or a French text."""
    if sentence.cells:
        return rows.shown(sentence, english=english)
    text = collapse(sentence.text)
    return _SPECKS_AFTER.sub("", _SPECKS_BEFORE.sub("", text)) or text
