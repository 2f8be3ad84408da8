"""Reads and checks the header of a GGUF file, so that llama.cpp never meets a file that kills the process.

A 37-byte GGUF aborts llama.cpp, and a truncated one that is memory-mapped crashes it later; neither can be
caught from Python. Knows the container format (version 2 and 3) and its sizes; does not know what the
tensors mean, and imports neither the `gguf` package nor llama.cpp.

Format and constants: docs/gguf.md of the ggml project; block sizes: GGML_QUANT_SIZES of its gguf-py package.
"""

from __future__ import annotations

import math
import os
import struct
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from rag.errors import ModelError

MAGIC = b"GGUF"
VERSIONS = (2, 3)
SMALLEST = 64  # bytes; no file with one entry and one tensor is smaller
MOST_ENTRIES = 1 << 16
MOST_TENSORS = 1 << 17
MOST_DIMENSIONS = 4
MOST_TEXT = 1 << 24  # bytes of one that is kept: names, the chat template
MOST_TEXTS = 1 << 22  # in an array: vocabularies and their merges have some 500,000
TEXT_LENGTH = struct.Struct("<Q")
SHORT = 4096
KEPT_ARRAY = 4096  # integers of an array that are kept; longer ones are vocabularies
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
# tensor type -> (values in a block, bytes of a block)
BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66),
    17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136),
    24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54),
    35: (256, 66), 39: (32, 17), 40: (64, 36), 41: (128, 18),
}  # fmt: skip
EXPERTS = "_exps."  # in the names of tensors that hold the experts of a mixture, of which a token reads a few
# architectures that give vectors or read pictures and sound: they load, but cannot hold a conversation
NO_CHAT = ("bert", "clip", "t5encoder", "wavtokenizer", "whisper")

