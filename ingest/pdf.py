"""PDFium behind our own values: opens documents, pages and text (`ingest.forms` and `ingest.drawn` ask for the rest).

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
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pypdfium2 as pdfium
import pypdfium2.raw as c

from ingest.drawn import Drawn, inks_of
from ingest.forms import annotations_of, attachments
from ingest.garbled import lacks_text
from ingest.hidden import hidden_words, is_layer
from ingest.overlay import Annotations, with_annotations
from ingest.raw import Head, OutlineEntry, RawLine, RawPage, as_shown

if TYPE_CHECKING:  # a child need not build all values of rag: 10 ms a file
    from rag.types import Box

Failure = Literal["encrypted", "damaged", "empty"]

PAGE_CHARACTERS = 200_000
"""Longest page read; a full page of a newspaper has 30,000."""
OUTLINE_ENTRIES = 5_000
OUTLINE_DEPTH = 8
WHOLE = 0.95
"""Share of a page from which a picture is the page itself, and may hold the words that print on it fills in."""
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


@dataclass(frozen=True, slots=True)
class Picture:
    """A page in grey, one byte a pixel, rows from the top; its size in pixels and in points."""

    width: int
    height: int
    points_wide: float
    points_high: float
    pixels: bytes


class PdfFile:
    """An open PDF. One thread, one process; close it."""

    def __init__(self, file: Path, *, plain: bool = False) -> None:
        """Open `file`; with `plain`, nothing is asked but the text of its pages.

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
        self._plain = plain
        form = self._document.get_formtype()
        self._dynamic = form == c.FORMTYPE_XFA_FULL
        if form != c.FORMTYPE_NONE and not plain:
            self._document.init_forms()  # else PDFium does not say what a field holds

    def close(self) -> None:
        """Release the file."""
        self._document.close()

    def head(self) -> Head:
        """Return the metadata title, the number of pages, the bookmarks and the names of attached files."""
        title = _printable(self._document.get_metadata_value("Title"))
        if self._plain:
            return Head(title, len(self._document), (), dynamic=self._dynamic)
        attached = tuple(map(_printable, attachments(self._document.raw)))
        return Head(title, len(self._document), tuple(self._outline()), attached, self._dynamic)

    def page(self, number: int) -> RawPage:
        """Return page `number` (from 1). A page that PDFium refuses comes back with `readable` False."""
        label = None if self._plain else _printable(self._document.get_page_label(number - 1)) or None
        try:
            page = self._document.get_page(number - 1)
        except pdfium.PdfiumError:
            return RawPage(number, label, 0.0, 0.0, 0.0, (), readable=False, lacks_text=True)
        try:
            width, height = page.get_size()
            drawn = Drawn(page, width * height)
            view = page.get_bbox(), page.get_rotation()
            text = _text(page, drawn)
            share = drawn.pictures if text.lines else drawn.drawings()
            found = annotations_of(page.raw, self._document.formenv, lambda *box: as_shown([box], *view)[0])
        except pdfium.PdfiumError:
            text, share, found = _Text(readable=False), 0.0, Annotations()
        finally:
            page.close()
        over_picture = bool(text.lines) and share >= WHOLE and not text.layer
        raw = RawPage(
            number, label, round(width, 2), round(height, 2), share, text.lines, text.readable, text.hidden,
            over_picture=over_picture,
        )  # fmt: skip
        whole = with_annotations(raw, found)
        return replace(whole, lacks_text=lacks_text(whole))

    def render(self, number: int, width: int) -> bytes:
        """Return page `number` (from 1) as JPEG, `width` pixels wide (less if the page is extremely long).

        Raises:
            PdfFailure: "damaged" if there is no such page or PDFium cannot draw it.
        """
        out = io.BytesIO()
        self._drawn(number, lambda wide: width / wide).convert("RGB").save(out, "JPEG", quality=80)
        return out.getvalue()

    def picture(self, number: int, dpi: int) -> Picture:
        """Return page `number` (from 1) in grey, as OCR wants it; coarser than `dpi` if the page is huge.

        Raises:
            PdfFailure: "damaged" if there is no such page or PDFium cannot draw it.
        """
        drawn = self._drawn(number, lambda _: dpi / 72, grayscale=True).convert("L")
        points_wide, points_high = self._document.get_page_size(number - 1)
        return Picture(drawn.width, drawn.height, points_wide, points_high, drawn.tobytes())

    def _drawn(self, number: int, wanted: Callable[[float], float], *, grayscale: bool = False) -> Any:
        """Return the picture (PIL) of a page at the scale wanted for its width, or as large as may be."""
        if not 1 <= number <= len(self._document):
            raise PdfFailure("damaged")
        try:
            page = self._document.get_page(number - 1)
            wide, high = page.get_size()
            scale = min(wanted(wide), (PIXELS / (wide * high)) ** 0.5)
            return page.render(scale=scale, may_draw_forms=False, grayscale=grayscale).to_pil()
        except (pdfium.PdfiumError, ZeroDivisionError) as error:
            raise PdfFailure("damaged") from error

    def _outline(self) -> Iterator[OutlineEntry]:
        for count, mark in enumerate(self._document.get_toc(max_depth=OUTLINE_DEPTH)):
            if count == OUTLINE_ENTRIES:
                return
            index = target.get_index() if (target := mark.get_dest()) else None
            title = _printable(mark.get_title())
            if title and index is not None:
                yield OutlineEntry(title, index + 1, mark.level)


