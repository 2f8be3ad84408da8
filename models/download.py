"""Brings model files into the weights folder, from the hub or from a disk, checked and all or nothing.

The only importer of huggingface_hub. Knows files and hashes; does not load any model, nor ask any question.
"""

from __future__ import annotations

import importlib
import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.catalogue import Entry, find, read_catalogue
from models.gguf_files import parts
from models.gguf_header import read_header
from models.integrity import check, model_files, read_record, record, write_record
from models.present import expected
from rag.errors import ModelError
from rag.files import sha256_of

HUB = "huggingface.co"
PATIENCE = 5.0  # seconds to reach the hub; beyond that the advice to copy by hand is worth more than waiting
REVISIONS = ".revisions"  # keys of the record that hold a commit instead of a SHA-256
# what sentence-transformers reads of a repository; not the copies for other runtimes beside it
WANTED = ["*.json", "*.txt", "*.safetensors", "*.model", "1_Pooling/*", "2_Dense/*", "2_Normalize/*"]
UNWANTED = ["onnx/*", "openvino/*", "*.bin", "*.pt", "*.h5", "*.msgpack"]
BLOCK = 1 << 22
SHA256_DIGITS = 64  # the hub's tag of a large file is its SHA-256; that of a small one is shorter


def fetch(entry: Entry, weights: Path) -> Path:
    """Download a model of the catalogue, resuming what an earlier try left, and record its SHA-256 sums.

    Raises:
        ModelError: if the hub cannot be reached, does not have the files, gives others than recorded, or
            there is no room on the disk.
    """
    if entry.package:
        raise ModelError(
            f"Le modèle {entry.name!r} est fourni par un paquet Python : il n'y a rien à télécharger.",
            f"The model {entry.name!r} comes in a Python package: there is nothing to download.",
        )
    weights.mkdir(parents=True, exist_ok=True)
    _check_room(entry, weights)
    _check_reachable(entry)
    waiting = weights / ".downloads" / entry.name
    revision = _download(entry, waiting, entry.revision or _recorded_revision(weights, entry))
    if entry.role == "generator":
        read_header(waiting / entry.files[0])
    target = _settle(waiting, weights, entry)
    write_record(weights, {**read_record(weights), f"{REVISIONS}/{entry.name}": revision})
    return target


def bring_in(source: Path, weights: Path, name: str | None = None) -> Path:
    """Copy a GGUF file or a model folder into the weights folder, check it, and record its SHA-256 sums.

    A GGUF that the catalogue knows by its file name must have the catalogue's SHA-256, where it gives one. A
    folder takes its own name, or `name`, which must be that of such a model in the catalogue.

    Raises:
        ModelError: if the source is neither, is damaged, or there is no room on the disk.
    """
    if not source.exists():
        raise ModelError(
            f"Le fichier {str(source)!r} n'existe pas. Vérifiez le chemin, et que la clé USB est branchée.",
            f"The file {str(source)!r} does not exist. Check the path, and that the USB stick is plugged in.",
        )
    weights.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        first, *others = parts(source, read_header(source).parts)
        target = _install(first, weights, find(read_catalogue(), name or source.name), first.stem + ".gguf")
        for other in others:
            _install(other, weights, None, other.name)
        return target
    entry = find(read_catalogue(), name or source.name)
    if entry is None or entry.role == "generator" or entry.package:
        folders = [e.name for e in read_catalogue() if e.role != "generator" and not e.package]
        raise ModelError(
            f"Le dossier {source.name!r} n'est pas au catalogue. Précisez --name parmi : {', '.join(folders)}.",
            f"The folder {source.name!r} is no model of the catalogue. Give --name, one of: {', '.join(folders)}.",
        )
    return _install(source, weights, entry, entry.place)


