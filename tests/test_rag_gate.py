"""The gate rises with both signals and looks at the first three passages only."""

from hypothesis import given
from hypothesis import strategies as st

from rag.gate import LOOKED_AT, THRESHOLD, answers, confidence
from rag.types import Chunk, Found, Passage
from tests.fakes import page_ref, sentence

COVERAGE, DENSE = st.floats(0, 1), st.floats(-1, 1)


def passage(coverage: float, dense: float) -> Passage:
    text = sentence("Une phrase.")
    chunk = Chunk("id", page_ref(), (text,), (), text.text)
    return Passage(chunk, 1.0, Found(1.0, dense, coverage, 1, 1))


@given(COVERAGE, COVERAGE, DENSE, DENSE)
def test_more_of_either_signal_never_lowers_confidence(c1: float, c2: float, d1: float, d2: float) -> None:
    low = confidence([passage(min(c1, c2), min(d1, d2))])
    high = confidence([passage(max(c1, c2), max(d1, d2))])
    assert 0 < low <= high < 1


@given(st.lists(st.builds(passage, COVERAGE, DENSE), max_size=6), COVERAGE, DENSE)
def test_one_more_passage_never_lowers_confidence(passages: list[Passage], coverage: float, dense: float) -> None:
    assert confidence([*passages, passage(coverage, dense)]) >= confidence(passages)


@given(st.lists(st.builds(passage, COVERAGE, DENSE), max_size=6))
def test_answering_is_confidence_at_or_above_the_threshold(passages: list[Passage]) -> None:
    assert answers(passages) == (confidence(passages) >= THRESHOLD)


def test_later_passages_do_not_count() -> None:
    weak = [passage(0.1, 0.1)] * LOOKED_AT
    assert confidence([*weak, passage(1, 1)]) == confidence(weak)


def test_without_passages_there_is_no_answer() -> None:
    assert confidence([]) == 0
    assert not answers([])


def test_the_gate_opens_for_a_full_match_and_closes_for_none() -> None:
    assert answers([passage(1, 1)])
    assert not answers([passage(0, 0)])
