"""Is a model of the catalogue here, in which folder, and is it what was recorded. Opens nothing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from models.catalogue import Entry
from models.integrity import State, check, record
from rag.errors import ModelError
from rag.files import sha256_of


def is_present(entry: Entry, weights: Path) -> bool:
    """Return whether all files of the entry are there (not whether they are the right ones)."""
    if entry.package:
        return importlib.util.find_spec(entry.package) is not None
    place = weights / entry.place
    if entry.role == "generator":
        return all((weights / file).is_file() for file in entry.files)
    return all((place / file).is_file() for file in entry.files)


def folder_of(entry: Entry, weights: Path) -> Path:
    """Return the folder of an embedder, reranker or entailer, checked against the record of SHA-256 sums.

    Raises:
        ModelError: if it is not there or not what was recorded.
    """
    if not is_present(entry, weights):
        raise ModelError(
            f"Le modèle {entry.name!r} n'est pas installé. Lancez « python -m models fetch {entry.name} », ou copiez "
            f"son dossier avec « python -m models import DOSSIER --name {entry.name} ».",
            f"The model {entry.name!r} is not installed. Run “python -m models fetch {entry.name}”, or copy its "
            f"folder with “python -m models import FOLDER --name {entry.name}”.",
        )
    if entry.package:
        spec = importlib.util.find_spec(entry.package)
        assert spec is not None and spec.origin is not None  # is_present has seen it
        return _shipped(entry, Path(spec.origin).parent / "model")
    record(weights, check(weights, weights / entry.place, expected(entry)))
    return weights / entry.place


def _shipped(entry: Entry, folder: Path) -> Path:
    """Return the folder of a package if its files are those that the catalogue knows."""
    for name, value in entry.sha256:
        if not (folder / name).is_file() or sha256_of(folder / name) != value:
            raise ModelError(
                f"Le fichier {name!r} du modèle {entry.name!r}, fourni avec Greffier, manque ou a changé. Reprenez "
                "celui du dépôt.",
                f"The file {name!r} of the model {entry.name!r}, which comes with Greffier, is missing or was changed. "
                "Take the one of the repository again.",
            )
    return folder


def expected(entry: Entry | None) -> dict[str, str]:
    """Return the SHA-256 sums that the catalogue gives, by path inside the weights folder."""
    if entry is None or entry.package:
        return {}
    prefix = "" if entry.role == "generator" else f"{entry.place}/"
    return {prefix + file: value for file, value in entry.sha256}


def review_shipped(entry: Entry) -> dict[str, State]:
    """Hash the files of a model that comes with Greffier and compare them with the catalogue."""
    spec = importlib.util.find_spec(entry.package)
    assert spec is not None and spec.origin is not None
    states: dict[str, State] = {}
    for name, value in entry.sha256:
        file = Path(spec.origin).parent / "model" / name
        states[f"{entry.name}/{name}"] = (
            "missing" if not file.is_file() else "ok" if sha256_of(file) == value else "changed"
        )
    return states
