"""French sentence bounds with their place on the page. Pure.

A sentence is a slice of the stored page; it starts and ends where words do. Rows of tables, items of lists and
headings are sentences of their own, and a line end within a paragraph is no bound. Does *not* know chunks or stores.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.headings import Heading
from ingest.layout import leading, parts, rows
from rag.types import Box, Page, Sentence

LONGEST = 600
"""Characters of a sentence; a longer one is cut at `;`, `:`, `,`, a line end or, last, between words."""
ROW = 300
"""Characters up to which a row of a table is one sentence even if its cells hold several."""
SHORTEST = 150
"""No cut of a long sentence leaves a first part shorter than this."""

# The end of a sentence: the mark, what closes after it, then a space.
_END = re.compile(r"(?P<mark>[.!?…]+)(?:\s?[»”\"’)\]]|\(\d{1,2}\)|\s\(\d{1,2}\)\.?)*(?P<space>\s+)")
_OPENING = '«“"‘([—–-•'
_ABBREVIATIONS = frozenset(
    "art arts al alin cf ex p pp m mm mme mmes mlle mlles me mes dr drs pr prof st ste n no nos n° vol éd ed fig figs "
    "tab chap sect réf ref tél tel env min max hab av apr boul bd rte inc c.-à-d c-à-d i.e e.g vs op cit loc ibid id "
    "suiv ss sq qq not nov déc janv févr juil sept oct approx resp adj coll coord dir trad ann app add bull circ cons "
    "cass civ crim com soc ch ass plén req ord arr décr l r d a j.o j".split()
)
_UNITS = frozenset({"mm"})  # "150 mm." ends a sentence, "MM. Dupont et Martin" does not
_TOKEN = re.compile(r"[^\s('’«\"/]+$")
_INITIALS = re.compile(r"(?:\w\.-?)+\w")
_LABEL = re.compile(r"\(?(?:\d{1,3}(?:\.\d{1,3})*|[IVXLC]{1,6}|[A-Za-z])\)?")
_SOFT = (re.compile(r";\s+"), re.compile(r":\s+|\n"), re.compile(r",\s+|\s[–—-]\s"), re.compile(r"\s+"))


def split(page: Page, headings: Sequence[Heading] = ()) -> tuple[Sentence, ...]:
    """Return the sentences of a page in order; `headings` are those of this page, each its own sentence."""
    starts = [line.words[0].start for line in page.lines]
    spans: list[tuple[int, int]] = []
    for start, end in _spans(page, headings):
        for a, b in _cut_long(page.text, start, end):
            a, b = _trim(page.text, a, b)
            if any(ch.isalnum() for ch in page.text[a:b]):
                spans.append((a, b))
            elif spans and a < b <= spans[-1][0] + LONGEST:
                # Dots to fill in, a rule: they belong to what they follow, or nobody would count them.
                spans[-1] = spans[-1][0], b
    return tuple(_sentence(page, starts, a, b) for a, b in spans)


def cut(page: Page, sentence: Sentence, offsets: Sequence[int]) -> tuple[Sentence, ...]:
    """Return `sentence` cut at `offsets` of the page's text, each within it and at the start of a word."""
    starts = [line.words[0].start for line in page.lines]
    bounds = [sentence.start, *offsets, sentence.end]
    spans = [_trim(page.text, a, b) for a, b in zip(bounds, bounds[1:], strict=False)]
    return tuple(replace(_sentence(page, starts, a, b), role=sentence.role) for a, b in spans)


def _spans(page: Page, headings: Sequence[Heading]) -> Iterator[tuple[int, int]]:
    fixed = {heading.start for heading in headings} | {heading.end for heading in headings}
    inside = [(heading.start, heading.end) for heading in headings]
    table = rows(page)
    cells = [(words[0].start, words[-1].end) for index in sorted(table) if (words := page.lines[index].words)]
    usual = leading(page.lines)
    bounds = set(fixed)
    for index in range(len(page.lines) - 1):
        start = page.lines[index + 1].words[0].start
        if parts(page, index, usual, table) and not _within(inside, start):
            bounds.add(start)
    blocks = sorted(bounds | {0, len(page.text)})
    for start, end in zip(blocks, blocks[1:], strict=False):
        at = bisect_left(cells, (start, 0))
        row = cells[at][1] if at < len(cells) and cells[at][0] < end else None
        if (start, end) in inside or (row is not None and end - start <= ROW):
            yield start, end
            continue
        at = start
        for bound in _ends(page.text, start if row is None else row, end):
            yield at, bound
            at = bound
        yield at, end


def _within(spans: Sequence[tuple[int, int]], offset: int) -> bool:
    return any(start < offset < end for start, end in spans)


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    """Yield the offsets within `[start, end)` where a new sentence begins."""
    at = start
    for found in _END.finditer(text, start, end):
        bound = found.end()
        if bound < end and _is_end(text, at, found.start("mark"), found["mark"], bound):
            yield bound
            at = bound


def _is_end(text: str, start: int, mark_at: int, mark: str, bound: int) -> bool:
    after = text[bound]
    if after.islower():
        return False
    if mark != ".":
        return after.isupper() or after.isdigit() or after in _OPENING or "\n" in text[mark_at:bound]
    said = text[start:mark_at].lstrip('«“"-–—• ')
    if _LABEL.fullmatch(said):
        return False  # "1. Objet", "II. Champ", "a. les membres"
    token = _TOKEN.search(text, start, mark_at)
    word = token[0] if token else ""
    # "M. Dupont", "art. 12", "J.-P. Martin": a name or a number goes on.
    short = (len(word) == 1 and word.isupper()) or _INITIALS.fullmatch(word)
    return not (short or (word.lower() in _ABBREVIATIONS and word not in _UNITS))


def _cut_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        at = _soft_bound(text, start, start + LONGEST)
        yield start, at
        start = at
    yield start, end


def _soft_bound(text: str, start: int, latest: int) -> int:
    for pattern in _SOFT:
        places = [found.end() for found in pattern.finditer(text, start + SHORTEST, latest)]
        if places:
            return places[-1]
    # No space for 450 characters: the word goes on to its end.
    space = re.compile(r"\s+").search(text, latest)
    return space.end() if space else len(text)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Take off the spaces at both ends, and a bullet in a symbol font, which no other font can show."""
    while start < end and (text[start].isspace() or "\ue000" <= text[start] <= "\uf8ff"):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _sentence(page: Page, starts: Sequence[int], start: int, end: int) -> Sentence:
    text = page.text[start:end]
    return Sentence(
        page.ref, start, end, text, tuple(_boxes(page, starts, start, end)), _printed(page, starts, start, end)
    )


def _printed(page: Page, starts: Sequence[int], start: int, end: int) -> str:
    """Return the sentence as the page has it where line ends break words, "" when none does."""
    first = max(0, bisect_right(starts, start) - 1)
    parts, at = [], start
    for line in page.lines[first : bisect_left(starts, end)]:
        broken_at = line.words[-1].end
        if line.broken and start < broken_at < end:
            parts += [page.text[at:broken_at], line.broken]
            at = broken_at
    return "".join([*parts, page.text[at:end]]) if parts else ""


def _boxes(page: Page, starts: Sequence[int], start: int, end: int) -> Iterator[Box]:
    """Yield one box a printed line, from its first to its last word within `[start, end)`."""
    first = max(0, bisect_right(starts, start) - 1)
    for line in page.lines[first : bisect_left(starts, end)]:
        words = [word for word in line.words if word.end > start and word.start < end]
        if words:
            yield min(word.x0 for word in words), line.y0, max(word.x1 for word in words), line.y1
