"""Text that lies on a page: filled fields, typed-on notes, print over a picture. It goes where a reader sees it. Pure.

Does *not* know fonts: a value has no words with places of their own, they are spread evenly over the rectangle that
shows them. Knows neither PDFium nor Tesseract.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.raw import RawLine, RawPage, RawWord

if TYPE_CHECKING:  # a child need not build all values of rag: 10 ms a file
    from rag.types import Box

SCAN_SHARE = 0.5
"""Fields over a page that is one picture: OCR reads them with the picture, and their labels besides."""
NEAR = 10.0
"""Type sizes within which a value belongs to a line on its level; farther off is another column."""
APART = 3.0
"""Type sizes of white between two values of one line."""
TYPE_SIZE = 10.0
"""Points, where no printed line of the page tells."""


@dataclass(frozen=True, slots=True)
class Typed:
    """Text that somebody put on the page: its lines, the rectangle that shows them, whether it fills in a form."""

    lines: tuple[str, ...]
    box: Box
    field: bool


@dataclass(frozen=True, slots=True)
class Annotations:
    """What hangs on one page: visible text, the number of comments, names of attached files."""

    typed: tuple[Typed, ...] = ()
    notes: int = 0
    attached: tuple[str, ...] = ()


def with_annotations(page: RawPage, found: Annotations) -> RawPage:
    """Return the page with the visible text of its annotations among its lines, where a reader sees it.

    A field's value goes into the printed line it stands in ("Nom : ........" becomes "Nom : ........ Martin"), text
    that stands by itself between the lines above and below it.
    """
    lines = list(page.lines)
    if lines or page.image_share < SCAN_SHARE:
        size = statistics.median(line.size for line in lines) if lines else TYPE_SIZE
        for typed in found.typed:
            for line in _lines(typed, size):
                insert(lines, line, beside=typed.field)
    return replace(page, lines=tuple(lines), notes=found.notes, attached=found.attached)


def _lines(typed: Typed, size: float) -> Iterator[RawLine]:
    """Yield the lines of a text, its rectangle cut into as many strips."""
    x0, y0, x1, y1 = typed.box
    height = (y1 - y0) / len(typed.lines)
    for number, text in enumerate(typed.lines):
        top = y0 + number * height
        yield RawLine(_spread(text, x0, x1), round(top, 2), round(top + height, 2), size, bold=False, hyphen=False)


def _spread(text: str, x0: float, x1: float) -> tuple[RawWord, ...]:
    words = text.split()
    wide = (x1 - x0) / (sum(map(len, words)) + len(words) - 1)
    placed: list[RawWord] = []
    at = x0
    for word in words:
        placed.append((word, round(at, 2), round(at + wide * len(word), 2)))
        at += wide * (len(word) + 1)
    return tuple(placed)


def over_picture(printed: Sequence[RawLine], recognised: Sequence[RawLine]) -> tuple[RawLine, ...]:
    """Return the lines of a page whose picture was read by OCR and has print on it: of what both say, the print."""
    lines = [left for line in recognised if (left := _without(line, printed)) is not None]
    for line in printed:
        for cell in _cells(line):
            insert(lines, cell, beside=True)
    return tuple(lines)


def _cells(line: RawLine) -> Iterator[RawLine]:
    """Yield the parts of a line that stand apart: values of two columns are no line of the form."""
    start = 0
    for index in range(1, len(line.words)):
        if line.words[index][1] - line.words[index - 1][2] > APART * line.size:
            yield replace(line, words=line.words[start:index], hyphen=False)
            start = index
    yield replace(line, words=line.words[start:])


def _without(line: RawLine, printed: Sequence[RawLine]) -> RawLine | None:
    middle = (line.y0 + line.y1) / 2
    level = [word for other in printed if other.y0 <= middle <= other.y1 for word in other.words]

    def is_printed(word: RawWord) -> bool:
        _, x0, x1 = word
        return any(min(x1, b) - max(x0, a) > 0.5 * (x1 - x0) for _, a, b in level)

    words = tuple(word for word in line.words if not is_printed(word))
    return replace(line, words=words) if words else None


def insert(lines: list[RawLine], new: RawLine, *, beside: bool) -> None:
    """Put a line among the others, where its place on the page says; with `beside` into the line it stands in."""
    middle = (new.y0 + new.y1) / 2
    if beside:
        level = [
            index
            for index, line in enumerate(lines)
            if line.y0 <= middle <= line.y1
            and new.y1 - new.y0 < 3 * (line.y1 - line.y0)
            and _distance(line, new) < NEAR * line.size
        ]
        if level:
            nearest = min(level, key=lambda index: _distance(lines[index], new))
            lines[nearest] = _filled(lines[nearest], new)
            return
    above = [index for index, line in enumerate(lines) if line.y0 < middle and _distance(line, new) == 0]
    below = [index for index, line in enumerate(lines) if line.y0 >= middle]
    at = above[-1] + 1 if above else (below[0] if below else len(lines))
    lines.insert(at, new)


def _filled(line: RawLine, new: RawLine) -> RawLine:
    """Return the line with the new words before its first word that stands to the right of them."""
    after = [index for index, word in enumerate(line.words) if word[1] > new.words[0][1]]
    at = after[0] if after else len(line.words)
    return replace(
        line, words=(*line.words[:at], *new.words, *line.words[at:]), hyphen=line.hyphen and at < len(line.words)
    )


def _distance(line: RawLine, new: RawLine) -> float:
    """Return the points of white between two lines, seen from above; 0 if they share a part of the width."""
    return max(0.0, line.words[0][1] - new.words[-1][2], new.words[0][1] - line.words[-1][2])
