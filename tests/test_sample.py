"""The sample corpus: the PDFs in `corpus/` are what the builder writes, and the questions hold on their pages."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest

from tests.sample.build import SCANNED, TEXTS, build
from tests.sample.markup import read
from tests.sample.typo import french, hyphenate

CORPUS = Path(__file__).parents[1] / "corpus"
QUESTIONS = Path(__file__).parent / "sample" / "questions.jsonl"
GATE = Path(__file__).parent / "sample" / "gate.jsonl"
SOFT_HYPHEN = "\u00ad"


def page_texts(path: Path) -> list[str]:
    with pdfium.PdfDocument(path) as document:
        return [page.get_textpage().get_text_range() for page in document]


def labels(name: str) -> list[str]:
    with pdfium.PdfDocument(CORPUS / name) as document:
        return [document.get_page_label(i) for i in range(len(document))]


def outline(name: str) -> list[tuple[int, str, int]]:
    with pdfium.PdfDocument(CORPUS / name) as document:
        return [(entry.level, entry.get_title(), entry.get_dest().get_index()) for entry in document.get_toc()]


def collapsed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("built")
    return {path.relative_to(folder).as_posix(): path for path in build(folder)}


@pytest.fixture(scope="module")
def committed(built: dict[str, Path]) -> dict[str, list[str]]:
    return {name: page_texts(CORPUS / name) for name in built}


@pytest.fixture(scope="module")
def questions() -> list[dict[str, Any]]:
    return [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def gate() -> list[dict[str, Any]]:
    return [json.loads(line) for line in GATE.read_text(encoding="utf-8").splitlines()]


def test_building_twice_gives_the_same_bytes(built: dict[str, Path], tmp_path: Path) -> None:
    again = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in build(tmp_path)}
    assert again == {name: path.read_bytes() for name, path in built.items()}


def test_the_committed_pdfs_say_what_the_builder_writes(
    built: dict[str, Path], committed: dict[str, list[str]]
) -> None:
    assert {name: page_texts(path) for name, path in built.items()} == committed


def test_the_corpus_has_at_least_eight_documents_and_forty_pages(committed: dict[str, list[str]]) -> None:
    assert len(committed) >= 8
    assert sum(len(pages) for pages in committed.values()) >= 40
    assert sum((CORPUS / name).stat().st_size for name in committed) < 2_500_000


def test_the_minutes_lie_in_the_reading_group_of_the_board(committed: dict[str, list[str]]) -> None:
    assert [name for name in committed if "/" in name] == ["bureau/compte-rendu-bureau-2025-04.pdf"]


def test_statutes_and_guide_number_their_front_pages_in_roman() -> None:
    assert labels("statuts-2023.pdf") == ["i", "ii", *map(str, range(1, 7))]
    assert labels("guide-technique-vitrage.pdf") == ["i", "ii", "iii", *map(str, range(1, 9))]


@pytest.mark.parametrize("name", ["statuts-2023.pdf", "guide-technique-vitrage.pdf"])
def test_the_label_of_a_page_is_printed_in_its_footer(name: str, committed: dict[str, list[str]]) -> None:
    for label, text in list(zip(labels(name), committed[name], strict=True))[1:]:
        assert re.search(rf"^FVMV-\w+-\d{{4}} {label}\r?$", text, re.MULTILINE), (label, text[:200])


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("statuts-2023.pdf", {(1, "Article 13 – Quorum de l’assemblée ordinaire"), (0, "Titre II – Membres")}),
        ("guide-technique-vitrage.pdf", {(0, "6. Feuillures et calage"), (1, "9.2 Garde-corps")}),
        ("reglement-interieur.pdf", {(0, "1. Adhésion et cotisations"), (1, "1.2 Montant des cotisations pour 2025")}),
    ],
)
def test_outline_entries_lead_to_the_page_that_bears_the_heading(
    name: str, entries: set[tuple[int, str]], committed: dict[str, list[str]]
) -> None:
    found = [(level, collapsed(title), page) for level, title, page in outline(name)]
    assert entries <= {(level, title) for level, title, _ in found}
    for _, title, page in found:
        assert title in collapsed(committed[name][page]), (title, page)


def test_the_scan_holds_pictures_and_no_text(committed: dict[str, list[str]]) -> None:
    assert committed[f"{SCANNED}.pdf"] == ["", ""]
    with pdfium.PdfDocument(CORPUS / f"{SCANNED}.pdf") as document:
        kinds = [[thing.type for thing in page.get_objects()] for page in document]
    assert kinds == [[pdfium.raw.FPDF_PAGEOBJ_IMAGE]] * 2


def test_each_pdf_says_its_title_author_subject_and_own_date(built: dict[str, Path]) -> None:
    for name in built:
        source = read(TEXTS / f"{Path(name).stem}.txt")
        with pdfium.PdfDocument(CORPUS / name) as document:
            facts = document.get_metadata_dict()
        assert collapsed(facts["Title"]).replace("’", "'") == source.header["title"]
        assert collapsed(facts["Subject"]).replace("’", "'") == source.header["subject"]
        assert facts["Author"] == "Fédération des vitriers et miroitiers de Valmère"
        assert facts["CreationDate"].startswith("D:" + source.header["date"].replace("-", ""))


def test_the_two_circulars_differ_in_their_amounts(committed: dict[str, list[str]]) -> None:
    old = collapsed(" ".join(committed["circulaire-2024-03-deplacements.pdf"]))
    new = collapsed(" ".join(committed["circulaire-2025-02-deplacements.pdf"]))
    assert "10,70 €" in old and "10,70 €" not in new
    assert "11,40 €" in new and "11,40 €" not in old
    assert len(set(old.split()) & set(new.split())) > 0.8 * len(set(old.split()))


def test_the_question_set_has_forty_questions_twelve_without_answer(questions: list[dict[str, Any]]) -> None:
    assert len({question["id"] for question in questions}) == len(questions) == 40
    assert sum(not question["answerable"] for question in questions) == 12
    kinds = Counter(question["kind"] for question in questions)
    assert kinds["unanswerable_near"] == 8 and kinds["unanswerable_far"] == 4
    assert {"lookup", "number", "table", "version", "follow_up", "english", "typo", "keyword"} <= set(kinds)
    assert {"procedure", "definition"} <= set(kinds)


def test_the_refusal_set_is_balanced_and_repeats_no_question(
    questions: list[dict[str, Any]], gate: list[dict[str, Any]]
) -> None:
    assert len({question["id"] for question in gate}) == len(gate) == 180
    assert len({question["question"] for question in [*questions, *gate] if not question["history"]}) == 215
    kinds = Counter(question["kind"] for question in gate)
    assert kinds["unanswerable_near"] == 60 and kinds["unanswerable_far"] == 60
    assert sum(question["answerable"] for question in gate) == 60
    assert all(question["note"] for question in gate if question["kind"] == "unanswerable_near")


def test_only_answerable_questions_carry_gold_pages_and_facts(
    questions: list[dict[str, Any]], gate: list[dict[str, Any]]
) -> None:
    for question in [*questions, *gate]:
        assert question["answerable"] == bool(question["gold"]) == bool(question["facts"]), question["id"]
        assert (question["kind"] == "follow_up") == bool(question["history"]), question["id"]
        assert len(question["gold"]) < 2 or question["note"].startswith(("[any]", "[all]")), question["id"]


def test_each_gold_quote_stands_on_its_page(
    questions: list[dict[str, Any]], gate: list[dict[str, Any]], committed: dict[str, list[str]]
) -> None:
    for question in [*questions, *gate]:
        for gold in question["gold"]:
            assert 20 <= len(gold["quote"]) <= 300, question["id"]
            assert gold["quote"] in collapsed(committed[gold["file"]][gold["page"] - 1]), question["id"]


def test_no_question_is_copied_from_the_documents(
    questions: list[dict[str, Any]], gate: list[dict[str, Any]], committed: dict[str, list[str]]
) -> None:
    everything = collapsed(" ".join(text for pages in committed.values() for text in pages)).lower()
    for question in [*questions, *gate]:
        words = question["question"].lower().replace("'", "’").split()
        for start in range(len(words) - 6):
            assert " ".join(words[start : start + 7]) not in everything, question["id"]


def test_every_fact_of_an_answer_can_be_read_in_its_quotes(
    questions: list[dict[str, Any]], gate: list[dict[str, Any]]
) -> None:
    for question in [*questions, *gate]:
        quotes = collapsed(" ".join(gold["quote"] for gold in question["gold"])).lower()
        for fact in question["facts"]:
            assert any(variant.lower() in quotes for variant in fact.split("|")), (question["id"], fact)


def test_french_text_gets_its_non_breaking_spaces() -> None:
    assert (
        french("« Attention » : 1 250 € ; fini !")
        == "«\u00a0Attention\u00a0»\u00a0: 1\u00a0250\u00a0€\u00a0; fini\u00a0!"
    )


def test_long_words_are_cut_between_syllables_and_short_ones_never() -> None:
    assert hyphenate("miroitiers").split(SOFT_HYPHEN) == ["miroi", "tiers"]
    assert hyphenate("remplacement").split(SOFT_HYPHEN) == ["rem", "pla", "ce", "ment"]
    assert hyphenate("verre") == "verre"


def test_a_header_line_without_a_colon_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text("title: one\nno value here\n\nbody\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no value here"):
        read(path)
