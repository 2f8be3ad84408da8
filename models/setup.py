"""Prepares this machine: virtual environment, pinned dependencies, llama.cpp. Run by `make`, not by Greffier.

`python3 -m models.setup [--dev] [--force]` with the system's Python, before anything is installed: standard
library only. Says each step and its duration in French, and stops with one line that says what to do. Does
not know what the dependencies are used for.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.setup_look import answers, look
from models.setup_plan import (
    LLAMA,
    TORCH_CPU,
    Machine,
    SetupError,
    build_environment,
    cuda_packages,
    is_ready,
    key_of,
    may_retry_llama,
    pinned,
    requirements,
    torch_command,
    wheel_folder,
    wheel_index,
)

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = "greffier-setup.json"
CONSTRAINTS = ROOT / ".ci" / "constraints.txt"
PROJECT = ROOT / "pyproject.toml"
OLDEST = (3, 11)
PIP = ("-qq", "--no-input", "--disable-pip-version-check", "--retries", "1", "--timeout", "30")
BUILD_MINUTES = 24  # of one core; measured: 8 to 13 minutes on two


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare the machine; 0 when it is ready, 1 when a person must act first."""
    parser = argparse.ArgumentParser(prog="python3 -m models.setup", description="Prépare cette machine pour Greffier.")
    parser.add_argument("--dev", action="store_true", help="installe aussi de quoi lancer les tests")
    parser.add_argument("--force", action="store_true", help="recommence même si tout semble prêt")
    options = parser.parse_args(arguments)
    try:
        _set_up(dev=options.dev, force=options.force)
    except SetupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Installation interrompue. Relancez la même commande : elle reprendra où elle en était.\n")
        return 1
    return 0


def _set_up(*, dev: bool, force: bool) -> None:
    _check_python()
    machine, key = look(), key_of(PROJECT.read_bytes(), CONSTRAINTS.read_bytes())
    stamp = read_stamp(VENV / STAMP)
    ready = is_ready(stamp, key, dev=dev) and not force
    if ready and not may_retry_llama(stamp, machine, cached(machine)):
        _remind(stamp)
        return
    dev = dev or bool(stamp.get("dev"))
    _make_venv()
    if not ready:
        _install_torch(machine)
        _install_packages(dev)
    llama = _install_llama(machine)
    stamp = {"key": key, "dev": dev, "llama": llama}
    (VENV / STAMP).write_text(json.dumps(stamp) + "\n", encoding="utf-8")
    say("Installation terminée.")
    if not shutil.which("tesseract"):
        say("Facultatif, pour lire les documents numérisés : sudo apt-get install tesseract-ocr tesseract-ocr-fra")


def read_stamp(file: Path) -> dict[str, Any]:
    """Return the stamp of the last finished set-up, empty if there is none or it cannot be read."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def cached(machine: Machine) -> Path | None:
    """Return the llama.cpp wheel kept from an earlier set-up on this machine, None if there is none."""
    version = pinned(CONSTRAINTS.read_text(encoding="utf-8"), LLAMA)
    return _wheel_in(wheel_folder(machine, version, os.environ, Path.home()))


def _wheel_in(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("*.whl"))), None)


def say(text: str) -> None:
    """Tell the person at the terminal what happens."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _check_python() -> None:
    if sys.version_info < OLDEST:
        version = ".".join(map(str, OLDEST))
        raise SetupError(
            f"Python {version} ou plus récent est nécessaire, voici {platform.python_version()}. "
            f"Installez-le, puis : make run PYTHON=python{version}"
        )
    if not CONSTRAINTS.is_file() or not PROJECT.is_file():
        raise SetupError(f"{CONSTRAINTS.name} ou {PROJECT.name} manque. Reprenez le dépôt entier.")


def _make_venv() -> None:
    if _python().is_file():
        return
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise SetupError(
            "Le module venv de Python manque. Sous Debian ou Ubuntu : sudo apt-get install python3-venv ; "
            "puis relancez la même commande."
        )
    say("[1/4] Environnement Python dans .venv (quelques secondes)…")
    _run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        "La création de .venv a échoué. Supprimez .venv et relancez.",
    )


