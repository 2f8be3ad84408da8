"""What a PDF says before anybody interprets it: pages, printed lines, words with their place.

These values cross the pipe between the reading child and its parent, so this module also knows their JSON form.
It does *not* know PDFium, limits, files, or what is a heading, a running head or a sentence.

Units: points from the top-left corner of the page as it is shown (rotation and crop box applied).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a child need not build all values of rag: 10 ms a file
    from rag.types import Box, FileStatus, Origin


RawWord = tuple[str, float, float]
"""Text without spaces, left and right edge. A plain tuple: a page has 500, and they come straight out of JSON."""


@dataclass(frozen=True, slots=True)
class RawLine:
    """One printed line in reading order. `hyphen`: the last word ends in a hyphen that breaks a word."""

    words: tuple[RawWord, ...]
    y0: float
    y1: float
    size: float
    bold: bool
    hyphen: bool


@dataclass(frozen=True, slots=True)
class RawPage:
    """`number` counts from 1. `image_share`: share of the page that pictures cover, 0 to 1; on a page without
    any text, drawings count too. `readable` is False when PDFium refused the page or its text was too long.
    `hidden`: text that nobody can see was left out. `origin` is "ocr" once Tesseract has looked at the page, even if
    it found no word. `notes`: comments that a viewer shows on demand only; `attached`: names of files hung on the
    page; `over_picture`: its text is printed over a picture of the whole page, which may say more; `lacks_text`: it
    shows something that its text does not say (`ingest.garbled`)."""

    number: int
    label: str | None
    width: float
    height: float
    image_share: float
    lines: tuple[RawLine, ...]
    readable: bool = True
    hidden: bool = False
    origin: Origin = "text"
    notes: int = 0
    attached: tuple[str, ...] = ()
    over_picture: bool = False
    lacks_text: bool = False


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """One bookmark: `page` counts from 1, `level` from 0 (outermost)."""

    title: str
    page: int
    level: int


@dataclass(frozen=True, slots=True)
class Head:
    """The first thing the child says: the title in the metadata ("" if none), all pages there are, bookmarks, names
    of the files that the document carries, and whether it is a form of the kind (dynamic XFA) that has no pages of its
    own: those it has ask to wait, or to open another program."""

    title: str
    page_count: int
    outline: tuple[OutlineEntry, ...]
    attached: tuple[str, ...] = ()
    dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """All that a child said of one file: `name` is the file's, `broken` says why the child did not come to its end
    or was never started, None when it did; `plain` that it read the printed text alone, because reading all the file
    had crashed it."""

    name: str
    head: Head
    pages: tuple[RawPage, ...]
    broken: FileStatus | None = None
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One file as read. `status` is "added" when all is well (whether the file is new is for others to say);
    `pages` are those that could be read, in order; `message` is French, for the admin, "" when all is well."""

    status: FileStatus
    title: str
    page_count: int
    pages: tuple[RawPage, ...]
    outline: tuple[OutlineEntry, ...]
    message: str


def as_shown(boxes: Sequence[Box], crop: Box, rotation: int) -> list[Box]:
    """Return boxes (left, bottom, right, top) in PDF coordinates as ours, on the page as it is shown.

    Args:
        boxes: points from the origin of the PDF page, upwards.
        crop: what of the page is shown, in the same coordinates.
        rotation: of the page, clockwise, in degrees: 0, 90, 180 or 270.
    """
    left, bottom, right, top = crop
    if rotation == 90:
        return [(y0 - bottom, x0 - left, y1 - bottom, x1 - left) for x0, y0, x1, y1 in boxes]
    if rotation == 180:
        return [(right - x1, y0 - bottom, right - x0, y1 - bottom) for x0, y0, x1, y1 in boxes]
    if rotation == 270:
        return [(top - y1, right - x1, top - y0, right - x0) for x0, y0, x1, y1 in boxes]
    return [(x0 - left, top - y1, x1 - left, top - y0) for x0, y0, x1, y1 in boxes]


def head_to_json(head: Head) -> str:
    """Return one line of JSON."""
    outline = [[e.title, e.page, e.level] for e in head.outline]
    return json.dumps(["head", head.title, head.page_count, outline, head.attached, head.dynamic])


def page_to_json(page: RawPage) -> str:
    """Return one line of JSON."""
    # Words hold no space, so one string carries those of a line; lists of words would double the cost of parsing.
    lines = [[*_columns(line.words), line.y0, line.y1, line.size, line.bold, line.hyphen] for line in page.lines]
    return json.dumps(
        ["page", page.number, page.label, page.width, page.height, page.image_share, lines, page.readable, page.hidden,
         page.origin, page.notes, page.attached, page.over_picture, page.lacks_text],
        separators=(",", ":"),
    )  # fmt: skip


def _columns(words: tuple[RawWord, ...]) -> tuple[str, list[float], list[float]]:
    return " ".join([word[0] for word in words]), [word[1] for word in words], [word[2] for word in words]


def head_from_json(row: list[Any]) -> Head:
    """Return the head in a parsed line that `head_to_json` wrote."""
    _, title, page_count, outline, attached, dynamic = row
    return Head(title, page_count, tuple(OutlineEntry(*entry) for entry in outline), tuple(attached), dynamic)


def page_from_json(row: list[Any]) -> RawPage:
    """Return the page in a parsed line that `page_to_json` wrote."""
    _, number, label, width, height, image_share, lines, readable, hidden, origin, *rest = row
    notes, attached, over_picture, lacks_text = rest
    return RawPage(
        number, label, width, height, image_share,
        tuple(RawLine(tuple(zip(text.split(" "), x0, x1, strict=True)), *rest) for text, x0, x1, *rest in lines),
        readable, hidden, origin, notes, tuple(attached), over_picture, lacks_text,
    )  # fmt: skip
