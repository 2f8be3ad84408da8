"""Texts to vectors, each text embedded once in its life: a cache keyed by embedder and by the text's hash.

The hash skips the computation, never the record: equal text in two files is embedded once and stored twice.
Knows nothing of files or chunks.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from rag.ports import Embedder, Vectors

# Vectors are stored as soon as this many are done: what a crash can lose, about ten seconds of work.
BATCH = 128
# SQLite's default limit on variables in one statement is 32,766; well below it on purpose.
_LOOKED_UP = 1000


class Advance(Protocol):
    """Called with the number of texts that are done."""

    def __call__(self, count: int) -> None:
        """Move a progress bar."""


class VectorCache:
    """The cache file. Used by one ingestion at a time, under its lock."""

    def __init__(self, db: sqlite3.Connection, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder

    def embed(self, texts: Sequence[str], advance: Advance) -> Vectors:
        """Return the vectors of `texts`, float32 of shape (len(texts), dimensions), rows in the same order."""
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        places: dict[bytes, list[int]] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, []).append(place)
        result = np.zeros((len(texts), self._embedder.dimensions), dtype=np.float32)
        missing = dict.fromkeys(places)
        for key, vector in self._known(list(places)):
            result[places[key]] = vector
            del missing[key]
        advance(len(texts) - len(missing))
        self._fill(result, texts, [(key, places[key]) for key in missing], advance)
        return result

    def _known(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, Vectors]]:
        for start in range(0, len(keys), _LOOKED_UP):
            part = keys[start : start + _LOOKED_UP]
            marks = ",".join("?" * len(part))
            sql = f"SELECT text, vector FROM vectors WHERE embedder = ? AND text IN ({marks})"  # noqa: S608 - marks only
            for key, packed in self._db.execute(sql, (self._embedder.id, *part)):
                yield key, np.frombuffer(packed, dtype="<f4")

    def _fill(
        self, result: Vectors, texts: Sequence[str], missing: Sequence[tuple[bytes, list[int]]], advance: Advance
    ) -> None:
        # neighbours of like length share a batch, so that little is padded
        ordered = sorted(missing, key=lambda item: len(texts[item[1][0]]))
        for start in range(0, len(ordered), BATCH):
            part = ordered[start : start + BATCH]
            vectors = self._embedder.embed_passages([texts[places[0]] for _, places in part])
            for (_, places), vector in zip(part, vectors, strict=True):
                result[places] = vector
            self._db.executemany(
                "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)",
                ((self._embedder.id, key, vector.astype("<f4").tobytes())
                 for (key, _), vector in zip(part, vectors, strict=True)),
            )  # fmt: skip
            self._db.commit()
            advance(len(part))


@contextmanager
def open_cache(file: Path, embedder: Embedder) -> Iterator[VectorCache]:
    """Open (or begin) the cache file for the length of a `with` block.

    A damaged file is put aside and begun anew: it holds nothing that cannot be computed again.
    """
    db = _connect(file)
    try:
        yield VectorCache(db, embedder)
    finally:
        db.close()


def _connect(file: Path) -> sqlite3.Connection:
    try:
        return _begin(file)
    except sqlite3.DatabaseError:
        file.replace(file.with_suffix(".damaged"))
        return _begin(file)


def _begin(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(
            "CREATE TABLE IF NOT EXISTS vectors (embedder TEXT NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL,"
            " PRIMARY KEY (embedder, text)) WITHOUT ROWID"
        )
    except sqlite3.DatabaseError:
        db.close()
        raise
    return db
