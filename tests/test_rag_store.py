"""Generations on disk: which is live, whether it can be trusted, and who still reads the old one."""

import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from rag.errors import NoStore, StoreDamaged, StoreMismatch
from rag.store import (
    CHROMA,
    CURRENT,
    DOCUMENTS,
    FORMAT,
    LEXICAL,
    MANIFEST,
    VECTORS,
    Generation,
    LiveStore,
    Manifest,
    current,
)
from rag.text import ANALYSER
from tests.fakes import make_store

DOCUMENTS_OF_TWO_GROUPS = {
    "statuts.pdf": ["La cotisation est de 120 euros."],
    "bureau/secret.pdf": ["Le trésorier partira en mars."],
    "public/guide.pdf": ["Le verre est trempé.", "", "Le calage se fait avec des cales."],
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    make_store(tmp_path / "store", DOCUMENTS_OF_TWO_GROUPS)
    return tmp_path / "store"


def change_manifest(folder: Path, **values: object) -> None:
    file = folder / MANIFEST
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def test_a_generation_knows_its_parts(store: Path) -> None:
    generation = Generation(current(store))
    assert generation.id == "gen-1"
    assert (generation.manifest.sources, generation.manifest.pages, generation.manifest.chunks) == (3, 5, 4)
    assert generation.vectors.shape == (4, 64)
    assert set(generation.dense.ids()) == set(generation.documents.chunk_ids())


def test_rows_are_readable_by_their_group_and_root_files_by_all(store: Path) -> None:
    generation = Generation(current(store))
    assert generation.documents.paths() == ["statuts.pdf", "bureau/secret.pdf", *["public/guide.pdf"] * 2]
    assert generation.readable(None).tolist() == [True] * 4
    assert generation.readable(frozenset()).tolist() == [True, False, False, False]
    assert generation.readable(frozenset({"bureau"})).tolist() == [True, True, False, False]
    assert generation.readable(frozenset({"public", "autre"})).tolist() == [True, False, True, True]


def test_an_empty_generation_can_be_opened(tmp_path: Path) -> None:
    generation = Generation(make_store(tmp_path, {}))
    assert generation.manifest.chunks == 0
    assert generation.readable(frozenset({"public"})).shape == (0,)


def test_no_store_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoStore, match=r"Aucun index dans store/\. Déposez des PDF .* « make ingest »\."):
        current(tmp_path / "store")


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"../gen-1", b"gen-1/../../elsewhere", b"/etc", b".", b"\xe9\xff", b"CURRENT"]
)
def test_a_current_that_leads_out_of_the_store_is_no_store(store: Path, content: bytes) -> None:
    (store / CURRENT).write_bytes(content)
    with pytest.raises(NoStore):
        current(store)


def test_a_current_that_names_a_missing_generation_is_damage(store: Path) -> None:
    (store / CURRENT).write_text("gen-2\n")
    with pytest.raises(StoreDamaged, match=r"L'index gen-2 est incomplet .* Lancez « make ingest »\."):
        Generation(current(store))


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    manifest = Manifest(FORMAT, "gen-é", "2025-01-01T00:00:00Z", "words", 64, "200/0", 1, 2, 3)
    manifest.write(tmp_path)
    assert Manifest.read(tmp_path) == manifest


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"x"', "{}", f'{{"format": {FORMAT}}}', f'{{"format": {FORMAT}, "more": 2}}']
)
def test_a_damaged_manifest_is_said_in_french(store: Path, text: str) -> None:
    (store / "gen-1" / MANIFEST).write_text(text)
    with pytest.raises(StoreDamaged, match=r"L'index gen-1 est incomplet"):
        Generation(current(store))


def test_a_manifest_in_another_encoding_is_damage(store: Path) -> None:
    (store / "gen-1" / MANIFEST).write_bytes('{"format": 1, "é": 1}'.encode("latin-1"))
    with pytest.raises(StoreDamaged):
        Generation(current(store))


def test_another_format_is_a_mismatch(store: Path) -> None:
    change_manifest(store / "gen-1", format=FORMAT + 1)
    with pytest.raises(StoreMismatch, match=f"L'index est au format {FORMAT + 1}, il faut le format {FORMAT}"):
        Generation(current(store))


@pytest.mark.parametrize("part", [DOCUMENTS, CHROMA, LEXICAL, VECTORS, MANIFEST])
def test_a_missing_part_is_damage_with_what_to_do(store: Path, part: str) -> None:
    path = store / "gen-1" / part
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    with pytest.raises(StoreDamaged, match="make ingest"):
        Generation(current(store))


