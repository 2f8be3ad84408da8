"""Who uses the data folder: every server holds a shared lock on it, a restoration an exclusive one.

The kernel frees a lock when its process dies, so that nothing is left behind by a crash. This module does *not* know
what is in the folder; the index has a lock of its own (`ingest/publish.py`).
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rag.errors import BackupError, ServerError

LOCK = "server.lock"


@contextmanager
def in_use(data: Path) -> Iterator[None]:
    """Mark the data folder as used by a server for the length of a `with` block.

    Raises:
        ServerError: if a restoration is under way, or the folder cannot be made.
    """
    with _opened(data) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ServerError(
                "Une restauration ou une mise à niveau est en cours : attendez qu'elle se termine, puis relancez.",
                "A restoration or an upgrade is under way: wait until it ends, then start again.",
            ) from error
        yield


def _opened(data: Path) -> TextIO:
    try:
        data.mkdir(parents=True, exist_ok=True)
        return (data / LOCK).open("a")
    except OSError as error:
        raise ServerError(
            f"Le dossier {data} n'est pas utilisable ({error.strerror}) : donnez-en le droit d'écriture.",
            f"The folder {data} cannot be used ({error.strerror}): grant the right to write to it.",
        ) from error


@contextmanager
def stopped(data: Path) -> Iterator[None]:
    """Keep servers from starting on this data folder for the length of a `with` block; one that is absent needs none.

    Raises:
        BackupError: if a server runs on it.
    """
    if not data.is_dir():
        yield
        return
    with (data / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(
                "Greffier est ouvert sur ces données : arrêtez le serveur (Ctrl+C, ou « systemctl stop greffier »), "
                "puis relancez.",
                "Greffier is open on these data: stop the server (Ctrl+C, or “systemctl stop greffier”), then run it "
                "again.",
            ) from error
        yield
