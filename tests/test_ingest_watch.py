"""Files are ingested when they have settled. Run: python -m pytest tests/test_ingest_watch.py"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.discover import discover
from ingest.watch import (
    FULL_SECONDS,
    LOOK_SECONDS,
    PATIENCE_SECONDS,
    RETRY_SECONDS,
    Settling,
    Stop,
    Watcher,
    stop_signals,
    watch,
)
from rag.errors import CorpusError, IngestBusy
from rag.settings import ROOT
from tests import pdfs

NOW = 2_000_000_000.0


class Runs:
    """Counts ingestions; fails while `error` is set."""

    def __init__(self) -> None:
        self.moving: list[frozenset[str]] = []
        self.error: Exception | None = None
        self.said: list[str] = []

    def __call__(self, moving: frozenset[str]) -> None:
        if self.error:
            raise self.error
        self.moving.append(moving)


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture
def watcher(tmp_path: Path, runs: Runs) -> Watcher:
    return Watcher(tmp_path, 5, runs, runs.said.append)


def put(folder: Path, name: str, text: str, when: float) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    os.utime(folder / name, (when, when))


def test_a_file_that_grows_is_moving_until_it_stood_still(tmp_path: Path) -> None:
    settling = Settling(5)
    put(tmp_path, "a.pdf", "1", NOW)
    assert settling.moving(discover(tmp_path), NOW + 1) == {"a.pdf"}
    put(tmp_path, "a.pdf", "12", NOW)  # a copy that sets the date of the original at once
    assert settling.moving(discover(tmp_path), NOW + 4) == {"a.pdf"}
    assert settling.moving(discover(tmp_path), NOW + 8) == {"a.pdf"}
    assert settling.moving(discover(tmp_path), NOW + 9) == frozenset()


def test_an_old_file_has_settled_and_one_from_the_future_settles_too(tmp_path: Path) -> None:
    settling = Settling(5)
    put(tmp_path, "old.pdf", "1", NOW - 1000)
    put(tmp_path, "future.pdf", "1", NOW + 1000)
    assert settling.moving(discover(tmp_path), NOW) == {"future.pdf"}
    assert settling.moving(discover(tmp_path), NOW + 5) == frozenset()


def test_it_ingests_once_when_all_has_settled(tmp_path: Path, watcher: Watcher, runs: Runs) -> None:
    put(tmp_path, "a.pdf", "1", NOW)
    for second in range(20):
        watcher.look(NOW + second)
    assert runs.moving == [frozenset()]
    assert runs.said == ["Changement vu : a.pdf ; attente de la fin de la copie."]
    (tmp_path / "a.pdf").unlink()
    watcher.look(NOW + 21)
    assert len(runs.moving) == 2


def test_a_copy_that_takes_too_long_holds_up_the_others_no_longer(tmp_path: Path, watcher: Watcher, runs: Runs) -> None:
    put(tmp_path, "a.pdf", "1", NOW - 100)
    for second in range(0, int(PATIENCE_SECONDS) + 1, 2):
        put(tmp_path, "long.pdf", "x" * second, NOW + second)
        watcher.look(NOW + second)
    assert runs.moving == [{"long.pdf"}]
    end = NOW + PATIENCE_SECONDS
    watcher.look(end + 3)
    assert watcher.is_waiting
    watcher.look(end + 6)
    assert runs.moving == [{"long.pdf"}, frozenset()]


def test_a_run_that_failed_is_said_and_tried_again(tmp_path: Path, watcher: Watcher, runs: Runs) -> None:
    put(tmp_path, "a.pdf", "1", NOW - 100)
    runs.error = IngestBusy("Une autre ingestion est en cours.", "Another one.")
    watcher.look(NOW)
    watcher.look(NOW + 1)
    assert runs.said == ["Erreur : Une autre ingestion est en cours. Nouvel essai dans 30 s."]
    runs.error = None
    watcher.look(NOW + RETRY_SECONDS - 1)
    assert runs.moving == []
    watcher.look(NOW + RETRY_SECONDS)
    assert runs.moving == [frozenset()]


def test_without_a_change_all_files_are_compared_now_and_then(tmp_path: Path, watcher: Watcher, runs: Runs) -> None:
    put(tmp_path, "a.pdf", "1", NOW - 100)
    watcher.look(NOW)
    watcher.look(NOW + FULL_SECONDS - 1)
    assert len(runs.moving) == 1
    watcher.look(NOW + FULL_SECONDS)
    assert len(runs.moving) == 2


def test_a_folder_that_is_away_is_said_once_and_comes_back(tmp_path: Path, runs: Runs) -> None:
    corpus = tmp_path / "share"
    watcher = Watcher(corpus, 5, runs, runs.said.append)
    watcher.look(NOW)
    watcher.look(NOW + 1)
    assert len(runs.said) == 1 and "n'existe pas" in runs.said[0]
    corpus.mkdir()
    put(corpus, "a.pdf", "1", NOW - 100)
    watcher.look(NOW + 2)
    assert len(runs.moving) == 1


def test_a_folder_without_events_is_looked_at_now_and_then(tmp_path: Path, runs: Runs) -> None:
    seconds = iter(range(1000))

    def nothing_happens() -> Iterator[tuple[()]]:
        for second in range(100):
            if second == 10:
                put(tmp_path, "a.pdf", "1", NOW - 100)
            yield ()

    watch(tmp_path, 5, runs, runs.said.append, Stop(), nothing_happens(), lambda: NOW + next(seconds))
    assert runs.moving == [frozenset(), frozenset()]
    assert LOOK_SECONDS <= 100


def test_ctrl_c_ends_it_quietly(tmp_path: Path, runs: Runs) -> None:
    def interrupted() -> Iterator[tuple[()]]:
        yield ()
        raise KeyboardInterrupt

    watch(tmp_path, 5, runs, runs.said.append, Stop(), interrupted())
    assert runs.said[-1] == "Surveillance arrêtée."


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_that_a_destructor_swallows_ends_it_at_the_next_step(
    tmp_path: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    swallowed: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda lost: swallowed.append(lost.exc_type))

    class Dying:
        def __del__(self) -> None:
            signal.raise_signal(number)

    def dies() -> Iterator[tuple[()]]:
        yield ()
        dying = Dying()
        del dying
        yield ()
        raise AssertionError

    before = signal.getsignal(number)
    with stop_signals() as stop:
        watch(tmp_path, 5, runs, runs.said.append, stop, dies())

    assert swallowed == [KeyboardInterrupt]
    assert runs.said[-1] == "Surveillance arrêtée."
    assert signal.getsignal(number) is before


def test_a_missing_folder_is_refused_at_the_start(tmp_path: Path, runs: Runs) -> None:
    with pytest.raises(CorpusError, match="créez ce dossier"):
        watch(tmp_path / "absent", 5, runs, runs.said.append, Stop())


def children_of(pid: int) -> set[int]:
    """Return the processes that `pid` has started and not buried."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # gone meanwhile
            parent = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
            if int(parent) == pid:
                found.add(int(stat.parent.name))
    return found


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.mark.model
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_follows_real_files_and_ends_with_zero(tmp_path: Path, number: signal.Signals) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    pdfs.image_only(corpus / "scan.pdf")  # nothing to embed, so no model is loaded
    command = [
        sys.executable, "-m", "ingest", "--watch", "--json", "--corpus", str(corpus), "--store", str(tmp_path / "s"),
    ]  # fmt: skip
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "GREFFIER_SETTLE_SECONDS": "1", "GREFFIER_OCR": "off"},
    ) as process, contextlib.ExitStack() as cleanup:  # fmt: skip
        cleanup.callback(process.kill)  # a failed assertion must not wait for a command that never ends
        assert process.stdout
        first = json.loads(process.stdout.readline())
        assert [file["path"] for file in first["files"]] == ["scan.pdf"]
        whole = pdfs.image_only(tmp_path / "new.pdf", pages=2).read_bytes()
        with (corpus / "new.pdf").open("wb") as copy:
            for start in range(0, len(whole), len(whole) // 4):
                copy.write(whole[start : start + len(whole) // 4])
                copy.flush()
                time.sleep(0.5)
        second = json.loads(process.stdout.readline())
        assert {file["path"]: file["status"] for file in second["files"]} == {
            "new.pdf": "needs_ocr", "scan.pdf": "needs_ocr",
        }  # fmt: skip
        children = children_of(process.pid)
        assert children  # those that fork the readers
        process.send_signal(number)
        assert process.wait(120) == 0
        assert not any(map(lives, children))
