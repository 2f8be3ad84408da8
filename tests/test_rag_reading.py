"""What stands before a sentence is read with it; what says nothing by itself is told apart."""

from dataclasses import replace

import pytest

from rag.extracts import as_shown, extracts
from rag.reading import read
from rag.select import Evidence
from rag.types import Chunk, Role, Sentence
from tests.fakes import page_ref, sentence

PAGE = page_ref("aide.pdf")


def chunk(*lines: str | tuple[str, Role], heading: tuple[str, ...] = ()) -> Chunk:
    said: list[Sentence] = []
    for line in lines:
        text = line if isinstance(line, str) else line[0]
        role: Role = "" if isinstance(line, str) else line[1]
        said.append(replace(sentence(text, PAGE, start=1000 * len(said)), role=role))
    return Chunk("id", PAGE, tuple(said), heading, "\n".join(one.text for one in said))


def test_a_numbered_heading_leads_in_the_list_below_it() -> None:
    found = list(read(chunk(("3.2 Pièces à joindre", "heading"), "1. Le contrat.", "2. Le devis signé."), None))
    assert [(one.sentence.text, one.label, one.lead) for one in found] == [
        ("1. Le contrat.", "Pièces à joindre", None),
        ("2. Le devis signé.", "Pièces à joindre", None),
    ]
    assert len({one.part for one in found}) == 1


def test_a_number_within_a_heading_stays() -> None:
    (item,) = read(chunk(("Circulaire n° 2025-02 Indemnités", "heading"), "- le panier."), None)
    assert item.label == "Circulaire n° 2025-02 Indemnités"


def test_a_list_under_a_heading_is_shown_whole_after_it() -> None:
    piece = chunk(("3.2 Pièces à joindre", "heading"), "1. Le contrat.", "2. Le devis signé.", "3. Des photographies.")
    evidence = [
        Evidence(one.sentence, 1.0 if "devis" in one.sentence.text else 0.1, 0, one.lead, one.kind, one.part, one.label)
        for one in read(piece, None)
    ]
    assert [one.text for one in extracts(evidence, lists=True)] == [
        "Pièces à joindre : 1. Le contrat.",
        "2. Le devis signé.",
        "3. Des photographies.",
    ]
    assert [one.text for one in extracts(evidence)] == ["Pièces à joindre : 2. Le devis signé."]


def test_long_numbered_paragraphs_are_no_list() -> None:
    long = "mot " * 150
    piece = chunk(*[f"{number}. {long}fin." for number in range(1, 5)])
    evidence = [
        Evidence(one.sentence, 1.0 - n / 2, 0, None, one.kind, one.part) for n, one in enumerate(read(piece, None))
    ]
    assert len(extracts(evidence, lists=True)) == 1


@pytest.mark.parametrize(
    "line",
    ["Tableau 1 – Minimum mensuel au 1er mars 2025 (€)", "Tableau A.2 – Surface maximale (m²)",
     "Figure 2 – Position des cales",
     ("Coefficient Mensuel Horaire", "head"), "Qui paie quand le client casse son vitrage ?"],
)  # fmt: skip
def test_what_says_nothing_by_itself_is_no_extract(line: str | tuple[str, Role]) -> None:
    (one,) = read(chunk(line), None)
    assert one.kind == "silent"
    assert extracts([Evidence(one.sentence, 1.0, 0, kind=one.kind)]) == ()


@pytest.mark.parametrize(
    "line",
    [("1. Salaires minimaux", "heading"), "Créé par Avenant n° 2 2005-02-11 BO conventions collectives 2005-15",
     "En vigueur étendu", "Titre III Congés . . . . . . . . . . . . . 12", "Très bien."],
)  # fmt: skip
def test_headings_notes_of_editors_and_fragments_are_not_read(line: str | tuple[str, Role]) -> None:
    assert list(read(chunk(line), None)) == []


