"""The models that Greffier knows by name: `catalogue.toml` as frozen values.

Knows what each model is, needs and is licensed for. Does not know which of them are present, nor loads any.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from rag.errors import ModelError

# what publishers add to a model's name when they store its weights in another way
PRECISION = re.compile(r"-(?:gguf|awq|gptq|fp8|fp16|bf16|int4|int8|i?q\d\w*)$")
FILE = Path(__file__).resolve().parent / "catalogue.toml"
Role = Literal["embedder", "reranker", "entailer", "generator"]
# what `memory` of a generator is made of, by catalogue.toml
MEMORY_CONTEXT, MEMORY_OVERHEAD = 4096, 600


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn. Low temperature: an answer from evidence is no place for invention."""

    temperature: float = 0.1
    top_p: float = 0.9
    top_k: int = 40
    min_p: float = 0.05
    repeat_penalty: float = 1.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One model.

    `hub` is its id on the hub, "" when a Python `package` carries it; `revision` a commit, "" when not pinned
    (the first download then records it). `files` are what is needed of the repository; `megabytes` their size
    and `memory` the working memory, both in MB (10^6 bytes) and approximate, `memory` with 4,096 tokens of
    context for a generator. `languages` are two-letter codes. `sha256` gives the known hash of a file.
    `longest` is the cap on tokens read at once, None for what the model says; `dimensions` of a vector.
    """

    name: str
    role: Role
    licence: str
    languages: tuple[str, ...]
    megabytes: int
    memory: int
    note: str
    hub: str = ""
    package: str = ""
    revision: str = ""
    files: tuple[str, ...] = ()
    query_prompt: str = ""
    passage_prompt: str = ""
    longest: int | None = None
    dimensions: int | None = None
    sampling: Sampling = field(default_factory=Sampling)
    sha256: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> str:
        """Where it lies inside the weights folder: a GGUF file, or a folder; "" when a package carries it."""
        if self.package:
            return ""
        return self.files[0] if self.role == "generator" else self.name

    def cache(self, context: int) -> int:
        """Return the approximate MB of a generator's cache of `context` tokens; 0 for other models."""
        if self.role != "generator":
            return 0
        return max(0, self.memory - self.megabytes - MEMORY_OVERHEAD) * context // MEMORY_CONTEXT

    def memory_for(self, context: int) -> int:
        """Return the working memory in MB with `context` tokens."""
        return self.memory + self.cache(context) - self.cache(MEMORY_CONTEXT)

    @property
    def page(self) -> str:
        """Address of the page that describes the model and its licence, "" when there is none."""
        return f"https://huggingface.co/{self.hub}" if self.hub else ""


def read_catalogue(file: Path = FILE) -> tuple[Entry, ...]:
    """Return the entries in the order of the file, which is the order of preference within a role.

    Raises:
        ModelError: if the file is not TOML, or an entry lacks a field, has an unknown one or a double name.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        entries = tuple(_entry(name, values) for name, values in content.items())
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"Le catalogue {file.name} est abîmé : {error}. Reprenez celui du dépôt.",
            f"The catalogue {file.name} is damaged: {error}. Take the one of the repository again.",
        ) from error
    return entries


def find(entries: tuple[Entry, ...], name: str) -> Entry | None:
    """Return the entry called `name`, or whose GGUF file is called so; None if there is none."""
    for entry in entries:
        if name == entry.name or (entry.role == "generator" and name == entry.place):
            return entry
    return None


def sampling_for(entries: tuple[Entry, ...], served: str) -> Sampling:
    """Return how tokens are drawn of what a server calls `served`: as the catalogue says, or as usual.

    Servers say "Qwen/Qwen3-8B" (vLLM), "qwen3:8b" (Ollama) or the path of a file (llama-server).
    """
    wanted = _plain(served)
    for entry in entries:
        if entry.role == "generator" and wanted in {_plain(entry.name), _plain(entry.hub), _plain(entry.place)}:
            return entry.sampling
    return Sampling()


def _plain(name: str) -> str:
    """Return a model's name without publisher, folder, ending and the suffixes of its precision."""
    name = name.rpartition("/")[2].lower().removesuffix(".gguf").removesuffix(":latest").replace(":", "-")
    while (shorter := PRECISION.sub("", name)) != name:
        name = shorter
    return name


def _entry(name: str, values: dict[str, Any]) -> Entry:
    known = {item.name for item in fields(Entry)} - {"name"}
    if unknown := values.keys() - known:
        raise ValueError(f"{name}: {', '.join(sorted(unknown))}")
    if values["role"] not in get_args(Role):
        raise ValueError(f"{name}: role {values['role']!r}")
    ready: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    ready["sampling"] = Sampling(**values.get("sampling", {}))
    ready["sha256"] = tuple(sorted(values.get("sha256", {}).items()))
    entry = Entry(name=name, **ready)
    if bool(entry.package) == bool(entry.hub) or (entry.hub and not entry.files):
        raise ValueError(f"{name}: hub + files, or package")
    return entry
