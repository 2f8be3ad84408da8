"""How the lines of a page hang together: paragraphs, list items, rows of tables. Pure; geometry and first words only.

Does *not* know headings, sentences or chunks.
"""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from rag.types import Line, Page, Word

CELL_GAP = 1.3
"""Gap between two words, in type sizes, that parts two cells; justified text stays well below."""
PARAGRAPH = 1.25
"""Distance between lines, in the usual distance, that parts paragraphs."""
APART = 2.5
"""The same, where not even a small letter at the start makes it one paragraph."""
RESIZED = 1.15
CELL_LINES = 6
"""Most lines of a wrapped first cell."""
ROW_STEP = 1.15
"""Distance between rows, in the distance between lines of one cell, that tells them apart."""
ALIGNED = 4.0
"""Points within which cells of neighbouring rows stand under each other."""

_ITEM = re.compile(
    r"(?:[•●·■▪◦○‣➢➤✓✔❖►▶→\uf000-\uf0ff*]|[-–—−]|\d{1,3}[°)]|\(?[a-zA-Z][)°]|\(?[ivx]{1,4}\)|\(\d{1,2}\))\s+\S"
)
# These may as well be the end of a sentence ("à l'article\n12. Le salarié"): they need a finished line above.
_NUMBERED = re.compile(
    r"(?:\d{1,2}(?:\.\d{1,2}){0,3}\.-?\s+\S|\d{1,2}(?:\.\d{1,2}){1,3}\s+[A-ZÀ-Þ]|[IVX]{1,5}\s?[.°)-]+\s+\S|[A-Za-z]\.\s+\S)"
)
_MARK = re.compile(
    r"[•●·■▪◦○‣➢➤✓✔❖►▶→\uf000-\uf0ff*–—−-]|\(?(?:[a-z]|[ivx]{1,4})\)|\d{1,3}[°)]|\d{1,2}(?:\.\d{1,2}){0,3}\.-?"
)
_FINISHED = (".", ";", ":", "!", "?", "…", "»", ")")


def text_of(page: Page, line: Line) -> str:
    """Return the text of one line."""
    return page.text[line.words[0].start : line.words[-1].end]


def starts_item(page: Page, index: int) -> bool:
    """Return whether line `index` (not the first) starts like an item of a list: "•", "–", "a)", "1°", "2.1."."""
    text = text_of(page, page.lines[index])
    if _ITEM.match(text):
        return True
    above = text_of(page, page.lines[index - 1])
    finished = above.endswith(_FINISHED) or _NUMBERED.match(above) or _ends_short(page.lines, index - 1)
    return bool(finished and _NUMBERED.match(text))


def leading(lines: Sequence[Line]) -> dict[float, float]:
    """Return for each size of type the usual distance between lines of one paragraph, in points; sizes that are set
    on single lines only have none. A page has tables in small type beside its text."""
    steps: defaultdict[float, list[float]] = defaultdict(list)
    for line, after in pairwise(lines):
        if line.size == after.size and 0.5 * line.size < after.y0 - line.y0 < 2.5 * line.size:
            steps[line.size].append(after.y0 - line.y0)
    return {size: statistics.quantiles(own, n=4)[0] if len(own) > 1 else own[0] for size, own in steps.items()}


def cell_words(line: Line) -> list[list[Word]]:
    """Return the words of each cell of a line: one for a line of running text."""
    found = [[line.words[0]]]
    for before, word in pairwise(line.words):
        if word.x0 - before.x1 > CELL_GAP * line.size:
            found.append([])
        found[-1].append(word)
    return found


def spans(line: Line) -> tuple[tuple[float, float], ...]:
    """Return the left and right edge of each cell of a line."""
    return tuple([(words[0].x0, words[-1].x1) for words in cell_words(line)])


def cells(line: Line) -> tuple[float, ...]:
    """Return the left edge of each cell of a line."""
    return tuple([left for left, _ in spans(line)])


def rows(page: Page) -> frozenset[int]:
    """Return the indexes of the lines that are rows of a table: two or more cells, under or over a line whose
    cells stand at the same places."""
    all_cells = [() if _is_item(page, line) else spans(line) for line in page.lines]
    many = [index for index, edges in enumerate(all_cells) if len(edges) > 1]
    found: set[int] = set()
    for before, index in pairwise(many):
        near = page.lines[index].y0 - page.lines[before].y1 < 8 * page.lines[index].size
        if near and any(_stand_alike(a, b) for a in all_cells[before][1:] for b in all_cells[index][1:]):
            found |= {before, index}
    # Three cells or more make a row even where the neighbours are set otherwise (numbers flush right).
    return frozenset(found | {index for index in many if len(all_cells[index]) > 2})


def _is_item(page: Page, line: Line) -> bool:
    """Return whether all that parts a line in two cells is the gap behind the mark of a list's item."""
    found = cell_words(line)
    return len(found) == 2 and _MARK.fullmatch(page.text[found[0][0].start : found[0][-1].end]) is not None


