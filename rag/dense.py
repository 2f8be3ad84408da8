"""Dense search: nearest neighbours by cosine in an embedded Chroma. The only importer of chromadb.

Chroma is a disposable index here: it gets vectors and ids, never texts, never an embedding function (its own
default one would go to the network). One process builds it in a folder of its own; after that it is only read,
because embedded Chroma is not safe across processes (docs.trychroma.com, "system constraints").
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import StoreDamaged
from rag.ports import Vectors

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateCollectionConfiguration

_DATABASE = "chroma.sqlite3"
_GROUP = "group"
# Stands for "no group, open to all".
_EVERYONE = ""
# Recall@10 against exact search measured 1.00 at 10k and 0.998 at 100k vectors with these. Chroma would write its
# whole graph anew after each 1,000 vectors; a build is thrown away when it is interrupted, so once at the end will do.
_CONFIGURATION: CreateCollectionConfiguration = {
    "hnsw": {
        "space": "cosine",
        "ef_construction": 200,
        "ef_search": 200,
        "max_neighbors": 32,
        "batch_size": 5_000,
        "sync_threshold": 1_000_000,
    }
}


def _client(folder: Path) -> ClientAPI:
    # Importing chromadb costs 2.8 s, so --help must not; and these are read at import.
    os.environ.update(ANONYMIZED_TELEMETRY="False", OTEL_SDK_DISABLED="true")
    import chromadb  # noqa: PLC0415
    from chromadb.config import Settings  # noqa: PLC0415

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def build(folder: Path, ids: Sequence[str], vectors: Vectors, groups: Sequence[str | None]) -> None:
    """Write the index: `ids[i]` has `vectors[i]` (shape (n, dimensions)) and may be read by `groups[i]`.

    Each reading group is a collection of its own: a filter inside one collection takes 28 ms at 10k vectors and
    369 ms at 100k, choosing among collections takes nothing.
    """
    client = _client(folder)
    rows: dict[str, list[int]] = {}
    for row, group in enumerate(groups):
        rows.setdefault(group or _EVERYONE, []).append(row)
    for number, (group, own) in enumerate(sorted(rows.items())):
        collection = client.create_collection(
            f"chunks-{number}", metadata={_GROUP: group}, embedding_function=None, configuration=_CONFIGURATION
        )
        batch = client.get_max_batch_size()
        for start in range(0, len(own), batch):
            part = own[start : start + batch]
            collection.add(ids=[ids[row] for row in part], embeddings=vectors[part])
    _close(client)


class Dense:
    """A built index, open for reading. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        if not (folder / _DATABASE).is_file():
            raise _damaged("fichier absent", "file missing")
        try:
            self._client = _client(folder)
            self._collections = {str((own.metadata or {})[_GROUP]): own for own in _collections(self._client)}
            self._sizes = {group: own.count() for group, own in self._collections.items()}
        except Exception as error:  # Chroma's Rust core raises exceptions of no common class
            raise _damaged(str(error), str(error)) from error
        self.size = sum(self._sizes.values())

    def search(self, vector: Vectors, count: int, groups: frozenset[str] | None) -> list[tuple[str, float]]:
        """Return up to `count` (id, cosine) pairs, nearest first, among what `groups` may read (None: all)."""
        found: list[tuple[str, float]] = []
        for group, collection in self._collections.items():
            if groups is not None and group not in groups | {_EVERYONE}:
                continue
            try:
                own = collection.query(
                    query_embeddings=vector[None, :],
                    n_results=min(count, self._sizes[group]),
                    include=["distances"],
                )
            except Exception as error:  # as above
                raise _damaged(str(error), str(error)) from error
            distances = (own["distances"] or [[]])[0]
            found += [(id_, 1.0 - distance) for id_, distance in zip(own["ids"][0], distances, strict=True)]
        return sorted(found, key=lambda pair: -pair[1])[:count]

    def ids(self) -> set[str]:
        """Return every id, for proving the index against the documents."""
        return {id_ for own in self._collections.values() for id_ in own.get(include=[])["ids"]}

    def close(self) -> None:
        """Let go of the files."""
        _close(self._client)


def _collections(client: ClientAPI) -> list[Collection]:
    # list_collections would attach Chroma's default embedding function, which goes to the network
    names = sorted(own.name for own in client.list_collections())
    return [client.get_collection(name, embedding_function=None) for name in names]


def _close(client: ClientAPI) -> None:
    # `close` is there since 1.5.9, on the class but not on the interface that PersistentClient() is typed with
    client.close()  # type: ignore[attr-defined]


def _damaged(fr: str, en: str) -> StoreDamaged:
    return StoreDamaged(
        f"L'index des vecteurs est illisible ({fr}). Relancez « make ingest ».",
        f"The vector index cannot be read ({en}). Run “make ingest” again.",
    )
