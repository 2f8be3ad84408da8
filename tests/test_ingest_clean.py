from dataclasses import replace

import pytest

from ingest.clean import clean
from ingest.garbled import lacks_text
from ingest.headings import find_headings, title_of
from ingest.raw import OutlineEntry, RawLine, RawPage
from rag.types import Page, Source

SOURCE = Source("statuts.pdf", "0" * 64, "Statuts")


def line(text: str, y: float, *, size: float = 10, bold: bool = False, x: float = 60, hyphen: bool = False) -> RawLine:
    """A printed line, each character half a type size wide."""
    words, at = [], x
    for word in text.split(" "):
        if word:
            words.append((word, at, at + len(word) * size / 2))
        at += (len(word) + 1) * size / 2
    return RawLine(tuple(words), y, y + size, size, bold, hyphen)


def page(*lines: RawLine | str, number: int = 1, label: str | None = None, image_share: float = 0.0) -> RawPage:
    """An A4 page; plain strings stand below each other, from 100 points down."""
    placed = tuple(line(item, 100 + 13 * index) if isinstance(item, str) else item for index, item in enumerate(lines))
    made = RawPage(number, label, 595, 842, image_share, placed)
    return replace(made, lacks_text=lacks_text(made))


def texts(*pages: RawPage) -> list[str]:
    return [cleaned.page.text for cleaned in clean(pages, SOURCE)]


def words_of(cleaned: Page) -> list[str]:
    return [cleaned.text[word.start : word.end] for printed in cleaned.lines for word in printed.words]


def test_offsets_point_at_the_words_of_the_text() -> None:
    (cleaned,) = clean([page("Le vitrage isolant", "est posé.")], SOURCE)

    assert cleaned.page.text == "Le vitrage isolant\nest posé."
    assert words_of(cleaned.page) == ["Le", "vitrage", "isolant", "est", "posé."]
    assert cleaned.page.lines[0].words[1].x0 == 75
    assert cleaned.page.ref.source is SOURCE


def test_text_is_nfc_and_free_of_ligatures_and_invisible_characters() -> None:
    assert texts(page("e\u0301t\u00ade modi\ufb01ca\u200btion \u202eofficiel\u2069 \U000e0041dit\ufeff \u200b")) == [
        "éte modification officiel dit"
    ]


@pytest.mark.parametrize(
    ("first", "second", "elsewhere", "expected"),
    [
        ("la modifi-", "cation des statuts", "", "la modification des statuts"),
        ("la modifi\u2011", "cation des statuts", "", "la modification des statuts"),
        ("la modifi\u00ad", "cation des statuts", "", "la modification des statuts"),
        ("au-", "delà du délai", "", "au-delà du délai"),
        ("le compte-", "rendu signé", "Un compte-rendu suit.", "le compte-rendu signé"),
        ("le compte-", "rendu signé", "", "le compterendu signé"),
        ("a-", "t-il voté", "", "a-t-il voté"),
        ("l’article L. 1234-", "5 du code", "", "l’article L. 1234-5 du code"),
        ("la ville de Saint-", "Étienne", "", "la ville de Saint-Étienne"),
        ("le sous-", "traitant agréé", "", "le sous-traitant agréé"),
        ("une pause –", "puis la suite", "", "une pause –\npuis la suite"),
        ("de 10 à", "-5 degrés", "", "de 10 à\n-5 degrés"),
    ],
)
def test_words_broken_at_a_line_end_are_mended(first: str, second: str, elsewhere: str, expected: str) -> None:
    (cleaned,) = clean([page(first, second, *([elsewhere] if elsewhere else []))], SOURCE)

    assert cleaned.page.text.startswith(expected)
    assert "".join(words_of(cleaned.page)) == "".join(cleaned.page.text.split())


def with_furniture(count: int) -> list[RawPage]:
    labels = ["i", "ii", "iii", "iv"]
    bodies = ["Du texte.", "La suite.", "Et encore.", "Puis la fin."]
    return [
        page(line("Statuts de la Fédération", 40), bodies[n], line(labels[n], 800), number=n + 1, label=labels[n])
        for n in range(count)
    ]


def test_running_heads_and_page_numbers_are_left_out() -> None:
    assert texts(*with_furniture(4)) == ["Du texte.", "La suite.", "Et encore.", "Puis la fin."]
    assert texts(*with_furniture(2)) == ["Du texte.", "La suite."]


def test_a_single_page_keeps_its_edges() -> None:
    assert texts(*with_furniture(1)) == ["Statuts de la Fédération\nDu texte.\ni"]


def test_the_head_row_and_the_figures_of_tables_at_the_top_of_pages_stay() -> None:
    rows = [["150 12,04", "170 12,25"], ["185 12,58", "210 13,42"], ["230 14,30", "250 15,25"]]
    tables = [
        page(line("Coefficient     Salaire", 60), line(first, 72), line(second, 84), number=n)
        for n, (first, second) in enumerate(rows, 1)
    ]

    assert texts(*tables) == [f"Coefficient Salaire\n{first}\n{second}" for first, second in rows]


