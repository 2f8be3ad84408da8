"""Fusion is arithmetic that can be checked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rag.fuse import best, reciprocal_ranks, standardise, weighted_sum

SCORES = arrays(np.float32, st.integers(1, 20), elements=st.floats(-100, 100, width=16))


def array(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, dtype=np.float32)


def test_standardising_subtracts_the_mean_and_divides_by_the_deviation() -> None:
    # mean 3, deviation 1
    np.testing.assert_allclose(standardise(array(2, 4, 2, 4)), [-1, 1, -1, 1])


@pytest.mark.parametrize("scores", [[5], [0, 0, 0], [0.1] * 7])
def test_equal_scores_say_nothing(scores: list[float]) -> None:
    assert len(set(standardise(array(*scores)).tolist())) == 1
    fused = weighted_sum(array(*scores), array(*range(len(scores))), 1)
    assert list(np.argsort(-fused, kind="stable")) == list(reversed(range(len(scores))))


def test_the_dense_score_counts_by_its_weight() -> None:
    fused = weighted_sum(array(1, 3), array(10, 20), 0.5)
    np.testing.assert_allclose(fused, [-1 - 0.5, 1 + 0.5])
    disputed = weighted_sum(array(1, 3), array(20, 10), 0.5)
    np.testing.assert_allclose(disputed, [-0.5, 0.5])


@given(SCORES)
def test_without_dense_weight_the_lexical_order_stays(scores: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
    fused = weighted_sum(scores, scores[::-1].copy(), 0.0)
    for one in range(len(scores)):
        for other in range(len(scores)):
            if scores[one] > scores[other]:
                assert fused[one] >= fused[other]


@given(SCORES, st.floats(0.5, 50))
def test_the_scale_of_a_ranker_does_not_matter(
    scores: np.ndarray[tuple[int], np.dtype[np.float32]], factor: float
) -> None:
    if float(scores.std()) > 0.01:
        scaled = standardise(np.asarray(scores * np.float32(factor), dtype=np.float32))
        np.testing.assert_allclose(scaled, standardise(scores), atol=1e-2)


def test_reciprocal_ranks_look_at_places_only() -> None:
    fused = reciprocal_ranks(array(9, 1, 5), array(0.1, 0.3, 0.2))
    np.testing.assert_allclose(fused, [1 / 61 + 1 / 63, 1 / 63 + 1 / 61, 2 / 62], rtol=1e-6)


@given(arrays(np.float32, st.integers(0, 60), elements=st.sampled_from([-1, 0, 0.5, 1, 2])), st.integers(0, 70))
def test_the_best_are_the_head_of_a_stable_sort_of_all(scores: np.ndarray[tuple[int]], count: int) -> None:
    order = np.argsort(-scores, kind="stable")
    assert best(scores, count) == [place for place in order if scores[place] > 0][:count]
