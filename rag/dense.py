"""Dense search: nearest neighbours by cosine in an embedded Chroma. The only importer of chromadb.

Chroma is a disposable index here: it gets vectors and ids, never texts, never an embedding function (its own
default one would go to the network). One process builds it in a folder of its own, anew or from a copy of another;
after that it is only read, because embedded Chroma is not safe across processes (docs.trychroma.com, "system
constraints"). Knows nothing of when a copy is worth it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import warnings
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import StoreDamaged
from rag.ports import Vectors

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration

_DATABASE = "chroma.sqlite3"
_GROUP = "group"
# Stands for "no group, open to all".
_EVERYONE = ""
# Recall@10 against exact search measured 1.00 at 10k and 0.998 at 100k vectors with these.
_GRAPH: CreateHNSWConfiguration = {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 32}
# Vectors that are read back at a time: they come as Python's own numbers.
_READ_BACK = 1000


def _client(folder: Path) -> ClientAPI:
    # Importing chromadb costs 2.8 s, so --help must not; and these are read at import.
    os.environ.update(ANONYMIZED_TELEMETRY="False", OTEL_SDK_DISABLED="true")
    import chromadb  # noqa: PLC0415
    from chromadb.config import Settings  # noqa: PLC0415

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


@contextmanager
def _opened(folder: Path) -> Iterator[ClientAPI]:
    client = _client(folder)
    try:
        yield client
    finally:
        # one that stays open would be handed out again for this folder, even when the folder was removed meanwhile
        _close(client)


def build(folder: Path, ids: Sequence[str], vectors: Vectors, groups: Sequence[str | None]) -> None:
    """Write the index: `ids[i]` has `vectors[i]` (shape (n, dimensions)) and may be read by `groups[i]`.

    Each reading group is a collection of its own: a filter inside one collection takes 28 ms at 10k vectors and
    369 ms at 100k, choosing among collections takes nothing.
    """
    with _opened(folder) as client:
        for number, (group, own) in enumerate(sorted(_rows(ids, groups).items())):
            _add(client, _created(client, number, group, len(own)), own, vectors)


def update(
    live: Path, folder: Path, ids: Sequence[str], vectors: Vectors, groups: Sequence[str | None], kept: AbstractSet[str]
) -> None:
    """Write the index as `build` does, but from a copy of the one in `live`, which readers may have open.

    Args:
        live: the folder of the index to copy.
        folder: where the index goes; must not exist.
        ids: of all that shall be in the index.
        vectors: of these, shape (n, dimensions).
        groups: who may read them.
        kept: ids that have the same vector and group in `live`; all others are written.

    Raises:
        StoreDamaged: if the copy cannot be made, or does not say afterwards what it should. Remove `folder` then.
    """
    try:
        _copy(live, folder)
        wanted = _rows(ids, groups)
        with warnings.catch_warnings():
            # having no embedding function is a thing of the past, says Chroma whenever it shows its settings
            warnings.simplefilter("ignore", DeprecationWarning)
            added = _change(folder, wanted, vectors, kept)
        _read_back(folder, wanted, added, vectors)
    except Exception as error:  # Chroma's Rust core raises exceptions of no common class
        raise _damaged(str(error), str(error)) from error


def _copy(live: Path, folder: Path) -> None:
    folder.mkdir()
    # Chroma rewrites a page of its database at each opening; SQLite copies it whole whatever a reader does meanwhile,
    # and without the pages that its queue of writes has left empty
    with closing(sqlite3.connect(f"{(live / _DATABASE).resolve().as_uri()}?mode=ro", uri=True)) as database:
        database.execute("VACUUM INTO ?", (str(folder / _DATABASE),))
        segments = [id_ for (id_,) in database.execute("SELECT id FROM segments")]
    # a collection that was deleted leaves its folder behind; nobody writes to these once they are published
    for segment in segments:
        if (live / segment).is_dir():
            shutil.copytree(live / segment, folder / segment)


def _change(folder: Path, wanted: dict[str, dict[str, int]], vectors: Vectors, kept: AbstractSet[str]) -> list[str]:
    """Make the copied index in `folder` hold `wanted`; return the ids that were written."""
    added: list[str] = []
    with _opened(folder) as client:
        found = {_group(own): own for own in _collections(client)}
        for group, collection in found.items():
            graph = collection.configuration["hnsw"] or {}
            if any(graph.get(key) != value for key, value in _GRAPH.items()):
                raise _damaged("autres réglages", "other settings")
            own = wanted.get(group, {})
            present = set(collection.get(include=[])["ids"])
            stay = present & own.keys() & kept
            new = {id_: row for id_, row in own.items() if id_ not in stay}
            added += new
            if not own:
                client.delete_collection(collection.name)
            elif changes := len(present - stay) + len(new):
                collection.modify(configuration={"hnsw": {"sync_threshold": changes}})
                _delete(client, collection, sorted(present - stay))
                _add(client, collection, new, vectors)
        free = 1 + max((int(own.name.rpartition("-")[2]) for own in found.values()), default=-1)
        for number, group in enumerate(sorted(wanted.keys() - found.keys()), free):
            _add(client, _created(client, number, group, len(wanted[group])), wanted[group], vectors)
            added += wanted[group]
    return added


def _read_back(folder: Path, wanted: dict[str, dict[str, int]], added: Sequence[str], vectors: Vectors) -> None:
    """Open the changed index as a reader does, and compare: all ids, and the vectors of those that were written."""
    new = set(added)
    with _opened(folder) as client:
        found = {_group(own): own for own in _collections(client)}
        said = {group: set(own.get(include=[])["ids"]) for group, own in found.items()}
        if said != {group: set(own) for group, own in wanted.items()}:
            raise _damaged("identifiants", "ids")
        for group, collection in found.items():
            own = [id_ for id_ in wanted[group] if id_ in new]
            for start in range(0, len(own), _READ_BACK):
                part = collection.get(ids=own[start : start + _READ_BACK], include=["embeddings"])
                rows = [wanted[group][id_] for id_ in part["ids"]]
                if not np.allclose(np.asarray(part["embeddings"]), vectors[rows], atol=1e-4):
                    raise _damaged("vecteurs", "vectors")


def _rows(ids: Sequence[str], groups: Sequence[str | None]) -> dict[str, dict[str, int]]:
    """Return for each group its ids, each with its row."""
    rows: dict[str, dict[str, int]] = {}
    for row, (id_, group) in enumerate(zip(ids, groups, strict=True)):
        rows.setdefault(group or _EVERYONE, {})[id_] = row
    return rows


def _created(client: ClientAPI, number: int, group: str, size: int) -> Collection:
    # Chroma writes the whole graph after so many vectors, and never otherwise: whatever was not written is computed
    # anew at each opening. So it is written once, with the last one.
    configuration: CreateHNSWConfiguration = {**_GRAPH, "sync_threshold": size}
    return client.create_collection(
        f"chunks-{number}", metadata={_GROUP: group}, embedding_function=None, configuration={"hnsw": configuration}
    )


def _add(client: ClientAPI, collection: Collection, rows: dict[str, int], vectors: Vectors) -> None:
    ids, batch = list(rows), client.get_max_batch_size()
    for start in range(0, len(ids), batch):
        part = ids[start : start + batch]
        collection.add(ids=part, embeddings=vectors[[rows[id_] for id_ in part]])


def _delete(client: ClientAPI, collection: Collection, ids: Sequence[str]) -> None:
    batch = client.get_max_batch_size()
    for start in range(0, len(ids), batch):
        collection.delete(ids=list(ids[start : start + batch]))


class Dense:
    """A built index, open for reading. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        if not (folder / _DATABASE).is_file():
            raise _damaged("fichier absent", "file missing")
        try:
            self._client = _client(folder)
            self._collections = {_group(own): own for own in _collections(self._client)}
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

    def ids(self) -> dict[str, str | None]:
        """Return every id with its reading group, for proving the index against the documents."""
        return {id_: group or None for group, own in self._collections.items() for id_ in own.get(include=[])["ids"]}

    def close(self) -> None:
        """Let go of the files."""
        _close(self._client)


def _collections(client: ClientAPI) -> list[Collection]:
    # list_collections would attach Chroma's default embedding function, which goes to the network
    names = sorted(own.name for own in client.list_collections())
    return [client.get_collection(name, embedding_function=None) for name in names]


def _group(collection: Collection) -> str:
    return str((collection.metadata or {})[_GROUP])


def _close(client: ClientAPI) -> None:
    # `close` is there since 1.5.9, on the class but not on the interface that PersistentClient() is typed with
    client.close()  # type: ignore[attr-defined]


def _damaged(fr: str, en: str) -> StoreDamaged:
    return StoreDamaged(
        f"L'index des vecteurs est illisible ({fr}). Relancez « make ingest ».",
        f"The vector index cannot be read ({en}). Run “make ingest” again.",
    )