@dataclass(frozen=True, slots=True)
class _Text:
    """Visible lines; whether the page could be read, hidden text was left out, the text is the layer of a scan."""

    lines: tuple[RawLine, ...] = ()
    readable: bool = True
    hidden: bool = False
    layer: bool = False


def _text(page: Any, drawn: Drawn) -> _Text:
    textpage = page.get_textpage()
    try:
        count = textpage.count_chars()
        if count > PAGE_CHARACTERS:
            return _Text(readable=False)
        characters = _characters(textpage.raw, count)
        spans = [found.span(1) for found in _WORDS.finditer(characters)]
        starts = [start for start, _ in spans]
        boxes = _boxes(textpage.raw, starts, [end - 1 for _, end in spans])
        hidden: set[int] = set()
        layer = False
        if drawn.suspects:
            inks = inks_of(textpage.raw, starts)
            layer = is_layer(inks, [end - start for start, end in spans], drawn.pictures)
            hidden = hidden_words(inks, boxes, drawn.beneath(), layer=layer)
        lines = _Lines(textpage.raw, characters, as_shown(boxes, page.get_bbox(), page.get_rotation()), hidden)
        return _Text(tuple(lines.all()), True, bool(hidden), layer)
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


class _Lines:
    """The text layer of one page, cut into printed lines."""

    def __init__(self, text: Any, characters: str, boxes: Sequence[Box], hidden: Collection[int]) -> None:
        self._text = text
        self._characters = characters
        self._boxes = boxes
        self._hidden = hidden
        self._name = ctypes.create_string_buffer(128)
        self._flags = ctypes.c_int()
        self._matrix = c.FS_MATRIX()

    def all(self) -> Iterator[RawLine]:
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
        size = abs(float(c.FPDFText_GetFontSize(self._text, index)))  # negative where the font is drawn upside down
        if not c.FPDFText_GetMatrix(self._text, index, matrix):
            return size
        return float(size * (matrix.c**2 + matrix.d**2) ** 0.5)

    def _bold(self, index: int) -> bool:
        c.FPDFText_GetFontInfo(self._text, index, self._name, len(self._name), self._flags)
        name = self._name.value.decode("utf-8", "replace")
        return bool(_BOLD.search(name)) or c.FPDFText_GetFontWeight(self._text, index) >= 600


def _printable(text: str | None) -> str:
    return " ".join("".join(ch if ch.isprintable() else " " for ch in text or "").split())
