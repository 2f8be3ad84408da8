"""The model in a process of its own: what it says arrives, what happens to it stays there. Real processes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

import models.process as process_module
from models.generator import LlamaGenerator
from models.process import ProcessGenerator
from models.supervisor import Call, Reply
from models.wire import Began, Ended, Wire, Write, Wrote
from models.worker import Worker
from rag.errors import ContextOverflow, ModelError
from rag.ports import Generator, Message, Piece
from tests.inference import ASKED, LONG, SAID, lives, load, pid_of, text, until
from tests.tiny_gguf import babbler, parrot


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


def test_leaving_frees_the_model_at_once_and_keeps_its_process(
    talker: ProcessGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = pid_of(talker)
    late: list[object] = []
    hear = talker._next

    def listen(call: Call, seconds: float) -> Reply | None:
        late.append(hear(call, seconds))
        return late[-1]  # type: ignore[return-value]

    with closing(cast(Any, talker.stream(LONG, max_tokens=30_000))) as stream:
        while not next(stream).text:
            pass
        monkeypatch.setattr(talker, "_next", listen)
    # what was on its way, and what came while the order to stop was on its: not a tenth of the answer, some seconds
    assert isinstance(late[-1], Ended) and len(late) < 3_000
    assert len(text(talker.stream(LONG, max_tokens=20))) > 0
    assert pid_of(talker) == pid  # one that goes on for STOP_SECONDS would have been replaced


@pytest.mark.parametrize("read", [0, 7])
def test_after_the_order_to_stop_nothing_more_is_written(folder: Path, read: int) -> None:
    """The order comes while the prompt is read, or at the seventh token; what matters is what happens after it."""
    heard: list[object] = []

    class Told:
        def send(self, message: object) -> None:
            heard.append(message)
            if sum(isinstance(one, Wrote) for one in heard) == read:
                worker._stop(1)  # as the thread that listens does, at this very moment

    worker = Worker(cast(Wire, Told()))
    worker._model = model = LlamaGenerator(babbler(folder / "arrêt.gguf"), name="ici", context=2048, threads=1)
    worker._answer(model, Write(1, tuple((message.role, message.text) for message in LONG), 1000))
    assert heard == [Began(1, 1), *[one for one in heard if isinstance(one, Wrote)], Ended(1)]
    assert len(heard) == read + 2
    worker._answer(model, Write(2, (("user", "Parle."),), 5))
    assert heard[-1] == Ended(2) and cast(Wrote, heard[-2]).finish == "length"


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
