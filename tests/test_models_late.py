"""A server's model opens in its own time and is tried again; nobody waits for it, and nothing spins."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import models.choose as choose
import models.late as late_module
from models.choose import open_late
from models.gguf_files import standing
from models.late import LateGenerator
from models.unusable import UnusableGenerator
from rag.errors import ModelError
from rag.ports import Generator, Health, Message
from rag.settings import Settings
from tests.fakes import ScriptedGenerator
from tests.inference import ASKED, text, until
from tests.tiny_gguf import babbler

BROKEN = ModelError("Le fichier est abîmé.", "The file is damaged.")


class Failing(ScriptedGenerator):
    """A model that can be made to fail for good, and to be closed."""

    state = "ready"
    closed = False

    def health(self) -> Health:
        return replace(super().health(), state=self.state)  # type: ignore[arg-type]

    def close(self) -> None:
        self.closed = True


class Opener:
    """Opens what comes next in its list: a generator, or an error to raise; the last one again and again."""

    def __init__(self, *results: Generator | Exception | None) -> None:
        self.results = list(results)
        self.calls = 0
        self.files = 0
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self) -> Generator | None:
        self.calls += 1
        assert self.gate.wait(30)
        result = self.results[min(self.calls, len(self.results)) - 1]
        if isinstance(result, Exception):
            raise result
        return result

    def late(self, wait: float = 30.0) -> closing[LateGenerator]:
        return closing(LateGenerator(self, lambda: self.files, wait=wait))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Let no time pass between two tries, and keep how long it would have been."""
    kept: list[float] = []
    original = LateGenerator._until_due

    def at_once(self: LateGenerator, files: object, pause: float) -> bool:
        kept.append(pause)
        return original(self, files, 0.0)

    monkeypatch.setattr(LateGenerator, "_until_due", at_once)
    yield kept


def test_a_model_that_is_there_at_once_is_as_if_nothing_stood_between() -> None:
    with Opener(ScriptedGenerator("Oui.")).late() as generator:
        assert (generator.id, generator.health().state) == ("scripted", "ready")
        assert generator.context_tokens == ScriptedGenerator("").context_tokens
        assert text(generator.stream(ASKED, max_tokens=10)) == "Oui."
        assert generator.count_tokens(ASKED) == ScriptedGenerator("").count_tokens(ASKED)


def test_nobody_waits_for_a_model_that_loads_long() -> None:
    opener = Opener(ScriptedGenerator("Oui."))
    opener.gate.clear()
    with opener.late(wait=0.0) as generator:
        health = generator.health()
        assert health.state == "starting" and "se charge encore" in str(health.problem)
        assert (generator.id, generator.context_tokens) == ("extracts", 0)
        for call in (lambda: generator.count_tokens(ASKED), lambda: generator.stream(ASKED, max_tokens=1)):
            with pytest.raises(ModelError, match="se charge encore"):
                call()
        opener.gate.set()
        until(lambda: generator.health().state == "ready")
        assert generator.id == "scripted"


@pytest.mark.parametrize("first", [BROKEN, UnusableGenerator(BROKEN)])
def test_a_model_that_could_not_be_had_is_tried_again(first: Generator | Exception, pauses: list[float]) -> None:
    opener = Opener(first, first, ScriptedGenerator("Oui."))
    with opener.late() as generator:
        until(lambda: generator.health().state == "ready")
        assert opener.calls == 3 and pauses == [30.0, 60.0]


def test_the_pauses_grow_to_ten_minutes_and_no_further(pauses: list[float]) -> None:
    opener = Opener(*[BROKEN] * 8, ScriptedGenerator("Oui."))
    with opener.late() as generator:
        until(lambda: generator.health().state == "ready")
    assert pauses == [30.0, 60.0, 120.0, 240.0, 480.0, 600.0, 600.0, 600.0]


def test_whatever_goes_wrong_is_said_and_tried_again(pauses: list[float], caplog: pytest.LogCaptureFixture) -> None:
    opener = Opener(ZeroDivisionError("surprise"), ScriptedGenerator("Oui."))
    with opener.late() as generator:
        until(lambda: generator.health().state == "ready")
    assert "the model did not open" in caplog.text and len(pauses) == 1


def test_other_files_are_tried_soon_once_they_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_module, "LOOK_SECONDS", 0.05)
    opener = Opener(BROKEN, ScriptedGenerator("Oui."))
    with opener.late() as generator:
        assert generator.health().problem == BROKEN
        opener.files = 1
        until(lambda: generator.health().state == "ready")  # long before the thirty seconds are over
        assert opener.calls == 2


