"""The real hub client against a hub of one repository on this machine."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from models.integrity import read_record
from tests.tiny_gguf import babbler

COMMIT = "c0ffee" + "0" * 34
REPOSITORY, FILE = "Qwen/Qwen3-4B-GGUF", "Qwen3-4B-Q4_K_M.gguf"


SENT_FIRST = 15_000_000  # bytes; the client writes in blocks of 10 MB


@dataclass
class Line:
    """What happens between the hub and here: it hangs after SENT_FIRST bytes while `hangs` is set."""

    hangs: bool = False
    sent: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    wrong: bool = False


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return babbler(tmp_path / "source.gguf").read_bytes() + bytes(20_000_000)


@pytest.fixture
def endpoint(content: bytes, line: Line) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            if self.path.startswith(f"/api/models/{REPOSITORY}/tree/{COMMIT}"):
                self.answer(
                    json.dumps([{"type": "file", "path": FILE, "size": len(content), "oid": "b" * 40}]).encode()
                )
            elif self.path.startswith(f"/api/models/{REPOSITORY}"):
                siblings = [{"rfilename": FILE}, {"rfilename": "README.md"}]
                self.answer(json.dumps({"id": REPOSITORY, "sha": COMMIT, "siblings": siblings}).encode())
            elif self.path == f"/{REPOSITORY}/resolve/{COMMIT}/{FILE}":
                self.send_file()
            else:
                self.answer(b"{}", status=404)

        def send_file(self) -> None:
            asked = self.headers.get("Range", "")
            start = int(asked.removeprefix("bytes=").rstrip("-") or 0)
            if self.command == "GET":
                line.asked.append(asked)
            if line.hangs and self.command == "GET":
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[:SENT_FIRST])
                line.sent.set()
                line.over.wait(30)
                self.close_connection = True
                return
            body = content[start:] if not line.wrong else bytes(len(content) - start)
            tag = f'"{hashlib.sha256(content).hexdigest()}"'
            self.answer(body, status=206 if start else 200, ETag=tag, X_Repo_Commit=COMMIT)

        def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


COMMAND = [sys.executable, "-m", "models", "fetch", "qwen3-4b", "--accept-licence"]


def environment(endpoint: str, weights: Path) -> dict[str, str]:
    found = {**os.environ, "HF_ENDPOINT": endpoint, "GREFFIER_WEIGHTS": str(weights), "HF_HUB_OFFLINE": "0"}
    for proxy in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        found.pop(proxy, None)
    return found


def fetch(name: str, endpoint: str, weights: Path) -> subprocess.CompletedProcess[str]:
    # a process of its own: the hub client reads its address when it is imported
    command = [name if word == "qwen3-4b" else word for word in COMMAND]
    return subprocess.run(
        command, env=environment(endpoint, weights), capture_output=True, text=True, timeout=60, check=False
    )


def test_a_model_is_fetched_whole_recorded_and_pinned(endpoint: str, content: bytes, tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    done = fetch("qwen3-4b", endpoint, weights)
    assert done.returncode == 0, done.stderr
    assert (weights / FILE).read_bytes() == content
    assert read_record(weights) == {FILE: hashlib.sha256(content).hexdigest(), ".revisions/qwen3-4b": COMMIT}
    assert "Apache-2.0" in done.stderr and "Installé" in done.stderr


def test_an_interrupted_download_goes_on_where_it_broke_off(
    endpoint: str, content: bytes, line: Line, tmp_path: Path
) -> None:
    weights = tmp_path / "weights"
    line.hangs = True
    process = subprocess.Popen(COMMAND, env=environment(endpoint, weights), stderr=subprocess.DEVNULL)
    waiting = weights / ".downloads" / "qwen3-4b"
    assert line.sent.wait(60)
    for _ in range(200):
        if any(part.stat().st_size for part in waiting.glob("*.part")):
            break
        time.sleep(0.05)
    process.kill()
    process.wait()
    line.over.set()
    (part,) = waiting.glob("*.part")
    there = part.stat().st_size
    assert 0 < there < len(content)
    line.hangs = False
    done = fetch("qwen3-4b", endpoint, weights)
    assert done.returncode == 0, done.stderr
    assert line.asked == ["", f"bytes={there}-"]
    assert (weights / FILE).read_bytes() == content


def test_a_file_that_arrives_damaged_is_not_kept(endpoint: str, line: Line, tmp_path: Path) -> None:
    line.wrong = True
    done = fetch("qwen3-4b", endpoint, tmp_path / "weights")
    assert done.returncode == 1
    assert "est arrivé abîmé" in done.stderr.splitlines()[-1]
    assert not list((tmp_path / "weights" / ".downloads" / "qwen3-4b").glob("*.part"))


def test_what_the_hub_refuses_is_one_line_that_says_what_to_do(endpoint: str, tmp_path: Path) -> None:
    done = fetch("gemma-3-4b", endpoint, tmp_path / "weights")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Le hub refuse ggml-org/gemma-3-4b-it-GGUF (code 404)" in done.stderr.splitlines()[-1]
