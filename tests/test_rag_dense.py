"""The vector index, through real Chroma files."""

from pathlib import Path

import numpy as np
import pytest

from rag.dense import Dense, build
from rag.errors import StoreDamaged

IDS = ["root", "bureau", "public", "far"]
VECTORS = np.array([[0.8, 0.6, 0], [1, 0, 0], [0.6, 0.8, 0], [-1, 0, 0]], dtype=np.float32)
GROUPS = [None, "bureau", "public", "public"]
QUESTION = np.array([1, 0, 0], dtype=np.float32)


@pytest.fixture
def index(tmp_path: Path) -> Dense:
    build(tmp_path / "chroma", IDS, VECTORS, GROUPS)
    return Dense(tmp_path / "chroma")


def test_neighbours_come_nearest_first_with_their_cosine(index: Dense) -> None:
    found = index.search(QUESTION, 10, None)
    assert [id_ for id_, _ in found] == ["bureau", "root", "public", "far"]
    assert [cosine for _, cosine in found] == pytest.approx([1.0, 0.8, 0.6, -1.0], abs=1e-5)


def test_no_more_than_asked_for_come_back(index: Dense) -> None:
    assert len(index.search(QUESTION, 2, None)) == 2


@pytest.mark.parametrize(
    ("groups", "readable"),
    [
        (frozenset[str](), ["root"]),
        (frozenset({"public"}), ["root", "public", "far"]),
        (frozenset({"bureau"}), ["bureau", "root"]),
        (frozenset({"inconnu"}), ["root"]),
        (frozenset({""}), ["root"]),
    ],
)
def test_only_what_the_groups_may_read_comes_back(index: Dense, groups: frozenset[str], readable: list[str]) -> None:
    assert [id_ for id_, _ in index.search(QUESTION, 10, groups)] == readable


def test_filtering_does_not_take_away_from_the_count(index: Dense) -> None:
    assert [id_ for id_, _ in index.search(QUESTION, 1, frozenset({"public"}))] == ["root"]


def test_every_id_is_kept(index: Dense) -> None:
    assert index.ids() == set(IDS)
    assert index.size == 4


def test_a_missing_index_is_said_in_french_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreDamaged, match=r"L'index des vecteurs est illisible .* Relancez « make ingest »\."):
        Dense(tmp_path / "chroma")
    assert not (tmp_path / "chroma").exists()


def test_an_empty_folder_is_no_index(tmp_path: Path) -> None:
    (tmp_path / "chroma").mkdir()
    with pytest.raises(StoreDamaged, match="L'index des vecteurs est illisible"):
        Dense(tmp_path / "chroma")


def test_a_damaged_database_is_said_in_french(tmp_path: Path) -> None:
    (tmp_path / "chroma").mkdir()
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"no database " * 500)
    with pytest.raises(StoreDamaged, match="L'index des vecteurs est illisible"):
        Dense(tmp_path / "chroma")
