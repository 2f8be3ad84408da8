"""A slip of the hand is mended towards what the index knows, and nothing else is touched."""

import pytest

from rag.spelling import completed, corrected, with_apostrophes
from rag.text import analyse

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


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("delai dessai", "delai d'essai"),
        ("Lassemblée, cest quand", "L'assemblée, cest quand"),
        ("il faut quadherent", "il faut qu'adherent"),
        ("le dessai du directeur", "le d'essai du directeur"),
        ("une lettre de licence", "une lettre de licence"),
    ],
)
def test_a_lost_apostrophe_is_put_back_where_the_index_knows_the_word_behind_it(typed: str, meant: str) -> None:
    known = {*analyse("essai assemblée adhérent délai"), "letr"}
    assert with_apostrophes(typed, lambda term: int(term in known)) == meant


def test_a_word_that_the_index_knows_has_lost_no_apostrophe() -> None:
    known = set(analyse("dessin essin"))
    assert with_apostrophes("un dessin", lambda term: int(term in known)) == "un dessin"


@pytest.mark.parametrize(
    ("word", "meant"),
    [("coti", "coti"), ("prof", "professionnel"), ("pri", "pri"), ("wifi", "wifi")],
)
def test_a_word_cut_short_is_what_it_begins(word: str, meant: str) -> None:
    assert completed({word}, word, frequency, KNOWN) == meant


def test_what_lost_its_ending_only_is_not_cut_short() -> None:
    assert completed({"profe"}, "prof", frequency, KNOWN) == "prof"
