"""`python -m tests.bench.search 10000 100000`: how building and searching grow with the number of chunks.

Chunks are made up: words drawn as in a language (Zipf), unit vectors of 384 dimensions round common centres, four
reading groups. What is timed is all of `retrieve` but the question's embedding. Processor time stands beside the time
on the wall, because machines are shared.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from rag import dense, lexical
from rag.console import say
from rag.documents import DocumentsWriter
from rag.ports import Vectors
from rag.retrieve import retrieve
from rag.store import CHROMA, DOCUMENTS, FORMAT, LEXICAL, VECTORS, Generation, Manifest
from rag.text import index_terms
from rag.types import Page, group_of
from tests.fakes import chunk_of, page_ref

DIMENSIONS = 384
WORDS = 30_000
IN_A_FILE = 500
QUESTIONS = 40
GROUPS = frozenset({"bureau"})


class Known:
    """An embedder whose questions are the vectors that it was given."""

    id, dimensions, max_tokens = "known", DIMENSIONS, 256

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = iter(vectors)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        raise NotImplementedError

    def embed_question(self, text: str) -> Vectors:
        vector: Vectors = next(self._vectors)
        return vector


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search")
    parser.add_argument("chunks", type=int, nargs="+")
    say("| chunks | BM25 built, s | Chroma built, s | opened, s | search p50, ms | … of a group | MB |", sys.stdout)
    say("|---|---|---|---|---|---|---|", sys.stdout)
    for count in parser.parse_args().chunks:
        with tempfile.TemporaryDirectory() as folder:
            say(_row(count, Path(folder) / "gen-1"), sys.stdout)
    return 0


def _row(count: int, folder: Path) -> str:
    folder.mkdir()
    rng = np.random.default_rng(1)
    texts = _texts(count, rng)
    ids, groups = _documents(folder, texts)
    vectors = _vectors(count, rng)
    np.save(folder / VECTORS, vectors)
    by_words = _timed(lambda: lexical.build(folder / LEXICAL, (index_terms("", text) for text in texts)))
    by_vectors = _timed(lambda: dense.build(folder / CHROMA, ids, vectors, groups))
    Manifest(FORMAT, folder.name, "", "known", DIMENSIONS, "", count // IN_A_FILE, count, count).write(folder)
    began = time.perf_counter()
    generation = Generation(folder)
    opened = time.perf_counter() - began
    everyone = _search(generation, texts, vectors, None, rng)
    member = _search(generation, texts, vectors, GROUPS, rng)
    generation.close()
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    return f"| {count:,} | {by_words} | {by_vectors} | {opened:.1f} | {everyone} | {member} | {size:.0f} |"


def _texts(count: int, rng: np.random.Generator) -> list[str]:
    ranks = np.minimum(rng.zipf(1.2, size=(count, 40)), WORDS)
    return [" ".join(f"mot{rank}" for rank in row) + "." for row in ranks]


def _vectors(count: int, rng: np.random.Generator) -> Vectors:
    centres = rng.normal(size=(max(1, count // 50), DIMENSIONS)).astype(np.float32)
    vectors = centres[rng.integers(0, len(centres), count)]
    vectors += 0.7 * rng.standard_normal(vectors.shape, dtype=np.float32)
    normed: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normed


def _documents(folder: Path, texts: Sequence[str]) -> tuple[list[str], list[str | None]]:
    writer = DocumentsWriter(folder / DOCUMENTS)
    ids: list[str] = []
    groups: list[str | None] = []
    for number, start in enumerate(range(0, len(texts), IN_A_FILE)):
        path = ("", "bureau/", "public/", "social/")[number % 4] + f"{number}.pdf"
        pages = [Page(page_ref(path, row), text, ()) for row, text in enumerate(texts[start : start + IN_A_FILE], 1)]
        chunks = [chunk_of(page.text, page.ref) for page in pages]
        writer.add_source(page_ref(path).source, pages, chunks)
        ids += [chunk.id for chunk in chunks]
        groups += [group_of(path)] * len(chunks)
    writer.close()
    return ids, groups


def _timed(work: Callable[[], object]) -> str:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return f"{time.perf_counter() - wall:.1f} ({time.process_time() - processor:.1f} CPU)"


def _search(
    generation: Generation, texts: Sequence[str], vectors: Vectors, groups: frozenset[str] | None,
    rng: np.random.Generator,
) -> str:  # fmt: skip
    rows = rng.integers(0, len(texts), QUESTIONS + 1)
    embedder = Known(vectors[rows])
    times = []
    for row in rows:
        wall, processor = time.perf_counter(), time.process_time()
        retrieve(" ".join(texts[row].split()[:6]), generation, embedder, 10, groups)
        times.append((time.perf_counter() - wall, time.process_time() - processor))
    # the first question loads the index
    wall, processor = (1000 * statistics.median(part) for part in zip(*times[1:], strict=True))
    return f"{wall:.0f} ({processor:.0f} CPU)"


if __name__ == "__main__":
    sys.exit(main())
