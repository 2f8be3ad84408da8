import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.clean import clean
from ingest.ocr import Engine, find, lines_of
from ingest.progress import Silent
from ingest.raw import RawLine
from ingest.read import read_ahead, read_pdf
from ingest.run import run
from rag.settings import ROOT, Settings
from rag.types import Page, Source
from tests import pdfs
from tests.fakes import WordEmbedder

HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
PAPER = "4\t1\t1\t1\t1\t0\t0\t0\t1000\t900\t-1\t"

Write = Callable[..., None]


def word(
    line: int, text: str, left: int, top: int, width: int, height: int = 30, conf: float = 96, block: int = 1
) -> str:
    return f"5\t1\t{block}\t1\t{line}\t1\t{left}\t{top}\t{width}\t{height}\t{conf}\t{text}"


def tsv(*rows: str) -> str:
    return "\n".join((HEAD, PAPER, *rows)) + "\n"


def texts(lines: tuple[RawLine, ...]) -> list[str]:
    return [" ".join(word for word, _, _ in line.words) for line in lines]


class Counted(Silent):
    """Counts the pages that need OCR, and those that are done."""

    def __init__(self) -> None:
        self.found = self.done = 0

    def extend(self, count: int) -> None:
        self.found += count

    def advance(self, count: int) -> None:
        self.done += count


@pytest.fixture
def tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a program that stands for Tesseract, the only one on the PATH: what it knows, what it does with a page."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def write(languages: str = "eng fra osd", page: str = "", answer: str = "") -> None:
        (tmp_path / "answer.tsv").write_text(answer, encoding="utf-8")
        body = f"""\
            #!{sys.executable}
            import os, sys, time
            if "--version" in sys.argv:
                print("tesseract 5.9.9")
            elif "--list-langs" in sys.argv:
                print("List of available languages (3):", *{languages.split()!r}, sep="\\n")
            else:
                picture = sys.stdin.buffer.read()
                {page or "pass"}
                print(open({str(tmp_path / "answer.tsv")!r}, encoding="utf-8").read(), end="")
            """
        program = folder / "tesseract"
        program.write_text(textwrap.dedent(body))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    return write


def test_nothing_is_found_where_there_is_no_tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find(Settings()) == Engine("program")
    assert find(replace(Settings(), ocr="off")) == Engine("off")


def test_french_is_needed_and_english_is_welcome(tesseract: Write) -> None:
    tesseract("eng osd")
    assert find(Settings()) == Engine("french")
    tesseract("fra")
    assert find(Settings()).languages == "fra"
    tesseract("eng fra")
    engine = find(Settings())
    assert (engine.ready, engine.languages, engine.id) == (True, "fra+eng", "tesseract 5.9.9, fra+eng")


def test_a_tesseract_that_does_not_start_is_none(tesseract: Write) -> None:
    tesseract()
    Path(shutil.which("tesseract") or "").write_text("#!/nowhere/at/all\n")

    assert find(Settings()) == Engine("program")


def test_french_among_our_own_weights_is_used(tesseract: Write, tmp_path: Path) -> None:
    tesseract()
    (tmp_path / "tessdata").mkdir()
    (tmp_path / "tessdata" / "fra.traineddata").touch()

    assert find(replace(Settings(), weights=tmp_path)).tessdata == str(tmp_path / "tessdata")


def test_lines_come_in_tesseracts_order_in_points() -> None:
    rows = tsv(
        word(1, "Le", 100, 200, 40), word(1, "joint", 150, 200, 80), word(2, "dure.", 100, 250, 90),
        word(1, "Droite", 600, 200, 100, block=2),
    )  # fmt: skip

    lines = lines_of(rows, scale=0.24)

    assert texts(lines) == ["Le joint", "dure.", "Droite"]
    assert lines[0].words[1] == ("joint", 36.0, 55.2)
    assert lines[0].y0 < 48 < 55.2 < lines[0].y1


def test_a_line_is_judged_as_a_whole_for_words_with_apostrophes_get_no_confidence() -> None:
    rows = tsv(
        word(1, "L'écoulement", 100, 100, 300, conf=0), word(1, "est", 420, 100, 50), word(1, "bon", 480, 100, 60),
        word(2, "fxT", 100, 200, 60, conf=31), word(2, "WAN", 200, 200, 60, conf=48),
    )  # fmt: skip

    assert texts(lines_of(rows, 0.24)) == ["L'écoulement est bon"]


def test_rules_and_logos_are_no_words() -> None:
    rows = tsv(
        word(1, "||", 100, 100, 10, conf=40), word(1, "Da", 0, 60, 90, 120, conf=43), word(1, "Travée", 120, 100, 99),
        word(1, "—", 230, 100, 30), word(1, "4", 270, 100, 15),
    )  # fmt: skip

    assert texts(lines_of(rows, 0.24)) == ["Travée — 4"]


