"""How sure figures are: against values worked out by hand, and against what an interval has to be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.intervals import bootstrap, difference, estimate, exchange, mcnemar, wilson


def names(count: int) -> list[str]:
    return [str(place) for place in range(count)]


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    # Wilson's bounds for 95 %, worked out with z = 1.96
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (1, 1, 0.2065, 1.0), (0, 0, 0.0, 1.0)],
)
def test_the_interval_of_a_share_is_wilson_s(hits: int, total: int, low: float, high: float) -> None:
    assert wilson(hits, total) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(1, 1000), st.data())
def test_wilson_s_interval_holds_the_share_and_stays_between_0_and_1(total: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, total))
    low, high = wilson(hits, total)
    assert -1e-9 <= low <= hits / total + 1e-9
    assert hits / total - 1e-9 <= high <= 1 + 1e-9


def test_independent_shares_get_wilson_and_all_else_the_bootstrap() -> None:
    found = estimate([1.0, 0.0, 1.0, 1.0], names(4))
    assert (found.mean, found.count) == (0.75, 4)
    assert (found.low, found.high) == wilson(3, 4)
    assert estimate([1.0, 0.5], names(2)).low == 0.5
    together = estimate([1.0, 0.0, 1.0, 0.0], ["a", "a", "b", "b"])
    assert (together.low, together.high) == (0.5, 0.5)  # every resample of the two clusters has the mean 0.5


def test_the_bootstrap_agrees_with_the_normal_interval_on_many_values() -> None:
    values = np.random.default_rng(7).random(2000)
    low, high = bootstrap(values.tolist(), names(2000))
    spread = 1.96 * values.std() / np.sqrt(2000)
    assert low == pytest.approx(values.mean() - spread, abs=0.002)
    assert high == pytest.approx(values.mean() + spread, abs=0.002)
    assert bootstrap(values.tolist(), names(2000)) == (low, high)


def test_values_that_hang_together_make_the_interval_wider() -> None:
    values = [float(place // 10 % 2) for place in range(200)]
    apart = bootstrap(values, names(200))
    together = bootstrap(values, [str(place // 10) for place in range(200)])
    assert together[1] - together[0] > 2 * (apart[1] - apart[0])


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    # sums of binomial coefficients over 2**n, doubled: (1) / 8, (1 + 6) / 64, (1 + 10 + 45) / 1024
    [(0, 0, 1.0), (3, 0, 0.25), (5, 1, 14 / 64), (2, 8, 112 / 1024), (4, 4, 1.0), (2000, 2000, 1.0)],
)
def test_mcnemar_is_the_exact_binomial_test(better: int, worse: int, p: float) -> None:
    assert mcnemar(better, worse) == pytest.approx(p)


def test_exchanging_signs_gives_the_share_of_splits_as_uneven() -> None:
    # of the 8 ways to give signs to three equal gains, two are as uneven as all alike
    assert exchange([0.2, 0.2, 0.2], names(3)) == pytest.approx(0.25, abs=0.02)
    assert exchange([0.2, 0.2, 0.2], ["one"] * 3) == 1.0
    assert exchange([0.3, -0.3, 0.0], names(3)) == 1.0


def test_a_difference_is_second_minus_first_on_the_same_questions() -> None:
    first, second = [0.0] * 8 + [1.0] * 2, [1.0] * 9 + [0.0]
    found = difference(first, second, names(10))
    assert (found.better, found.worse, found.count, found.test) == (8, 1, 10, "McNemar")
    assert found.mean == pytest.approx(0.7)
    assert found.low < 0.7 < found.high and found.low > 0
    assert found.p == pytest.approx(2 * (1 + 9) / 512)


def test_no_difference_is_found_between_a_setting_and_itself() -> None:
    values = [0.1, 0.5, 1.0, 0.33]
    found = difference(values, values, names(4))
    assert (found.mean, found.low, found.high, found.p, found.test) == (0.0, 0.0, 0.0, 1.0, "permutation")


def test_means_of_ranks_are_compared_by_permutation() -> None:
    rng = np.random.default_rng(3)
    first = rng.random(60)
    found = difference(first.tolist(), (first + 0.1).tolist(), names(60))
    assert (found.test, found.better, found.worse) == ("permutation", 60, 0)
    assert found.p < 0.001 and found.low == pytest.approx(0.1)
