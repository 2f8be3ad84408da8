"""The gate rises with both signals and looks at the first three passages only."""

from hypothesis import given
from hypothesis import strategies as st

from rag.gate import FIRST, LOOKED_AT, SIGNALS, Gate, signals
from rag.types import Chunk, Found, Passage
from tests.fakes import page_ref, sentence

QUESTION = "Quel est le montant de la cotisation ?"
COVERAGE, DENSE = st.floats(0, 1), st.floats(-1, 1)


def passage(coverage: float, dense: float) -> Passage:
    text = sentence("Une phrase.")
    chunk = Chunk("id", page_ref(), (text,), (), text.text)
    return Passage(chunk, 1.0, Found(1.0, dense, coverage, 1, 1))


@given(COVERAGE, COVERAGE, DENSE, DENSE)
def test_more_of_either_signal_never_lowers_confidence(c1: float, c2: float, d1: float, d2: float) -> None:
    low = FIRST.confidence(QUESTION, [passage(min(c1, c2), min(d1, d2))])
    high = FIRST.confidence(QUESTION, [passage(max(c1, c2), max(d1, d2))])
    assert 0 < low <= high < 1


@given(st.lists(st.builds(passage, COVERAGE, DENSE), max_size=6), COVERAGE, DENSE)
def test_one_more_passage_never_lowers_confidence(passages: list[Passage], coverage: float, dense: float) -> None:
    assert FIRST.confidence(QUESTION, [*passages, passage(coverage, dense)]) >= FIRST.confidence(QUESTION, passages)


@given(st.lists(st.builds(passage, COVERAGE, DENSE), max_size=6))
def test_answering_is_confidence_at_or_above_the_threshold(passages: list[Passage]) -> None:
    assert FIRST.answers(QUESTION, passages) == (FIRST.confidence(QUESTION, passages) >= FIRST.threshold)


def test_later_passages_do_not_count() -> None:
    weak = [passage(0.1, 0.1)] * LOOKED_AT
    assert FIRST.confidence(QUESTION, [*weak, passage(1, 1)]) == FIRST.confidence(QUESTION, weak)


def test_without_passages_there_is_no_answer() -> None:
    assert FIRST.confidence(QUESTION, []) == 0
    assert not FIRST.answers(QUESTION, [])


def test_the_gate_opens_for_a_full_match_and_closes_for_none() -> None:
    assert FIRST.answers(QUESTION, [passage(1, 1)])
    assert not FIRST.answers(QUESTION, [passage(0, 0)])


def test_the_decision_rests_on_the_named_signals() -> None:
    found = signals(QUESTION, [passage(0.2, 0.9), passage(0.8, -0.5)])
    assert dict(zip(SIGNALS, found, strict=True)) == {"coverage": 0.8, "dense": 0.9, "foreign": 0.0}
    even = Gate((1.0, 2.0, 0.0), -2.6, 0.5)
    assert even.confidence(QUESTION, [passage(0.2, 0.9), passage(0.8, -0.5)]) == 0.5
    assert even.answers(QUESTION, [passage(0.8, 0.9)]) and not even.answers(QUESTION, [passage(0.7, 0.9)])


def test_the_language_of_the_question_counts() -> None:
    english = signals("How much is the yearly fee of the federation?", [passage(0.1, 0.5)])
    assert dict(zip(SIGNALS, english, strict=True)) == {"coverage": 0.1, "dense": 0.5, "foreign": 1.0}
