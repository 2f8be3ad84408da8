"""Texts to vectors, each text embedded once in its life: a cache keyed by embedder and by the text's hash.

The hash skips the computation, never the record: equal text in two files is embedded once and stored twice.
Knows nothing of files or chunks.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from rag.ports import Embedder, Vectors

# Vectors are stored as soon as this many are done: what a crash can lose, about ten seconds of work.
BATCH = 128
# SQLite's default limit on variables in one statement is 32,766; well below it on purpose.
_LOOKED_UP = 1000
_DAMAGE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


Submit = Callable[[Sequence[str]], Future[Vectors]]
"""Begins to embed a batch, here or elsewhere."""

_Part = Sequence[tuple[bytes, list[int]]]


class Advance(Protocol):
    """Called with the number of texts that are done."""

    def __call__(self, count: int) -> None:
        """Move a progress bar."""


class VectorCache:
    """The cache file. Used by one ingestion at a time, under its lock."""

    def __init__(self, db: sqlite3.Connection, embedder: Embedder, submit: Submit, ahead: int) -> None:
        self._db = db
        self._embedder = embedder
        self._submit = submit
        self._ahead = ahead

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
        waiting: deque[tuple[_Part, Future[Vectors]]] = deque()
        for start in range(0, len(ordered), BATCH):
            part = ordered[start : start + BATCH]
            waiting.append((part, self._submit([texts[places[0]] for _, places in part])))
            if len(waiting) > self._ahead:
                advance(self._keep(result, *waiting.popleft()))
        while waiting:
            advance(self._keep(result, *waiting.popleft()))

    def _keep(self, result: Vectors, part: _Part, future: Future[Vectors]) -> int:
        vectors = future.result()
        for (_, places), vector in zip(part, vectors, strict=True):
            result[places] = vector
        self._db.executemany(
            "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)",
            ((self._embedder.id, key, vector.astype("<f4").tobytes())
             for (key, _), vector in zip(part, vectors, strict=True)),
        )  # fmt: skip
        self._db.commit()
        return len(part)


@contextmanager
def open_cache(file: Path, embedder: Embedder, submit: Submit | None = None, ahead: int = 0) -> Iterator[VectorCache]:
    """Open (or begin) the cache file for the length of a `with` block.

    A damaged file is put aside and begun anew: it holds nothing that cannot be computed again.

    Args:
        file: the cache, in a folder that exists.
        embedder: whose vectors these are.
        submit: embeds a batch; None: `embedder` does, at once.
        ahead: batches begun before the one that is waited for.
    """
    db = _connect(file)
    try:
        yield VectorCache(db, embedder, submit or _at_once(embedder), ahead)
    finally:
        db.close()


def _at_once(embedder: Embedder) -> Submit:
    def submit(texts: Sequence[str]) -> Future[Vectors]:
        done: Future[Vectors] = Future()
        done.set_result(embedder.embed_passages(texts))
        return done

    return submit


def _connect(file: Path) -> sqlite3.Connection:
    try:
        return _begin(file)
    except sqlite3.DatabaseError as error:
        # a full disk or a file without rights is not damage: the cache is hours of work
        if error.sqlite_errorcode & 0xFF not in _DAMAGE:
            raise
        file.replace(file.with_suffix(".damaged"))
        for beside in ("-wal", "-shm"):
            file.with_name(file.name + beside).unlink(missing_ok=True)
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
