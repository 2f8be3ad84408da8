"""What is drawn on a page besides its text, and in which ink each piece of text is: PDFium's page objects.

Uses PDFium's raw binding, as `ingest.pdf` and `ingest.forms` do, on pages that `ingest.pdf` opened and closes.
Does *not* decide what is hidden: that is `ingest.hidden`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pypdfium2.raw as c

from ingest.hidden import Ink

if TYPE_CHECKING:  # a child need not build all values of rag: 10 ms a file
    from rag.types import Box

PAGE_OBJECTS = 20_000
"""Objects looked at on one page: maps have 100,000 strokes, and a rough share is enough."""
WHITE = 245
"""Least of red, green and blue, of 255, that still counts as white."""
FAINT = 12
"""Opacity, of 255, up to which nothing is seen."""
BAND = 5.0
"""Points: a stroke this wide is a coloured band that white text can stand on."""


class Drawn:
    """What is drawn on a page besides its text: shares of the page, and whether the text needs a closer look."""

    def __init__(self, page: Any, area: float) -> None:
        self.suspects = False
        self._area = area
        self._other: list[tuple[Any, set[int]]] = []
        count = c.FPDFPage_CountObjects(page)
        inks = _Inks()
        for index in range(min(count, PAGE_OBJECTS)):
            item = c.FPDFPage_GetObject(page, index)
            kinds = set()
            for leaf, kind in _leaves(item):
                if kind != c.FPDF_PAGEOBJ_TEXT:
                    kinds.add(kind)
                elif not self.suspects:
                    self.suspects = inks.of(leaf) != "plain"
            if kinds:
                self._other.append((item, kinds))
        self.pictures = self._share({c.FPDF_PAGEOBJ_IMAGE})

    def drawings(self) -> float:
        """Return the share of the page that pictures and drawings cover."""
        return self._share({c.FPDF_PAGEOBJ_IMAGE, c.FPDF_PAGEOBJ_PATH, c.FPDF_PAGEOBJ_SHADING})

    def beneath(self) -> list[Box]:
        """Return what white text would show on, in PDFium's coordinates: all but white and unfilled shapes."""
        return [box for item, _ in self._other if (box := _bounds(item)) and any(map(_darkens, _leaves(item)))]

    def _share(self, kinds: set[int]) -> float:
        boxes = [box for item, held in self._other if held & kinds and (box := _bounds(item))]
        covered = sum((right - left) * (top - bottom) for left, bottom, right, top in boxes)
        return round(min(1.0, covered / self._area), 3) if self._area else 0.0


def _leaves(item: Any, depth: int = 4) -> Iterator[tuple[Any, int]]:
    """Yield the object and its kind, or those within it if it is a group."""
    kind = c.FPDFPageObj_GetType(item)
    if kind != c.FPDF_PAGEOBJ_FORM:
        yield item, kind
    elif depth:
        for index in range(min(c.FPDFFormObj_CountObjects(item), PAGE_OBJECTS)):
            yield from _leaves(c.FPDFFormObj_GetObject(item, index), depth - 1)


def _darkens(leaf: tuple[Any, int]) -> bool:
    item, kind = leaf
    if kind != c.FPDF_PAGEOBJ_PATH:
        return bool(kind != c.FPDF_PAGEOBJ_TEXT)
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    c.FPDFPath_GetDrawMode(item, fill, stroke)
    width = ctypes.c_float()
    c.FPDFPageObj_GetStrokeWidth(item, width)
    ways = [c.FPDFPageObj_GetFillColor] if fill.value else []
    # A thick stroke serves as a band of colour; a thin one is a frame, which darkens nothing.
    ways += [c.FPDFPageObj_GetStrokeColor] if stroke.value and width.value >= BAND else []
    colours = [_colour(item, way) for way in ways]
    return any(colour is None or min(colour[:3]) < WHITE for colour in colours)


def _bounds(item: Any) -> Box | None:
    sides = [ctypes.c_float() for _ in range(4)]
    if not c.FPDFPageObj_GetBounds(item, *sides):
        return None
    left, bottom, right, top = (side.value for side in sides)
    return (left, bottom, right, top) if right > left and top > bottom else None


class _Inks:
    """Tells in which ink text objects are drawn; keeps the cells that PDFium writes colours to."""

    def __init__(self) -> None:
        self._cells = [ctypes.c_uint() for _ in range(4)]

    def of(self, item: Any) -> Ink:
        """Return whether a text object is drawn not at all, in white or in another colour."""
        mode = c.FPDFTextObj_GetTextRenderMode(item)
        if mode in (c.FPDF_TEXTRENDERMODE_INVISIBLE, c.FPDF_TEXTRENDERMODE_CLIP):
            return "none"
        stroked = mode in (c.FPDF_TEXTRENDERMODE_STROKE, c.FPDF_TEXTRENDERMODE_STROKE_CLIP)
        get = c.FPDFPageObj_GetStrokeColor if stroked else c.FPDFPageObj_GetFillColor
        if not get(item, *self._cells):
            return "plain"
        red, green, blue, opacity = self._cells
        if opacity.value <= FAINT:
            return "none"
        return "white" if min(red.value, green.value, blue.value) >= WHITE else "plain"


def inks_of(text: Any, starts: Sequence[int]) -> list[Ink]:
    """Return how each word of an open text page is drawn, as its first character, the index in `starts`, tells."""
    inks: list[Ink] = []
    known: dict[int | None, Ink] = {}
    cells = _Inks()
    for start in starts:
        item = c.FPDFText_GetTextObject(text, start)
        key = ctypes.cast(item, ctypes.c_void_p).value
        if key not in known:
            known[key] = cells.of(item) if key else "plain"
        inks.append(known[key])
    return inks


def _colour(item: Any, get: Callable[..., int]) -> tuple[int, ...] | None:
    cells = [ctypes.c_uint() for _ in range(4)]
    return tuple(cell.value for cell in cells) if get(item, *cells) else None
