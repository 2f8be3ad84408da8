import os
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from textwrap import indent

import pytest

from ingest import guard
from ingest.guard import run_child
from ingest.ocr import Engine
from ingest.raw import Reading
from ingest.read import read_pdf as read_with
from ingest.read import recognise
from rag.settings import ROOT, Settings
from tests import pdfs

SETTINGS = Settings()


def read_pdf(file: Path, settings: Settings) -> Reading:
    """Read on a machine without OCR, whatever this one has."""
    return read_with(file, settings, Engine("program"))


def test_a_sound_file_is_read_whole(tmp_path: Path) -> None:
    reading = read_pdf(pdfs.text(tmp_path / "a.pdf", [["Un."], ["Deux."]], title="Statuts de 2023"), SETTINGS)

    assert (reading.status, reading.message, reading.title) == ("added", "", "Statuts de 2023")
    assert [page.number for page in reading.pages] == [1, 2]
    assert reading.page_count == 2


def test_each_bad_file_has_its_status_and_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").write_bytes(b"")
    (tmp_path / "html.pdf").write_bytes(b"<html>Erreur 404</html>")
    cases = {
        "empty": tmp_path / "empty.pdf",
        "not_pdf": tmp_path / "html.pdf",
        "damaged": pdfs.broken(tmp_path / "broken.pdf"),
        "encrypted": pdfs.encrypted(tmp_path / "locked.pdf", "secret"),
        "needs_ocr": pdfs.image_only(tmp_path / "scan.pdf"),
    }
    for status, file in cases.items():
        reading = read_pdf(file, SETTINGS)
        assert reading.status == status
        assert " : " in reading.message  # what is wrong : what to do
        assert reading.title


def test_blank_pages_are_empty_and_a_missing_file_is_damaged(tmp_path: Path) -> None:
    assert read_pdf(pdfs.blank(tmp_path / "a.pdf", 2), SETTINGS).status == "empty"
    assert read_pdf(tmp_path / "absent.pdf", SETTINGS).status == "damaged"


def test_a_scanned_page_among_others_is_named(tmp_path: Path) -> None:
    reading = read_pdf(pdfs.image_only(tmp_path / "a.pdf", 3, "Un texte assez long pour être lu."), SETTINGS)

    assert reading.status == "partial"
    assert "Pages 1-2 sans texte lisible" in reading.message


def test_invisible_text_is_reported(tmp_path: Path) -> None:
    file = pdfs.with_tiny_print(
        tmp_path / "a.pdf", ["La cotisation est de 320 euros."], ["La cotisation est de 999 euros."]
    )

    reading = read_pdf(file, SETTINGS)

    assert reading.status == "added"
    assert "Texte caché ignoré p. 1" in reading.message


def test_pages_beyond_the_limit_are_not_read_and_that_is_said(tmp_path: Path) -> None:
    file = pdfs.text(tmp_path / "a.pdf", [["Un."], ["Deux."], ["Trois."]])

    reading = read_pdf(file, replace(SETTINGS, read_pages=2))

    assert (reading.status, len(reading.pages), reading.page_count) == ("partial", 2, 3)
    assert "read_pages" in reading.message


def test_a_file_over_the_size_limit_is_not_opened(tmp_path: Path) -> None:
    file = pdfs.text(tmp_path / "a.pdf", [["Un."]])
    with file.open("ab") as stream:
        stream.truncate(2 * 1024 * 1024)

    assert read_pdf(file, replace(SETTINGS, file_megabytes=1)).status == "too_big"


def test_a_bomb_ends_at_the_memory_limit(tmp_path: Path) -> None:
    file = pdfs.bomb(tmp_path / "a.pdf", 600_000)

    reading = read_pdf(file, replace(SETTINGS, read_megabytes=160))

    assert reading.status == "too_big"
    assert "160 Mo de mémoire" in reading.message


def with_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str) -> None:
    """Put a child of our own making where the guard starts its one."""
    package = tmp_path / "root" / "ingest"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "child.py").write_text(
        f"import json, os, signal, sys, time\ndef main(arguments):\n{indent(body, '    ')}"
    )
    shutil.copy(ROOT / "ingest" / "forker.py", package)
    monkeypatch.setattr(guard, "ROOT", tmp_path / "root")


HEAD = 'print(json.dumps(["head", "Titre du document", 9, [], [], False]), flush=True)\n'
LINE = '[["Bonjour", [1], [2], 1, 2, 10, False, False]]'
PAGE = (
    f'print(json.dumps(["page", 1, None, 595, 842, 0, {LINE}, True, False, "text", 0, [], False, False]), flush=True)\n'
)


@pytest.mark.parametrize(
    ("death", "alone"),
    [
        ("time.sleep(60)", "timeout"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "too_big"),
        ("os.kill(os.getpid(), signal.SIGXCPU)", "timeout"),
        ("os.abort()", "too_big"),
        ("raise SystemExit(1)", "crashed"),
        ('while True: sys.stdout.write("x" * 1_000_000)', "too_big"),
    ],
)
def test_pages_read_before_an_accident_are_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, death: str, alone: str
) -> None:
    file = pdfs.text(tmp_path / "a.pdf", [["Un."]])
    settings = replace(SETTINGS, read_seconds=1)

    with_child(monkeypatch, tmp_path / "with", HEAD + PAGE + death)
    kept = read_pdf(file, settings)
    with_child(monkeypatch, tmp_path / "without", HEAD + death)
    lost = read_pdf(file, settings)

    assert (kept.status, len(kept.pages), kept.page_count) == ("partial", 1, 9)
    assert "jusqu'à la page 1 sur 9" in kept.message
    assert (lost.status, lost.pages) == (alone, ())


