"""What differs between two documents, and how their sentences are laid side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.align import align, words
from rag.differences import Differences, differences
from rag.store import Generation
from tests.fakes import make_store

OLD = [
    "Article 1 Objet\nLa fédération défend les vitriers et les miroitiers du ressort.\nElle publie un guide par an.",
    "Article 2 Cotisation\nLa cotisation annuelle est de 80 euros.\nElle est due le 31 mars 2019.\n"
    "Le retard coûte 5 % par mois entamé.",
    "Article 3 Bureau\nLe bureau se réunit tous les deux mois au siège.\nUn procès-verbal est envoyé aux membres.",
]
NEW = [
    "Article 1 Objet\nLa fédération défend les vitriers et les miroitiers du ressort.",
    "Article 2 Bureau\nLe bureau se réunit tous les deux mois au siège. Un procès-verbal est envoyé aux membres.",
    "Article 3 Cotisation\nLa cotisation annuelle est de 95 euros.\nElle est due le 30 avril 2023.\n"
    "Le retard coûte 5 % par mois entamé.",
    "Article 4 Médiation\nTout litige est d'abord porté devant un médiateur choisi par le bureau.",
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Differences:
    folder: Path = make_store(
        tmp_path_factory.mktemp("two"), {"statuts-2019.pdf": OLD, "statuts-2023.pdf": NEW, "autre.pdf": ["Rien."]}
    )
    generation = Generation(folder)
    try:
        return differences(generation, "statuts-2019.pdf", "statuts-2023.pdf")
    finally:
        generation.close()


def _texts(found: Differences, kind: str) -> list[tuple[str, str]]:
    return [
        (change.old.text if change.old else "", change.new.text if change.new else "")
        for change in found.changes
        if change.kind == kind
    ]


def test_changed_figures_are_named_with_what_they_were(found: Differences) -> None:
    figures = [figure for change in found.changes for figure in change.figures]
    assert {(figure.kind, figure.old, figure.new) for figure in figures} == {
        ("amount", "80 euros", "95 euros"),
        ("date", "31 mars 2019", "30 avril 2023"),
    }
    assert found.figures == {"amount": 1, "date": 1}
    change = next(change for change in found.changes if change.kind == "changed" and change.figures)
    assert [run.text for run in change.old_runs if run.changed] == ["80"]
    assert [run.text for run in change.new_runs if run.changed] == ["95"]
    assert "".join(run.text for run in change.new_runs).replace(" ", "") == change.new.text.replace(" ", "")  # type: ignore[union-attr]


def test_what_is_only_in_one_is_added_or_removed(found: Differences) -> None:
    assert _texts(found, "removed") == [("Elle publie un guide par an.", "")]
    assert _texts(found, "added") == [
        ("", "Article 4 Médiation"),
        ("", "Tout litige est d'abord porté devant un médiateur choisi par le bureau."),
    ]
    assert found.count("added", heading=True) == 1 and found.count("removed", heading=True) == 0


def test_what_moved_or_was_only_cut_otherwise_is_neither_added_nor_removed(found: Differences) -> None:
    everything = " ".join(old + new for kind in ("added", "removed", "changed") for old, new in _texts(found, kind))
    assert "se réunit" not in everything and "procès-verbal" not in everything and "retard" not in everything


def test_the_model_is_shown_both_sides_of_what_changed(found: Differences) -> None:
    shown = [sentence.text for sentence in found.telling()]
    assert shown.index("La cotisation annuelle est de 80 euros.") + 1 == shown.index(
        "La cotisation annuelle est de 95 euros."
    )


def test_each_sentence_of_both_is_in_one_pair_and_the_new_ones_keep_their_order() -> None:
    old = [words(text) for text in ("un deux trois quatre", "cinq six sept huit", "neuf dix onze douze", "a", "b")]
    new = [words(text) for text in ("neuf dix onze douze", "un deux trois 4", "treize", "cinq six sept huit", "b")]
    pairs = align(old, new)
    assert [pair.new for pair in pairs if pair.new is not None] == [0, 1, 2, 3, 4]
    assert sorted(pair.old for pair in pairs if pair.old is not None) == [0, 1, 2, 3, 4]
    assert [(pair.old, pair.new) for pair in pairs if pair.moved] == [(2, 0)]
    assert (0, 1) in [(pair.old, pair.new) for pair in pairs if not pair.equal]


def test_a_number_before_a_heading_does_not_make_it_another() -> None:
    assert words("Article 4 – Cotisation") == words("5. Cotisation") == words("cotisation") == ("cotisation",)
    assert words("évolution du RGAA14") == words("évolution du RGAA15") and words("L’ action") == words("L'action")
    assert words("12") == ("12",) and words("10,70 €") == ("10,70", "€")
