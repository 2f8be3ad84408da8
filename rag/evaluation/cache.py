"""An embedder that remembers: each question and passage is embedded once in its life, whatever is measured with it.

A file of its own, keyed by embedder and text, beside the ingestion's cache, which only an ingestion may write.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from rag.errors import QuestionError
from rag.ports import Embedder, Vectors

# Kept as soon as this many are done: what an interruption can lose.
BATCH = 128


class CachingEmbedder:
    """Stands before an embedder, for one thread; `progress` is told how many passages of how many are done."""

    def __init__(self, embedder: Embedder, db: sqlite3.Connection, progress: Callable[[int, int], None]) -> None:
        self._embedder = embedder
        self._db = db
        self._progress = progress

    @property
    def id(self) -> str:
        """Name and fingerprint of the weights."""
        return self._embedder.id

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._embedder.dimensions

    @property
    def max_tokens(self) -> int:
        """Longest passage the model reads, in its tokens."""
        return self._embedder.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the length of each text in tokens."""
        return self._embedder.count_tokens(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimensions), each row of length 1."""
        known = {text: self._kept("passage", text) for text in dict.fromkeys(texts)}
        # neighbours of like length share a batch, so that little is padded
        missing = sorted((text for text, vector in known.items() if vector is None), key=len)
        for start in range(0, len(missing), BATCH):
            part = missing[start : start + BATCH]
            for text, vector in zip(part, self._embedder.embed_passages(part), strict=True):
                known[text] = self._keep("passage", text, vector)
            self._db.commit()
            self._progress(start + len(part), len(missing))
        return np.array([known[text] for text in texts], dtype=np.float32).reshape(-1, self.dimensions)

    def embed_question(self, text: str) -> Vectors:
        """Return float32 of shape (dimensions,), of length 1."""
        vector = self._kept("question", text)
        if vector is None:
            vector = self._keep("question", text, self._embedder.embed_question(text))
            self._db.commit()
        return vector

    def _kept(self, role: str, text: str) -> Vectors | None:
        row = self._db.execute("SELECT vector FROM vectors WHERE key = ?", (self._key(role, text),)).fetchone()
        return None if row is None else np.frombuffer(row[0], dtype="<f4")

    def _keep(self, role: str, text: str, vector: Vectors) -> Vectors:
        packed = vector.astype("<f4").tobytes()
        self._db.execute("INSERT OR IGNORE INTO vectors VALUES (?, ?)", (self._key(role, text), packed))
        return vector

    def _key(self, role: str, text: str) -> bytes:
        return hashlib.sha256("\0".join((self.id, role, text)).encode()).digest()


@contextmanager
def caching(embedder: Embedder, file: Path, progress: Callable[[int, int], None]) -> Iterator[CachingEmbedder]:
    """Give an embedder that remembers in `file`, which is made when it is missing, for the length of a `with` block.

    Raises:
        QuestionError: if the file cannot be used.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(file)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(file, error) from error
    with closing(db):
        try:
            db.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID")
        except sqlite3.DatabaseError as error:
            raise _unusable(file, error) from error
        yield CachingEmbedder(embedder, db, progress)
        db.commit()


def _unusable(file: Path, error: Exception) -> QuestionError:
    return QuestionError(
        f"Le fichier de vecteurs {file} est inutilisable ({error}). Supprimez-le ou donnez --cache.",
        f"The file of vectors {file} cannot be used ({error}). Remove it or give --cache.",
    )
