"""PDFium behind our own values: the only importer of pypdfium2.

Reads text with the place of each word, labels, bookmarks, the metadata title; draws a page. It does *not* guard
itself: a hostile file may make it hang, eat memory or crash, so call it in a child process (`ingest.child`) only.
PDFium is not thread-safe either, not even across documents.
"""

from __future__ import annotations

import ctypes
import io
import re
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pypdfium2 as pdfium
import pypdfium2.raw as c

from ingest.drawn import Drawn, Inks
from ingest.hidden import Ink, hidden_words
from ingest.raw import Head, OutlineEntry, RawLine, RawPage

if TYPE_CHECKING:  # a child need not build all values of rag: 10 ms a file
    from rag.types import Box

Failure = Literal["encrypted", "damaged", "empty"]

PAGE_CHARACTERS = 200_000
"""Longest page read; a full page of a newspaper has 30,000."""
OUTLINE_ENTRIES = 5_000
OUTLINE_DEPTH = 8
PIXELS = 25_000_000
"""Largest picture of a page: an A0 poster asked at full width must not take gigabytes."""

# PDFium puts U+FFFE or U+0002 where a hyphen breaks a word at a line end, and no line end after it; but a font with
# a broken character map gives the same for other glyphs.
_ODD = re.compile("[\x00\x02\ufffe]")
_PIECES = re.compile(r"([^\s\x02]+)\x02?|[\r\n]+")
_WORDS = re.compile(r"([^\s\x02]+)")
_BOLD = re.compile(r"bold|black|heavy|semibold|demi|gras", re.IGNORECASE)


class PdfFailure(Exception):
    """The file as a whole cannot be read; `why` says which way."""

    def __init__(self, why: Failure) -> None:
        super().__init__(why)
        self.why = why


class PdfFile:
    """An open PDF. One thread, one process; close it."""

    def __init__(self, file: Path) -> None:
        """Open `file`.

        Raises:
            PdfFailure: if it needs a password ("encrypted"), has no pages ("empty") or is no sound PDF ("damaged").
        """
        try:
            self._document = pdfium.PdfDocument(file)
        except pdfium.PdfiumError as error:
            locked = error.err_code in (c.FPDF_ERR_PASSWORD, c.FPDF_ERR_SECURITY)
            raise PdfFailure("encrypted" if locked else "damaged") from error
        if len(self._document) == 0:
            self._document.close()
            raise PdfFailure("empty")

    def close(self) -> None:
        """Release the file."""
        self._document.close()

    def head(self) -> Head:
        """Return the metadata title, the number of pages and the bookmarks (the first 5,000, 8 levels)."""
        return Head(_printable(self._document.get_metadata_value("Title")), len(self._document), tuple(self._outline()))

    def page(self, number: int) -> RawPage:
        """Return page `number` (from 1). A page that PDFium refuses comes back with `readable` False."""
        label = _printable(self._document.get_page_label(number - 1)) or None
        try:
            page = self._document.get_page(number - 1)
        except pdfium.PdfiumError:
            return RawPage(number, label, 0.0, 0.0, 0.0, (), readable=False)
        try:
            width, height = page.get_size()
            drawn = Drawn(c, page, width * height)
            lines, readable, hidden = _text(page, drawn)
            share = drawn.pictures if lines else drawn.drawings()
        except pdfium.PdfiumError:
            lines, readable, hidden, share = (), False, False, 0.0
        finally:
            page.close()
        return RawPage(number, label, round(width, 2), round(height, 2), share, lines, readable, hidden)

    def render(self, number: int, width: int) -> bytes:
        """Return page `number` (from 1) as JPEG, `width` pixels wide (less if the page is extremely long).

        Raises:
            PdfFailure: "damaged" if there is no such page or PDFium cannot draw it.
        """
        if not 1 <= number <= len(self._document):
            raise PdfFailure("damaged")
        try:
            page = self._document.get_page(number - 1)
            points_wide, points_high = page.get_size()
            scale = min(width / points_wide, (PIXELS / (points_wide * points_high)) ** 0.5)
            picture = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
        except (pdfium.PdfiumError, ZeroDivisionError) as error:
            raise PdfFailure("damaged") from error
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=80)
        return out.getvalue()

    def _outline(self) -> Iterator[OutlineEntry]:
        for count, mark in enumerate(self._document.get_toc(max_depth=OUTLINE_DEPTH)):
            if count == OUTLINE_ENTRIES:
                return
            target = mark.get_dest()
            index = target.get_index() if target else None
            title = _printable(mark.get_title())
            if title and index is not None:
                yield OutlineEntry(title, index + 1, mark.level)


def _text(page: Any, drawn: Drawn) -> tuple[tuple[RawLine, ...], bool, bool]:
    """Return the visible lines, whether the page could be read, and whether hidden text was left out."""
    textpage = page.get_textpage()
    try:
        count = textpage.count_chars()
        if count > PAGE_CHARACTERS:
            return (), False, False
        characters = _characters(textpage.raw, count)
        spans = [found.span(1) for found in _WORDS.finditer(characters)]
        starts = [start for start, _ in spans]
        boxes = _boxes(textpage.raw, starts, [end - 1 for _, end in spans])
        hidden: set[int] = set()
        if drawn.suspects:
            beneath = drawn.beneath()
            inks = _inks(textpage.raw, starts)
            hidden = hidden_words(inks, [end - start for start, end in spans], boxes, beneath, drawn.pictures)
        layer = _Layer(textpage.raw, characters, _placed(page, boxes), hidden)
        return tuple(layer.lines()), True, bool(hidden)
    finally:
        textpage.close()