def test_type_is_of_one_size_whatever_the_letters_and_headings_are_larger() -> None:
    rows = tsv(
        word(1, "CHAPITRE", 100, 100, 300, 62),
        *(word(line, text, 100, 100 * line, 300, height) for line, text, height in
          ((2, "ligne", 41), (3, "aucune", 22), (4, "haute", 32), (5, "jeux", 40))),
    )  # fmt: skip

    heading, *body = [line.size for line in lines_of(rows, 0.24)]

    assert len(set(body)) == 1
    assert body[0] == pytest.approx(11, abs=0.6)
    assert heading > 1.5 * body[0]


def test_a_page_without_words_gives_no_lines() -> None:
    assert lines_of(tsv(), 0.24) == ()
    assert lines_of("", 0.24) == ()


ANSWER = tsv(word(1, "Cotisation", 250, 500, 400), word(1, "annuelle", 700, 500, 300), word(1, "320", 1050, 500, 90))


def test_a_scanned_page_among_others_is_read_and_is_marked_as_such(tesseract: Write, tmp_path: Path) -> None:
    tesseract(answer=ANSWER)
    file = pdfs.image_only(tmp_path / "a.pdf", 2, "Un texte assez long pour être lu.")

    reading = read_pdf(file, Settings(), find(Settings()))
    first, second = (cleaned.page for cleaned in clean(reading.pages, Source("a.pdf", "0" * 64, "A")))

    assert (reading.status, reading.message) == ("added", "")
    assert (first.text, first.origin) == ("Cotisation annuelle 320", "ocr")
    assert (second.text, second.origin) == ("Un texte assez long pour être lu.", "text")
    assert first.ref.width == 595
    assert first.lines[0].words[0].x0 == pytest.approx(60, abs=0.1)


def test_tesseract_gets_the_page_in_grey_at_the_wanted_resolution(tesseract: Write, tmp_path: Path) -> None:
    check = 'assert picture.startswith(b"P5 827 1170 255\\n") and len(picture) > 827 * 1170, picture[:20]'
    tesseract(answer=ANSWER, page=check)

    settings = replace(Settings(), ocr_dpi=100)
    reading = read_pdf(pdfs.image_only(tmp_path / "a.pdf"), settings, find(settings))

    assert reading.status == "added"


@pytest.mark.parametrize("accident", ["sys.exit(1)", "time.sleep(60)", "bytearray(10**10)"])
def test_an_accident_of_tesseract_costs_its_page_only(tesseract: Write, tmp_path: Path, accident: str) -> None:
    tesseract(page=accident)
    settings = replace(Settings(), ocr_seconds=2, read_megabytes=600)

    began = time.monotonic()
    alone = read_pdf(pdfs.image_only(tmp_path / "a.pdf"), settings, find(settings))
    among = read_pdf(pdfs.image_only(tmp_path / "b.pdf", 2, "Un texte assez long."), settings, find(settings))

    assert time.monotonic() - began < 60  # the accident's own length
    assert (alone.status, among.status) == ("needs_ocr", "partial")
    assert "ocr_seconds" in among.message
    assert among.pages[1].lines


@pytest.mark.parametrize(
    ("engine", "advice"),
    [
        (Engine("program"), "sudo apt install tesseract-ocr tesseract-ocr-fra"),
        (Engine("french"), "sudo apt install tesseract-ocr-fra"),
        (Engine("off"), "ocr à auto"),
    ],
)
def test_what_is_missing_is_said_with_the_pages(tmp_path: Path, engine: Engine, advice: str) -> None:
    reading = read_pdf(pdfs.image_only(tmp_path / "a.pdf", 3), Settings(), engine)

    assert reading.status == "needs_ocr"
    assert "Pages 1-3 sans texte lisible" in reading.message
    assert advice in reading.message


def test_a_picture_without_words_is_no_lack(tesseract: Write, tmp_path: Path) -> None:
    tesseract(answer=tsv())
    engine = find(Settings())

    alone = read_pdf(pdfs.image_only(tmp_path / "a.pdf"), Settings(), engine)
    cover = read_pdf(pdfs.image_only(tmp_path / "b.pdf", 2, "Un texte assez long."), Settings(), engine)

    assert alone.status == "empty"
    assert "300 ppp" in alone.message
    assert (cover.status, cover.message) == ("added", "Image sans texte reconnu (page 1).")


