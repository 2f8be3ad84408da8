"""What a ranking is worth: against values worked out by hand."""

import math

import pytest

from rag.evaluation.metrics import hit, ndcg, reciprocal_rank

RANKED = ["a", "b", "c", "d"]


@pytest.mark.parametrize(("gold", "k", "value"), [("a", 1, 1.0), ("b", 1, 0.0), ("b", 5, 1.0), ("x", 5, 0.0)])
def test_a_hit_is_a_right_one_among_the_first(gold: str, k: int, value: float) -> None:
    assert hit(RANKED, {gold}, k) == value


def test_the_reciprocal_rank_is_that_of_the_first_right_one() -> None:
    assert reciprocal_rank(RANKED, {"c", "d"}, 10) == pytest.approx(1 / 3)
    assert reciprocal_rank(RANKED, {"c"}, 2) == 0.0
    assert reciprocal_rank([], {"c"}, 10) == 0.0


def test_the_gain_is_discounted_by_the_logarithm_of_the_rank() -> None:
    assert ndcg(RANKED, {"a"}, 10) == 1.0
    assert ndcg(RANKED, {"c"}, 10) == pytest.approx(1 / math.log2(4))
    best = 1 + 1 / math.log2(3)
    assert ndcg(RANKED, {"a", "c"}, 10) == pytest.approx((1 + 0.5) / best)
    assert ndcg(RANKED, {"a", "b", "c"}, 1) == 1.0  # one place can hold one right passage
    assert ndcg(RANKED, {"x"}, 10) == 0.0
