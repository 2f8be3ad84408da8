"""`python -m tests.bench [--corpus DIR]`: how fast each stage is on this machine, as a Markdown table.

Timings are shown, never asserted: machines differ and are shared. Reads a corpus into a temporary store, then asks
the questions of a file without a language model.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ingest.discover import discover
from ingest.ocr import find
from ingest.progress import Silent, Stage
from ingest.read import read_pdf
from ingest.run import run
from rag.build import open_assistant, open_embedder
from rag.settings import ROOT, Settings, load

T = TypeVar("T")


class Stopwatch(Silent):
    """Takes the time of each stage of an ingestion."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage, self._began = "", time.perf_counter()

    def begin(self, stage: Stage, total: int) -> None:
        self.end()
        self._stage = stage

    def end(self) -> None:
        now = time.perf_counter()
        if self._stage:
            self.seconds[self._stage] = now - self._began
        self._began = now


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--corpus", type=Path, default=ROOT / "corpus")
    parser.add_argument("--questions", type=Path, default=ROOT / "tests" / "sample" / "questions.jsonl")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(load(os.environ), corpus=options.corpus.resolve(), store=Path(folder))
        rows = [*_ingesting(settings), *_asking(settings, options.questions)]
    sys.stdout.write("| | |\n|---|---|\n" + "".join(f"| {name} | {value} |\n" for name, value in rows))
    return 0


def _ingesting(settings: Settings) -> list[tuple[str, str]]:
    embedder = open_embedder(settings)
    files = discover(settings.corpus)
    engine = find(settings)
    pages, seconds = _timed(lambda: sum(len(read_pdf(found.file, settings, engine).pages) for found in files))
    embedder.embed_question("chauffe")  # loading weights is not embedding
    watch = Stopwatch()
    result, whole = _timed(lambda: run(settings, embedder, watch))
    watch.end()
    _, again = _timed(lambda: run(settings, embedder, Silent()))
    chunks = result.chunks
    return [
        ("corpus", f"{len(files)} files, {result.pages} pages, {chunks} chunks"),
        ("read in guarded children, one after the other", f"{pages / seconds:.0f} pages/s"),
        ("read, clean and chunk, all cores", f"{result.pages / watch.seconds['read']:.0f} pages/s"),
        ("embed", f"{chunks / watch.seconds['embed']:.1f} chunks/s"),
        ("index (vectors, BM25, Chroma)", f"{chunks / watch.seconds['index']:.0f} chunks/s"),
        ("prove and publish", f"{watch.seconds['prove']:.1f} s"),
        ("whole ingestion", f"{whole:.1f} s, {result.pages / whole:.1f} pages/s"),
        ("again, nothing changed", f"{again * 1000:.0f} ms"),
        ("peak memory of this process", f"{peak_megabytes():.0f} MiB"),
        ("store on disk", f"{size_of(settings.store) / 1e6:.0f} MB"),
    ]


def _asking(settings: Settings, questions: Path) -> list[tuple[str, str]]:
    assistant = open_assistant(settings, "extracts")
    texts = [json.loads(line)["question"] for line in questions.read_text(encoding="utf-8").splitlines() if line]
    assistant.answer(texts[0])
    answers = [assistant.answer(text) for text in texts]
    assistant.close()
    searched = sorted(answer.timings.retrieve for answer in answers)
    whole = sorted(answer.timings.total for answer in answers if answer.status == "answered")
    return [
        ("search, p50 / p95", f"{statistics.median(searched):.0f} / {searched[int(len(searched) * 0.95)]:.0f} ms"),
        ("answer by extracts, p50 / p95", f"{statistics.median(whole):.0f} / {whole[int(len(whole) * 0.95)]:.0f} ms"),
    ]


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def peak_megabytes() -> float:
    """Return the largest resident size of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def size_of(folder: Path) -> int:
    """Return the bytes of all files under a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    sys.exit(main())
