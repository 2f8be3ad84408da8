"""What a sentence is worth as an answer, and with what it is read."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from rag import select
from rag.extracts import extracts
from rag.ports import Vectors
from rag.retrieve import retrieve
from rag.select import Evidence, weigh
from rag.store import Generation
from rag.wish import WHO
from tests.fakes import WordEmbedder, make_store

DOCUMENTS = {
    "statuts.pdf": [
        "Montant de la cotisation annuelle\n"
        "La cotisation annuelle est de 120 euros.\n"
        "Elle est due en janvier de chaque année.\n"
        "Très bien.\n"
        "Soit 10 euros.",
        "Le quorum est du quart des membres présents.",
    ],
    "guide.pdf": ["guide\nLe vitrage est calé avec des cales de bois."],
}
QUESTION = "Quel est le montant de la cotisation annuelle ?"


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    return Generation(make_store(tmp_path_factory.mktemp("select"), DOCUMENTS))


@pytest.fixture(scope="module")
def evidence(generation: Generation) -> tuple[Evidence, ...]:
    embedder = WordEmbedder()
    return weigh(QUESTION, retrieve(QUESTION, generation, embedder, 10), generation, embedder)


def texts(evidence: tuple[Evidence, ...]) -> list[str]:
    return [item.sentence.text for item in evidence]


def test_headings_titles_and_fragments_are_never_evidence(evidence: tuple[Evidence, ...]) -> None:
    assert "Montant de la cotisation annuelle" not in texts(evidence)
    assert "guide" not in texts(evidence)
    assert "Très bien." not in texts(evidence)


def test_a_short_sentence_with_a_figure_may_answer(evidence: tuple[Evidence, ...]) -> None:
    assert "Soit 10 euros." in texts(evidence)


def test_the_sentence_that_says_it_is_worth_most(evidence: tuple[Evidence, ...]) -> None:
    best = max(evidence, key=lambda item: item.worth)
    assert best.sentence.text == "La cotisation annuelle est de 120 euros."
    assert all(-0.1 <= item.worth <= 3.4 for item in evidence)


def test_evidence_comes_in_reading_order_best_passage_first(evidence: tuple[Evidence, ...]) -> None:
    assert texts(evidence)[:2] == [
        "La cotisation annuelle est de 120 euros.",
        "Elle est due en janvier de chaque année.",
    ]
    assert [item.rank for item in evidence] == sorted(item.rank for item in evidence)


def test_no_passages_give_no_evidence(generation: Generation) -> None:
    assert weigh(QUESTION, (), generation, WordEmbedder()) == ()
    assert extracts(()) == ()


def test_an_item_is_read_and_shown_with_what_leads_it_in(tmp_path: Path) -> None:
    pages = [
        "La prime de panier est versée :\n- aux ouvriers de chantier.\n- aux apprentis majeurs.\nLe reste suit bientôt."
    ]
    generation = Generation(make_store(tmp_path, {"prime.pdf": pages}))
    question = "Qui a la prime de panier ?"
    evidence = weigh(question, retrieve(question, generation, WordEmbedder(), 1), generation, WordEmbedder())
    leads = {item.sentence.text: item.lead.text for item in evidence if item.lead}
    assert leads == dict.fromkeys(["- aux ouvriers de chantier.", "- aux apprentis majeurs."], pages[0].split("\n")[0])
    assert [item.text for item in extracts(evidence)][:2] == pages[0].split("\n")[:2]


def test_a_row_is_read_and_shown_with_its_head_row(tmp_path: Path) -> None:
    pages = ["Barème de 2025.\nCatégorie Prime annuelle\nC3 110\nC4 220\nC5 330"]
    generation = Generation(make_store(tmp_path, {"grille.pdf": pages}))
    question = "Quelle prime annuelle pour la catégorie C4 ?"
    evidence = weigh(question, retrieve(question, generation, WordEmbedder(), 1), generation, WordEmbedder())
    best = max(evidence, key=lambda item: item.worth)
    assert best.sentence.text == "C4 220"
    assert best.label == "Catégorie Prime annuelle"
    assert [item.text for item in extracts(evidence)][:1] == ["Catégorie Prime annuelle : C4 220"]


def test_the_row_whose_range_holds_the_number_asked_about_is_the_one(tmp_path: Path) -> None:
    pages = ["Barème de 2025.\nZone Distance Trajet\n1 de 10 à 20 km 3,90\n2 de 20 à 30 km 5,55\n3 de 30 à 40 km 7,30"]
    generation = Generation(make_store(tmp_path, {"trajet.pdf": pages}))
    question = "Chantier à 25 km, quel trajet ?"
    evidence = weigh(question, retrieve(question, generation, WordEmbedder(), 1), generation, WordEmbedder())
    assert [item.text for item in extracts(evidence)] == ["Zone Distance Trajet : 2 de 20 à 30 km 5,55"]


def test_a_sentence_with_a_figure_is_preferred_when_one_is_asked_for(tmp_path: Path) -> None:
    pages = ["Le recours est rappelé ici à tous.\nUn recours se fait sous trente jours."]
    generation = Generation(make_store(tmp_path, {"recours.pdf": pages}))
    question = "Recours : dans quel délai ?"
    evidence = weigh(question, retrieve(question, generation, WordEmbedder(), 1), generation, WordEmbedder())
    without, with_figure = sorted(evidence, key=lambda item: item.sentence.start)
    assert with_figure.worth > without.worth


def test_who_does_something_is_preferred_when_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = ["Le vote a lieu à main levée.\nSeuls les membres à jour prennent part au vote."]
    generation = Generation(make_store(tmp_path, {"statuts.pdf": pages}))
    question = "Qui prend part au vote ?"
    found = retrieve(question, generation, WordEmbedder(), 1)
    how, who = weigh(question, found, generation, WordEmbedder())
    monkeypatch.setattr("rag.wish.WHO", 0.0)
    how_before, who_before = weigh(question, found, generation, WordEmbedder())
    assert how == how_before
    assert who.worth == pytest.approx(who_before.worth + WHO)


PAGE = (
    "Notes de frais des bénévoles.\nLes notes de frais des bénévoles vont au trésorier.\f"
    "Le trésorier les règle sous 24 heures.\nLe chat dort.\f"
    "Recette de la soupe."
)


@pytest.fixture
def paged(tmp_path: Path) -> Generation:
    return Generation(make_store(tmp_path, {"frais.pdf": [PAGE, "Le trésorier est élu pour trois ans."]}))


def test_what_else_stands_on_the_page_of_a_passage_is_read_for_less(
    paged: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "Sous combien de temps le trésorier règle-t-il les notes de frais ?"
    [passage, *_] = retrieve(question, paged, WordEmbedder(), 3)
    assert passage.chunk.text.startswith("Notes")
    evidence = weigh(question, [passage], paged, WordEmbedder())
    beside = next(item for item in evidence if "24 heures" in item.sentence.text)
    assert beside.rank == 0 and beside.sentence.page == passage.chunk.page
    assert "élu" not in " ".join(texts(evidence))
    assert extracts(evidence)[0].sentence == beside.sentence
    monkeypatch.setattr(select, "BESIDE", 0.0)
    again = weigh(question, [passage], paged, WordEmbedder())
    assert next(item.worth for item in again if item.sentence == beside.sentence) == pytest.approx(beside.worth + 0.15)


def test_what_cannot_be_worth_showing_beside_a_passage_costs_no_vector(paged: Generation) -> None:
    question = "Où vont les notes de frais des bénévoles ?"
    [passage, *_] = retrieve(question, paged, WordEmbedder(), 3)
    embedder = WordEmbedder()
    seen: list[str] = []

    class Watched(WordEmbedder):
        def embed_passages(self, texts: Sequence[str]) -> Vectors:
            seen.extend(texts)
            return embedder.embed_passages(texts)

    weigh(question, [passage], paged, Watched())
    assert any("vont au trésorier" in text for text in seen)
    assert not any("soupe" in text for text in seen)


@pytest.mark.parametrize("question", ["donnée publique définition", "ça veut dire quoi, donnée publique ?"])
def test_an_entry_of_a_glossary_for_the_very_thing_is_worth_most(tmp_path: Path, question: str) -> None:
    pages = [
        "Un lexique des mots de la région cite la définition d'une donnée publique parmi bien d'autres.",
        "- Donnée publique : forme d'une information.\n- Donnée publique locale : celle d'une commune.",
    ]
    generation = Generation(make_store(tmp_path, {"guide.pdf": pages}))
    evidence = weigh(question, retrieve(question, generation, WordEmbedder(), 5), generation, WordEmbedder())
    best = max(evidence, key=lambda item: item.worth)
    assert best.sentence.text == "- Donnée publique : forme d'une information."