def test_a_failed_model_with_other_files_is_opened_anew_and_a_working_one_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(late_module, "LOOK_SECONDS", 0.05)
    old, new = Failing("Ancien."), Failing("Nouveau.")
    opener = Opener(old, new)
    with opener.late() as generator:
        rest, looks = generator._rest, []

        def looked(seconds: float) -> bool:
            looks.append(seconds)
            return rest(seconds)

        monkeypatch.setattr(generator, "_rest", looked)
        opener.files = 1
        until(lambda: len(looks) > 4)
        assert opener.calls == 1
        old.state = "failed"
        until(lambda: opener.calls == 2 and generator.health().state == "ready")
        assert old.closed and not new.closed
        assert text(generator.stream(ASKED, max_tokens=10)) == "Nouveau."
    assert new.closed


def test_closing_while_it_opens_closes_what_comes() -> None:
    made = Failing("Oui.")
    opener = Opener(made)
    opener.gate.clear()
    with opener.late(wait=0.0) as generator:
        until(lambda: opener.calls == 1)
    opener.gate.set()
    until(lambda: made.closed)
    assert generator.health().state == "failed"
    generator._thread.join(30)
    assert not generator._thread.is_alive()


def test_the_first_file_of_an_empty_folder_is_taken_and_nothing_is_wrong_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_module, "LOOK_SECONDS", 0.05)
    settings = Settings(weights=tmp_path / "weights", store=tmp_path / "store", gpu_layers=0)
    with closing(_late(open_late(settings))) as generator:
        assert (generator.health().state, generator.health().problem, generator.id) == ("absent", None, "extracts")
        settings.weights.mkdir()
        file = babbler(settings.weights / "premier.gguf")
        until(lambda: generator.health().state == "ready")
        assert generator.id == "premier.gguf" and len(text(generator.stream(ASKED, max_tokens=5))) > 0
        file.unlink()
        pid = generator.health().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        until(lambda: "Il n'y a plus de modèle" in str(generator.health().problem))


def test_a_file_that_is_being_written_is_not_tried_however_long_that_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_module, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(late_module, "FIRST_PAUSE", 0.05)
    opener, looks = Opener(BROKEN, ScriptedGenerator("Oui.")), itertools.count(1)
    written: list[int] = []

    def growing() -> int:
        look = next(looks)
        if look < 20:
            written.append(opener.calls)
        return min(look, 20)

    with closing(LateGenerator(opener, growing, wait=30.0)) as generator:
        until(lambda: generator.health().state == "ready")
    assert set(written) == {0, 1} and opener.calls == 2  # long after the pause was over


def test_a_folder_that_cannot_be_read_does_not_end_the_tries(pauses: list[float]) -> None:
    opener = Opener(PermissionError(13, "Permission denied"), ScriptedGenerator("Oui."))

    def unreadable() -> int:
        raise PermissionError(13, "Permission denied")

    with closing(LateGenerator(opener, unreadable, wait=30.0)) as generator:
        until(lambda: generator.health().state == "ready")
        assert opener.calls == 2 and len(pauses) == 1


def test_a_server_with_a_bad_file_says_why_until_it_is_put_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_module, "LOOK_SECONDS", 0.05)
    settings = Settings(weights=tmp_path / "weights", store=tmp_path / "store", gpu_layers=0)
    settings.weights.mkdir()
    file = settings.weights / "modele.gguf"
    file.write_bytes(b"GGUF")
    assert open_late(settings, "extracts") is None
    with closing(_late(open_late(settings))) as generator:
        assert "n'a que 4 octets" in str(generator.health().problem)
        before = standing(settings.weights)
        babbler(file)
        assert standing(settings.weights) != before
        until(lambda: generator.health().state == "ready")
        assert generator.id == "modele.gguf"
        assert len(text(generator.stream([Message("user", "?")], max_tokens=5))) > 0


def test_a_named_model_that_is_copied_later_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_module, "LOOK_SECONDS", 0.05)
    settings = Settings(weights=tmp_path, store=tmp_path / "store", generator="maison.gguf", gpu_layers=0)
    monkeypatch.setattr(choose, "_open", lambda candidate, *_: ScriptedGenerator(candidate.name))
    with closing(_late(open_late(settings))) as generator:
        assert "Aucun modèle de langage 'maison.gguf'" in str(generator.health().problem)
        babbler(tmp_path / "maison.gguf")
        until(lambda: generator.health().state == "ready")


def _late(generator: Generator | None) -> LateGenerator:
    assert isinstance(generator, LateGenerator)
    return generator
