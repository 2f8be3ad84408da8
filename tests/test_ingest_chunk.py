from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.chunk import chunk, chunk_id
from ingest.clean import clean
from ingest.headings import Heading
from ingest.raw import RawLine, RawPage
from rag.types import Chunk, Page, Source

SOURCE = Source("statuts.pdf", "ab" * 32, "Statuts")


def words(texts: Sequence[str]) -> list[int]:
    """A tokenizer for which each word is one token."""
    return [len(text.split()) for text in texts]


def pages(*contents: Sequence[str]) -> list[Page]:
    raw = []
    for number, lines in enumerate(contents, 1):
        placed = []
        for index, text in enumerate(lines):
            row, at = [], 60.0
            for word in text.split(" "):
                if word == "|":
                    at = 60 + 120 * (1 + (at - 60) // 120)
                    continue
                row.append((word, at, at + 4 * len(word)))
                at += 4 * len(word) + 3
            placed.append(RawLine(tuple(row), 200 + 13.0 * index, 210 + 13.0 * index, 10, False, False))
        raw.append(RawPage(number, None, 595, 842, 0, tuple(placed)))
    return [cleaned.page for cleaned in clean(raw, SOURCE)]


def heading(page: Page, text: str, level: int = 0) -> Heading:
    start = page.text.index(text)
    return Heading(page.ref.number, start, start + len(text), level, text)


def full_length(piece: Chunk) -> int:
    return sum(words([piece.page.source.title, *piece.heading, piece.text]))


def test_chunks_are_slices_of_their_page_made_of_whole_sentences() -> None:
    (page,) = pages(["Un deux trois. Quatre cinq six. Sept huit", "neuf. Dix onze douze. Treize quatorze quinze."])

    found = chunk([page], (), words, 16, 0)

    assert len(found) == 1
    (found_small, *rest) = chunk([page], (), lambda texts: [3 * n for n in words(texts)], 24, 0)
    assert [s.text for s in found_small.sentences] == ["Un deux trois.", "Quatre cinq six."]
    assert found_small.text == "Un deux trois. Quatre cinq six."
    assert found_small.text == page.text[: found_small.sentences[-1].end]
    assert rest[0].text == "Sept huit\nneuf. Dix onze douze."


def test_a_page_end_ends_a_chunk() -> None:
    found = chunk(pages(["Un deux."], ["Trois quatre."]), (), words, 100, 0)

    assert [(piece.page.number, piece.text) for piece in found] == [(1, "Un deux."), (2, "Trois quatre.")]


def test_headings_start_chunks_and_hold_until_the_next_of_their_level() -> None:
    first, second = pages(
        ["Titre un", "Article premier", "Le texte.", "Article second", "La suite."],
        ["Suite encore.", "Titre deux", "La fin."],
    )
    headings = [heading(first, "Titre un"), heading(first, "Article premier", 1), heading(first, "Article second", 1),
                heading(second, "Titre deux")]  # fmt: skip

    found = chunk([first, second], headings, words, 100, 0)

    assert [(piece.heading, piece.text) for piece in found] == [
        (("Titre un", "Article premier"), "Titre un\nArticle premier\nLe texte."),
        (("Titre un", "Article second"), "Article second\nLa suite."),
        (("Titre un", "Article second"), "Suite encore."),
        (("Titre deux",), "Titre deux\nLa fin."),
    ]


def test_a_heading_at_the_foot_of_a_page_is_kept() -> None:
    first, second = pages(["Du texte.", "Article neuf"], ["Le contenu."])

    found = chunk([first, second], [heading(first, "Article neuf")], words, 100, 0)

    assert [piece.text for piece in found] == ["Du texte.", "Article neuf", "Le contenu."]
    assert found[2].heading == ("Article neuf",)


def test_a_sentence_longer_than_the_limit_is_cut_between_words() -> None:
    (page,) = pages([" ".join(f"mot{n}" for n in range(start, start + 20)) for start in (0, 20, 40)])

    found = chunk([page], (), words, 20, 0)

    assert all(full_length(piece) <= 20 for piece in found)
    assert " ".join(" ".join(piece.text.split()) for piece in found) == " ".join(page.text.split())
    assert all(sentence.boxes for piece in found for sentence in piece.sentences)


def test_overlap_repeats_whole_sentences() -> None:
    (page,) = pages(["Un deux trois. Quatre cinq six. Sept huit neuf. Dix onze douze. Fin de tout."])

    found = chunk([page], (), lambda texts: [2 * n for n in words(texts)], 16, 6)

    assert found[0].sentences[-1] == found[1].sentences[0]
    assert found[0].id != found[1].id


def test_each_part_of_a_split_table_carries_the_head_row() -> None:
    (page,) = pages(["Coefficient | Salaire | Emploi", *[f"{150 + n} | {1800 + n} | emploi{n}" for n in range(12)]])

    found = chunk([page], (), words, 16, 0)

    assert len(found) > 2
    assert found[0].text.startswith("Coefficient Salaire Emploi")
    assert all(piece.heading == ("Coefficient Salaire Emploi",) for piece in found[1:])
    assert all(full_length(piece) <= 16 for piece in found)


def test_a_head_row_that_wraps_within_its_cells_is_known() -> None:
    head = ["Cat. | Minimum au | Minimum après", "| 1er juin | quatre ans"]
    (page,) = pages(["Les minima sont fixés ainsi.", *head, *[f"E{n} | {1100 + n} | {1200 + n}" for n in range(12)]])

    found = chunk([page], (), words, 32, 0)

    assert len(found) > 2
    assert all(piece.heading == ("Cat. Minimum au Minimum après 1er juin quatre ans",) for piece in found[1:])


def test_rows_of_figures_under_no_head_get_none() -> None:
    (page,) = pages(["Les montants en euros sont fixés ainsi :", *[f"{n} 100 | {n} 200 | {n} 300" for n in range(9)]])

    assert {piece.heading for piece in chunk([page], (), words, 16, 0)} == {()}


def test_a_table_that_goes_on_on_the_next_page_keeps_its_head_row() -> None:
    first, second = pages(
        ["Coefficient | Salaire | Emploi", *[f"{150 + n} | {1800 + n} | emploi{n}" for n in range(3)]],
        [f"{160 + n} | {1900 + n} | emploi{n}" for n in range(3)],
    )

    found = chunk([first, second], (), words, 40, 0)

    assert [piece.heading for piece in found] == [(), ("Coefficient Salaire Emploi",)]


def test_one_row_and_the_names_of_its_columns_are_in_one_chunk() -> None:
    rows = [f"{coefficient} | {salary} | compagnon" for coefficient, salary in ((150, 1826), (170, 1858), (185, 1908))]
    (page,) = pages(["Coefficient | Salaire | Emploi", *rows, *rows, *rows])

    (*_, last) = [piece for piece in chunk([page], (), words, 16, 0) if "185 1908" in piece.text]

    assert "Coefficient Salaire Emploi" in (*last.heading, last.text.splitlines()[0])


def test_a_heading_too_long_for_its_share_is_shortened_not_lost() -> None:
    long = "Critère concernant " + " ".join(f"mot{n}" for n in range(12))
    (page,) = pages([long, "Le texte du critère."])

    (*_, last) = chunk([page], [heading(page, long)], words, 30, 0)

    assert last.heading[0].startswith("Critère concernant") and last.heading[0].endswith("…")
    assert full_length(last) <= 30


def test_the_id_depends_on_path_version_page_span_and_text() -> None:
    (page, other) = pages(["Un deux."], ["Un deux."])
    base = chunk_id(page.ref, 0, 8, "Un deux.")

    assert base.startswith("c1:") and len(base) == 35
    assert base == chunk_id(page.ref, 0, 8, "Un deux.")
    assert len({base, chunk_id(other.ref, 0, 8, "Un deux."), chunk_id(page.ref, 1, 8, "Un deux."),
                chunk_id(page.ref, 0, 8, "Un trois.")}) == 4  # fmt: skip


@pytest.mark.parametrize(("limit", "overlap"), [(15, 0), (100, 100), (100, -1)])
def test_limits_that_cannot_work_are_refused(limit: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="do not go together"):
        chunk([], (), words, limit, overlap)


def test_the_tokenizer_is_called_a_few_times_a_document() -> None:
    calls: list[int] = []

    def counting(texts: Sequence[str]) -> list[int]:
        calls.append(len(texts))
        return words(texts)

    chunk(pages(*[[f"Phrase {n} de la page. Encore une."] for n in range(30)]), (), counting, 50, 0)

    assert len(calls) <= 4


WORDS = st.sampled_from(
    ["le", "vitrage", "Article", "12.", "posé;", "-", "•", "1°", "M.", "5,5", "?", "«", "»", "A.", "|"]
)
LINES = st.lists(st.lists(WORDS, min_size=1, max_size=12).map(" ".join).filter(lambda t: t.strip("| ")), max_size=25)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LINES, st.integers(16, 60))
def test_whatever_the_page_chunks_keep_their_promises(lines: list[str], limit: int) -> None:
    (page,) = pages(lines)

    found = chunk([page], (), words, limit, 0)

    said = "".join("".join(sentence.text.split()) for piece in found for sentence in piece.sentences)
    kept = [ch for ch in said if ch.isalnum()]
    assert kept == [ch for ch in page.text if ch.isalnum()]
    starts = {word.start for line in page.lines for word in line.words}
    ends = {word.end for line in page.lines for word in line.words}
    for piece in found:
        assert full_length(piece) <= limit
        assert piece.text == page.text[piece.sentences[0].start : piece.sentences[-1].end]
        for sentence in piece.sentences:
            assert sentence.text == page.text[sentence.start : sentence.end]
            assert sentence.start in starts and sentence.end in ends
            assert sentence.boxes
    assert len({piece.id for piece in found}) == len(found)


