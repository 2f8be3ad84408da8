"""Ingestions that die: `python -m tests.crash steps|kills …`, for tests/test_ingest_crash.py.

`steps` ends the process at the Nth write, commit, rename or fsync of a small build, for every N; `kills` sends SIGKILL
at random moments of a build of 3,500 vectors. After each death another process must find the old generation or the
new one, whole, and the next ingestion must succeed and leave nothing behind. All is forked from one process that has
imported everything and opened nothing, because an import costs three seconds and there are hundreds of deaths.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import chromadb

from ingest import neighbours, room
from ingest import prove as proof
from ingest import run as running
from ingest.progress import Silent
from ingest.publish import generations
from ingest.seal import check_seal
from rag.errors import DiskFull
from rag.settings import Settings
from rag.store import CURRENT, MANIFEST, Generation, LiveStore, current
from tests.fakes import WordEmbedder, readings_of

DIED = 77
PUBLISHED = "published"
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Steps:
    """Counts what reaches the disk and ends the process at the one called `last` (0: never)."""

    def __init__(self, last: int) -> None:
        self.count = 0
        self._last = last

    def step(self) -> None:
        self.count += 1
        if self.count == self._last:
            os._exit(DIED)

    def install(self) -> None:
        """Watch this process from now on; there is no way back, so call it in a fork."""
        sys.addaudithook(self._audit)
        fsync, write_text, add, connect = os.fsync, Path.write_text, chromadb.Collection.add, sqlite3.connect
        steps = self

        def counted_fsync(descriptor: Any) -> None:
            steps.step()
            fsync(descriptor)

        def torn_write(path: Path, data: str, *rest: Any, **named: Any) -> int:
            write_text(path, data[: len(data) // 2], *rest, **named)
            steps.step()
            return write_text(path, data, *rest, **named)

        def counted_add(collection: Any, **named: Any) -> None:
            steps.step()
            add(collection, **named)
            steps.step()

        class Connection(sqlite3.Connection):
            def commit(self) -> None:
                steps.step()
                super().commit()
                steps.step()

        def counted_connect(*rest: Any, **named: Any) -> Any:
            return connect(*rest, factory=Connection, **named)

        replaced: tuple[tuple[Any, str, Any], ...] = (
            (os, "fsync", counted_fsync), (Path, "write_text", torn_write), (sqlite3, "connect", counted_connect),
            (chromadb.Collection, "add", counted_add),
        )  # fmt: skip
        for owner, name, new in replaced:
            setattr(owner, name, new)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and bool((arguments[2] or 0) & WRITING)
        if writes or event in {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "sqlite3.connect"}:
            self.step()


def settings_of(folder: Path) -> Settings:
    return replace(Settings(), corpus=folder / "corpus", store=folder / "store", workers=1)


def write_corpus(settings: Settings, version: str, files: int, pages: int) -> None:
    """Write a corpus in which every sentence says its version."""
    shutil.rmtree(settings.corpus, ignore_errors=True)
    settings.corpus.mkdir(parents=True)
    for number in range(files):
        texts = [
            f"Article {page} du fichier {number} : texte {version} sur le joint {page * 7}." for page in range(pages)
        ]
        (settings.corpus / f"{number:03}.pdf").write_text("\f".join(texts), encoding="utf-8")


def ingest(settings: Settings) -> str:
    """Ingest with a reader of plain texts and a proof in this process; return the generation."""
    for name, own in (("read_ahead", readings_of), ("prove", _prove)):
        setattr(running, name, own)
    return running.run(settings, WordEmbedder(), Silent()).generation


def _prove(folder: Path) -> None:
    check_seal(folder, hashes=True)
    generation = Generation(folder)
    proof.prove(generation)
    generation.close()


def version_of(settings: Settings) -> str:
    """Return the one version that the live generation holds, after proving it whole."""
    _prove(current(settings.store))
    store = LiveStore(settings.store, WordEmbedder.id)
    with store.pin() as generation:
        texts = [
            page.text for source in generation.documents.sources() for page in generation.documents.pages(source.path)
        ]
        assert len(texts) == generation.manifest.pages
    store.close()
    versions = {text.split("texte ")[1].split()[0] for text in texts}
    assert len(versions) == 1, versions
    return versions.pop()


def assert_clean(settings: Settings) -> None:
    folders = sorted(settings.store.glob("gen-*"))
    assert folders == generations(settings.store) and len(folders) <= 2, folders
    assert not (settings.store / f"{CURRENT}.new").exists()


def forked(work: Callable[[], str]) -> tuple[int, str]:
    """Run `work` in a fork; return its exit status (minus the signal) and what it returned."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.write(writer, work().encode())
            code = 0
        except BaseException:  # noqa: BLE001 - nothing may unwind into the parent's frames
            traceback.print_exc()
        os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


def checked(work: Callable[[], str]) -> str:
    code, said = forked(work)
    if code != 0:
        sys.exit(f"a fork ended with {code}")
    return said


