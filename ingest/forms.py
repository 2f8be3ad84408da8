"""What hangs on a page beside its own text: filled form fields, typed-on notes, comments, attached files.

PDFium's page text holds none of it, so this module asks PDFium for the annotations; it shares pypdfium2 with
`ingest.pdf`, in the same guarded child. It does *not* know where their text belongs among the lines of the page.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pypdfium2.raw as c

from ingest.overlay import Annotations, Typed

if TYPE_CHECKING:  # a child need not build all values of rag: 10 ms a file
    from rag.types import Box

PER_PAGE = 2_000
"""Annotations looked at on one page; the longest form seen has 200."""
VALUE_BYTES = 40_000
"""Longest text of one annotation, twice its characters; a longer one is no field of a form."""
ATTACHMENTS = 50

_UNSEEN = c.FPDF_ANNOT_FLAG_HIDDEN | c.FPDF_ANNOT_FLAG_NOVIEW
_PASSWORD = 1 << 13  # ISO 32000-1, table 228
_TYPED = {c.FPDF_FORMFIELD_TEXTFIELD, c.FPDF_FORMFIELD_COMBOBOX, c.FPDF_FORMFIELD_LISTBOX}
_CHOICES = {c.FPDF_FORMFIELD_COMBOBOX, c.FPDF_FORMFIELD_LISTBOX}
_COMMENTS = {
    c.FPDF_ANNOT_TEXT, c.FPDF_ANNOT_HIGHLIGHT, c.FPDF_ANNOT_UNDERLINE, c.FPDF_ANNOT_SQUIGGLY, c.FPDF_ANNOT_STRIKEOUT,
    c.FPDF_ANNOT_CARET,
}  # fmt: skip
_Place = Callable[[float, float, float, float], "Box"]


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
