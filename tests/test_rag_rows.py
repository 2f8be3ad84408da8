"""Numbers of tables: row and column. Run: python -m pytest tests/test_rag_rows.py"""

from dataclasses import replace

import pytest

from rag.facts import read
from rag.rows import Elsewhere, shown, verdict
from rag.verify import check
from tests.fakes import page_ref, sentence

PAGE = page_ref(title="-")
SCALE = [
    f"Salaires minima (€) – Catégorie : {name} ; Mensuel : {month} ; Annuel : {year} ; Après 15 ans : {old}"
    for name, month, year, old in (
        ("E7", "1 505", "18 060", "1 610"), ("E8", "1 540", "18 480", "1 650"), ("AM2", "1 720", "20 640", "1 840"),
    )
]  # fmt: skip
POSTS = [
    "Coefficient : 170 ; Emploi : Manœuvre ; Horaire : 12,25",
    "Coefficient : 230 ; Emploi : Compagnon ; Horaire : 14,30",
]


@pytest.mark.parametrize(
    ("rows", "claim", "number", "expected"),
    [
        (SCALE, "Un E8 touche 1 540 € par mois.", "1540", "fits"),
        (SCALE, "Un E8 touche 1 505 € par mois.", "1505", Elsewhere("1 540")),
        (SCALE, "Un AM2 touche 1 720 € par an.", "1720", Elsewhere("20 640")),
        (SCALE, "Un E7 touche 18 060 € par an.", "18060", "fits"),
        (SCALE, "Après quinze ans, un E7 est à 1 610 €.", "1610", "fits"),
        (SCALE, "Après quinze ans, un E7 est à 1 505 €.", "1505", Elsewhere("1 610")),
        (SCALE, "Le minimum est de 1 505 €.", "1505", ""),
        (SCALE, "Le minimum d'un E8 est de 999 €.", "999", ""),
        (POSTS, "Au coefficient 230, l'heure est payée 14,30 €.", "14.3", "fits"),
        (POSTS, "Au coefficient 230, l'heure est payée 12,25 €.", "12.25", Elsewhere("14,30")),
        (["Le minimum est de 1 505 €."], "Le minimum est de 1 505 €.", "1505", ""),
    ],
)  # fmt: skip
def test_a_number_is_that_of_the_row_and_column_named(
    rows: list[str], claim: str, number: str, expected: object
) -> None:
    said = read(claim)
    claimed = next(it for it in said.quantities if it.raw == number)
    assert verdict(said, claimed, [read(row) for row in rows]) == expected


def test_a_row_is_checked_as_it_is_shown() -> None:
    cells = ("Catégorie", "E8"), ("Mensuel", "1 540"), ("Annuel", "18 480")
    row = replace(sentence("E8 1 540 18 480", PAGE), cells=cells)
    assert shown(row) == "Catégorie : E8 ; Mensuel : 1 540 ; Annuel : 18 480"
    assert check("Un E8 gagne 18 480 € par an.", [row], "combien gagne un E8 ?") is None
    found = check("Un E8 gagne 1 540 € par an.", [row], "combien gagne un E8 ?")
    assert found is not None and (found.kind, found.found) == ("subject", "18 480")
