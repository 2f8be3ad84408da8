"""What a page break cuts in two is read whole: lists and sentences; and nothing else is."""

from dataclasses import replace

import pytest

from rag.continuation import following, preceding
from rag.extracts import LISTED, MOST_GROUPS, MOST_ITEMS, extracts
from rag.retrieve import retrieve
from rag.select import Evidence, weigh
from rag.store import Generation
from rag.wish import asks_several
from tests.fakes import WordEmbedder, make_store, sentence

QUESTION = "Quelles pièces faut-il pour le dossier de demande ?"
DOCUMENTS = {
    "aide.pdf": [
        "Aide.\nLe dossier de demande comprend ces pièces :\n- un formulaire signé ;\n- une photo ;",
        "- un justificatif de domicile.\nLe bureau répond.",
        "Le bureau se réunit en mai.",
    ],
    "grille.pdf": ["Salaires.\n230 Compagnon 2 168 14", "250 Maître 2 312 15\nVoilà.", "Coupé en,", "deux parties."],
    "phrase.pdf": ["Le délai court à compter de la", "notification de la décision.", "Fin.", "rien de plus."],
}


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    return Generation(make_store(tmp_path_factory.mktemp("continuation"), DOCUMENTS))


@pytest.mark.parametrize(
    ("path", "place", "goes_on"),
    [("aide.pdf", 0, True), ("aide.pdf", 1, False), ("aide.pdf", 2, False), ("grille.pdf", 0, False),
     ("grille.pdf", 1, False), ("phrase.pdf", 1, False), ("phrase.pdf", 2, False), ("phrase.pdf", 3, False)],
)  # fmt: skip
def test_only_what_is_left_open_goes_on(generation: Generation, path: str, place: int, goes_on: bool) -> None:
    chunks = generation.documents.chunks(path)
    after = following(chunks[place], generation)
    assert (after is not None) is goes_on
    if after is not None:
        assert after == chunks[place + 1]
        assert preceding(after, generation) == chunks[place]


def test_nothing_stands_before_the_first_chunk_or_behind_the_last(generation: Generation) -> None:
    first, last = generation.documents.chunk(0), generation.documents.chunk(generation.manifest.chunks - 1)
    assert preceding(first, generation) is None
    assert following(last, generation) is None


def test_a_list_over_two_pages_is_shown_whole_behind_its_lead(generation: Generation) -> None:
    embedder = WordEmbedder()
    found = retrieve(QUESTION, generation, embedder, 1)
    assert found[0].chunk.page.number == 1
    evidence = weigh(QUESTION, found, generation, embedder)
    assert [item.text for item in extracts(evidence, lists=asks_several(QUESTION))][:4] == [
        "Le dossier de demande comprend ces pièces :",
        "- un formulaire signé ;",
        "- une photo ;",
        "- un justificatif de domicile.",
    ]


def test_an_item_on_the_second_page_alone_brings_its_lead(generation: Generation) -> None:
    embedder = WordEmbedder()
    passages = [
        passage for passage in retrieve(QUESTION, generation, embedder, 10)
        if (passage.chunk.page.source.path, passage.chunk.page.number) == ("aide.pdf", 2)
    ]  # fmt: skip
    item = next(item for item in weigh(QUESTION, passages, generation, embedder) if "domicile" in item.sentence.text)
    assert item.lead is not None and item.lead.text == "Le dossier de demande comprend ces pièces :"


def items(count: int) -> list[Evidence]:
    lead = sentence("Il faut fournir :")
    rest = [sentence(f"- pièce {number} ;", start=100 * number) for number in range(1, count + 1)]
    return [Evidence(lead, 1.0, 0), *(Evidence(item, 0.1, 0, lead, "item", "il faut fournir :") for item in rest)]


@pytest.mark.parametrize("lists", [True, False])
def test_a_list_is_shown_whole_when_its_lead_is_chosen_and_is_bounded(lists: bool) -> None:
    others = [Evidence(sentence(f"Phrase numéro {place}.", start=9000 + place), 0.95, 1) for place in range(6)]
    chosen = [one.text for one in extracts([*items(20), *others], lists=lists)]
    assert chosen[:3] == ["Il faut fournir :", "- pièce 1 ;", "- pièce 2 ;"]
    assert len(chosen) == 1 + MOST_ITEMS + MOST_GROUPS - 1


def test_what_is_less_good_than_a_list_that_was_asked_for_is_not_shown_behind_it() -> None:
    other = Evidence(sentence("Phrase.", start=9000), LISTED - 0.01, 1)
    assert extracts([*items(3), other])[-1].sentence == other.sentence
    assert extracts([*items(3), other], lists=True)[-1].text == "- pièce 3 ;"


def test_only_items_that_name_what_the_question_names_are_shown() -> None:
    lead, *rest = items(3)
    named = replace(rest[1], worth=1.0, own=0.5)
    chosen = [one.text for one in extracts([replace(lead, worth=0.5), rest[0], named, rest[2]])]
    assert chosen == ["Il faut fournir :", "- pièce 2 ;"]


def test_items_that_the_question_does_not_tell_apart_are_shown_together() -> None:
    lead, *rest = items(3)
    chosen = [one.text for one in extracts([replace(lead, worth=0.5), *(replace(one, worth=1.0) for one in rest)])]
    assert chosen == ["Il faut fournir :", "- pièce 1 ;", "- pièce 2 ;", "- pièce 3 ;"]


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Quelles sont les pièces à fournir ?", True),
        ("la liste des documents svp", True),
        ("Que doit contenir la déclaration ?", True),
        ("Combien coûte la salle ?", False),
        ("Quel est le préavis ?", False),
    ],
)
def test_who_asks_for_several_things_is_recognised(question: str, several: bool) -> None:
    assert asks_several(question) is several
