"""Raw pages to the pages that are stored: mended words, no running heads, no garbled layers. Pure.

The text of a page is built from its words, so every offset is exact by construction, and nothing is put in that
does not stand on the page: words may lose characters (a mended hyphen, invisible ones) but are never reordered
within a line. Does *not* know PDFium, sentences, headings or the store.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.order import in_reading_order
from ingest.raw import RawLine, RawPage
from ingest.running import without_running
from rag.types import Line, Page, PageRef, Source, Word

HYPHENS = "\u2010\u2011\u00ad-"  # "-" last: the string also stands in character classes
SMALLEST_TYPE = 1.5
"""Points. Nobody reads smaller type; it is there to be found by machines."""

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ft", "ﬆ": "st"})
_TO_MEND = re.compile("[ﬀ-ﬄﬅﬆ\ufffd]")
_LETTERS = re.compile(r"[^\W\d_]+")
_COMPOUND = re.compile(rf"[^\W\d_]+(?:[{HYPHENS}][^\W\d_]+)+")
_CONTENTS = re.compile(r"(?:\.\s?){4,}\s*(?:\d{1,4}|[ivxlc]{1,7})$|(?:\.{2,}|…)\d{1,4}$|…{2,}\s*\d{1,4}$")
_NUMBER_AT_END = re.compile(r"\D\s\d{1,4}$")
_BROKEN_END = re.compile(rf"(?P<before>[\w’']*\w)[{HYPHENS}]$")

# Words after which French writes a hyphen that stays, and second halves that always keep theirs.
_FIRST_HALVES = frozenset(
    "au au-dessous au-dessus peut celui celle ceux celles non ex vice demi semi mi quasi avant après contre sous "
    "ci là par c'est-à c’est-à c'est c’est rez rendez grand sud nord saint sainte vis vis-à procès soi lui elle eux "
    "nous vous moi toi dix vingt trente quarante cinquante soixante quatre chef sans coupe pare porte garde "
    "brise".split()
)
_SECOND_HALVES = frozenset(
    "ci là il ils elle elles on je tu nous vous moi toi le la les lui leur en y même mêmes t-il t-elle t-on t-ils "
    "t-elles dire à-dire à-vis delà dessus dessous".split()
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A page to store, with what only headings need: for each of its lines whether it is all in bold type."""

    page: Page
    bold: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """What the document writes elsewhere, in small letters: compounds with `-`, and plain words."""

    compounds: frozenset[str]
    words: frozenset[str]


def clean(pages: Sequence[RawPage], source: Source) -> tuple[Cleaned, ...]:
    """Return the pages of one document, in order, each with the text that is worth searching.

    A page whose text layer is garbled, and one without any, comes back with an empty text. Left out are text that
    a reader cannot see (`is_hidden`) and lines of a table of contents ("Objet . . . . 3"), which answer nothing and
    look like the page that does.
    """
    readable = [() if page.lacks_text else _readable(page) for page in pages]
    kept = without_running(readable, pages)
    if not any(kept):
        kept = readable  # one line a page is no running head, it is the text
    vocabulary = _vocabulary(kept)
    return tuple(_build(page, lines, source, vocabulary) for page, lines in zip(pages, kept, strict=True))


def is_hidden(line: RawLine, page: RawPage) -> bool:
    """Return whether a line is in type too small to read, or beside the page. Colours are not looked at."""
    tiny = line.size < SMALLEST_TYPE and line.y1 - line.y0 < SMALLEST_TYPE
    beside = line.y1 < 0 or line.y0 > page.height or line.words[-1][2] < 0 or line.words[0][1] > page.width
    return tiny or beside


def _readable(page: RawPage) -> tuple[RawLine, ...]:
    """Return the visible lines with each word in NFC and free of ligatures and invisible characters."""
    readable: list[RawLine] = []
    for line in page.lines:
        if is_hidden(line, page):
            continue
        if not _is_plain("".join([word for word, _, _ in line.words])):
            words = tuple((text, x0, x1) for word, x0, x1 in line.words if (text := _readable_word(word)))
            hyphen = line.hyphen or line.words[-1][0].endswith("\u00ad")
            line = RawLine(words, line.y0, line.y1, line.size, line.bold, hyphen)
        if not line.words:
            continue
        if readable and _goes_on(readable[-1], line):
            line = _joined(readable.pop(), line)
        readable.append(line)
    return _without_contents(in_reading_order(readable))


def _without_contents(lines: Sequence[RawLine]) -> tuple[RawLine, ...]:
    """Return the lines that are no entries of a table of contents."""
    texts = [" ".join(word for word, _, _ in line.words) for line in lines]
    entries = [_CONTENTS.search(text) is not None for text in texts]
    if not any(entries):
        return tuple(lines)
    # The entries of the outer level often have no dots.
    for order in (range(1, len(lines)), range(len(lines) - 2, -1, -1)):
        for index in order:
            beside = entries[index - order.step]
            entries[index] = entries[index] or (beside and _NUMBER_AT_END.search(texts[index]) is not None)
    kept: list[RawLine] = []
    for line, entry in zip(lines, entries, strict=True):
        if entry:
            _drop_start(kept, line)
        else:
            kept.append(line)
    return tuple(kept)