def test_what_follows_a_printed_question_is_read_with_it() -> None:
    said = [
        "Qui paie un vitrage cassé ?",
        "L’assurance habitation du client.",
        "La décennale ne joue pas.",
        "Autre chose ici même.",
    ]
    contexts = [one.context for one in read(chunk(*said), None)]
    assert contexts == ["", said[0], said[0], ""]


def test_a_run_in_heading_names_the_sentence_behind_it() -> None:
    term, other = read(chunk("Casse thermique.", "Rupture due à un écart.", "Le verre reste en place."), None)
    assert (term.label, term.context, other.label) == ("Casse thermique", "Casse thermique", "")


def test_what_a_chunk_goes_on_from_is_known() -> None:
    before = chunk("La lettre est recommandée.", "Prise en feuillure.")
    (labelled,) = read(chunk("Largeur recouverte du vitrage."), before)
    assert labelled.label == "Prise en feuillure"
    (leaning,) = read(chunk("Elle part avant octobre."), chunk("La lettre est recommandée."))
    assert leaning.lead is not None and leaning.lead.text == "La lettre est recommandée."


@pytest.mark.parametrize(
    "said", ["Il faut une lettre.", "Il est également conseillé de signer.", "Il existe un délai."]
)
def test_what_begins_with_nobody_leans_on_nothing(said: str) -> None:
    assert [one.lead for one in read(chunk("La lettre est recommandée.", said), None)] == [None, None]


def test_lists_with_leads_of_the_same_words_are_two() -> None:
    lines = ["A ce titre :", "- il vend des livres ;", "Vendeur : il aide.", "A ce titre :", "- il range des livres ;"]
    parts = [one.part for one in read(chunk(*lines), None) if one.kind == "item"]
    assert len(set(parts)) == 2


def test_an_item_leads_in_the_list_within_it_and_the_outer_one_goes_on() -> None:
    lines = ["Il est versé :", "a) Une rente de :", "- 20 % avant 17 ans ;", "- 25 % ensuite.", "b) Un capital."]
    leads = [one.lead.text if one.lead else "" for one in read(chunk(*lines), None)]
    assert leads == ["", lines[0], lines[1], lines[1], lines[0]]


def test_an_item_of_two_sentences_does_not_end_its_list() -> None:
    lines = ["Il faut :", "- un plan.", "Ce plan est coté.", "- une photo.", "Un mot.", "Deux mots.", "Trois mots ici."]
    found = list(read(chunk(*lines, "- un devis à part."), None))
    leads = {one.sentence.text: one.lead and one.lead.text for one in found}
    assert leads["- une photo."] == lines[0]
    assert leads["- un devis à part."] is None


def test_a_short_line_with_a_colon_names_the_sentence_behind_it() -> None:
    _, visit = read(chunk("Visite de reprise (3) :", "Après une absence, il voit le médecin."), None)
    assert visit.label == "Visite de reprise (3)"


def test_a_lead_that_leans_is_read_with_the_sentence_before() -> None:
    *_, item = read(
        chunk("Maquettiste : il réalise des maquettes.", "A ce titre :", "- il vérifie les documents."), None
    )
    assert item.context == "Maquettiste : il réalise des maquettes. A ce titre :"


def test_a_number_alone_is_not_read() -> None:
    assert list(read(chunk("1", "2 3"), None)) == []


def test_a_row_stands_under_the_caption_of_its_table() -> None:
    piece = chunk("Tableau 1 – Minimum mensuel (€)", ("Coefficient Mensuel", "head"), ("230 2 168,30", "row"))
    row = list(read(piece, None))[-1]
    assert (row.kind, row.label) == ("row", "Minimum mensuel (€) – Coefficient Mensuel")


def test_a_row_is_shown_with_the_names_of_its_columns() -> None:
    row = replace(
        sentence("230 Compagnon 2 168,30"), role="row",
        cells=(("Coefficient", "230"), ("Emploi", "Compagnon"), ("", "2 168,30")),
    )  # fmt: skip
    assert as_shown(row) == "Coefficient : 230 ; Emploi : Compagnon ; 2 168,30"


