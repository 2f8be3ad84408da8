"""`python -m tests.bench.ablations`: what each part of the search brings, as a Markdown table of paired differences.

Every knob of `rag.tuning.Tuning` is turned: another name, on and off, half and double. Then the index is built in
other ways: chunks of other sizes, and without titles and headings. Each variant is asked the same questions, and is
compared with the product as it is, question by question.

    --questions Q… --passages P…     loose passages
    --gold G… --corpus DIR           questions on the pages of PDFs, which are ingested anew for each size of chunk
    --knobs                          only what acts when a question is asked: nothing is embedded anew
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from ingest.progress import Silent
from ingest.run import run
from rag.build import open_embedder
from rag.evaluation import block
from rag.evaluation.cache import caching
from rag.evaluation.collection import Parts, collection, written
from rag.evaluation.gold import page_values
from rag.evaluation.intervals import difference
from rag.evaluation.items import GoldQuestion, LoosePassage, Query, read_gold, read_passages, read_queries
from rag.evaluation.ranking import CHUNKS, rank
from rag.evaluation.report import Outcome, SetResult
from rag.evaluation.sets import progress, spread
from rag.evaluation.table import markdown
from rag.ports import Embedder, Vectors
from rag.retrieve import retrieve
from rag.rewrite import standalone
from rag.settings import Settings, load
from rag.store import Generation, current
from rag.tuning import Tuning
from rag.types import Chunk

SIZES = (256, 512, 1024)
"""Tokens a chunk, beside what the settings say. What an embedder cannot read is cut off in its vector alone."""
MEASURES = ("recall@1", "recall@5", "recall@10", "mrr@10", "page@1", "page@5", "page@10")
COMPARED = ("mrr@10", "page@5")

Ask = Callable[[Generation, Tuning], SetResult]


@dataclass(frozen=True, slots=True)
class Row:
    """One variant on one set."""

    name: str
    result: SetResult


class Long:
    """An embedder that says it reads `tokens`: it cuts off by itself what it does not."""

    def __init__(self, embedder: Embedder, tokens: int) -> None:
        self.id, self.dimensions = embedder.id, embedder.dimensions
        self.count_tokens, self.embed_passages = embedder.count_tokens, embedder.embed_passages
        self.embed_question: Callable[[str], Vectors] = embedder.embed_question
        self.max_tokens = max(tokens, embedder.max_tokens)


def tunings(base: Tuning) -> Iterator[tuple[str, Tuning]]:
    """Yield every way to turn one knob, with its name: another word, on or off, half and double."""
    hints = get_type_hints(Tuning)
    for field in fields(Tuning):
        value: Any = getattr(base, field.name)
        if isinstance(value, bool):
            others: Sequence[Any] = (not value,)
        elif isinstance(value, str):
            others = [other for other in get_args(hints[field.name]) if other != value]
        elif isinstance(value, int):
            others = (value // 2, value * 2)
        elif isinstance(value, float):
            others = (value / 2, value * 2)
        else:
            others = ()
        for other in others:
            yield f"{field.name} = {other}", replace(base, **{field.name: other})


def on_passages(
    passages: Sequence[LoosePassage],
    asks: Sequence[Ask],
    embedder: Embedder,
    settings: Settings,
    sizes: Sequence[int] | None,
) -> Iterator[Row]:
    """Yield every variant on every set of questions; without `sizes` only those that need no other index."""
    with collection(passages, embedder, settings.chunk_tokens) as generation:
        yield from turned(generation, asks)
    if sizes is None:
        return
    for size in sizes:
        with collection(passages, Long(embedder, size), size) as generation:
            yield from (Row(f"chunks of {size} tokens", ask(generation, Tuning())) for ask in asks)
    bare = [replace(passage, title="") for passage in passages]
    with collection(bare, embedder, settings.chunk_tokens) as generation:
        yield from (Row("without titles", ask(generation, Tuning())) for ask in asks)


def on_pages(asks: Sequence[Ask], embedder: Embedder, settings: Settings, sizes: Sequence[int] | None) -> Iterator[Row]:
    """Yield every variant on every set of questions, over the corpus of the settings, ingested into their store;
    without `sizes` only those that need no other index.

    The ingestion has threads and a cache of its own: `embedder` must be one that threads may share.
    """
    with ingested(settings, embedder) as generation:
        yield from turned(generation, asks)
        if sizes is None:
            return
        for name, parts_of in (("without headings", _title_only), ("without titles and headings", _text_only)):
            with rewritten(generation, embedder, parts_of) as other:
                yield from (Row(name, ask(other, Tuning())) for ask in asks)
    for size in sizes:
        with ingested(replace(settings, chunk_tokens=size), Long(embedder, size)) as generation:
            yield from (Row(f"chunks of {size} tokens", ask(generation, Tuning())) for ask in asks)


def turned(generation: Generation, asks: Sequence[Ask]) -> Iterator[Row]:
    for name, tuning in [("as it is", Tuning()), *tunings(Tuning())]:
        sys.stderr.write(f"{name}\n")
        yield from (Row(name, ask(generation, tuning)) for ask in asks)


@contextmanager
def ingested(settings: Settings, embedder: Embedder) -> Iterator[Generation]:
    run(settings, embedder, Silent(), rebuild=True)
    with closing(Generation(current(settings.store))) as generation:
        yield generation


@contextmanager
def rewritten(generation: Generation, embedder: Embedder, parts_of: Parts) -> Iterator[Generation]:
    """Give the same chunks, indexed by another text."""
    paths = [source.path for source in generation.documents.sources()]
    sources = [(generation.documents.pages(path), generation.documents.chunks(path)) for path in paths]
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(written(Path(folder) / "gen-variant", sources, embedder, parts_of)) as other,
    ):
        yield other


def _title_only(chunk: Chunk) -> tuple[str, str]:
    return chunk.page.source.title, chunk.text


def _text_only(chunk: Chunk) -> tuple[str, str]:
    return "", chunk.text


def asking_passages(name: str, queries: Sequence[Query], pids: frozenset[str], embedder: Embedder) -> Ask:
    def ask(generation: Generation, tuning: Tuning) -> SetResult:
        return rank(
            name, queries, pids, lambda q: retrieve(q, generation, embedder, CHUNKS, tuning=tuning), progress(name)
        )

    return ask


def asking_pages(name: str, items: Sequence[GoldQuestion], embedder: Embedder) -> Ask:
    def outcome(item: GoldQuestion, generation: Generation, tuning: Tuning) -> Outcome:
        found = retrieve(standalone(item.question, item.history), generation, embedder, 10, tuning=tuning)
        return Outcome(item.id, item.kind, item.id, page_values(item, found))

    def ask(generation: Generation, tuning: Tuning) -> SetResult:
        return SetResult(name, tuple(outcome(item, generation, tuning) for item in items if item.answerable))

    return ask


def table(rows: Sequence[Row]) -> str:
    """Return one table a set: each variant with its means, and its difference from the first row."""
    names = list(dict.fromkeys(row.result.name for row in rows))
    return "\n\n".join(_table([row for row in rows if row.result.name == name]) for name in names)


def _table(rows: Sequence[Row]) -> str:
    base = rows[0].result
    shown = [name for name in MEASURES if base.estimate(name)]
    compared = next(name for name in COMPARED if name in shown)
    heads = [f"{base.name} (n = {len(base.outcomes)})", *shown, f"difference in {compared} (95 %)", "p"]
    lines = []
    for row in rows:
        means = [mean.mean if (mean := row.result.estimate(name)) else 0.0 for name in shown]
        lines.append([row.name, *(f"{mean:.3f}" for mean in means), *_difference(base, row.result, compared)])
    return markdown(heads, lines)


def _difference(base: SetResult, other: SetResult, measure: str) -> tuple[str, str]:
    if other is base:
        return "", ""
    before, after = ([o.values[measure] for o in result.outcomes] for result in (base, other))
    found = difference(before, after, [o.cluster for o in base.outcomes])
    return f"{found.mean:+.3f} ({found.low:+.3f}; {found.high:+.3f})", f"{found.p:.3f}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ablations", description=__doc__)
    parser.add_argument("--questions", type=Path, nargs="+", default=[])
    parser.add_argument("--passages", type=Path, nargs="+", default=[])
    parser.add_argument("--gold", type=Path, nargs="+", default=[])
    parser.add_argument("--corpus", type=Path, help="the PDFs that --gold is about")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="tokens a chunk")
    parser.add_argument("--knobs", action="store_true", help="only what acts when a question is asked")
    parser.add_argument("--limit", type=int, help="questions of each file")
    parser.add_argument("--work", type=Path, help="folder that keeps vectors from run to run")
    block.add_options(parser)
    typed = sys.argv[1:] if arguments is None else arguments
    options = parser.parse_args(typed)
    block.check(options)
    if bool(options.questions) != bool(options.passages) or bool(options.gold) != bool(options.corpus):
        parser.error("--questions goes with --passages, --gold with --corpus")
    with ExitStack() as stack:
        work = options.work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = replace(load(os.environ), store=work / "store")
        embedder = open_embedder(settings)
        work.mkdir(parents=True, exist_ok=True)
        remembering = stack.enter_context(caching(embedder, work / "vectors.sqlite", progress("vectors")))
        rows = [*_on_passages(options, settings, remembering), *_on_pages(options, settings, embedder, remembering)]
    block.fill(options, table(rows), block.command("tests.bench.ablations", typed))
    sys.stdout.write(table(rows) + "\n")
    return 0


def _on_passages(options: argparse.Namespace, settings: Settings, embedder: Embedder) -> Iterator[Row]:
    if options.questions:
        passages = read_passages(options.passages)
        pids = frozenset(passage.pid for passage in passages)
        sets = [(file.stem, spread(read_queries(file), options.limit)) for file in options.questions]
        asks = [asking_passages(name, queries, pids, embedder) for name, queries in sets]
        yield from on_passages(passages, asks, embedder, settings, None if options.knobs else options.sizes)


def _on_pages(
    options: argparse.Namespace, settings: Settings, embedder: Embedder, remembering: Embedder
) -> Iterator[Row]:
    if options.gold:
        golds = [(file.stem, spread(read_gold(file), options.limit)) for file in options.gold]
        asks = [asking_pages(name, items, remembering) for name, items in golds]
        sizes = None if options.knobs else options.sizes
        yield from on_pages(asks, embedder, replace(settings, corpus=options.corpus.resolve()), sizes)


if __name__ == "__main__":
    sys.exit(main())
