"""What a PDF says before anybody interprets it: pages, printed lines, words with their place.

These values cross the pipe between the reading child and its parent, so this module also knows their JSON form.
It does *not* know PDFium, limits, files, or what is a heading, a running head or a sentence.

Units: points from the top-left corner of the page as it is shown (rotation and crop box applied).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a child need not build all values of rag: 10 ms a file
    from rag.types import FileStatus


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
    any text, drawings count too. `readable` is False when PDFium refused the page or its text was too long."""

    number: int
    label: str | None
    width: float
    height: float
    image_share: float
    lines: tuple[RawLine, ...]
    readable: bool = True
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """One bookmark: `page` counts from 1, `level` from 0 (outermost)."""

    title: str
    page: int
    level: int


@dataclass(frozen=True, slots=True)
class Head:
    """The first thing the child says: the title in the metadata ("" if none), all pages there are, bookmarks."""

    title: str
    page_count: int
    outline: tuple[OutlineEntry, ...]


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


def head_to_json(head: Head) -> str:
    """Return one line of JSON."""
    return json.dumps(["head", head.title, head.page_count, [[e.title, e.page, e.level] for e in head.outline]])


def page_to_json(page: RawPage) -> str:
    """Return one line of JSON."""
    # Words hold no space, so one string carries those of a line; lists of words would double the cost of parsing.
    lines = [[*_columns(line.words), line.y0, line.y1, line.size, line.bold, line.hyphen] for line in page.lines]
    return json.dumps(
        ["page", page.number, page.label, page.width, page.height, page.image_share, lines, page.readable, page.hidden],
        separators=(",", ":"),
    )  # fmt: skip


def _columns(words: tuple[RawWord, ...]) -> tuple[str, list[float], list[float]]:
    return " ".join([word[0] for word in words]), [word[1] for word in words], [word[2] for word in words]


def head_from_json(row: list[Any]) -> Head:
    """Return the head in a parsed line that `head_to_json` wrote."""
    _, title, page_count, outline = row
    return Head(title, page_count, tuple(OutlineEntry(*entry) for entry in outline))


def page_from_json(row: list[Any]) -> RawPage:
    """Return the page in a parsed line that `page_to_json` wrote."""
    _, number, label, width, height, image_share, lines, readable, hidden = row
    return RawPage(
        number, label, width, height, image_share,
        tuple(RawLine(tuple(zip(text.split(" "), x0, x1, strict=True)), *rest) for text, x0, x1, *rest in lines),
        readable, hidden,
    )  # fmt: skip
