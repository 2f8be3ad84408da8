"""A backup put back: read and checked whole first, unpacked beside, then exchanged by renaming.

What was there stays, under a dated name; a failure on the way undoes the renames. Refused over a running server or
ingestion. This module does *not* know how a backup is made.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ingest.publish import locked
from rag.errors import BackupError
from rag.settings import FILE as SETTINGS
from rag.settings import Settings, load
from rag.store import CURRENT
from ui.database import STEPS
from ui.keep.archive import Manifest, check, unpack
from ui.keep.locks import stopped

SPARE = 64 << 20  # bytes that must stay free on the disk
_PRIVATE = ("data/", "greffier.toml", "weights/")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back: the backup's manifest, the settings that now hold, and where what was there before is kept."""

    manifest: Manifest
    settings: Settings
    kept: tuple[Path, ...]


def restore(
    file: Path, environ: Mapping[str, str], *, keep_settings: bool = False, settings_file: Path = SETTINGS
) -> Restored:
    """Put back accounts, history, documents, index and settings from `file`; `keep_settings`: all but the settings.

    The backup's own settings say where its folders go, `GREFFIER_*` variables in `environ` before them.

    Raises:
        BackupError: if the backup is refused, a server runs, there is no room, or a folder cannot be exchanged.
        IngestBusy: if an ingestion runs.
        SettingsError: if the backup's settings are wrong here.
    """
    if not file.is_file():
        raise BackupError(
            f"La sauvegarde {file} n'existe pas : vérifiez le chemin.",
            f"The backup {file} does not exist: check the path.",
        )
    manifest = check(file)
    if manifest.database > len(STEPS):
        raise BackupError(
            f"La sauvegarde {file.name} vient d'une version plus récente (base de forme {manifest.database}, connue : "
            f"{len(STEPS)}) : installez cette version. Rien n'a été changé.",
            f"The backup {file.name} comes from a newer version (database of form {manifest.database}, known: "
            f"{len(STEPS)}): install that version. Nothing was changed.",
        )
    settings = _settings(file, manifest, environ, keep_settings, settings_file)
    targets = {"corpus": settings.corpus, "data": settings.data, "store": settings.store}
    with ExitStack() as stack:
        stack.enter_context(stopped(settings.data))
        if settings.store.is_dir():
            stack.enter_context(locked(settings.store))
        _require_room(file, manifest, targets)
        kept = _exchange(file, manifest, targets, stack, None if keep_settings else settings_file)
    _put_record(file, manifest, settings.weights)
    return Restored(manifest, settings, kept)


def _settings(
    file: Path, manifest: Manifest, environ: Mapping[str, str], keep_settings: bool, settings_file: Path
) -> Settings:
    theirs = _only(file, manifest, "greffier.toml")
    if keep_settings or theirs is None:
        return load(environ, settings_file)
    with tempfile.NamedTemporaryFile(suffix=".toml") as copy:
        copy.write(theirs)
        copy.flush()
        return load(environ, Path(copy.name))


def _only(file: Path, manifest: Manifest, wanted: str) -> bytes | None:
    """Return the content of one small file of the backup, None if it is not there."""
    found: list[bytes] = []

    def receive(name: str, blocks: Iterator[bytes]) -> None:
        if name == wanted:
            found.append(b"".join(blocks))

    if any(entry.name == wanted for entry in manifest.files):
        unpack(file, manifest, receive)
    return found[0] if found else None


