"""The GGUF files of the weights folder: which there are, whether all parts of each are, what each needs.

Reads headers only; loads nothing, and knows neither the machine nor the settings.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from models.catalogue import Entry, find, read_catalogue
from models.gguf_header import Header, read_header, read_part
from models.hardware import MEGABYTE
from rag.errors import ModelError

LOG = logging.getLogger(__name__)
# MB beside weights and cache: compute buffers of llama.cpp and the Python process around it
OVERHEAD = 600
LATER_PART = re.compile(r"-(?!00001)\d{5}(-of-\d{5}\.gguf)$")
MOST_PARTS = 1000  # the largest model there is has some 200; a header that says a billion must not be believed


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

    @property
    def read_megabytes(self) -> int:
        """MB of weights that are read for one token: of a mixture of experts only those in use."""
        return int(self.megabytes * self.header.active)

    def cache(self, context: int) -> int:
        """Return the MB of the cache of `context` tokens, or of as many as the model was trained for."""
        return min(context, self.header.context or context) * self.header.cache_bytes // MEGABYTE


def candidates(weights: Path, problems: list[ModelError] | None = None) -> list[Candidate]:
    """Return the usable GGUF files of the weights folder.

    Those that are not are left out; what is wrong with them is added to `problems`, or logged where there is none.
    """
    entries, found = read_catalogue(), []
    wrong = list(_orphans(weights))
    for file in gguf_files(weights):
        try:
            header = read_header(file)
            check_parts(file, header)
            found.append(Candidate(file, header, find(entries, file.name)))
        except ModelError as error:
            wrong.append(error)
    if problems is not None:
        problems += wrong
        return found
    for problem in wrong:
        LOG.warning("%s", problem)
    return found


def gguf_files(weights: Path) -> list[Path]:
    """Return the GGUF files of the weights folder; of a model in several parts only the first."""
    return [file for file in all_gguf_files(weights) if not LATER_PART.search(file.name)]


def all_gguf_files(weights: Path) -> list[Path]:
    """Return the GGUF files of the weights folder, all parts of each model."""
    if not weights.is_dir():
        return []
    return sorted(file for file in weights.iterdir() if file.suffix.lower() == ".gguf")


def standing(weights: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Return what changes when a GGUF file of the weights folder comes, goes or is written; cheap to ask often."""
    found = []
    for file in all_gguf_files(weights):
        with suppress(OSError):  # it has just gone
            status = file.stat()
            found.append((file.name, status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(found)


def parts(file: Path, count: int) -> list[Path]:
    """Return all files of a model in `count` parts, of which `file` is the first.

    Raises:
        ModelError: if one is missing.
    """
    if count == 1:
        return [file]
    ending = f"-00001-of-{count:05}.gguf"
    if count > MOST_PARTS or not file.name.endswith(ending):
        raise ModelError(
            f"Le fichier {file.name!r} est la première de {count} parties d'un modèle ; son nom doit finir par "
            f"{ending}, et celui des autres de même. Rendez-leur leurs noms d'origine.",
            f"The file {file.name!r} is the first of {count} parts of a model; its name must end in {ending}, and "
            "those of the others likewise. Give them their original names again.",
        )
    stem = file.name.removesuffix(ending)
    files = [file.with_name(f"{stem}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]
    if missing := [part.name for part in files if not part.is_file()]:
        raise ModelError(
            f"Le modèle {stem!r} est en {count} parties ; il manque {', '.join(missing)}. Copiez-les aussi.",
            f"The model {stem!r} is in {count} parts; {', '.join(missing)} is missing. Copy them too.",
        )
    return files


def check_parts(file: Path, header: Header) -> None:
    """Check all parts of a model before llama.cpp meets them: there, whole, and parts of one and the same model.

    Raises:
        ModelError: if one is missing, damaged, another part than its name says, or if tensors are missing in all.
    """
    count, tensors = header.parts, header.tensors
    for number, part in enumerate(parts(file, count)[1:], 2):
        said = read_part(part)
        if (said.number, said.count) != (number, count):
            raise ModelError(
                f"Le fichier {part.name!r} n'est pas la partie {number} sur {count} du modèle : il dit être la partie "
                f"{said.number} sur {said.count}. Téléchargez-le ou copiez-le de nouveau.",
                f"The file {part.name!r} is not part {number} of {count} of the model: it says that it is part "
                f"{said.number} of {said.count}. Download or copy it again.",
            )
        tensors += said.tensors
    if count > 1 and header.all_tensors not in (0, tensors):
        raise ModelError(
            f"Les {count} parties du modèle {file.name!r} ne vont pas ensemble : elles contiennent {tensors} tenseurs "
            f"au lieu de {header.all_tensors}. Téléchargez-les ou copiez-les toutes de nouveau.",
            f"The {count} parts of the model {file.name!r} do not belong together: they hold {tensors} tensors instead "
            f"of {header.all_tensors}. Download or copy all of them again.",
        )


def _orphans(weights: Path) -> Iterator[ModelError]:
    """Yield what is said of parts whose first one is not there, once a model."""
    names = [file.name for file in all_gguf_files(weights)]
    told = set(names)
    for name in names:
        first = LATER_PART.sub(r"-00001\1", name)
        if first not in told:
            told.add(first)
            yield ModelError(
                f"Le fichier {name!r} est une partie d'un modèle dont la première manque : {first}. Copiez-la aussi.",
                f"The file {name!r} is a part of a model whose first one is missing: {first}. Copy it too.",
            )