def _drop_start(lines: list[RawLine], entry: RawLine) -> None:
    """Take off the lines that an entry of a table of contents began with, up to three, set closely and alike."""
    below = entry
    for _ in range(3):
        if not lines or not (
            abs(lines[-1].size - entry.size) < 0.1
            and lines[-1].bold == entry.bold
            and 0 < below.y0 - lines[-1].y0 < 1.5 * entry.size
        ):
            return
        below = lines.pop()


def _goes_on(line: RawLine, after: RawLine) -> bool:
    """Return whether two lines are one printed line, which PDFium cuts where the type changes."""
    height = min(line.y1 - line.y0, after.y1 - after.y0)
    overlap = min(line.y1, after.y1) - max(line.y0, after.y0)
    gap = after.words[0][1] - line.words[-1][2]
    return not line.hyphen and overlap > 0.6 * height and -0.1 * line.size < gap < 0.8 * line.size


def _joined(line: RawLine, after: RawLine) -> RawLine:
    y0, y1 = min(line.y0, after.y0), max(line.y1, after.y1)
    size = max(line.size, after.size)
    return RawLine((*line.words, *after.words), y0, y1, size, line.bold and after.bold, after.hyphen)


def _is_plain(text: str) -> bool:
    """Return whether there is nothing to mend in any word of `text`."""
    return text.isprintable() and (
        text.isascii() or (unicodedata.is_normalized("NFC", text) and _TO_MEND.search(text) is None)
    )


def _readable_word(word: str) -> str:
    soft = word.endswith("\u00ad")
    word = word.translate(_LIGATURES)
    if not word.isprintable():
        # Cc and Cf: controls, zero-width, BiDi marks, tags, soft hyphens. Private characters (list bullets) stay.
        word = "".join(ch for ch in word if unicodedata.category(ch) not in ("Cc", "Cf", "Cn", "Cs"))
    if not word.strip("\ufffd"):
        return ""  # a picture in a symbol font: nothing that could be read or searched
    return unicodedata.normalize("NFC", word) + ("-" if soft else "")


def _vocabulary(pages: Sequence[Sequence[RawLine]]) -> _Vocabulary:
    breaks = any(_ends_in_hyphen(line) for lines in pages for line in lines)
    if not breaks:
        return _Vocabulary(frozenset(), frozenset())
    words = {word.lower() for lines in pages for line in lines for word, _, _ in line.words}
    compounds = {_plain(found) for word in words for found in _COMPOUND.findall(word)}
    return _Vocabulary(frozenset(compounds), frozenset(found for word in words for found in _LETTERS.findall(word)))


def _plain(text: str) -> str:
    return re.sub(f"[{HYPHENS}]", "-", text)


def _ends_in_hyphen(line: RawLine) -> bool:
    return line.hyphen or line.words[-1][0][-1] in HYPHENS


def _build(raw: RawPage, lines: Sequence[RawLine], source: Source, vocabulary: _Vocabulary) -> Cleaned:
    built: list[Line] = []
    parts: list[str] = []
    at = 0
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else None
        join = _mend(line, following, vocabulary) if following is not None else None
        words = []
        for index, (text, x0, x1) in enumerate(line.words):
            if index:
                parts.append(" ")
                at += 1
            if join == "drop" and index == len(line.words) - 1:
                text = text[:-1]
            words.append(Word(at, at + len(text), x0, x1))
            parts.append(text)
            at += len(text)
        built.append(Line(tuple(words), line.y0, line.y1, line.size, _broken(line, join)))
        if following is not None and join is None:
            parts.append("\n")
            at += 1
    ref = PageRef(source, raw.number, raw.label, raw.width, raw.height)
    return Cleaned(Page(ref, "".join(parts), tuple(built), raw.origin), tuple(line.bold for line in lines))


def _broken(line: RawLine, join: str | None) -> str:
    """Return what the page has at the end of a line that breaks a word; PDFium leaves its own hyphens out itself."""
    if join is None or line.hyphen:
        return ""
    return "-\n" if join == "drop" else "\n"


def _mend(line: RawLine, following: RawLine, vocabulary: _Vocabulary) -> str | None:
    """Return None when the line end parts two words, "keep" or "drop" when it breaks one: what of its hyphen."""
    if not _ends_in_hyphen(line):
        return None
    found = _BROKEN_END.search(line.words[-1][0])
    after = following.words[0][0]
    if found is None or not after[0].isalnum():
        return None
    before = found["before"]
    if before[-1].isdigit() or not after[0].islower():
        return "keep"
    first = re.split(f"[’'{HYPHENS}]", before)[-1].lower()
    second = re.match(rf"[\w{HYPHENS}]+", after)
    rest = _plain(second[0].lower()) if second else ""
    half = re.split("-", rest)[0]
    compound = _plain(f"{before}-{rest}".lower())
    if compound in vocabulary.compounds or f"{first}-{half}" in vocabulary.compounds:
        return "keep"
    if first + half in vocabulary.words:
        return "drop"
    return "keep" if first in _FIRST_HALVES or rest in _SECOND_HALVES else "drop"