def _remind(stamp: Mapping[str, Any]) -> None:
    if stamp.get("llama") == "no compiler":
        say("Rappel : sans compilateur C++, pas de modèle de langage (sudo apt-get install g++, puis relancez).")
    if stamp.get("llama") == "build failed":
        say("Rappel : llama.cpp n'est pas installé. Pour réessayer : python3 -m models.setup --force")


def _install_torch(machine: Machine) -> None:
    version = pinned(CONSTRAINTS.read_text(encoding="utf-8"), "torch")
    if _installed("torch").partition("+")[0] == version:
        return
    index_answers = not machine.cuda and answers(f"{TORCH_CPU}/torch/")
    size = "environ 2,5 Go avec CUDA, 5 à 20 minutes" if machine.cuda else "environ 200 Mo, 1 à 5 minutes"
    command = torch_command(version, machine, CONSTRAINTS, index_answers=index_answers)
    if not machine.cuda and not index_answers:
        _refuse_cuda(command)
    say(f"[2/4] Calcul : torch {version} ({size})…")
    _pip(["install", *command], "torch n'a pas pu être installé (lignes ci-dessus). Vérifiez l'accès à l'index de pip.")


def _refuse_cuda(command: Sequence[str]) -> None:
    """Ask pip what it would install, and stop rather than fetch gigabytes that cannot serve here."""
    asked = [str(_python()), "-m", "pip", "install", *PIP, "--dry-run", "--report", "-", *command]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stderr)
        raise SetupError(
            "pip ne trouve pas torch (lignes ci-dessus). Vérifiez l'accès à l'index de pip, puis relancez."
        )
    extra = cuda_packages(json.loads(done.stdout))
    if extra:
        raise SetupError(
            f"Cette machine n'a pas de carte NVIDIA, mais l'index de pip ne propose que torch avec CUDA "
            f"({len(extra)} paquets, plusieurs Go). Ouvrez l'accès à {TORCH_CPU}, puis relancez."
        )


def _install_packages(dev: bool) -> None:
    # late: older Pythons lack it, and they must get this far to be told so
    import tomllib  # noqa: PLC0415

    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    wanted = requirements(project, dev=dev)
    say(f"[3/4] {len(wanted)} bibliothèques et leurs dépendances (environ 500 Mo, 2 à 6 minutes)…")
    constraints = CONSTRAINTS.read_text(encoding="utf-8")
    _pip(
        ["install", "--constraint", str(CONSTRAINTS), f"torch=={pinned(constraints, 'torch')}", *wanted],
        "Les bibliothèques n'ont pas pu être installées (lignes ci-dessus). Vérifiez l'accès à l'index de pip.",
    )


def _install_llama(machine: Machine) -> str:
    """Install llama-cpp-python from the cache, a ready-made wheel or source; return how, or why not."""
    version = pinned(CONSTRAINTS.read_text(encoding="utf-8"), LLAMA)
    # one for the processor alone is replaced where a card has been put in since, and kept where nothing else can be had
    for_card = bool(machine.cuda) and _card_can_be_had(machine)
    if _installed(LLAMA) == version and _llama_works(gpu=for_card):
        return "installed"
    folder = wheel_folder(machine, version, os.environ, Path.home())
    kept = _wheel_in(folder)
    if kept is not None and for_card and not _serves_card(kept):
        shutil.rmtree(folder, ignore_errors=True)
        kept = None
    if kept is not None and _install_wheel(kept, "gardée d'une installation précédente, quelques secondes"):
        return "kept"
    if _download_wheel(machine, version, folder):
        return "ready-made"
    if not machine.compiler:
        say(
            "      Ni version toute faite de llama.cpp, ni compilateur C++ : Greffier fonctionnera en mode "
            "« extraits », sans modèle de langage. Pour l'ajouter : sudo apt-get install g++ ; puis relancez."
        )
        return "no compiler"
    if _build_wheel(machine, version, folder):
        return "built"
    say(
        "      llama.cpp n'a pas pu être compilé : Greffier fonctionnera en mode « extraits », sans modèle de langage. "
        "Pour réessayer : python3 -m models.setup --force"
    )
    return "build failed"


