"""`python -m tests.bench.attribution [--shared DIR]`: whose label is right when the model wrote none?

A claim is made from one or two sentences of a text (by rule, `tests.bench.verifier`, or by hand, `tests/claims.jsonl`),
and `rag.attribute` looks for them among other sentences: those around them in the same document, or for the claims made
by hand those of the other claims. What a language model would write is not among them: claims by rule are close to
their evidence, those by hand less so.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.attribute import attribute
from rag.evaluation import block
from rag.evaluation.table import markdown
from rag.settings import ROOT
from rag.verify import check
from tests.bench.verifier import SEED, Claim, Rate, Text, claims, sentence_of, texts

POOL = 14  # sentences of evidence: about what 600 tokens hold


@dataclass(frozen=True, slots=True)
class Case:
    """A claim among `pool`, which holds its evidence."""

    claim: Claim
    question: str
    pool: tuple[str, ...]


def by_rule(passages: Sequence[Text], each: int) -> Iterator[Case]:
    """Yield claims among the sentences of their own document, those of the same passage first."""
    rng = random.Random(SEED)
    passage_of = {sentence: text for text in passages for sentence in text.sentences}
    documents: dict[str, list[str]] = defaultdict(list)
    for text in passages:
        documents[text.document] += text.sentences
    for claim in claims(passages, each):
        text = passage_of[claim.evidence[0]]
        others = [one for one in (*text.sentences, *documents[text.document]) if one not in claim.evidence]
        yield Case(claim, "", _shuffled(claim.evidence, others, rng))


def by_hand(file: Path) -> Iterator[Case]:
    """Yield claims among the evidence of the others."""
    rng = random.Random(SEED)
    items = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    pool = list(dict.fromkeys(one for item in items for one in item["evidence"]))
    for item in items:
        own = tuple(item["evidence"])
        rng.shuffle(pool)
        kind = "by hand" if item["supported"] else "by hand, false"
        others = [one for one in pool if one not in own]
        yield Case(Claim(item["claim"], own, kind, item["supported"]), item["question"], _shuffled(own, others, rng))


def _shuffled(own: Sequence[str], others: Sequence[str], rng: random.Random) -> tuple[str, ...]:
    found = list(dict.fromkeys((*own, *others)))[:POOL]
    rng.shuffle(found)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a claim: `right` if part of its evidence was found, `kept` if anything was, `labelled` if it is
    kept with a model's right label."""

    right: bool
    kept: bool
    labelled: bool


def look(case: Case) -> Found:
    """Return what becomes of the claim."""
    pool = [sentence_of(text) for text in case.pool]
    numbers = attribute(case.claim.text, pool, case.question)
    named = [case.pool[number - 1] for number in numbers]
    own = [sentence_of(text) for text in case.claim.evidence]
    labelled = check(case.claim.text, own, case.question) is None
    return Found(bool(set(named) & set(case.claim.evidence)), bool(named), labelled)


def table(cases: Sequence[Case]) -> str:
    """Return a row a kind of claim."""
    found: dict[tuple[bool, str], list[Found]] = defaultdict(list)
    for case in cases:
        found[case.claim.true, case.claim.kind].append(look(case))
    rows = []
    for true in (True, False):
        groups = {kind: each for (is_true, kind), each in found.items() if is_true is true}
        groups["all"] = [one for each in groups.values() for one in each]
        for kind, own in groups.items():
            shares = [Rate(sum(getattr(one, name) for one in own), len(own)) for name in ("labelled", "kept", "right")]
            rows.append(["true" if true else "false", kind, *map(str, shares)])
    return markdown(
        ["claim", "made", "kept with the right label", "kept by attribution", "by the right sentence"], rows
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Make claims, attribute them, print Markdown."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.attribution", description=__doc__)
    parser.add_argument("--shared", type=Path, help="folder with eval/*_passages.jsonl")
    parser.add_argument("--part", choices=("dev", "test"), default="test")
    parser.add_argument("--each", type=int, default=60, help="at most so many claims of a kind")
    block.add_options(parser)
    typed = sys.argv[1:] if arguments is None else arguments
    options = parser.parse_args(typed)
    block.check(options)
    cases = [*by_hand(ROOT / "tests" / "claims.jsonl"), *by_rule(texts(options.shared, options.part), options.each)]
    text = table(cases)
    block.fill(options, text, block.command("tests.bench.attribution", typed))
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
