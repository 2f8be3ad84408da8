"""Where a generation lives and how it is opened: `store/CURRENT` names it, `manifest.json` proves it was finished.

    store/CURRENT           one line: the live generation's id
    store/ingest.lock       held for a whole ingestion
    store/places.json       where each file lies by now (`rag/places.py`)
    store/vectors.sqlite    cache of vectors, the ingestion's own
    store/gen-<utc>-<id>/   documents.sqlite  chroma/  lexical/  vectors.npy  manifest.json (written last)

Only reads. What a generation says never changes once it is published; a reader that holds one (a shared lock on
its manifest) may finish with it while another goes live. Knows nothing of how a generation is built.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.dense import Dense
from rag.documents import Documents
from rag.errors import NoStore, StoreDamaged, StoreError, StoreMismatch
from rag.lexical import Lexical
from rag.places import LEDGER, Places, places_in
from rag.ports import Vectors
from rag.scope import Scope
from rag.text import ANALYSER
from rag.types import Source
from rag.versions import Versions

# Raise it whenever an older store can no longer be read as it is.
FORMAT = 4

CURRENT = "CURRENT"
LOCK = "ingest.lock"
VECTOR_CACHE = "vectors.sqlite"
DOCUMENTS = "documents.sqlite"
CHROMA = "chroma"
LEXICAL = "lexical"
VECTORS = "vectors.npy"
MANIFEST = "manifest.json"
_ANALYSER = re.compile(r"\banalyser (\d+)")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation was built from and with. `chunking` names the settings that shape chunks, `ocr` what pages
    without text were read with, "" if nothing, `limits` how much of a file was read at most, `deleted` how many vectors
    were deleted from the vector index since it was built whole."""

    format: int
    generation: str
    created: str
    embedder: str
    dimensions: int
    chunking: str
    sources: int
    pages: int
    chunks: int
    ocr: str = ""
    limits: str = ""
    deleted: int = 0

    def write(self, folder: Path) -> None:
        """Write the manifest: the last file of a generation."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Return the manifest of a generation.

        Raises:
            StoreDamaged: if it is missing or unreadable.
            StoreMismatch: if another version of Greffier wrote it, or one that finds words by other terms.
        """
        try:
            values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            if values["format"] != FORMAT:
                raise StoreMismatch(
                    f"L'index est au format {values['format']}, il faut le format {FORMAT}."
                    " Lancez « make ingest » pour le refaire.",
                    f"The index has format {values['format']}, format {FORMAT} is needed. Run “make ingest”.",
                )
            manifest = cls(**values)
            analyser = _ANALYSER.search(manifest.chunking)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _incomplete(folder, error) from error
        if analyser and int(analyser[1]) != ANALYSER:
            raise StoreMismatch(
                f"L'index a été fait avec l'analyseur {analyser[1]}, cette version cherche avec le {ANALYSER}."
                " Lancez « make ingest » pour le refaire.",
                f"The index was made with analyser {analyser[1]}, this version searches with {ANALYSER}."
                " Run “make ingest”.",
            )
        return manifest


