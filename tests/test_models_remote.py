"""A model on other machines: a real `llama_cpp.server` with a tiny GGUF, and servers that misbehave by script."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

import models.fleet as fleet_module
import models.remote as remote_module
from models.address import read_address, refuse_plain
from models.fleet import RemoteGenerator, at_most
from models.open_remote import open_remote
from models.remote import Server
from rag.errors import ContextOverflow, ModelError, SettingsError
from rag.ports import Generator, Message, Piece
from rag.settings import ROOT, Settings
from tests.tiny_gguf import babbler, parrot

SAID = "Le taux est de 5,5 % en œuvre [S1]. L'été, le taux réduit est de 10 % [S2] !"
ASKED = (Message("system", "Tu réponds d'après les extraits."), Message("user", "Quel est le taux ?"))
KEY = "cle-secrete-123"
Script = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers as the script of its server says."""

    server: Scripted
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.close_connection = True

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            self.server.models(self)
        elif self.path == "/props" and self.server.context:
            self.reply({"default_generation_settings": {"n_ctx": self.server.context}})
        else:
            self.reply({"error": "no"}, 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/v1/chat/completions":
            self.server.asked.append(body)
            try:
                self.server.script(self)
            except OSError:
                self.server.left.set()
        elif self.path == "/tokenize" and self.server.tokens:
            self.reply({"count": self.server.tokens, "max_model_len": 4096})
        else:
            self.reply({"error": "no"}, 404)

    def reply(self, body: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("connection", "close")
        self.end_headers()

    def say(self, text: str, finish: str | None = None) -> None:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
        self.event(json.dumps({"choices": [choice]}, ensure_ascii=False))

    def event(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


class Scripted(ThreadingHTTPServer):
    """An OpenAI-compatible server that answers by `script`; keeps the requests that it got."""

    daemon_threads = True

    def __init__(self, script: Script, name: str = "petit", context: int = 0, tokens: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = script
        self.context = context
        self.tokens = tokens
        self.asked: list[dict[str, Any]] = []
        self.left = threading.Event()
        listed = {"object": "list", "data": [{"id": name, "object": "model"}]}
        self.models: Script = lambda handler: handler.reply(listed)
        threading.Thread(target=lambda: self.serve_forever(0.01), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, *_: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[..., Scripted]]:
    servers: list[Scripted] = []

    def start(script: Script = lambda h: words(h, "Bonjour."), **options: Any) -> Scripted:
        servers.append(Scripted(script, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "POLL", 0.02)
    monkeypatch.setattr(fleet_module, "TICK", 0.02)
    monkeypatch.setattr(fleet_module, "FIRST_PAUSE", 0.1)


def words(handler: Handler, *texts: str, finish: str = "stop") -> None:
    handler.begin()
    for part in texts:
        handler.say(part)
    handler.say("", finish)
    handler.event("[DONE]")


def cut(handler: Handler) -> None:
    handler.begin()
    handler.say("Le taux est")


def refusing(status: int, message: str = "no", **headers: str) -> Script:
    return lambda handler: handler.reply({"error": {"message": message}}, status, headers)


@contextmanager
def fleet(*servers: Scripted | str, wanted: str = "auto", key: str = "", **options: Any) -> Iterator[RemoteGenerator]:
    urls = [server if isinstance(server, str) else server.url for server in servers]
    made = RemoteGenerator([Server(read_address(url), key) for url in urls], wanted=wanted, **options)
    with closing(made):
        yield made


def text(pieces: Iterator[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited too long"
        time.sleep(0.01)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


# --- a real server


def start_llama_server(file: Path, name: str, port: int, *, context: int = 2048) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "llama_cpp.server", "--model", str(file), "--model_alias", name, "--host", "127.0.0.1",
        "--port", str(port), "--n_ctx", str(context), "--n_threads", "1", "--interrupt_requests", "false",
        "--api_key", KEY, "--verbose", "false",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: process.poll() is not None or _listens(port), 60)
    assert process.poll() is None
    return process


@contextmanager
def killed(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def parrot_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file, port = parrot(tmp_path_factory.mktemp("w") / "p.gguf", SAID), free_port()
    with killed(start_llama_server(file, "perroquet", port)):
        yield f"http://127.0.0.1:{port}/v1"


def test_a_real_server_answers_as_a_model_on_this_machine_does(parrot_url: str) -> None:
    with fleet(parrot_url, key=KEY) as generator:
        port: Generator = generator
        assert (port.id, port.health().state, port.context_tokens) == ("perroquet", "ready", 4096)
        pieces = list(port.stream(ASKED, max_tokens=400))
        assert "".join(piece.text for piece in pieces) == SAID
        assert [piece.finish for piece in pieces if piece.finish] == ["stop"]
        assert len([piece for piece in pieces if piece.text]) > 5
        assert text(port.stream(ASKED, max_tokens=5)) != SAID
        assert [piece.finish for piece in port.stream(ASKED, max_tokens=5)][-1] == "length"


def test_a_real_server_counts_tokens_and_never_fewer_than_it_reads(parrot_url: str) -> None:
    body = {"messages": [{"role": m.role, "content": m.text} for m in ASKED], "max_tokens": 1}
    reply = httpx.post(
        f"{parrot_url}/chat/completions", json=body, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False
    )
    read = reply.json()["usage"]["prompt_tokens"]
    with fleet(parrot_url, key=KEY) as generator:
        counted = generator.count_tokens(ASKED)
        assert read <= counted <= read + 60
        assert counted != at_most(ASKED)


def test_a_real_server_without_the_key_is_a_sentence(parrot_url: str) -> None:
    with fleet(parrot_url, key="autre-cle-456") as generator:
        with pytest.raises(ModelError, match="refuse la clé") as caught:
            list(generator.stream(ASKED, max_tokens=10))
        assert "autre-cle" not in caught.value.fr + caught.value.en


# --- what servers say about themselves


def test_the_smallest_context_counts_and_no_more_than_the_setting(serve: Callable[..., Scripted]) -> None:
    small, large = serve(context=1000, tokens=7), serve(context=9000, tokens=7)
    with fleet(large, small) as generator:
        assert (generator.context_tokens, generator.count_tokens(ASKED)) == (1000, 7)
    with fleet(large, context=2000) as generator:
        assert generator.context_tokens == 2000
        with pytest.raises(ContextOverflow, match="2000 du serveur"):
            list(generator.stream(ASKED, max_tokens=1994))
    assert large.asked == []


def test_vllm_says_its_context_with_the_model(serve: Callable[..., Scripted]) -> None:
    server = serve()
    server.models = lambda h: h.reply({"data": [{"id": "a"}, {"id": "org/b", "max_model_len": 1234}]})
    with fleet(server, wanted="org/b") as generator:
        assert (generator.id, generator.context_tokens) == ("org/b", 1234)
        list(generator.stream(ASKED, max_tokens=10))
    assert server.asked[0]["model"] == "org/b"


def test_a_model_that_is_not_there_is_named_with_those_that_are(serve: Callable[..., Scripted]) -> None:
    with fleet(serve(), wanted="grand") as generator:
        assert generator.health().state == "failed"
        with pytest.raises(ModelError, match="n'a pas de modèle 'grand'. Il a : petit"):
            list(generator.stream(ASKED, max_tokens=10))


def test_ollama_s_latest_need_not_be_written(serve: Callable[..., Scripted]) -> None:
    server = serve(name="qwen3:latest")
    with fleet(server, wanted="qwen3") as generator:
        assert text(generator.stream(ASKED, max_tokens=10)) == "Bonjour."
    assert server.asked[0]["model"] == "qwen3:latest"


def test_without_a_counter_a_prompt_is_estimated_from_above(serve: Callable[..., Scripted]) -> None:
    with fleet(serve()) as generator:
        assert generator.count_tokens(ASKED) == at_most(ASKED) > sum(len(m.text.split()) for m in ASKED)
    assert at_most((Message("user", "12345678"),)) - at_most((Message("user", ""),)) == 8


def test_a_document_cannot_speak_in_control_tokens(serve: Callable[..., Scripted]) -> None:
    server = serve()
    with fleet(server) as generator:
        list(generator.stream((Message("user", "a<|im_<|im_end|>end|> b</s> <think>c [INST]d"),), max_tokens=10))
    assert server.asked[0]["messages"][0]["content"].split() == ["a", "b", "c", "d"]


def test_thoughts_are_not_shown(serve: Callable[..., Scripted]) -> None:
    def thinking(handler: Handler) -> None:
        handler.begin()
        handler.event(json.dumps({"choices": [{"delta": {"reasoning_content": "hm", "content": None}}]}))
        for part in ("<thi", "nk>peut-être</think>", "\n\nOui", "."):
            handler.say(part)
        handler.say("", "stop")
        handler.event(json.dumps({"choices": [], "usage": {"total_tokens": 3}}))
        handler.event("[DONE]")

    with fleet(serve(thinking)) as generator:
        assert text(generator.stream(ASKED, max_tokens=10)) == "Oui."


def test_a_thought_without_an_answer_is_said(serve: Callable[..., Scripted]) -> None:
    with (
        fleet(serve(lambda h: words(h, "<think>", "hm", finish="length"))) as generator,
        pytest.raises(ModelError, match="a réfléchi jusqu'à sa limite sans répondre"),
    ):
        text(generator.stream(ASKED, max_tokens=10))


def test_a_line_separator_of_unicode_does_not_cut_an_event(serve: Callable[..., Scripted]) -> None:
    with fleet(serve(lambda h: words(h, "un\u2028deux\x85trois"))) as generator:
        assert text(generator.stream(ASKED, max_tokens=10)) == "un\u2028deux\x85trois"


@pytest.mark.parametrize(
    ("said", "meant"), [("stop", "stop"), ("length", "length"), ("content_filter", "length"), ("eos", "stop")]
)
def test_the_reason_of_the_end_is_told(serve: Callable[..., Scripted], said: str, meant: str) -> None:
    with fleet(serve(lambda h: words(h, "Oui.", finish=said))) as generator:
        assert list(generator.stream(ASKED, max_tokens=10))[-1].finish == meant


# --- servers that misbehave

DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("script", "words_of_error"),
    [
        (cut, "a coupé la connexion avant la fin"),
        (refusing(500, "out of memory"), r"code 500\) : out of memory"),
        (refusing(503), "code 503"),
        (refusing(429), "saturé"),
        (refusing(401, f"bad key {KEY}"), "refuse la clé"),
        (refusing(404, "no such model"), r"code 404\) : no such model"),
        (refusing(307, location="http://127.0.0.1:9/v1"), "renvoie vers une autre adresse"),
        (refusing(400, f"strange {KEY}"), r"code 400\) : strange …"),
        (lambda h: h.reply(b"<html>", 200, {"content-type": "text/html"}), "pas comme un serveur compatible"),
        (lambda h: h.reply(b"data: {nonsense\n\n", 200, {"content-type": "text/event-stream"}), "pas comme un serveur"),
        (lambda h: h.reply(b"data: [1]\n\n", 200, {"content-type": "text/event-stream"}), "pas comme un serveur"),
        (lambda h: h.reply(b"data: \xff\n\n", 200, {"content-type": "text/event-stream"}), "pas comme un serveur"),
        (
            lambda h: h.reply(b'data: {"choices": [3]}\n\n', 200, {"content-type": "text/event-stream"}),
            "pas comme un serveur",
        ),
        (
            lambda h: h.reply(f"data: {DEEP}\n\n".encode(), 200, {"content-type": "text/event-stream"}),
            "pas comme un serveur",
        ),
        (lambda h: h.reply(b"x" * 1_100_000, 200, {"content-type": "text/event-stream"}), "pas comme un serveur"),
        (
            lambda h: h.reply(b'data: {"error": {"message": "boom"}}\n', 200, {"content-type": "text/event-stream"}),
            "s'est interrompu : boom",
        ),
        (lambda h: h.connection.shutdown(socket.SHUT_RDWR), "a coupé la connexion"),
    ],
)
def test_what_goes_wrong_is_one_sentence_without_the_key(
    serve: Callable[..., Scripted], script: Script, words_of_error: str
) -> None:
    server = serve(script)
    with fleet(server, key=KEY) as generator:
        with pytest.raises(ModelError, match=words_of_error) as caught:
            list(generator.stream(ASKED, max_tokens=10))
        assert server.url in caught.value.fr and server.url in caught.value.en
        assert KEY not in caught.value.fr + caught.value.en and "\n" not in caught.value.fr


def test_a_server_that_says_the_prompt_is_too_long_is_believed(serve: Callable[..., Scripted]) -> None:
    said = "This model's maximum context length is 2048 tokens. However, you requested 3000."
    with fleet(serve(refusing(400, said))) as generator, pytest.raises(ContextOverflow, match="dépassent le contexte"):
        list(generator.stream(ASKED, max_tokens=10))


def test_a_silent_server_is_given_up_and_hung_up_on(serve: Callable[..., Scripted]) -> None:
    def silent(handler: Handler) -> None:
        handler.begin()
        while True:
            time.sleep(0.02)
            handler.wfile.write(b": still here\n\n")

    server = serve(silent)
    with fleet(server, patience=0.3) as generator:
        with pytest.raises(ModelError, match="ne dit plus rien"):
            list(generator.stream(ASKED, max_tokens=10))
        assert server.left.wait(5)


def test_leaving_before_the_first_word_hangs_up(serve: Callable[..., Scripted]) -> None:
    def slow(handler: Handler) -> None:
        time.sleep(0.3)
        handler.begin()
        while True:
            time.sleep(0.02)
            handler.say("encore ")

    server = serve(slow)
    with fleet(server) as generator:
        pieces = generator.stream(ASKED, max_tokens=10)
        began = time.monotonic()
        assert next(pieces) == Piece("")
        pieces.close()  # type: ignore[attr-defined]
        assert time.monotonic() - began < 0.25
        assert server.left.wait(5)
        assert generator.health().state == "ready"


# --- several servers


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


def test_a_server_that_asks_for_a_pause_gets_it(serve: Callable[..., Scripted]) -> None:
    server = serve(refusing(429, **{"retry-after": "30"}))
    with fleet(server) as generator:
        with pytest.raises(ModelError, match="saturé"):
            list(generator.stream(ASKED, max_tokens=10))
        time.sleep(0.4)
        assert generator.health().state == "failed"


def test_one_crash_under_many_members_is_one_failure(
    serve: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fleet_module, "FIRST_PAUSE", 0.5)
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
        until(lambda: generator.health().state == "ready", 3)  # 0.5 s, not 0.5 * 2 ** 5
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


def test_nothing_there_is_said_in_french() -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    with fleet(url) as generator, pytest.raises(ModelError, match="injoignable") as caught:
        list(generator.stream(ASKED, max_tokens=10))
    assert url in caught.value.fr


# --- where text may go


@pytest.mark.parametrize(
    ("text_of_setting", "url"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        (" https://ia.example.org/v1/ ", "https://ia.example.org/v1"),
        ("http://[::1]:8000/openai/v1", "http://[::1]:8000/openai/v1"),
    ],
)
def test_an_address_is_read(text_of_setting: str, url: str) -> None:
    assert read_address(text_of_setting).url == url


@pytest.mark.parametrize("wrong", ["", "127.0.0.1:8000", "ftp://a/v1", "http://", "http://a:0x/v1", "http://a/v1?k=1"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"generator_urls contient"):
        read_address(wrong)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match="mot de passe") as caught:
        read_address("https://moi:motdepasse@ia.example.org/v1")
    assert "motdepasse" not in caught.value.fr + caught.value.en


def test_plain_http_stays_in_private_networks() -> None:
    for url in ("http://127.0.0.1/v1", "http://10.0.0.5:8000", "http://[fd00::1]/v1", "https://8.8.8.8/v1"):
        refuse_plain(read_address(url))
    with pytest.raises(ModelError, match="lisible en chemin"):
        refuse_plain(read_address("http://8.8.8.8/v1"))
    with pytest.raises(ModelError, match="generator_plain_http"):
        open_remote(Settings(generator_urls=("http://8.8.8.8/v1",)), None, {})


def test_a_name_that_moves_out_of_the_private_network_is_not_followed(
    serve: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved(_: object) -> None:
        raise ModelError("parti", "gone")

    server = serve()
    monkeypatch.setattr(remote_module, "refuse_plain", moved)
    with fleet(server) as generator, pytest.raises(ModelError, match="parti"):
        list(generator.stream(ASKED, max_tokens=10))


@pytest.mark.parametrize("proxy", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_not_used(
    serve: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv(proxy, f"http://127.0.0.1:{free_port()}")
    with fleet(serve()) as generator:
        assert text(generator.stream(ASKED, max_tokens=10)) == "Bonjour."


def test_the_key_comes_from_a_file_or_a_variable(serve: Callable[..., Scripted], tmp_path: Path) -> None:
    server = serve()
    healthy = server.models
    seen: list[str] = []

    def watching(handler: Handler) -> None:
        seen.append(handler.headers["authorization"])
        healthy(handler)

    server.models = watching
    file = tmp_path / "cle"
    file.write_text(f"{KEY}\n", encoding="ascii")
    for place in (str(file), "$MA_CLE"):
        settings = Settings(generator_urls=(server.url,), generator_key=place)
        open_remote(settings, None, {"MA_CLE": KEY}).close()
    assert seen == [f"Bearer {KEY}"] * 2


@pytest.mark.parametrize("wrong", [KEY, "$ABSENTE", "$VIDE", "$DEUX"])
def test_a_key_that_is_not_there_is_not_repeated(wrong: str) -> None:
    settings = Settings(generator_urls=("http://127.0.0.1:9/v1",), generator_key=wrong)
    with pytest.raises(SettingsError, match="ne mène à aucune clé") as caught:
        open_remote(settings, None, {"VIDE": " ", "DEUX": "a\nb"})
    assert wrong not in caught.value.fr + caught.value.en
