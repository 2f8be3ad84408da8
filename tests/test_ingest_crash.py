"""An ingestion may die at any moment. Run: python -m pytest tests/test_ingest_crash.py (hours of kills: -m slow)"""

import errno
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from ingest import prove as proof
from ingest import publish, room, run
from ingest.progress import Silent
from ingest.report import Result
from ingest.seal import check_seal
from rag import dense, lexical
from rag.errors import DiskFull, StoreDamaged
from rag.retrieve import retrieve
from rag.settings import ROOT, Settings
from rag.store import CHROMA, VECTORS, Generation, LiveStore, current
from tests.fakes import WordEmbedder, readings_of


def crash(folder: Path, *arguments: str, seconds: int = 300) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash", *arguments[:1], str(folder), *arguments[1:]],
        capture_output=True, text=True, cwd=ROOT, timeout=seconds, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def assert_old_then_new(found: dict[str, Any]) -> None:
    """The live generation changes once, at one step, from the one before to the new one."""
    order = found["order"]
    before = order.count("avant")
    assert 0 < before < len(order)
    assert order == ["avant"] * before + ["nouveau"] * (len(order) - before)


def test_death_at_a_write_leaves_the_old_generation_or_the_new_one(tmp_path: Path) -> None:
    found = crash(tmp_path, "steps", "--every", "9", "--whole", "8")
    assert found["steps"] > 60
    assert found["tried"] >= 14
    assert_old_then_new(found)


@pytest.mark.slow
def test_death_at_any_write_leaves_the_old_generation_or_the_new_one(tmp_path: Path) -> None:
    found = crash(tmp_path, "steps", seconds=1800)
    assert found["tried"] == found["steps"]
    assert_old_then_new(found)


def test_kills_at_random_moments_of_a_large_build_leave_a_whole_generation(tmp_path: Path) -> None:
    found = crash(tmp_path, "kills", "--count", "8", "--seed", "2")
    assert found["chunks"] == 3500
    assert sum(found["found"].values()) == 8


@pytest.mark.slow
def test_two_hundred_kills_leave_a_whole_generation(tmp_path: Path) -> None:
    found = crash(tmp_path, "kills", "--count", "200", "--seed", "3", seconds=3600)
    assert sum(found["found"].values()) == 200
    assert found["found"]["old"] > 50


def test_a_file_that_was_cut_anywhere_is_never_proven(tmp_path: Path) -> None:
    found = crash(tmp_path, "truncations")
    assert found["intact"] == 0
    names = {name.split(":")[0] for name in found["cut"]}
    assert len(names) >= 13 and {"documents.sqlite", "vectors.npy", "chroma/chroma.sqlite3"} <= names
    assert any(name.endswith("data_level0.bin") for name in names)
    assert [name for name, code in found["cut"].items() if code == 0] == []


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    (tmp_path / "corpus").mkdir()
    monkeypatch.setattr(run, "read_ahead", readings_of)
    return replace(Settings(), corpus=tmp_path / "corpus", store=tmp_path / "store", workers=1)


def write(settings: Settings, text: str, name: str = "a.pdf") -> None:
    (settings.corpus / name).write_text(text, encoding="utf-8")


def prove_here(folder: Path) -> None:
    """Prove without a process of its own, which costs seconds."""
    check_seal(folder, hashes=True)
    generation = Generation(folder)
    proof.prove(generation)
    generation.close()


def ingest(settings: Settings) -> Result:
    return run.run(settings, WordEmbedder(), Silent())


