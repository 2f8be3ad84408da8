"""Dates and numbers in titles, file names and questions. Run: python -m pytest tests/test_rag_marks.py"""

import pytest

from rag.marks import Numbers, dates, marks, parsed, written


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Grille des salaires 2025", [(2025,)]),
        ("Grille au 1er mars 2025", [(2025, 3, 1)]),
        ("Pay scale, March 3, 2025", [(2025, 3, 3)]),
        ("Pay scale of 3rd March 2025", [(2025, 3, 3)]),
        ("tarif_janvier_2025", [(2025, 1)]),
        ("Tarif au 03/02/2025", [(2025, 2, 3)]),
        ("notice 12.2024", [(2024, 12)]),
        ("circulaire-2024-03-deplacements", [(2024, 3)]),
        ("grille_20240315", [(2024, 3, 15)]),
        ("RGAA-3-2016-Introduction", [(2016,)]),
        ("salaires2024", [(2024,)]),
        ("Rapport 2023-24", [(2023,)]),
        ("Bilan 2019-2024", [(2019,), (2024,)]),
        ("une prime de 2000 euros", []),
        ("coefficient 185", []),
        ("IDCC 2098", [(2098,)]),  # only `marks` knows that this is no year
    ],
)
def test_dates_are_read_as_they_are_written(text: str, found: list[Numbers]) -> None:
    assert [dated.date for dated in dates(text)] == found


@pytest.mark.parametrize(
    ("text", "serials", "versions"),
    [
        ("Avenant n° 12 du 3 mars 2025", [(12,)], []),
        ("avenant-14-prime", [(14,)], []),
        ("Circulaire sociale n° 2025-02", [(2,)], []),
        ("Circulaire n° 02/2025", [(2,)], []),
        ("notice_V3", [], [(3,)]),
        ("Guide version 1.10", [], [(1, 10)]),
        ("Guide, 3e édition", [], [(3,)]),
        ("Guide, deuxième édition", [], [(2,)]),
        ("Plan indice B", [], [(2,)]),
        ("Annexe n° 2, lot 3", [], []),
        ("Vis 12", [], []),
    ],
)
def test_numbers_and_versions_are_told_apart(text: str, serials: list[Numbers], versions: list[Numbers]) -> None:
    said = marks(text)
    assert (list(said.serials), list(said.versions)) == (serials, versions)


def test_the_number_of_another_document_is_part_of_what_it_is() -> None:
    said = marks("Annexe n° 2 à la convention IDCC 2098, loi n° 2018-771")
    assert said.parts == {"annexe 2", "idcc 2098", "loi 2018-771"}
    assert said.dates == ()


@pytest.mark.parametrize(
    ("text", "state", "rest"),
    [
        ("statuts_final", 1, "statuts"),
        ("Statuts (projet)", -1, "statuts"),
        ("Projet de statuts", 0, "projet de statuts"),
    ],
)
def test_a_draft_says_so_at_its_end(text: str, state: int, rest: str) -> None:
    said = marks(text)
    assert (said.state, said.rest.strip()) == (state, rest)


@pytest.mark.parametrize("numbers", [(), (2025,), (2025, 3), (2025, 3, 1), (12,), (1, 10)])
def test_what_is_written_can_be_read_again(numbers: Numbers) -> None:
    assert parsed(written(numbers)) == numbers
