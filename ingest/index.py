"""The indexes of a generation, beside its documents: vectors, BM25 and Chroma. All can be made again from the
documents and the vector cache. Knows nothing of files and pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ingest.executors import Stages
from ingest.live import Live
from ingest.neighbours import write_neighbours
from ingest.progress import Progress
from ingest.vectors import open_cache
from rag import lexical
from rag.ports import Embedder
from rag.retrieve import setting
from rag.store import LEXICAL, VECTOR_CACHE, VECTORS
from rag.text import index_terms
from rag.types import Chunk, group_of


@dataclass(slots=True)
class Rows:
    """What the indexes need of each chunk, by row; its text in two parts, setting (title, headings) and own."""

    ids: list[str] = field(default_factory=list)
    groups: list[str | None] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)

    def add(self, path: str, chunks: Sequence[Chunk]) -> None:
        """Append the chunks of the source at `path`."""
        self.texts += [(setting(chunk), chunk.text) for chunk in chunks]
        self.ids += [chunk.id for chunk in chunks]
        self.groups += [group_of(path)] * len(chunks)


def write_indexes(
    folder: Path, rows: Rows, embedder: Embedder, stages: Stages, progress: Progress, live: Live | None
) -> int:
    """Embed the texts of `rows` and write all indexes into `folder`, in the store; the texts are let go.

    Returns how many deleted vectors the vector index still holds: it may be a changed copy of that of `live`.
    """
    progress.begin("embed", len(rows.texts))
    with open_cache(folder.parent / VECTOR_CACHE, embedder, stages.submit_texts, 2 * stages.embedders) as cache:
        vectors = cache.embed(["\n".join(parts) for parts in rows.texts], progress.advance)
    progress.begin("index", 3)
    np.save(folder / VECTORS, vectors)
    progress.advance(1)
    lexical.build(folder / LEXICAL, (index_terms(*parts) for parts in rows.texts))
    progress.advance(1)
    rows.texts.clear()
    deleted = write_neighbours(folder, rows.ids, vectors, rows.groups, live)
    progress.advance(1)
    return deleted
