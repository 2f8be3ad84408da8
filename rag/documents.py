"""The truth of a generation: sources, pages, sentences with boxes and chunks, in one SQLite file.

What a reader sees as a quote is sliced from here. Everything else in a generation can be rebuilt from this file
and the vector cache. Knows nothing of searching; written once by an ingestion, then only read.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rag.errors import StoreDamaged
from rag.places import Places
from rag.types import Box, Chunk, Edition, FileReport, Page, PageRef, Sentence, Source

_SCHEMA = """
CREATE TABLE files (
    path TEXT PRIMARY KEY, sha256 TEXT NOT NULL, status TEXT NOT NULL, pages INTEGER NOT NULL,
    pages_with_text INTEGER NOT NULL, pages_ocr INTEGER NOT NULL, chunks INTEGER NOT NULL, message TEXT NOT NULL);
CREATE TABLE sources (id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, sha256 TEXT NOT NULL, title TEXT NOT NULL);
CREATE TABLE pages (
    id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES sources, number INTEGER NOT NULL, label TEXT,
    width REAL NOT NULL, height REAL NOT NULL, origin TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (source, number));
CREATE TABLE sentences (
    page INTEGER NOT NULL REFERENCES pages, begins INTEGER NOT NULL, ends INTEGER NOT NULL, boxes TEXT NOT NULL,
    printed TEXT NOT NULL, role TEXT NOT NULL, cells TEXT NOT NULL,
    PRIMARY KEY (page, begins)) WITHOUT ROWID;
CREATE TABLE chunks (
    row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, page INTEGER NOT NULL REFERENCES pages,
    begins INTEGER NOT NULL, ends INTEGER NOT NULL, heading TEXT NOT NULL);
CREATE TABLE editions (
    source INTEGER PRIMARY KEY REFERENCES sources, family INTEGER NOT NULL, rank INTEGER NOT NULL, date TEXT NOT NULL,
    number TEXT NOT NULL, place TEXT NOT NULL);
"""


class DocumentsWriter:
    """Writes a new documents file; nothing is visible to readers before `close`."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file)
        self._db.executescript(_SCHEMA)
        self._row = 0

    def add_report(self, report: FileReport) -> None:
        """Record what became of a file, indexed or not."""
        self._db.execute(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (report.path, report.sha256, report.status, report.pages, report.pages_with_text, report.pages_ocr,
             report.chunks, report.message),
        )  # fmt: skip

    def add_source(self, source: Source, pages: Iterable[Page], chunks: Sequence[Chunk]) -> None:
        """Record a source with its pages, chunks and their sentences; chunks get the next rows, in order."""
        added = self._db.execute(
            "INSERT INTO sources (path, sha256, title) VALUES (?, ?, ?)", (source.path, source.sha256, source.title)
        ).lastrowid
        ids: dict[int, int] = {}
        for page in pages:
            ref = page.ref
            cursor = self._db.execute(
                "INSERT INTO pages (source, number, label, width, height, origin, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (added, ref.number, ref.label, ref.width, ref.height, page.origin, page.text),
            )
            assert cursor.lastrowid is not None
            ids[ref.number] = cursor.lastrowid
        for chunk in chunks:
            self._add_sentences(ids[chunk.page.number], chunk.sentences)
            span = (chunk.sentences[0].start, chunk.sentences[-1].end)
            heading = json.dumps(chunk.heading, ensure_ascii=False)
            self._db.execute(
                "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)",
                (self._row, chunk.id, ids[chunk.page.number], *span, heading),
            )
            self._row += 1

    def _add_sentences(self, page: int, sentences: Iterable[Sentence]) -> None:
        # chunks that overlap share sentences
        self._db.executemany(
            "INSERT OR IGNORE INTO sentences VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (page, s.start, s.end, _packed(s.boxes), s.printed, s.role, _packed(s.cells) if s.cells else "")
                for s in sentences
            ),
        )

    def texts(self, path: str) -> list[str]:
        """Return the text of each page of a source added before, in order."""
        sql = "SELECT p.text FROM pages p JOIN sources s ON s.id = p.source WHERE s.path = ? ORDER BY p.number"
        return [text for (text,) in self._db.execute(sql, (path,))]

    def add_editions(self, editions: Iterable[Edition]) -> None:
        """Record which sources, added before, are versions of one document."""
        self._db.executemany(
            "INSERT INTO editions VALUES ((SELECT id FROM sources WHERE path = ?), ?, ?, ?, ?, ?)",
            ((e.source.path, e.family, e.rank, e.date, e.number, e.place) for e in editions),
        )

    def close(self) -> None:
        """Commit and close."""
        self._db.commit()
        self._db.close()


