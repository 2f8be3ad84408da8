"""The real hub client against a hub of one repository on this machine."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from models.integrity import read_record
from tests.tiny_gguf import babbler

COMMIT = "c0ffee" + "0" * 34
REPOSITORY, FILE = "Qwen/Qwen3-4B-GGUF", "Qwen3-4B-Q4_K_M.gguf"


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return babbler(tmp_path / "source.gguf").read_bytes()


@pytest.fixture
def endpoint(content: bytes) -> Iterator[str]:
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
                self.answer(content, ETag=f'"{hashlib.sha256(content).hexdigest()}"', X_Repo_Commit=COMMIT)
            else:
                self.answer(b"{}", status=404)

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


def fetch(name: str, endpoint: str, weights: Path) -> subprocess.CompletedProcess[str]:
    # a process of its own: the hub client reads its address when it is imported
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "GREFFIER_WEIGHTS": str(weights), "HF_HUB_OFFLINE": "0"}
    for proxy in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        environment.pop(proxy, None)
    command = [sys.executable, "-m", "models", "fetch", name, "--accept-licence"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_model_is_fetched_whole_recorded_and_pinned(endpoint: str, content: bytes, tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    done = fetch("qwen3-4b", endpoint, weights)
    assert done.returncode == 0, done.stderr
    assert (weights / FILE).read_bytes() == content
    assert read_record(weights) == {FILE: hashlib.sha256(content).hexdigest(), ".revisions/qwen3-4b": COMMIT}
    assert "Apache-2.0" in done.stderr and "Installé" in done.stderr


def test_what_the_hub_refuses_is_one_line_that_says_what_to_do(endpoint: str, tmp_path: Path) -> None:
    done = fetch("gemma-3-4b", endpoint, tmp_path / "weights")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Le hub refuse ggml-org/gemma-3-4b-it-GGUF (code 404)" in done.stderr.splitlines()[-1]
