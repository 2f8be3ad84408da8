"""A built generation to the live one: prove it in a fresh process, make it durable, swap `CURRENT`, clean up.

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
from contextlib import contextmanager
from pathlib import Path

from rag.errors import IngestBusy, NoStore, StoreDamaged
from rag.settings import ROOT
from rag.store import CURRENT, LOCK, MANIFEST, current

KEPT = 2
_PROOF_SECONDS = 600


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Hold the store's lock for the length of a `with` block; the kernel frees it if this process dies.

    Raises:
        IngestBusy: if another process holds it.
    """
    store.mkdir(parents=True, exist_ok=True)
    with (store / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IngestBusy(
                "Une autre ingestion est en cours sur cet index : attendez qu'elle se termine, puis relancez.",
                "Another ingestion is under way on this index: wait until it ends, then run it again.",
            ) from error
        yield


def prove(folder: Path) -> None:
    """Open a built generation in a fresh process and check it against itself.

    Raises:
        StoreDamaged: if it cannot be opened or does not say what it should.
    """
    done = subprocess.run(
        [sys.executable, "-m", "ingest.prove", str(folder)],
        capture_output=True, text=True, timeout=_PROOF_SECONDS, cwd=ROOT, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or [f"code {done.returncode}"])[-1]
        raise StoreDamaged(
            f"L'index construit n'a pas passé sa vérification ({why}). L'ancien index reste en service ; relancez.",
            f"The index that was built failed its check ({why}). The old one stays live; run it again.",
        )


def swap(store: Path, folder: Path) -> None:
    """Make `folder` the live generation, durably: its files first, then the name."""
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)
    _point(store, folder.name)


def _point(store: Path, name: str) -> None:
    aside = store / f"{CURRENT}.new"
    aside.write_text(name + "\n", encoding="ascii")
    _sync(aside)
    aside.replace(store / CURRENT)
    _sync(store)


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

    Raises:
        NoStore: if there is none before it.
    """
    live = current(store)
    older = [folder for folder in generations(store) if folder.name < live.name]
    if not older:
        raise NoStore(
            "Il n'y a pas d'index plus ancien auquel revenir.",
            "There is no older index to return to.",
        )
    _point(store, older[-1].name)
    return older[-1].name


def clean(store: Path) -> None:
    """Remove what no reader needs: unfinished builds, and all generations but the live one and the one before."""
    try:
        live = current(store).name
    except NoStore:
        live = ""
    finished = [folder.name for folder in generations(store)]
    older = [name for name in finished if name < live]
    keep = {live, *older[len(older) - (KEPT - 1) :]} if live else set(finished)
    for folder in store.glob("gen-*"):
        if folder.name not in keep:
            shutil.rmtree(folder)
    (store / f"{CURRENT}.new").unlink(missing_ok=True)
