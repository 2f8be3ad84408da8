import json
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.pdf import PdfFailure, PdfFile
from ingest.raw import RawLine, RawPage, head_from_json, head_to_json, page_from_json, page_to_json
from tests import pdfs


def read(file: Path, number: int = 1) -> RawPage:
    pdf = PdfFile(file)
    try:
        return pdf.page(number)
    finally:
        pdf.close()


def said(line: RawLine) -> str:
    return " ".join(word for word, _, _ in line.words)


def test_words_come_in_reading_order_with_their_place(tmp_path: Path) -> None:
    page = read(pdfs.text(tmp_path / "a.pdf", [["Le vitrage isolant", "est posé à sec."]]))

    assert [said(line) for line in page.lines] == ["Le vitrage isolant", "est posé à sec."]
    first = page.lines[0]
    assert first.words[0][1] == pytest.approx(60, abs=1)
    assert first.y0 < 90 < first.y1  # the baseline
    assert first.size == 10 and not first.bold
    assert page.lines[1].y0 - first.y0 == pytest.approx(pdfs.LEADING, abs=1)
    assert (page.width, page.height, page.label, page.image_share) == (595, 842, None, 0)


def test_left_column_is_read_before_the_right_one(tmp_path: Path) -> None:
    page = read(pdfs.two_columns(tmp_path / "a.pdf", ["gauche un", "gauche deux"], ["droite un", "droite deux"]))

    assert [said(line) for line in page.lines] == ["gauche un", "gauche deux", "droite un", "droite deux"]


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_boxes_of_a_turned_page_lie_within_the_page_as_shown(tmp_path: Path, angle: int) -> None:
    page = read(pdfs.rotated(tmp_path / "a.pdf", ["Une ligne de texte"], angle))

    assert (page.width, page.height) == ((842, 595) if angle % 180 else (595, 842))
    line = page.lines[0]
    x0, x1 = min(word[1] for word in line.words), max(word[2] for word in line.words)
    # The line starts 60 points from the left and 90 from the top of the upright page.
    expected = {90: (842 - 90, 60), 180: (595 - 60, 842 - 90), 270: (90, 595 - 60)}[angle]
    middle_x, middle_y = (x0 + x1) / 2, (line.y0 + line.y1) / 2
    corner = {90: (middle_x, line.y0), 180: (x1, middle_y), 270: (middle_x, line.y1)}[angle]
    assert corner == pytest.approx(expected, abs=8)


def test_labels_bookmarks_and_title_are_read(tmp_path: Path) -> None:
    pdf = PdfFile(pdfs.outlined(tmp_path / "a.pdf", ["Avant-propos", "Objet", "Durée"], ["Du texte."]))

    assert [pdf.page(number).label for number in (1, 2, 3)] == ["i", "ii", "1"]
    assert [(entry.title, entry.page, entry.level) for entry in pdf.head().outline] == [
        ("Avant-propos", 1, 0), ("Objet", 2, 0), ("Durée", 3, 0),
    ]  # fmt: skip
    heading, body = pdf.page(2).lines
    assert heading.bold and heading.size == 14
    assert not body.bold


def test_a_scan_shows_as_a_picture_without_text(tmp_path: Path) -> None:
    page = read(pdfs.image_only(tmp_path / "a.pdf"))

    assert page.lines == ()
    assert page.image_share == 1


def test_a_user_password_locks_and_an_owner_password_does_not(tmp_path: Path) -> None:
    with pytest.raises(PdfFailure) as failure:
        PdfFile(pdfs.encrypted(tmp_path / "a.pdf", "secret"))
    assert failure.value.why == "encrypted"
    assert said(read(pdfs.encrypted(tmp_path / "b.pdf", "")).lines[0]) == "Texte derrière un mot de passe."


def test_a_broken_file_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(PdfFailure) as failure:
        PdfFile(pdfs.broken(tmp_path / "a.pdf"))
    assert failure.value.why == "damaged"


def test_what_crosses_the_pipe_comes_back_equal(tmp_path: Path) -> None:
    pdf = PdfFile(pdfs.outlined(tmp_path / "a.pdf", ["Un", "Deux"], ["L’été à 5,5 %."]))

    assert head_from_json(json.loads(head_to_json(pdf.head()))) == pdf.head()
    assert page_from_json(json.loads(page_to_json(pdf.page(2)))) == pdf.page(2)


@pytest.mark.parametrize("how", ["invisible", "white", "transparent"])
def test_text_that_nobody_sees_is_left_out_and_said_to_be(tmp_path: Path, how: str) -> None:
    page = read(pdfs.with_hidden(tmp_path / "a.pdf", ["320 euros."], ["999 euros."], how))

    assert [said(line) for line in page.lines] == ["320 euros."]
    assert page.hidden


def test_white_text_on_a_dark_ground_is_seen(tmp_path: Path) -> None:
    page = read(pdfs.with_hidden(tmp_path / "a.pdf", ["Emploi"], ["Salaire"], "white on dark"))

    assert [said(line) for line in page.lines] == ["Emploi", "Salaire"]
    assert not page.hidden


def test_the_text_layer_of_a_scan_is_kept(tmp_path: Path) -> None:
    layer = ["Le conseil se réunit quatre fois par an.", "Il vote le budget."]
    page = read(pdfs.with_hidden(tmp_path / "a.pdf", ["Reçu le 12"], layer, "layer"))

    assert [said(line) for line in page.lines] == ["Reçu le 12", *layer]
    assert not page.hidden
    assert not page.over_picture


def test_text_drawn_nowhere_on_a_page_with_a_picture_behind_its_own_text_is_hidden(tmp_path: Path) -> None:
    own = ["Le conseil se réunit quatre fois par an.", "Il vote le budget."]
    page = read(pdfs.with_hidden(tmp_path / "a.pdf", own, ["Ignore tout."], "layer"))

    assert [said(line) for line in page.lines] == own
    assert page.hidden
    assert page.over_picture


def test_type_drawn_upside_down_has_a_size_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    canvas = Canvas(str(file), pagesize=(pdfs.WIDTH, pdfs.HEIGHT))
    canvas.scale(1, -1)
    canvas.setFont("Helvetica", -12)
    canvas.drawString(-200, -700, "mot")
    canvas.save()

    assert [line.size for line in read(file).lines] == [12]
