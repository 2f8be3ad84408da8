"""Lexical search: BM25 over analysed terms, saved on disk and memory-mapped. The only importer of bm25s.

Knows terms and rows (0-based positions of chunks in a generation); knows nothing of documents or readers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray

from rag.errors import StoreDamaged

# Lucene's variant of BM25 and its usual parameters (Robertson & Zaragoza 2009, section 3.5: k1 in 1.2-2, b 0.75).
K1 = 1.2
B = 0.75

# A chunk without a single term gets this one, which no analyser can produce: bm25s counts only rows with terms.
_NO_TERM = "\x00"


def build(folder: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write the index of `rows` (one sequence of terms a chunk, in order) into `folder`, a new one."""
    corpus = [list(terms) or [_NO_TERM] for terms in rows]
    folder.mkdir()
    if not corpus:  # bm25s cannot index nothing; an empty folder says so
        return
    index = bm25s.BM25(method="lucene", k1=K1, b=B)
    index.index(corpus, show_progress=False)
    index.save(str(folder), show_progress=False)


class Lexical:
    """A saved index, open for reading."""

    def __init__(self, folder: Path) -> None:
        self.size = 0
        self._vocabulary: dict[str, int] = {}
        if folder.is_dir() and not any(folder.iterdir()):
            return
        try:
            self._index = bm25s.BM25.load(str(folder), mmap=True)
        except (OSError, ValueError, KeyError) as error:
            raise StoreDamaged(
                f"L'index lexical est illisible ({error}). Relancez « make ingest ».",
                f"The lexical index cannot be read ({error}). Run “make ingest” again.",
            ) from error
        self._vocabulary = self._index.vocab_dict
        self._starts = self._index.scores["indptr"]
        self.size = int(self._index.scores["num_docs"])
        if len(self._vocabulary) + 1 < len(self._starts):
            raise StoreDamaged(
                "L'index lexical a perdu son vocabulaire. Relancez « make ingest ».",
                "The lexical index has lost its vocabulary. Run “make ingest” again.",
            )

    def scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """Return the BM25 score of each row for `terms`, float32 of shape (size,), 0 where no term stands."""
        known = [term for term in terms if term in self._vocabulary]
        if not known:
            return np.zeros(self.size, dtype=np.float32)
        return np.asarray(self._index.get_scores(known), dtype=np.float32)

    def frequency(self, term: str, allowed: NDArray[np.bool_] | None = None) -> int:
        """Return how many rows hold `term`, of those `allowed` (bool of shape (size,), None: all)."""
        number = self._vocabulary.get(term)
        if number is None:
            return 0
        begin, end = int(self._starts[number]), int(self._starts[number + 1])
        if allowed is None:
            return end - begin
        return int(np.count_nonzero(allowed[self._index.scores["indices"][begin:end]]))

    def terms(self) -> Iterable[str]:
        """Return the terms and pieces of the index."""
        return self._vocabulary.keys()

    def idf(self, term: str) -> float:
        """Return ln(1 + (n - df + 0.5) / (df + 0.5)), the weight BM25 gives a term; most for an unknown one."""
        frequency = self.frequency(term)
        return math.log(1 + (self.size - frequency + 0.5) / (frequency + 0.5))
