"""The evaluation of the fixed instructions, kept in a file between runs of the inference process.

A model reads a prompt token by token; the first few hundred are the same for every question. What reading them left
in its memory (keys and values, about 0.1 MB a token) is written once and read back in a fraction of the time.
Is handed llama-cpp-python and a model by `models.generator`. Does not know what the instructions say, nor when
a file still fits its model: the caller puts the hash of the weights into the name.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rag.files import sha256_of

LOG = logging.getLogger(__name__)
KEPT = 3  # files in the folder; one each for the last models and instructions in use
SUFFIX = ".state"


class SavedState:
    """The file for `tokens`, read by one model with one version of the library.

    `stem` says in path form which weights and settings; the hash of the tokens and the library's version are added.
    """

    def __init__(self, stem: Path, tokens: Sequence[int], version: str) -> None:
        key = hashlib.sha256(f"{version}\0{list(tokens)}".encode()).hexdigest()
        self._file = stem.with_name(f"{stem.name}-{key[:16]}{SUFFIX}")
        self._tokens = list(tokens)

    def load(self, library: Any, llama: Any) -> bool:
        """Put the model where it was after reading the tokens; return False, and leave it empty, if that fails."""
        if not _whole(self._file):
            return False
        room = (library.llama_token * len(self._tokens))()
        count = ctypes.c_size_t(0)
        name = os.fsencode(self._file)
        read = library.llama_state_seq_load_file(llama.ctx, name, 0, room, len(room), ctypes.byref(count))
        if not read or list(room[: count.value]) != self._tokens:
            LOG.warning("%s does not fit this model: the instructions are read again", self._file.name)
            library.llama_memory_clear(library.llama_get_memory(llama.ctx), True)
            return False
        llama.input_ids[: len(self._tokens)] = self._tokens
        llama.n_tokens = len(self._tokens)
        return True

    def save(self, library: Any, llama: Any) -> None:
        """Write the state of a model that has read the tokens, and nothing else. A full disk is only logged."""
        tokens = (library.llama_token * len(self._tokens))(*self._tokens)
        # one name: what a process that was killed leaves half-written, the next one overwrites
        fresh = self._file.with_suffix(".fresh")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            if not library.llama_state_seq_save_file(llama.ctx, os.fsencode(fresh), 0, tokens, len(tokens)):
                raise OSError("llama.cpp did not write it")
            _sum_of(self._file).write_text(sha256_of(fresh), encoding="ascii")
            os.replace(fresh, self._file)
            _drop_old(self._file.parent)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            LOG.warning("the evaluated instructions are not kept (%s): each start reads them again", error)


def _whole(file: Path) -> bool:
    """Return whether the file is the one that was written: llama.cpp may die of another."""
    try:
        return _sum_of(file).read_text(encoding="ascii") == sha256_of(file)
    except (OSError, UnicodeDecodeError):
        return False


def _sum_of(file: Path) -> Path:
    return file.with_suffix(".sha256")


def _drop_old(folder: Path) -> None:
    files = sorted(folder.glob(f"*{SUFFIX}"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[KEPT:]:
        file.unlink(missing_ok=True)
        _sum_of(file).unlink(missing_ok=True)