def test_a_build_that_was_cut_before_its_proof_is_not_published(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(settings, "Le joint dure dix ans.")
    live = ingest(settings).generation
    write(settings, "Le joint dure onze ans.")
    prove = publish.prove

    def cut(folder: Path) -> None:
        vectors = folder / VECTORS
        vectors.write_bytes(vectors.read_bytes()[:-5])
        prove(folder)

    monkeypatch.setattr(run, "prove", cut)
    with pytest.raises(StoreDamaged, match="vectors.npy"):
        ingest(settings)
    assert current(settings.store).name == live


def test_a_proof_that_crashes_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suicide = ["-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]
    real = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda command, **named: real([command[0], *suicide], **named))
    with pytest.raises(StoreDamaged, match="code -11"):
        publish.prove(tmp_path)


@pytest.mark.parametrize(
    "part", ["documents.sqlite", "vectors.npy", "chroma/chroma.sqlite3", "lexical/vocab.index.json"]
)
def test_a_live_index_that_was_damaged_is_mended_by_the_next_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(run, "prove", prove_here)
    write(settings, "Le joint dure dix ans.")
    damaged = settings.store / ingest(settings).generation / part
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert ingest(settings).published
    prove_here(current(settings.store))


def test_an_interrupted_removal_never_looks_like_a_finished_generation(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "prove", prove_here)
    for year in ("dix", "onze", "douze"):
        write(settings, f"Le joint dure {year} ans.")
        ingest(settings)
    kept = publish.generations(settings.store)
    write(settings, "Le joint dure treize ans.")

    def interrupted(folder: Path, **_: bool) -> None:
        if folder == kept[0]:
            raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ingest(settings)
    assert kept[0].is_dir() and kept[0] not in publish.generations(settings.store)


# --- a full disk


def no_room(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("owner", "name"), [(np, "save"), (lexical, "build"), (Path, "mkdir"), (run, "write_report"), (run, "swap")]
)
def test_a_disk_that_fills_up_leaves_the_live_index_and_says_how_much_is_needed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    monkeypatch.setattr(run, "prove", prove_here)
    write(settings, "Le joint dure dix ans.")
    live = ingest(settings).generation
    write(settings, "Le joint dure onze ans.")
    with monkeypatch.context() as patch:
        if owner is Path:
            mkdir = Path.mkdir
            patch.setattr(
                Path, "mkdir", lambda path, **named: no_room() if "gen-" in path.name else mkdir(path, **named)
            )
        else:
            patch.setattr(owner, name, no_room)
        with pytest.raises(DiskFull, match=r"il faut environ \d+ Mo libres, il y en a \d+"):
            ingest(settings)
    assert current(settings.store).name == live
    assert [folder.name for folder in settings.store.glob("gen-*")] == [live]
    assert ingest(settings).published


def test_a_disk_that_is_clearly_too_small_is_refused_before_anything_is_built(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(settings, "Le joint dure dix ans.")
    usage = shutil.disk_usage(settings.corpus)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=room.LEAST - 1))
    monkeypatch.setattr(run, "_fill", no_room)
    with pytest.raises(DiskFull, match="il faut environ 34 Mo libres, il y en a 34"):
        ingest(settings)
    assert list(settings.store.glob("gen-*")) == []


def test_a_chroma_that_finds_the_disk_full_is_understood(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write(settings, "Le joint dure dix ans.")

    def full(*_: object) -> NoReturn:
        raise RuntimeError("error returned from database: (code: 13) database or disk is full")

    monkeypatch.setattr(dense, "build", full)
    with pytest.raises(DiskFull):
        ingest(settings)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("mounting a small file system needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_real_disk_that_fills_up_anywhere_in_a_build_leaves_the_live_index(small_disk: Path) -> None:
    found = crash(small_disk, "full")
    assert found.keys() == {"il faut environ # Mo libres, il y en a #"}
    assert sum(found.values()) > 10


# --- readers


@pytest.fixture
def live(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveStore]:
    monkeypatch.setattr(run, "prove", prove_here)
    write(settings, "Le joint numéro 0 dure dix ans.")
    ingest(settings)
    store = LiveStore(settings.store, WordEmbedder.id)
    yield store
    store.close()


def test_answers_under_way_finish_on_the_generation_they_began_with(settings: Settings, live: LiveStore) -> None:
    errors: list[BaseException] = []
    seen: set[str] = set()
    stop = threading.Event()

    def ask() -> None:
        try:
            while not stop.is_set():
                with live.pin() as generation:
                    before = retrieve("joint", generation, WordEmbedder(), 5)
                    stop.wait(0.2)
                    after = retrieve("joint", generation, WordEmbedder(), 5)
                    assert before and before == after
                    assert len({passage.chunk.page.source.sha256 for passage in after}) == 1
                    seen.add(generation.id)
        except BaseException as error:  # noqa: BLE001 - a thread's error has to reach the test
            errors.append(error)

    readers = [threading.Thread(target=ask) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, 6):
            write(settings, f"Le joint numéro {number} dure dix ans.")
            assert ingest(settings).published
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert errors == []
    assert len(seen) >= 2
    live.close()
    write(settings, "Le joint numéro 6 dure dix ans.")
    ingest(settings)
    assert len(list(settings.store.glob("gen-*"))) == 2


def test_a_reader_in_another_process_keeps_its_files_through_five_publications(
    settings: Settings, live: LiveStore
) -> None:
    """It has opened the generation and searched nothing yet: Chroma has files still to open."""
    script = (
        "import sys; from pathlib import Path; from rag.store import LiveStore; from rag.retrieve import retrieve\n"
        "from tests.fakes import WordEmbedder\n"
        "with LiveStore(Path(sys.argv[1]), 'words').pin() as generation:\n"
        "    print(generation.id, flush=True); sys.stdin.readline()\n"
        "    print(len(retrieve('joint', generation, WordEmbedder(), 5)), flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(settings.store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=ROOT,
    ) as reader:  # fmt: skip
        assert reader.stdin and reader.stdout
        held = settings.store / reader.stdout.readline().strip()
        for number in range(1, 6):
            write(settings, f"Le joint numéro {number} dure dix ans.")
            ingest(settings)
        assert (held / CHROMA).is_dir()
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "1\n"
    write(settings, "Le joint numéro 6 dure dix ans.")
    ingest(settings)
    assert not held.exists()
