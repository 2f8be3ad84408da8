"""What a generation holds, for who browses it: documents with their dates and versions, outlines, single sentences.

Knows nothing of questions or of how a page looks. All that it says is limited to the reading groups it is asked for;
a document of another group is as absent as one that does not exist.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from rag.differences import Differences, differences
from rag.marks import TOP, marks, page_date, written
from rag.store import Generation, LiveStore
from rag.summary import Length, Summary, summary
from rag.text import collapse, fold
from rag.types import Edition, Language, Sentence, Source

Place = Literal["title", "name", "page", ""]
DEEPEST = 4  # levels of an outline


@dataclass(frozen=True, slots=True)
class Entry:
    """A document in the list. `date` ("2025-03-01", "2025") is the one that the document itself bears, "" if none was
    found, `place` where it stands; `number` ("12") orders its versions where they bear no date; `newer` is the newest
    version of it, `older` the one before."""

    source: Source
    pages: int
    date: str = ""
    place: Place = ""
    number: str = ""
    newer: Source | None = None
    older: Source | None = None

    @property
    def folder(self) -> str:
        """The folder it lies in, "" for the root of the corpus."""
        return self.source.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, the page it stands on, and the headings below it."""

    title: str
    page: int
    parts: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document on its own page: `versions` are all of it, itself included, oldest first; empty if there is one."""

    entry: Entry
    outline: tuple[Section, ...]
    versions: tuple[Edition, ...]


class Library:
    """Reads the live generation; safe to share between threads."""

    def __init__(self, store: LiveStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._first_pages: dict[tuple[str, str], str] = {}  # dates by generation and path, "" for none
        self._listed: tuple[str, dict[str, Entry]] = ("", {})

    def documents(self, groups: frozenset[str] | None) -> tuple[Entry, ...]:
        """Return the documents that `groups` (None: all) may read, by path. Of a document whose title and name bear no
        date, `dated` looks on the first page."""
        with self._store.pin() as generation:
            return tuple(
                _among_versions(entry, generation, groups)
                for entry in self._all(generation).values()
                if entry.source.open_to(groups)
            )

    def dated(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """Return the entries with dates from first pages where there were none."""
        with self._store.pin() as generation:
            return tuple(self._dated(entry, generation) for entry in entries)

    def entries(self, paths: Iterable[str], groups: frozenset[str] | None) -> dict[str, Entry]:
        """Return the entries of these `paths` with their dates, first pages read for them; without those that `groups`
        (None: all) may not read or that are not there. Their versions are not looked up."""
        with self._store.pin() as generation:
            listed = self._all(generation)
            found = [entry for path in paths if (entry := listed.get(path)) and entry.source.open_to(groups)]
            return {entry.source.path: self._dated(entry, generation) for entry in found}

    def document(self, path: str, groups: frozenset[str] | None) -> Document | None:
        """Return a document, None when there is none at `path` that `groups` may read."""
        with self._store.pin() as generation:
            found = self._all(generation).get(path)
            if found is None or not found.source.open_to(groups):
                return None
            entry = _among_versions(self._dated(found, generation), generation, groups)
            return Document(entry, outline(generation, path), generation.versions.family(path, groups))

    def sentence(self, path: str, page: int, start: int, groups: frozenset[str] | None) -> Sentence | None:
        """Return the sentence that begins at `start` of a page, None when `groups` may not read it or none does."""
        with self._store.pin() as generation:
            found = generation.documents.sentence(path, page, start)
            return found if found is not None and found.page.source.open_to(groups) else None

    def summary(
        self, path: str, length: Length, groups: frozenset[str] | None, language: Language = "fr"
    ) -> Summary | None:
        """Return the sentences that say most of a document, None when `groups` may not read it or it is not there."""
        with self._store.pin() as generation:
            return summary(generation, path, length, groups, language) if self._open(generation, path, groups) else None

    def differences(self, old: str, new: str, groups: frozenset[str] | None) -> Differences | None:
        """Return what differs between two documents, None when `groups` may not read one or it is not there."""
        with self._store.pin() as generation:
            if not (self._open(generation, old, groups) and self._open(generation, new, groups)):
                return None
            return differences(generation, old, new)

    def _open(self, generation: Generation, path: str, groups: frozenset[str] | None) -> bool:
        entry = self._all(generation).get(path)
        return entry is not None and entry.source.open_to(groups)

    def _all(self, generation: Generation) -> dict[str, Entry]:
        with self._lock:
            if self._listed[0] != generation.state:
                counts = generation.documents.page_counts()
                entries = [_entry(source, counts, generation) for source in generation.documents.sources()]
                self._listed = generation.state, {entry.source.path: entry for entry in entries}
                self._first_pages = {}
            return self._listed[1]

    def _dated(self, entry: Entry, generation: Generation) -> Entry:
        """Return the entry with the date of its first page, if it has none; each page is read once a generation, as
        every sheet of a conversation asks for it."""
        if entry.date:
            return entry
        key = generation.id, entry.source.path
        if key not in self._first_pages:
            found = page_date(generation.documents.first_page(entry.source.path, TOP))
            self._first_pages[key] = written(found) if found else ""
        date = self._first_pages[key]
        return replace(entry, date=date, place="page") if date else entry


def matches(entry: Entry, words: Sequence[str]) -> bool:
    """Return whether each of the folded `words` stands in the title or the path of a document."""
    text = fold(f"{entry.source.title} {entry.source.path}")
    return all(word in text for word in words)


def outline(generation: Generation, path: str) -> tuple[Section, ...]:
    """Return the headings of a document as a tree, in its order; empty when it has none."""
    root = _Node("", 0)
    for page, heading in generation.documents.headings(generation.rows(path)):
        node = root
        for title in heading[:DEEPEST]:
            shown = collapse(title)
            # a heading goes on over several chunks; the same words again after others begin a section anew
            if not node.parts or node.parts[-1].title != shown:
                node.parts.append(_Node(shown, page))
            node = node.parts[-1]
    return tuple(part.section() for part in root.parts)


@dataclass(slots=True)
class _Node:
    title: str
    page: int
    parts: list[_Node] = field(default_factory=list)

    def section(self) -> Section:
        return Section(self.title, self.page, tuple(part.section() for part in self.parts))


def _entry(source: Source, counts: dict[str, int], generation: Generation) -> Entry:
    edition = generation.versions.edition(source.path)
    entry = Entry(source, counts.get(source.path, 0), number=edition.number if edition is not None else "")
    titled = marks(source.title).dates
    if edition is not None and edition.date:
        # a page may have told the day where the title has the year alone
        said = {"title": titled, "name": marks(source.path).dates}.get(edition.place, ())
        place: Place = edition.place if edition.date in map(written, said) else "page"
        return replace(entry, date=edition.date, place=place)
    named = titled or marks(source.path.rpartition("/")[2].removesuffix(".pdf")).dates
    return replace(entry, date=written(named[0]), place="title" if titled else "name") if named else entry


def _among_versions(entry: Entry, generation: Generation, groups: frozenset[str] | None) -> Entry:
    path = entry.source.path
    if generation.versions.edition(path) is None:
        return entry
    return replace(
        entry, newer=generation.versions.newer(path, groups), older=generation.versions.older(path, groups)
    )  # fmt: skip