def _stand_alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Return whether two cells are set under each other, flush left or centred."""
    return abs(one[0] - other[0]) <= ALIGNED or abs(one[0] + one[1] - other[0] - other[1]) <= ALIGNED


def parts(page: Page, index: int, usual: Mapping[float, float], table: frozenset[int]) -> bool:
    """Return whether a paragraph, item or row ends with line `index`, so that line `index + 1` starts another.

    Args:
        page: the page.
        index: not the last line.
        usual: `leading` of the page.
        table: `rows` of the page.
    """
    line, after = page.lines[index], page.lines[index + 1]
    if line.words[-1].end == after.words[0].start:
        return False  # one word goes on
    if index + 1 in table:
        return not (_is_beside(page.lines, index, table) or _wraps_down(page.lines, index, table))
    if starts_item(page, index + 1):
        return True
    if index in table:
        # What is left of a row's second cell goes on below it, or below the first; anything else is text again.
        left = after.words[0].x0 < cells(line)[1] - ALIGNED
        return left and not _wraps_on(page.lines, index, table)
    bigger, smaller = max(line.size, after.size), min(line.size, after.size)
    step = after.y0 - line.y0
    usual_step = usual.get(line.size, 0.0)
    small_start = page.text[after.words[0].start].islower()
    if bigger > RESIZED * smaller and not small_start:
        return True
    if usual_step and step > APART * usual_step:
        return True
    if small_start or step <= 0:
        return False
    return (usual_step > 0 and step > PARAGRAPH * usual_step) or _ends_short(page.lines, index, table)


def _ends_short(lines: Sequence[Line], index: int, table: frozenset[int] = frozenset()) -> bool:
    """Return whether the next line's first word would have fitted: then the line end was wanted."""
    line, after = lines[index], lines[index + 1]
    whole = len(spans(line)) > 1  # else it may be part of a cell, and rows say nothing about its width
    around = [near for near in range(max(0, index - 4), min(index + 5, len(lines))) if whole or near not in table]
    block = [lines[near].words[-1].x1 for near in around if _starts_under(lines[near], line, 3 * line.size)]
    first = after.words[0]
    return line.words[-1].x1 + (first.x1 - first.x0) + line.size < max(block, default=0.0)


def _starts_under(line: Line, other: Line, tolerance: float = ALIGNED) -> bool:
    return abs(line.words[0].x0 - other.words[0].x0) <= tolerance


def _closely(line: Line, after: Line) -> bool:
    """Return whether two lines are set like lines of one cell."""
    return _starts_under(line, after) and 0 < after.y0 - line.y0 < 1.5 * line.size


def _follows(line: Line, after: Line, step: float) -> bool:
    return _starts_under(line, after) and 0 < after.y0 - line.y0 < step


def _top(lines: Sequence[Line], index: int, table: frozenset[int]) -> int:
    """Return the first line of the cell of which line `index` is the last."""
    first = index
    least = max(0, index - CELL_LINES)
    while first > least and first - 1 not in table and _closely(lines[first - 1], lines[first]):
        first -= 1
    return first


def _is_beside(lines: Sequence[Line], index: int, table: frozenset[int]) -> bool:
    """Return whether the next line goes back up to stand beside the wrapped cell that line `index` ends: a table
    drawn cell by cell."""
    after, line = lines[index + 1], lines[index]
    first = _top(lines, index, table)
    right = max(other.words[-1].x1 for other in lines[first : index + 1])
    return first < index and lines[first].y0 - 2 <= after.y0 < line.y1 and after.words[0].x0 > right


def _wraps_down(lines: Sequence[Line], index: int, table: frozenset[int]) -> bool:
    """Return whether line `index` is the upper part of the first cell of the row below it."""
    line, row = lines[index], lines[index + 1]
    if index in table or not _closely(line, row) or line.words[-1].x1 > cells(row)[1]:
        return False
    first = _top(lines, index, table)
    step = ROW_STEP * (row.y0 - line.y0)
    above = range(first - 1, max(-1, first - 1 - CELL_LINES), -1)
    below = range(index + 2, min(index + 2 + CELL_LINES, len(lines)))
    gaps = [lines[first].y0 - lines[near].y0 for near in above if near in table or _starts_under(lines[near], row)]
    gaps += [lines[near].y0 - row.y0 for near in below if near in table or _starts_under(lines[near], row)]
    return not any(0 < gap < step for gap in gaps)


def _wraps_on(lines: Sequence[Line], index: int, table: frozenset[int]) -> bool:
    """Return whether the first cell of row `index` goes on in the next line."""
    row, after = lines[index], lines[index + 1]
    if not _closely(row, after) or after.words[-1].x1 > cells(row)[1]:
        return False
    step = ROW_STEP * (after.y0 - row.y0)
    last = index + 1
    while last + 1 < len(lines) and last + 1 not in table and 0 < lines[last + 1].y0 - lines[last].y0 < step:
        last += 1
    near = last + 1 < len(lines) and _follows(lines[last], lines[last + 1], step)
    return last - index <= CELL_LINES and not near
