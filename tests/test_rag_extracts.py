"""Evidence to an answer: the best sentence first, few, none twice, each with what it cannot be understood without."""

from dataclasses import replace

from rag.extracts import LEAST, MOST_GROUPS, extracts
from rag.reading import read
from rag.select import NEAR_BEST, Evidence
from rag.types import Chunk
from tests.fakes import page_ref, sentence

NUMBERS = "un deux trois quatre cinq six sept".split()


def worth(*values: float) -> list[Evidence]:
    return [
        Evidence(sentence(f"Phrase numéro {NUMBERS[place]}.", start=100 * place), value, 0)
        for place, value in enumerate(values)
    ]


def shown(evidence: list[Evidence]) -> list[str]:
    return [one.text.split()[-1].rstrip(".") for one in extracts(evidence)]


def test_the_best_are_chosen_and_the_best_of_them_comes_first() -> None:
    chosen = shown(worth(1.0, 0.9, 0.8, 0.95, 0.99, 0.97, 0.96))
    assert chosen == ["un", "cinq", "six", "sept"]
    assert len(chosen) == MOST_GROUPS


def test_only_sentences_nearly_as_good_as_the_best_are_chosen() -> None:
    assert shown(worth(2 * NEAR_BEST - 0.01, 2, 2 * NEAR_BEST + 0.01)) == ["deux", "trois"]


def test_nothing_is_shown_when_even_the_best_is_worth_little() -> None:
    assert shown(worth(LEAST - 0.01, LEAST - 0.1)) == []
    assert shown(worth(LEAST)) == ["un"]


def test_the_same_sentence_in_two_places_is_chosen_once_from_the_better_place() -> None:
    one = Evidence(sentence("La  cotisation est due."), 0.9, 1)
    other = Evidence(sentence("la cotisation\nest DUE."), 1.0, 0)
    assert [item.sentence for item in extracts([one, other])] == [other.sentence]


def test_a_sentence_that_says_the_same_in_nearly_the_same_words_is_left_out() -> None:
    text = "Le samedi est un jour ouvrable même lorsque la durée du travail est répartie sur 5 jours de la semaine."
    again = text.replace("ouvrable", "ouvrable,").replace("travail est", "travail, est")
    other = text.replace("5", "4")
    evidence = [Evidence(sentence(one, start=500 * at), 1.0, 0) for at, one in enumerate((text, again, other))]
    assert [one.text for one in extracts(evidence)] == [text, other]


def test_repeated_sentences_do_not_use_up_the_places() -> None:
    same = [Evidence(sentence("La cotisation est due."), 1.0, 0) for _ in range(6)]
    assert len(extracts([*same, *worth(0.9, 0.9)])) == 3


def test_a_lead_that_leads_nothing_in_is_not_shown() -> None:
    lead = Evidence(sentence("Il faut fournir :"), 2.0, 0)
    assert shown([lead, *worth(1.0)]) == ["un"]


def test_what_leans_on_the_sentence_before_is_shown_after_it() -> None:
    page = page_ref("aide.pdf")
    said = ["La dénonciation se fait par lettre.", "Les statuts le rappellent.", "Cette lettre part avant octobre."]
    piece = Chunk("id", page, tuple(sentence(text, page, start=100 * at) for at, text in enumerate(said)), (), "")
    found = [Evidence(one.sentence, 0.1, 0, one.lead, one.kind) for one in read(piece, None)]
    chosen = extracts([*found[:2], replace(found[2], worth=1.0)])
    assert [one.text for one in chosen] == said[1:]


def test_items_picked_out_of_a_list_stand_behind_a_lead_of_a_word_or_two_on_one_line() -> None:
    page = page_ref("lexique.pdf")
    lead = sentence("Lexique :", page)
    items = [sentence(text, page, start=at) for at, text in ((20, "– Donnée : un fait."), (60, "– Acte : un écrit."))]
    evidence = [
        Evidence(items[0], 1.0, 0, lead, "item", "part", own=0.9),
        Evidence(items[1], 0.2, 0, lead, "item", "part", own=0.1),
    ]
    assert [one.text for one in extracts(evidence)] == ["Lexique : Donnée : un fait."]
    whole = extracts(evidence, lists=True)
    assert [one.text for one in whole] == ["Lexique :", "– Donnée : un fait.", "– Acte : un écrit."]


def test_what_is_added_to_a_sentence_is_shown_after_it() -> None:
    page = page_ref("aide.pdf")
    said = ["La dénonciation se fait par lettre.", "De plus, une copie part au bureau."]
    piece = Chunk("id", page, tuple(sentence(text, page, start=100 * at) for at, text in enumerate(said)), (), "")
    found = [Evidence(one.sentence, 0.1, 0, one.lead, one.kind) for one in read(piece, None)]
    chosen = extracts([found[0], replace(found[1], worth=1.0)])
    assert [one.text for one in chosen] == said
