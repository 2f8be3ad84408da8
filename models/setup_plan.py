"""What set-up decides, as pure functions: which torch, which llama.cpp, what is already there.

Standard library only, and importable by any Python 3, so that one that is too old can be told so. Does not
run, download or write anything.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

LLAMA = "llama-cpp-python"
TORCH_CPU = "https://download.pytorch.org/whl/cpu"
LLAMA_WHEELS = "https://abetlen.github.io/llama-cpp-python/whl"
# CUDA versions of the ready-made wheels, newest first (README of llama-cpp-python)
LLAMA_CUDA = ("13.0", "12.5", "12.4", "12.3", "12.2", "12.1")
# gigabytes that serve only with an NVIDIA card
CUDA_PACKAGES = re.compile(r"^(nvidia|cuda|triton)(-|$)")


class SetupError(Exception):
    """Set-up cannot go on; the message is one line in French that says what to do."""


class Machine(NamedTuple):
    """What decides the way: physical cores do not matter here, all of them compile. `cuda` is the newest
    version the NVIDIA driver supports ("12.4"), "" without a card; `nvcc` that the CUDA compiler is there."""

    cores: int
    compiler: str
    cuda: str
    nvcc: bool
    tag: str

    @property
    def kind(self) -> str:
        """Which llama.cpp serves here: "cuda" or "cpu"."""
        return "cuda" if self.cuda else "cpu"


def key_of(project: bytes, constraints: bytes) -> str:
    """Return what identifies a finished set-up: the two files that say what to install, and this Python."""
    return hashlib.sha256(project + b"\0" + constraints + b"\0" + sys.version.encode()).hexdigest()


def is_ready(stamp: Mapping[str, Any], key: str, *, dev: bool) -> bool:
    """Return whether the stamp of an earlier set-up says that nothing needs to be installed."""
    return stamp.get("key") == key and (bool(stamp.get("dev")) or not dev)


def may_retry_llama(stamp: Mapping[str, Any], machine: Machine, wheel: Path | None) -> bool:
    """Return whether llama.cpp, missing so far, can now be had: a wheel or a compiler has appeared.

    A build that failed is not tried again at each start: it takes minutes.
    """
    return stamp.get("llama") == "no compiler" and (wheel is not None or bool(machine.compiler))


def torch_command(version: str, machine: Machine, constraints: Path, *, index_answers: bool) -> list[str]:
    """Return pip's arguments for torch: PyTorch's own CPU index where it helps and answers.

    With an NVIDIA card the default build (CUDA) is right. Without one and without PyTorch's index, what pip
    is configured with must be asked first (see `cuda_packages`).
    """
    if not machine.cuda and index_answers:
        return ["--no-deps", "--index-url", TORCH_CPU, f"torch=={version}"]
    return ["--constraint", str(constraints), f"torch=={version}"]


def cuda_packages(report: Mapping[str, Any]) -> list[str]:
    """Return the names in a `pip install --report` that serve only NVIDIA cards."""
    names = [str(item["metadata"]["name"]) for item in report.get("install", [])]
    return sorted(name for name in names if CUDA_PACKAGES.match(normal(name)))


def requirements(project: Mapping[str, Any], *, dev: bool) -> list[str]:
    """Return what pyproject.toml asks for, without llama-cpp-python, which has its own step."""
    wanted = list(project["project"]["dependencies"])
    if dev:
        wanted += project["project"]["optional-dependencies"]["dev"]
    return [item for item in wanted if not normal(item).startswith(LLAMA)]


def pinned(constraints: str, name: str) -> str:
    """Return the version that the constraints file pins `name` to.

    Raises:
        SetupError: if it does not.
    """
    for line in constraints.splitlines():
        package, equals, version = line.partition("==")
        if equals and normal(package) == name:
            return version.split("#")[0].strip()
    raise SetupError(f"Le fichier des versions ne fixe pas celle de {name}. Reprenez celui du dépôt.")


def normal(name: str) -> str:
    """Return a package name in the one spelling that all spellings share."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wheel_index(machine: Machine) -> str:
    """Return the address of ready-made llama.cpp wheels for this machine: of the newest CUDA its driver supports."""
    supported = [v for v in LLAMA_CUDA if machine.cuda and numbers(v) <= numbers(machine.cuda)]
    return f"{LLAMA_WHEELS}/cu{supported[0].replace('.', '')}" if supported else f"{LLAMA_WHEELS}/cpu"


def numbers(version: str) -> tuple[int, ...]:
    """Return "12.4" as (12, 4)."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def build_environment(machine: Machine, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for compiling llama.cpp: all instructions of this processor, OpenMP, CUDA if possible.

    What the admin has set in CMAKE_ARGS comes last, so it wins.
    """
    flags = ["-DGGML_NATIVE=ON", "-DGGML_OPENMP=ON"]
    if machine.cuda and machine.nvcc:
        flags.append("-DGGML_CUDA=ON")
    flags.append(environ.get("CMAKE_ARGS", ""))
    return {
        **environ,
        "CMAKE_ARGS": " ".join(flags).strip(),
        "CMAKE_BUILD_PARALLEL_LEVEL": environ.get("CMAKE_BUILD_PARALLEL_LEVEL", str(machine.cores)),
    }


def wheel_folder(machine: Machine, version: str, environ: Mapping[str, str], home: Path) -> Path:
    """Return the folder where this machine's llama.cpp wheel is kept, outside the project."""
    base = Path(environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "greffier" / "wheels" / f"{LLAMA}-{version}-{machine.tag}-{machine.kind}"
