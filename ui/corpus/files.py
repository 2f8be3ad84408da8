"""Files put into the corpus, moved inside it and taken out: each step one rename, so that a reader sees all or nothing.

What is taken out or replaced goes to a trash folder outside the corpus and can be brought back. A file whose name is
taken waits in a folder of its own until the admin says whether it replaces the other. This module does *not* know
HTTP, nor what an ingestion makes of a file.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import threading
import time
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from ingest.discover import Found, discover, locate
from rag.errors import CorpusError
from ui.corpus.content import require_pdf
from ui.corpus.names import file_name, shown
from ui.corpus.places import entry, folder

MODE = 0o640  # never executable
BLOCK = 1 << 20
KEEP_WAITING_SECONDS = 86400  # a file that waits for an answer longer than that is dropped
_TOKEN = re.compile(r"[0-9a-f]{16}")
_ABOUT, _CONTENT = "about.json", "document.pdf"

Why = Literal["removed", "replaced", "waiting"]


@dataclass(frozen=True, slots=True)
class Aside:
    """A file outside the corpus: `path` is where it stood or shall stand, `at` since when in seconds since 1970."""

    token: str
    path: str
    size: int
    at: float
    actor: str
    why: Why


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of an upload: it stands at `path`, or waits under `waiting` because that name is taken."""

    path: str
    waiting: str = ""
    replaced: bool = False


class Files:
    """The files of one corpus; every method may be called from any thread."""

    def __init__(self, corpus: Path, data: Path, limit: int) -> None:
        """`limit`: largest file in bytes. The trash and waiting files stand below `data`."""
        self._corpus = corpus
        self._trash = data / "trash"
        self._uploads = data / "uploads"
        self._limit = limit
        self._lock = threading.Lock()

    def all(self) -> list[Found]:
        """Return all PDFs of the corpus, by path; none if the folder is still missing."""
        return discover(self._corpus) if self._corpus.is_dir() else []

    def put(self, stream: BinaryIO, size: int, name: str, target: str, actor: str) -> Placed:
        """Store an uploaded file of `size` bytes in the folder `target`, which is made if it is missing.

        Raises:
            CorpusError: if name, type, size or place are refused, or the disk is.
        """
        plain = file_name(name)
        require_pdf(stream, name)
        if size > self._limit:
            raise _too_big(name, self._limit)
        with self._lock, _Disk():
            self._corpus.mkdir(parents=True, exist_ok=True)
            place = folder(self._corpus, target, make=True)
            taken = entry(place, plain)
            if taken is None:
                self._write(stream, place / plain)
                return Placed(self._identity(place / plain))
            if taken.is_dir() and not taken.is_symlink():
                raise _taken(self._identity(taken))
            path = self._identity(taken)
            token = secrets.token_hex(8)
            room = self._uploads / token
            room.mkdir(parents=True, mode=0o700)
            self._write(stream, room / _CONTENT)
            _describe(room, Aside(token, path, size, time.time(), actor, "waiting"))
            return Placed(path, token)

    def decide(self, token: str, *, replace: bool, actor: str) -> Placed:
        """Put a waiting file in the place of the one with its name, or drop it.

        Raises:
            CorpusError: if nothing waits under this token.
        """
        with self._lock, _Disk():
            room, about = self._aside(self._uploads, token)
            if replace:
                target = self._target(about.path)
                replaced = target.exists() or target.is_symlink()
                if replaced:
                    self._to_trash(target, about.path, actor, "replaced")
                _move(room / _CONTENT, target)
            shutil.rmtree(room)
            return Placed(about.path, replaced=replace)

    def remove(self, path: str, actor: str) -> None:
        """Take a file out of the corpus, into the trash. Raises CorpusError if there is none."""
        with self._lock, _Disk():
            self._to_trash(self._existing(path), path, actor, "removed")

    def move(self, path: str, target: str) -> str:
        """Move a file to another folder; return its new path.

        Raises:
            CorpusError: if there is no such file or folder, or the name is taken there.
        """
        with self._lock, _Disk():
            file = self._existing(path)
            place = folder(self._corpus, target, make=False)
            if place == file.parent:
                return path
            if entry(place, file.name) is not None:
                raise _taken(f"{target}/{file.name}" if target else file.name)
            new = place / file.name
            file.rename(new)
            return self._identity(new)

    def restore(self, token: str) -> str:
        """Bring a file back from the trash to where it stood; return its path.

        Raises:
            CorpusError: if it is not there, or its name is taken meanwhile.
        """
        with self._lock, _Disk():
            room, about = self._aside(self._trash, token)
            target = self._target(about.path)
            if entry(target.parent, target.name) is not None:
                raise _taken(about.path)
            _move(room / _CONTENT, target)
            shutil.rmtree(room)
            return about.path

    def destroy(self, token: str) -> str:
        """Delete a file of the trash for good; return the path that it had. Raises CorpusError if it is not there."""
        with self._lock, _Disk():
            room, about = self._aside(self._trash, token)
            shutil.rmtree(room)
            return about.path

    def trash(self) -> list[Aside]:
        """Return what lies in the trash, the newest first."""
        return _list(self._trash)

    def waiting(self) -> list[Aside]:
        """Return the files that wait for a decision, the newest first; forgotten ones are dropped."""
        with self._lock:
            found = _list(self._uploads)
            for old in [aside for aside in found if time.time() - aside.at > KEEP_WAITING_SECONDS]:
                shutil.rmtree(self._uploads / old.token, ignore_errors=True)
        return [aside for aside in found if time.time() - aside.at <= KEEP_WAITING_SECONDS]

    def _write(self, stream: BinaryIO, target: Path) -> None:
        """Write `stream` to `target`, by way of a hidden file beside it that no ingestion looks at."""
        aside = target.with_name(f".upload-{secrets.token_hex(8)}")
        try:
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, MODE)
            with os.fdopen(descriptor, "wb") as file:
                stream.seek(0)
                shutil.copyfileobj(stream, file, BLOCK)
                if file.tell() > self._limit:
                    raise _too_big(target.name, self._limit)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)

    def _to_trash(self, file: Path, path: str, actor: str, why: Why) -> None:
        token = secrets.token_hex(8)
        room = self._trash / token
        room.mkdir(parents=True, mode=0o700)
        _describe(room, Aside(token, path, file.lstat().st_size, time.time(), actor, why))
        _move(file, room / _CONTENT)

    def _existing(self, path: str) -> Path:
        file = locate(self._corpus, path)
        inside = file.parent.resolve().is_relative_to(self._corpus.resolve()) and ".." not in file.parts
        # a dead link is no file, and yet it must be possible to take it out
        known = any(found.path == path for found in self.all())
        if inside and known and (file.is_symlink() or file.is_file()):
            return file
        raise CorpusError(
            f"« {shown(path)} » n'est pas (ou plus) dans le corpus : rechargez la page.",
            f"“{shown(path)}” is not in the corpus (any more): reload the page.",
        )

    def _target(self, path: str) -> Path:
        head, _, name = path.rpartition("/")
        place = folder(self._corpus, head, make=True)
        return entry(place, name) or place / name

    def _aside(self, room: Path, token: str) -> tuple[Path, Aside]:
        known = _read(room / token) if _TOKEN.fullmatch(token) else None
        if known is None:
            raise CorpusError(
                "Ce fichier n'attend plus : rechargez la page.", "This file does not wait any more: reload the page."
            )
        return room / token, known

    def _identity(self, file: Path) -> str:
        return unicodedata.normalize("NFC", file.relative_to(self._corpus.resolve()).as_posix())


