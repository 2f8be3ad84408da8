"""`python -m tests.bench.lookup --vocabulary FILE [--shared DIR] [--shape 0.6b]`: what guessing ahead brings.

The first table is the cost of evaluating several tokens at once, in processor time, over that of one: random weights of
a real shape. The second takes true claims as answers (by hand and by rule, `tests.bench.attribution`), forces them
token by token after the prompt that holds their evidence, and counts what `models.lookup` would have guessed. Tokens a
unit of cost: above 1 is quicker than writing plainly.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.generator import LlamaGenerator
from models.lookup import Copied
from rag.evaluation.table import markdown
from rag.prompt import messages
from rag.select import Evidence
from rag.settings import ROOT
from tests.bench import model as whole
from tests.bench.attribution import Case, by_hand, by_rule
from tests.bench.shapes import SHAPES, write
from tests.bench.verifier import sentence_of, texts
from tests.bench.vocabulary import Vocabulary

SIZES = (1, 2, 3, 4, 5, 6, 8, 11)
GUESSES = (1, 2, 3, 4, 5, 7, 10)


def costs(shape: str, rounds: int, threads: int) -> dict[int, float]:
    """Return the cost of each size over that of one token, all sizes in turns."""
    words = {word for message in whole.messages(0, 1) for word in message.text.split()}
    with tempfile.TemporaryDirectory() as folder:
        file = write(Path(folder) / "bench.gguf", SHAPES[shape], words)
        model = LlamaGenerator(file, name="bench", context=1024, threads=threads)
        llama: Any = model._llama
        read = model._tokens(model._prompt(whole.messages(0, 6)))
        llama.eval(read)
        took: dict[int, list[float]] = {size: [] for size in SIZES}
        for _ in range(rounds):
            for size in SIZES:
                llama._ctx.kv_cache_seq_rm(-1, len(read), -1)
                llama._batch.set_batch(batch=read[:size], n_past=len(read), logits_all=True)
                began = time.process_time()
                llama._ctx.decode(llama._batch)
                took[size].append(time.process_time() - began)
    one = statistics.median(took[1])
    return {size: statistics.median(times) / one for size, times in took.items()}


def forced(prompt: Sequence[int], answer: Sequence[int], most: int) -> tuple[list[int], int]:
    """Return how many tokens each step would have evaluated, and how many guesses were right."""
    copied, steps, right, place = Copied(prompt, most), list[int](), 0, 0
    while place < len(answer):
        guesses = copied.guess() if place else []
        steps.append(1 + len(guesses))
        same = 0
        while same < len(guesses) and place + same < len(answer) and guesses[same] == answer[place + same]:
            same += 1
        right += same
        for token in answer[place : place + same + 1]:
            copied.add(token)
        place += same + 1
    return steps, right


def answers(cases: Sequence[Case], vocabulary: Vocabulary) -> list[tuple[list[int], list[int]]]:
    """Return the tokens of each prompt and of the claim with its label."""
    found = []
    for case in cases:
        evidence = [Evidence(sentence_of(text), 1.0, 0) for text in case.pool]
        read = "\n".join(message.text for message in messages(case.question or "Que disent les textes ?", evidence))
        label = case.pool.index(case.claim.evidence[0]) + 1
        found.append((vocabulary.tokens(f"{read}\nassistant\n"), vocabulary.tokens(f"{case.claim.text} [S{label}].")))
    return found


def table(sets: Mapping[str, Sequence[tuple[list[int], list[int]]]], cost: Mapping[int, float]) -> str:
    """Return a row a number of guesses."""
    rows = []
    for most in GUESSES:
        cells = [str(most)]
        for pairs in sets.values():
            done = [forced(prompt, answer, most) for prompt, answer in pairs]
            guessed = sum(size - 1 for steps, _ in done for size in steps)
            spent = sum(_between(cost, size) for steps, _ in done for size in steps)
            right, tokens = sum(right for _, right in done), sum(len(answer) for _, answer in pairs)
            cells.append(f"{tokens / spent:.2f} ({right / max(1, guessed):.2f} of {guessed} right)")
        rows.append(cells)
    return markdown(["guesses", *(f"{name}, {len(pairs)}" for name, pairs in sets.items())], rows)


def _between(cost: Mapping[int, float], size: int) -> float:
    """Return the cost of a size, for one that was not measured that of the next."""
    return cost[min(known for known in cost if known >= size)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print Markdown."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.lookup", description=__doc__)
    parser.add_argument("--vocabulary", type=Path, required=True, help="a .tiktoken file")
    parser.add_argument("--shared", type=Path, help="folder with eval/*_passages.jsonl")
    parser.add_argument("--shape", choices=SHAPES, default="0.6b")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args(arguments)
    vocabulary = Vocabulary(options.vocabulary)
    cases = {"by hand": [case for case in by_hand(ROOT / "tests" / "claims.jsonl") if case.claim.true]}
    rule = [case for case in by_rule(texts(options.shared, "dev"), 12) if case.claim.true]
    cases["word for word"] = [case for case in rule if case.claim.kind == "verbatim"]
    cases["changed by rule"] = [case for case in rule if case.claim.kind != "verbatim"]
    cost = costs(options.shape, options.rounds, options.threads)
    shown = markdown(["tokens at once", *map(str, cost)], [["cost over one", *(f"{one:.2f}" for one in cost.values())]])
    sets = {name: answers(own, vocabulary) for name, own in cases.items()}
    sys.stdout.write(f"{shown}\n\n{table(sets, cost)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
