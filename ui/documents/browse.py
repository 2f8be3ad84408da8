"""What a list of documents shows: filtered, sorted, cut into pages, each with its date and where that stands. Pure but
for the date of a file. Knows nothing of addresses or HTML.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ingest.discover import locate
from rag.differences import Differences
from rag.errors import GreffierError
from rag.library import Entry, matches
from rag.scope import Scope
from rag.text import fold
from rag.types import Language
from ui.strings.amounts import calendar
from ui.strings.documents import DOCUMENTS, DocumentTexts
from ui.strings.documents import dated as said_date

PAGE = 50  # documents on one page of the list
ROOT = "."  # stands for the root of the corpus among folders
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cut(Generic[T]):
    """One page of a list: `number` counts from 1, `count` pages in all."""

    items: tuple[T, ...]
    number: int
    count: int
    total: int


def chosen(entries: Sequence[Entry], words: str, folder: str, order: str) -> list[Entry]:
    """Return the entries whose title or path has all `words`, of a folder ("": any, `ROOT`: none), sorted by `order`
    ("path", "title" or "date", the newest first)."""
    sought = fold(words).split()
    found = [entry for entry in entries if matches(entry, sought) and _inside(entry, folder)]
    if order == "title":
        return sorted(found, key=lambda entry: fold(entry.source.title))
    if order == "date":
        return sorted(found, key=lambda entry: entry.date, reverse=True)
    return found


def _inside(entry: Entry, folder: str) -> bool:
    return not folder or (entry.folder == "" if folder == ROOT else Scope(folder).covers(entry.source.path))


def folders(entries: Sequence[Entry]) -> list[str]:
    """Return all folders of the entries, those above them included, and `ROOT` first if some lie in none."""
    found: set[str] = set()
    for folder in {entry.folder for entry in entries} - {""}:
        parts = folder.split("/")
        found.update("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    return [*([ROOT] if found and any(not entry.folder for entry in entries) else []), *sorted(found)]


def cut(items: Sequence[T], number: int) -> Cut[T]:
    """Return page `number` of a list, the nearest there is."""
    count = max(1, -(-len(items) // PAGE))
    number = min(max(1, number), count)
    return Cut(tuple(items[(number - 1) * PAGE : number * PAGE]), number, count, len(items))


def dated(entry: Entry, corpus: Path, language: Language) -> str:
    """Return the date of a document and where it was found; the file's, said as such, when the document bears none."""
    texts = DOCUMENTS.of(language)
    if said := said_date(entry, language):
        return said
    try:
        modified = time.gmtime(locate(corpus, entry.source.path).stat().st_mtime)
    except (OSError, GreffierError):  # the file is gone: the index still has the document
        return ""
    return f"{calendar(time.strftime('%Y-%m-%d', modified), language)} ({texts.dated_file})"


def counted(found: Differences, texts: DocumentTexts) -> list[str]:
    """Return what differs in a few words each: « 5 montants modifiés », « 2 sections ajoutées »."""
    told = [
        (found.figures.get("amount", 0), texts.amounts),
        (found.figures.get("rate", 0), texts.rates),
        (found.figures.get("date", 0), texts.dates),
        (found.figures.get("duration", 0), texts.durations),
        (found.figures.get("measure", 0), texts.measures),
        (found.figures.get("number", 0), texts.numbers),
        (found.count("added", heading=True), texts.sections_added),
        (found.count("removed", heading=True), texts.sections_removed),
        (found.count("added", heading=False), texts.sentences_added),
        (found.count("removed", heading=False), texts.sentences_removed),
        (found.count("changed", heading=False), texts.sentences_changed),
        (found.count("moved", heading=False), texts.sentences_moved),
    ]
    return [text.format(count=count) for count, text in told if count]