def test_a_picture_under_print_is_read_too_and_its_lack_is_said(tesseract: Write, tmp_path: Path) -> None:
    tesseract(answer=ANSWER)
    file = pdfs.printed_over(tmp_path / "a.pdf", "Jeanne Martin, 12 mars 2024")

    without = read_pdf(file, Settings(), Engine("program"))
    whole = read_pdf(file, Settings(), find(Settings()))

    assert (without.status, texts(without.pages[0].lines)) == ("partial", ["Jeanne Martin, 12 mars 2024"])
    assert without.message.startswith("Image sous le texte non lue (page 1) : installez")
    assert (whole.status, whole.message) == ("added", "")
    assert texts(whole.pages[0].lines) == ["Jeanne Martin, 12 mars 2024", "Cotisation annuelle 320"]


def test_files_come_back_in_order_whatever_their_pages_take(tesseract: Write, tmp_path: Path) -> None:
    tesseract(answer=ANSWER)
    scan = pdfs.image_only(tmp_path / "a.pdf", 3)
    plain = [pdfs.text(tmp_path / f"{n}.pdf", [[f"Fichier {n}."]]) for n in range(3)]
    files = [plain[0], None, scan, plain[1], scan, None, plain[2]]

    with ThreadPoolExecutor(2) as executor:
        counted = Counted()
        readings = list(read_ahead(files, Settings(), find(Settings()), executor, 2, counted))

    said = [reading and texts(reading.pages[0].lines)[0] for reading in readings]
    assert said == ["Fichier 0.", None, "Cotisation annuelle 320", "Fichier 1.", "Cotisation annuelle 320", None,
                    "Fichier 2."]  # fmt: skip
    assert [len(reading.pages) for reading in readings if reading] == [1, 3, 1, 3, 1]
    assert (counted.found, counted.done) == (6, 6)


def test_files_are_tried_again_once_there_is_an_ocr_and_only_then(
    tesseract: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(Settings(), corpus=tmp_path / "corpus", store=tmp_path / "store", workers=2)
    settings.corpus.mkdir()
    pdfs.image_only(settings.corpus / "scan.pdf")
    pdfs.image_only(settings.corpus / "mixed.pdf", 2, "Le joint de vitrage dure dix ans.")

    def statuses() -> dict[str, str]:
        return {file.path: file.status for file in run(settings, WordEmbedder(), Silent()).files}

    assert statuses() == {"mixed.pdf": "partial", "scan.pdf": "needs_ocr"}
    assert not run(settings, WordEmbedder(), Silent()).published

    tesseract(answer=ANSWER)
    result = run(settings, WordEmbedder(), Silent())
    assert {file.path: (file.status, file.pages_ocr) for file in result.files} == {
        "mixed.pdf": ("updated", 1), "scan.pdf": ("updated", 1),
    }  # fmt: skip
    assert result.complete
    assert not run(settings, WordEmbedder(), Silent()).published

    # what was read once stays, even where Tesseract has gone since
    monkeypatch.setenv("PATH", os.defpath if not shutil.which("tesseract", path=os.defpath) else str(tmp_path))
    assert statuses() == {"mixed.pdf": "unchanged", "scan.pdf": "unchanged"}


@pytest.mark.skipif(not find(Settings()).ready, reason="Tesseract with French is not installed")
def test_tesseract_itself_reads_a_scan_and_says_where(tmp_path: Path) -> None:
    lines = ["La cotisation annuelle est fixée à 320 euros.", "L'écoulement des eaux n'a pas été vérifié."]

    reading = read_pdf(pdfs.scanned(tmp_path / "a.pdf", lines), Settings(), find(Settings()))
    page: Page = clean(reading.pages, Source("a.pdf", "0" * 64, "A"))[0].page

    assert (reading.status, page.origin) == ("added", "ocr")
    assert page.text.replace("’", "'").splitlines() == lines
    first = page.lines[0]
    assert first.words[0].x0 == pytest.approx(60, abs=2)
    assert first.y0 == pytest.approx(80, abs=4)
    assert first.y1 == pytest.approx(93, abs=4)
    assert first.size == pytest.approx(12, abs=1.5)


def test_an_interruption_while_pages_are_recognised_ends_the_command_and_leaves_nothing(
    tesseract: Write, tmp_path: Path
) -> None:
    corpus, store, notes = tmp_path / "corpus", tmp_path / "store", tmp_path / "notes"
    corpus.mkdir()
    notes.mkdir()
    pdfs.image_only(corpus / "scan.pdf", 30)
    # its limits let it make empty files only
    tesseract(page=f"open(os.path.join({str(notes)!r}, str(os.getpid())), 'w').close(); time.sleep(2)")

    def running() -> list[int]:
        return [int(note.name) for note in notes.iterdir() if Path("/proc", note.name).exists()]

    command = [sys.executable, "-m", "ingest", "--corpus", str(corpus), "--store", str(store)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 120
            while not (found := running()) and time.monotonic() < deadline:
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            assert found
            assert process.wait(120) == 130
        finally:
            process.kill()

    assert running() == []
    assert len(list(notes.iterdir())) < 30  # pages that waited are not begun
    assert list(store.glob("gen-*")) == []
