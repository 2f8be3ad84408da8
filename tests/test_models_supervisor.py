"""What happens to an inference process is said, stays there, and is over soon. Real processes and signals."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, NoReturn

import pytest

import models.supervisor as supervisor_module
from models.process import ProcessGenerator
from models.supervisor import Supervisor
from models.wire import Count
from rag.errors import ModelError
from rag.settings import ROOT
from tests.inference import LONG, lives, load, pid_of, states, talk, text, until
from tests.tiny_gguf import babbler, parrot


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="module")
def talker(folder: Path) -> Iterator[ProcessGenerator]:
    """Talks for some seconds: 30,000 tokens of a model that never ends by itself."""
    file = babbler(folder / "bavard.gguf", context=32768)
    with closing(ProcessGenerator(load(file, context=32768), patience=5.0)) as generator:
        yield generator


@pytest.mark.parametrize("damage", [lambda whole: whole[:-1000], lambda whole: whole[:37], lambda _: os.urandom(5000)])
def test_a_bad_file_is_one_sentence_and_leaves_no_process(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    file = folder / "mauvais.gguf"
    file.write_bytes(damage(parrot(folder / "entier.gguf", "Oui non.").read_bytes()))
    threads = threading.active_count()
    with pytest.raises(ModelError, match=r"mauvais\.gguf.*ne peut pas servir de modèle"):
        ProcessGenerator(load(file))
    assert threading.active_count() == threads


def test_a_call_that_comes_while_the_model_loads_does_not_end_the_process(folder: Path) -> None:
    supervisor = Supervisor(load(babbler(folder / "se-charge.gguf")))
    try:
        with supervisor.call(busy=False) as call:  # as one does that found it ready, just before it was killed
            until(lambda: supervisor._process is not None)
            with pytest.raises(ModelError, match="n'est pas en route"):
                supervisor.send(Count(call.number, (("user", "?"),)))
        health = supervisor.wait(60)
        assert (health.state, health.restarts) == ("ready", 0)
    finally:
        supervisor.close()


def test_a_killed_model_is_said_in_french_and_the_next_question_is_answered(talker: ProcessGenerator) -> None:
    restarts = talker.health().restarts
    with states(talker) as seen:
        with pytest.raises(ModelError, match=r"s'est interrompu : arrêt forcé \(signal 9\).*reposez la question"):
            talk(talker, lambda pid: os.kill(pid, signal.SIGKILL))
        assert len(text(talker.stream(LONG, max_tokens=20))) > 0
    assert seen == ["busy", "restarting", "ready", "busy", "ready"]
    assert talker.health().restarts == restarts + 1


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_model_that_crashes_between_questions_costs_none(talker: ProcessGenerator, number: int) -> None:
    with states(talker) as seen:
        os.kill(pid_of(talker), number)
        until(lambda: "restarting" in seen)
        assert len(text(talker.stream(LONG, max_tokens=20))) > 0
    assert seen == ["restarting", "ready", "busy", "ready"]


def test_a_model_that_hangs_is_replaced_after_its_time(talker: ProcessGenerator) -> None:
    pid = pid_of(talker)
    with states(talker) as seen:
        with pytest.raises(ModelError, match="rien depuis 5 s"):
            talk(talker, lambda pid: os.kill(pid, signal.SIGSTOP))
        until(lambda: not lives(pid))
        assert len(text(talker.stream(LONG, max_tokens=20))) > 0
    # twice: when it is given up, and when its end is known
    assert seen == ["busy", "restarting", "restarting", "ready", "busy", "ready"]


def test_a_model_that_hangs_between_questions_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(ProcessGenerator(load(babbler(folder / "muet.gguf")))) as generator:
        first = pid_of(generator)
        # for this while alone: a process that starts on a busy machine needs longer for its first word
        with monkeypatch.context() as impatient:
            impatient.setattr(supervisor_module, "HEARTBEAT_SECONDS", 4.0)
            time.sleep(4.5)  # a living one says so
            assert generator.health().pid == first
            os.kill(first, signal.SIGSTOP)
            until(lambda: not lives(first), 30.0)
        assert len(text(generator.stream(LONG, max_tokens=20))) > 0


def test_a_file_that_changed_is_not_loaded_again(folder: Path) -> None:
    file = babbler(folder / "change.gguf")
    with closing(ProcessGenerator(load(file))) as generator:
        pid = pid_of(generator)
        file.write_bytes(file.read_bytes() + b"x")
        os.kill(pid, signal.SIGKILL)
        until(lambda: generator.health().state == "failed")
        for call in (lambda: list(generator.stream(LONG, max_tokens=5)), lambda: generator.count_tokens(LONG)):
            with pytest.raises(ModelError, match="a changé ou disparu depuis sa vérification"):
                call()


def test_a_process_that_never_starts_is_given_up_after_some_attempts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(ProcessGenerator(load(babbler(folder / "perdu.gguf")))) as generator:
        pid = pid_of(generator)
        monkeypatch.setattr(generator._supervisor, "_first_pause", 0.01)
        monkeypatch.setattr(sys, "executable", "/bin/false")
        os.kill(pid, signal.SIGKILL)
        until(lambda: generator.health().state == "failed")
        assert generator.health().restarts == supervisor_module.HOPELESS
        monkeypatch.undo()
        until(lambda: generator.health().state == "ready", 30)
        assert len(text(generator.stream(LONG, max_tokens=20))) > 0


@pytest.mark.parametrize("killed", [1, supervisor_module.FIRST_STARTS])
def test_a_model_that_is_killed_while_it_loads_is_loaded_again_some_times(
    folder: Path, monkeypatch: pytest.MonkeyPatch, killed: int
) -> None:
    starts: list[int] = []

    def start(end: socket.socket, errors: IO[bytes]) -> subprocess.Popen[bytes]:
        process = original(end, errors)
        starts.append(process.pid)
        if len(starts) <= killed:
            process.kill()
        return process

    original = supervisor_module._start
    monkeypatch.setattr(supervisor_module, "_start", start)
    order = load(babbler(folder / "amorce.gguf"))
    if killed < supervisor_module.FIRST_STARTS:
        with closing(ProcessGenerator(order)) as generator:
            assert len(text(generator.stream(LONG, max_tokens=20))) > 0
            assert generator.health().restarts == killed
    else:
        with pytest.raises(ModelError, match=r"ne démarre pas : arrêt forcé \(signal 9\).*réessaie de lui-même"):
            ProcessGenerator(order)
    assert len(starts) == min(killed + 1, supervisor_module.FIRST_STARTS)


def test_a_machine_short_of_memory_or_of_luck_for_a_thousand_starts_gets_its_model_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(ProcessGenerator(load(babbler(folder / "patient.gguf")))) as generator:
        pid = pid_of(generator)
        monkeypatch.setattr(generator._supervisor, "_first_pause", 0.0)
        # undone alone: with the pause of every day back too soon, the next attempt could be a minute away
        with monkeypatch.context() as short:
            short.setattr("models.supervisor.socket.socketpair", _no_more_files)
            os.kill(pid, signal.SIGKILL)
            until(lambda: generator.health().state == "failed")
            until(lambda: generator.health().restarts > 1100, 60)
            assert "Too many open files" in str(generator.health().problem)
        until(lambda: generator.health().state == "ready", 30)


def _no_more_files() -> NoReturn:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def test_closing_ends_the_process(folder: Path) -> None:
    threads = threading.active_count()
    generator = ProcessGenerator(load(babbler(folder / "fini.gguf")))
    pid = pid_of(generator)
    generator.close()
    assert not lives(pid) and threading.active_count() == threads


@pytest.mark.parametrize("asleep", [False, True])
def test_the_process_dies_with_its_parent(folder: Path, asleep: bool) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from models.process import ProcessGenerator; from tests.inference import load\n"
        "import threading\n"
        # opened in a thread that ends, as the web server does
        "made = []\n"
        "opener = threading.Thread(target=lambda: made.append(ProcessGenerator(load(Path(sys.argv[1])))))\n"
        "opener.start(); opener.join(); time.sleep(0.2)\n"
        "assert 'llama_cpp' not in sys.modules\n"
        "print(made[0].health().pid, flush=True); time.sleep(60)\n"
    )
    file = babbler(folder / "orphelin.gguf")
    with subprocess.Popen(
        [sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert lives(pid)
        if asleep:
            os.kill(pid, signal.SIGSTOP)
        parent.kill()
        parent.wait(10)
        until(lambda: not lives(pid), 3.0)
