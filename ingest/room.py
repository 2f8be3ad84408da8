"""Is there room on the disk for another generation? Refuses before a build, and tells a full disk afterwards."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

from rag.errors import DiskFull, NoStore
from rag.store import current

GROWTH = 2
"""A build may need this many times the live generation: its own files, journals, and a corpus that has grown."""
LEAST = 32 * 1024 * 1024
"""Bytes that even a first build of a few files needs; an empty Chroma takes less than one megabyte."""
_FULL = 1024 * 1024
# errno says it for our own files; EFBIG is a limit on the size of a file (ulimit -f).
_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def needed(store: Path) -> int:
    """Return the bytes that the next generation may take, from the live one."""
    try:
        live = sum(path.stat().st_size for path in current(store).rglob("*") if path.is_file())
    except (NoStore, OSError):
        live = 0
    return max(LEAST, GROWTH * live)


def require_room(store: Path) -> None:
    """Refuse a build for which the disk is clearly too small.

    Raises:
        DiskFull: saying how much is needed and how much there is.
    """
    if shutil.disk_usage(store).free < needed(store):
        raise disk_full(store, needed(store))


def is_disk_full(error: BaseException, store: Path) -> bool:
    """Return whether `error` comes from a full disk. Call it before what was half-built is removed."""
    if isinstance(error, OSError) and error.errno in _ERRNOS:
        return True
    if isinstance(error, sqlite3.Error) and (getattr(error, "sqlite_errorcode", 0) & 0xFF) == sqlite3.SQLITE_FULL:
        return True
    # Chroma and NumPy lose the error number; Chroma keeps SQLite's words, and a full disk stays full till we clean
    return "disk is full" in str(error) or shutil.disk_usage(store).free < _FULL


def disk_full(store: Path, want: int, free: int | None = None) -> DiskFull:
    """Return the error that says how many bytes are needed and how many there are (`free`; None: those now)."""
    have = shutil.disk_usage(store).free if free is None else free
    return DiskFull(
        f"Pas assez de place sur le disque de {store} : il faut environ {want / 1e6:.0f} Mo libres, "
        f"il y en a {have / 1e6:.0f}. Libérez de la place, puis relancez « make ingest » ; "
        "l'index en service n'a pas changé.",
        f"Not enough room on the disk of {store}: about {want / 1e6:.0f} MB are needed, there are {have / 1e6:.0f}. "
        "Make room, then run “make ingest” again; the live index has not changed.",
    )