def _characters(text: Any, count: int) -> str:
    """Return one character for each of PDFium's, so that offsets in the string are PDFium's own; U+0002 where a hyphen
    breaks a word at a line end, U+FFFD for a glyph without a character."""
    buffer = (ctypes.c_ushort * (2 * count + 2))()
    units = c.FPDFText_GetText(text, 0, count, buffer) - 1
    plain = bytes(memoryview(buffer)[:units]).decode("utf-16-le", "replace")
    if units != count or len(plain) != count:
        # Characters outside the BMP, or without a Unicode value, shift PDFium's own string: ask for each.
        plain = "".join([_character(c.FPDFText_GetUnicode(text, index)) for index in range(count)])
    odd = [found.start() for found in _ODD.finditer(plain)]
    if not odd:
        return plain
    characters = list(plain)
    for index in odd:
        characters[index] = "\x02" if c.FPDFText_IsHyphen(text, index) == 1 else "\ufffd"
    return "".join(characters)


def _character(code: int) -> str:
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _boxes(text: Any, first: Sequence[int], last: Sequence[int]) -> list[Box]:
    """Return (left, bottom, right, top) of each word in PDFium's coordinates, from its first and last character."""
    rects = (c.FS_RECTF * (2 * len(first)))()
    # One call a character is most of the cost of reading: let C make the round.
    deque(map(c.FPDFText_GetLooseCharBox, repeat(text), (*first, *last), rects), maxlen=0)
    flat = array("f", bytes(rects))
    half = 4 * len(first)
    sides = [(flat[side:half:4], flat[half + side :: 4]) for side in range(4)]
    (left, other_left), (top, other_top), (right, other_right), (bottom, other_bottom) = sides
    return list(
        zip(map(min, left, other_left), map(min, bottom, other_bottom),
            map(max, right, other_right), map(max, top, other_top), strict=True)
    )  # fmt: skip


def _placed(page: Any, boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes on the page as it is shown."""
    left, bottom, right, top = page.get_bbox()
    rotation = page.get_rotation()
    if rotation == 90:
        return [(y0 - bottom, x0 - left, y1 - bottom, x1 - left) for x0, y0, x1, y1 in boxes]
    if rotation == 180:
        return [(right - x1, y0 - bottom, right - x0, y1 - bottom) for x0, y0, x1, y1 in boxes]
    if rotation == 270:
        return [(top - y1, right - x1, top - y0, right - x0) for x0, y0, x1, y1 in boxes]
    return [(x0 - left, top - y1, x1 - left, top - y0) for x0, y0, x1, y1 in boxes]


class _Layer:
    """The text layer of one page, cut into printed lines."""

    def __init__(self, text: Any, characters: str, boxes: Sequence[Box], hidden: AbstractSet[int]) -> None:
        self._text = text
        self._characters = characters
        self._boxes = boxes
        self._hidden = hidden
        self._name = ctypes.create_string_buffer(128)
        self._flags = ctypes.c_int()
        self._matrix = c.FS_MATRIX()

    def lines(self) -> Iterator[RawLine]:
        words: list[tuple[str, Box]] = []
        first = last = 0
        number = -1
        for piece in _PIECES.finditer(self._characters):
            start, end = piece.span(1)
            hyphen = False
            if start >= 0:
                number += 1
                if number not in self._hidden:
                    hyphen = piece.end() > end
                    first, last = (start if not words else first), end - 1
                    words.append((piece[1] + ("-" if hyphen else ""), self._boxes[number]))
                if not hyphen:
                    continue
            if words:
                yield self._line(words, first, last, hyphen)
                words = []
        if words:
            yield self._line(words, first, last, hyphen=False)

    def _line(self, words: Sequence[tuple[str, Box]], first: int, last: int, hyphen: bool) -> RawLine:
        y0, y1 = min([box[1] for _, box in words]), max([box[3] for _, box in words])
        size = max(self._size(first), self._size(last))
        bold = self._bold(first) and self._bold(last)
        placed = tuple([(text, round(box[0], 2), round(box[2], 2)) for text, box in words])
        return RawLine(placed, round(y0, 2), round(y1, 2), round(size, 1), bold, hyphen)

    def _size(self, index: int) -> float:
        """Return the size of a character in points as shown: the font's own size times the scale it is drawn at."""
        matrix = self._matrix
        size = float(c.FPDFText_GetFontSize(self._text, index))
        if not c.FPDFText_GetMatrix(self._text, index, matrix):
            return size
        return float(size * (matrix.c**2 + matrix.d**2) ** 0.5)

    def _bold(self, index: int) -> bool:
        c.FPDFText_GetFontInfo(self._text, index, self._name, len(self._name), self._flags)
        name = self._name.value.decode("utf-8", "replace")
        return bool(_BOLD.search(name)) or c.FPDFText_GetFontWeight(self._text, index) >= 600


def _inks(text: Any, starts: Sequence[int]) -> list[Ink]:
    """Return how each word is drawn, as its first character tells."""
    inks: list[Ink] = []
    known: dict[int | None, Ink] = {}
    inks_of = Inks(c)
    for start in starts:
        item = c.FPDFText_GetTextObject(text, start)
        key = ctypes.cast(item, ctypes.c_void_p).value
        if key not in known:
            known[key] = inks_of.of(item) if key else "plain"
        inks.append(known[key])
    return inks


def _printable(text: str | None) -> str:
    return " ".join("".join(ch if ch.isprintable() else " " for ch in text or "").split())
