"""The live generation as a source to copy from: may it be used, and what does it hold. Knows nothing of the corpus."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ingest.seal import check_seal
from rag.documents import Documents
from rag.errors import NoStore, StoreDamaged, StoreMismatch
from rag.store import DOCUMENTS, Manifest, current
from rag.types import FileReport


@dataclass(frozen=True, slots=True)
class Live:
    """The live generation, when its pages and chunks can be copied. Whoever opened it closes `documents`."""

    folder: Path
    manifest: Manifest
    documents: Documents
    reports: dict[str, FileReport]


def open_live(store: Path, embedder: str, chunking: str) -> Live | None:
    """Return the live generation if its pages and chunks can be copied, None if everything has to be built.

    Args:
        store: the folder of the index.
        embedder: id of the embedder it must have been built with.
        chunking: what must have shaped its chunks, as its manifest says it.
    """
    try:
        folder = current(store)
        manifest = Manifest.read(folder)
        if manifest.embedder != embedder or manifest.chunking != chunking:
            return None
        # what was damaged since it was published is built anew, or « make ingest » would not mend it
        check_seal(folder, hashes=False)
        documents = Documents(folder / DOCUMENTS)
    except (NoStore, StoreMismatch, StoreDamaged):
        return None
    try:
        documents.check()
        return Live(folder, manifest, documents, documents.reports())
    except StoreDamaged:
        documents.close()
        return None