def rows(*values: tuple[str, int, float]) -> list[Evidence]:
    return [
        Evidence(sentence(text, start=100 * place), 1.0, 0, None, "row", "table", "Barème", keys, own)
        for place, (text, keys, own) in enumerate(values)
    ]


def test_only_the_row_that_names_the_code_of_the_question_is_shown() -> None:
    chosen = extracts(rows(("C2 1,35 0,15", 0, 0.0), ("C4 2,25 0,25", 1, 0.4), ("C5 2,70 0,30", 0, 0.0)))
    assert [one.text for one in chosen] == ["Barème : C4 2,25 0,25"]


def test_only_rows_that_name_as_much_of_the_question_as_the_best_are_shown() -> None:
    chosen = extracts(rows(("Panier 11,40", 0, 0.5), ("Panier de nuit 14,20", 0, 0.45), ("Salissure 1,35", 0, 0.2)))
    assert [one.text for one in chosen] == ["Barème : Panier 11,40", "Panier de nuit 14,20"]


def test_rows_that_name_nothing_of_the_question_are_all_as_good() -> None:
    assert len(extracts(rows(("18 ans 43 %", 0, 0.0), ("21 ans 53 %", 0, 0.0)))) == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+ Travée 9, niveau 2 : fissure.", "Travée 9, niveau 2 : fissure."),
        ("« Travée 7, niveau 1 : cale déplacée.", "Travée 7, niveau 1 : cale déplacée."),
        ("« Travée 7 », dit-il.", "« Travée 7 », dit-il."),
        ("| 9 5,5 19 |", "9 5,5 19"),
        ("- un formulaire ;", "- un formulaire ;"),
        ("+", "+"),
    ],
)  # fmt: skip
def test_specks_of_a_scan_are_not_shown(text: str, shown: str) -> None:
    assert as_shown(sentence(text)) == shown


def test_a_sentence_that_the_end_of_a_page_breaks_is_read_and_shown_whole() -> None:
    first = chunk("Le défaut d’affichage est puni. La mairie peut décider", heading=("Sanctions",))
    behind = replace(PAGE, number=2)
    said = [
        replace(sentence("d’une amende de 5 000 €.", behind), role=""),
        sentence("Elle la notifie au membre dans le mois.", behind, start=90),
    ]
    second = Chunk("next", behind, tuple(said), ("Sanctions",), "")
    (half,), (rest, after) = read(first, None), read(second, first)
    assert (rest.lead, rest.context) == (half.sentence, half.sentence.text)
    assert after.lead == rest.sentence
    for best in (half, rest):
        evidence = [
            Evidence(one.sentence, 1.0 if one is best else 0.1, 0, one.lead, one.kind) for one in (half, rest, after)
        ]
        assert [one.sentence for one in extracts(evidence)] == [half.sentence, rest.sentence]


def test_a_finished_sentence_takes_nothing_with_it() -> None:
    first = chunk("La mairie peut décider d’une amende.")
    second = Chunk("next", PAGE, (sentence("le maire la notifie dans le mois.", PAGE, start=90),), (), "")
    assert [one.lead for one in read(second, first)] == [None]


@pytest.mark.parametrize(
    ("prose", "cells", "shown"),
    [
        (
            "Les salaires de la branche sont ceux du tableau.", (("Coefficient", "230"), ("Mensuel", "2 168")),
            "Barème : Coefficient : 230 ; Mensuel : 2 168",
        ),
        (
            "The wages of the trade are those of the table.", (("Grade", "230"), ("Monthly", "2,168")),
            "Barème: Grade: 230; Monthly: 2,168",
        ),
    ],
)  # fmt: skip
def test_the_signs_between_names_and_values_are_those_of_the_documents_language(
    prose: str, cells: tuple[tuple[str, str], ...], shown: str
) -> None:
    (row,) = rows(("230 2 168", 1, 0.5))
    row = replace(row, sentence=replace(row.sentence, cells=cells))
    around = Evidence(sentence(prose, start=500), 0.1, 0)
    assert [one.text for one in extracts([row, around])] == [shown]
