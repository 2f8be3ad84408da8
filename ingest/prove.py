"""`python -m ingest.prove FOLDER`: is this generation what it says? Run in a fresh process before publishing.

Each file is what was written, counts agree, every chunk id is in the vector index, open to its reading group, chunks
have their sentences, and the index finds what exact search finds. A right count alone proves nothing: an approximate
index can lose neighbours.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from ingest.seal import check_seal
from rag.console import fail
from rag.errors import GreffierError, StoreDamaged
from rag.store import Generation
from rag.types import group_of

_PROBES = 20
_NEIGHBOURS = 10
_OVERLAP = 0.95
_EQUAL = 1e-4


def prove(generation: Generation) -> None:
    """Check an open generation.

    Raises:
        StoreDamaged: naming what does not agree.
    """
    generation.documents.check()
    ids = generation.documents.chunk_ids()
    groups = [group_of(path) for path in generation.documents.paths()]
    if dict(zip(ids, groups, strict=True)) != generation.dense.ids():
        raise _wrong("les identifiants des passages", "the ids of the chunks")
    if not ids:
        return
    agree = 0.0
    rows = np.linspace(0, len(ids) - 1, min(_PROBES, len(ids)), dtype=int)
    for row in rows:
        chunk = generation.documents.chunk(int(row))
        if chunk.id != ids[row] or not chunk.sentences or not chunk.text:
            raise _wrong(f"le passage {row}", f"chunk {row}")
        agree += _probe(generation, int(row))
    # over all probes: an approximate index that finds 99.8 % misses one of ten now and then
    if agree < _OVERLAP * len(rows):
        raise _wrong(
            f"les voisins ({agree / len(rows):.0%} retrouvés)", f"the neighbours ({agree / len(rows):.0%} found)"
        )


def _probe(generation: Generation, row: int) -> float:
    """Return the share of the nearest neighbours of a chunk that the index finds, 0 to 1."""
    vector = np.array(generation.vectors[row])
    count = min(_NEIGHBOURS, generation.manifest.chunks)
    found = generation.dense.search(vector, count, None)
    exact = np.sort(generation.vectors @ vector)[::-1][:count]
    if not found or found[0][1] < exact[0] - _EQUAL:
        raise _wrong(
            f"le passage {row}, que la recherche ne retrouve pas,", f"chunk {row}, which search does not find,"
        )
    # compared by similarity, not by id: equal texts are equally near and may come in any order
    agree = sum(bool(score >= exact[-1] - _EQUAL) for _, score in found)
    return agree / count


def _wrong(fr: str, en: str) -> StoreDamaged:
    return StoreDamaged(f"{fr} ne concordent pas", f"{en} do not agree")


def main() -> int:
    """Prove the generation named on the command line; exit 1 with the reason if it is not sound."""
    try:
        folder = Path(sys.argv[1])
        check_seal(folder, hashes=True)  # before anything opens what may be torn
        generation = Generation(folder)
        prove(generation)
        generation.close()
    except GreffierError as error:
        return fail(error, debug=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