def _install(source: Path, weights: Path, entry: Entry | None, place: str) -> Path:
    """Copy a file or folder to `place` inside the weights folder, all or nothing, and record its sums."""
    waiting = weights / ".downloads" / place
    _copy(source, waiting)
    found = {
        f"{place}{file.as_posix().removeprefix(waiting.as_posix())}": sha256_of(file) for file in model_files(waiting)
    }
    _compare(found, expected(entry))
    _replace(waiting, weights / place)
    kept = {k: v for k, v in read_record(weights).items() if k != place and not k.startswith(f"{place}/")}
    write_record(weights, {**kept, **found})
    return weights / place


def _copy(source: Path, waiting: Path) -> None:
    try:
        if source.is_file():
            waiting.parent.mkdir(parents=True, exist_ok=True)
            with source.open("rb") as reading, waiting.open("wb") as writing:
                shutil.copyfileobj(reading, writing, BLOCK)
                writing.flush()
                os.fsync(writing.fileno())
        else:
            shutil.rmtree(waiting, ignore_errors=True)
            shutil.copytree(source, waiting, ignore=shutil.ignore_patterns(".*", "onnx", "openvino", "*.bin"))
    except OSError as error:
        raise ModelError(
            f"La copie de {source.name!r} a échoué : {error.strerror}. Libérez de la place ou recommencez.",
            f"Copying {source.name!r} failed: {error.strerror}. Free some room, or try again.",
        ) from error


