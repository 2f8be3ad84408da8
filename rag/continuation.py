"""What a chunk goes on with, and what it goes on from, where a list, a table or a sentence was cut in two.

A chunk is a run of whole sentences of one page and one section (`ingest/chunk.py`). Only reads a generation; knows
nothing of questions or of which chunks were found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.store import Generation
from rag.text import collapse
from rag.types import Chunk

ITEM = re.compile(r"(?:[-–—•▪◦*●○■□►‣➢✓]|\d{1,2}[.)°]|[a-z]\))\s")
"""What an item of a list begins with."""

# A row of a table has at least this share of words with figures, and no end of a sentence.
_ROW_FIGURES = 0.25
_ENDS = (".", "!", "?", "…", "»", ")")


def is_row(text: str) -> bool:
    """Return whether a sentence looks like the row of a table."""
    words = text.split()
    figures = sum(any(map(str.isdigit, word)) for word in words)
    return not text.endswith((".", ";", ":", "?", "!")) and figures >= max(1, _ROW_FIGURES * len(words))


def following(chunk: Chunk, generation: Generation) -> Chunk | None:
    """Return the next chunk when it goes on with what `chunk` leaves open, else None."""
    after = _beside(chunk, generation, 1)
    return after if after is not None and _goes_on(chunk, after) else None


def preceding(chunk: Chunk, generation: Generation) -> Chunk | None:
    """Return the chunk before when `chunk` goes on with what it leaves open, else None."""
    before = _beside(chunk, generation, -1)
    return before if before is not None and _goes_on(before, chunk) else None


def before(chunk: Chunk, generation: Generation) -> Chunk | None:
    """Return the chunk before when it stands in the same section, on the same page or the one before."""
    other = _beside(chunk, generation, -1)
    near = other is not None and chunk.page.number - other.page.number <= 1
    return other if other is not None and near and _one_section(other, chunk) else None


def around(chunk: Chunk, generation: Generation, most: int) -> Iterator[Chunk]:
    """Yield the other chunks of the page of `chunk` in reading order, up to `most` before and `most` behind it."""
    for steps in (range(-most, 0), range(1, most + 1)):
        for step in steps:
            other = _beside(chunk, generation, step)
            if other is not None and other.page == chunk.page:
                yield other


def _beside(chunk: Chunk, generation: Generation, step: int) -> Chunk | None:
    row = generation.documents.rows([chunk.id])[0] + step
    if not 0 <= row < generation.manifest.chunks:
        return None
    other = generation.documents.chunk(row)
    return other if other.page.source == chunk.page.source else None


def _goes_on(before: Chunk, after: Chunk) -> bool:
    if not (_one_section(before, after) and 0 <= after.page.number - before.page.number <= 1):
        return False
    last, first = before.sentences[-1].text.rstrip(), after.sentences[0].text.lstrip()
    if ITEM.match(first):
        return last.endswith(":") or any(ITEM.match(sentence.text) for sentence in before.sentences)
    if is_row(first):
        return is_row(last)
    return last.endswith((":", ";", ",")) or (first[:1].islower() and not last.endswith(_ENDS))


def _one_section(before: Chunk, after: Chunk) -> bool:
    """Return whether both stand under the same headings; a head row that `after` repeats is none."""
    if before.heading == after.heading:
        return True
    own = collapse(after.heading[-1]) if after.heading else ""
    return after.heading[:-1] == before.heading and not collapse(after.text).startswith(own)
