"""How the lines of a page hang together: paragraphs, list items, rows of tables. Pure; geometry and first words only.

Does *not* know headings, sentences or chunks.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

from rag.types import Line, Page

CELL_GAP = 1.3
"""Gap between two words, in type sizes, that parts two cells; justified text stays well below."""
PARAGRAPH = 1.25
"""Distance between lines, in the usual distance, that parts paragraphs."""
APART = 2.5
"""The same, where not even a small letter at the start makes it one paragraph."""
RESIZED = 1.15
ALIGNED = 4.0
"""Points within which cells of neighbouring rows stand under each other."""

_ITEM = re.compile(
    r"(?:[•●·■▪◦○‣➢➤✓✔❖►▶→\uf000-\uf0ff*]|[-–—−]|\d{1,3}[°)]|\(?[a-zA-Z][)°]|\(?[ivx]{1,4}\)|\(\d{1,2}\))\s+\S"
)
# These may as well be the end of a sentence ("à l'article\n12. Le salarié"): they need a finished line above.
_NUMBERED = re.compile(
    r"(?:\d{1,2}(?:\.\d{1,2}){0,3}\.-?\s+\S|\d{1,2}(?:\.\d{1,2}){1,3}\s+[A-ZÀ-Þ]|[IVX]{1,5}\s?[.°)-]+\s+\S|[A-Za-z]\.\s+\S)"
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


def leading(lines: Sequence[Line]) -> float:
    """Return the usual distance between lines of one paragraph, in points; 0 when there is none."""
    steps = [b.y0 - a.y0 for a, b in zip(lines, lines[1:], strict=False) if 0.5 * a.size < b.y0 - a.y0 < 2.5 * a.size]
    return statistics.quantiles(steps, n=4)[0] if len(steps) > 1 else (steps[0] if steps else 0.0)


def cells(line: Line) -> tuple[float, ...]:
    """Return the left edge of each cell of a line: one for a line of running text."""
    edges = [line.words[0].x0]
    for before, word in zip(line.words, line.words[1:], strict=False):
        if word.x0 - before.x1 > CELL_GAP * line.size:
            edges.append(word.x0)
    return tuple(edges)


def rows(page: Page) -> frozenset[int]:
    """Return the indexes of the lines that are rows of a table: two or more cells, under or over a line whose
    cells stand at the same places."""
    all_cells = [cells(line) for line in page.lines]
    many = [index for index, edges in enumerate(all_cells) if len(edges) > 1]
    found: set[int] = set()
    for before, index in zip(many, many[1:], strict=False):
        a, b = all_cells[before][1:], all_cells[index][1:]
        near = page.lines[index].y0 - page.lines[before].y1 < 8 * page.lines[index].size
        if near and any(abs(x - y) <= ALIGNED for x in a for y in b):
            found |= {before, index}
    # Three cells or more make a row even where the neighbours are set otherwise (numbers flush right).
    return frozenset(found | {index for index in many if len(all_cells[index]) > 2})


def parts(page: Page, index: int, usual: float, table: frozenset[int]) -> bool:
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
    if index + 1 in table or starts_item(page, index + 1):
        return True
    if index in table:
        # What is left of a row's second cell goes on below it; anything else is text again.
        return after.words[0].x0 < cells(line)[1] - ALIGNED
    bigger, smaller = max(line.size, after.size), min(line.size, after.size)
    step = after.y0 - line.y0
    small_start = page.text[after.words[0].start].islower()
    if bigger > RESIZED * smaller and not small_start:
        return True
    if usual and step > APART * usual:
        return True
    if small_start or step <= 0:
        return False
    return (usual > 0 and step > PARAGRAPH * usual) or _ends_short(page.lines, index)


def _ends_short(lines: Sequence[Line], index: int) -> bool:
    """Return whether the next line's first word would have fitted: then the line end was wanted."""
    line, after = lines[index], lines[index + 1]
    around = lines[max(0, index - 4) : index + 5]
    block = [near.words[-1].x1 for near in around if abs(near.words[0].x0 - line.words[0].x0) <= 3 * line.size]
    first = after.words[0]
    return line.words[-1].x1 + (first.x1 - first.x0) + line.size < max(block)
