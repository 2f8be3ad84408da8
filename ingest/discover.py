"""Which files the corpus holds. Does *not* open a PDF, nor know what was ingested before."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rag.errors import CorpusError

_DEAD_LINK = "Lien vers un fichier qui n'existe pas : mettez le fichier lui-même à sa place, ou retirez le lien."
_LINK_OUT = "Lien vers un fichier hors du dossier des documents : mettez le fichier lui-même à sa place."
_NO_FILE = "Ce n'est pas un fichier ordinaire malgré son nom : retirez-le du dossier des documents."
_NO_RIGHT = "Le droit de lire ce fichier manque : donnez-le au compte qui fait l'ingestion, puis relancez-la."


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the corpus: `path` is its name relative to it, with `/`, in NFC; `size` in bytes; `refused` says in
    French why it must not be opened, and what to do about it."""

    path: str
    file: Path
    size: int
    mtime_ns: int
    refused: str = ""


def discover(corpus: Path) -> list[Found]:
    """Return the PDFs under `corpus`, sorted by path; hidden files and office lock files (`~$`) are left out.

    Raises:
        CorpusError: if `corpus` is missing, is not a folder or cannot be listed.
    """
    if not corpus.is_dir():
        what = ("est un fichier", "is a file") if corpus.exists() else ("n'existe pas", "does not exist")
        raise CorpusError(
            f"Le dossier des documents {corpus} {what[0]} : créez ce dossier et mettez-y vos PDF.",
            f"The document folder {corpus} {what[1]}: create that folder and put your PDFs into it.",
        )
    root = corpus.resolve()
    files: dict[str, Found] = {}
    # "é" in one or in two characters: two files may have one identity. The one that is spelt like it keeps it.
    walked = [(found, _spelling(found.file.relative_to(root))) for found in _walk(root)]
    for found, spelling in sorted(walked, key=lambda item: (item[0].path != item[1], item[1])):
        path = found.path if found.path not in files else spelling
        files[path] = replace(found, path=path)
    return sorted(files.values(), key=lambda found: found.path)


def locate(corpus: Path, path: str) -> Path:
    """Return the file of an identity: names on disk may spell accents in two characters, identities never do."""
    direct = corpus / path
    if direct.is_file():
        return direct
    return next((found.file for found in discover(corpus) if found.path == path and not found.refused), direct)


def _walk(root: Path) -> Iterator[Found]:
    for folder, folders, names in os.walk(root, onerror=_refused):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.startswith((".", "~$")) or not name.lower().endswith(".pdf"):
                continue
            file = Path(folder, name)
            with suppress(FileNotFoundError):  # gone since it was listed
                yield _found(file, root)


def _found(file: Path, root: Path) -> Found:
    path = _identity(file.relative_to(root))
    try:
        refused = _refusal(file, root)
        state = file.lstat() if refused else file.stat()
    except PermissionError:  # its folder may be listed, and nothing in it opened
        return Found(path, file, 0, 0, _NO_RIGHT)
    return Found(path, file, state.st_size, state.st_mtime_ns, refused)


def _refusal(file: Path, root: Path) -> str:
    """Return why a file must not be opened, "" if it may."""
    if not file.is_file():
        return _DEAD_LINK if file.is_symlink() and not file.exists() else _NO_FILE
    # A link that leaves the corpus would make readable what the admin never put there.
    if not file.resolve().is_relative_to(root):
        return _LINK_OUT
    return "" if os.access(file, os.R_OK) else _NO_RIGHT


def _identity(relative: Path) -> str:
    return unicodedata.normalize("NFC", _spelling(relative))


def _spelling(relative: Path) -> str:
    # A name that is not UTF-8 has no text form that JSON or SQLite would take.
    return os.fsencode(relative.as_posix()).decode("utf-8", "replace")


def _refused(error: OSError) -> None:
    raise CorpusError(
        f"Le dossier {error.filename} ne peut pas être lu ({error.strerror}) : donnez-en le droit de lecture.",
        f"The folder {error.filename} cannot be read ({error.strerror}): grant the right to read it.",
    ) from error
