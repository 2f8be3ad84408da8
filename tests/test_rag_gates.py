"""Which values the gate gets: the store's own, the shipped ones, or the first ever; never those of other models."""

from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import SettingsError
from rag.gate import FIRST, Gate
from rag.gates import FILE, SHIPPED, Fitted, added, as_toml, choose, read

OWN = Fitted("words", "", Gate((1.5, -0.25, 0.0, 1.0), -2.0, 0.4), made="2026-11-22", questions=60)
OTHER = replace(OWN, embedder='odd "name"', reranker="cross")


def test_gates_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(as_toml([OWN, OTHER]), encoding="utf-8")
    assert read(tmp_path / FILE) == (OWN, OTHER)
    assert read(tmp_path / "absent.toml") == ()


def test_the_gate_is_that_of_the_models(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(as_toml([OTHER, OWN]), encoding="utf-8")
    assert choose(tmp_path, "words", "") == OWN.gate
    assert choose(tmp_path, "words", "cross") == choose(tmp_path / "absent", "words", "") == FIRST


def test_values_for_other_signals_do_not_apply(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        as_toml([replace(OWN, signals=("coverage", "sentence", "terms", "foreign"))]), encoding="utf-8"
    )
    assert choose(tmp_path, "words", "") == FIRST


def test_a_new_fit_takes_the_place_of_the_old_one() -> None:
    again = replace(OWN, gate=FIRST)
    assert added([OWN, OTHER], again) == (OTHER, again)


def test_what_is_shipped_can_be_read() -> None:
    assert all(0 < fitted.gate.threshold < 1 and fitted.questions for fitted in read(SHIPPED))


@pytest.mark.parametrize("text", ["[[gate", "x = 1", '[[gate]]\nembedder = "a"', as_toml([OWN]).replace("[1.5, ", "[")])
def test_a_file_that_holds_no_gates_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="relancez « rag calibrate »"):
        choose(tmp_path, "words", "")
