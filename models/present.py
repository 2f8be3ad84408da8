"""Is a model of the catalogue here, in which folder, and is it what was recorded. Opens nothing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from models.catalogue import Entry
from models.integrity import check, record
from rag.errors import ModelError


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
        return Path(spec.origin).parent / "model"
    record(weights, check(weights, weights / entry.place, expected(entry)))
    return weights / entry.place


def expected(entry: Entry | None) -> dict[str, str]:
    """Return the SHA-256 sums that the catalogue gives, by path inside the weights folder."""
    if entry is None:
        return {}
    prefix = "" if entry.role == "generator" else f"{entry.place}/"
    return {prefix + file: value for file, value in entry.sha256}
