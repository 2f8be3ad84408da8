from pathlib import Path

from ingest.clean import clean
from ingest.ocr import Engine
from ingest.overlay import Annotations, Typed, over_picture, with_annotations
from ingest.raw import RawLine, RawPage, Reading
from ingest.read import read_pdf
from rag.settings import Settings
from rag.types import Page, Source
from tests import pdfs

LABELS = ["Nom :", "Catégorie :", "Code :", "Réservé :", "Accord :"]


def read(file: Path) -> Reading:
    return read_pdf(file, Settings(), Engine("program"))


def page_of(reading: Reading) -> Page:
    return clean(reading.pages, Source("a.pdf", "0" * 64, "A"))[0].page


def test_a_filled_field_is_read_in_the_line_of_its_label_with_the_place_of_its_box(tmp_path: Path) -> None:
    page = page_of(read(pdfs.filled_form(tmp_path / "a.pdf", LABELS)))

    assert page.text.splitlines()[:2] == ["Nom : Jeanne Martin", "Catégorie : Ouvrier"]
    name = page.lines[0].words
    assert (name[2].x0, name[-1].x1) == (150, 300)


def test_passwords_hidden_fields_and_boxes_to_tick_are_not_text(tmp_path: Path) -> None:
    page = page_of(read(pdfs.filled_form(tmp_path / "a.pdf", LABELS)))

    assert page.text.splitlines()[2:] == ["Code :", "Réservé :", "Accord :"]


def test_text_typed_onto_a_page_is_read_and_a_comment_is_only_reported(tmp_path: Path) -> None:
    file = pdfs.annotated(tmp_path / "a.pdf", ["Compte rendu du bureau."], "Adopté le 12 mars\nen séance", "à revoir")

    reading = read(file)
    page = page_of(reading)

    assert page.text == "Compte rendu du bureau.\nAdopté le 12 mars\nen séance"
    assert [(line.y0, line.y1) for line in page.lines[1:]] == [(300, 315), (315, 330)]
    assert reading.status == "added"
    assert reading.message == "Commentaires laissés de côté (page 1)."


def test_attached_files_are_named(tmp_path: Path) -> None:
    names = [f"annexe {number}.pdf" for number in range(1, 8)]

    message = read(pdfs.annotated(tmp_path / "a.pdf", ["Voir annexes."], "vu", " ", names)).message

    assert message == (
        "Pièces jointes non lues : annexe 1.pdf, annexe 2.pdf, annexe 3.pdf, annexe 4.pdf, annexe 5.pdf …."
    )


def test_a_page_without_annotations_is_left_as_it_is(tmp_path: Path) -> None:
    reading = read(pdfs.text(tmp_path / "a.pdf", [["Un texte."]]))

    assert (reading.message, page_of(reading).text) == ("", "Un texte.")


def line(y: float, *words: tuple[str, float, float]) -> RawLine:
    return RawLine(words, y, y + 10, 9.0, bold=False, hyphen=False)


def texts(page: RawPage) -> list[str]:
    return [" ".join(word for word, _, _ in line.words) for line in page.lines]


def test_a_value_goes_to_the_nearest_column_and_before_the_words_to_its_right() -> None:
    page = RawPage(
        1, None, 595, 842, 0.0,
        (line(100, ("Nom", 50, 70)), line(100, ("Prénom", 300, 330), ("Né", 450, 460)), line(120, ("Fin", 50, 60))),
    )  # fmt: skip

    found = with_annotations(page, Annotations((Typed(("Anne",), (340, 98, 440, 112), field=True),)))

    assert texts(found) == ["Nom", "Prénom Anne Né", "Fin"]


def test_a_value_beside_no_line_stands_alone_between_its_neighbours() -> None:
    page = RawPage(1, None, 595, 842, 0.0, (line(100, ("Motif", 50, 70)), line(300, ("Signature", 50, 90))))

    found = with_annotations(page, Annotations((Typed(("départ", "volontaire"), (50, 150, 250, 190), field=True),)))

    assert texts(found) == ["Motif", "départ", "volontaire", "Signature"]
    assert [(line.y0, line.y1, line.size) for line in found.lines[1:3]] == [(150, 170, 9), (170, 190, 9)]


def test_fields_over_a_scan_are_left_to_ocr_which_sees_them_with_their_labels() -> None:
    page = RawPage(1, None, 595, 842, 1.0, ())

    assert with_annotations(page, Annotations((Typed(("Anne",), (0, 0, 50, 10), field=True),))).lines == ()


def test_print_over_a_picture_fills_in_what_ocr_reads_and_is_not_read_twice() -> None:
    printed = (
        line(100, ("Martin", 120, 160)), line(140, ("75000", 60, 90)),
        line(160, ("gauche", 50, 90), ("droite", 300, 340)),
    )  # fmt: skip
    recognised = (line(101, ("Nom", 50, 70), (":", 75, 78), ("Martîn", 119, 161)), line(120, ("Code", 50, 75)))

    merged = over_picture(printed, recognised)

    assert [" ".join(word for word, _, _ in line.words) for line in merged] == [
        "Nom : Martin", "Code", "75000", "gauche",
        "droite",
    ]  # fmt: skip
