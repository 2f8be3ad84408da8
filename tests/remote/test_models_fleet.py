"""Several servers for one model: fail-over, pauses, members spread; by script, and real ones that are killed."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import models.fleet as fleet_module
from rag.errors import ModelError
from rag.ports import Piece
from tests.remote_servers import (
    ASKED,
    KEY,
    SAID,
    Handler,
    Scripted,
    cut,
    fleet,
    free_port,
    killed,
    refusing,
    start_llama_server,
    text,
    until,
    words,
)
from tests.tiny_gguf import babbler


@dataclass
class Clock:
    """The fleet's clock, which stands still."""

    now: float = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(fleet_module, "monotonic", lambda: made.now)
    return made


def test_a_server_that_fails_before_its_first_word_is_replaced_unnoticed(serve: Callable[..., Scripted]) -> None:
    bad, good = serve(refusing(500)), serve()
    with fleet(bad, good) as generator:
        assert text(generator.stream(ASKED, max_tokens=10)) == "Bonjour."
        assert (len(bad.asked), len(good.asked)) == (1, 1)
        assert generator.health().state == "ready"


def test_a_server_that_dies_in_mid_answer_is_said_and_the_next_question_goes_elsewhere(
    serve: Callable[..., Scripted],
) -> None:
    dying, good = serve(cut), serve()
    with fleet(dying, good) as generator:
        said = ""
        with pytest.raises(ModelError, match="a coupé la connexion"):
            for piece in generator.stream(ASKED, max_tokens=10):
                said += piece.text
        assert said == "Le taux est"
        dying.models = refusing(500)
        assert text(generator.stream(ASKED, max_tokens=10)) == "Bonjour."
        assert len(dying.asked) == 1


def test_a_real_server_killed_under_a_question_is_replaced_by_the_other(tmp_path: Path, parrot_url: str) -> None:
    # llama_cpp.server sends nothing of an answer of the tiny model before its end, so it dies before the first word
    file, port = babbler(tmp_path / "b.gguf", context=32768), free_port()
    server = start_llama_server(file, "bavard", port, context=32768)
    with killed(server), fleet(f"http://127.0.0.1:{port}/v1", parrot_url, key=KEY, context=32768) as generator:
        answer = generator.stream(ASKED, max_tokens=30_000)
        assert next(answer) == Piece("")
        server.kill()
        assert text(answer) == SAID
        assert generator.health().state == "ready"


def test_a_server_that_comes_back_is_used_again(
    serve: Callable[..., Scripted], caplog: pytest.LogCaptureFixture
) -> None:
    server = serve()
    healthy, server.models = server.models, refusing(503)
    with caplog.at_level(logging.DEBUG), fleet(server, key=KEY) as generator:
        health = generator.health()
        assert health.state == "failed" and health.problem is not None and "code 503" in health.problem.fr
        server.models = healthy
        until(lambda: generator.health().state == "ready")
        assert generator.health().since > health.since
        assert text(generator.stream(ASKED, max_tokens=10)) == "Bonjour."
    assert "de nouveau disponible" in caplog.text
    assert KEY not in caplog.text


def test_a_server_that_asks_for_a_pause_gets_it(serve: Callable[..., Scripted], clock: Clock) -> None:
    server = serve(refusing(429, **{"retry-after": "30"}))
    with fleet(server) as generator:
        with pytest.raises(ModelError, match="saturé"):
            list(generator.stream(ASKED, max_tokens=10))
        assert generator._posts[0].due == clock.now + 30.0
        clock.now += 31.0
        server.script = lambda handler: words(handler, "Bonjour.")
        until(lambda: generator.health().state == "ready")


def test_one_crash_under_many_members_is_one_failure(
    serve: Callable[..., Scripted], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    gate = threading.Event()

    def crashing(handler: Handler) -> None:
        assert gate.wait(10)
        handler.connection.shutdown(socket.SHUT_RDWR)

    server = serve(crashing)
    problems: list[str] = []

    def ask() -> None:
        with pytest.raises(ModelError) as caught:
            list(generator.stream(ASKED, max_tokens=10))
        problems.append(caught.value.fr)

    with fleet(server) as generator:
        members = [threading.Thread(target=ask) for _ in range(6)]
        for member in members:
            member.start()
        until(lambda: len(server.asked) == 6)
        gate.set()
        for member in members:
            member.join()
        assert generator._posts[0].due == clock.now + fleet_module.FIRST_PAUSE  # not 2 ** 5 times that
        clock.now += fleet_module.FIRST_PAUSE
        until(lambda: generator.health().state == "ready")
    assert len(problems) == 6 and all("a coupé la connexion" in problem for problem in problems)
    assert len([record for record in caplog.records if "a coupé" in record.message]) == 1


def test_members_are_spread_over_the_servers(serve: Callable[..., Scripted]) -> None:
    gate = threading.Event()

    def waiting(handler: Handler) -> None:
        assert gate.wait(10)
        words(handler, "Bonjour.")

    one, two = serve(waiting), serve(waiting)
    answers: list[str] = []
    with fleet(one, two) as generator:
        members = [
            threading.Thread(target=lambda: answers.append(text(generator.stream(ASKED, max_tokens=10))))
            for _ in range(4)
        ]
        for member in members:
            member.start()
        until(lambda: len(one.asked) + len(two.asked) == 4)
        assert (len(one.asked), len(two.asked), generator.health().state) == (2, 2, "busy")
        gate.set()
        for member in members:
            member.join()
    assert answers == ["Bonjour."] * 4
