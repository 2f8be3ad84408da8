"""Reading order where a PDF was drawn straight across its columns: each column is read to its end. Pure geometry.

Only runs of lines that go on beyond a gutter, line after line, with running text on both sides are touched; whatever
stands in another order already, and any table of short cells, comes back as it was. Does *not* know words' meaning.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.raw import RawLine

GUTTER = 1.0
"""Narrowest gap between columns, in type sizes."""
FREE = 0.7
"""Width of what all lines leave free, in type sizes: rivers in justified text are not straight."""
ACROSS = 0.6
"""Share of lines that must run across; where cells wrap, fewer do."""
ROWS = 4
"""Fewest lines that must run across a gutter."""
DEPTH = 4
"""Columns found within columns: five side by side at most."""
LONG = 15
"""Characters of a typical line of running text in a narrow column; cells of tables are shorter."""
FULL = 0.7
"""Share of the column's width that a full line takes."""
MOST = 0.55
"""Share of the lines of a column that must be full, and that must start at its left edge."""
LETTERS = 0.65
"""Share of letters in running text; rows of figures have fewer."""
APART = 1.35
"""Step between lines, in the usual step, at which both sides of a row of prose cells end together."""
BANDS = 3
"""Fewest such rows that make a table of what looks like two columns."""

Lines = Sequence[RawLine]


def in_reading_order(lines: Lines, depth: int = DEPTH) -> list[RawLine]:
    """Return `lines` with those that run across a gutter cut there, left column first; the others stay in place."""
    for gutter in _gutters(lines):
        ordered: list[RawLine] = []
        at = 0
        for start, end in _runs(lines, gutter):
            if end - start < ROWS:
                continue
            first, end = _within_columns(lines, start, end, gutter)
            columns = _columns(lines[first:end], gutter, depth) if end - first >= ROWS else []
            if columns:
                ordered += [*lines[at:first], *columns]
                at = end
        if at:
            return in_reading_order([*ordered, *lines[at:]], depth - 1) if depth else [*ordered, *lines[at:]]
    return list(lines)


def _gutters(lines: Lines) -> list[float]:
    """Return places that several lines leave free between words, those that most leave free first."""
    ends: list[tuple[float, int]] = []
    for line in lines:
        words = line.words
        least = GUTTER * line.size
        for before, word in pairwise(words):
            if word[1] - before[2] >= least:
                ends += [(before[2], 1), (word[1], -1)]
    if len(ends) < 2 * ROWS:
        return []
    ends.sort()
    peaks: list[tuple[int, float]] = []
    height = 0
    for (x, step), (after, following) in pairwise(ends):
        height += step
        if step == 1 and following == -1 and height >= ROWS:
            peaks.append((height, (x + after) / 2))
    return [x for _, x in sorted(peaks, reverse=True)[:DEPTH]]


def _runs(lines: Lines, gutter: float) -> Iterator[tuple[int, int]]:
    """Yield the runs `[start, end)` of neighbouring lines, going down, of which none runs on over the gutter."""
    start = 0
    for index, line in enumerate(lines):
        above = lines[index - 1] if index > start else None
        if above is not None and (line.y0 < above.y0 - line.size or line.y0 - above.y1 > 4 * line.size):
            yield start, index
            start = index
        if _runs_over(line, gutter):
            yield start, index
            start = index + 1
    yield start, len(lines)


def _within_columns(lines: Lines, start: int, end: int, gutter: float) -> tuple[int, int]:
    """Return the part of a run that may be columns: not the heading above, nor a wide table above or below, whose
    cells leave the gutter free but do not start where the right column does."""
    across = [index for index in range(start, end) if _crosses(lines[index], gutter)]
    if len(across) < ROWS:
        return end, end
    starts = [min([x0 for _, x0, _ in lines[index].words if x0 > gutter]) for index in across]
    edge = statistics.median(starts)
    flush = [index for index, x in zip(across, starts, strict=True) if abs(x - edge) < 2 * lines[index].size]
    if len(flush) < ROWS:
        return end, end
    return flush[0], next((index for index in across if index > flush[-1]), end)