def test_parts_that_do_not_agree_are_damage(store: Path) -> None:
    with sqlite3.connect(store / "gen-1" / DOCUMENTS) as database:
        database.execute("DELETE FROM chunks WHERE row = 3")
    database.close()
    with pytest.raises(StoreDamaged, match="Les parties de l'index gen-1 ne concordent pas"):
        Generation(current(store))


def test_a_wrong_count_in_the_manifest_is_damage(store: Path) -> None:
    change_manifest(store / "gen-1", chunks=5)
    with pytest.raises(StoreDamaged, match="4 vecteurs pour 5 passages"):
        Generation(current(store))


def test_damaged_vectors_are_said_in_french(store: Path) -> None:
    file = store / "gen-1" / VECTORS
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(StoreDamaged, match="Les vecteurs de l'index sont illisibles"):
        Generation(current(store))


def test_vectors_of_another_width_are_damage(store: Path) -> None:
    np.save(store / "gen-1" / VECTORS, np.zeros((4, 3), dtype=np.float32))
    with pytest.raises(StoreDamaged):
        Generation(current(store))


def test_an_index_of_other_terms_than_those_of_a_question_is_a_mismatch(store: Path) -> None:
    change_manifest(store / "gen-1", chunking=f"reader 3, analyser {ANALYSER}, 200 tokens")
    Generation(current(store)).close()
    change_manifest(store / "gen-1", chunking=f"reader 3, analyser {ANALYSER - 1}, 200 tokens")
    with pytest.raises(StoreMismatch, match="make ingest"):
        Generation(current(store))


def test_another_embedder_is_a_mismatch_that_names_both(store: Path) -> None:
    live = LiveStore(store, "other")
    with pytest.raises(StoreMismatch, match="construit avec words, le réglage demande other"), live.pin():
        raise AssertionError("must not open")


def test_a_reader_finishes_on_the_generation_it_began_with(store: Path) -> None:
    live = LiveStore(store, "words")
    with live.pin() as old:
        make_store(store, {"nouveau.pdf": ["Tout a changé."]}, "gen-2")
        with live.pin() as new:
            assert (old.id, new.id) == ("gen-1", "gen-2")
            assert new.documents.chunk(0).text == "Tout a changé."
        assert old.documents.chunk(0).text == "La cotisation est de 120 euros."
        assert len(old.dense.search(old.vectors[0], 4, None)) == 4
    with live.pin() as after:
        assert after.id == "gen-2"
    live.close()


def test_an_old_generation_is_closed_when_its_last_reader_leaves(store: Path) -> None:
    live = LiveStore(store, "words")
    with live.pin() as old:
        with live.pin() as same:
            assert same is old
            make_store(store, {}, "gen-2")
            with live.pin():
                pass
        assert old.documents.paths() != []
    with pytest.raises(sqlite3.ProgrammingError):
        old.documents._db.execute("SELECT 1")
    live.close()


def test_a_generation_nobody_reads_is_closed_when_another_goes_live(store: Path) -> None:
    live = LiveStore(store, "words")
    with live.pin() as old:
        pass
    make_store(store, {}, "gen-2")
    with live.pin(), pytest.raises(sqlite3.ProgrammingError):
        old.documents._db.execute("SELECT 1")
    live.close()


def test_going_back_to_a_generation_that_is_still_read_works(store: Path) -> None:
    live = LiveStore(store, "words")
    with live.pin() as first:
        make_store(store, {"b.pdf": ["Deux."]}, "gen-2")
        with live.pin():
            (store / CURRENT).write_text("gen-1\n")
            with live.pin() as back:
                assert back.documents.paths() == first.documents.paths()
    with live.pin() as again:
        assert again.documents.chunk(0).text == "La cotisation est de 120 euros."
        assert len(again.dense.search(again.vectors[0], 4, None)) == 4
    live.close()


def test_a_broken_new_generation_leaves_the_reader_of_the_old_alone(store: Path) -> None:
    live = LiveStore(store, "words")
    with live.pin() as old:
        (store / CURRENT).write_text("gen-9\n")
        with pytest.raises(StoreDamaged), live.pin():
            raise AssertionError("must not open")
        assert old.documents.paths() != []
    (store / CURRENT).write_text("gen-1\n")
    with live.pin() as same:
        assert same is old
    live.close()


def test_a_reader_that_fails_still_lets_go(store: Path) -> None:
    live = LiveStore(store, "words")
    with pytest.raises(KeyError), live.pin():
        raise KeyError
    assert list(live._readers.values()) == [0]
    live.close()
