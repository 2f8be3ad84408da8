"""What stands in the cells of a table's row, and what their columns are called. Pure; geometry only.

Gives nothing rather than a guess: a figure under the wrong name is worse than a row as it is printed. Does *not* know
which lines are rows or heads (`ingest/tables.py`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.layout import ALIGNED, cell_words
from rag.text import collapse
from rag.types import Line, Page, Sentence

MOST = 14
"""Cells of a row; what has more is no table that could be read out."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A text and where it stands, in points from the left."""

    x0: float
    x1: float
    text: str

    def over(self, other: Cell) -> bool:
        """Return whether both share some width."""
        return self.x0 < other.x1 and other.x0 < self.x1

    def flush(self, other: Cell) -> bool:
        """Return whether both are set under each other, flush left, flush right or centred."""
        middles = abs(self.x0 + self.x1 - other.x0 - other.x1) / 2
        return min(abs(self.x0 - other.x0), abs(self.x1 - other.x1), middles) <= ALIGNED


def lines_of(page: Page, sentence: Sentence) -> Sequence[Line]:
    """Return the lines that begin within a sentence."""
    starts = [line.words[0].start for line in page.lines]
    return page.lines[bisect_left(starts, sentence.start) : bisect_left(starts, sentence.end)]


def row_cells(page: Page, sentence: Sentence) -> tuple[Cell, ...]:
    """Return the cells of a row, from left to right; () where its lines do not agree on them."""
    found: list[Cell] = []
    for line in lines_of(page, sentence):
        cells = _cells(page, line)
        if not found:
            found = cells
            continue
        for cell in cells:
            at = [place for place, above in enumerate(found) if above.over(cell)]
            if len(at) != 1:
                return ()
            found[at[0]] = _joined(found[at[0]], cell)
    return tuple(found) if 2 <= len(found) <= MOST else ()


def head_cells(page: Page, sentences: Sequence[Sentence]) -> tuple[Cell, ...]:
    """Return what the columns are called, from left to right, joined from the lines of a head; a name over several
    columns goes before that of each. () where that cannot be told."""
    lines = [_cells(page, line) for sentence in sentences for line in lines_of(page, sentence)]
    if not lines:
        return ()
    base = max(range(len(lines)), key=lambda place: len(lines[place]))
    columns = list(lines[base])
    for place, cells in enumerate(lines):
        for cell in cells if place != base else ():
            at = [column for column, other in enumerate(columns) if other.over(cell)]
            if not at:
                columns.append(cell)
            for column in at:
                pair = (cell, columns[column]) if place < base else (columns[column], cell)
                columns[column] = _joined(*pair, extent=columns[column] if len(at) > 1 else None)
    return tuple(sorted(columns, key=lambda cell: cell.x0))


def named(head: Sequence[Cell], row: Sequence[Cell]) -> tuple[tuple[str, str], ...]:
    """Return the cells of a row, each with what its column is called; () unless each has one of its own."""
    if not head or not row:
        return ()
    if len(head) == len(row):
        # in order, unless a cell stands under another name than its own, and not under its own
        places = [
            place if cell.over(head[place]) or not any(cell.over(name) for name in head) else -1
            for place, cell in enumerate(row)
        ]
    else:
        # set flush with a name: what only overlaps it may be two cells that stand close
        under = [[place for place, name in enumerate(head) if name.over(cell)] for cell in row]
        places = [
            at[0] if len(at) == 1 and cell.flush(head[at[0]]) else -1 for at, cell in zip(under, row, strict=True)
        ]
    if -1 in places or len(set(places)) < len(places):
        return ()
    return tuple((head[place].text, cell.text) for place, cell in zip(places, row, strict=True))


def _cells(page: Page, line: Line) -> list[Cell]:
    return [
        Cell(words[0].x0, words[-1].x1, collapse(page.text[words[0].start : words[-1].end]))
        for words in cell_words(line)
    ]


def _joined(first: Cell, second: Cell, extent: Cell | None = None) -> Cell:
    """Return two cells as one; as wide as `extent`, or as both."""
    whole = extent or Cell(min(first.x0, second.x0), max(first.x1, second.x1), "")
    return Cell(whole.x0, whole.x1, f"{first.text} {second.text}")
