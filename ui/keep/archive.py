"""One backup file: a compressed tar of regular files, and at its end a manifest with the SHA-256 of each.

Written while others write: a file that changed under our hands is marked as left out, never half kept. Read with
suspicion: only names below the known places, only regular files, each once, each with its hash; `tarfile`'s own "data"
filter would allow links. This module does *not* know where files come from, or go to.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Protocol

from rag.errors import BackupError

FORM = 1
MANIFEST = "manifest.json"
PLACES = ("corpus", "data", "store", "weights", "greffier.toml")
BLOCK = 1 << 20
_UNREADABLE = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the backup: its name there, bytes, and SHA-256 in hexadecimal."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `made` is a time in UTC (ISO 8601), `generation` the live one's name ("": there was none),
    `database` the form of the accounts' file (0: there was none), `folders` those that hold no file, `left_out` the
    names of files that could not be read or changed meanwhile."""

    form: int
    made: str
    generation: str
    database: int
    files: tuple[Entry, ...]
    folders: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def size(self) -> int:
        """Return the bytes of all files together."""
        return sum(entry.size for entry in self.files)


class Writer:
    """Adds files to an open tar and keeps account of them."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.files: list[Entry] = []
        self.left_out: list[str] = []

    def add(self, file: Path, name: str) -> None:
        """Add a file; one that is gone is passed over, one that cannot be read or changes meanwhile is left out.

        Raises:
            OSError: if the backup cannot be written.
        """
        try:
            stream = file.open("rb")
        except FileNotFoundError:
            return
        except OSError:
            self.left_out.append(name)
            return
        with stream:
            before = os.fstat(stream.fileno())
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = before.st_size, int(before.st_mtime), 0o600
            reader = _Reader(stream, before.st_size)
            self._tar.addfile(info, reader)
            after = os.fstat(stream.fileno())
        if reader.short or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            self.left_out.append(name)
        else:
            self.files.append(Entry(name, info.size, reader.sha256))

    def close(self, made: str, generation: str, database: int, folders: tuple[str, ...]) -> Manifest:
        """Write the manifest as the last file and return it."""
        manifest = Manifest(
            FORM, made, generation, database, tuple(self.files), folders, tuple(sorted(self.left_out))
        )  # fmt: skip
        text = json.dumps(asdict(manifest), indent=1).encode("ascii")
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(text), 0o600
        self._tar.addfile(info, io.BytesIO(text))
        return manifest


class _Reader:
    """Reads exactly `size` bytes, with zeros for those that are gone, and hashes them."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._left = size
        self._digest = hashlib.sha256()
        self.short = False

    def read(self, count: int = -1) -> bytes:
        want = self._left if count < 0 else min(count, self._left)
        try:
            block = self._stream.read(want)
        except OSError:  # a bad sector: the others can still be saved
            block = b""
        if len(block) < want:
            self.short = True
            block = block.ljust(want, b"\0")
        self._left -= want
        self._digest.update(block)
        return block

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class Receive(Protocol):
    """Takes the content of one file, block by block."""

    def __call__(self, name: str, blocks: Iterator[bytes]) -> None:
        """Use `blocks`, or leave them."""


def check(file: Path) -> Manifest:
    """Read a whole backup and return its manifest, if every byte is as it was written.

    Raises:
        BackupError: if it is none, is cut off, was changed, or holds a name that it must not.
    """
    found: dict[str, Entry] = {}
    manifest: Manifest | None = None
    for name, blocks in _members(file):
        if name == MANIFEST:
            manifest = _manifest(file, b"".join(blocks))
        elif manifest is not None or name in found or not allowed(name):
            raise _refused(file, f"nom interdit : {name!r}", f"forbidden name: {name!r}")
        else:
            digest, size = hashlib.sha256(), 0
            for block in blocks:
                digest.update(block)
                size += len(block)
            found[name] = Entry(name, size, digest.hexdigest())
    if manifest is None:
        raise _refused(file, "il y manque la fin", "its end is missing")
    _compare(file, manifest, found)
    return manifest