def cells_of(found: Sequence[Chunk]) -> list[tuple[tuple[str, str], ...]]:
    return [sentence.cells for piece in found for sentence in piece.sentences if sentence.role == "row"]


def test_a_row_knows_what_its_columns_are_called() -> None:
    (page,) = pages(["Coefficient | Salaire | Emploi", "150 | 1826 | ouvrier", "170 | 1858 | compagnon"])

    (found,) = chunk([page], (), words, 100, 0)

    assert [sentence.role for sentence in found.sentences] == ["head", "row", "row"]
    assert cells_of([found])[1] == (("Coefficient", "170"), ("Salaire", "1858"), ("Emploi", "compagnon"))


def test_names_of_columns_are_joined_from_the_lines_of_a_head() -> None:
    head = ["Cat. | Minimum au | Minimum après", "| 1er juin | quatre ans"]
    (page,) = pages(["Les minima sont fixés ainsi.", *head, *[f"E{n} | {1100 + n} | {1200 + n}" for n in range(5)]])

    rows = cells_of(chunk([page], (), words, 100, 0))

    assert rows[4] == (("Cat.", "E4"), ("Minimum au 1er juin", "1104"), ("Minimum après quatre ans", "1204"))


def test_an_empty_cell_moves_no_figure_under_another_name() -> None:
    (page,) = pages(["Coefficient | Jour | Nuit", "150 | 12,04 | 15,05", "170 | 12,25 | 15,31", "185 | | 15,72"])

    rows = cells_of(chunk([page], (), words, 100, 0))

    assert rows[-1] == (("Coefficient", "185"), ("Nuit", "15,72"))


