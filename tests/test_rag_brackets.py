"""Amounts by bracket. Run: python -m pytest tests/test_rag_brackets.py"""

import pytest

from rag.brackets import amount_for
from rag.facts import read

HOURS = (
    "Le crédit est de 12 heures par mois de 50 à 150 salariés, de 18 heures de 151 à 1 499 salariés"
    " et de 24 heures au-delà."
)
RATES = "Moins de 11 salariés : 0,55 % ; de 11 à 49 salariés : 1 % ; 50 salariés et plus : 1,6 %."


@pytest.mark.parametrize(
    ("evidence", "claim", "amount"),
    [
        (HOURS, "Avec 50 salariés, le crédit est de 12 heures.", "12"),
        (HOURS, "Avec 1 200 salariés, le crédit est de 12 heures.", "18"),
        (HOURS, "À partir de 1 500 salariés, le crédit est de 24 heures.", "24"),
        (HOURS, "Avec 20 salariés, le crédit est de 12 heures.", None),
        (RATES, "Une entreprise de 10 salariés verse 1 %.", "0.55"),
        (RATES, "Une entreprise de 11 salariés verse 1 %.", "1"),
        (RATES, "Une entreprise de 300 salariés verse 1 %.", "1.6"),
        (RATES, "Le taux est de 1 %.", None),
        ("De 11 à 49 salariés, le taux est de 1 %.", "Avec 20 salariés, le taux est de 1 %.", None),
        ("De 1 à 5 ans : 1 %, 2 % ou 3 % ; au-delà : 4 %.", "Avec 3 salariés, le taux est de 1 %.", None),
    ],
)  # fmt: skip
def test_a_number_finds_the_amount_of_its_bracket(evidence: str, claim: str, amount: str | None) -> None:
    said = read(claim)
    claimed = next(quantity for quantity in said.quantities if quantity.unit)
    found = amount_for(said, claimed, read(evidence))
    assert (found.raw if found else None) == amount
