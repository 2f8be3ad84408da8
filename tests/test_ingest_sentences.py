from collections.abc import Sequence

import pytest

from ingest.clean import clean
from ingest.headings import Heading
from ingest.layout import rows
from ingest.raw import RawLine, RawPage
from ingest.sentences import LONGEST, cut, split
from rag.types import Page, Source


def printed(lines: Sequence[str], step: float = 13, x: float = 60) -> Page:
    """A page with these lines; three spaces in one make a wide gap, as between cells."""
    raw = []
    for index, text in enumerate(lines):
        words, at = [], x
        for word in text.replace("   ", " \t ").split(" "):
            if word == "\t":
                at = 60 + 150 * (1 + int((at - 60) // 150))
                continue
            words.append((word, at, at + 5.0 * len(word)))
            at += 5 * len(word) + 4
        raw.append(RawLine(tuple(words), 100 + step * index, 110 + step * index, 10, False, False))
    (cleaned,) = clean([RawPage(1, None, 595, 842, 0, tuple(raw))], Source("a.pdf", "0" * 64, "A"))
    return cleaned.page


def said(page: Page) -> list[str]:
    return [" ".join(sentence.text.split()) for sentence in split(page)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Le taux est de 5,5 % depuis 2014.", "Il ne change pas."],
        ["Voir l'art. 12 et l'art. L. 1234-5 du code.", "La suite."],
        ["M. Dupont et Mme Martin signent.", "J.-P. Morel préside."],
        ["Le verre 44.2 convient (cf. DTU 39, p. ex. en allège).", "Le 33.1 non."],
        ["Est-ce permis ?", "Oui !", "Mais…", "Pas toujours."],
        ["Il a dit : « C'est voté. »", "Puis il partit."],
        ["Le décret n° 2010-12 du 3 janv. 2010 s'applique (1).", "Il est abrogé."],
        ["La facture, etc. reste due.", "Elle est payée en 2024.", "120 euros suffisent."],
        ["L'art. R. 123 et al. disent tout."],
    ],
)
def test_french_sentences_end_where_they_end(sentences: list[str]) -> None:
    assert said(printed([" ".join(sentences)])) == sentences


def test_a_line_end_within_a_paragraph_is_no_bound() -> None:
    page = printed(["Le conseil se réunit au moins quatre fois par an à la demande", "du président. Il vote ensuite."])

    assert said(page) == [
        "Le conseil se réunit au moins quatre fois par an à la demande du président.", "Il vote ensuite.",
    ]  # fmt: skip


@pytest.mark.parametrize("mark", ["-", "–", "•", "a)", "1°", "1."])
def test_items_of_a_list_are_sentences(mark: str) -> None:
    page = printed(["Sont membres :", f"{mark} les vitriers de la région", f"{mark} les miroitiers"])

    assert said(page) == ["Sont membres :", f"{mark} les vitriers de la région", f"{mark} les miroitiers"]


@pytest.mark.parametrize("mark", ["—", "•", "a)", "1°", "2.1."])
def test_a_wide_gap_behind_the_mark_of_an_item_makes_no_table(mark: str) -> None:
    page = printed([
        f"{mark}   Niveau ouvert : les contributions extérieures sont traitées", "mais non recherchées.",
        f"{mark}   Niveau publié : les contributions extérieures ne sont pas", "traitées.",
    ])  # fmt: skip

    assert rows(page) == frozenset()
    assert said(page) == [
        f"{mark} Niveau ouvert : les contributions extérieures sont traitées mais non recherchées.",
        f"{mark} Niveau publié : les contributions extérieures ne sont pas traitées.",
    ]


def test_numbers_before_two_columns_are_a_table() -> None:
    assert rows(printed(["1.   Dépose   12,00", "2.   Pose   48,00"])) == frozenset({0, 1})


def test_a_number_that_only_happens_to_start_a_line_is_no_item() -> None:
    page = printed(
        [
            "Le délai est celui que fixe, pour tous, l'article",
            "12. Le conseil peut le porter jusqu'à la durée de",
            "20 ans.",
        ]
    )

    assert said(page) == [
        "Le délai est celui que fixe, pour tous, l'article 12.",
        "Le conseil peut le porter jusqu'à la durée de 20 ans.",
    ]


def test_rows_of_a_table_are_sentences_and_wrapped_cells_go_with_their_row() -> None:
    page = printed(["Coefficient   Salaire   Emploi", "150   1 826,18   manœuvre", "185   1 908,00   compagnon"])

    assert said(page) == ["Coefficient Salaire Emploi", "150 1 826,18 manœuvre", "185 1 908,00 compagnon"]


def test_a_cell_that_wraps_goes_with_its_row() -> None:
    page = printed(["150   1 826,18   manœuvre", "185   1 908,00   compagnon", "210   2 034,90   chef"])
    wrapped = printed(["métreur ou"], x=360).lines[0]

    raw = [RawLine(tuple((page.text[w.start : w.end], w.x0, w.x1) for w in row.words), row.y0, row.y1, 10, False, False)
           for row in page.lines]  # fmt: skip
    below = RawLine((("confirmé", wrapped.words[0].x0, 400.0),), 126, 136, 10, False, False)
    later = RawLine(tuple((t, a, b) for t, a, b in raw[2].words), 139, 149, 10, False, False)
    (cleaned,) = clean([RawPage(1, None, 595, 842, 0, (raw[0], raw[1], below, later))], page.ref.source)

    assert said(cleaned.page)[1] == "185 1 908,00 compagnon confirmé"
    assert said(cleaned.page)[2] == "210 2 034,90 chef"


def cells(*placed: tuple[str, float, float]) -> Page:
    """A page of pieces of text, each at its (x, y), as drawn; three spaces part cells by 90 points."""
    raw = []
    for text, x, y in placed:
        words = []
        for cell in text.split("   "):
            at = x
            for word in cell.split(" "):
                words.append((word, at, at + 5.0 * len(word)))
                at += 5.0 * len(word) + 4
            x += 90
        raw.append(RawLine(tuple(words), y, y + 10, 10, False, False))
    (cleaned,) = clean([RawPage(1, None, 595, 842, 0, tuple(raw))], Source("a.pdf", "0" * 64, "A"))
    return cleaned.page


@pytest.mark.parametrize("height", [100, 106, 112])
def test_a_first_cell_that_wraps_goes_with_its_row_however_it_was_drawn(height: float) -> None:
    first = [("Emploi   Coefficient   Salaire", 60, 82)]
    cell = [("Ouvrier sans", 60, 100), ("Brevet reconnu", 60, 112)]
    beside = [("150   1 826,00", 170, height)] if height < 112 else []
    if not beside:
        cell[1] = ("Brevet reconnu   150   1 826,00", 60, 112)
    last = [("Compagnon   185   1 908,70", 60, 130)]

    assert said(cells(*first, *cell, *beside, *last)) == [
        "Emploi Coefficient Salaire", "Ouvrier sans Brevet reconnu 150 1 826,00", "Compagnon 185 1 908,70",
    ]  # fmt: skip


def test_a_first_cell_goes_on_below_its_row() -> None:
    page = cells(
        ("Emploi   Coefficient   Salaire", 60, 82),
        ("Ouvrier sans   150   1 826,00", 60, 100),
        ("brevet reconnu", 60, 112),
        ("Compagnon   185   1 908,70", 60, 130),
    )

    assert said(page)[1] == "Ouvrier sans 150 1 826,00 brevet reconnu"


def test_a_full_stop_within_a_row_parts_nothing() -> None:
    page = cells(
        ("Cat. int.   Minimum   Emploi", 60, 100),
        ("C.E.   1 826,00   Vitrier. Aide", 60, 113),
    )

    assert said(page) == ["Cat. int. Minimum Emploi", "C.E. 1 826,00 Vitrier. Aide"]


def test_a_label_between_rows_set_like_a_row_stays_apart() -> None:
    page = cells(
        ("Coefficient   Salaire   Emploi", 60, 100),
        ("Ouvriers", 60, 113),
        ("150   1 826,00   vitrier", 60, 126),
        ("Cadres", 60, 139),
        ("300   2 694,50   chef", 60, 152),
    )

    assert said(page) == [
        "Coefficient Salaire Emploi", "Ouvriers", "150 1 826,00 vitrier", "Cadres", "300 2 694,50 chef",
    ]  # fmt: skip


def test_a_wider_step_or_a_short_line_parts_paragraphs() -> None:
    lines = [
        "Visite de reprise",
        "Tout salarié absent est vu par le médecin du travail dans le mois",
        "qui suit.",
    ]

    assert said(printed(lines)) == [
        "Visite de reprise", "Tout salarié absent est vu par le médecin du travail dans le mois qui suit.",
    ]  # fmt: skip


def test_a_heading_is_a_sentence_of_its_own() -> None:
    page = printed(["Article 1. Objet. Le but", "est noble. La suite."])
    heading = Heading(1, 0, len("Article 1. Objet."), 0, "Article 1. Objet.")

    assert [sentence.text for sentence in split(page, [heading])] == [
        "Article 1. Objet.", "Le but\nest noble.", "La suite.",
    ]  # fmt: skip


def test_text_is_the_slice_and_boxes_cover_its_words_line_by_line() -> None:
    page = printed(["Un mot. Le deuxième commence ici et continue jusque sur la ligne", "suivante. Fin."])
    first, second, third = split(page)

    assert all(page.text[s.start : s.end] == s.text for s in (first, second, third))
    assert first.boxes == ((60, 100, 60 + 10 + 4 + 20, 110),)
    upper, lower = second.boxes
    assert upper[0] == 60 + 10 + 4 + 20 + 4 and upper[1] == 100
    assert lower == (60, 113, 60 + 45, 123)
    assert third.boxes[0][0] == 60 + 45 + 4


def test_a_long_sentence_is_cut_between_words() -> None:
    page = printed([f"le membre numéro {n} de la Fédération, qui paie ;" for n in range(40)])

    sentences = split(page)

    assert len(sentences) > 1
    assert all(len(sentence.text) <= LONGEST for sentence in sentences)
    assert all(sentence.text.endswith(";") for sentence in sentences)
    assert "".join("".join(s.text.split()) for s in sentences) == "".join(page.text.split())


def test_dots_to_fill_in_belong_to_what_they_follow_and_symbols_alone_are_nothing() -> None:
    assert said(printed(["Nom du membre :", ". . . . . . . . . . ."])) == ["Nom du membre : . . . . . . . . . . ."]
    assert said(printed(["* * *"])) == []
    assert said(printed([])) == []


def test_cut_gives_parts_with_their_own_boxes() -> None:
    page = printed(["Un deux trois quatre"])
    (sentence,) = split(page)

    left, right = cut(page, sentence, [page.text.index("trois")])

    assert (left.text, right.text) == ("Un deux", "trois quatre")
    assert left.boxes[0][2] < right.boxes[0][0]


def test_a_sentence_keeps_how_it_is_printed_where_a_line_end_breaks_a_word() -> None:
    first = RawLine((("les", 50.0, 70.0), ("rela-", 75.0, 100.0)), 100.0, 110.0, 10.0, bold=False, hyphen=False)
    second = RawLine(
        (("tions", 50.0, 75.0), ("du", 80.0, 90.0), ("verre.", 95.0, 120.0)), 112.0, 122.0, 10.0, False, False
    )
    raw = RawPage(1, None, 595.0, 842.0, 0.0, (first, second))
    (cleaned,) = clean([raw], Source("a.pdf", "0" * 64, "A"))
    (found,) = split(cleaned.page)
    assert (found.text, found.printed) == ("les relations du verre.", "les rela-\ntions du verre.")
