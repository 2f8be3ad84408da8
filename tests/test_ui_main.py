"""`python -m ui` as an admin runs it: help, a taken port, an open address, all without waiting for Gradio."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import ui.__main__ as entry
from rag.errors import StoreError
from rag.settings import Settings
from ui.database import Database

ROOT = Path(__file__).resolve().parent.parent


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GREFFIER_")}
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ui", *arguments],
        cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def _said(run: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in run.stderr.splitlines() if not line.startswith("import time:")]


def _imported(run: subprocess.CompletedProcess[str]) -> set[str]:
    return {line.rsplit("|", 1)[1].strip() for line in run.stderr.splitlines() if line.startswith("import time:")}


HEAVY = {"gradio", "torch", "chromadb", "sentence_transformers", "llama_cpp", "transformers"}


def test_a_taken_port_is_one_french_line_and_status_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = _run("--port", str(port))
    assert run.returncode == 1
    assert len(_said(run)) == 1
    assert f"Le port {port} est déjà pris" in _said(run)[0] and "--port" in _said(run)[0]
    assert not HEAVY & _imported(run)


def test_help_is_french_and_loads_nothing_heavy() -> None:
    run = _run("--help")
    assert run.returncode == 0
    assert "Ouvre l'assistant" in run.stdout
    assert not HEAVY & _imported(run)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("--host", "0.0.0.0"), "accounts add NOM --admin"), (("--port", "0"), "1 et 65535"), (("--port", "x"), "--port")],
)
def test_wrong_options_say_what_to_do(arguments: tuple[str, ...], says: str) -> None:
    run = _run(*arguments)
    assert run.returncode in (1, 2)
    assert says in _said(run)[-1]


class Store:
    """An assistant whose index is not there any more at its first search."""

    closed = False

    def search(self, question: str, count: int) -> None:
        raise StoreError("L'index a disparu.", "The index is gone.")

    def close(self) -> None:
        self.closed = True


def test_an_assistant_whose_first_search_fails_leaves_no_model_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Store()
    monkeypatch.setattr(entry, "open_assistant", lambda settings, **_: made)
    with pytest.raises(StoreError):
        entry._warm_assistant(Settings(), Database.open(None))
    assert made.closed
