"""A built generation to the live one: prove it in a fresh process, make it durable, swap `CURRENT`, clean up.

Beside the generations it keeps the ledger of where each file lies by now (`rag/places.py`), so that going back to an
older one opens nothing that was closed since.

A reader sees the old generation or the new one, whole: the only write that it can notice is one rename. Knows
nothing of PDFs.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TextIO

from rag.documents import Documents
from rag.errors import IngestBusy, NoStore, StoreDamaged, StoreError
from rag.places import LEDGER, Groups, places_of, read_ledger, written_ledger
from rag.settings import ROOT
from rag.store import CURRENT, DOCUMENTS, LOCK, MANIFEST, current

KEPT = 2
_PROOF_SECONDS = 600


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Hold the store's lock for the length of a `with` block; the kernel frees it if this process dies.

    Raises:
        IngestBusy: if another process holds it.
        StoreError: if the folder cannot be made or written to.
    """
    with _lock_file(store) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IngestBusy(
                "Une autre ingestion est en cours sur cet index : attendez qu'elle se termine, puis relancez.",
                "Another ingestion is under way on this index: wait until it ends, then run it again.",
            ) from error
        yield


def _lock_file(store: Path) -> TextIO:
    try:
        store.mkdir(parents=True, exist_ok=True)
        return (store / LOCK).open("a")
    except OSError as error:
        raise StoreError(
            f"Le dossier de l'index {store} n'est pas utilisable ({error.strerror}) : donnez-en le droit d'écriture.",
            f"The index folder {store} cannot be used ({error.strerror}): grant the right to write to it.",
        ) from error


def prove(folder: Path) -> None:
    """Open a built generation in a fresh process and check it against itself.

    Raises:
        StoreDamaged: if it cannot be opened or does not say what it should.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ingest.prove", str(folder.absolute())],
            capture_output=True, text=True, timeout=_PROOF_SECONDS, cwd=ROOT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise _unproven(f"plus de {_PROOF_SECONDS} s") from error
    if done.returncode != 0:  # a negative one is a signal: a torn index can crash whoever opens it
        raise _unproven((done.stderr.strip().splitlines() or [f"code {done.returncode}"])[-1])


def _unproven(why: str) -> StoreDamaged:
    return StoreDamaged(
        f"L'index construit n'a pas passé sa vérification ({why}). L'ancien index reste en service ; relancez.",
        f"The index that was built failed its check ({why}). The old one stays live; run it again.",
    )


def swap(store: Path, folder: Path) -> None:
    """Make `folder` the live generation, durably: its files first, then where these lie, then the name.

    Raises:
        StoreDamaged: if the ledger of places cannot be read.
    """
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)
    record(store, folder)
    _point(store, folder.name)


def record(store: Path, folder: Path) -> None:
    """Write into the ledger where the files of the generation in `folder` lie; others keep their last place.

    Before it goes live: should this process die in between, what is to be closed is closed a little early. A store
    without a ledger, of a version before, gets the places of its live generation first.

    Raises:
        StoreDamaged: if the ledger or a generation cannot be read.
    """
    known = read_ledger(store)
    before = known
    if known is None:
        try:
            known = _places_in(current(store))
        except NoStore:
            known = {}
    text = written_ledger({**known, **_places_in(folder)})
    if before is None or text != written_ledger(before):
        _replace(store / LEDGER, text)


def _places_in(folder: Path) -> dict[str, Groups]:
    # of all files that were there, also those of which nothing could be indexed
    with closing(Documents(folder / DOCUMENTS)) as documents:
        return places_of(documents.reports().values())


def _point(store: Path, name: str) -> None:
    _replace(store / CURRENT, name + "\n")


def _replace(file: Path, text: str) -> None:
    aside = file.with_name(f"{file.name}.new")
    aside.write_text(text, encoding="utf-8")
    _sync(aside)
    aside.replace(file)
    _sync(file.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def generations(store: Path) -> list[Path]:
    """Return the finished generations, oldest first."""
    return sorted(folder for folder in store.glob("gen-*") if (folder / MANIFEST).is_file())


def rollback(store: Path) -> str:
    """Make the generation before the live one live again and return its id.

    What was moved to a closed folder since stays closed: the ledger keeps the places of the newest generation.

    Raises:
        NoStore: if there is none before it.
        StoreDamaged: if there is no ledger yet and the live generation cannot be read, so that nobody knows what was
            moved.
    """
    live = current(store)
    older = [folder for folder in generations(store) if folder.name < live.name]
    if not older:
        raise NoStore(
            "Il n'y a pas d'index plus ancien auquel revenir.",
            "There is no older index to return to.",
        )
    if read_ledger(store) is None:  # both were published by a version before
        record(store, live)
    _point(store, older[-1].name)
    return older[-1].name


def clean(store: Path) -> None:
    """Remove what no reader needs: unfinished builds, and generations older than the one before the live one.

    A generation that some process still reads is left for a later call.
    """
    try:
        live = current(store).name
    except NoStore:
        live = ""
    finished = [folder.name for folder in generations(store)]
    older = [name for name in finished if name < live]
    keep = {live, *older[len(older) - (KEPT - 1) :]}
    if live not in finished:  # CURRENT is wrong or gone: which generation is good is not for a clean-up to decide
        keep = {*finished[-KEPT:]}
    for folder in store.glob("gen-*"):
        if folder.name not in keep:
            _remove(folder)
    for name in (CURRENT, LEDGER):
        (store / f"{name}.new").unlink(missing_ok=True)


def _remove(folder: Path) -> None:
    manifest = folder / MANIFEST
    try:
        with manifest.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # first, and for good: what is half removed must never look finished
            manifest.unlink()
            _sync(folder)
    except FileNotFoundError:  # never finished, so nobody reads it
        pass
    except BlockingIOError:  # a reader holds it: see rag.store.Generation
        return
    shutil.rmtree(folder)
