"""PDFium behind our own values: with `ingest.forms`, the only importer of pypdfium2.

Reads text with the place of each word, labels, bookmarks, the metadata title; draws a page. It does *not* guard
itself: a hostile file may make it hang, eat memory or crash, so call it in a child process (`ingest.child`) only.
PDFium is not thread-safe either, not even across documents.
"""

from __future__ import annotations

import ctypes
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pypdfium2 as pdfium
import pypdfium2.raw as c

from ingest.forms import annotations_of, attachments
from ingest.overlay import Annotations, with_annotations
from ingest.raw import Head, OutlineEntry, RawLine, RawPage, RawWord
from rag.types import Box

Failure = Literal["encrypted", "damaged", "empty"]

PAGE_CHARACTERS = 200_000
"""Longest page read; a full page of a newspaper has 30,000."""
OUTLINE_ENTRIES = 5_000
OUTLINE_DEPTH = 8
PAGE_OBJECTS = 3_000
"""Objects looked at for pictures on one page: maps have 100,000 strokes and we only need a rough share."""
WHOLE = 0.95
"""Share of a page from which a picture is the page itself, and may hold the words that print on it fills in."""
PIXELS = 25_000_000
"""Largest picture of a page: an A0 poster asked at full width must not take gigabytes."""

# PDFium puts U+0002 where a hyphen breaks a word at a line end, and no line end after it.
_PIECES = re.compile(r"(?P<word>[^\s\x02]+)(?P<hyphen>\x02?)|(?P<end>[\r\n]+)")
_BOLD = re.compile(r"bold|black|heavy|semibold|demi|gras", re.IGNORECASE)
_Place = Callable[[float, float, float, float], Box]


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
        if self._document.get_formtype() != c.FORMTYPE_NONE:
            self._document.init_forms()  # else PDFium does not say what a field holds

    def close(self) -> None:
        """Release the file."""
        self._document.close()

    def head(self) -> Head:
        """Return the metadata title, the number of pages, the bookmarks (the first 5,000, 8 levels) and the names of
        attached files."""
        title = _printable(self._document.get_metadata_value("Title"))
        attached = tuple(map(_printable, attachments(self._document.raw)))
        return Head(title, len(self._document), tuple(self._outline()), attached)

    def page(self, number: int) -> RawPage:
        """Return page `number` (from 1). A page that PDFium refuses comes back with `readable` False."""
        label = _printable(self._document.get_page_label(number - 1)) or None
        try:
            page = self._document.get_page(number - 1)
        except pdfium.PdfiumError:
            return RawPage(number, label, 0.0, 0.0, 0.0, (), readable=False)
        try:
            width, height = page.get_size()
            lines, readable = _text(page)
            share = _image_share(page, width * height, drawings=not lines)
            found = annotations_of(page.raw, self._document.formenv, _placer(page))
            over_picture = bool(lines) and share >= WHOLE and _shows_text(page)
        except pdfium.PdfiumError:
            lines, readable, share, found, over_picture = (), False, 0.0, Annotations(), False
        finally:
            page.close()
        size = round(width, 2), round(height, 2)
        raw = RawPage(number, label, *size, share, lines, readable, over_picture=over_picture)
        return with_annotations(raw, found)

    def render(self, number: int, width: int) -> bytes:
        """Return page `number` (from 1) as JPEG, `width` pixels wide (less if the page is extremely long).

        Raises:
            PdfFailure: "damaged" if there is no such page or PDFium cannot draw it.
        """
        out = io.BytesIO()
        self._drawn(number, lambda wide, _: width / wide).convert("RGB").save(out, "JPEG", quality=80)
        return out.getvalue()

    def picture(self, number: int, dpi: int) -> Picture:
        """Return page `number` (from 1) in grey, as OCR wants it; coarser than `dpi` if the page is huge.

        Raises:
            PdfFailure: "damaged" if there is no such page or PDFium cannot draw it.
        """
        drawn = self._drawn(number, lambda *_: dpi / 72, grayscale=True).convert("L")
        points_wide, points_high = self._document.get_page_size(number - 1)
        return Picture(drawn.width, drawn.height, points_wide, points_high, drawn.tobytes())

    def _drawn(self, number: int, wanted: Callable[[float, float], float], *, grayscale: bool = False) -> Any:
        """Return the picture (PIL) of a page at the wanted scale, or as large as may be."""
        if not 1 <= number <= len(self._document):
            raise PdfFailure("damaged")
        try:
            page = self._document.get_page(number - 1)
            wide, high = page.get_size()
            scale = min(wanted(wide, high), (PIXELS / (wide * high)) ** 0.5)
            return page.render(scale=scale, may_draw_forms=False, grayscale=grayscale).to_pil()
        except (pdfium.PdfiumError, ZeroDivisionError) as error:
            raise PdfFailure("damaged") from error

    def _outline(self) -> Iterator[OutlineEntry]:
        for count, mark in enumerate(self._document.get_toc(max_depth=OUTLINE_DEPTH)):
            if count == OUTLINE_ENTRIES:
                return
            target = mark.get_dest()
            index = target.get_index() if target else None
            title = _printable(mark.get_title())
            if title and index is not None:
                yield OutlineEntry(title, index + 1, mark.level)


