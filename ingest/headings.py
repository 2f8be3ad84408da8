"""Which lines are headings, and what the document is called: from its bookmarks, its type, its wording. Pure.

Does *not* know PDFium, sentences or chunks; a heading is a span of a page's text with a level.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.clean import Cleaned
from ingest.layout import starts_item
from ingest.raw import OutlineEntry, RawPage
from rag.types import Line, Page

LARGER = 1.12
"""Type this much above the body's is a heading's."""
SAME = 0.03
"""Relative difference up to which two sizes are one."""
LONGEST = 200
"""Characters; longer bold or large runs are text that shouts."""
MOST_LINES = 4
CLOSE = 1.5
"""Type sizes between the upper edges of two lines of one paragraph, at most."""
UNDER_OUTLINE = 100
"""Levels of headings that are in no bookmark start here: they always stand under those that are."""

_NUMBERED = re.compile(
    r"(?:(?i:article|art\.|chapitre|titre|section|sous-section|annexe|partie|avenant|accord)\s+"
    r"(?:n[°o]\s*)?(?:\d[\w.\-]*|[IVXL]+\b|1er|premier|première|unique|[A-Z]\b)|Préambule\b|PRÉAMBULE\b|PREAMBULE\b)"
)
_FINISHED = (".", ";", ":", "!", "?", "…")
_LETTER = re.compile(r"[^\W\d_]")
_NO_TITLE = re.compile(
    r"(?i)(?:untitled|sans[ -]titre|document\s*\d*|pr[ée]sentation(?:\s*powerpoint)?|classeur\s*\d*|unspecified"
    r"|anonymous|\(anonymous\)|\(unspecified\)|.*\.(?:docx?|xlsx?|pptx?|odt|ods|odp|pdf|indd|qxd|tex|rtf|pub|html?)|https?:\S+)"
)
_PRODUCER = re.compile(r"^Microsoft (?:Word|PowerPoint|Excel|Office Word) - ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: `page` from 1, `[start, end)` in its page's text, `level` (smaller is further out), its text on
    one line."""

    page: int
    start: int
    end: int
    level: int
    text: str


def find_headings(pages: Sequence[Cleaned], outline: Sequence[OutlineEntry]) -> tuple[Heading, ...]:
    """Return the headings of one document, in reading order.

    Bookmarks that stand as lines on their page come first; then lines in type clearly larger than the body's, or
    all bold, or worded "Article 12 – …" and set apart.
    """
    body = _body_size(pages)
    by_page: defaultdict[int, list[OutlineEntry]] = defaultdict(list)
    for entry in outline:
        by_page[entry.page].append(entry)
    sizes = sorted({round(line.size, 1) for cleaned in pages for line in cleaned.page.lines}, reverse=True)
    headings: list[Heading] = []
    for cleaned in pages:
        marked = _marked(cleaned.page, by_page[cleaned.page.ref.number])
        taken = {index for first, last, _ in marked for index in range(first, last + 1)}
        plain = _by_type(cleaned, body, sizes, taken)
        for first, last, level in sorted(marked + plain):
            headings.append(_heading(cleaned.page, first, last, level))
    return tuple(headings)


def follow(path: Sequence[Heading], heading: Heading) -> list[Heading]:
    """Return the path once `heading` has been met."""
    return [outer for outer in path if outer.level < heading.level] + [heading]


def title_of(metadata: str, first: Sequence[RawPage], file_name: str) -> str:
    """Return what to call a document: its metadata title if it is one, else the largest type of its first page,
    else its file name made readable."""
    title = _PRODUCER.sub("", metadata.strip())
    if len(_LETTER.findall(title)) >= 4 and not _NO_TITLE.fullmatch(title) and (" " in title or "_" not in title):
        return title[:LONGEST]
    for page in first[:1]:
        large = _largest(page)
        if large:
            return large
    stem = re.sub(r"\.pdf$", "", file_name, flags=re.IGNORECASE)
    return " ".join(re.sub(r"[_\-]+", " ", stem).split()) or file_name


def _largest(page: RawPage) -> str:
    weights: Counter[float] = Counter()
    for line in page.lines:
        weights[line.size] += sum(len(word) for word, _, _ in line.words)
    if not weights:
        return ""
    top = max(weights)
    if len(page.lines) > 5 and top < LARGER * weights.most_common(1)[0][0]:
        return ""
    words: list[str] = []
    for line in page.lines:
        if line.size >= top * (1 - SAME):
            words += [word for word, _, _ in line.words]
        elif words:
            break
    text = " ".join(words)
    return text if len(text) <= LONGEST and len(_LETTER.findall(text)) >= 4 else ""


def _body_size(pages: Sequence[Cleaned]) -> float:
    weights: Counter[float] = Counter()
    for cleaned in pages:
        for line in cleaned.page.lines:
            weights[round(line.size, 1)] += line.words[-1].end - line.words[0].start
    return weights.most_common(1)[0][0] if weights else 0.0


