"""Settings to open models: which weights serve, are they what was recorded, do they fit here.

Knows the catalogue, the weights folder and the machine. Does not know what the models are used for.
"""

from __future__ import annotations

import logging
from dataclasses import astuple
from pathlib import Path
from typing import TypeVar

from models.auto import judge
from models.catalogue import Entry, Sampling, find, read_catalogue
from models.cross_encoder import CrossEncoder
from models.embedder import MODEL, SentenceEmbedder, exported_file, is_exported
from models.entailer import CrossEntailer
from models.gguf_files import Candidate, candidates, check_parts, gguf_files, parts, standing
from models.gguf_header import read_header
from models.hardware import Machine, inspect, physical_cores
from models.integrity import check, read_record, record
from models.late import LateGenerator
from models.llama import as_llama_sees, available
from models.optimise import optimise
from models.plan import plan
from models.present import expected, folder_of, is_present
from models.process import ProcessGenerator
from models.reranker import CrossReranker
from models.speed import pace
from models.unusable import UnusableGenerator
from models.wire import Load
from rag.errors import ModelError
from rag.ports import Embedder, Entailer, Generator, Reranker
from rag.settings import Settings

LOG = logging.getLogger(__name__)
EXTRACTS = "extracts"
FRENCH = {"embedder": "modèle d'empreintes", "reranker": "modèle de tri", "entailer": "modèle de contrôle"}
Cross = TypeVar("Cross", bound=CrossEncoder)
STATES = "instructions"  # folder in the store: the fixed instructions as each model has read them


def open_embedder(settings: Settings) -> Embedder:
    """Return the embedder that the settings name.

    Raises:
        ModelError: if there is no such model, its files are missing or are not those recorded.
    """
    entry = _named(settings.embedder, "embedder", "embedder", settings)
    folder = folder_of(entry, settings.weights)
    small = settings.embed_backend == "int8"
    return SentenceEmbedder(
        folder,
        name=entry.name,
        query_prompt=entry.query_prompt,
        passage_prompt=entry.passage_prompt,
        longest=entry.longest,
        threads=physical_cores(),
        gpu=settings.gpu_layers != 0,
        onnx=_exported(settings, folder, entry.name, small=small),
        small=small,
    )


def _exported(settings: Settings, folder: Path, name: str, *, small: bool) -> Path | None:
    """Return the exported form of an embedder that the settings ask for, None for torch."""
    backend = settings.embed_backend
    if is_exported(folder):
        if backend in ("auto", "onnx"):
            return folder / MODEL
        raise ModelError(
            f'Le modèle {name!r} n\'existe que sous une forme : remettez embed_backend à "auto" (et non {backend!r}).',
            f'The model {name!r} exists in one form only: set embed_backend to "auto" again (not {backend!r}).',
        )
    if backend == "torch" or (backend == "auto" and settings.gpu_layers != 0 and inspect().gpu):
        return None
    file = exported_file(settings.weights, folder, name, small=small)
    if file.is_file():
        record(settings.weights, check(settings.weights, file, {}))
        return file
    if backend == "auto":  # torch gives the same vectors, only later
        return None
    raise ModelError(
        f"Le réglage embed_backend vaut {backend!r}, mais {file.name} manque : lancez « python -m models optimise ».",
        f"The setting embed_backend is {backend!r}, but {file.name} is missing: run “python -m models optimise”.",
    )


def optimise_embedder(settings: Settings) -> list[Path]:
    """Make what is missing of the exported forms of the embedder that the settings name; return the files made.

    Raises:
        ModelError: if there is no such model, or it cannot be exported.
    """
    entry = _named(settings.embedder, "embedder", "embedder", settings)
    folder = folder_of(entry, settings.weights)
    if is_exported(folder):
        return []
    embedder = SentenceEmbedder(folder, name=entry.name, longest=entry.longest)
    made = optimise(folder, settings.weights, embedder, small=settings.embed_backend == "int8")
    for file in made:
        record(settings.weights, check(settings.weights, file, {}))
    return made


def open_reranker(settings: Settings) -> Reranker | None:
    """Return the reranker that the settings name; with "auto" the first of the catalogue that is present.

    None means that passages keep the order of the search.

    Raises:
        ModelError: if a reranker is named that does not exist or is not present, or files are not those recorded.
    """
    return _cross(CrossReranker, _optional(settings.reranker, "reranker", settings), settings)


def open_entailer(settings: Settings) -> Entailer | None:
    """Return the entailer that the settings name; with "auto" the first of the catalogue that is present.

    None means that claims are checked by rules only.

    Raises:
        ModelError: if an entailer is named that does not exist or is not present, files are not those recorded, or
            its labels are not those of natural language inference.
    """
    return _cross(CrossEntailer, _optional(settings.entailer, "entailer", settings), settings)


def _cross(kind: type[Cross], entry: Entry | None, settings: Settings) -> Cross | None:
    if entry is None:
        return None
    return kind(
        folder_of(entry, settings.weights),
        name=entry.name,
        longest=entry.longest,
        threads=physical_cores(),
        gpu=settings.gpu_layers != 0,
    )


