"""One changed file does not rebuild the vector index. Run: python -m pytest tests/test_ingest_neighbours.py"""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import neighbours, run
from ingest.progress import Silent
from ingest.seal import check_seal
from rag import dense
from rag.errors import StoreDamaged
from rag.settings import Settings
from rag.store import CHROMA, Generation, Manifest, current
from tests.fakes import WordEmbedder, readings_of

FILES = 30


class Ways:
    """Which way each vector index was made, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        for name in ("build", "update"):
            monkeypatch.setattr(dense, name, self._noting(name))

    def _noting(self, name: str) -> object:
        work = getattr(dense, name)

        def noted(*rest: object) -> None:
            self.made.append(name)
            work(*rest)

        return noted


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    return Ways(monkeypatch)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ways: Ways) -> Settings:
    (tmp_path / "corpus").mkdir()
    monkeypatch.setattr(run, "read_ahead", readings_of)
    monkeypatch.setattr(run, "prove", prove)
    found = replace(Settings(), corpus=tmp_path / "corpus", store=tmp_path / "store", workers=1)
    for number in range(FILES):
        write(found, number, "dix ans")
    run.run(found, WordEmbedder(), Silent())
    assert ways.made == ["build"]
    ways.made.clear()
    return found


def prove(folder: Path) -> None:
    check_seal(folder, hashes=True)
    Generation(folder).close()


def write(settings: Settings, number: int, text: str) -> None:
    (settings.corpus / f"{number:02}.pdf").write_text(f"Le joint numéro {number} dure {text}.", encoding="utf-8")


def ingest(settings: Settings) -> Manifest:
    run.run(settings, WordEmbedder(), Silent())
    generation = Generation(current(settings.store))
    assert set(generation.dense.ids()) == set(generation.documents.chunk_ids())
    generation.close()
    return generation.manifest


def test_one_changed_file_changes_a_copy(settings: Settings, ways: Ways) -> None:
    write(settings, 3, "onze ans")
    assert ingest(settings).deleted == 1
    (settings.corpus / "04.pdf").unlink()
    assert ingest(settings).deleted == 2
    assert ways.made == ["update", "update"]
    assert not neighbours.tried(settings.store)


def test_many_changes_build_whole(settings: Settings, ways: Ways) -> None:
    for number in range(FILES // 5):
        write(settings, number, "onze ans")
    assert ingest(settings).deleted == 0
    assert ways.made == ["build"]


def test_many_deleted_vectors_in_the_end_build_whole(settings: Settings, ways: Ways) -> None:
    deleted = []
    for step in range(7):
        for number in (0, 1, 2):
            write(settings, number, f"{step} ans")
        deleted.append(ingest(settings).deleted)
    assert deleted == [3, 6, 9, 12, 15, 0, 3]
    assert ways.made == [*["update"] * 5, "build", "update"]


def test_other_vectors_build_whole(settings: Settings, ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the cache of vectors was lost and another version of a library computes them."""
    write(settings, 3, "onze ans")
    (settings.store / "vectors.sqlite").unlink()
    embed = WordEmbedder.embed_passages
    monkeypatch.setattr(WordEmbedder, "embed_passages", lambda self, texts: embed(self, texts)[:, ::-1].copy())
    ingest(settings)
    assert ways.made == ["build"]


def test_a_copy_that_fails_is_said_and_built_whole(
    settings: Settings, ways: Ways, caplog: pytest.LogCaptureFixture
) -> None:
    segment = next(path for path in (current(settings.store) / CHROMA).iterdir() if path.is_dir())
    graph = segment / "index_metadata.pickle"
    graph.write_bytes(b"x" * graph.stat().st_size)  # its size is right, so only opening it tells
    write(settings, 3, "onze ans")
    with caplog.at_level(logging.WARNING):
        assert ingest(settings).deleted == 0
    assert ways.made == ["update", "build"]
    assert "sa copie n'a pas réussi" in caplog.text


def test_a_copy_that_is_not_proven_is_built_whole_at_once(
    settings: Settings, ways: Ways, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def doubtful(folder: Path) -> None:
        if ways.made[-1] == "update":
            raise StoreDamaged("les voisins ne concordent pas", "the neighbours do not agree")
        prove(folder)

    monkeypatch.setattr(run, "prove", doubtful)
    write(settings, 3, "onze ans")
    with caplog.at_level(logging.WARNING):
        assert ingest(settings).deleted == 0
    assert ways.made == ["update", "build"]
    assert "refait en entier : les voisins ne concordent pas" in caplog.text
    assert len(list(settings.store.glob("gen-*"))) == 2


def test_a_copy_that_ended_the_process_is_not_made_again(
    settings: Settings, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    write(settings, 3, "onze ans")
    with monkeypatch.context() as patch:
        patch.setattr(dense, "update", killed)
        with pytest.raises(KeyboardInterrupt):
            run.run(settings, WordEmbedder(), Silent())
    ingest(settings)
    assert ways.made == ["build"]
    write(settings, 4, "onze ans")
    ingest(settings)
    assert ways.made == ["build", "update"]
