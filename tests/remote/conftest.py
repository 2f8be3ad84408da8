"""What the tests of models on other machines share: scripted servers, a real one, and little patience."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.remote_servers import SAID, Scripted, free_port, hurry, killed, serving, start_llama_server
from tests.tiny_gguf import parrot


@pytest.fixture
def serve() -> Iterator[Callable[..., Scripted]]:
    with serving() as start:
        yield start


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture(scope="package")
def parrot_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file, port = parrot(tmp_path_factory.mktemp("w") / "p.gguf", SAID), free_port()
    with killed(start_llama_server(file, "perroquet", port)):
        yield f"http://127.0.0.1:{port}/v1"