def open_generator(settings: Settings, name: str | None = None, *, instructions: str = "") -> Generator | None:
    """Return the language model called `name` (None: what the settings say), or None for the extracts mode.

    It runs in a process of its own, which has then loaded the file and read the `instructions` that open each prompt.

    "auto" takes the GGUF of the weights folder that `models.auto` puts first, and goes on to the next when one cannot
    be used; when none can, it gives a generator that only says why.
    "extracts" is always None; anything else is the name of a catalogue entry or of a file.

    Raises:
        ModelError: if a model is named that is not there or cannot be used.
    """
    wanted = name or settings.generator
    if wanted == EXTRACTS:
        return None
    machine = as_llama_sees(inspect())
    if wanted != "auto":
        return _open(_wanted(wanted, settings), settings, machine, instructions)
    problems: list[ModelError] = []
    verdicts = judge(
        candidates(settings.weights, problems), machine, settings, lambda: pace(settings.threads or machine.cores)
    )
    problems += [verdict.problem() for verdict in verdicts if not verdict.fits]
    for problem in problems:
        LOG.warning("%s", problem)
    for verdict in verdicts:
        if verdict.fits:
            try:
                return _open(verdict.candidate, settings, machine, instructions)
            except ModelError as error:
                LOG.warning("%s", error)
                problems.append(error)
    return UnusableGenerator(problems[-1]) if problems else None


def open_late(settings: Settings, name: str | None = None, *, instructions: str = "") -> Generator | None:
    """Return what `open_generator` returns, for a server: it opens in its own time, is tried again when it cannot be
    had, and says meanwhile why; "auto" in an empty folder waits for a first file. None for the extracts mode."""
    if (name or settings.generator) == EXTRACTS:
        return None
    return LateGenerator(
        lambda: open_generator(settings, name, instructions=instructions), lambda: standing(settings.weights)
    )


def locate(name: str, settings: Settings) -> Candidate | None:
    """Return the weights that a person named: a GGUF file wherever it lies, a catalogue entry, or a file of the
    weights folder; None for extracts.

    Raises:
        ModelError: if there is no such model, or its file cannot be used.
    """
    if name == EXTRACTS:
        return None
    file = Path(name)
    if file.suffix.lower() == ".gguf" and file.is_file():
        return Candidate(file.resolve(), read_header(file), find(read_catalogue(), file.name))
    return _wanted(name, settings)


def open_candidate(candidate: Candidate, settings: Settings, instructions: str) -> ProcessGenerator:
    """Return a generator over these weights, in a process of its own.

    Raises:
        ModelError: if they cannot be used.
    """
    return _open(candidate, settings, as_llama_sees(inspect()), instructions)


def _open(candidate: Candidate, settings: Settings, machine: Machine, instructions: str) -> ProcessGenerator:
    if not available():
        raise ModelError(
            f"{candidate.file.name} est là, mais llama-cpp-python n'est pas installé : seul le mode « extraits » "
            "fonctionne. Lancez « make run » et lisez ce qu'il en dit.",
            f"{candidate.file.name} is there, but llama-cpp-python is not installed: only the extracts mode works. "
            "Run “make run” and read what it says about it.",
        )
    check_parts(candidate.file, candidate.header)
    chosen = plan(candidate, machine, settings)
    found = _checked(candidate)
    folder = candidate.file.parent
    digest = {**read_record(folder), **expected(candidate.entry), **found}[candidate.file.name]
    generator = ProcessGenerator(
        Load(
            file=str(candidate.file),
            name=candidate.name,
            context=chosen.context,
            threads=chosen.threads,
            batch=settings.batch_tokens,  # not the planned one: only the process knows whether llama.cpp has a GPU
            gpu_layers=chosen.gpu_layers,
            ahead=settings.guessed_tokens,
            sampling=astuple(candidate.entry.sampling if candidate.entry else Sampling()),
            instructions=instructions,
            state=str(settings.store / STATES / f"{digest[:16]}-{chosen.context}-{chosen.gpu_layers}"),
        ),
        patience=settings.model_seconds,
    )
    if folder == settings.weights:  # what lies elsewhere, perhaps on a read-only stick, is only passing through
        record(settings.weights, found)  # only of a file that could be used
    return generator


def _checked(candidate: Candidate) -> dict[str, str]:
    """Check all parts against the record beside them and return the SHA-256 of those that it does not know."""
    new: dict[str, str] = {}
    for part in parts(candidate.file, candidate.header.parts):
        new |= check(candidate.file.parent, part, expected(candidate.entry))
    return new


def _wanted(name: str, settings: Settings) -> Candidate:
    entry = find(read_catalogue(), name)
    if entry is not None and entry.role == "generator":
        file = settings.weights / entry.place
    else:
        file = settings.weights / Path(name).name
    if not file.is_file():
        raise _unknown(name, "generator", "modèle de langage", "language model", settings)
    return Candidate(file, read_header(file), find(read_catalogue(), file.name))


def _optional(name: str, role: str, settings: Settings) -> Entry | None:
    """Return the entry of a model that one can do without: "none", "auto" (the first present) or a name."""
    if name == "none":
        return None
    if name == "auto":
        return next((e for e in read_catalogue() if e.role == role and is_present(e, settings.weights)), None)
    return _named(name, role, role, settings)


def _named(name: str, role: str, setting: str, settings: Settings) -> Entry:
    entry = find(read_catalogue(), name)
    if entry is None or entry.role != role:
        raise _unknown(name, setting, FRENCH[role], role, settings)
    return entry


def _unknown(name: str, role: str, fr: str, en: str, settings: Settings) -> ModelError:
    there = [e.name for e in read_catalogue() if e.role == role and is_present(e, settings.weights)]
    if role == "generator":
        dropped = [file.name for file in gguf_files(settings.weights) if find(read_catalogue(), file.name) is None]
        there += [*dropped, EXTRACTS]
    return ModelError(
        f"Aucun {fr} {name!r} ici. Présents : {', '.join(there) or 'aucun'}. "
        "« python -m models list » montre ceux que l'on peut ajouter.",
        f"No {en} {name!r} here. Present: {', '.join(there) or 'none'}. "
        "“python -m models list” shows those that can be added.",
    )
