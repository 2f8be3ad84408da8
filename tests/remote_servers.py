"""Servers that speak as OpenAI's: one that answers by a script of the test, and a real `llama_cpp.server`."""

from __future__ import annotations

import json
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

import pytest

import models.fleet as fleet_module
from models.address import read_address
from models.fleet import RemoteGenerator
from models.remote import Server
from rag.ports import Message, Piece
from rag.settings import ROOT

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


@contextmanager
def serving() -> Iterator[Callable[..., Scripted]]:
    """Give what starts servers; all end with the block."""
    servers: list[Scripted] = []

    def start(script: Script = lambda h: words(h, "Bonjour."), **options: Any) -> Scripted:
        servers.append(Scripted(script, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a fleet look at its servers more often than members would bear."""
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


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited too long"
        time.sleep(0.01)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


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
