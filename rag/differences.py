"""What differs between two documents: sentences added, removed, changed or moved, and which figures changed.

Deterministic, read from the stored sentences; each side is one of them, with its page and boxes. Knows nothing of
versions, of language models or of how a difference is shown; `REQUEST` is what a model is asked about them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from rag.align import Pair, align, words
from rag.dates import Date
from rag.facts import Facts, read
from rag.quantities import Quantity
from rag.store import Generation
from rag.text import collapse, fold
from rag.types import Language, Sentence, Source

Kind = Literal["added", "removed", "changed", "moved"]
Figure = Literal["amount", "rate", "date", "duration", "measure", "number"]
FIGURES: tuple[Figure, ...] = ("amount", "rate", "date", "duration", "measure", "number")
REQUEST: dict[Language, str] = {
    "fr": "Qu'est-ce qui a changé entre l'ancien document et le nouveau ? Une phrase courte par changement.",
    "en": "What changed between the old document and the new one? One short sentence for each change.",
}
MARGIN = 0.07  # share of a page's height at its top and bottom where running heads stand
RUNNING = 3  # pages on which a line with the page's own number makes it a running head
SHOWN_TO_MODEL = 16  # changes, those with figures first
_UNITS: dict[str, Figure] = {
    "€": "amount", "%": "rate", "‰": "rate", "point": "rate", "mois": "duration", "h": "duration", "s": "duration",
    "": "number", "fois": "number",
}  # fmt: skip
_TOKEN = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a sentence, and whether the other one has it too."""

    text: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """A figure as it stands before and after; "" where there is none."""

    kind: Figure
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `old` None: added, `new` None: removed. `section` is the innermost heading in the document that
    has it, the new one first; the runs make up the text of each side; a `heading` opens a section of its own."""

    kind: Kind
    old: Sentence | None
    new: Sentence | None
    section: str
    old_runs: tuple[Run, ...] = ()
    new_runs: tuple[Run, ...] = ()
    figures: tuple[Changed, ...] = ()
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Differences:
    """All differences in the order of the new document; `same` counts the sentences that stand in both."""

    old: Source
    new: Source
    changes: tuple[Change, ...]
    same: int
    generation: str

    def count(self, kind: Kind, *, heading: bool) -> int:
        """Return how many sentences, or headings, are of a kind."""
        return sum(change.kind == kind and change.heading == heading for change in self.changes)

    @property
    def figures(self) -> dict[Figure, int]:
        """How many figures changed, by kind, those of which none did left out."""
        found = Counter(figure.kind for change in self.changes for figure in change.figures if change.kind == "changed")
        return {kind: found[kind] for kind in FIGURES if found[kind]}

    def telling(self) -> tuple[Sentence, ...]:
        """Return the sentences that a model is shown: both sides of the changes that matter most, in order."""
        ranked = sorted(
            (change for change in self.changes if change.kind != "moved" and not change.heading),
            key=lambda change: (not change.figures, change.kind != "changed"),
        )
        kept = set(map(id, ranked[:SHOWN_TO_MODEL]))
        return tuple(
            side
            for change in self.changes
            if id(change) in kept
            for side in (change.old, change.new)
            if side is not None
        )


@dataclass(frozen=True, slots=True)
class _Item:
    sentence: Sentence
    words: tuple[str, ...]
    section: str
    heading: bool


def differences(generation: Generation, old: str, new: str) -> Differences:
    """Return the differences between two documents of a generation, both of which must be there."""
    before, after = _items(generation, old), _items(generation, new)
    pairs = align([item.words for item in before], [item.words for item in after])
    changes = tuple(change for pair in pairs if (change := _change(pair, before, after)) is not None)
    return Differences(
        _source(generation, old), _source(generation, new), changes, sum(pair.equal for pair in pairs), generation.id
    )


def _source(generation: Generation, path: str) -> Source:
    page = generation.documents.page(path, 1)
    assert page is not None, path
    return page.source


def _items(generation: Generation, path: str) -> list[_Item]:
    """Return the sentences of a document, each once, without running heads and what has no word."""
    found: dict[tuple[int, int], _Item] = {}
    for row in generation.rows(path):
        chunk = generation.documents.chunk(row)
        headings = {fold(collapse(title)) for title in chunk.heading}
        section = collapse(chunk.heading[-1]) if chunk.heading else ""
        for sentence in chunk.sentences:
            said = words(sentence.text)
            if said and not _in_margin(sentence):
                is_heading = fold(collapse(sentence.text)) in headings
                found.setdefault((sentence.page.number, sentence.start), _Item(sentence, said, section, is_heading))
    pages: dict[str, set[int]] = defaultdict(set)
    for item in found.values():
        if head := _head(item):
            pages[head].add(item.sentence.page.number)
    return [item for item in found.values() if len(pages[_head(item)]) < RUNNING]


def _head(item: _Item) -> str:
    """Return a line that bears the number of its page, without its figures; "" for any other."""
    number = str(item.sentence.page.number)
    if not any(word.partition("/")[0] == number for word in item.words):
        return ""
    return " ".join(word for word in item.words if not word[0].isdigit()) or "#"


def _in_margin(sentence: Sentence) -> bool:
    """Return whether a line stands where running heads and page numbers do, and is no sentence."""
    height = sentence.page.height
    low, high = MARGIN * height, (1 - MARGIN) * height
    outside = all(y1 <= low or y0 >= high for _, y0, _, y1 in sentence.boxes)
    return bool(sentence.boxes) and outside and not sentence.text.rstrip().endswith((".", ";", ":", "!", "?"))


def _change(pair: Pair, before: Sequence[_Item], after: Sequence[_Item]) -> Change | None:
    old = before[pair.old] if pair.old is not None else None
    new = after[pair.new] if pair.new is not None else None
    item = new or old
    if item is None or (pair.equal and not pair.moved):
        return None
    one = old.sentence if old is not None else None
    other = new.sentence if new is not None else None
    if pair.equal:
        return Change("moved", one, other, item.section, heading=item.heading)
    if old is None or new is None:
        runs = (Run(collapse(item.sentence.text), changed=True),)
        if new is None:
            return Change("removed", one, other, item.section, old_runs=runs, heading=item.heading)
        return Change("added", one, other, item.section, new_runs=runs, heading=item.heading)
    old_runs, new_runs = _runs(old.sentence.text, new.sentence.text)
    figures = tuple(_figures(read(collapse(old.sentence.text)), read(collapse(new.sentence.text))))
    return Change("changed", one, other, item.section, old_runs, new_runs, figures, item.heading)


def _runs(old: str, new: str) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """Return both texts in pieces, by which of their words the other does not have at that place."""
    one, other = _TOKEN.findall(old), _TOKEN.findall(new)
    match = SequenceMatcher(None, [_bare(token) for token in one], [_bare(token) for token in other], autojunk=False)
    sides: tuple[list[Run], list[Run]] = ([], [])
    for kind, a, b, c, d in match.get_opcodes():
        for side, tokens in zip(sides, (one[a:b], other[c:d]), strict=True):
            if tokens:
                side.append(Run(" ".join(tokens), kind != "equal"))
    return tuple(sides[0]), tuple(sides[1])


def _bare(token: str) -> str:
    return fold(token).strip('.,;:!?()«»"“”') or token


def _figures(old: Facts, new: Facts) -> Iterator[Changed]:
    """Yield the figures of each side that the other lacks, paired within their kind in the order of the text."""
    for kind in FIGURES:
        gone, come = _of(kind, old), _of(kind, new)
        lost = _lacking(gone, come)
        won = _lacking(come, gone)
        for place in range(max(len(lost), len(won))):
            yield Changed(kind, lost[place] if place < len(lost) else "", won[place] if place < len(won) else "")


def _of(kind: Figure, facts: Facts) -> list[tuple[object, str]]:
    """Return the figures of a kind with what makes two of them the same."""
    found: list[tuple[object, str]] = []
    stated: tuple[Date | Quantity, ...] = (*facts.dates, *facts.quantities)
    for item in stated:
        if _kind(item) == kind:
            same = (item.year, item.month, item.day) if isinstance(item, Date) else (item.value, item.unit, item.per)
            found.append((same, facts.text[item.start : item.end].strip()))
    return found


def _kind(item: Date | Quantity) -> Figure:
    if isinstance(item, Date):
        return "date"
    if item.unit.startswith("jour"):
        return "duration"
    return _UNITS.get(item.unit, "measure")


def _lacking(mine: Sequence[tuple[object, str]], others: Sequence[tuple[object, str]]) -> list[str]:
    left = Counter(same for same, _ in others)
    lacking: list[str] = []
    for same, text in mine:
        if left[same]:
            left[same] -= 1
        else:
            lacking.append(text)
    return lacking
