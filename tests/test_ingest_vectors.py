"""A text is embedded once in its life. Run: python -m pytest tests/test_ingest_vectors.py"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ingest.vectors import BATCH, open_cache
from rag.ports import Vectors
from tests.fakes import WordEmbedder


class Counting(WordEmbedder):
    """Remembers what it was asked to embed."""

    def __init__(self, name: str = "counting") -> None:
        self.id = name
        self.embedded: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        return super().embed_passages(texts)


def embed(file: Path, embedder: WordEmbedder, texts: Sequence[str]) -> tuple[Vectors, int]:
    done: list[int] = []
    with open_cache(file, embedder) as cache:
        vectors = cache.embed(texts, lambda count: done.append(count))
    return vectors, sum(done)


def test_rows_stand_in_the_order_of_the_texts(tmp_path: Path) -> None:
    embedder = Counting()
    texts = [f"vitrage {'long ' * (i % 7)}numéro {i}" for i in range(2 * BATCH + 3)]
    vectors, done = embed(tmp_path / "v.sqlite", embedder, texts)
    assert np.array_equal(vectors, embedder.embed_passages(texts))
    assert done == len(texts)


def test_equal_texts_are_embedded_once_and_returned_twice(tmp_path: Path) -> None:
    embedder = Counting()
    vectors, done = embed(tmp_path / "v.sqlite", embedder, ["joint", "verre", "joint"])
    assert sorted(embedder.embedded) == ["joint", "verre"]
    assert np.array_equal(vectors[0], vectors[2])
    assert done == 3


def test_a_text_that_was_embedded_before_is_not_embedded_again(tmp_path: Path) -> None:
    first, second = Counting(), Counting()
    before, _ = embed(tmp_path / "v.sqlite", first, ["joint"])
    after, _ = embed(tmp_path / "v.sqlite", second, ["joint", "verre"])
    assert second.embedded == ["verre"]
    assert np.array_equal(before[0], after[0])


def test_vectors_of_another_embedder_are_never_used(tmp_path: Path) -> None:
    embed(tmp_path / "v.sqlite", Counting("one"), ["joint"])
    other = Counting("two")
    embed(tmp_path / "v.sqlite", other, ["joint"])
    assert other.embedded == ["joint"]


def test_nothing_gives_no_rows(tmp_path: Path) -> None:
    vectors, _ = embed(tmp_path / "v.sqlite", Counting(), [])
    assert vectors.shape == (0, Counting().dimensions)


def test_a_damaged_cache_is_put_aside_and_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "v.sqlite"
    file.write_bytes(b"this is no database" * 100)
    vectors, _ = embed(file, Counting(), ["joint"])
    assert vectors.shape[0] == 1
    assert (tmp_path / "v.damaged").is_file()
