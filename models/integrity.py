"""SHA-256 of model files: recorded when a file is first seen, enforced ever after.

The record is `checksums.json` in the weights folder; keys that begin with a dot are remarks about a model
(its revision), all others are paths of files. Knows nothing of what is inside the files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from importlib.metadata import files, packages_distributions
from pathlib import Path
from typing import Literal

from rag.errors import ModelError
from rag.files import sha256_of

RECORD = "checksums.json"
State = Literal["ok", "changed", "new", "missing"]
LOADED = (".safetensors", ".json", ".txt", ".model", ".gguf", ".onnx")


def model_files(path: Path) -> list[Path]:
    """Return the files that loading `path` may read, sorted: itself, or those of the folder."""
    if path.is_file():
        return [path]
    return sorted(
        file
        for file in path.rglob("*")
        if file.is_file() and file.suffix in LOADED and not any(part.startswith(".") for part in file.parts[-2:])
    )


def fingerprint(folder: Path, *, salt: str = "") -> str:
    """Return a SHA-256 over names and contents of a model's files and over `salt`, in hexadecimal.

    All bytes are read: 0.1 s for the embedded model, about a second a gigabyte. A hash of sizes alone would
    let an exchanged file keep its id, and old vectors would be compared with new ones.
    """
    digest = hashlib.sha256(salt.encode())
    for file in model_files(folder):
        digest.update(f"\0{file.relative_to(folder).as_posix()}\0{sha256_of(file)}".encode())
    return digest.hexdigest()


def read_record(weights: Path) -> dict[str, str]:
    """Return the recorded SHA-256 of each file, by its path inside the weights folder (with `/`).

    Raises:
        ModelError: if the record is damaged.
    """
    file = weights / RECORD
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged_record(file, error) from error
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise _damaged_record(file, "not a table of texts")
    return content


def write_record(weights: Path, record: Mapping[str, str]) -> None:
    """Write the record, whole or not at all."""
    text = json.dumps(dict(sorted(record.items())), ensure_ascii=False, indent=1) + "\n"
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=weights, delete=False) as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(stream.name, 0o644)  # temporary files are private, but the service may run as another user
    os.replace(stream.name, weights / RECORD)


def check(weights: Path, path: Path, expected: Mapping[str, str]) -> dict[str, str]:
    """Hash all files of the model at `path` and return those that were not known before, with their SHA-256.

    `expected` gives SHA-256 by path inside `weights`, from the catalogue; it goes before the record.

    Raises:
        ModelError: if a file's SHA-256 is not the one that the catalogue or the record gives, or if a
            recorded file of this model is gone.
    """
    known = {**read_record(weights), **expected}
    unknown: dict[str, str] = {}
    present = {file.relative_to(weights).as_posix(): file for file in model_files(path)}
    inside = path.relative_to(weights).as_posix()
    for name in known:
        if (name == inside or name.startswith(inside + "/")) and name not in present:
            raise ModelError(
                f"Le fichier de modèle {name!r} a disparu. Recopiez-le, ou supprimez le dossier {inside!r}.",
                f"The model file {name!r} is gone. Copy it again, or delete the folder {inside!r}.",
            )
    for name, file in present.items():
        actual = sha256_of(file)
        if name not in known:
            unknown[name] = actual
        elif known[name] != actual:
            raise ModelError(
                f"Le fichier de modèle {name!r} n'est plus celui qui a été enregistré (SHA-256 {actual[:12]}… au lieu "
                f"de {known[name][:12]}…). Supprimez-le et recopiez l'original avec « python -m models import ».",
                f"The model file {name!r} is not the one that was recorded (SHA-256 {actual[:12]}… instead of "
                f"{known[name][:12]}…). Delete it and copy the original with “python -m models import”.",
            )
    return unknown


def review(weights: Path, expected: Mapping[str, str]) -> dict[str, State]:
    """Hash every model file of the weights folder and return its state, changing nothing.

    "ok" and "changed" compare with `expected` (from the catalogue) or the record; "new" files are in neither,
    "missing" ones only there.
    """
    known = {**read_record(weights), **expected}
    states: dict[str, State] = {}
    for file in model_files(weights):
        name = file.relative_to(weights).as_posix()
        if name != RECORD and not name.startswith("."):
            states[name] = "new" if name not in known else "ok" if sha256_of(file) == known[name] else "changed"
    for name in read_record(weights):
        if name not in states and not name.startswith("."):
            states[name] = "missing"
    return dict(sorted(states.items()))


def review_package(package: str) -> dict[str, State]:
    """Hash the files of an installed Python package and compare them with what its installer wrote down."""
    states: dict[str, State] = {}
    for distribution in packages_distributions().get(package, [])[:1]:
        for file in files(distribution) or []:
            if file.hash is not None and file.parts[0] == package:
                path = Path(str(file.locate()))
                actual = (
                    base64.urlsafe_b64encode(bytes.fromhex(sha256_of(path))).decode().rstrip("=")
                    if path.is_file()
                    else ""
                )
                states[file.as_posix()] = "ok" if actual == file.hash.value else "changed" if actual else "missing"
    return states


def record(weights: Path, found: Mapping[str, str]) -> None:
    """Add `found` to the record; from now on these files must keep these SHA-256."""
    if found:
        write_record(weights, {**read_record(weights), **found})


def _damaged_record(file: Path, reason: object) -> ModelError:
    return ModelError(
        f"La liste d'empreintes {file.name} est abîmée ({reason}). Supprimez-la : les fichiers présents "
        "seront enregistrés de nouveau à leur première utilisation.",
        f"The checksum list {file.name} is damaged ({reason}). Delete it: the files present will be "
        "recorded again when they are first used.",
    )
