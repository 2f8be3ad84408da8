"""The numbers that French texts state. Run: python -m pytest tests/test_rag_numbers.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.numbers import readings, stated


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1 200,50 euros", ["1200.5"]),
        ("1\u202f200,50 €", ["1200.5"]),
        ("1200.50 €", ["1200.5"]),
        ("12 345 678", ["12345678"]),
        ("120,00", ["120"]),
        ("007", ["7"]),
        ("0,50", ["0.5"]),
        ("article 44.2.1", ["44.2.1"]),
        ("44.2", ["44.2"]),
        ("44.20", ["44.20"]),
        ("L. 1234-5", ["1234", "5"]),
        ("le 31/12/2025", ["31", "12", "2025"]),
        ("En 2024 100 membres", ["2024", "100"]),
        ("150 Compagnon 1 823,50", ["150", "1823.5"]),
        ("150 1 823,50", ["150", "1823.5"]),
        ("trois pouvoirs", ["3"]),
        ("Seize, puis DOUZE", ["16", "12"]),
        ("vingt-deux", ["22"]),
        ("dix-sept", ["17"]),
        ("vingt et un", ["21"]),
        ("soixante et onze", ["71"]),
        ("quatre-vingt-dix-neuf", ["99"]),
        ("deux cent trente", ["230"]),
        ("deux mille vingt-cinq", ["2025"]),
        ("vingt pour cent", ["20"]),
        ("quarante-cinq et trois", ["45", "3"]),
        ("une personne, un vitrage neuf", []),
        ("dixième", []),
        ("100mm", ["100"]),
        ("aucun nombre", []),
        ("jusqu'à -5 °C", ["-5"]),
        ("\u22125 %", ["-5"]),
        ("une évolution (-1,5 %)", ["-1.5"]),
        ("de -10 à -5 °C", ["-10", "-5"]),
        ("moins 5 °C, moins cinq degrés", ["-5", "-5"]),
        ("-5 cales", ["5"]),
        ("- 5 % du salaire", ["5"]),
        ("de 3-5 %, 3 -5 %, 3 % -5 %", ["3", "5", "3", "5", "3", "5"]),
        ("+/-5 %, au moins 5 %, plus ou moins 5 %", ["5", "5", "5"]),
        ("une baisse de -5 %", ["5"]),
    ],
)
def test_a_claim_is_read_strictly(text: str, values: list[str]) -> None:
    assert [number.value for number in stated(text)] == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("150 170 812 900", "812"),
        ("150 170 812 900", "150170812900"),
        ("le premier vitrage", "1"),
        ("la deuxième année", "2"),
        ("le 12 mai 2024", "5"),
        ("un membre", "1"),
        ("neuf jours", "9"),
        ("1 200,50", "1200.50"),
    ],
)
def test_evidence_is_read_generously(text: str, value: str) -> None:
    assert value in readings(text)


@given(st.integers(0, 10**9))
def test_thousands_may_be_set_apart_or_not(value: int) -> None:
    apart = f"{value:,}".replace(",", "\u202f")
    assert [n.value for n in stated(f"soit {apart} euros")] == [n.value for n in stated(f"soit {value} euros")]


@given(st.text())
def test_what_a_text_states_stands_among_its_own_readings(text: str) -> None:
    known = readings(text)
    for number in stated(text):
        assert number.value in known
