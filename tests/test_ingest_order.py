from collections.abc import Sequence

import pytest

from ingest.order import in_reading_order
from ingest.raw import RawLine

LEFT = [
    "Le présent accord s'applique aux entreprises",
    "de vitrerie et de miroiterie établies en France",
    "et dans les départements d'outre-mer. Il fixe",
    "les conditions de travail des salariés dont la",
    "durée de service dépasse trois mois entiers.",
    "Les parties se réunissent chaque année afin",
]
RIGHT = [
    "Chaque salarié reçoit une prime de panier dont",
    "le montant est fixé par la commission nationale",
    "au premier janvier. Cette prime est due pour",
    "chaque jour travaillé hors du lieu habituel et",
    "ne peut être cumulée avec le remboursement de",
    "frais réels. Elle est exclue de l'assiette des",
]
ROWS = [("Coefficient", "Emploi"), ("150", "Manœuvre"), ("170", "Aide vitrier"), ("185", "Compagnon"), ("210", "Chef")]


def across(*parts: tuple[float, str], y: float, size: float = 9) -> RawLine:
    """One line drawn across the page, each part from its x; a character is half a type size wide."""
    words = []
    for x, text in parts:
        for word in text.split(" "):
            words.append((word, x, x + len(word) * size / 2))
            x += (len(word) + 0.7) * size / 2
    return RawLine(tuple(words), y, y + size, size, False, False)


def rows(*columns: tuple[float, Sequence[str]], y: float = 100, step: float = 12) -> list[RawLine]:
    """Lines drawn across columns, as a page that was printed line by line."""
    count = max(len(texts) for _, texts in columns)
    return [across(*[(x, texts[n]) for x, texts in columns if n < len(texts)], y=y + step * n) for n in range(count)]


def said(lines: Sequence[RawLine]) -> list[str]:
    return [" ".join(word for word, _, _ in line.words) for line in lines]


def test_two_columns_drawn_line_by_line_are_read_one_after_the_other() -> None:
    assert said(in_reading_order(rows((50, LEFT), (300, RIGHT)))) == LEFT + RIGHT
    assert said(in_reading_order(rows((50, LEFT), (300, RIGHT[:4])))) == LEFT + RIGHT[:4]


def test_three_columns_drawn_line_by_line_are_read_one_after_the_other() -> None:
    middle = [
        "La commission siège à",
        "Paris. Elle est formée",
        "de deux collèges égaux",
        "et rend son avis dans",
        "le mois qui suit sa",
        "saisine par écrit.",
    ]

    assert said(in_reading_order(rows((30, LEFT), (260, middle), (380, RIGHT)))) == LEFT + middle + RIGHT


def test_a_heading_above_and_a_note_below_keep_their_place() -> None:
    heading = across((50, "Convention collective nationale de la miroiterie et de la vitrerie, texte de base"), y=60)
    note = across((50, "(1) Alinéa étendu sous réserve des dispositions de l'article L. 2261-22 du code."), y=500)

    ordered = in_reading_order([heading, *rows((50, LEFT), (300, RIGHT)), note])

    assert said(ordered) == [*said([heading]), *LEFT, *RIGHT, *said([note])]


def test_two_pairs_of_columns_parted_by_a_heading_are_read_in_turn() -> None:
    heading = across((50, "Titre II Des salaires minimaux et des primes de toutes les catégories de salariés"), y=180)
    first, second = rows((50, LEFT), (300, RIGHT)), rows((50, RIGHT), (300, LEFT), y=200)

    assert said(in_reading_order([*first, heading, *second])) == [*LEFT, *RIGHT, *said([heading]), *RIGHT, *LEFT]


def test_rows_of_a_table_within_a_column_stay_whole() -> None:
    ordered = in_reading_order(
        [
            *rows((50, LEFT), (300, RIGHT)),
            *rows((50, [a for a, _ in ROWS]), (130, [b for _, b in ROWS]), (300, RIGHT[:5]), y=172),
            *rows((50, LEFT), (300, RIGHT), y=232),
        ]
    )

    assert said(ordered) == [*LEFT, *(f"{a} {b}" for a, b in ROWS), *LEFT, *RIGHT, *RIGHT[:5], *RIGHT]


def test_cells_of_prose_are_read_row_by_row() -> None:
    bands = [rows((50, LEFT[n : n + 3]), (300, RIGHT[n : n + 3]), y=100 + 60 * n) for n in (0, 1, 2, 3)]

    expected = [text for n in (0, 1, 2, 3) for side in (LEFT, RIGHT) for text in side[n : n + 3]]
    assert said(in_reading_order([line for band in bands for line in band])) == expected


@pytest.mark.parametrize(
    "lines",
    [
        [*rows((50, LEFT)), *rows((300, RIGHT))],
        rows((50, [a for a, _ in ROWS]), (300, [b for _, b in ROWS])),
        rows((50, [f"Emploi de niveau {n}" for n in range(8)]), (300, [f"{n} 826,18 €" for n in range(8)])),
        rows((50, ["a)", "b)", "c)", "d)", "e)", "f)"]), (90, LEFT)),
        rows((50, LEFT)),
        [],
    ],
)
def test_pages_in_order_and_tables_stay_as_they_are(lines: list[RawLine]) -> None:
    assert in_reading_order(lines) == lines