def _replace(waiting: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    os.replace(waiting, target)


def _settle(waiting: Path, weights: Path, entry: Entry) -> Path:
    """Compare the downloaded files with what is known of them, move them to their place and record them."""
    known = {**read_record(weights), **expected(entry)}
    if entry.role == "generator":
        _compare({file: sha256_of(waiting / file) for file in entry.files}, known)
        for file in entry.files:
            _replace(waiting / file, weights / file)
            record(weights, check(weights, weights / file, expected(entry)))
        shutil.rmtree(waiting)
    else:
        shutil.rmtree(waiting / ".cache", ignore_errors=True)
        names = {f"{entry.place}/{f.relative_to(waiting).as_posix()}": sha256_of(f) for f in model_files(waiting)}
        _compare(names, known)
        _replace(waiting, weights / entry.place)
        record(weights, check(weights, weights / entry.place, expected(entry)))
    return weights / entry.place


def _compare(found: Mapping[str, str], known: Mapping[str, str]) -> None:
    for name, value in found.items():
        if name in known and known[name] != value:
            raise ModelError(
                f"Le fichier {name!r} n'est pas celui attendu (SHA-256 {value[:12]}… au lieu de {known[name][:12]}…). "
                "Il n'a pas été installé ; recommencez, ou prenez-le à une autre source.",
                f"The file {name!r} is not the one expected (SHA-256 {value[:12]}… instead of {known[name][:12]}…). "
                "It was not installed; try again, or take it from another source.",
            )


def _check_room(entry: Entry, weights: Path) -> None:
    free = shutil.disk_usage(weights).free // 1_000_000
    if free < entry.megabytes * 1.1:
        raise ModelError(
            f"Il faut {entry.megabytes} Mo pour {entry.name!r}, il en reste {free} sur ce disque. Libérez de la place.",
            f"{entry.megabytes} MB are needed for {entry.name!r}, {free} are left on this disk. Free some room.",
        )


def _check_reachable(entry: Entry) -> None:
    endpoint = os.environ.get("HF_ENDPOINT", f"https://{HUB}").rstrip("/")
    host, _, port = endpoint.partition("://")[2].partition("/")[0].partition(":")
    proxied = any(os.environ.get(name) for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"))
    try:
        if not proxied:
            socket.create_connection((host, int(port or 443)), timeout=PATIENCE).close()
    except (OSError, ValueError) as error:
        raise _unreachable(entry, host, error) from error


def _unreachable(entry: Entry, host: str, reason: object) -> ModelError:
    what = ", ".join(entry.files) if entry.role == "generator" else f"le dossier {entry.hub}"
    command = "FICHIER" if entry.role == "generator" else f"DOSSIER --name {entry.name}"
    return ModelError(
        f"{host} est injoignable ({reason}). Sur un ordinateur relié à Internet, téléchargez {what} depuis "
        f"{entry.page}, copiez-le sur une clé USB, puis ici : python -m models import {command}",
        f"{host} cannot be reached ({reason}). On a computer with Internet access, download {', '.join(entry.files)} "
        f"from {entry.page}, copy it to a USB stick, then here: python -m models import {command}",
    )


def _refused(entry: Entry, status: int) -> ModelError:
    return ModelError(
        f"Le hub refuse {entry.hub} (code {status}). Ouvrez {entry.page} dans un navigateur : il faut peut-être "
        "y accepter la licence ; téléchargez alors le fichier et lancez « python -m models import FICHIER ».",
        f"The hub refuses {entry.hub} (code {status}). Open {entry.page} in a browser: the licence may have to be "
        "accepted there; then download the file and run “python -m models import FILE”.",
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _recorded_revision(weights: Path, entry: Entry) -> str:
    return read_record(weights).get(f"{REVISIONS}/{entry.name}", "main")


def _download(entry: Entry, waiting: Path, revision: str) -> str:
    """Download into `waiting` and return the commit that was downloaded."""
    hub, errors = _hub()
    try:
        commit: str = hub.HfApi().repo_info(entry.hub, revision=revision, timeout=PATIENCE * 2).sha
        if entry.role == "generator":
            for file in entry.files:
                _bring_large(hub, entry.hub, file, commit, waiting)
        else:
            hub.snapshot_download(
                entry.hub,
                revision=commit,
                local_dir=waiting,
                allow_patterns=WANTED,
                ignore_patterns=UNWANTED,
                max_workers=2,
            )
    except errors.HfHubHTTPError as error:
        raise _refused(entry, error.response.status_code) from error
    except (errors.HTTPError, errors.EntryNotFoundError, OSError) as error:
        raise _unreachable(entry, HUB, _first_line(error)) from error
    if missing := [file for file in entry.files if not (waiting / file).is_file()]:
        raise ModelError(
            f"Le dépôt {entry.hub} ne contient pas (ou plus) {', '.join(missing)}. Cherchez-y un autre fichier et "
            "copiez-le avec « python -m models import FICHIER ».",
            f"The repository {entry.hub} does not (or no longer) hold {', '.join(missing)}. Look there for another "
            "file and copy it with “python -m models import FILE”.",
        )
    return commit


def _bring_large(hub: Any, repository: str, file: str, commit: str, waiting: Path) -> None:
    """Download one file, going on where an earlier try broke off; shows its progress on standard error.

    Not `snapshot_download`: since huggingface_hub 2 it throws away what an interrupted process has received.
    """
    found = hub.get_hf_file_metadata(hub.hf_hub_url(repository, file, revision=commit), timeout=PATIENCE * 2)
    target = waiting / file
    if target.is_file() and target.stat().st_size == found.size:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{(found.etag or commit)[:16]}.part")
    with part.open("ab") as stream:
        there = stream.tell()
        if found.size is None or there < found.size:
            hub.file_download.http_get(
                found.location, stream, resume_size=there, expected_size=found.size, displayed_filename=target.name
            )
    if found.etag and len(found.etag) == SHA256_DIGITS and sha256_of(part) != found.etag:
        part.unlink()
        raise ModelError(
            f"Le fichier {file!r} est arrivé abîmé (son SHA-256 n'est pas celui du hub) : recommencez.",
            f"The file {file!r} arrived damaged (its SHA-256 is not the hub's). It was deleted; try again.",
        )
    os.replace(part, target)


def _hub() -> tuple[Any, Any]:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # late: `models list` must not wait for it, and the variable above must be set before
    hub = importlib.import_module("huggingface_hub")
    importlib.import_module("huggingface_hub.file_download")
    return hub, importlib.import_module("huggingface_hub.errors")