def test_a_table_of_contents_is_left_out_and_blanks_to_fill_in_stay() -> None:
    contents = page(
        line("Sommaire", 60, size=14),
        "1 Dispositions générales 3",
        "1.1 Objet . . . . . . . . . 3",
        "1.2 Un titre long qui prend",
        "deux lignes ........ 4",
        "Annexes ........ iv",
        line("Nom : ...........", 300),
        line("Page 12 du guide 3", 313),
    )

    assert texts(contents) == ["Sommaire\nNom : ...........\nPage 12 du guide 3"]


def test_text_too_small_to_read_or_beside_the_page_is_left_out() -> None:
    hidden = line("999 euros", 300, size=0.8)
    beside = line("888 euros", 320, x=700)

    assert texts(page("320 euros", hidden, beside)) == ["320 euros"]


def test_a_line_cut_where_the_type_changes_is_joined() -> None:
    assert texts(page(line("Les", 100), line("salariés", 99, x=80, bold=True), line("votent.", 113))) == [
        "Les salariés\nvotent."
    ]


def test_a_garbled_page_lacks_text_and_gives_none() -> None:
    garbled = page("\uf076\uf07a\uf061\uf062\uf063\uf064\uf065 \uf076\uf07a\uf061")

    assert lacks_text(garbled)
    assert texts(garbled) == [""]


def test_a_scan_lacks_text_and_a_blank_page_does_not() -> None:
    assert lacks_text(page(image_share=1.0))
    assert lacks_text(page("12", image_share=0.9))
    assert not lacks_text(page("Une légende assez longue", image_share=0.9))
    assert not lacks_text(page())


def test_headings_come_from_bookmarks_then_type_then_wording() -> None:
    lines = (
        line("Première partie", 60, size=16),
        line("Article 1er", 90),
        line("Du texte courant bien ordinaire.", 110),
        line("et encore du texte courant.", 123),
        line("Objet", 160, bold=True),
        line("Du texte qui suit.", 175),
        line("Section 2 Des moyens", 215),
        line("Du texte encore.", 228),
    )
    pages = clean([page(*lines)], SOURCE)

    found = find_headings(pages, [OutlineEntry("ARTICLE 1ER", 1, 2), OutlineEntry("Absente", 1, 0)])

    assert [heading.text for heading in found] == ["Première partie", "Article 1er", "Objet", "Section 2 Des moyens"]
    levels = [heading.level for heading in found]
    assert levels[1] == 2 and levels[0] < levels[2] < levels[3]
    assert [pages[0].page.text[heading.start : heading.end] for heading in found] == [h.text for h in found]


def test_bold_type_within_a_sentence_is_no_heading() -> None:
    lines = (
        line("Une règle vaut pour les traitements entièrement automatisés : à", 100),
        line("compter du 1er juillet, une décision prise sur ce fondement", 113, bold=True),
        line("est nulle. Elle est annulée.", 126),
        line("Le salarié doit prévenir son employeur dans les", 160, bold=True),
        line("quarante-huit heures.", 173),
        line("Durée du préavis", 210, bold=True),
        line("a) pour les ouvriers, un mois ;", 223),
        line("objet social", 260, bold=True),
        line("Défendre le métier.", 273),
    )

    found = find_headings(clean([page(*lines)], SOURCE), ())

    assert [heading.text for heading in found] == ["Durée du préavis", "objet social"]


def test_a_reference_in_running_text_is_no_heading() -> None:
    pages = clean([page("Comme le dit", "Article 12 du code", "il faut voter.")], SOURCE)

    assert find_headings(pages, ()) == ()


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ("Statuts de 2023", "Statuts de 2023"),
        ("Microsoft Word - Statuts de 2023", "Statuts de 2023"),
        ("Microsoft Word - statuts_v3.docx", "Règlement intérieur de la Fédération"),
        ("(anonymous)", "Règlement intérieur de la Fédération"),
        ("", "Règlement intérieur de la Fédération"),
    ],
)
def test_the_title_is_that_of_the_metadata_or_the_largest_type(metadata: str, expected: str) -> None:
    first = page(
        line("Règlement intérieur", 60, size=20), line("de la Fédération", 84, size=20), "Du texte.", "Encore du texte."
    )

    assert title_of(metadata, [first], "ri.pdf") == expected


def test_without_any_title_the_file_name_serves() -> None:
    assert title_of("", [], "grille_salaires-2025.PDF") == "grille salaires 2025"


def test_one_line_a_page_is_the_text_and_no_running_head() -> None:
    assert texts(*[page(line(f"Fiche {n}", 60), number=n) for n in (1, 2, 3)]) == ["Fiche 1", "Fiche 2", "Fiche 3"]
