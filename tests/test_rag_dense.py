"""The vector index, through real Chroma files."""

import shutil
import sqlite3
from pathlib import Path

import chromadb
import numpy as np
import pytest

from rag.dense import Dense, build, update
from rag.errors import StoreDamaged
from rag.ports import Vectors

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


def test_every_id_is_kept_with_its_group(index: Dense) -> None:
    assert index.ids() == dict(zip(IDS, GROUPS, strict=True))
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


def unit(count: int, seed: int = 0, dimensions: int = 64) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def waiting(folder: Path) -> int:
    """Return the number of vectors that an opening has to put into a graph: Chroma's queue keeps one row a graph."""
    with sqlite3.connect(folder / "chroma.sqlite3") as database:
        (count,) = database.execute(
            "SELECT count(*) FROM embeddings_queue q LEFT JOIN segments s ON q.topic LIKE '%' || s.collection"
            " LEFT JOIN max_seq_id m ON m.segment_id = s.id"
            " WHERE s.scope = 'VECTOR' AND q.seq_id > coalesce(m.seq_id, 0)"
        ).fetchone()
    database.close()
    return int(count)


def test_graphs_are_on_disk_so_that_an_opening_computes_nothing(tmp_path: Path) -> None:
    ids = [f"c{number}" for number in range(1200)]
    groups: list[str | None] = ["bureau" if number < 3 else None for number in range(1200)]
    vectors = unit(1200)
    build(tmp_path / "old", ids, vectors, groups)
    assert waiting(tmp_path / "old") == 0
    ids[0], ids[900] = "new0", "new900"
    update(tmp_path / "old", tmp_path / "new", ids, vectors, groups, set(ids) - {"new0", "new900"})
    assert waiting(tmp_path / "new") == 0


def changed(tmp_path: Path) -> Dense:
    """Return an index changed from that of the fixture: one id gone, one new, one moved, one with another vector."""
    build(tmp_path / "old", IDS, VECTORS, GROUPS)
    vectors = np.array([[0.8, 0.6, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]], dtype=np.float32)
    groups: list[str | None] = [None, None, "public", "région"]
    update(tmp_path / "old", tmp_path / "new", ["root", "bureau", "public", "near"], vectors, groups, {"root"})
    return Dense(tmp_path / "new")


def test_a_changed_copy_says_what_a_new_index_would(tmp_path: Path) -> None:
    index = changed(tmp_path)
    assert index.ids() == {"root": None, "bureau": None, "public": "public", "near": "région"}
    assert [id_ for id_, _ in index.search(QUESTION, 10, frozenset())] == ["bureau", "root"]
    assert [id_ for id_, _ in index.search(np.array([0, 0, 1], dtype=np.float32), 1, None)] == ["public"]
    assert [id_ for id_, _ in index.search(np.array([0, 1, 0], dtype=np.float32), 1, None)] == ["near"]


def test_the_copied_index_stays_as_it_was(tmp_path: Path) -> None:
    changed(tmp_path).close()
    assert Dense(tmp_path / "old").ids() == dict(zip(IDS, GROUPS, strict=True))
    assert not {file.stat().st_ino for file in (tmp_path / "old").rglob("*")} & {
        file.stat().st_ino for file in (tmp_path / "new").rglob("*")
    }


def test_a_copy_is_changed_again_and_again(tmp_path: Path) -> None:
    """Groups come and go, and Chroma forgets no number of a write when its queue is empty."""
    vectors = unit(5)
    build(tmp_path / "0", ["a", "b"], vectors[:2], [None, "bureau"])
    steps: list[tuple[list[str], list[str | None]]] = [
        (["a", "c"], [None, "public"]),
        (["c", "d"], ["public", "public"]),
        (["d", "e"], ["public", None]),
    ]
    for number, (ids, groups) in enumerate(steps):
        kept = Dense(tmp_path / str(number))
        old = set(kept.ids())
        kept.close()
        rows = ["abcde".index(id_) for id_ in ids]
        update(tmp_path / str(number), tmp_path / str(number + 1), ids, vectors[rows], groups, old)
        index = Dense(tmp_path / str(number + 1))
        assert index.ids() == dict(zip(ids, groups, strict=True))
        assert [index.search(vectors[row], 1, None)[0][0] for row in rows] == ids
        index.close()
        assert len([path for path in (tmp_path / str(number + 1)).iterdir() if path.is_dir()]) <= 3


def test_only_what_changed_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids, vectors = [f"c{number}" for number in range(300)], unit(300)
    build(tmp_path / "old", ids, vectors, [None] * 300)
    written: list[str] = []
    add = chromadb.Collection.add

    def counted(collection: chromadb.Collection, *, ids: list[str], embeddings: Vectors) -> None:
        written.extend(ids)
        add(collection, ids=ids, embeddings=embeddings)

    monkeypatch.setattr(chromadb.Collection, "add", counted)
    update(tmp_path / "old", tmp_path / "new", [*ids[5:], "n1", "n2"], vectors[:297], [None] * 297, set(ids))
    assert written == ["n1", "n2"]


def test_a_copy_that_lost_a_vector_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path / "old", IDS, VECTORS, GROUPS)
    monkeypatch.setattr(chromadb.Collection, "add", lambda *_, **__: None)
    with pytest.raises(StoreDamaged, match="identifiants"):
        update(tmp_path / "old", tmp_path / "new", [*IDS, "new"], unit(5, dimensions=3), [*GROUPS, None], set(IDS))


def test_an_index_that_cannot_be_copied_is_refused(tmp_path: Path) -> None:
    build(tmp_path / "old", IDS, VECTORS, GROUPS)
    (tmp_path / "old" / "chroma.sqlite3").write_bytes(b"no database " * 500)
    with pytest.raises(StoreDamaged, match="not a database"):
        update(tmp_path / "old", tmp_path / "new", IDS, VECTORS, GROUPS, set(IDS))


def test_ten_replacements_of_a_twentieth_leave_the_neighbours_findable(tmp_path: Path) -> None:
    """Half as many deleted vectors as live ones, in the case that is hardest for a graph: no vector is near another."""
    pool = unit(4500)
    ids = [f"c{number}" for number in range(3000)]
    rows = np.arange(3000)
    build(tmp_path / "0", ids, pool[rows], [None] * 3000)
    for number in range(10):
        old, chosen = set(ids), np.random.default_rng(number).choice(3000, 150, replace=False)
        rows[chosen] = np.arange(3000 + 150 * number, 3150 + 150 * number)
        ids = [f"c{row}" for row in rows]
        update(tmp_path / str(number), tmp_path / str(number + 1), ids, pool[rows], [None] * 3000, old)
        shutil.rmtree(tmp_path / str(number))
    index, live = Dense(tmp_path / "10"), pool[rows]
    recall = []
    for question in unit(30, seed=1):
        exact = {ids[row] for row in np.argsort(-(live @ question))[:100]}
        recall.append(len(exact & {id_ for id_, _ in index.search(question, 100, None)}) / 100)
    assert np.mean(recall) >= 0.97
