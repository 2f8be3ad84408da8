"""Running heads and feet, page numbers: the same line near the same edge of many pages. Pure.

Does *not* know words from numbers beyond "digits may change from page to page".
"""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.raw import RawLine, RawPage

Edge = Literal["top", "bottom"]
Lines = tuple[RawLine, ...]
_EDGES: tuple[Edge, Edge] = ("top", "bottom")

ZONE = 0.15
"""Share of the page's height, at the top and at the bottom, where running lines are looked for."""
DEEPEST = 4
"""Lines looked at from each edge."""
PAGES = 3
"""Fewest pages that must share a line; in a document of up to four pages two will do."""
SHORT = 4
DRIFT = 8.0
"""Points by which a running line may move from page to page."""
MANY = 0.5
"""Share of the pages on which a line runs that makes it one even where it stands close to the text."""
CLEAR = 0.5
"""Clear space to the text, in heights of the line, that tells a running head from the head row of a long table."""

CELL_GAP = 1.3
"""Gap in type sizes between the cells of a row: a head of two cells must stand clear, it may be a table's."""

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"[^\w#]*#(?:\s?[/|–-]\s?#)?[^\w#]*")


def without_running(kept: Sequence[Lines], pages: Sequence[RawPage]) -> list[Lines]:
    """Return the lines of each page without running heads, feet and page numbers; the order stays.

    Args:
        kept: the lines of each page.
        pages: the same pages, for their height and label.
    """
    if len(pages) < 2:
        return list(kept)
    edges = [{edge: _edge(lines, page, edge) for edge in _EDGES} for lines, page in zip(kept, pages, strict=True)]
    common = _common(edges)
    result = []
    for lines, sides in zip(kept, edges, strict=True):
        drop = {index for edge in _EDGES for index in _peel(sides[edge], lines, common, edge, len(pages))}
        result.append(tuple(line for index, line in enumerate(lines) if index not in drop))
    return result


_Key = tuple[Edge, str]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A line near an edge: where it is in its page, what it says with its digits masked, its height."""

    index: int
    key: _Key
    y0: float


def _edge(lines: Lines, page: RawPage, edge: Edge) -> list[_Candidate]:
    """Return the lines nearest to an edge, outermost first."""
    if edge == "top":
        near = [index for index, line in enumerate(lines) if line.y1 <= ZONE * page.height]
        near.sort(key=lambda index: lines[index].y0)
    else:
        near = [index for index, line in enumerate(lines) if line.y0 >= (1 - ZONE) * page.height]
        near.sort(key=lambda index: -lines[index].y1)
    return [_Candidate(index, _key(lines[index], page, edge), lines[index].y0) for index in near[:DEEPEST]]


def _key(line: RawLine, page: RawPage, edge: Edge) -> _Key:
    # Roman page numbers are no digits, but the label tells them.
    text = " ".join("#" if word == page.label else word for word, _, _ in line.words)
    return edge, _DIGITS.sub("#", text)


def _common(edges: Sequence[dict[Edge, list[_Candidate]]]) -> dict[_Key, int]:
    """Return on how many pages each line runs at (about) the same height."""
    heights: defaultdict[_Key, list[float]] = defaultdict(list)
    for sides in edges:
        # Once a page, the outermost: two rows that look alike are not two pages.
        nearest = {candidate.key: candidate.y0 for edge in _EDGES for candidate in reversed(sides[edge])}
        for key, y0 in nearest.items():
            heights[key].append(y0)
    counts = {}
    for key, places in heights.items():
        middle = statistics.median(places)
        counts[key] = sum(abs(place - middle) <= DRIFT for place in places)
    return counts


def _peel(candidates: Sequence[_Candidate], lines: Lines, common: dict[_Key, int], edge: Edge, total: int) -> list[int]:
    """Return the running lines of one edge: from the outside in, as long as they are common to many pages."""
    peeled: list[int] = []
    fewest = total
    for candidate in candidates:
        if common[candidate.key] < (2 if total <= SHORT else PAGES) or _is_figures(candidate.key[1]):
            break
        fewest = min(fewest, common[candidate.key])
        peeled.append(candidate.index)
    certain = fewest >= max(PAGES, MANY * total) and not any(_has_cells(lines[index]) for index in peeled)
    if peeled and not certain and not _stands_clear(peeled, lines, edge):
        return []
    return peeled


def _is_figures(masked: str) -> bool:
    """Return whether a line is a row of numbers, which once masked look alike, and no page number."""
    return not any(ch.isalpha() for ch in masked) and _PAGE_NUMBER.fullmatch(masked) is None


def _has_cells(line: RawLine) -> bool:
    words = line.words
    return any(b[1] - a[2] > CELL_GAP * line.size for a, b in zip(words, words[1:], strict=False))


def _stands_clear(peeled: Sequence[int], lines: Lines, edge: Edge) -> bool:
    others = [line for index, line in enumerate(lines) if index not in set(peeled)]
    if not others:
        return True
    last = lines[peeled[-1]]
    gap = min(line.y0 for line in others) - last.y1 if edge == "top" else last.y0 - max(line.y1 for line in others)
    return gap >= CLEAR * (last.y1 - last.y0)