class _Disk:
    """Says a failing disk in one sentence."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            raise CorpusError(
                f"Le dossier des documents ne se laisse pas changer ({reason}) : vérifiez les droits et la place.",
                f"The document folder cannot be changed ({reason}): check its permissions and the room on the disk.",
            ) from error


def _describe(room: Path, about: Aside) -> None:
    (room / _ABOUT).write_text(json.dumps(asdict(about), ensure_ascii=False), encoding="utf-8")


def _read(room: Path) -> Aside | None:
    try:
        return Aside(**json.loads((room / _ABOUT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # half written when the machine went down
        return None


def _list(rooms: Path) -> list[Aside]:
    found = [about for room in rooms.glob("*") if (about := _read(room)) is not None]
    return sorted(found, key=lambda about: -about.at)


def _move(file: Path, target: Path) -> None:
    """Move a file, over a hidden one where the disks differ, so that the corpus never holds half of it."""
    try:
        file.rename(target)
    except OSError:
        aside = target.with_name(f".upload-{secrets.token_hex(8)}")
        try:
            shutil.copyfile(file, aside, follow_symlinks=False)
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
        file.unlink()


def _too_big(name: str, limit: int) -> CorpusError:
    megabytes = limit // (1 << 20)
    return CorpusError(
        f"« {shown(name)} » dépasse {megabytes} Mo : réduisez-le, ou augmentez le réglage file_megabytes.",
        f"“{shown(name)}” exceeds {megabytes} MB: make it smaller, or raise the setting file_megabytes.",
    )


def _taken(path: str) -> CorpusError:
    return CorpusError(
        f"« {shown(path)} » existe déjà : renommez ou retirez d'abord l'un des deux.",
        f"“{shown(path)}” already exists: rename or remove one of the two first.",
    )
