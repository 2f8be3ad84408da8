"""`rag evaluate`: its options, what it asks, where the figures go. Opens no model itself: it is handed the openers."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.console import Parser, say
from rag.evaluation import block, table
from rag.evaluation.compare import compare
from rag.evaluation.gold import ask
from rag.evaluation.items import read_gold, read_queries
from rag.evaluation.ranking import CHUNKS, Search, Stopwatch, rank, timed
from rag.evaluation.report import Report, SetResult, read_report
from rag.evaluation.sets import Openers, add_sets, check_sets, indexed, progress, spread
from rag.files import write_text
from rag.ports import Embedder, Reranker
from rag.retrieve import retrieve
from rag.settings import ROOT, Settings
from rag.store import Generation
from rag.types import Language

OWN_QUESTIONS = ROOT / "tests" / "sample" / "questions.jsonl"


def add_options(parser: Parser) -> None:
    """Declare what `rag evaluate` takes beside the options of all commands."""
    add_sets(parser)
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("A.json", "B.json"), help="comparer deux résultats")
    parser.add_argument("--against", type=Path, metavar="FICHIER", help="comparer avec un résultat antérieur")
    parser.add_argument("--output", type=Path, metavar="FICHIER", help="garder le résultat, question par question")
    block.add_options(parser)


def evaluate(options: argparse.Namespace, settings: Settings, openers: Openers, arguments: Sequence[str]) -> int:
    """Run the command and return its exit code; `arguments` are what was typed behind `python -m rag`.

    Raises:
        GreffierError: if an option, a file, the store or a model cannot be used.
    """
    check_sets(options)
    block.check(options)
    typed = block.command("rag", arguments)
    language: Language = "en" if settings.language == "en" else "fr"
    data: dict[str, Any] = {}
    texts = []
    before = None
    if options.compare:
        before, report = (read_report(file) for file in options.compare)
    else:
        before = read_report(options.against) if options.against else None
        report = _measured(options, settings, openers, typed)
        data = report.as_json()
        texts.append(table.report(report, language))
        if options.output:
            write_text(options.output, json.dumps(data, ensure_ascii=False) + "\n")
    if before is not None:
        found = compare(before, report)
        data["comparisons"] = [comparison.as_json() for comparison in found]
        texts.append(table.comparisons(found, language))
    text = "\n\n".join(texts)
    block.fill(options, text, typed)
    say(json.dumps(data, ensure_ascii=False) if options.json else text, sys.stdout)
    return 0


def _measured(options: argparse.Namespace, settings: Settings, openers: Openers, typed: str) -> Report:
    golds = options.gold or ([] if options.questions else [OWN_QUESTIONS])
    embedder, reranker = openers.embedder(settings), openers.reranker(settings)
    sets = list(_on_passages(options, settings, embedder, reranker)) if options.questions else []
    model = generation = ""
    if golds:
        with closing(openers.assistant(settings, options.model)) as assistant:
            model, generation = assistant.model, assistant.generation
            for file in golds:
                items = spread(read_gold(file), options.limit)
                sets.append(ask(file.stem, items, assistant, options.groups, progress(file.stem)))
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return Report(made, typed, embedder.id, reranker.id if reranker else "", model, generation, tuple(sets))


def _on_passages(
    options: argparse.Namespace, settings: Settings, embedder: Embedder, reranker: Reranker | None
) -> Iterator[SetResult]:
    sets = [(file.stem, spread(read_queries(file), options.limit)) for file in options.questions]
    with indexed(options, settings, embedder) as passages:
        watch = Stopwatch(embedder)
        for name, queries in sets:
            search = _searcher(passages.generation, passages.embedder, reranker)
            result = rank(name, queries, passages.pids, search, progress(name))
            yield timed(result, queries, _searcher(passages.generation, watch, reranker), watch)


def _searcher(generation: Generation, embedder: Embedder, reranker: Reranker | None) -> Search:
    return lambda question: retrieve(question, generation, embedder, CHUNKS, reranker=reranker)
