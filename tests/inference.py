"""A real inference process in the hands of a test: how it is started, watched and spoken to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models.process import ProcessGenerator
from models.wire import Load
from rag.ports import Health, Message, Piece

SAID = "Le taux est de 5,5 % en œuvre [S1]. L'été, le taux réduit est de 10 % [S2] !"
ASKED = (Message("system", "Tu réponds d'après les extraits."), Message("user", "Quel est le taux ?"))
LONG = (Message("user", "Parle longtemps."),)


def load(file: Path, state: str = "", context: int = 4096) -> Load:
    return Load(str(file), file.name, context, 1, 0, (0.1, 0.9, 40, 0.05, 1.0), ASKED[0].text, state)


def text(pieces: Iterator[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def until(condition: Callable[[], bool], seconds: float = 30.0) -> float:
    """Wait for `condition`; return the seconds that it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "waited too long"
        time.sleep(0.01)
    return time.monotonic() - began


def lives(pid: int) -> bool:
    """Return whether there is such a process, a zombie not counted."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def pid_of(generator: ProcessGenerator) -> int:
    """Return the number of the process, once it is ready."""
    until(lambda: generator.health().state == "ready")
    pid = generator.health().pid
    assert pid is not None
    return pid


@contextmanager
def states(generator: ProcessGenerator) -> Iterator[list[str]]:
    """Give a list that takes each state as it comes: none is missed, however short, nor awaited."""
    supervisor, seen = generator._supervisor, list[str]()
    original = supervisor._set

    def heard(health: Health) -> None:
        seen.append(health.state)
        original(health)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supervisor, "_set", heard)
        yield seen


def talk(generator: ProcessGenerator, then: Callable[[int], object]) -> None:
    """Let the model talk and do `then` to its process after a few words; raises what the stream raises."""
    pid, said, done = pid_of(generator), "", False
    for piece in generator.stream(LONG, max_tokens=30_000):
        said += piece.text
        if len(said) > 20 and not done:
            then(pid)
            done = True  # once: words that were on their way still come, when the process is long gone
