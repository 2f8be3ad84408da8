"""The composition root: which model is opened when, and what is said first when something is missing."""

from pathlib import Path

import pytest

from rag import build
from rag.errors import ModelError, NoStore, StoreMismatch
from rag.ports import Embedder, Entailer, Generator, Reranker
from rag.settings import Settings
from tests.fakes import ScriptedGenerator, WordEmbedder, make_store


class OtherEmbedder(WordEmbedder):
    """The same vectors under another name."""

    id = "other"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Let fakes stand for the models; return what the generator was asked for."""
    asked: list[str | None] = []

    def embedder(settings: Settings) -> Embedder:
        return OtherEmbedder() if settings.embedder == "other" else WordEmbedder()

    def generator(settings: Settings, model: str | None, *, instructions: str) -> Generator | None:
        asked.append(model)
        return None if model == "extracts" else ScriptedGenerator("")

    def reranker(settings: Settings) -> Reranker | None:
        return None

    def entailer(settings: Settings) -> Entailer | None:
        return None

    monkeypatch.setattr(build, "open_embedder", embedder)
    monkeypatch.setattr(build, "open_entailer", entailer)
    monkeypatch.setattr(build, "open_generator", generator)
    monkeypatch.setattr(build, "open_reranker", reranker)
    return asked


def test_an_assistant_is_put_together_over_the_live_store(tmp_path: Path, opened: list[str | None]) -> None:
    make_store(tmp_path, {"a.pdf": ["Une phrase."]})
    settings = Settings(store=tmp_path)
    assert build.open_assistant(settings).model == "scripted"
    extracts = build.open_assistant(settings, "extracts")
    assert (extracts.model, extracts.generation) == ("extracts", "gen-1")
    assert opened == [None, "extracts"]


def test_a_server_does_not_wait_for_its_model_and_a_command_does(
    tmp_path: Path, opened: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_store(tmp_path, {"a.pdf": ["Une phrase."]})
    late: list[str | None] = []

    def open_late(settings: Settings, model: str | None = None, *, instructions: str = "") -> Generator | None:
        late.append(model)
        assert instructions
        return None

    monkeypatch.setattr(build, "open_late", open_late)
    assert build.open_assistant(Settings(store=tmp_path), "modele.gguf", insist=False).model == "extracts"
    assert (late, opened) == (["modele.gguf"], [])
    build.open_assistant(Settings(store=tmp_path))
    assert (late, opened) == (["modele.gguf"], [None])


def test_a_missing_store_is_said_before_weights_are_loaded(tmp_path: Path, opened: list[str | None]) -> None:
    with pytest.raises(NoStore):
        build.open_assistant(Settings(store=tmp_path))
    assert opened == []


def test_another_embedder_is_said_before_weights_are_loaded(tmp_path: Path, opened: list[str | None]) -> None:
    make_store(tmp_path, {"a.pdf": ["Une phrase."]})
    with pytest.raises(StoreMismatch, match="construit avec words, le réglage demande other"):
        build.open_assistant(Settings(store=tmp_path, embedder="other"))
    assert opened == []


def test_servers_are_asked_instead_of_a_model_here_and_extracts_ask_nobody(
    tmp_path: Path, opened: list[str | None]
) -> None:
    make_store(tmp_path, {"a.pdf": ["Une phrase."]})
    settings = Settings(store=tmp_path, generator_urls=("http://127.0.0.1:9/v1",))
    with pytest.raises(ModelError, match="injoignable"):
        build.open_assistant(settings)
    patient = build.open_assistant(settings, insist=False)
    health = patient.health()
    assert patient.model == "extracts" and health is not None and health.problem is not None
    assert "http://127.0.0.1:9/v1" in health.problem.fr
    assert opened == []
    assert build.open_assistant(settings, "extracts").health() is None
