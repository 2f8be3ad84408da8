"""Example questions come from the corpus: one a document, about a heading, in whole words."""

from pathlib import Path

import pytest

from rag.examples import examples
from rag.store import Generation
from tests.fakes import make_store

DOCUMENTS = {
    "statuts.pdf": ["Article 12 - Montant de la cotisation annuelle\nElle est de 120 euros."],
    "guide.pdf": ["3.2 Calage des vitrages isolants\nDes cales de bois suffisent."],
    "sans-titre.pdf": ["Une phrase sans titre au-dessus d'elle."],
    "long.pdf": [f"{'Dispositions particulières ' * 5}\nElles sont longues."],
    "annexe.pdf": ["Annexe 2 : Garantie décennale obligatoire\nElle court dix ans."],
}


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    return Generation(make_store(tmp_path_factory.mktemp("examples"), DOCUMENTS))


def test_examples_are_about_headings_without_their_numbers(generation: Generation) -> None:
    questions = " ".join(examples(generation, 3))
    for subject in ("ontant de la cotisation annuelle", "alage des vitrages isolants", "arantie décennale obligatoire"):
        assert subject in questions
    for numbering in ("Article 12", "3.2", "Annexe 2"):
        assert numbering not in questions


def test_no_more_than_asked_for_and_none_twice(generation: Generation) -> None:
    for count in (1, 2, 3, 10):
        found = examples(generation, count)
        assert len(found) == min(count, 3) == len(set(found))


def test_headings_of_a_group_are_shown_to_its_members_alone(tmp_path: Path) -> None:
    documents = {**DOCUMENTS, "bureau/notes.pdf": ["2.1 Licenciement du directeur adjoint\nIl est envisagé."]}
    generation = Generation(make_store(tmp_path, documents))
    for groups, seen in ((None, True), (frozenset({"bureau"}), True), (frozenset({"autre"}), False)):
        assert ("icenciement" in " ".join(examples(generation, 10, groups))) is seen
        assert "cotisation" in " ".join(examples(generation, 10, groups))


def test_they_are_the_same_each_time(generation: Generation) -> None:
    assert examples(generation, 3) == examples(generation, 3)


def test_a_document_without_a_fit_heading_gives_none(generation: Generation) -> None:
    assert not any("particulières" in question or "sans titre" in question for question in examples(generation, 10))


def test_an_empty_generation_gives_none(tmp_path: Path) -> None:
    assert examples(Generation(make_store(tmp_path, {})), 3) == ()
