"""Numbers of a claim must stand in what it cites, however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.verify import numbers, objection
from tests.fakes import sentence


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("1 200,50 euros", {"1200.5"}),
        ("1\u202f200,50 €", {"1200.5"}),
        ("1\u00a0200.50", {"1200.5"}),
        ("1200.5", {"1200.5"}),
        ("12 345 678", {"12345678"}),
        ("120,00", {"120"}),
        ("007", {"7"}),
        ("0,50", {"0.5"}),
        ("0", {"0"}),
        ("article 44.2.1", {"44.2.1"}),
        ("L. 1234-5", {"1234", "5"}),
        ("le 31/12/2025", {"31", "12", "2025"}),
        ("trois pouvoirs", {"3"}),
        ("Seize ou DOUZE", {"16", "12"}),
        ("une personne, un membre", set()),
        ("dixième", set()),
        ("aucun nombre", set()),
        ("5 %", {"5"}),
        ("100mm", {"100"}),
    ],
)
def test_numbers_are_read_in_one_notation(text: str, stated: set[str]) -> None:
    assert numbers(text) == stated


@given(st.integers(0, 10**9))
def test_thousands_may_be_set_apart_or_not(value: int) -> None:
    apart = f"{value:,}".replace(",", "\u202f")
    assert numbers(f"soit {apart} euros") == numbers(f"soit {value} euros") == {str(value)}


def said(claim: str, *evidence: str) -> str:
    return objection(claim, [sentence(text) for text in evidence], "fr")


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("La cotisation est de 1200,50 euros.", "Elle s'élève à 1 200,50 €."),
        ("Il en faut trois.", "Nul ne détient plus de 3 pouvoirs."),
        ("Il en faut 3.", "Nul ne détient plus de trois pouvoirs."),
        ("Une seule personne suffit.", "Le président suffit."),
        ("Le délai court.", "Le délai est de 30 jours."),
    ],
)
def test_a_claim_whose_numbers_are_cited_stands(claim: str, evidence: str) -> None:
    assert said(claim, evidence) == ""


def test_numbers_may_come_from_several_sentences() -> None:
    assert said("De 10 à 20 euros.", "Au moins 10 euros.", "Au plus 20 euros.") == ""
    assert said("De 10 à 20 euros.", "Au moins 10 euros.") == "« 20 » ne figure pas dans le passage cité"


@pytest.mark.parametrize(
    ("claim", "evidence", "missing"),
    [
        ("La cotisation est de 130 euros.", "Elle est de 120 euros.", "130"),
        ("La cotisation est de 12 euros.", "Elle est de 120 euros.", "12"),
        ("La cotisation est de 1,5 euro.", "Elle est de 15 euros.", "1.5"),
        ("Il faut quatre pouvoirs.", "Il faut trois pouvoirs.", "4"),
        ("En 2025.", "En 2024.", "2025"),
    ],
)
def test_an_invented_number_is_named(claim: str, evidence: str, missing: str) -> None:
    assert said(claim, evidence) == f"« {missing} » ne figure pas dans le passage cité"


def test_a_claim_without_evidence_is_objected_to_in_the_reader_s_language() -> None:
    assert said("Le verre est trempé.") == "aucun passage cité"
    assert objection("Le verre est trempé.", [], "en") == "no passage cited"
    assert objection("En 2025.", [sentence("En 2024.")], "en") == "“2025” is not in the passage cited"
