"""The GGUF files of the weights folder: which there are, what each needs, which serve best on a machine.

Reads headers only; loads nothing, and does not know the settings.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.catalogue import Entry, find, read_catalogue
from models.gguf_header import Header, read_header
from models.hardware import MEGABYTE, Machine, fit
from rag.errors import ModelError

LOG = logging.getLogger(__name__)
# MB beside weights and cache: compute buffers of llama.cpp and the Python process around it
OVERHEAD = 600
LATER_PART = re.compile(r"-(?!00001)\d{5}-of-\d{5}\.gguf$")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A GGUF file in the weights folder; `entry` is None when it was dropped there without a catalogue entry."""

    file: Path
    header: Header
    entry: Entry | None

    @property
    def name(self) -> str:
        """Name as shown and as accepted by the setting `generator`."""
        return self.entry.name if self.entry else self.file.name

    def memory(self, context: int) -> int:
        """Return the estimated working memory in MB with `context` tokens: weights, cache and buffers."""
        return self.megabytes + self.cache(context) + OVERHEAD

    @property
    def megabytes(self) -> int:
        """MB of weights, all parts."""
        return sum(part.stat().st_size for part in parts(self.file, self.header.parts)) // MEGABYTE

    def cache(self, context: int) -> int:
        """Return the MB of the cache of `context` tokens, or of as many as the model was trained for."""
        return min(context, self.header.context or context) * self.header.cache_bytes // MEGABYTE


def candidates(weights: Path, problems: list[ModelError] | None = None) -> list[Candidate]:
    """Return the usable GGUF files of the weights folder.

    Those that are not are logged and left out; what is wrong with them is added to `problems`.
    """
    entries, found = read_catalogue(), []
    for file in gguf_files(weights):
        try:
            found.append(Candidate(file, read_header(file), find(entries, file.name)))
        except ModelError as error:
            LOG.warning("%s", error)
            if problems is not None:
                problems.append(error)
    return found


def gguf_files(weights: Path) -> list[Path]:
    """Return the GGUF files of the weights folder; of a model in several parts only the first."""
    if not weights.is_dir():
        return []
    return sorted(f for f in weights.iterdir() if f.suffix.lower() == ".gguf" and not LATER_PART.search(f.name))


def parts(file: Path, count: int) -> list[Path]:
    """Return all files of a model in `count` parts, of which `file` is the first.

    Raises:
        ModelError: if one is missing.
    """
    if count == 1:
        return [file]
    stem = file.name.removesuffix(f"-00001-of-{count:05}.gguf")
    files = [file.with_name(f"{stem}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]
    if missing := [part.name for part in files if not part.is_file()]:
        raise ModelError(
            f"Le modèle {stem!r} est en {count} parties ; il manque {', '.join(missing)}. Copiez-les aussi.",
            f"The model {stem!r} is in {count} parts; {', '.join(missing)} is missing. Copy them too.",
        )
    return files


def ranked(found: Sequence[Candidate], machine: Machine, context: int) -> list[Candidate]:
    """Return the candidates that fit into memory, best first: of the catalogue, then large before small.

    Those that do not fit are logged with their need.
    """
    fitting = []
    for candidate in found:
        fits, reason = fit(candidate.memory(context), machine)
        if fits:
            fitting.append(candidate)
        else:
            LOG.warning("%s : %s", candidate.name, reason)
    return sorted(fitting, key=lambda c: (c.entry is None, -c.memory(context), c.name))