def _require_room(file: Path, manifest: Manifest, targets: Mapping[str, Path]) -> None:
    needed: dict[int, int] = {}
    where: dict[int, Path] = {}
    for place, target in targets.items():
        parent = next(one for one in (target, *target.parents) if one.exists())
        disk = parent.stat().st_dev
        size = sum(entry.size for entry in manifest.files if entry.name.startswith(f"{place}/"))
        needed[disk] = needed.get(disk, SPARE) + size
        where[disk] = parent
    for disk, size in needed.items():
        free = shutil.disk_usage(where[disk]).free
        if free < size:
            raise BackupError(
                f"Pas assez de place sur le disque de {where[disk]} pour {file.name} : il faut {size / 1e6:.0f} Mo, il "
                f"y en a {free / 1e6:.0f}. Faites de la place ; rien n'a été changé.",
                f"Not enough room on the disk of {where[disk]} for {file.name}: {size / 1e6:.0f} MB are needed, there "
                f"are {free / 1e6:.0f}. Make room; nothing was changed.",
            )


def _exchange(
    file: Path, manifest: Manifest, targets: Mapping[str, Path], stack: ExitStack, settings_file: Path | None
) -> tuple[Path, ...]:
    """Unpack beside the targets, then rename; return where what was there before is kept."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    staged = {place: target.with_name(f".{target.name}.restaure-{stamp}") for place, target in targets.items()}
    moves = [(staged[place], target) for place, target in targets.items()]
    if settings_file is not None and any(entry.name == "greffier.toml" for entry in manifest.files):
        staged["greffier.toml"] = settings_file.with_name(f".{settings_file.name}.restaure-{stamp}")
        moves.append((staged["greffier.toml"], settings_file))
    try:
        _unpack(file, manifest, staged)
        # whoever starts now waits until all is in its place: the locks go with the folders
        stack.enter_context(locked(staged["store"]))
        stack.enter_context(stopped(staged["data"]))
        return _swap(moves, stamp)
    except OSError as error:
        why = error.strerror or str(error)
        raise BackupError(
            f"La restauration a échoué ({why}) et tout est comme avant : vérifiez la place sur le disque et les droits "
            "sur les dossiers qui contiennent corpus, data et store (ils ne peuvent pas être des points de montage).",
            f"The restoration failed ({why}) and all is as before: check the room on the disk and the permissions of "
            "the folders that hold corpus, data and store (these cannot be mount points).",
        ) from error
    finally:
        for path in staged.values():
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _unpack(file: Path, manifest: Manifest, staged: Mapping[str, Path]) -> None:
    for place in ("corpus", "data", "store"):
        staged[place].parent.mkdir(parents=True, exist_ok=True)
        staged[place].mkdir(mode=0o700 if place == "data" else 0o755)

    def receive(name: str, blocks: Iterator[bytes]) -> None:
        place, _, rest = name.partition("/")
        if place not in staged:
            return
        path = staged[place] / rest if rest else staged[place]
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = 0o600 if name.startswith(_PRIVATE) else 0o644
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as out:
            out.writelines(blocks)

    unpack(file, manifest, receive)
    for name in manifest.folders:
        place, _, rest = name.partition("/")
        (staged[place] / rest).mkdir(parents=True, exist_ok=True)
    if manifest.generation:
        (staged["store"] / CURRENT).write_text(manifest.generation + "\n", encoding="ascii")
    os.sync()  # the renames must not reach the disk before what they name


def _swap(moves: list[tuple[Path, Path]], stamp: str) -> tuple[Path, ...]:
    """Rename each new path to its target, what is there to a dated name; all or nothing."""
    done: list[tuple[Path, Path]] = []
    kept: list[Path] = []
    try:
        for new, target in moves:
            if target.exists():
                aside = target.with_name(f"{target.name}.avant-{stamp}")
                target.rename(aside)
                done.append((aside, target))
                kept.append(aside)
            new.rename(target)
            done.append((new, target))
    except OSError:
        for was, now in reversed(done):
            now.rename(was)
        raise
    return tuple(kept)


def _put_record(file: Path, manifest: Manifest, weights: Path) -> None:
    """Put the hashes of the weights where there is no record of them yet, so that `models verify` names what is
    missing."""
    record = weights / "checksums.json"
    content = None if record.exists() else _only(file, manifest, "weights/checksums.json")
    if content is not None:
        weights.mkdir(parents=True, exist_ok=True)
        record.write_bytes(content)