def stamp(file: Path) -> object:
    """Return what tells one state of a file that is only ever replaced whole from another; None if there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def current(store: Path) -> Path:
    """Return the folder of the live generation.

    Raises:
        NoStore: if nothing was published yet.
    """
    try:
        name = (store / CURRENT).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    # the name comes from a file that anyone may have touched: it must stay inside the store
    if not name.startswith("gen-") or "/" in name:
        raise NoStore(
            f"Aucun index dans {store.name}/. Déposez des PDF dans corpus/ puis lancez « make ingest ».",
            f"There is no index in {store.name}/. Put PDF files into corpus/, then run “make ingest”.",
        )
    return store / name


class Generation:
    """A published generation, open for reading; every row below is a chunk's 0-based position in it.

    `moved` are the sources that lie elsewhere by now: after going back to an older generation they are read by who may
    read them here and there. `state` names it with them: under that one may remember what was drawn from it."""

    def __init__(self, folder: Path, places: Places | None = None) -> None:
        """Open the generation in `folder`; `places` says where its files lie by now, None: as in it."""
        with ExitStack() as opened:  # closes what is open when a later part turns out to be damaged
            # Chroma opens some files at the first search only: an ingestion removes nothing that is held
            opened.callback(weakref.finalize(self, os.close, _hold(folder)))
            self.manifest = Manifest.read(folder)
            self.documents = Documents(folder / DOCUMENTS, places)
            opened.callback(self.documents.close)
            self.lexical = Lexical(folder / LEXICAL)
            self.dense = Dense(folder / CHROMA)
            opened.callback(self.dense.close)
            self.vectors = _vectors(folder / VECTORS, self.manifest)
            paths = self.documents.paths()
            self.versions = Versions(self.documents.editions(), paths)
            sources = self.documents.sources()
            self.moved = tuple(source for source in sources if source.since)
            self.state = _state(self.id, self.moved)
            readers = {source.path: (source.group, source.since) for source in sources}
            codes: dict[tuple[str | None, tuple[str, ...]], int] = {}
            # a number for each row: a mask over a million names would take a tenth of a second
            self._owners = np.array([codes.setdefault(readers[path], len(codes)) for path in paths], dtype=np.int32)
            alike = {readers[source.path]: source for source in sources}
            self._alike = [alike[who] for who in codes]  # one source for each number
            self._rows = _rows_of(paths)
            if not len(self._owners) == self.lexical.size == self.dense.size == self.manifest.chunks:
                raise StoreDamaged(
                    f"Les parties de l'index {folder.name} ne concordent pas. Lancez « make ingest ».",
                    f"The parts of the index {folder.name} do not agree. Run “make ingest”.",
                )
            self._opened = opened.pop_all()

    @property
    def id(self) -> str:
        """The generation's name, stamped on every answer."""
        return self.manifest.generation

    def readable(self, groups: frozenset[str] | None, scope: Scope | None = None) -> NDArray[np.bool_]:
        """Return for each row whether `groups` may read it (None: may read all) and `scope` covers it (None: all
        does), bool of shape (chunks,)."""
        if scope is not None:
            chosen = np.zeros(len(self._owners), dtype=np.bool_)
            for path, (first, end) in self._rows.items():
                chosen[first:end] = scope.covers(path)
            return chosen & self.readable(groups)
        if groups is None:
            return np.ones(len(self._owners), dtype=np.bool_)
        allowed = np.array([source.open_to(groups) for source in self._alike], dtype=np.bool_)
        return allowed[self._owners]

    def frequency(self, groups: frozenset[str] | None) -> Callable[[str], int]:
        """Return what says how many of the rows that `groups` may read (None: all) hold a term.

        That a name stands in no document, or what a word was mended to, must tell nothing of documents that one may not
        read."""
        return partial(self.lexical.frequency, allowed=None if groups is None else self.readable(groups))

    def rows(self, path: str) -> range:
        """Return the rows of the chunks of a document, empty when it has none."""
        return range(*self._rows.get(path, (0, 0)))

    def close(self) -> None:
        """Let go of all files."""
        self._opened.close()


def _state(generation: str, moved: Sequence[Source]) -> str:
    told = json.dumps([(source.path, source.sha256, source.since) for source in moved])
    return f"{generation}+{hashlib.sha256(told.encode()).hexdigest()[:16]}" if moved else generation


