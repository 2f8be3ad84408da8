"""`python -m tests.bench.quality`: makes every table of docs/quality.md again, by the command that stands above it.

The store of each corpus, the vectors and the results, question by question, are kept in a work folder: a second run
costs little, and can be compared with the first. A set whose files are not there keeps its table.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.__main__ import main as ingest
from rag.__main__ import main as rag
from rag.settings import ROOT
from tests.bench import ablations, verifier

PAGE = ROOT / "docs" / "quality.md"
PUBLISHED = (0, 2)
Command = Callable[[Sequence[str]], int]


@dataclass(frozen=True, slots=True)
class Block:
    """One table: which corpus is live, what makes it, of which files."""

    name: str
    corpus: Path
    run: Command
    arguments: tuple[str, ...]

    def files(self) -> list[Path]:
        """Return the files that it needs."""
        return [Path(word) for word in self.arguments if word.endswith((".jsonl", ".json"))] + [self.corpus]


def blocks(sets: Path, corpus: Path) -> Iterator[Block]:
    """Yield all tables."""

    def of(*names: str) -> list[str]:
        return [str(sets / name) for name in names]

    own, gold = ROOT / "corpus", of("gold_open.jsonl")
    cnil = ["--questions", *of("cnil_paraphrases.jsonl"), "--passages", *of("cnil_passages.jsonl")]
    piaf = ["--questions", *of("piaf_questions.jsonl"), "--passages", *of("piaf_passages.jsonl")]
    public = ["--questions", *of("spf_questions.jsonl", "cdtn_requests_mapped.json"), "--passages",
              *of("fiches_travail_passages.jsonl", "spf_passages.jsonl", "spf_distractors.jsonl")]  # fmt: skip
    yield Block("own", own, rag, ("evaluate", "--model", "extracts"))
    yield Block("gold_open", corpus, rag, ("evaluate", "--gold", *gold, "--model", "extracts"))
    yield Block("piaf", own, rag, ("evaluate", *piaf))
    yield Block("cnil", own, rag, ("evaluate", *cnil))
    yield Block("service_public", own, rag, ("evaluate", *public))
    yield Block("gate", own, rag, ("calibrate", "--gold", "tests/sample/gate.jsonl", "--refused", "0.05"))
    yield Block("ablations_cnil", own, ablations.main, tuple(cnil))
    sample = ("--gold", "tests/sample/questions.jsonl", "--corpus", "corpus")
    yield Block("ablations_own", own, ablations.main, sample)
    yield Block("ablations_pages", own, ablations.main, ("--gold", *gold, "--corpus", str(corpus)))
    yield Block("verifier", own, verifier.main, ("--shared", str(sets.parent)))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.quality", description=__doc__)
    parser.add_argument("--sets", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True, help="the PDFs that gold_open.jsonl is about")
    parser.add_argument("--only", nargs="+", metavar="BLOCK", help="not all blocks")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "quality", help="folder of stores and vectors")
    options = parser.parse_args(arguments)
    os.environ["GREFFIER_LANGUAGE"] = "en"  # the language of the page
    for block in blocks(options.sets, options.corpus):
        if options.only and block.name not in options.only:
            continue
        missing = [file for file in block.files() if not file.exists()]
        if missing:
            sys.stderr.write(f"{block.name}: left as it is, {missing[0]} is not there\n")
        elif made(block, options.work) != 0:
            return 1
    return 0


def made(block: Block, work: Path) -> int:
    """Make one table and return the exit code of what makes it."""
    store = work / f"store-{block.corpus.name}"
    os.environ["GREFFIER_STORE"] = str(store)
    if ingest(["--corpus", str(block.corpus)]) not in PUBLISHED:
        return 1
    where = ["--write", str(PAGE), "--block", block.name]
    if block.run is not rag:
        return block.run([*block.arguments, "--work", str(work), *where])
    # not into the store: the gate that is fitted on a set must not be measured with it
    kept = work / f"{block.name}{'.toml' if block.arguments[0] == 'calibrate' else '.json'}"
    return rag([*block.arguments, "--cache", str(work / "vectors.sqlite"), "--output", str(kept), *where])


if __name__ == "__main__":
    sys.exit(main())
