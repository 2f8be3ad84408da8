"""Dense search: nearest neighbours by cosine in an embedded Chroma. The only importer of chromadb.

Chroma is a disposable index here: it gets vectors and ids, never texts, never an embedding function (its own
default one would go to the network). One process builds it in a folder of its own; after that it is only read,
because embedded Chroma is not safe across processes (docs.trychroma.com, "system constraints").
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import StoreDamaged
from rag.ports import Vectors

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateCollectionConfiguration

_COLLECTION = "chunks"
_GROUP = "group"
# Stands for "no group, open to all": Chroma cannot filter on an absent key.
_EVERYONE = ""
# Recall@10 against exact search measured 1.00 at 10k and 0.998 at 100k vectors with these.
_CONFIGURATION: CreateCollectionConfiguration = {
    "hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 32}
}


def _client(folder: Path) -> ClientAPI:
    # Importing chromadb costs 2.8 s, so --help must not; and these are read at import.
    os.environ.update(ANONYMIZED_TELEMETRY="False", OTEL_SDK_DISABLED="true")
    import chromadb  # noqa: PLC0415
    from chromadb.config import Settings  # noqa: PLC0415

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def build(folder: Path, ids: Sequence[str], vectors: Vectors, groups: Sequence[str | None]) -> None:
    """Write the index: `ids[i]` has `vectors[i]` (shape (n, dimensions)) and may be read by `groups[i]`."""
    client = _client(folder)
    collection = client.create_collection(_COLLECTION, embedding_function=None, configuration=_CONFIGURATION)
    batch = client.get_max_batch_size()
    for start in range(0, len(ids), batch):
        part = slice(start, start + batch)
        collection.add(
            ids=list(ids[part]),
            embeddings=vectors[part],
            metadatas=[{_GROUP: group or _EVERYONE} for group in groups[part]],
        )
    _close(client)


class Dense:
    """A built index, open for reading. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise _damaged("dossier absent", "folder missing")
        try:
            self._client = _client(folder)
            self._collection = self._client.get_collection(_COLLECTION, embedding_function=None)
            self.size = self._collection.count()
        except Exception as error:  # Chroma's Rust core raises exceptions of no common class
            raise _damaged(str(error), str(error)) from error

    def search(self, vector: Vectors, count: int, groups: frozenset[str] | None) -> list[tuple[str, float]]:
        """Return up to `count` (id, cosine) pairs, nearest first, among what `groups` may read (None: all)."""
        where: dict[str, Any] | None = None
        if groups is not None:
            where = {_GROUP: {"$in": sorted({*groups, _EVERYONE})}}
        try:
            found = self._collection.query(
                query_embeddings=vector[None, :], n_results=min(count, self.size), where=where, include=["distances"]
            )
        except Exception as error:  # as above
            raise _damaged(str(error), str(error)) from error
        distances = found["distances"] or [[]]
        return [(id_, 1.0 - distance) for id_, distance in zip(found["ids"][0], distances[0], strict=True)]

    def ids(self) -> set[str]:
        """Return every id, for proving the index against the documents."""
        return set(self._collection.get(include=[])["ids"])

    def close(self) -> None:
        """Let go of the files."""
        _close(self._client)


def _close(client: ClientAPI) -> None:
    # `close` is there since 1.5.9, on the class but not on the interface that PersistentClient() is typed with
    client.close()  # type: ignore[attr-defined]


def _damaged(fr: str, en: str) -> StoreDamaged:
    return StoreDamaged(
        f"L'index des vecteurs est illisible ({fr}). Relancez « make ingest ».",
        f"The vector index cannot be read ({en}). Run “make ingest” again.",
    )
