"""BM25 over analysed terms, through real bm25s files."""

import math
from pathlib import Path

import numpy as np
import pytest

from rag.errors import StoreDamaged
from rag.lexical import K1, B, Lexical, build

ROWS = [
    ["cotisation", "montant", "euro"],
    ["cotisation", "cotisation", "cotisation"],
    ["verre", "trempe", "epaisseur"],
    [],
]


@pytest.fixture
def index(tmp_path: Path) -> Lexical:
    build(tmp_path / "lexical", ROWS)
    return Lexical(tmp_path / "lexical")


def test_more_of_a_term_scores_higher_and_others_score_nothing(index: Lexical) -> None:
    scores = index.scores(["cotisation"])
    assert scores.shape == (4,) and scores.dtype == np.float32
    assert scores[1] > scores[0] > 0
    assert scores[2] == scores[3] == 0


def test_the_score_is_lucene_s_formula(index: Lexical) -> None:
    mean = sum(max(1, len(row)) for row in ROWS) / 4  # a row without terms counts one
    expected = index.idf("verre") * 1 / (1 + K1 * (1 - B + B * 3 / mean))
    assert index.scores(["verre"])[2] == pytest.approx(expected, rel=1e-5)


def test_a_rare_term_weighs_more_than_a_common_one(index: Lexical) -> None:
    scores = index.scores(["cotisation", "montant"])
    assert scores[0] > scores[1]
    assert index.idf("inconnu") > index.idf("montant") > index.idf("cotisation") > 0
    assert index.idf("montant") == pytest.approx(math.log(1 + 3.5 / 1.5))


@pytest.mark.parametrize("terms", [[], ["inconnu"], ["\x00\x00"]])
def test_unknown_terms_score_zero_everywhere(index: Lexical, terms: list[str]) -> None:
    assert not index.scores(terms).any()


def test_an_unknown_term_changes_no_score(index: Lexical) -> None:
    np.testing.assert_array_equal(index.scores(["verre", "inconnu"]), index.scores(["verre"]))


def test_rows_without_terms_keep_their_place(index: Lexical) -> None:
    assert index.size == 4


def test_an_index_of_nothing_can_be_searched(tmp_path: Path) -> None:
    build(tmp_path / "lexical", [])
    empty = Lexical(tmp_path / "lexical")
    assert empty.size == 0
    assert empty.scores(["verre"]).shape == (0,)


def test_an_index_of_rows_without_terms_can_be_searched(tmp_path: Path) -> None:
    build(tmp_path / "lexical", [[], []])
    assert Lexical(tmp_path / "lexical").scores(["verre"]).tolist() == [0, 0]


def test_a_missing_index_is_said_in_french(tmp_path: Path) -> None:
    with pytest.raises(StoreDamaged, match=r"L'index lexical est illisible .* Relancez « make ingest »\."):
        Lexical(tmp_path / "absent")


def test_a_missing_file_of_the_index_is_said_in_french(tmp_path: Path) -> None:
    build(tmp_path / "lexical", ROWS)
    for file in (tmp_path / "lexical").glob("*vocab*"):
        file.unlink()
    with pytest.raises(StoreDamaged, match="L'index lexical est illisible"):
        Lexical(tmp_path / "lexical")


def test_a_cut_file_of_the_index_is_said_in_french(tmp_path: Path) -> None:
    build(tmp_path / "lexical", ROWS)
    for file in (tmp_path / "lexical").glob("*.npy"):
        file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(StoreDamaged, match="L'index lexical est illisible"):
        Lexical(tmp_path / "lexical")