def steps(folder: Path, every: int, whole: int) -> dict[str, Any]:
    """Die at each step of a build (each `every`th, but all of the last `whole`); return what was found."""
    settings = settings_of(folder / "template")
    write_corpus(settings, "ancien", 3, 2)
    checked(lambda: ingest(settings))
    # whatever changed: a copy has more steps than a build
    neighbours.CHANGED = neighbours.DELETED = 100.0
    # a second one, so that publishing the third has a generation to remove
    write_corpus(settings, "avant", 3, 2)
    checked(lambda: ingest(settings))
    write_corpus(settings, "nouveau", 3, 2)
    trial = settings_of(folder / "trial")

    def build(last: int) -> str:
        counter = Steps(last)
        counter.install()
        ingest(trial)
        return str(counter.count)

    def follow() -> str:
        found = version_of(trial)
        ingest(trial)
        assert version_of(trial) == "nouveau"
        assert_clean(trial)
        return found

    def fresh() -> None:
        shutil.rmtree(folder / "trial", ignore_errors=True)
        shutil.copytree(folder / "template", folder / "trial")

    fresh()
    total = int(checked(lambda: build(0)))
    found: list[str] = []
    for last in range(1, total + 1):
        if last % every and last <= total - whole:
            continue
        fresh()
        code, _ = forked(partial(build, last))
        if code != DIED:
            sys.exit(f"step {last} of {total} ended with {code}")
        found.append(checked(follow))
    return {"steps": total, "tried": len(found), "found": Counter(found), "order": found}


def kills(folder: Path, count: int, seed: int) -> dict[str, Any]:
    """Kill `count` builds of 3,500 vectors at random moments; return what was found."""
    settings = settings_of(folder)
    chance = random.Random(seed)
    write_corpus(settings, "v0", 35, 100)
    checked(lambda: ingest(settings))
    live, target, whole = "v0", "v1", 0.0
    found: Counter[str] = Counter()
    for _ in range(count):
        write_corpus(settings, target, 35, 100)
        if not whole:  # the first build is let through, to know how long one takes
            began = time.monotonic()
            checked(lambda: ingest(settings))
            whole = time.monotonic() - began
            live, target = target, live
            write_corpus(settings, target, 35, 100)
        _kill_after(chance.uniform(0, whole), lambda: ingest(settings))
        now = checked(lambda: version_of(settings))
        if now not in (live, target):
            sys.exit(f"found {now}, neither {live} nor {target}")
        found["new" if now == target else "old"] += 1
        if now == target:
            live, target = target, live
    checked(lambda: ingest(settings))
    assert_clean(settings)
    return {"found": found, "seconds": round(whole, 1), "chunks": _chunks(settings)}


def _kill_after(seconds: float, work: Callable[[], str]) -> None:
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _chunks(settings: Settings) -> int:
    chunks: int = json.loads((current(settings.store) / "manifest.json").read_text())["chunks"]
    return chunks


def truncations(folder: Path) -> dict[str, Any]:
    """Cut each file of a finished build at several places; return for each what its proof said."""
    settings = settings_of(folder)
    write_corpus(settings, "v0", 11, 100)
    checked(lambda: ingest(settings))
    live = current(settings.store)
    said = {}
    for file in sorted(path for path in live.rglob("*") if path.is_file()):
        size = file.stat().st_size
        for cut in sorted({0, size // 3, max(0, size - 1)} - {size}):
            # the report says nothing about the index, and a manifest without its last line end says the same
            if file.stem == "report" or (file.name == MANIFEST and cut == size - 1):
                continue
            broken = folder / "broken"
            shutil.rmtree(broken, ignore_errors=True)
            shutil.copytree(live, broken)
            os.truncate(broken / file.relative_to(live), cut)
            code, _ = forked(partial(_prove_quietly, broken))
            said[f"{file.relative_to(live)}:{cut}/{size}"] = code
    return {"intact": forked(partial(_prove_quietly, live))[0], "cut": said}


def _prove_quietly(folder: Path) -> str:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    _prove(folder)
    return ""


def full(folder: Path) -> dict[str, Any]:
    """Build on a small file system that is filled up to here and there; return what each build came to."""
    room.LEAST = room.GROWTH = 0  # the early refusal has a test of its own
    settings = settings_of(folder)
    write_corpus(settings, "v0", 2, 10)
    live = checked(lambda: ingest(settings))
    write_corpus(settings, "v1", 10, 60)
    came_to: Counter[str] = Counter()
    for left in range(0, 10_000_000, 50_000):
        _fill_up(folder / "filler", left)
        said = checked(lambda: _try(settings))
        (folder / "filler").unlink()
        if said == PUBLISHED:
            break
        came_to[said] += 1
        assert checked(lambda: version_of(settings)) == "v0"
        assert [path.name for path in settings.store.glob("gen-*")] == [live]
    checked(lambda: ingest(settings))
    assert checked(lambda: version_of(settings)) == "v1"
    assert_clean(settings)
    return dict(came_to)


def _fill_up(file: Path, left: int) -> None:
    with file.open("wb") as stream:
        stream.write(bytes(max(0, shutil.disk_usage(file.parent).free - left)))


def _try(settings: Settings) -> str:
    try:
        ingest(settings)
    except DiskFull as error:
        return re.sub(r"\d+", "#", str(error).split(" : ")[1].split(".")[0])
    return PUBLISHED


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("what", choices=["steps", "kills", "truncations", "full"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--whole", type=int, default=0)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.what == "steps":
        result = steps(options.folder, options.every, options.whole)
    elif options.what == "kills":
        result = kills(options.folder, options.count, options.seed)
    elif options.what == "truncations":
        result = truncations(options.folder)
    else:
        result = full(options.folder)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