def test_names_go_on_with_a_table_on_the_next_page() -> None:
    first, second = pages(
        ["Coefficient | Salaire | Emploi", *[f"{150 + n} | {1800 + n} | emploi{n}" for n in range(3)]],
        [f"{160 + n} | {1900 + n} | emploi{n}" for n in range(3)],
    )

    rows = cells_of(chunk([first, second], (), words, 40, 0))

    assert rows[-1] == (("Coefficient", "162"), ("Salaire", "1902"), ("Emploi", "emploi2"))


def test_names_and_values_of_a_form_are_no_table_with_a_head() -> None:
    (page,) = pages(["Ouvrage | Gymnase", "Présents | la commission", "Conditions | temps sec"])

    (found,) = chunk([page], (), words, 100, 0)

    assert {(sentence.role, sentence.cells) for sentence in found.sentences} == {("row", ())}


def test_cells_that_stand_close_are_not_put_under_one_name() -> None:
    (page,) = pages(
        ["Nature | Montant | Condition", "Panier | 11,40 | par jour", "Salissure | 12,25 | par dépose",
         "Repas | qui | chacun", "Nuit | 14,20", "Trajet |      quatorze mots | x"]
    )  # fmt: skip
    rows = cells_of(chunk([page], (), words, 100, 0))
    assert rows[0] == (("Nature", "Panier"), ("Montant", "11,40"), ("Condition", "par jour"))
    wide = replace(page.lines[1], words=(*page.lines[1].words[:1], replace(page.lines[1].words[1], x0=230, x1=400)))
    changed = replace(page, lines=(page.lines[0], wide, *page.lines[2:]))
    assert cells_of(chunk([changed], (), words, 100, 0))[0] == ()


def test_headings_are_marked() -> None:
    (page,) = pages(["Article premier", "", "La cotisation est due."][::2])

    (found,) = chunk([page], [heading(page, "Article premier")], words, 100, 0)

    assert [sentence.role for sentence in found.sentences] == ["heading", ""]
