"""The model in a process of its own: what it says arrives, what happens to it stays there. Real processes."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, cast

import pytest

import models.process as process_module
import models.supervisor as supervisor_module
from models.generator import LlamaGenerator
from models.process import ProcessGenerator
from models.wire import Load
from rag.errors import ContextOverflow, ModelError
from rag.ports import Generator, Message, Piece
from rag.settings import ROOT
from tests.tiny_gguf import babbler, parrot

SAID = "Le taux est de 5,5 % en œuvre [S1]. L'été, le taux réduit est de 10 % [S2] !"
ASKED = (Message("system", "Tu réponds d'après les extraits."), Message("user", "Quel est le taux ?"))
LONG = (Message("user", "Parle longtemps."),)


def load(file: Path, state: str = "", context: int = 4096) -> Load:
    return Load(str(file), file.name, context, 1, 0, (0.1, 0.9, 40, 0.05, 1.0), ASKED[0].text, state)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="module")
def speaker(folder: Path) -> Iterator[ProcessGenerator]:
    with closing(ProcessGenerator(load(parrot(folder / "perroquet.gguf", SAID)))) as generator:
        yield generator


@pytest.fixture(scope="module")
def talker(folder: Path) -> Iterator[ProcessGenerator]:
    """Talks for some seconds: 30,000 tokens of a model that never ends by itself."""
    file = babbler(folder / "bavard.gguf", context=32768)
    with closing(ProcessGenerator(load(file, context=32768), patience=5.0)) as generator:
        yield generator


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


def talk(generator: ProcessGenerator, then: Callable[[int], object]) -> None:
    """Let the model talk and do `then` to its process after a few words; raises what the stream raises."""
    pid, said, done = pid_of(generator), "", False
    for piece in generator.stream(LONG, max_tokens=30_000):
        said += piece.text
        if len(said) > 20 and not done:
            then(pid)
            done = True  # once: words that were on their way still come, when the process is long gone


def test_it_is_a_generator_of_the_port_and_says_what_the_model_says(speaker: ProcessGenerator) -> None:
    port: Generator = speaker
    pieces = list(port.stream(ASKED, max_tokens=100))
    assert text(iter(pieces)) == SAID
    assert len([piece for piece in pieces if piece.text]) > 3
    assert [piece.finish for piece in pieces if piece.finish] == ["stop"]
    assert (port.id, port.context_tokens) == ("perroquet.gguf", 4096)


def test_it_counts_and_writes_what_the_model_would_in_this_process(folder: Path, talker: ProcessGenerator) -> None:
    here = LlamaGenerator(folder / "bavard.gguf", name="ici", context=32768, threads=1)
    here.read_instructions(ASKED[0].text, None)
    assert talker.count_tokens(ASKED) == here.count_tokens(ASKED)
    assert text(talker.stream(ASKED, max_tokens=50)) == text(here.stream(ASKED, max_tokens=50))


def test_a_process_that_guesses_writes_the_same_also_after_it_was_left(folder: Path, tmp_path: Path) -> None:
    here = LlamaGenerator(babbler(folder / "devin.gguf"), name="ici", context=2048, threads=1)
    asked = (ASKED[0], Message("user", "le taux est de dix, le taux est de cent, le taux est de mille. " * 4))
    expected = [text(here.stream(messages, max_tokens=80)) for messages in (asked, ASKED)]
    order = replace(load(folder / "devin.gguf", str(tmp_path / "consignes"), 2048), ahead=3)
    for _ in range(2):  # the second process recalls the instructions from the file
        with closing(ProcessGenerator(order)) as guessing:
            with closing(cast(Any, guessing.stream(asked, max_tokens=1000))) as left:
                while not next(left).text:
                    pass
            assert [text(guessing.stream(messages, max_tokens=80)) for messages in (asked, ASKED)] == expected
            assert text(guessing.stream(asked, max_tokens=80)) == expected[0]
    assert len(list(tmp_path.glob("*.state"))) == 1


def test_what_is_wrong_with_a_question_comes_back_as_its_own_error(speaker: ProcessGenerator, folder: Path) -> None:
    with pytest.raises(ContextOverflow, match="dépasse les 4096"):
        list(speaker.stream([Message("user", "mot " * 3000)], max_tokens=100))
    file = parrot(folder / "refus.gguf", "Oui non.", template="{{ raise_exception('pas de rôle system') }}")
    with pytest.raises(ModelError, match="pas de rôle system"):
        ProcessGenerator(load(file))
    assert text(speaker.stream(ASKED, max_tokens=100)) == SAID


def test_its_health_says_busy_and_ready(speaker: ProcessGenerator) -> None:
    assert speaker.health().state == "ready" and (speaker.health().rss or 0) > 10_000_000
    with closing(cast(Any, speaker.stream(ASKED, max_tokens=100))) as stream:
        next(stream)
        assert speaker.health().state == "busy"
    assert speaker.health().state == "ready"


@pytest.mark.parametrize("damage", [lambda whole: whole[:-1000], lambda whole: whole[:37], lambda _: os.urandom(5000)])
def test_a_bad_file_is_one_sentence_and_leaves_no_process(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    file = folder / "mauvais.gguf"
    file.write_bytes(damage(parrot(folder / "entier.gguf", "Oui non.").read_bytes()))
    threads = threading.active_count()
    with pytest.raises(ModelError, match=r"mauvais\.gguf.*ne peut pas servir de modèle"):
        ProcessGenerator(load(file))
    assert threading.active_count() == threads


def test_a_killed_model_is_said_in_french_and_the_next_question_is_answered(talker: ProcessGenerator) -> None:
    restarts = talker.health().restarts
    with pytest.raises(ModelError, match=r"s'est interrompu : arrêt forcé \(signal 9\).*reposez la question"):
        talk(talker, lambda pid: os.kill(pid, signal.SIGKILL))
    assert len(text(talker.stream(LONG, max_tokens=20))) > 0
    assert talker.health().restarts == restarts + 1


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_model_that_crashes_between_questions_costs_none(talker: ProcessGenerator, number: int) -> None:
    os.kill(pid_of(talker), number)
    until(lambda: talker.health().state == "restarting")
    assert len(text(talker.stream(LONG, max_tokens=20))) > 0


def test_a_model_that_hangs_is_replaced_after_its_time(talker: ProcessGenerator) -> None:
    pid = pid_of(talker)
    with pytest.raises(ModelError, match="rien depuis 5 s"):
        talk(talker, lambda pid: os.kill(pid, signal.SIGSTOP))
    until(lambda: not lives(pid))
    assert len(text(talker.stream(LONG, max_tokens=20))) > 0


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


def test_leaving_frees_the_model_at_once_and_keeps_its_process(talker: ProcessGenerator) -> None:
    pid = pid_of(talker)
    with closing(cast(Any, talker.stream(LONG, max_tokens=30_000))) as stream:
        while not next(stream).text:
            pass
    assert len(text(talker.stream(LONG, max_tokens=20))) > 0
    assert pid_of(talker) == pid  # one that goes on for STOP_SECONDS would have been replaced


def test_a_model_that_does_not_stop_when_told_is_replaced(
    talker: ProcessGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "STOP_SECONDS", 0.3)
    pid = pid_of(talker)
    with closing(cast(Any, talker.stream(LONG, max_tokens=30_000))) as stream:
        while not next(stream).text:
            pass
        os.kill(pid, signal.SIGSTOP)
    until(lambda: not lives(pid))
    assert len(text(talker.stream(LONG, max_tokens=20))) > 0


def test_two_threads_at_once_wait_for_each_other_and_may_leave_meanwhile(talker: ProcessGenerator) -> None:
    with closing(cast(Any, talker.stream(LONG, max_tokens=30_000))) as first:
        next(first)
        with closing(cast(Any, talker.stream(ASKED, max_tokens=10))) as second:
            assert next(second) == Piece("")
        assert talker.count_tokens(ASKED) > 0
    assert len(text(talker.stream(ASKED, max_tokens=10))) > 0


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
        "import sys, time; from pathlib import Path; from tests.test_models_process import ProcessGenerator, load\n"
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


def test_ten_at_once_get_whole_answers(speaker: ProcessGenerator) -> None:
    answers: list[str] = []

    def ask() -> None:
        for _ in range(3):
            speaker.count_tokens(ASKED)
            answers.append(text(speaker.stream(ASKED, max_tokens=100)))

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == [SAID] * 30