@pytest.mark.parametrize(
    ("place", "accident"),
    [
        ("os.fork()", "os.kill(os.getpid(), 9)"),
        ("os.setsid()", "os.kill(os.getpid(), 9)"),
        ("os.setsid()", "os._exit(1)"),
    ],
)
def test_a_child_that_cannot_be_started_is_a_crash_of_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str, accident: str
) -> None:
    with_child(monkeypatch, tmp_path, HEAD + PAGE)
    forker = tmp_path / "root" / "ingest" / "forker.py"
    forker.write_text(forker.read_text().replace(place, accident))
    assert read_pdf(pdfs.text(tmp_path / "a.pdf", [["Un."]]), SETTINGS).status == "crashed"


def test_a_machine_that_starts_no_process_at_all_is_a_crash_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_child(monkeypatch, tmp_path, HEAD + PAGE)
    monkeypatch.setattr("ingest.nursery._environment", lambda: (_ for _ in ()).throw(OSError(12, "no memory")))
    assert read_pdf(pdfs.text(tmp_path / "a.pdf", [["Un."]]), SETTINGS).status == "crashed"


@pytest.mark.parametrize(
    "line", ["Fontconfig error", "[]", "{}", "3", '["page", 2]', '["failed", "nothing known"]', "[" * 100_000]
)
def test_a_child_that_talks_nonsense_is_a_crash_of_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str
) -> None:
    with_child(monkeypatch, tmp_path, f"{HEAD}{PAGE}print({line!r}, flush=True)")

    reading = read_pdf(pdfs.text(tmp_path / "a.pdf", [["Un."]]), SETTINGS)

    assert (reading.status, len(reading.pages)) == ("partial", 1)
    assert "s'est arrêté sur ce fichier" in reading.message


def test_nonsense_in_the_place_of_a_recognised_page_is_no_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with_child(monkeypatch, tmp_path, "print('Fontconfig error')\nreturn 0")

    assert recognise(tmp_path / "a.pdf", 1, SETTINGS, Engine("", "tesseract", "fra", "")) is None


def test_a_hanging_child_and_what_it_started_are_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with_child(
        monkeypatch, tmp_path,
        "import subprocess\n"
        'process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])\n'
        f"open({str(note)!r}, 'w').write(str(process.pid))\n"
        "time.sleep(60)",
    )  # fmt: skip

    began = time.monotonic()
    outcome = run_child(["read", "x"], lambda data: True, seconds=1.5, megabytes=500)

    assert outcome.stopped == "timeout"
    assert time.monotonic() - began < 60  # the accident's own length
    state = Path(f"/proc/{note.read_text()}/stat")
    deadline = time.monotonic() + 5
    while state.exists() and state.read_text().split()[2] != "Z" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_the_child_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "abc")
    with_child(monkeypatch, tmp_path, "print(sorted(os.environ))")
    said: list[bytes] = []

    def hear(data: bytes) -> bool:
        said.append(data)
        return True

    run_child(["read", "x"], hear, seconds=10, megabytes=500)

    assert b"SECRET_TOKEN" not in b"".join(said)
    assert b"PATH" in b"".join(said)


def test_several_threads_may_read_at_once(tmp_path: Path) -> None:
    files = [pdfs.text(tmp_path / f"{n}.pdf", [[f"Fichier {n}."]]) for n in range(6)]

    with ThreadPoolExecutor(4) as executor:
        readings = list(executor.map(lambda file: read_pdf(file, SETTINGS), files))
    assert [reading.pages[0].lines[0].words[1][0] for reading in readings] == [f"{n}." for n in range(6)]


def test_nothing_stays_open_after_a_file(tmp_path: Path) -> None:
    file = pdfs.text(tmp_path / "a.pdf", [["Un."]])
    read_pdf(file, SETTINGS)  # starts the process that forks the children, which stays
    before = len(os.listdir("/proc/self/fd"))

    read_pdf(file, SETTINGS)

    assert len(os.listdir("/proc/self/fd")) == before


def test_a_forking_process_that_was_killed_is_replaced(tmp_path: Path) -> None:
    file = pdfs.text(tmp_path / "a.pdf", [["Un."]])
    read_pdf(file, SETTINGS)
    mine = [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    assert mine
    for pid in mine:
        os.kill(pid, signal.SIGKILL)

    assert read_pdf(file, SETTINGS).status == "added"


@pytest.mark.parametrize("oddity", pdfs.ODD)
def test_an_odd_file_has_its_status_and_gives_the_text_that_a_reader_sees(tmp_path: Path, oddity: str) -> None:
    how, status = pdfs.ODD[oddity]

    reading = read_pdf(pdfs.odd(tmp_path / "a.pdf", **how), replace(SETTINGS, read_pages=50))

    words = " ".join(word for page in reading.pages for line in page.lines for word, _, _ in line.words)
    assert reading.status == status
    assert (pdfs.ODD_TEXT in words) == (status in ("added", "partial", "empty"))
    assert bool(reading.message) == (status != "added")


def test_files_hung_on_an_empty_page_are_named(tmp_path: Path) -> None:
    file = pdfs.annotated(tmp_path / "a.pdf", [], "", "Remarque", attachments=["contrat.pdf"])

    assert "Pièces jointes non lues : contrat.pdf" in read_pdf(file, SETTINGS).message
