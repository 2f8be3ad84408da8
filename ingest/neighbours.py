"""The vector index of a generation: a changed copy of the live one where few chunks changed, else a new one.

A copy that fails in any way is thrown away and the index built whole; so it is as long as an attempt before this one
was not published, because what a copy does wrong may also end the process, or show in the proof only. Knows nothing of
how an index is made.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import numpy as np

from ingest.live import Live
from ingest.report import Result
from rag import dense
from rag.errors import StoreDamaged
from rag.ports import Vectors
from rag.store import CHROMA, VECTORS

# Chunks added and removed, as a share of all: at a fifth a copy still takes a third of the time of a build.
CHANGED = 0.2
# Vectors that were deleted since the index was built whole, as a share of all: they stay in its graphs, where each
# search walks over them. Recall was measured up to this.
DELETED = 0.5
_TRIED = "copy.tried"
_LOG = logging.getLogger(__name__)


def write_neighbours(
    folder: Path, ids: Sequence[str], vectors: Vectors, groups: Sequence[str | None], live: Live | None
) -> int:
    """Write the vector index of the generation `folder`; return how many deleted vectors its graphs hold.

    Args:
        folder: of the generation, in the store.
        ids: of the chunks, by row.
        vectors: of the chunks, shape (n, dimensions).
        groups: who may read them.
        live: the live generation; None: build whole.
    """
    if live is not None and not tried(folder.parent):
        kept = _kept(ids, vectors, live)
        removed = live.manifest.chunks - len(kept)
        deleted = live.manifest.deleted + removed
        few = len(ids) - len(kept) + removed <= CHANGED * len(ids) and deleted <= DELETED * len(ids)
        if few and _copied(folder, ids, vectors, groups, live, kept):
            return deleted
    dense.build(folder / CHROMA, ids, vectors, groups)
    return 0


def tried(store: Path) -> bool:
    """Return whether a copy was made that is not published (yet)."""
    return (store / _TRIED).exists()


def published(store: Path) -> None:
    """Say that what was built is live: copies may be made again."""
    (store / _TRIED).unlink(missing_ok=True)


def whole_at_last(store: Path, build: Callable[[], Result]) -> Result:
    """Return what `build` returns, called once more, without a copy, when what it built with a copy was not sound."""
    try:
        return build()
    except StoreDamaged as error:
        if not tried(store):
            raise
        _LOG.warning("L'index est refait en entier : %s", error)
        return build()


def _kept(ids: Sequence[str], vectors: Vectors, live: Live) -> set[str]:
    """Return the ids of the chunks that the live index has with the same vector; an id says its file and group."""
    old: Vectors = np.load(live.folder / VECTORS, mmap_mode="r")
    rows = {id_: row for row, id_ in enumerate(live.documents.chunk_ids())}
    return {id_ for row, id_ in enumerate(ids) if id_ in rows and np.array_equal(vectors[row], old[rows[id_]])}


def _copied(
    folder: Path, ids: Sequence[str], vectors: Vectors, groups: Sequence[str | None], live: Live, kept: AbstractSet[str]
) -> bool:
    (folder.parent / _TRIED).touch()
    try:
        dense.update(live.folder / CHROMA, folder / CHROMA, ids, vectors, groups, kept)
    except StoreDamaged as error:
        _LOG.warning("L'index des vecteurs est refait en entier, sa copie n'a pas réussi : %s", error)
        shutil.rmtree(folder / CHROMA, ignore_errors=True)
        return False
    return True
