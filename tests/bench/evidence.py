"""`python -m tests.bench.evidence --vocabulary FILE --gold G…`: what a shorter prompt costs.

Each question with an answer is searched in the live store, its sentences are weighed and put into a prompt, as the
product does, with budgets of several sizes. Counted are the tokens of the whole prompt in a real vocabulary, and
whether what answers is in it. No model is asked, and no question is refused.

- *facts*: every expected fact stands in the evidence, in one of its variants.
- *quotes*: the share of expected quotes for which a sentence of the evidence is right (`rag.evaluation.gold`).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from rag import prompt, select
from rag.build import open_embedder
from rag.evaluation import block
from rag.evaluation.gold import citation_values
from rag.evaluation.intervals import difference, estimate
from rag.evaluation.items import GoldQuestion, read_gold
from rag.evaluation.table import markdown
from rag.ports import Embedder, Generator
from rag.retrieve import retrieve
from rag.rewrite import standalone
from rag.select import Evidence
from rag.settings import Settings, load
from rag.store import Generation, current
from rag.text import collapse, fold
from tests.bench.vocabulary import Vocabulary

BUDGETS = (200, 400, 600, 900, 1200, 2000)


class Counter:
    """A generator that only counts."""

    context_tokens = 1_000_000

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.count_tokens = vocabulary.count_tokens


@dataclass(frozen=True, slots=True)
class Row:
    """What one budget gives, question by question: tokens of the prompt, sentences, facts and quotes found."""

    tokens: list[float]
    sentences: list[float]
    facts: list[float]
    quotes: list[float]


def weighed(
    items: Sequence[GoldQuestion], generation: Generation, embedder: Embedder, settings: Settings
) -> Iterator[tuple[GoldQuestion, str, tuple[Evidence, ...]]]:
    """Yield each question with an answer, as it is searched, with all its evidence."""
    for item in items:
        if item.answerable:
            alone = standalone(item.question, item.history)
            passages = retrieve(alone, generation, embedder, settings.passages, None, None)
            evidence = select.weigh(alone, passages[: settings.evidence_passages], generation, embedder)
            yield item, alone, evidence


def row(found: Sequence[tuple[GoldQuestion, str, tuple[Evidence, ...]]], counter: Counter, budget: int) -> Row:
    """Return what this budget gives."""
    result = Row([], [], [], [])
    for item, question, evidence in found:
        fitted = prompt.fit(question, evidence, cast(Generator, counter), 400, budget)
        result.tokens.append(counter.count_tokens(prompt.messages(question, fitted)))
        result.sentences.append(len(fitted))
        text = _loose(" ".join(_read(one) for one in fitted))
        result.facts.append(float(all(any(_loose(variant) in text for variant in fact) for fact in item.facts)))
        result.quotes.append(citation_values(item, [one.sentence for one in fitted])["citation_recall"])
    return result


def _read(one: Evidence) -> str:
    return one.sentence.text


def table(rows: dict[int, Row]) -> str:
    """Return the budgets as a table; p compares with the largest."""
    last = rows[max(rows)]
    clusters = [str(place) for place in range(len(last.facts))]
    body = []
    for budget, one in rows.items():
        cells = [str(budget), f"{statistics.mean(one.tokens):.0f}, {max(one.tokens):.0f}"]
        cells.append(f"{statistics.mean(one.sentences):.1f}")
        for values, largest in ((one.facts, last.facts), (one.quotes, last.quotes)):
            mean, against = estimate(values, clusters), difference(values, largest, clusters)
            cells.append(f"{mean.mean:.3f} ({mean.low:.3f}–{mean.high:.3f})")
            cells.append("" if one is last else f"+{against.better} −{against.worse}, p {against.p:.3f}")
        body.append(cells)
    heads = ["evidence, at most", "prompt: mean, longest", "sentences", "all facts in it (95 %)",
             f"{max(rows)} finds more, fewer", "quotes in it (95 %)", f"{max(rows)} finds more, fewer"]  # fmt: skip
    return markdown(heads, body)


def _loose(text: str) -> str:
    return collapse(fold(text))


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, count, print Markdown."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.evidence", description=__doc__)
    parser.add_argument("--vocabulary", type=Path, required=True, help="a .tiktoken file")
    parser.add_argument("--gold", type=Path, nargs="+", required=True)
    parser.add_argument("--budgets", type=int, nargs="+", default=BUDGETS)
    parser.add_argument("--passages", type=int, help="evidence_passages, if not as set")
    block.add_options(parser)
    typed = sys.argv[1:] if arguments is None else arguments
    options = parser.parse_args(typed)
    block.check(options)
    settings: Any = load(os.environ)
    if options.passages:
        settings = replace(settings, evidence_passages=options.passages)
    counter = Counter(Vocabulary(options.vocabulary))
    items = [item for file in options.gold for item in read_gold(file)]
    embedder = open_embedder(settings)
    with closing(Generation(current(settings.store))) as generation:
        found = list(weighed(items, generation, embedder, settings))
    text = f"{len(found)} questions.\n\n" + table({budget: row(found, counter, budget) for budget in options.budgets})
    block.fill(options, text, block.command("tests.bench.evidence", typed))
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
