"""Where things stand in the corpus folder: folders by their identity, and never a place outside it.

A link in the way is refused rather than followed: whoever may write into the corpus must not reach the rest of the
machine by it. This module reads the disk and makes folders, nothing else.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from rag.errors import CorpusError
from ui.corpus.names import folder_path, key, shown


def folders(corpus: Path) -> list[str]:
    """Return the folders of the corpus, by path, hidden ones and links left out; "" (the corpus itself) first."""
    root = corpus.resolve()
    found = [""]
    for folder, names, _ in os.walk(root):
        names[:] = sorted(name for name in names if not name.startswith(".") and not Path(folder, name).is_symlink())
        found += [unicodedata.normalize("NFC", Path(folder, name).relative_to(root).as_posix()) for name in names]
    return sorted(found)


def folder(corpus: Path, wanted: str, *, make: bool) -> Path:
    """Return the folder `wanted`, a path relative to the corpus; with `make` what is missing of it is made.

    A folder that differs by capitals or the accents' spelling alone is taken for the same.

    Raises:
        CorpusError: if the name is not accepted, a link or a file is in the way, or it is missing.
    """
    place = corpus.resolve()
    for part in folder_path(wanted).split("/"):
        if not part:
            continue
        known = entry(place, part)
        if known is None and not make:
            raise _no_folder(wanted)
        place = known or place / part
        if place.is_symlink() or (known is not None and not place.is_dir()):
            raise CorpusError(
                f"« {shown(wanted)} » passe par un lien ou un fichier : choisissez un vrai dossier du corpus.",
                f"“{shown(wanted)}” goes through a link or a file: choose a real folder of the corpus.",
            )
        place.mkdir(exist_ok=True)
    return place


def entry(place: Path, name: str) -> Path | None:
    """Return what stands in a folder under this name, capitals and the accents' spelling put aside."""
    if not place.is_dir():
        return None
    return next((found for found in place.iterdir() if key(found.name) == key(name)), None)


def _no_folder(wanted: str) -> CorpusError:
    return CorpusError(
        f"Le dossier « {shown(wanted)} » n'existe pas (ou plus) : rechargez la page et choisissez-en un autre.",
        f"The folder “{shown(wanted)}” does not exist (any more): reload the page and choose another one.",
    )