def _text(page: Page, first: int, last: int) -> str:
    return page.text[page.lines[first].words[0].start : page.lines[last].words[-1].end]


def _heading(page: Page, first: int, last: int, level: int) -> Heading:
    start, end = page.lines[first].words[0].start, page.lines[last].words[-1].end
    return Heading(page.ref.number, start, end, level, " ".join(page.text[start:end].split()))


def _marked(page: Page, entries: Sequence[OutlineEntry]) -> list[tuple[int, int, int]]:
    """Return (first line, last line, level) of the bookmarks that stand on the page."""
    keys = [_letters(_text(page, index, index)) for index in range(len(page.lines))] if entries else []
    found: list[tuple[int, int, int]] = []
    taken: set[int] = set()
    for entry in entries:
        wanted = _letters(entry.title)
        for first in range(len(keys)):
            last = _match(keys, first, wanted) if first not in taken else None
            if last is not None:
                found.append((first, last, entry.level))
                taken.update(range(first, last + 1))
                break
    return found


def _letters(text: str) -> str:
    return "".join(ch for ch in text.casefold() if ch.isalnum())


def _match(keys: Sequence[str], first: int, wanted: str) -> int | None:
    """Return the last of the lines from `first` on that together say `wanted`, or None. A number before the title
    ("2.1 Extraire", where the bookmark says "Extraire") is allowed."""
    said = ""
    for last in range(first, min(first + MOST_LINES, len(keys))):
        said += keys[last]
        number = said.removesuffix(wanted) if said.endswith(wanted) else ""
        if said and (said == wanted or (number.isdigit() and len(number) < len(keys[first]))):
            return last
        if len(said) > len(wanted) + 6:
            return None
    return None


def _by_type(cleaned: Cleaned, body: float, sizes: Sequence[float], taken: set[int]) -> list[tuple[int, int, int]]:
    """Return (first line, last line, level) of the headings that only their type or wording tells."""
    page = cleaned.page
    found: list[tuple[int, int, int]] = []
    index = 0
    while index < len(page.lines):
        line = page.lines[index]
        large = line.size >= LARGER * body
        if index in taken or not (large or (cleaned.bold[index] and line.size >= body * (1 - SAME))):
            if index not in taken and _worded(page, index):
                found.append((index, index, UNDER_OUTLINE + len(sizes) + 1))
            index += 1
            continue
        last = _run(cleaned, index, taken)
        if (
            _is_title(_text(page, index, last))
            and not _has_cells(page.lines[index])
            and not (not large and _in_sentence(page, index, last))
        ):
            rank = sizes.index(round(line.size, 1)) if large else len(sizes)
            found.append((index, last, UNDER_OUTLINE + rank))
        index = last + 1
    return found


def _run(cleaned: Cleaned, first: int, taken: set[int]) -> int:
    """Return the last line of the run that is set like line `first` and follows it closely."""
    lines = cleaned.page.lines
    last = first
    while (
        last + 1 < len(lines)
        and last + 1 not in taken
        and abs(lines[last + 1].size - lines[first].size) <= SAME * lines[first].size
        and cleaned.bold[last + 1] == cleaned.bold[first]
        and 0 < lines[last + 1].y0 - lines[last].y0 < 1.9 * lines[first].size
    ):
        last += 1
    return last


def _is_title(text: str) -> bool:
    return (
        len(text) <= LONGEST
        and text.count("\n") < MOST_LINES
        and len(_LETTER.findall(text)) >= 3
        and not text.endswith((".", ";", ",", ":"))
    )


def _in_sentence(page: Page, first: int, last: int) -> bool:
    """Return whether bold lines are a part of a sentence that begins before them or goes on after them: a small letter
    where they begin behind an unfinished line, or where the text goes on close below."""
    lines = page.lines
    if first and _close(lines[first - 1], lines[first]) and _text(page, first, first)[0].islower():
        return not _text(page, first - 1, first - 1).endswith(_FINISHED)
    if last + 1 == len(lines) or not _close(lines[last], lines[last + 1]):
        return False
    return _text(page, last + 1, last + 1)[0].islower() and not starts_item(page, last + 1)


def _close(line: Line, after: Line) -> bool:
    return 0 < after.y0 - line.y0 < CLOSE * line.size and abs(after.size - line.size) <= SAME * line.size


def _has_cells(line: Line) -> bool:
    """Return whether a line has gaps as wide as between the cells of a table."""
    return any(b.x0 - a.x1 > 2 * line.size for a, b in zip(line.words, line.words[1:], strict=False))


def _worded(page: Page, index: int) -> bool:
    """Return whether a line in body type says it is a heading and stands apart from the line above."""
    text = _text(page, index, index)
    if not _NUMBERED.match(text) or text.endswith((",", ";", ":")) or len(text) > LONGEST / 2:
        return False
    line = page.lines[index]
    short = line.words[-1].x1 < 0.8 * page.ref.width
    above = page.lines[index - 1] if index else None
    return short and (above is None or line.y0 - above.y0 > 1.6 * line.size or line.y0 < above.y0)
