"""Example questions come from the corpus, in a member's words, and each is tried before it is offered."""

from pathlib import Path

import pytest

from rag.example_forms import from_heading, from_sentence
from rag.examples import Example, examples
from rag.scope import Scope
from rag.store import Generation
from tests.fakes import make_store

DOCUMENTS = {
    "statuts.pdf": ["Article 12 - Montant de la cotisation annuelle\nElle est de 120 euros."],
    "guide.pdf": ["3.2 Calage des vitrages isolants\nDes cales suffisent. Le calage des vitrages isolants se vérifie."],
    "sans-titre.pdf": ["Une phrase sans titre au-dessus d'elle."],
    "long.pdf": [f"{'Dispositions particulières ' * 5}\nElles sont longues."],
    "annexe.pdf": ["Annexe 2 : Durée de la garantie décennale\nElle court dix ans."],
}


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    return Generation(make_store(tmp_path_factory.mktemp("examples"), DOCUMENTS))


def _all(generation: Generation, count: int = 10, groups: frozenset[str] | None = None) -> tuple[str, ...]:
    return examples(generation, count, lambda _: True, groups)


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("La cotisation des membres actifs est de 185 € par an.",
         "À combien s’élève la cotisation des membres actifs ?"),
        ("Le jeu latéral entre le verre et la feuillure est de 3 mm.",
         "Quel est le jeu latéral entre le verre et la feuillure ?"),
        ("L'horaire de l'école est de 35 heures par semaine.", "Quel est l’horaire de l'école ?"),
        ("Le défaut de planéité est limité à 2 mm par mètre.", "À combien est limité le défaut de planéité ?"),
        ("Les cotisations annuelles s’élèvent à 389 400 €.", "À combien s’élèvent les cotisations annuelles ?"),
        ("Un vitrage isolant désigne deux verres et une lame d'air.", "Qu’est-ce qu’un vitrage isolant ?"),
        ("Tableau 3 – Taux horaires majorés en mars 2025 (€)", "Quels sont les taux horaires majorés en mars 2025 ?"),
        ("Le délai est de 8 jours.", ""),  # of what?
        ("Le reste de cette somme est de 3 €.", ""),
        ("La visite est de nouveau obligatoire.", ""),
        ("Elle est de 120 euros.", ""),
    ],
)  # fmt: skip
def test_a_sentence_that_states_something_becomes_its_question(sentence: str, question: str) -> None:
    assert from_sentence(sentence) == question


@pytest.mark.parametrize(
    ("heading", "text", "question"),
    [
        ("2.4 Coût de la formation", "", "Quel est le coût de la formation ?"),
        ("Article 7 - Obligations des membres", "", "Quelles sont les obligations des membres ?"),
        ("1.1 Comment se lit le minimum", "", "Comment se lit le minimum ?"),
        ("4. Véhicule personnel", "L'usage du véhicule personnel suppose une autorisation.",
         "Quelles sont les règles pour le véhicule personnel ?"),
        ("4. Véhicule personnel", "Il faut une autorisation.", ""),
        ("2. Durée et litiges", "", ""),
        ("Composition Ug g (%) TL", "", ""),
        ("Sommaire", "", ""),
        ("Horaires", "", ""),
    ],
)  # fmt: skip
def test_a_heading_becomes_a_question_where_it_is_one_s(heading: str, text: str, question: str) -> None:
    assert from_heading(heading, text) == question


def test_each_document_is_asked_about_in_words_of_its_own(generation: Generation) -> None:
    assert set(_all(generation)) == {
        "Quel est le montant de la cotisation annuelle ?",
        "Quelles sont les règles pour le calage des vitrages isolants ?",
        "Quelle est la durée de la garantie décennale ?",
    }
    for count in (1, 2, 3):
        assert len(set(_all(generation, count))) == count
    assert _all(generation) == _all(generation)


def test_a_question_that_the_index_does_not_answer_is_not_offered(generation: Generation) -> None:
    tried: list[Example] = []

    def answered(example: Example) -> bool:
        tried.append(example)
        return "décennale" not in example.question

    found = examples(generation, 3, answered)
    assert len(tried) == 3 and len(found) == 2 and not any("décennale" in question for question in found)


def test_headings_of_a_group_are_shown_to_its_members_alone(tmp_path: Path) -> None:
    documents = {**DOCUMENTS, "bureau/notes.pdf": ["2.1 Motifs du licenciement du directeur\nIl est envisagé."]}
    generation = Generation(make_store(tmp_path, documents))
    for groups, seen in ((None, True), (frozenset({"bureau"}), True), (frozenset({"autre"}), False)):
        assert ("licenciement" in " ".join(_all(generation, 10, groups))) is seen
        assert "cotisation" in " ".join(_all(generation, 10, groups))


def test_within_a_document_they_are_about_it(generation: Generation) -> None:
    found = examples(generation, 3, lambda _: True, None, Scope("annexe.pdf"))
    assert found == ("Quelle est la durée de la garantie décennale ?",)


def test_an_empty_generation_gives_none(tmp_path: Path) -> None:
    assert _all(Generation(make_store(tmp_path, {}))) == ()
