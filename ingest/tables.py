"""Head rows of tables: what to repeat with the rows of a table that a chunk does not begin. Pure; geometry only.

A table is a run of neighbouring sentences that are rows (`ingest.layout.rows`). Its head is what stands column by
column above them, or else its first row, or else the head of the table that the page before ended with. Does *not*
know chunks, tokens or cells that span rows.
"""

from __future__ import annotations

import statistics
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    """What the columns of a table are called, on one line, and where they stand."""

    text: str
    columns: tuple[Span, ...]


def head_rows(page: Page, sentences: Sequence[Sentence], before: Head | None) -> tuple[tuple[str, ...], Head | None]:
    """Return for each sentence the head of the table of which it is a row, "" for heads and for all other text.

    Also returns the head of a table at the end of the page, which may go on, for the next call's `before`.
    """
    lines = _row_lines(page, sentences)
    texts = [""] * len(sentences)
    last: Head | None = None
    free = 0
    for first, end in _tables(lines):
        columns = _columns([line for index in range(first, end) for line in lines[index]])
        own = _above(page, sentences, max(free, first - ABOVE), first, columns)
        start = first
        if not own:
            start += _head_length([sentence.text for sentence in sentences[first:end]])
            own = _one_line(sentences[first:start])
        if not own and before is not None and not any(texts) and _stand_alike(before.columns, columns):
            own = before.text
        texts[start:end] = [own] * (end - start)
        free = end
        last = Head(own, columns) if own and end >= len(sentences) - 1 else None
    return tuple(texts), last


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


def _above(page: Page, sentences: Sequence[Sentence], first: int, table: int, columns: Sequence[Span]) -> str:
    """Return what the sentences `[first, table)` say over at least half of the columns, each cell over one."""
    named: set[int] = set()
    taken = table
    below = sentences[table].boxes[0]
    while taken > first:
        sentence = sentences[taken - 1]
        touched = _touched(page, sentence, columns)
        size = below[3] - below[1]
        ended = sentence.text.endswith((".", ":", ";")) and len(sentence.text) > SHORT
        if not touched or ended or below[1] - sentence.boxes[-1][3] > NEAR * size:
            break
        named |= touched
        taken -= 1
        below = sentence.boxes[0]
    text = _one_line(sentences[taken:table])
    return text if len(named) >= max(2, len(columns) / 2) and len(text) <= LONGEST else ""


def _touched(page: Page, sentence: Sentence, columns: Sequence[Span]) -> set[int]:
    """Return the columns that the cells of a sentence stand over, none if one stands over several."""
    starts = [line.words[0].start for line in page.lines]
    lines = page.lines[bisect_left(starts, sentence.start) : bisect_left(starts, sentence.end)]
    found: set[int] = set()
    for line in lines:
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
