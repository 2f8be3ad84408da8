"""Tables among the sentences of a page: which are heads and rows, what their columns are called, and what head to
repeat with the rows of a table that a chunk does not begin. Pure; geometry only.

A table is a run of neighbouring sentences that are rows (`ingest.layout.rows`). Its head is what stands column by
column above them, or else its first row, or else the head of the table that the page before ended with. Does *not*
know chunks, tokens or cells that span rows.
"""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.cells import Cell, head_cells, lines_of, named, row_cells
from ingest.layout import ALIGNED, rows, spans
from rag.types import Line, Page, Sentence

Span = tuple[float, float]

ABOVE = 3
"""Sentences above the first row that may make up its head."""
NEAR = 4.0
"""Distance between head and first row, in type sizes, up to which they belong together."""
SHORT = 12
"""Characters up to which a full stop ends an abbreviation ("Cat."), not a sentence."""
LONGEST = 400
"""Characters of a head."""
FIGURES = 0.6
"""Share of digits in a head row, in that of the rows below, from which it is a row like them."""

WORDS = 0.1
"""Share of digits below which a table is one of words."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the columns of a table are called, on one line, and where they stand; `cells` has each name with its place,
    () where they cannot be told apart."""

    text: str
    columns: tuple[Span, ...]
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Tables:
    """The sentences of a page, heads and rows marked as such; for each the head of the table of which it is a row, ""
    for heads and for all other text; and the head of a table at the end of the page, which may go on."""

    sentences: tuple[Sentence, ...]
    heads: tuple[str, ...]
    last: Head | None


def tables(page: Page, sentences: Sequence[Sentence], before: Head | None) -> Tables:
    """Return what of `sentences`, all of one page, is a table; `before` is the `last` head of the page before."""
    marked = list(sentences)
    lines = _row_lines(page, sentences)
    texts = [""] * len(sentences)
    last: Head | None = None
    free = 0
    for first, end in _tables(lines):
        columns = _columns([line for index in range(first, end) for line in lines[index]])
        begin = _above(page, sentences, max(free, first - ABOVE), first, columns)
        start = first
        if begin == first:
            start += _head_length([sentence.text for sentence in sentences[first:end]])
        head = Head(_one_line(sentences[begin:start]), columns, head_cells(page, sentences[begin:start]))
        if not head.text and before is not None and not any(texts) and _stand_alike(before.columns, columns):
            head = replace(before, columns=columns)
        texts[start:end] = [head.text] * (end - start)
        marked[begin:end] = _marked(page, sentences[begin:start], sentences[start:end], head)
        free = end
        last = head if head.text and end >= len(sentences) - 1 else None
    return Tables(tuple(marked), tuple(texts), last)


def _marked(page: Page, heads: Sequence[Sentence], rows: Sequence[Sentence], head: Head) -> list[Sentence]:
    """Return head and rows of a table with their roles and cells."""
    cells_of = [row_cells(page, row) for row in rows]
    if len(head.columns) < 3 and not all(cells and cells[-1].text[0].isdigit() for cells in cells_of):
        # two columns are as well names and values of a form, which has no head
        return [replace(sentence, role="row") for sentence in (*heads, *rows)]
    found = [replace(sentence, role="head") for sentence in heads]
    for row, own in zip(rows, cells_of, strict=True):
        cells = named(head.cells, own) if len(row.text) <= LONGEST else ()
        found.append(replace(row, role="row", cells=cells))
    return found


def _row_lines(page: Page, sentences: Sequence[Sentence]) -> list[list[Line]]:
    """Return the rows of tables that each sentence holds."""
    found: list[list[Line]] = [[] for _ in sentences]
    starts = [sentence.start for sentence in sentences]
    for index in sorted(rows(page)):
        line = page.lines[index]
        at = bisect_right(starts, line.words[-1].start) - 1
        if at >= 0:
            found[at].append(line)
    return found


def _tables(lines: Sequence[Sequence[Line]]) -> Iterator[tuple[int, int]]:
    start = None
    for index, held in enumerate([*lines, []]):
        if held and start is None:
            start = index
        elif not held and start is not None:
            yield start, index
            start = None


def _columns(lines: Sequence[Line]) -> tuple[Span, ...]:
    """Return the extent of each column over the rows that have the usual number of cells."""
    cells = [spans(line) for line in lines]
    usual = Counter(map(len, cells)).most_common(1)[0][0]
    alike = [row for row in cells if len(row) == usual]
    return tuple((min(a for a, _ in column), max(b for _, b in column)) for column in zip(*alike, strict=True))


def _above(page: Page, sentences: Sequence[Sentence], first: int, table: int, columns: Sequence[Span]) -> int:
    """Return from which of the sentences `[first, table)` on they stand over at least half of the columns, each cell
    over one; `table` if none does."""
    covered: set[int] = set()
    taken = table
    below = sentences[table].boxes[0]
    while taken > first:
        sentence = sentences[taken - 1]
        touched = _touched(page, sentence, columns)
        size = below[3] - below[1]
        ended = sentence.text.endswith((".", ":", ";")) and len(sentence.text) > SHORT
        if not touched or ended or below[1] - sentence.boxes[-1][3] > NEAR * size:
            break
        covered |= touched
        taken -= 1
        below = sentence.boxes[0]
    whole = len(covered) >= max(2, len(columns) / 2) and len(_one_line(sentences[taken:table])) <= LONGEST
    return taken if whole else table


def _touched(page: Page, sentence: Sentence, columns: Sequence[Span]) -> set[int]:
    """Return the columns that the cells of a sentence stand over, none if one stands over several."""
    found: set[int] = set()
    for line in lines_of(page, sentence):
        for x0, x1 in spans(line):
            over = {number for number, (a, b) in enumerate(columns) if x0 < b and a < x1}
            if len(over) > 1:
                return set()
            found |= over
    return found


def _head_length(texts: Sequence[str]) -> int:
    """Return how many of the first rows name the columns: those with fewer figures than the rows below."""
    if len(texts) < 2:
        return 0
    shares = [sum(map(str.isdigit, text)) / len("".join(text.split())) for text in texts]
    usual = statistics.median(shares[1:])
    if usual < WORDS:
        return 1  # a table of words: its first row is the best guess
    length = next(index for index, share in enumerate([*shares, usual]) if share > FIGURES * usual)
    return length if length <= ABOVE else 0


def _stand_alike(one: Sequence[Span], other: Sequence[Span]) -> bool:
    return len(one) == len(other) and all(
        abs(a[0] - b[0]) <= ALIGNED or abs(a[1] - b[1]) <= ALIGNED for a, b in zip(one, other, strict=True)
    )


def _one_line(sentences: Sequence[Sentence]) -> str:
    return " ".join(" ".join(sentence.text for sentence in sentences).split())
