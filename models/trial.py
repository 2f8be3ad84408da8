"""Loads a GGUF once in a child process, so that a file that kills llama.cpp kills only the child.

Run as `python -m models.trial FILE CONTEXT THREADS GPU_LAYERS`. Does not know the catalogue.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from models.generator import LlamaGenerator
from rag.errors import GreffierError, ModelError
from rag.ports import Message

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 600  # seconds; an 8 GB file from a slow disk takes two minutes
QUESTION = (Message("user", "Bonjour"),)


def try_load(file: Path, *, context: int, threads: int, gpu_layers: int) -> None:
    """Load `file` in a child process and let it write two tokens.

    Raises:
        ModelError: if the child dies, takes longer than ten minutes, or cannot use the file.
    """
    command = [sys.executable, "-m", "models.trial", str(file), str(context), str(threads), str(gpu_layers)]
    try:
        child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise _failed(file, f"rien après {PATIENCE} s", f"nothing after {PATIENCE} s") from error
    if child.returncode < 0:
        raise _failed(
            file, f"llama.cpp s'arrête net, signal {-child.returncode}", f"llama.cpp dies, signal {-child.returncode}"
        )
    if child.returncode != 0:
        last = (child.stderr.strip() or "?").splitlines()[-1]
        raise _failed(file, last, last)


def main(arguments: list[str]) -> int:
    """Load and try the model named on the command line; 1 and one line on standard error if that fails."""
    file, context, threads, gpu_layers = arguments
    try:
        model = LlamaGenerator(
            Path(file), name="trial", context=int(context), threads=int(threads), gpu_layers=int(gpu_layers)
        )
        list(model.stream(QUESTION, max_tokens=2))
    except GreffierError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _failed(file: Path, fr: str, en: str) -> ModelError:
    return ModelError(
        f"Le fichier {file.name!r} n'a pas passé son premier essai ({fr}). Retirez-le du dossier des modèles, ou "
        "copiez-le de nouveau.",
        f"The file {file.name!r} failed its first trial ({en}). Take it out of the models folder, or copy it again.",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
