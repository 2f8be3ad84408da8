"""Many members and one model: whole answers, one at a time; nothing written twice; extracts when the model fails."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as PythonGenerator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

import pytest

from models.process import ProcessGenerator
from models.unusable import UnusableGenerator
from models.wire import Load
from rag.assistant import Assistant
from rag.errors import ModelError, TooManyQuestions
from rag.ports import Generator, Health, Message, Piece
from rag.settings import Settings
from rag.store import LiveStore
from rag.types import Answer, Event, Finished, Queued, Reading, Retrieved, Turn
from tests.fakes import ScriptedGenerator, WordEmbedder, make_store
from tests.tiny_gguf import parrot

NAMES = [f"article{number}" for number in range(30)]
PAGES = [f"Le {name} est de {number} euros." for number, name in enumerate(NAMES)]
NOWHERE = "xylophone baroque polyphonique"


class Echo(ScriptedGenerator):
    """Says the first labelled sentence of the prompt, word by word; notices when two ask at once."""

    def __init__(self) -> None:
        super().__init__("")
        self.inside = self.most = 0
        self.gate = threading.Event()
        self.gate.set()

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[Piece]:
        self.prompts.append(tuple(messages))
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            while not self.gate.wait(0.01):
                yield Piece("")
            question = messages[1].text.rpartition("Question : ")[2]
            wanted = question.split(" ")[-2]
            (line,) = [line for line in messages[1].text.splitlines() if f" {wanted} " in f"{line} " and "[S" in line]
            label, _, sentence = line.partition(" ")
            for word in f"{sentence} {label}".split(" "):
                time.sleep(0.0005)
                yield Piece(f"{word} ")
            yield Piece("", "stop")
        finally:
            self.inside -= 1
            self.closed += 1


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    make_store(folder, {"tarifs.pdf": PAGES})
    return folder


def assistant_of(store: Path, generator: Generator, settings: Settings | None = None) -> Assistant:
    return Assistant(LiveStore(store, "words"), WordEmbedder(), settings or Settings(), generator)


def question_about(name: str) -> str:
    return f"Combien coûte le {name} ?"


def all_at_once(assistant: Assistant, names: Sequence[str]) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}

    def ask(name: str) -> None:
        answers[name] = assistant.answer(question_about(name), member=name)

    threads = [threading.Thread(target=ask, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_thirty_members_at_once_get_their_own_whole_answers(store: Path) -> None:
    generator = Echo()
    answers = all_at_once(assistant_of(store, generator), NAMES)
    assert {name: answers[name].text for name in NAMES} == {
        name: f"{page} [1]" for name, page in zip(NAMES, PAGES, strict=True)
    }
    assert generator.most == 1 and generator.closed == 30


def test_ten_members_at_once_with_a_real_model_get_whole_answers(store: Path, tmp_path: Path) -> None:
    said = "Le tarif est connu [S1]. Il est de quelques euros [S1]."
    file = parrot(tmp_path / "perroquet.gguf", said)
    load = Load(str(file), "perroquet", 4096, 1, 0, (0.1, 0.9, 40, 0.05, 1.0), "Réponds.", "")
    with closing(ProcessGenerator(load)) as generator:
        answers = all_at_once(assistant_of(store, generator), NAMES[:10])
    # what the verifier makes of each sentence is its own affair: here all must be there
    written = [[claim.text for claim in answers[name].claims] for name in NAMES[:10]]
    assert written == [["Le tarif est connu.", "Il est de quelques euros."]] * 10


@pytest.mark.parametrize("kills", [2, pytest.param(30, marks=pytest.mark.slow)])
def test_a_model_killed_under_load_costs_no_more_questions_than_kills(store: Path, tmp_path: Path, kills: int) -> None:
    said = "Le tarif est connu [S1]."
    load = Load(
        str(parrot(tmp_path / "p.gguf", said)), "p", 4096, 1, 0, (0.1, 0.9, 40, 0.05, 1.0), "Réponds.", ""
    )  # fmt: skip
    answered, failed, over = list[str](), list[str](), threading.Event()

    def member(name: str) -> None:
        while not over.is_set():
            try:
                answered.append(assistant.answer(question_about(name), member=name).text)
            except ModelError as error:
                failed.append(str(error))

    with closing(ProcessGenerator(load)) as generator:
        assistant = assistant_of(store, generator, Settings(cached_answers=0))
        threads = [threading.Thread(target=member, args=(name,)) for name in NAMES[:10]]
        for thread in threads:
            thread.start()
        files = _open_files()
        for _ in range(kills):
            before = len(answered)
            _until(lambda before=before: len(answered) > before + 10)  # type: ignore[misc]
            pid = generator.health().pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            _until(lambda pid=pid: generator.health().pid not in (pid, None))  # type: ignore[misc]
        before = len(answered)
        _until(lambda: len(answered) > before + 10)
        assert _open_files() <= files + 10  # the store's own, one a thread
        over.set()
        for thread in threads:
            thread.join(30)
    assert set(answered) == {"Le tarif est connu. [1]"}
    assert len(failed) <= kills and all("arrêt forcé" in error for error in failed)


def test_who_waits_hears_where_they_stand_and_refusals_do_not_wait(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.queue.SHORTEST_SECONDS", 0.0)  # the fake answers faster than any model
    generator = Echo()
    assistant = assistant_of(store, generator)
    assistant.answer(question_about(NAMES[5]), member="c")
    generator.gate.clear()
    with closing(_events(assistant, NAMES[0], "a")) as first, closing(_events(assistant, NAMES[1], "b")) as second:
        assert isinstance(next(first), Retrieved) and isinstance(next(first), Reading)
        assert isinstance(next(second), Retrieved)
        news = next(second)
        assert isinstance(news, Queued) and news.position == 1 and news.seconds is not None
        assert assistant.waiting == 1
        assert assistant.answer(NOWHERE, member="c").refusal == "no_evidence"
        first.close()
        generator.gate.set()
        *_, last = second
        assert isinstance(last, Finished) and last.answer.text == f"{PAGES[1]} [1]"
    assert generator.most == 1


def test_a_member_s_third_question_is_refused_and_the_two_others_stay(store: Path) -> None:
    generator = Echo()
    assistant = assistant_of(store, generator)
    generator.gate.clear()
    with closing(_events(assistant, NAMES[0], "a")) as first, closing(_events(assistant, NAMES[1], "a")) as second:
        assert isinstance([next(first), next(first)][-1], Reading)
        assert isinstance([next(second), next(second)][-1], Queued)
        with pytest.raises(TooManyQuestions):
            assistant.answer(question_about(NAMES[2]), member="a")
        generator.gate.set()
        for events, page in ((first, PAGES[0]), (second, PAGES[1])):
            *_, last = events
            assert isinstance(last, Finished) and last.answer.text == f"{page} [1]"


def test_leaving_while_waiting_leaves_the_line(store: Path) -> None:
    generator = Echo()
    assistant = assistant_of(store, generator)
    generator.gate.clear()
    with closing(_events(assistant, NAMES[0], "a")) as first:
        assert isinstance([next(first), next(first)][-1], Reading)
        with closing(_events(assistant, NAMES[1], "b")) as second:
            assert isinstance([next(second), next(second)][-1], Queued)
        assert assistant.waiting == 0
    assert len(generator.prompts) == 1


def test_the_same_question_is_written_once_and_the_second_answer_says_so(store: Path) -> None:
    generator = Echo()
    assistant = assistant_of(store, generator)
    first = assistant.answer(question_about(NAMES[3]), member="a")
    events = list(assistant.ask(question_about(NAMES[3]), member="b"))
    assert [type(event) for event in events] == [Retrieved, Finished]
    again = cast(Finished, events[-1]).answer
    assert again == replace(first, cached=True, timings=again.timings) and not first.cached
    assert len(generator.prompts) == 1


def test_the_same_question_of_many_at_once_is_written_once(store: Path) -> None:
    generator = Echo()
    assistant = assistant_of(store, generator)
    answers: list[Answer] = []

    def ask(member: str) -> None:
        answers.append(assistant.answer(question_about(NAMES[4]), member=member))

    threads = [threading.Thread(target=ask, args=(member,)) for member in NAMES[:8]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [answer.text for answer in answers] == [f"{PAGES[4]} [1]"] * 8
    assert len(generator.prompts) == 1


@pytest.mark.parametrize("what", ["history", "groups", "language", "off"])
def test_what_is_not_the_same_question_is_written_again(store: Path, what: str) -> None:
    generator = Echo()
    assistant = assistant_of(store, generator, Settings(cached_answers=0) if what == "off" else None)
    question = question_about(NAMES[6])
    history = (Turn("user", "Bonjour"), Turn("assistant", "Oui.")) if what == "history" else ()
    assistant.answer(question)
    answer = assistant.answer(
        question,
        history=history,
        groups=frozenset({"bureau"}) if what == "groups" else None,
        language="en" if what == "language" else "fr",
    )
    assert not answer.cached and len(generator.prompts) == 2


def test_a_model_that_failed_for_good_leaves_extracts_and_says_why(store: Path) -> None:
    problem = ModelError("Le fichier est abîmé.", "The file is damaged.")
    assistant = assistant_of(store, UnusableGenerator(problem))
    health = assistant.health()
    assert health is not None and health.problem is problem
    assert assistant.model == "extracts"
    answer = assistant.answer(question_about(NAMES[7]))
    assert (answer.status, answer.model) == ("answered", "extracts")
    assert answer.claims[0].text == PAGES[7]


class Loading(Echo):
    """A model that was never ready, and may take minutes."""

    state: Literal["starting", "ready"] = "starting"

    def health(self) -> Health:
        return Health(self.state, 0.0)


def test_nobody_waits_for_a_model_that_was_never_ready(store: Path) -> None:
    generator = Loading()
    assistant = assistant_of(store, generator)
    answer = assistant.answer(question_about(NAMES[7]))
    assert (answer.status, answer.model, assistant.model) == ("answered", "extracts", "extracts")
    generator.state = "ready"
    written = assistant.answer(question_about(NAMES[7]))
    assert written.model == assistant.model == generator.id and not written.cached


class Restarting(Echo):
    """A process that is being started again: whoever counts tokens waits for it."""

    state: Literal["restarting", "ready"] = "restarting"

    def health(self) -> Health:
        return Health(self.state, 0.0)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        assert self.state == "ready", "would block"
        return super().count_tokens(messages)


def test_who_waits_for_a_model_that_restarts_may_leave_and_the_next_gets_it(store: Path) -> None:
    generator = Restarting()
    assistant = assistant_of(store, generator)
    left, stayed = _events(assistant, NAMES[3], "a"), _events(assistant, NAMES[4], "b")
    while not isinstance(next(left), Reading):
        pass
    left.close()
    while not isinstance(next(stayed), Reading):
        pass
    generator.state = "ready"
    *_, last = stayed
    assert isinstance(last, Finished) and PAGES[4].rstrip(".") in last.answer.text


def _events(assistant: Assistant, name: str, member: str) -> PythonGenerator[Event, None, None]:
    return cast(PythonGenerator[Event, None, None], assistant.ask(question_about(name), member=member))


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)
