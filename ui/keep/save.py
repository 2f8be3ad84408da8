"""A backup made while the server answers and an ingestion runs: whole, or not there.

Accounts and history are copied by SQLite's online backup, the live generation is held as a reader holds it, documents
are copied as they stand. Model weights are not in it, only their hashes: they are large and can be had again. This
module does *not* know how a backup is read.
"""

from __future__ import annotations

import os
import re
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import BackupError, NoStore
from rag.gates import FILE as GATES
from rag.places import LEDGER
from rag.settings import FILE as SETTINGS
from rag.settings import Settings
from rag.store import CHROMA, held
from ui.database import FILE as DATABASE
from ui.keep.archive import Manifest, Writer
from ui.keep.locks import LOCK

RECORD = "checksums.json"  # in the weights folder: the SHA-256 of each model file
NAME = re.compile(r"greffier-\d{8}-\d{6}(?:-\d+)?\.tar\.gz")
QUICK = 1  # of gzip's nine levels: most of it is PDFs, which do not get smaller
_JOURNALS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Saved:
    """A backup that was made: where it lies, its bytes, and what it holds."""

    file: Path
    size: int
    manifest: Manifest


def save(settings: Settings, folder: Path, *, keep: int = 0, settings_file: Path = SETTINGS) -> Saved:
    """Write a backup into `folder`, readable for its owner alone; `keep` of them stay there, 0: all.

    Raises:
        BackupError: if it cannot be written; no part of it is left.
        StoreDamaged: if the live generation cannot be read.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=".greffier-", dir=folder) as work:
            made, part = datetime.now(UTC), Path(work, "part")
            manifest = _write(part, made, settings, folder.resolve(), settings_file)
            file = _free(folder, made)
            part.replace(file)
            _sync(folder)
    except (OSError, sqlite3.Error, tarfile.TarError) as error:
        why = getattr(error, "strerror", None) or error
        raise BackupError(
            f"La sauvegarde dans {folder} a échoué ({why}) et n'a rien laissé : faites de la place sur ce disque, "
            "vérifiez les droits, ou choisissez un autre dossier avec --to.",
            f"The backup in {folder} failed ({why}) and left nothing: make room on that disk, check the permissions, "
            "or choose another folder with --to.",
        ) from error
    if keep:
        # by time, not by name: a second one of the same second sorts before the first
        known = [one for one in folder.iterdir() if NAME.fullmatch(one.name)]
        for old in sorted(known, key=lambda one: one.stat().st_mtime_ns)[:-keep]:
            old.unlink(missing_ok=True)
    return Saved(file, file.stat().st_size, manifest)


def _write(part: Path, made: datetime, settings: Settings, beside: Path, settings_file: Path) -> Manifest:
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        with tarfile.open(fileobj=out, mode="w:gz", compresslevel=QUICK) as tar:
            writer = Writer(tar)
            generation = _add_generation(writer, settings.store, part.parent)
            form = _add_data(writer, settings.data, part.parent, beside)
            empty = _add_folder(writer, settings.corpus, "corpus", beside)
            writer.add(settings.store / GATES, f"store/{GATES}")
            writer.add(settings.store / LEDGER, f"store/{LEDGER}")
            writer.add(settings.weights / RECORD, f"weights/{RECORD}")
            writer.add(settings_file, "greffier.toml")
            manifest = writer.close(made.isoformat(timespec="seconds"), generation, form, empty)
        out.flush()
        os.fsync(out.fileno())
    return manifest


def _add_generation(writer: Writer, store: Path, work: Path) -> str:
    try:
        with held(store) as folder:
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                name = f"store/{folder.name}/{file.relative_to(folder).as_posix()}"
                if file.is_relative_to(folder / CHROMA) and file.name.endswith(".sqlite3"):
                    writer.add(_snapshot(file, work), name)  # each reader that opens it writes a page to it
                elif not file.name.endswith(_JOURNALS):
                    writer.add(file, name)
            return folder.name
    except NoStore:
        return ""


def _add_data(writer: Writer, data: Path, work: Path, beside: Path) -> int:
    """Add all of the data folder; return the form of its database, 0 if there is none."""
    database, form = data / DATABASE, 0
    if database.is_file():
        copy = _snapshot(database, work)
        with closing(sqlite3.connect(copy)) as sql:
            form = int(sql.execute("PRAGMA user_version").fetchone()[0])
        writer.add(copy, f"data/{DATABASE}")
    known = {DATABASE, LOCK, *(DATABASE + end for end in _JOURNALS)}
    for file, name in _files(data, beside):
        if name not in known:
            writer.add(file, f"data/{name}")
    return form


def _add_folder(writer: Writer, folder: Path, place: str, beside: Path) -> tuple[str, ...]:
    """Add all files of a folder; return the names of its folders that hold none."""
    folders = {f"{place}/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*") if path.is_dir()}
    root = folder.resolve()
    for file, name in _files(folder, beside):
        if not file.resolve().is_relative_to(root):  # a link that leaves the corpus is never read
            writer.left_out.append(f"{place}/{name}")
            continue
        writer.add(file, f"{place}/{name}")
    held_names = {entry.name for entry in writer.files}
    return tuple(sorted(one for one in folders if not any(name.startswith(f"{one}/") for name in held_names)))


def _files(folder: Path, beside: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files below a folder with their names in it, save those of the folder of backups."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if Path(here, name).resolve() != beside)
        if Path(here).resolve() == beside:
            continue
        for name in sorted(names):
            file = Path(here, name)
            if file.is_file():
                yield file, file.relative_to(folder).as_posix()


def _snapshot(file: Path, work: Path) -> Path:
    """Copy an SQLite file as it stands between two transactions, whoever writes to it."""
    copy = work / "snapshot.sqlite"
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(file, timeout=30)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, without a journal beside it
    return copy


def _free(folder: Path, made: datetime) -> Path:
    stem = f"greffier-{made:%Y%m%d-%H%M%S}"
    names = [f"{stem}.tar.gz", *(f"{stem}-{number}.tar.gz" for number in range(2, 100))]
    return next(folder / name for name in names if not (folder / name).exists())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