def _text(page: Any) -> tuple[tuple[RawLine, ...], bool]:
    textpage = page.get_textpage()
    try:
        count = textpage.count_chars()
        if count > PAGE_CHARACTERS:
            return (), False
        return tuple(_lines(textpage.raw, _characters(textpage.raw, count), _placer(page))), True
    finally:
        textpage.close()


def _characters(text: Any, count: int) -> str:
    """Return one character for each of PDFium's, so that offsets in the string are PDFium's own."""
    buffer = (ctypes.c_ushort * (2 * count + 2))()
    units = c.FPDFText_GetText(text, 0, count, buffer) - 1
    plain = bytes(memoryview(buffer)[:units]).decode("utf-16-le", "replace")
    if units == count == len(plain):
        return plain.replace("\ufffe", "\x02")
    # Characters outside the BMP, or without a Unicode value, shift PDFium's own string: ask for each.
    codes = (c.FPDFText_GetUnicode(text, index) for index in range(count))
    return "".join(_character(code) for code in codes)


def _character(code: int) -> str:
    if code == 0xFFFE:
        return "\x02"
    # 0 is a glyph without a character: kept as such, so that a layer full of them can be recognised.
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _lines(text: Any, characters: str, place: _Place) -> Iterator[RawLine]:
    words: list[RawWord] = []
    boxes: list[tuple[float, float]] = []
    first = last = 0
    hyphen = False
    rect = c.FS_RECTF()
    reference = ctypes.byref(rect)
    get_box = c.FPDFText_GetLooseCharBox

    def box(index: int) -> Box:
        get_box(text, index, reference)
        return place(rect.left, rect.bottom, rect.right, rect.top)

    for piece in _PIECES.finditer(characters):
        if piece["word"]:
            start, end = piece.span("word")
            a = box(start)
            b = box(end - 1) if end - start > 1 else a
            if not words:
                first = start
            last = end - 1
            # A font with a broken character map may hold U+0002 as a plain character.
            hyphen = bool(piece["hyphen"]) and c.FPDFText_IsHyphen(text, end) == 1
            word = piece["word"] + ("-" if hyphen else "")
            words.append((word, round(min(a[0], b[0]), 2), round(max(a[2], b[2]), 2)))
            boxes.append((min(a[1], b[1]), max(a[3], b[3])))
        if words and (hyphen or piece["end"]):
            yield _line(text, words, boxes, first, last, hyphen)
            words, boxes, hyphen = [], [], False
    if words:
        yield _line(text, words, boxes, first, last, hyphen=False)


