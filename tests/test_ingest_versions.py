"""Which files are versions of one document. Run: python -m pytest tests/test_ingest_versions.py"""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from ingest.versions import find
from rag.types import Edition, Source

SCALE = (
    "Les salaires minimaux des ouvriers de la branche sont fixés comme il suit pour trente-cinq heures par semaine."
    " Coefficient 185 ouvrier professionnel {a} euros. Coefficient 210 compagnon professionnel {b} euros."
    " L'ouvrier absent sans motif perd la prime du mois et la prime d'outillage est versée sur inventaire signé."
)
OLD, NEW = SCALE.format(a="1 866,20", b="1 989,10"), SCALE.format(a="1 908,70", b="2 034,90")
OTHER = (
    "Le conseil élit parmi ses membres un président et deux vice-présidents à la majorité absolue des suffrages"
    " exprimés. Le trésorier présente chaque année les comptes à l'assemblée, qui en donne quitus après lecture."
)


def editions(files: Mapping[str, tuple[str, str]]) -> tuple[Edition, ...]:
    """Return the versions among files of one page: path to title and text."""
    return find([Source(path, path, title) for path, (title, _) in files.items()], lambda path: [files[path][1]])


def titled(*titles: str) -> dict[str, tuple[str, str]]:
    """Return files of the given titles, older first, whose names say nothing."""
    return {f"{chr(122 - place) * 5}.pdf": (title, (OLD, NEW)[place % 2]) for place, title in enumerate(titles)}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("Grille des salaires 2024", "Grille des salaires 2025"),
        ("Grille des salaires au 1er février 2024", "Grille des salaires au 1er mars 2025"),
        ("Grille salaires – mars 2024", "Grille des salaires, mise à jour avril 2024"),
        ("Grille des salaires (édition 2024)", "Grille des salaires, édition 2025"),
        ("Grille des salaires 2024-02", "Grille des salaires 2024-10"),
        ("Grille des salaires au 01/02/2024", "Grille des salaires au 15/02/2024"),
        ("Avenant n° 9 relatif aux salaires", "Avenant n° 12 relatif aux salaires"),
        ("Avenant n° 12 du 3 mars 2023 relatif aux salaires", "Avenant n° 2 du 4 mars 2024 relatif aux salaires"),
        ("Circulaire n° 2024-03 – Salaires", "Circulaire n° 2025-02 – Salaires"),
        ("Guide des salaires v1", "Guide des salaires v2"),
        ("Guide des salaires version 1.9", "Guide des salaires version 1.10"),
        ("Guide des salaires, 2e édition", "Guide des salaires, 3e édition"),
        ("Guide des salaires 2024 v1", "Guide des salaires 2024 v2"),
        ("Guide des salaires indice A", "Guide des salaires indice B"),
        ("Salaires (projet)", "Salaires"),
        ("Salaires", "Salaires (définitif)"),
        ("Pay scale, March 3, 2024", "Pay scale as of 1 April 2024"),
        ("Pay scale, first edition", "Pay scale, second edition"),
        ("Salaires 2023-2024", "Salaires 2024-2025"),
        ("Convention du 14 janvier 2000, mise à jour 2023", "Convention du 14 janvier 2000, mise à jour 2024"),
        ("IDCC 2098 – salaires 2024", "IDCC 2098 – salaires 2025"),
    ],
)
def test_a_title_with_another_date_or_number_is_a_newer_version(older: str, newer: str) -> None:
    found = editions(titled(older, newer))
    assert [(edition.source.title, edition.rank) for edition in found] == [(older, 0), (newer, 1)]
    assert {edition.place for edition in found} <= {"title", ""}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Grille des salaires 2024", "Grille des primes 2025"),
        ("Annexe 1 – salaires 2024", "Annexe 2 – salaires 2024"),
        ("Annexe I – salaires", "Annexe II – salaires"),
        ("Lot n° 1 – salaires", "Lot n° 2 – salaires"),
        ("IDCC 2098 – salaires", "IDCC 1486 – salaires"),
        ("Salaires des ouvriers 2024", "Salaires des cadres 2024"),
        ("Salaires 1er trimestre 2024", "Salaires 2e trimestre 2024"),
        ("Procès-verbal du 3 mars 2025", "Procès-verbal du 7 avril 2025"),
        ("Compte rendu du bureau – mars 2025", "Compte rendu du bureau – avril 2025"),
        ("Facture n° 12", "Facture n° 13"),
        ("2024", "2025"),
    ],
)
def test_another_subject_is_no_version_however_alike_the_texts(one: str, other: str) -> None:
    assert editions(titled(one, other)) == ()