class Documents:
    """A finished documents file, open for reading. Safe to share between threads."""

    def __init__(self, file: Path, places: Places | None = None) -> None:
        """Open `file`; `places` says where its sources lie by now, None: where it says itself."""
        if not file.is_file():
            raise _damaged(f"{file.name} absent", f"{file.name} is missing")
        self._places = places or Places()
        # immutable: nobody ever writes to a published generation, so no locks and no journal are needed
        self._db = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        self._lock = threading.Lock()

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise _damaged(str(error), str(error)) from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def check(self) -> None:
        """Read the whole file once.

        Raises:
            StoreDamaged: if it is not sound.
        """
        (said,) = self._all("PRAGMA quick_check(1)")[0]
        if said != "ok":
            raise _damaged(said, said)

    def reports(self) -> dict[str, FileReport]:
        """Return what became of each file of the corpus, by path."""
        rows = self._all("SELECT * FROM files ORDER BY path")
        return {row[0]: FileReport(*row) for row in rows}

    def sources(self) -> tuple[Source, ...]:
        """Return the indexed sources, by path."""
        return tuple(map(self._source, self._all("SELECT path, sha256, title FROM sources ORDER BY path")))

    def _source(self, row: Sequence[Any]) -> Source:
        path, sha256, title = row
        return Source(path, sha256, title, self._places.since(path, sha256))

    def _page_ref(self, row: Sequence[Any]) -> PageRef:
        number, label, width, height = row[3:7]
        return PageRef(self._source(row[:3]), number, label, width, height)

    def editions(self) -> tuple[Edition, ...]:
        """Return the files that are versions of one document, by family, oldest first."""
        rows = self._all(
            "SELECT s.path, s.sha256, s.title, e.family, e.rank, e.date, e.number, e.place"
            " FROM editions e JOIN sources s ON s.id = e.source ORDER BY e.family, e.rank, s.path"
        )
        return tuple(Edition(self._source(row[:3]), *row[3:]) for row in rows)

    def chunk_ids(self) -> list[str]:
        """Return the id of every chunk, by row."""
        return [id_ for (id_,) in self._all("SELECT id FROM chunks ORDER BY row")]

    def paths(self) -> list[str]:
        """Return the path of the source of every chunk, by row."""
        sql = (
            "SELECT s.path FROM chunks c JOIN pages p ON p.id = c.page JOIN sources s ON s.id = p.source ORDER BY c.row"
        )
        return [path for (path,) in self._all(sql)]

    def page(self, path: str, number: int) -> PageRef | None:
        """Return the page of a source, None when the generation does not have it."""
        found = self._all(_PAGE + " WHERE s.path = ? AND p.number = ?", (path, number))
        return self._page_ref(found[0]) if found else None

    def pages(self, path: str) -> tuple[Page, ...]:
        """Return the pages of a source in order, with their text but without lines, which are not kept."""
        found = self._all(_PAGE + " WHERE s.path = ? ORDER BY p.number", (path,))
        return tuple(Page(self._page_ref(row), text=row[8], lines=(), origin=row[7]) for row in found)

    def page_counts(self) -> dict[str, int]:
        """Return how many pages each source has, by path."""
        sql = "SELECT s.path, COUNT(*) FROM pages p JOIN sources s ON s.id = p.source GROUP BY s.id"
        return dict(self._all(sql))

    def headings(self, rows: range) -> list[tuple[int, tuple[str, ...]]]:
        """Return the page number and the heading of each chunk of a run of rows, in order."""
        sql = "SELECT p.number, c.heading FROM chunks c JOIN pages p ON p.id = c.page WHERE c.row >= ? AND c.row < ?"
        found = self._all(f"{sql} ORDER BY c.row", (rows.start, rows.stop))
        return [(number, tuple(json.loads(heading))) for number, heading in found]

    def first_page(self, path: str, characters: int) -> str:
        """Return the beginning of the first page of a source, "" when it has none."""
        sql = "SELECT substr(p.text, 1, ?) FROM pages p JOIN sources s ON s.id = p.source"
        found = self._all(f"{sql} WHERE s.path = ? ORDER BY p.number LIMIT 1", (characters, path))
        return str(found[0][0]) if found else ""

    def sentence(self, path: str, number: int, start: int) -> Sentence | None:
        """Return the sentence that begins at `start` of a page, None when there is none."""
        found = self._all(
            _PAGE.replace("p.text", "p.text, t.begins, t.ends, t.boxes, t.printed, t.role, t.cells")
            + " JOIN sentences t ON t.page = p.id WHERE s.path = ? AND p.number = ? AND t.begins = ?",
            (path, number, start),
        )
        return _sentence(self._page_ref(found[0]), found[0][8], found[0][9:]) if found else None

    def chunks(self, path: str) -> tuple[Chunk, ...]:
        """Return the chunks of a source, in order."""
        sql = (
            "SELECT c.row FROM chunks c JOIN pages p ON p.id = c.page JOIN sources s ON s.id = p.source"
            " WHERE s.path = ? ORDER BY c.row"
        )
        return tuple(self.chunk(row) for (row,) in self._all(sql, (path,)))

    def rows(self, ids: Sequence[str]) -> list[int]:
        """Return the row of each chunk id.

        Raises:
            StoreDamaged: if an id is unknown.
        """
        marks = ",".join("?" * len(ids))
        found = {id_: row for id_, row in
                 self._all(f"SELECT id, row FROM chunks WHERE id IN ({marks})", ids)}  # fmt: skip # noqa: S608 - marks
        try:
            return [found[id_] for id_ in ids]
        except KeyError as error:
            raise _damaged(f"passage inconnu : {error}", f"unknown chunk: {error}") from error

    def chunk(self, row: int) -> Chunk:
        """Return the chunk of a row with its sentences.

        Raises:
            StoreDamaged: if there is no such row.
        """
        found = self._all(
            _PAGE.replace("p.text", "p.text, p.id, c.id, c.begins, c.ends, c.heading")
            + " JOIN chunks c ON c.page = p.id WHERE c.row = ?",
            (row,),
        )
        if not found:
            raise _damaged(f"passage {row} absent", f"chunk {row} is missing")
        ref, (text, page, id_, start, end, heading) = self._page_ref(found[0]), found[0][8:]
        sentences = self._all(
            "SELECT begins, ends, boxes, printed, role, cells FROM sentences"
            " WHERE page = ? AND begins >= ? AND ends <= ? ORDER BY begins",
            (page, start, end),
        )
        return Chunk(
            id=id_,
            page=ref,
            sentences=tuple(_sentence(ref, text, row) for row in sentences),
            heading=tuple(json.loads(heading)),
            text=text[start:end],
        )


_PAGE = (
    "SELECT s.path, s.sha256, s.title, p.number, p.label, p.width, p.height, p.origin, p.text"
    " FROM pages p JOIN sources s ON s.id = p.source"
)


def _sentence(page: PageRef, text: str, row: Sequence[Any]) -> Sentence:
    start, end, packed, printed, role, said = row
    boxes: tuple[Box, ...] = tuple((b[0], b[1], b[2], b[3]) for b in json.loads(packed))
    cells = tuple((title, value) for title, value in json.loads(said)) if said else ()
    return Sentence(page, start, end, text[start:end], boxes, printed, role, cells)


def _packed(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _damaged(fr: str, en: str) -> StoreDamaged:
    return StoreDamaged(
        f"L'index est endommagé ({fr}). Relancez « make ingest ».",
        f"The index is damaged ({en}). Run “make ingest” again.",
    )