def _download_wheel(machine: Machine, version: str, folder: Path) -> bool:
    index = wheel_index(machine)
    if not answers(f"{index}/{LLAMA}/"):
        return False
    say("[4/4] llama.cpp, version toute faite (environ 10 Mo, 500 Mo avec CUDA)…")
    command = ["download", "--no-deps", "--only-binary", ":all:", "--index-url", index, "--dest", str(folder)]
    done = subprocess.run([str(_python()), "-m", "pip", *command, *PIP, f"{LLAMA}=={version}"], check=False)
    kept = _wheel_in(folder)
    if done.returncode == 0 and kept is not None and _install_wheel(kept, "quelques secondes"):
        return True
    shutil.rmtree(folder, ignore_errors=True)
    return False


def _build_wheel(machine: Machine, version: str, folder: Path) -> bool:
    minutes = max(2, BUILD_MINUTES // machine.cores)
    say(f"[4/4] llama.cpp : compilation pour ce processeur ({machine.cores} cœurs, environ {minutes} minutes)…")
    command = ["wheel", "--no-deps", "--no-binary", LLAMA, "--wheel-dir", str(folder), *PIP, f"{LLAMA}=={version}"]
    status = _watch([str(_python()), "-m", "pip", *command], build_environment(machine, os.environ))
    built = _wheel_in(folder)
    return status == 0 and built is not None and _install_wheel(built, f"gardée dans {folder}")


def _install_wheel(wheel: Path, remark: str) -> bool:
    say(f"[4/4] llama.cpp ({remark})…")
    command = ["install", "--force-reinstall", "--no-deps", *PIP, str(wheel)]
    first = subprocess.run([str(_python()), "-m", "pip", *command], check=False)
    # what it needs besides, from pip's own index: nothing when the constraints file is right
    second = ["install", *PIP, "--constraint", str(CONSTRAINTS), str(wheel)]
    return (
        first.returncode == 0
        and subprocess.run([str(_python()), "-m", "pip", *second], check=False).returncode == 0
        and _llama_works()
    )


def _card_can_be_had(machine: Machine) -> bool:
    """Return whether a llama.cpp for the card may be got: a kept one for the processor is better than none."""
    return machine.nvcc or answers(f"{wheel_index(machine)}/{LLAMA}/")


def _serves_card(wheel: Path) -> bool:
    """Return whether a wheel of llama.cpp brings what a CUDA card needs."""
    try:
        with zipfile.ZipFile(wheel) as content:
            return any("ggml-cuda" in name for name in content.namelist())
    except zipfile.BadZipFile:
        return False


def _llama_works(*, gpu: bool = False) -> bool:
    """Return whether llama.cpp loads: a ready-made one may want another C library or other instructions.

    With `gpu` also whether it was built for a graphics card.
    """
    probe = "import llama_cpp; llama_cpp.llama_backend_init()"
    if gpu:
        probe += "; raise SystemExit(not llama_cpp.llama_supports_gpu_offload())"
    return subprocess.run([str(_python()), "-c", probe], capture_output=True, check=False).returncode == 0


def _installed(name: str) -> str:
    """Return the version of a package in .venv, "" if it is not there."""
    probe = (
        "import sys, importlib.metadata as m\ntry: print(m.version(sys.argv[1]))\nexcept m.PackageNotFoundError: pass"
    )
    done = subprocess.run([str(_python()), "-c", probe, name], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _python() -> Path:
    return VENV / "bin" / "python"


def _pip(arguments: Sequence[str], failure: str) -> None:
    _run([str(_python()), "-m", "pip", arguments[0], *PIP, *arguments[1:]], failure)


def _run(command: Sequence[str], failure: str) -> None:
    if _watch(command, os.environ) != 0:
        raise SetupError(failure)


def _watch(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command and give a sign of life each minute; return its exit status."""
    start = time.monotonic()
    with subprocess.Popen(list(command), env=dict(environ), cwd=ROOT) as child:
        while True:
            try:
                return child.wait(timeout=60)
            except subprocess.TimeoutExpired:
                say(f"      … {(time.monotonic() - start) / 60:.0f} min")


if __name__ == "__main__":
    sys.exit(main())