def _columns(lines: Lines, gutter: float, depth: int) -> list[RawLine]:
    """Return the lines left of the gutter and then those right of it, empty if they are no columns of prose."""
    cut = [_cut(line, gutter) for line in lines]
    if not _drawn_across(cut):
        return []
    sides: list[list[RawLine]] = []
    for side in (0, 1):
        own = [part for parts in cut if (part := parts[side]) is not None]
        inner = in_reading_order(own, depth - 1) if depth and not _is_prose(own) else own
        if inner == own and not _is_prose(own):
            return []
        sides.append(inner)
    left, right = sides
    bounds = _common_bounds(left, right)
    if len(bounds) < BANDS - 1:
        return [*left, *right]
    # Rows of a table with prose in its cells: cell after cell, row by row.
    edges = [float("-inf"), *(y - 2 for y in bounds), float("inf")]
    return [line for a, b in pairwise(edges) for side in sides for line in side if a <= line.y0 < b]


def _crosses(line: RawLine, gutter: float) -> bool:
    return line.words[0][1] < gutter < line.words[-1][2]


def _runs_over(line: RawLine, gutter: float) -> bool:
    """Return whether a word stands on the gutter, or two are so close beside it that it is the space between them."""
    if not _crosses(line, gutter):
        return False
    left, right = gutter - FREE / 2 * line.size, gutter + FREE / 2 * line.size
    return any([x0 < right and x1 > left for _, x0, x1 in line.words])


def _drawn_across(cut: Sequence[tuple[RawLine | None, RawLine | None]]) -> bool:
    """Return whether most lines go on beyond the gutter, and leave the same place free."""
    across = [(a, b) for a, b in cut if a is not None and b is not None]
    if len(across) < ROWS:
        return False
    last = max(index for index, (a, b) in enumerate(cut) if a is not None and b is not None)
    free = min(b.words[0][1] for _, b in across) - max(a.words[-1][2] for a, _ in across)
    size = statistics.median([a.size for a, _ in across])
    return len(across) >= ACROSS * (last + 1) and free >= FREE * size


def _cut(line: RawLine, gutter: float) -> tuple[RawLine | None, RawLine | None]:
    left = tuple([word for word in line.words if word[2] <= gutter])
    right = line.words[len(left) :]
    if not left or not right:
        return (line, None) if left else (None, line)
    return (
        RawLine(left, line.y0, line.y1, line.size, line.bold, hyphen=False),
        RawLine(right, line.y0, line.y1, line.size, line.bold, line.hyphen),
    )


def _is_prose(lines: Lines) -> bool:
    """Return whether the lines look like one column of running text."""
    if len(lines) < ROWS:
        return False
    texts = ["".join([word for word, _, _ in line.words]) for line in lines]
    if statistics.median(map(len, texts)) < LONG:
        return False
    left = statistics.median([line.words[0][1] for line in lines])
    right = max(line.words[-1][2] for line in lines)
    full = sum(line.words[-1][2] >= left + FULL * (right - left) for line in lines)
    flush = sum(abs(line.words[0][1] - left) < 2 * line.size for line in lines)
    if min(full, flush) < MOST * len(lines):
        return False
    gaps = sum(any(b[1] - a[2] > 1.5 * line.size for a, b in pairwise(line.words)) for line in lines)
    whole = "".join(texts)
    return gaps <= len(lines) / 2 and sum(map(str.isalpha, whole)) >= LETTERS * len(whole)


def _common_bounds(left: Lines, right: Lines) -> list[float]:
    """Return the heights at which both sides leave a wider step than within their paragraphs."""

    def starts(lines: Lines) -> list[float]:
        usual = statistics.median([b.y0 - a.y0 for a, b in pairwise(lines)])
        return [b.y0 for a, b in pairwise(lines) if b.y0 - a.y0 > APART * usual]

    others = starts(right)
    return [y for y in starts(left) if any(abs(y - other) < 2 for other in others)]
