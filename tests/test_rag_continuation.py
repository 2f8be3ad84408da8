"""What a page break cuts in two is read whole: lists and sentences; and nothing else is."""

import pytest

from rag.continuation import following, preceding
from rag.retrieve import retrieve
from rag.select import MOST_ITEMS, Evidence, asks_several, extracts, weigh
from rag.store import Generation
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


def test_a_list_counts_as_one_extract_and_is_bounded() -> None:
    others = [Evidence(sentence(f"Phrase numéro {place}.", start=9000 + place), 0.9, 1) for place in range(6)]
    chosen = extracts([*items(20), *others], lists=True)
    assert len(chosen) == 1 + MOST_ITEMS + 4
    assert [one.text for one in chosen][:3] == ["Il faut fournir :", "- pièce 1 ;", "- pièce 2 ;"]
    assert len(extracts([*items(20), *others])) == 5


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