def unpack(file: Path, manifest: Manifest, receive: Receive) -> None:
    """Hand each file of a checked backup to `receive`, and check it once more on the way.

    Raises:
        BackupError: if it is no longer what was checked.
        OSError: from `receive`.
    """
    wanted = {entry.name: entry for entry in manifest.files}
    for name, blocks in _members(file):
        if name in wanted:
            entry, digest = wanted.pop(name), hashlib.sha256()
            hashed = _hashed(blocks, digest)
            receive(name, hashed)
            deque(hashed, maxlen=0)  # what `receive` did not want is checked all the same
            if digest.hexdigest() != entry.sha256:
                raise _refused(file, f"{name} a changé", f"{name} has changed")
    if wanted:
        raise _refused(file, f"il y manque {next(iter(wanted))}", f"{next(iter(wanted))} is missing")


def allowed(name: str) -> bool:
    """Return whether a name stays below one of the known places."""
    parts = name.split("/")
    return parts[0] in PLACES and not any(part in ("", ".", "..") or "\0" in part for part in parts)


def _members(file: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    try:
        with tarfile.open(file, "r|gz") as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.isreg() else None
                if stream is None:
                    raise _refused(file, f"{member.name!r} n'est pas un fichier", f"{member.name!r} is not a file")
                yield member.name, _guarded(file, stream)
    except _UNREADABLE as error:
        raise _unreadable(file, error) from error


def _guarded(file: Path, stream: IO[bytes]) -> Iterator[bytes]:
    try:
        while block := stream.read(BLOCK):
            yield block
    except _UNREADABLE as error:
        raise _unreadable(file, error) from error


def _hashed(blocks: Iterator[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for block in blocks:
        digest.update(block)
        yield block


def _manifest(file: Path, text: bytes) -> Manifest:
    try:
        values = json.loads(text)
        if values["form"] != FORM:
            raise _refused(
                file, f"sa forme est {values['form']}, il faut la forme {FORM} : installez la version qui l'a faite",
                f"it has form {values['form']}, form {FORM} is needed: install the version that made it",
            )  # fmt: skip
        files = tuple(Entry(str(one["name"]), int(one["size"]), str(one["sha256"])) for one in values["files"])
        folders, left_out = (tuple(map(str, values[key])) for key in ("folders", "left_out"))
        made, generation = str(values["made"]), str(values["generation"])
        return Manifest(FORM, made, generation, int(values["database"]), files, folders, left_out)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unreadable(file, error) from error


def _compare(file: Path, manifest: Manifest, found: dict[str, Entry]) -> None:
    for entry in manifest.files:
        if found.get(entry.name) != entry:
            raise _refused(file, f"{entry.name} n'est pas ce qui a été sauvegardé", f"{entry.name} was changed")
    extra = found.keys() - {entry.name for entry in manifest.files} - set(manifest.left_out)
    if extra:
        raise _refused(file, f"{min(extra)} n'y a pas sa place", f"{min(extra)} does not belong there")
    if not all(allowed(name) for name in manifest.folders):
        raise _refused(file, "nom de dossier interdit", "forbidden folder name")
    if manifest.generation and not allowed(f"store/{manifest.generation}"):
        raise _refused(file, "nom d'index interdit", "forbidden name of the index")


def _unreadable(file: Path, error: Exception) -> BackupError:
    return _refused(file, f"elle est coupée ou abîmée ({error})", f"it is cut off or damaged ({error})")


def _refused(file: Path, fr: str, en: str) -> BackupError:
    return BackupError(
        f"La sauvegarde {file.name} est refusée : {fr}. Rien n'a été changé ; prenez-en une autre.",
        f"The backup {file.name} is refused: {en}. Nothing was changed; take another one.",
    )