def _rows_of(paths: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the first row of each document and the one after its last: they follow each other, as written."""
    rows: dict[str, tuple[int, int]] = {}
    for row, path in enumerate(paths):
        rows[path] = (rows[path][0] if path in rows else row, row + 1)
    return rows


@contextmanager
def held(store: Path) -> Iterator[Path]:
    """Give the folder of the live generation, unopened; for the length of the `with` block no ingestion removes it.

    Raises:
        NoStore: if nothing was published yet.
        StoreDamaged: if it cannot be read.
    """
    while True:
        folder = current(store)
        try:
            descriptor = _hold(folder)
            break
        except StoreDamaged:
            if current(store) == folder:  # else it was replaced and removed meanwhile
                raise
    try:
        yield folder
    finally:
        os.close(descriptor)


def _hold(folder: Path) -> int:
    """Return the manifest, open under a shared lock: as long as it is, no ingestion removes the generation."""
    try:
        descriptor = os.open(folder / MANIFEST, os.O_RDONLY)
    except OSError as error:
        raise _incomplete(folder, error) from error
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    if os.fstat(descriptor).st_nlink == 0:
        os.close(descriptor)
        raise _incomplete(folder, "removed")
    return descriptor


def _incomplete(folder: Path, why: object) -> StoreDamaged:
    return StoreDamaged(
        f"L'index {folder.name} est incomplet ({why}). Lancez « make ingest ».",
        f"The index {folder.name} is incomplete ({why}). Run “make ingest”.",
    )


def _vectors(file: Path, manifest: Manifest) -> Vectors:
    try:
        vectors: Vectors = np.load(file, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise StoreDamaged(
            f"Les vecteurs de l'index sont illisibles ({error}). Lancez « make ingest ».",
            f"The vectors of the index cannot be read ({error}). Run “make ingest”.",
        ) from error
    if vectors.shape != (manifest.chunks, manifest.dimensions):
        raise StoreDamaged(
            f"L'index a {vectors.shape[0]} vecteurs pour {manifest.chunks} passages. Lancez « make ingest ».",
            f"The index has {vectors.shape[0]} vectors for {manifest.chunks} chunks. Run “make ingest”.",
        )
    return vectors


class LiveStore:
    """Follows `CURRENT`: each reader pins the generation that is live when it begins, and finishes on it.

    Follows the ledger too: a generation that went live again after others were published is opened anew if files of it
    were moved meanwhile, whether or not anybody here had read the others."""

    def __init__(self, store: Path, embedder_id: str) -> None:
        self._store = store
        self._embedder_id = embedder_id
        self._lock = threading.Lock()
        self._live: Generation | None = None
        self._ledger: object = None
        self._readers: dict[Generation, int] = {}
        self._retired: list[Generation] = []

    @contextmanager
    def pin(self) -> Iterator[Generation]:
        """Give the live generation for the length of a `with` block.

        Raises:
            NoStore: if nothing was published yet.
            StoreMismatch: if it was built with another embedder.
            StoreDamaged: if it cannot be read.
        """
        with self._lock:
            generation = self._follow()
            self._readers[generation] = self._readers.get(generation, 0) + 1
        try:
            yield generation
        finally:
            with self._lock:
                self._readers[generation] -= 1
                self._drop_unread()

    def _follow(self) -> Generation:
        folder, ledger = current(self._store), stamp(self._store / LEDGER)
        if self._live is None or self._live.id != folder.name or (ledger != self._ledger and self._has_moved()):
            opened = self._open(folder)
            if opened.manifest.embedder != self._embedder_id:
                opened.close()
                raise StoreMismatch(
                    f"L'index a été construit avec {opened.manifest.embedder}, le réglage demande {self._embedder_id}."
                    " Lancez « make ingest » pour le refaire.",
                    f"The index was built with {opened.manifest.embedder}, the settings ask for {self._embedder_id}."
                    " Run “make ingest” to rebuild it.",
                )
            if self._live is not None:
                self._retired.append(self._live)
            self._live = opened
            self._drop_unread()
        self._ledger = ledger  # as it was before it was read: what comes after is looked at the next time
        return self._live

    def _has_moved(self) -> bool:
        """Return whether the ledger says other things of the live generation than when that was opened."""
        assert self._live is not None
        places = places_in(self._store)
        moved = {source.path: source.since for source in self._live.moved}
        return any(
            places.since(source.path, source.sha256) != moved.get(source.path, ())
            for source in self._live.documents.sources()
        )

    def _open(self, folder: Path) -> Generation:
        while True:
            try:
                return Generation(folder, places_in(self._store))
            except StoreError:
                # two publications may have gone by since CURRENT was read: then the folder was removed
                newer = current(self._store)
                if newer == folder:
                    raise
                folder = newer

    def _drop_unread(self) -> None:
        unread = [generation for generation in self._retired if not self._readers.get(generation)]
        for generation in unread:
            self._retired.remove(generation)
            generation.close()
            self._readers.pop(generation, None)

    def close(self) -> None:
        """Close whatever is open; no reader may be left."""
        with self._lock:
            for generation in (self._live, *self._retired):
                if generation is not None:
                    generation.close()
            self._live = None
            self._retired.clear()
