"""What stands on a page beside its own text: filled form fields, typed-on notes, comments, attached files.

PDFium's page text holds none of it, so this module asks PDFium for the annotations (it shares pypdfium2 with
`ingest.pdf`, in the same guarded child) and puts what a reader sees among the printed lines. It does *not* know
fonts: a value has no words with places of their own, they are spread evenly over the rectangle that shows them.
"""

from __future__ import annotations

import ctypes
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2.raw as c

from ingest.raw import RawLine, RawPage, RawWord
from rag.types import Box

PER_PAGE = 2_000
"""Annotations looked at on one page; the longest form seen has 200."""
VALUE_BYTES = 40_000
"""Longest text of one annotation, twice its characters; a longer one is no field of a form."""
ATTACHMENTS = 50
SCAN_SHARE = 0.5
"""Fields over a page that is one picture: OCR reads them with the picture, and their labels besides."""
TYPE_SIZE = 10.0
"""Points, where no printed line of the page tells."""

_UNSEEN = c.FPDF_ANNOT_FLAG_HIDDEN | c.FPDF_ANNOT_FLAG_NOVIEW
_PASSWORD = 1 << 13  # ISO 32000-1, table 228
_TYPED = {c.FPDF_FORMFIELD_TEXTFIELD, c.FPDF_FORMFIELD_COMBOBOX, c.FPDF_FORMFIELD_LISTBOX}
_CHOICES = {c.FPDF_FORMFIELD_COMBOBOX, c.FPDF_FORMFIELD_LISTBOX}
_COMMENTS = {
    c.FPDF_ANNOT_TEXT, c.FPDF_ANNOT_HIGHLIGHT, c.FPDF_ANNOT_UNDERLINE, c.FPDF_ANNOT_SQUIGGLY, c.FPDF_ANNOT_STRIKEOUT,
    c.FPDF_ANNOT_CARET,
}  # fmt: skip
_Place = Callable[[float, float, float, float], Box]


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


def attachments(document: Any) -> Iterator[str]:
    """Yield the names of the files that an open PDFium document carries (the first 50)."""
    for index in range(min(c.FPDFDoc_GetAttachmentCount(document), ATTACHMENTS)):
        attachment = c.FPDFDoc_GetAttachment(document, index)
        if attachment:
            yield _string(c.FPDFAttachment_GetName, attachment)


def annotations_of(page: Any, forms: Any, place: _Place) -> Annotations:
    """Return what hangs on an open PDFium page.

    Args:
        page: PDFium's handle.
        forms: PDFium's form environment; None when the document has no form.
        place: takes PDFium's (left, bottom, right, top) to our box.
    """
    typed: list[Typed] = []
    attached: list[str] = []
    notes = 0
    for index in range(min(c.FPDFPage_GetAnnotCount(page), PER_PAGE)):
        item = c.FPDFPage_GetAnnot(page, index)
        if not item:
            continue
        kind = c.FPDFAnnot_GetSubtype(item)
        if not c.FPDFAnnot_GetFlags(item) & _UNSEEN:
            text = _visible(item, kind, forms)
            lines = tuple(line for line in text.splitlines() if line.split())
            if lines:
                typed.append(Typed(lines, _box(item, place), kind == c.FPDF_ANNOT_WIDGET))
            elif kind in _COMMENTS and _string(c.FPDFAnnot_GetStringValue, item, b"Contents").split():
                notes += 1
            elif kind == c.FPDF_ANNOT_FILEATTACHMENT and len(attached) < ATTACHMENTS:
                attached.append(_string(c.FPDFAttachment_GetName, c.FPDFAnnot_GetFileAttachment(item)))
        c.FPDFPage_CloseAnnot(item)
    return Annotations(tuple(typed), notes, tuple(attached))


def _visible(item: Any, kind: int, forms: Any) -> str:
    """Return the text that an annotation shows without being opened, "" if none."""
    if kind == c.FPDF_ANNOT_FREETEXT:
        return _string(c.FPDFAnnot_GetStringValue, item, b"Contents")
    if kind != c.FPDF_ANNOT_WIDGET or not forms:
        return ""
    type_ = c.FPDFAnnot_GetFormFieldType(forms, item)
    if type_ not in _TYPED or c.FPDFAnnot_GetFormFieldFlags(forms, item) & _PASSWORD:
        return ""
    if type_ in _CHOICES:
        count = min(c.FPDFAnnot_GetOptionCount(forms, item), PER_PAGE)
        chosen = [index for index in range(count) if c.FPDFAnnot_IsOptionSelected(forms, item, index)]
        if chosen:
            # what is shown, not what is sent: "Ouvrier", not "cat_3"
            return "\n".join(_string(c.FPDFAnnot_GetOptionLabel, forms, item, index) for index in chosen)
    return _string(c.FPDFAnnot_GetFormFieldValue, forms, item)


def _string(function: Callable[..., Any], *arguments: Any) -> str:
    """Ask PDFium for a string as it likes to be asked: first for its size in bytes, then for its UTF-16."""
    if not arguments[0]:
        return ""
    size = function(*arguments, None, 0)
    if not 2 < size <= VALUE_BYTES:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    function(*arguments, buffer, size)
    return bytes(buffer).decode("utf-16-le", "replace").partition("\0")[0]


def _box(item: Any, place: _Place) -> Box:
    rect = c.FS_RECTF()
    c.FPDFAnnot_GetRect(item, ctypes.byref(rect))
    x0, y0, x1, y1 = place(rect.left, rect.bottom, rect.right, rect.top)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


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
                _insert(lines, line, typed.field)
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


def _insert(lines: list[RawLine], new: RawLine, field: bool) -> None:
    middle = (new.y0 + new.y1) / 2
    if field:
        level = [
            index
            for index, line in enumerate(lines)
            if line.y0 <= middle <= line.y1 and new.y1 - new.y0 < 3 * (line.y1 - line.y0)
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
