"""Opens a GGUF with llama-cpp-python: the only importer of llama_cpp, kept off the terminal.

What is done with the open model is the matter of `models.generator`. Does not know messages, nor in which process it
is.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.util
import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.chat import CHATML, CHATML_MARKS
from models.hardware import Machine
from models.sandbox import Sandbox
from models.template import Broken, refused
from models.vocabulary import Vocabulary
from rag.errors import ModelError
from rag.settings import ROOT

LOG = logging.getLogger(__name__)
PROBE_SECONDS = 60.0  # a driver that wakes its card takes some seconds


def available() -> bool:
    """Return whether llama-cpp-python is installed; without it only the extracts mode works."""
    return importlib.util.find_spec("llama_cpp") is not None


@functools.cache
def serves_gpu() -> bool:
    """Return whether the installed llama.cpp was built for a GPU; False where it is not installed or does not load.

    Asked in a process of its own (about a second, once): the library opens the card's driver, which may crash, and
    stays out of the process that answers members.
    """
    probe = "from models.llama import import_library; print(import_library().llama_supports_gpu_offload())"
    try:
        done = subprocess.run(
            [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == "True"


def as_llama_sees(machine: Machine) -> Machine:
    """Return the machine without its graphics card where the installed llama.cpp was built for none."""
    if machine.gpu and available() and not serves_gpu():
        return replace(machine, gpu_served=False)
    return machine


def import_library() -> Any:
    """Return the module llama_cpp, whose lines from now on go to our log.

    Raises:
        ModelError: if it is not installed.
    """
    if not available():
        raise ModelError(
            "llama-cpp-python n'est pas installé : seul le mode « extraits » fonctionne. Lancez « make run », qui "
            "l'installe, et lisez ce qu'il en dit.",
            "llama-cpp-python is not installed: only the extracts mode works. Run “make run”, which installs it, "
            "and read what it says about it.",
        )
    # late: half a second, and a library that may be absent
    import llama_cpp  # noqa: PLC0415

    formats: Any = importlib.import_module("llama_cpp.llama_chat_format")
    formats.ImmutableSandboxedEnvironment = Sandbox  # in it all templates of a file are compiled as it is opened
    llama_cpp.llama_log_set(_log_callback(llama_cpp.llama_log_callback), ctypes.c_void_p(0))
    return llama_cpp


def open_file(library: Any, file: Path, name: str, *, context: int, batch: int, threads: int, gpu_layers: int) -> Any:
    """Return the library's `Llama` for this file; `name` is what a reader calls it.

    Raises:
        ModelError: if llama.cpp cannot load it, or its chat template is none.
    """
    try:
        return library.Llama(
            str(file),
            n_ctx=context,
            n_batch=batch,
            n_ubatch=batch,
            n_threads=threads,
            n_threads_batch=threads,
            n_gpu_layers=gpu_layers,
            verbose=False,
        )
    except Broken as error:  # the library compiles all templates of a file
        raise refused(name, error) from error
    except (ValueError, RuntimeError, OSError) as error:
        raise ModelError(
            f"llama.cpp ne peut pas charger {file.name!r} : {error}. Le fichier est abîmé, d'un type inconnu, ou "
            "la mémoire manque : essayez un modèle plus petit, ou « python -m models list ».",
            f"llama.cpp cannot load {file.name!r}: {error}. The file is damaged, of an unknown kind, or memory "
            "is short: try a smaller model, or “python -m models list”.",
        ) from error


class Formatter:
    """How an open model wants its prompts: what compiles its template, the texts that end an answer, and whether the
    beginning-of-text token is put before the prompt. ChatML where the file brings no template."""

    def __init__(self, llama: Any, vocabulary: Vocabulary, name: str) -> None:
        self._llama, self._vocabulary = llama, vocabulary
        self._template = llama.metadata.get("tokenizer.chat_template")
        self.stops: tuple[str, ...] = ()
        # a template writes the beginning-of-text token itself where the model wants one
        self.add_bos = False
        if not self._template:
            LOG.warning("%s has no chat template: ChatML is used, answers may be poor", name)
            self._template = CHATML
            self.add_bos = llama.metadata.get("tokenizer.ggml.add_bos_token") != "false"
            self.stops = CHATML_MARKS

    def compiled(self) -> Any:
        """Return the template as a function, in the library's sandbox.

        Raises:
            Broken: if it is none.
        """
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter  # noqa: PLC0415  (late, as above)

        llama, spelled = self._llama, self._vocabulary.name_of
        return Jinja2ChatFormatter(
            template=self._template, eos_token=spelled(llama.token_eos()), bos_token=spelled(llama.token_bos())
        )


@functools.cache  # llama.cpp keeps a bare pointer to it: it must live as long as the process
def _log_callback(make: Any) -> Any:
    """Return the C callback that takes llama.cpp's lines off standard error and into our log."""

    def log(level: int, text: bytes, _: object) -> None:
        LOG.debug("llama.cpp (%d): %s", level, text.decode("utf-8", errors="replace").rstrip())

    return make(log)