def test_a_title_is_not_enough() -> None:
    assert editions({"a.pdf": ("Circulaire n° 2024-01", OLD), "b.pdf": ("Circulaire n° 2024-02", OTHER)}) == ()


def test_files_without_words_are_no_versions() -> None:
    assert editions({"a.pdf": ("Grille 2024", "12,5 13"), "b.pdf": ("Grille 2025", "14 15")}) == ()


def test_the_file_name_does_when_the_title_says_nothing() -> None:
    found = editions({"grille_2025.pdf": ("Accord", NEW), "vieux/grille_2024.pdf": ("Accord", OLD)})
    assert [(e.source.path, e.rank, e.date, e.place) for e in found] == [
        ("vieux/grille_2024.pdf", 0, "2024", "name"),
        ("grille_2025.pdf", 1, "2025", "name"),
    ]


def test_the_first_page_does_when_title_and_name_say_nothing() -> None:
    old = f"Paris, le 2 juin 2025. Montants applicables au 1er février 2024. {OLD}"
    new = f"Montants applicables à compter du 1er mars 2025, qui remplacent ceux du 1er février 2024. {NEW}"
    found = editions({"a.pdf": ("Accord de salaires", new), "b.pdf": ("Accord de salaires", old)})
    assert [(e.source.path, e.rank, e.date, e.place) for e in found] == [
        ("b.pdf", 0, "2024-02-01", "page"),
        ("a.pdf", 1, "2025-03-01", "page"),
    ]


def test_the_first_page_tells_the_day_of_the_year_in_the_title() -> None:
    page = "Applicable à compter du 1er mars 2025. "
    found = editions({"a.pdf": ("Grille 2024", f"Le 2 mai 2024. {OLD}"), "b.pdf": ("Grille 2025", page + NEW)})
    assert [edition.date for edition in found] == ["2024-05-02", "2025-03-01"]


def test_versions_of_unknown_order_share_a_rank() -> None:
    found = editions({"a.pdf": ("Grille", OLD), "a (1).pdf": ("Grille", NEW), "b.pdf": ("Grille", f"{NEW} Fin.")})
    assert {edition.rank for edition in found} == {0} and len(found) == 3


@pytest.mark.parametrize("bare", ["Accord salaires", "Convention du 14 janvier 2000, accord salaires"])
def test_one_file_without_a_date_leaves_the_others_in_order(bare: str) -> None:
    found = editions(titled(f"{bare} 2024", bare, f"{bare} 2025"))
    assert [(edition.source.title, edition.rank, edition.date) for edition in found] == [
        (bare, -1, ""), (f"{bare} 2024", 0, "2024"), (f"{bare} 2025", 1, "2025"),
    ]  # fmt: skip


def test_one_date_among_files_without_one_orders_nothing() -> None:
    assert [edition.rank for edition in editions(titled("Grille", "Grille", "Grille 2024"))] == [0, 0, 0]


def test_a_year_and_a_month_of_it_are_not_put_in_order() -> None:
    assert [edition.rank for edition in editions(titled("Grille salaires 2024", "Grille salaires 2024-07"))] == [0, 0]


def test_several_versions_are_put_in_order() -> None:
    found = editions(titled("Grille 2023", "Grille 2024", "Grille 2025 v1", "Grille 2025 v2"))
    assert [(edition.source.title, edition.rank) for edition in found] == [
        ("Grille 2023", 0), ("Grille 2024", 1), ("Grille 2025 v1", 2), ("Grille 2025 v2", 3),
    ]  # fmt: skip


def test_the_same_bytes_in_two_reading_groups_are_no_versions() -> None:
    sources = [Source("a/grille-2024.pdf", "one", "Grille"), Source("b/grille-2025.pdf", "one", "Grille")]
    assert find(sources, lambda _: [OLD]) == ()


def test_the_order_of_the_files_does_not_matter() -> None:
    files = titled("Grille 2023", "Grille 2024", "Statuts v1", "Statuts v2")
    assert editions(files) == editions(dict(reversed(files.items())))
    assert [edition.family for edition in editions(files)] == [0, 0, 1, 1]


def test_ten_thousand_files_take_seconds() -> None:
    sources = [Source(f"grille-{i}.pdf", str(i), f"Grille {'abcdefgh'[i % 8]}{i // 16} {2024 + i // 8 % 2}")
               for i in range(10_000)]  # fmt: skip
    began = time.process_time()
    found = find(sources, lambda _: [OLD])
    assert len(found) == 10_000
    assert time.process_time() - began < 20  # 4 s where nothing else runs
