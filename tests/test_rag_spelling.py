"""A slip of the hand is mended towards what the index knows, and nothing else is touched."""

import pytest

from rag.spelling import corrected

KNOWN = {"cotis": 9, "professionnel": 5, "prime": 4, "primes": 2, "delai": 3}


def frequency(term: str) -> int:
    return KNOWN.get(term, 0)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("profesionnel", "professionnel"), ("cottis", "cotis"), ("dilai", "delai")],
)
def test_one_letter_more_less_other_or_two_in_the_wrong_order(typed: str, meant: str) -> None:
    assert corrected([typed], frequency) == [meant]


def test_two_letters_that_changed_places_are_one_slip() -> None:
    assert corrected(["octis", "dleai"], frequency) == ["cotis", "delai"]


def test_the_commonest_neighbour_is_meant() -> None:
    assert corrected(["primee"], frequency) == ["prime"]


@pytest.mark.parametrize("term", ["cotis", "vitrag", "delia2", "1234-5", "prim", "professsionnnel"])
def test_known_far_short_and_numbered_terms_stay(term: str) -> None:
    assert corrected([term], frequency) == [term]
