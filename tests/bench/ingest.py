"""`python -m tests.bench.ingest CORPUS --baseline PYTHON`: Greffier's ingestion beside the pipeline most people write.

Same PDFs, same embedder, same machine, one run; a Markdown table of both with their ratio. `make bench-ingest` makes
the baseline's environment first. Ratios are what counts: the machine may be shared.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.discover import discover
from ingest.progress import Silent
from ingest.run import run
from rag.build import open_embedder
from rag.console import say
from rag.settings import Settings, load
from tests.bench.__main__ import Stopwatch, peak_megabytes, size_of

BASELINE = Path(__file__).with_name("baseline.py")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ingest")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--baseline", type=Path, help="Python of the environment that has the baseline's libraries")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        shutil.copytree(options.corpus, corpus)
        _without_what_the_baseline_cannot_read(corpus)
        ours = _greffier(replace(load(os.environ), corpus=corpus, store=Path(folder) / "store"))
        theirs = _baseline(options.baseline, corpus, Path(folder) / "chroma") if options.baseline else None
    for row in _rows(ours, theirs):
        say(row, sys.stdout)
    return 0


def _without_what_the_baseline_cannot_read(corpus: Path) -> None:
    """Locked and damaged files would stop the baseline; Greffier's way with them is tested elsewhere."""
    for found in discover(corpus):
        if not found.file.read_bytes()[:1024].startswith(b"%PDF-"):
            found.file.unlink()


def _greffier(settings: Settings) -> dict[str, Any]:
    embedder = open_embedder(settings)
    embedder.embed_question("chauffe")
    watch, began = Stopwatch(), time.perf_counter()
    result = run(settings, embedder, watch)
    whole = time.perf_counter() - began
    watch.end()
    began = time.perf_counter()
    run(settings, embedder, Silent())
    unchanged = time.perf_counter() - began
    changed = max(discover(settings.corpus), key=lambda found: found.size).file
    with changed.open("ab") as file:
        file.write(b"\n% one byte more is another version\n")
    began = time.perf_counter()
    run(settings, embedder, Silent())
    return {
        "pages": result.pages, "chunks": result.chunks, "read": watch.seconds["read"], "whole": whole,
        "unchanged": unchanged, "one changed": time.perf_counter() - began, "megabytes": peak_megabytes(),
        "disk": size_of(settings.store) / 1e6,
    }  # fmt: skip


def _baseline(python: Path, corpus: Path, store: Path) -> dict[str, Any]:
    done = subprocess.run(
        [str(python), str(BASELINE), str(corpus), str(store)], capture_output=True, text=True, check=True
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    # it knows nothing of what it read before: again and changed are the whole once more
    return {**result, "unchanged": result["whole"], "one changed": result["whole"], "disk": size_of(store) / 1e6}


def _rows(ours: dict[str, Any], theirs: dict[str, Any] | None) -> list[str]:
    rows = ["| | Greffier | baseline | ratio |", "|---|---|---|---|"]
    rows.append(_row("pages, chunks", "{pages} pages, {chunks} chunks", ours, theirs, None))
    rows.append(_row("read (ours: clean and chunk too), s", "{read:.1f}", ours, theirs, "read"))
    rows.append(_row("whole, s", "{whole:.1f}", ours, theirs, "whole"))
    rows.append(_row("again, nothing changed, s", "{unchanged:.2f}", ours, theirs, "unchanged"))
    rows.append(_row("again, largest file changed, s", "{one changed:.1f}", ours, theirs, "one changed"))
    rows.append(_row("peak memory, MiB", "{megabytes:.0f}", ours, theirs, "megabytes"))
    rows.append(_row("on disk, MB", "{disk:.0f}", ours, theirs, "disk"))
    return rows


def _row(name: str, form: str, ours: dict[str, Any], theirs: dict[str, Any] | None, key: str | None) -> str:
    other = form.format(**theirs) if theirs else "–"
    ratio = f"{theirs[key] / ours[key]:.1f}" if theirs and key else ""
    return f"| {name} | {form.format(**ours)} | {other} | {ratio} |"


if __name__ == "__main__":
    sys.exit(main())