Value = int | float | bool | str | list[int]


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says. `cache_bytes` is the memory of one token of context, in bytes, at 16 bits a value
    (an estimate from the attention's shape); `context` is the trained length in tokens, 0 if not told. `parts`:
    files that the model consists of; `tensors` of this one, `all_tensors` of all, 0 if not told; `active`: share of
    the weights that is read for one token, below 1 for a mixture of experts."""

    architecture: str
    name: str
    context: int
    layers: int
    cache_bytes: int
    template: bool
    tensors: int
    parts: int
    all_tensors: int = 0
    active: float = 1.0


@dataclass(frozen=True, slots=True)
class Part:
    """What one file of a split model says: its `number` from 1, of how many it is, and its tensors."""

    number: int
    count: int
    tensors: int


@dataclass(frozen=True, slots=True)
class _Content:
    """The entries of a header, the number of tensors, and the share of their bytes that experts take."""

    known: dict[str, Value]
    tensors: int
    experts: float


def read_header(file: Path) -> Header:
    """Return what the header of a GGUF says, after checking that all it announces lies inside the file.

    Raises:
        ModelError: if the file is no GGUF, is cut, announces impossible sizes, is no chat model, or is a later part
            of one.
    """
    content = _read(file)
    part = _part(content)
    if part.number > 1:
        raise ModelError(
            f"Le fichier {file.name!r} est la partie {part.number} d'un modèle en {part.count} parties. Indiquez la "
            "première ; les autres sont prises avec elle.",
            f"The file {file.name!r} is part {part.number} of a model in {part.count} parts. Name the first one; the "
            "others are taken along.",
        )
    # the first of several parts may hold the header alone
    if "general.architecture" not in content.known or (content.tensors == 0 and part.count == 1):
        raise _refused(file, "il ne contient pas de poids", "it holds no weights")
    header = _summary(content, part.count, file)
    if any(word in header.architecture for word in NO_CHAT):
        raise _refused(
            file,
            f"c'est un modèle de type {header.architecture}, pas un modèle de dialogue",
            f"it is a model of kind {header.architecture}, not a chat model",
        )
    return header


def read_part(file: Path) -> Part:
    """Return which part of a split model a file is, checked as by `read_header`.

    Raises:
        ModelError: if the file is no GGUF, is cut, or announces impossible sizes.
    """
    return _part(_read(file))


def _read(file: Path) -> _Content:
    try:
        # not mapped: a file that gets shorter meanwhile, or a stick that is pulled out, would kill this process
        with file.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            start = stream.read(len(MAGIC))
            if start != MAGIC:
                raise _refused(file, "ce n'est pas un fichier GGUF", "it is not a GGUF file")
            if size < SMALLEST:
                raise _refused(file, f"il n'a que {size} octets", f"it has only {size} bytes")
            return _parse(file, _Reader(stream, size))
    except (struct.error, ValueError, OverflowError) as error:
        raise _refused(file, "son en-tête est abîmé ou coupé", "its header is damaged or cut") from error
    except OSError as error:
        raise _refused(file, f"il est illisible ({error.strerror})", f"it cannot be read ({error.strerror})") from error


class _Reader:
    """A position in the file; every read past its end raises `struct.error`."""

    def __init__(self, stream: BufferedReader, size: int) -> None:
        self._stream = stream
        self.size = size
        self.at = stream.tell()

    def number(self, code: str) -> int | float | bool:
        value: int | float | bool
        (value,) = struct.unpack("<" + code, self._take(struct.calcsize("<" + code)))
        return value

    def count(self, most: int) -> int:
        value = int(self.number("Q"))
        if value > most:
            raise struct.error(f"{value} announced, {most} possible")
        return value

    def skip_texts(self, count: int) -> None:
        """Go past so many texts: half a million in a large vocabulary, so nothing is called that need not be."""
        read, length = self._stream.read, TEXT_LENGTH
        for _ in range(count):
            (size,) = length.unpack(read(length.size))
            self.at += length.size
            if size <= SHORT:  # quicker than moving; past the end the next length is missing
                read(size)
                self.at += size
            else:
                self._skip(size)
        if self.at > self.size:
            raise struct.error("past the end")

    def text(self) -> str:
        return self._take(self.count(MOST_TEXT)).decode("utf-8")

    def value(self) -> Value:
        kind = int(self.number("I"))
        if kind == STRING:
            return self.text()
        if kind == ARRAY:
            return self._array()
        if kind not in SCALARS:
            raise struct.error(f"value type {kind}")
        return self.number(SCALARS[kind])

    def _array(self) -> list[int]:
        kind, length = int(self.number("I")), self.count(self.size)
        if kind == STRING:
            if length > MOST_TEXTS:
                raise struct.error(f"{length} texts")
            self.skip_texts(length)
            return []
        if kind not in SCALARS:
            raise struct.error(f"array type {kind}")
        if length <= KEPT_ARRAY:
            return [int(self.number(SCALARS[kind])) for _ in range(length)]
        self._skip(length * struct.calcsize("<" + SCALARS[kind]))
        return []

    def _take(self, length: int) -> bytes:
        content = self._stream.read(length)
        self.at += length
        if len(content) < length:
            raise struct.error("past the end")
        return content

    def _skip(self, length: int) -> None:
        self.at += length
        if self.at > self.size:
            raise struct.error("past the end")
        self._stream.seek(self.at)


def _parse(file: Path, reader: _Reader) -> _Content:
    version = int(reader.number("I"))
    if version not in VERSIONS:
        raise _refused(file, f"version {version} du format GGUF", f"GGUF format version {version}")
    tensors, entries = reader.count(MOST_TENSORS), reader.count(MOST_ENTRIES)
    known: dict[str, Value] = {}
    for _ in range(entries):
        key = reader.text()
        known[key] = reader.value()
    return _Content(known, tensors, _check_tensors(file, reader, tensors, _number(known, "general.alignment", 32)))


def _check_tensors(file: Path, reader: _Reader, tensors: int, alignment: int) -> float:
    """Check that all tensors lie inside the file; return the share of their bytes that belongs to experts."""
    needed = total = experts = 0
    for _ in range(tensors):
        name = reader.text()
        dimensions = int(reader.number("I"))
        if dimensions > MOST_DIMENSIONS:
            raise struct.error(f"{dimensions} dimensions")
        values = math.prod(int(reader.number("Q")) for _ in range(dimensions))
        kind, offset = int(reader.number("I")), int(reader.number("Q"))
        per_block, block_bytes = BLOCKS.get(kind, (1, 0))  # a type newer than this table: only its start is checked
        size = values // per_block * block_bytes
        total += size
        experts += size if EXPERTS in name else 0
        needed = max(needed, offset + size)
    if alignment <= 0 or alignment & (alignment - 1):
        raise struct.error(f"alignment {alignment}")
    end = -(-reader.at // alignment) * alignment + needed
    if needed and end > reader.size:
        missing = f"{(end - reader.size) / 1e6:.1f}"
        raise _refused(
            file,
            f"il est coupé : il manque {missing.replace('.', ',')} Mo à la fin",
            f"it is cut: {missing} MB are missing",
        )
    return experts / total if total else 0.0


def _part(content: _Content) -> Part:
    count = max(1, _number(content.known, "split.count", 1))
    return Part(_number(content.known, "split.no", 0) + 1, count, content.tensors)


def _summary(content: _Content, parts: int, file: Path) -> Header:
    known = content.known
    kind = str(known["general.architecture"])
    layers = _number(known, f"{kind}.block_count", 0)
    heads = max(1, _number(known, f"{kind}.attention.head_count", 1))
    width = _number(known, f"{kind}.embedding_length", 0)
    shared = known.get(f"{kind}.attention.head_count_kv", heads)
    in_all = sum(shared) if isinstance(shared, list) else int(shared) * layers if isinstance(shared, int) else 0
    keys = _number(known, f"{kind}.attention.key_length", width // heads)
    values = _number(known, f"{kind}.attention.value_length", width // heads)
    experts = _number(known, f"{kind}.expert_count", 0)
    used = _number(known, f"{kind}.expert_used_count", 0)
    idle = content.experts * (1 - used / experts) if 0 < used < experts else 0.0
    return Header(
        architecture=kind,
        name=str(known.get("general.name", file.stem)),
        context=_number(known, f"{kind}.context_length", 0),
        layers=layers,
        cache_bytes=2 * in_all * (keys + values),
        template="tokenizer.chat_template" in known,
        tensors=content.tensors,
        parts=parts,
        all_tensors=_number(known, "split.tensors.count", 0),
        active=1 - idle,
    )


def _number(known: dict[str, Value], key: str, default: int) -> int:
    value = known.get(key, default)
    if isinstance(value, list):
        return max(value, default=default)
    return int(value) if isinstance(value, int | float) and math.isfinite(value) else default


def _refused(file: Path, fr: str, en: str) -> ModelError:
    return ModelError(
        f"Le fichier {file.name!r} ne peut pas servir de modèle : {fr}. Téléchargez-le ou copiez-le de nouveau.",
        f"The file {file.name!r} cannot be used as a model: {en}. Download or copy it again.",
    )