def _line(
    text: Any, words: list[RawWord], boxes: list[tuple[float, float]], first: int, last: int, hyphen: bool
) -> RawLine:
    size = max(_size(text, first), _size(text, last))
    y0, y1 = min(top for top, _ in boxes), max(bottom for _, bottom in boxes)
    bold = _bold(text, first) and _bold(text, last)
    return RawLine(tuple(words), round(y0, 2), round(y1, 2), round(size, 1), bold, hyphen)


def _size(text: Any, index: int) -> float:
    """Return the size of a character in points as shown: the font's own size times the scale it is drawn at."""
    matrix = c.FS_MATRIX()
    size = abs(float(c.FPDFText_GetFontSize(text, index)))  # negative where the font is drawn upside down
    if not c.FPDFText_GetMatrix(text, index, ctypes.byref(matrix)):
        return size
    return float(size * (matrix.c**2 + matrix.d**2) ** 0.5)


def _bold(text: Any, index: int) -> bool:
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    c.FPDFText_GetFontInfo(text, index, name, len(name), ctypes.byref(flags))
    return bool(_BOLD.search(name.value.decode("utf-8", "replace"))) or c.FPDFText_GetFontWeight(text, index) >= 600


def _placer(page: Any) -> _Place:
    """Return the function that takes PDFium's (left, bottom, right, top) to our box on the page as shown."""
    left, bottom, right, top = page.get_bbox()
    rotation = page.get_rotation()
    if rotation == 90:
        return lambda x0, y0, x1, y1: (y0 - bottom, x0 - left, y1 - bottom, x1 - left)
    if rotation == 180:
        return lambda x0, y0, x1, y1: (right - x1, y0 - bottom, right - x0, y1 - bottom)
    if rotation == 270:
        return lambda x0, y0, x1, y1: (top - y1, right - x1, top - y0, right - x0)
    return lambda x0, y0, x1, y1: (x0 - left, top - y1, x1 - left, top - y0)


def _image_share(page: Any, area: float, drawings: bool) -> float:
    kinds = {c.FPDF_PAGEOBJ_IMAGE}
    if drawings:
        kinds |= {c.FPDF_PAGEOBJ_PATH, c.FPDF_PAGEOBJ_SHADING}
    sides = [ctypes.c_float() for _ in range(4)]
    references = [ctypes.byref(side) for side in sides]
    covered = 0.0
    for index in range(min(c.FPDFPage_CountObjects(page), PAGE_OBJECTS)):
        item = c.FPDFPage_GetObject(page, index)
        kind = c.FPDFPageObj_GetType(item)
        if (kind in kinds or (kind == c.FPDF_PAGEOBJ_FORM and _holds(item, kinds))) and c.FPDFPageObj_GetBounds(
            item, *references
        ):
            left, bottom, right, top = (side.value for side in sides)
            covered += max(0.0, right - left) * max(0.0, top - bottom)
    return round(min(1.0, covered / area), 3) if area else 0.0


def _shows_text(page: Any) -> bool:
    """Return whether any text is drawn; the text layer that a scanner adds is invisible."""
    for index in range(min(c.FPDFPage_CountObjects(page), PAGE_OBJECTS)):
        item = c.FPDFPage_GetObject(page, index)
        if c.FPDFPageObj_GetType(item) == c.FPDF_PAGEOBJ_TEXT:
            return bool(c.FPDFTextObj_GetTextRenderMode(item) != c.FPDF_TEXTRENDERMODE_INVISIBLE)
    return False


def _holds(form: Any, kinds: set[int], depth: int = 3) -> bool:
    """Return whether a group of drawing orders holds an object of one of `kinds`."""
    for index in range(min(c.FPDFFormObj_CountObjects(form), 100)):
        item = c.FPDFFormObj_GetObject(form, index)
        kind = c.FPDFPageObj_GetType(item)
        if kind in kinds or (kind == c.FPDF_PAGEOBJ_FORM and depth and _holds(item, kinds, depth - 1)):
            return True
    return False


def _printable(text: str | None) -> str:
    return " ".join("".join(ch if ch.isprintable() else " " for ch in text or "").split())
