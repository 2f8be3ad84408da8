"""What a table says: is a number of a claim that of the row and of the column which the claim names?

A row is read as it is shown, its cells behind the names of their columns ("Coefficient : 230 ; Mensuel : 2 168,30").
Pure, works on `Facts`. Knows nothing of numbers outside of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rag.facts import Facts, read
from rag.quantities import Quantity
from rag.text import analyse
from rag.types import Sentence
from rag.wording import alike

_BETWEEN, _BEHIND, _UNDER = " ; ", " : ", " – "
# Words of a limit are another matter (`rag.bounds`): a claim may say them otherwise.
_OF_LIMITS = frozenset("minimum maximum minimal maximal moin plus".split())
# A cell with more words is a text of its own and names no row.
_LONGEST_KEY = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a column: `words` are those of its title, numbers among them."""

    words: frozenset[str]
    value: Facts

    @property
    def numbers(self) -> tuple[Quantity, ...]:
        """The numbers in it, none when it is a name or a code ("E8")."""
        return () if any(map(str.isalpha, self.value.plain[:1])) else self.value.quantities

    def holds(self, claimed: Quantity) -> bool:
        """Return whether the number is this cell's."""
        return any(
            it.raw == claimed.raw or (it.unit and it.same_unit(claimed) and it.value == claimed.value)
            for it in self.numbers
        )


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The cell that a claim should have taken its number from."""

    value: str


Row = tuple[Cell, ...]
Verdict = Elsewhere | Literal["fits", ""]
"""Whether a number is that of the row and column named; "" where the tables do not tell."""


def shown(sentence: Sentence, *, english: bool = False) -> str:
    """Return a row as it is shown, its cells behind the names of their columns; any other sentence as it stands. An
    `english` one has no space before its signs; only the French form is read by `verdict`."""
    behind, between = (_BEHIND.lstrip(), _BETWEEN.lstrip()) if english else (_BEHIND, _BETWEEN)
    named = (f"{title}{behind}{value}" if title else value for title, value in sentence.cells)
    return between.join(named) or sentence.text


def verdict(claim: Facts, claimed: Quantity, evidence: Sequence[Facts]) -> Verdict:
    """Return what the rows among the evidence say of a number of the claim."""
    rows = [row for facts in evidence if (row := _row(facts.text))]
    if any(_is_key(row, claimed) and _named(row, claim) for row in rows):
        return "fits"
    holding = [(row, cell) for row in rows for cell in row[1:] if cell.holds(claimed)]
    if not holding:
        return ""
    named = [row for row in rows if _named(row, claim)]
    mine = [(row, cell) for row, cell in holding if row in named]
    if named and not mine:
        return _other_row(holding, named)
    said = _said(claim, claimed)
    others = [_other_column(row, cell, said) for row, cell in mine or holding]
    if all(others):
        return Elsewhere(next(other.value.text for other in others if other))
    return "fits" if mine else ""


def _other_row(holding: Iterable[tuple[Row, Cell]], named: Sequence[Row]) -> Verdict:
    columns = [cell.words for _, cell in holding]
    for row in named:
        for cell in row[1:]:
            if cell.words in columns and cell.numbers:
                return Elsewhere(cell.value.text)
    return ""


def _other_column(row: Row, cell: Cell, said: frozenset[str]) -> Cell | None:
    """Return the cell of a row whose title the claim names and that of `cell` it does not, None when there is none."""
    for other in row[1:]:
        if other is cell or not other.numbers or other.value.text == cell.value.text:
            continue
        if _any(other.words - cell.words, said) and not _any(cell.words - other.words, said):
            return other
    return None


def _any(words: Iterable[str], said: Iterable[str]) -> bool:
    known = tuple(said)
    return any(alike(word, one) for word in words for one in known)


def _said(claim: Facts, claimed: Quantity) -> frozenset[str]:
    """Return the words and numbers that a claim says of one of its numbers, its period among them."""
    alone = sum(1 for it in claim.quantities if it.same_unit(claimed)) == 1
    place = claimed.start, claimed.end
    said = claim.said_apart_from(*place) if alone else claim.about(*place)
    return said | frozenset(analyse(claimed.per))


def _is_key(row: Row, claimed: Quantity) -> bool:
    return any(it.raw == claimed.raw for it in row[0].value.quantities)


def _named(row: Row, claim: Facts) -> bool:
    """Return whether a claim names what a row is of: all that stands in its first cell."""
    key = row[0].value
    stems = claim.stems
    # "coefficient 230" is a reference
    figures = {it.raw for it in claim.quantities} | {it.id.split()[-1] for it in claim.references}
    return (
        0 < len(key.plain.split()) <= _LONGEST_KEY
        and all(_any((word.stem,), stems) for word in key.words if word.stem not in _OF_LIMITS)
        and all(it.raw in figures for it in key.quantities)
        and bool(key.words or key.quantities)
    )


@lru_cache(maxsize=256)
def _row(text: str) -> Row:
    """Return the cells of a row that is written behind its titles, () for any other text."""
    cells = tuple(_cells(text))
    return cells if len(cells) > 1 and any(cell.numbers for cell in cells[1:]) else ()


def _cells(text: str) -> Iterator[Cell]:
    for part in text.split(_BETWEEN):
        title, behind, value = part.rpartition(_BEHIND)
        if not behind:
            return
        own = read(title.rpartition(_BEHIND)[2].rpartition(_UNDER)[2])
        yield Cell(own.stems | {it.raw for it in own.quantities}, read(value))
