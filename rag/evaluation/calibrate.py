"""`rag calibrate`: the gate's values from questions with and without an answer. Opens no model itself.

Questions of a gold file are asked of the store. Each question on loose passages is used twice: as it is, and with its
right passages taken out of what was found, which is how a question looks whose subject is there and whose answer is
not. Every set counts the same, whatever its size, and so do its questions with and without an answer.

Questions of a gold file of the kind `unanswerable_near`, whose subject is there and whose answer is not, look to the
signals like answered ones: fitting on them only blurs what tells an absent subject. They are measured, and fitted on
only where there are too few others.

What is reported was measured on questions that took no part in the fit: five folds, and questions that hang together
(on one passage, on one file) stay in one fold.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rag import gates
from rag.asked import EXTRACTS
from rag.assistant import Assistant
from rag.console import Parser, say
from rag.errors import QuestionError
from rag.evaluation import block, table
from rag.evaluation.collection import pids
from rag.evaluation.intervals import Estimate, estimate
from rag.evaluation.items import GoldQuestion, read_gold, read_queries
from rag.evaluation.logistic import Bools, Floats, auroc, calibration_error, fit, sigmoid, threshold
from rag.evaluation.ranking import CHUNKS
from rag.evaluation.sets import Indexed, Openers, add_sets, check_sets, indexed, progress, spread
from rag.files import write_text
from rag.gate import SIGNALS, Gate, signals
from rag.lacking import lack
from rag.ports import Reranker
from rag.retrieve import retrieve
from rag.settings import Settings
from rag.types import Language, Passage, Retrieved

FOLDS = 5
NEAR = "unanswerable_near"
# Of each kind; with fewer the error rates would be known to no better than a tenth either way.
FEWEST = 30
# Questions whose subject is absent; with fewer the near ones are fitted on as well.
_FEWEST_FAR = 10
_SEED = 20261122


@dataclass(frozen=True, slots=True)
class Sample:
    """What the gate saw of one question, and what it should have done; `lacks`: it names what no passage has, and is
    refused whatever the gate says; `near`: its subject is there, its answer is not."""

    set: str
    cluster: str
    answerable: bool
    signals: tuple[float, ...]
    lacks: bool = False
    near: bool = False


@dataclass(frozen=True, slots=True)
class Quality:
    """How a set fared when held out: answerable questions refused, questions answered whose subject is absent and such
    whose subject is `near`, area under the ROC curve and expected calibration error without the near ones. None where
    the set has no such questions."""

    set: str
    refused: Estimate | None
    answered: Estimate | None
    near: Estimate | None
    auroc: float | None
    calibration_error: float


def add_options(parser: Parser) -> None:
    """Declare what `rag calibrate` takes beside the options of all commands."""
    add_sets(parser)
    parser.add_argument(
        "--refused", type=float, default=0.1, metavar="PART", help="part des refus à tort acceptée (défaut : 0.1)"
    )
    parser.add_argument("--output", type=Path, metavar="FICHIER", help=f"où l'écrire (défaut : store/{gates.FILE})")
    block.add_options(parser)


def calibrate(options: argparse.Namespace, settings: Settings, openers: Openers, arguments: Sequence[str]) -> int:
    """Run the command and return its exit code; `arguments` are what was typed behind `python -m rag`.

    Raises:
        GreffierError: if an option, a file, the store or a model cannot be used, or there are too few questions.
    """
    _check(options)
    embedder, reranker = openers.embedder(settings), openers.reranker(settings)
    samples: list[Sample] = []
    if options.questions:
        with indexed(options, settings, embedder) as passages:
            samples += _of_passages(options, passages, reranker)
    if options.gold:
        with closing(openers.assistant(settings, EXTRACTS)) as assistant:
            samples += _of_gold(options, assistant)
    require(samples)
    gate, found = fitted(samples, options.refused)
    made = datetime.now(UTC).date().isoformat()
    entry = gates.Fitted(embedder.id, reranker.id if reranker else "", gate, made=made, questions=len(samples))
    file = options.output or settings.store / gates.FILE
    write_text(file, gates.as_toml(gates.added(gates.read(file), entry)))
    text = _table(entry, found, "en" if settings.language == "en" else "fr")
    block.fill(options, text, block.command("rag", arguments))
    say(json.dumps(_as_json(entry, found)) if options.json else text, sys.stdout)
    say(f"Écrit dans {file}.", sys.stderr)
    return 0


def _check(options: argparse.Namespace) -> None:
    check_sets(options)
    block.check(options)
    if not options.gold and not options.questions:
        raise QuestionError(
            "Il faut des questions corrigées : donnez --gold, ou --questions et --passages.",
            "Questions with known answers are needed: give --gold, or --questions and --passages.",
        )
    if not 0 < options.refused < 1:
        raise QuestionError(
            f"--refused vaut {options.refused} ; il faut une part entre 0 et 1, par exemple 0.1.",
            f"--refused is {options.refused}; a share between 0 and 1 is needed, for example 0.1.",
        )


def _of_passages(options: argparse.Namespace, passages: Indexed, reranker: Reranker | None) -> Iterator[Sample]:
    for file in options.questions:
        queries = spread(read_queries(file), options.limit)
        show = progress(file.stem)
        for place, query in enumerate(queries, 1):
            found = retrieve(query.question, passages.generation, passages.embedder, CHUNKS, reranker=reranker)
            if passages.pids.intersection(query.gold):
                yield from _sample(file.stem, query.cluster, True, query.question, found)
            without = [passage for passage in found if not set(pids([passage])).intersection(query.gold)]
            yield from _sample(file.stem, query.cluster, False, query.question, without)
            show(place, len(queries))


def _of_gold(options: argparse.Namespace, assistant: Assistant) -> Iterator[Sample]:
    for file in options.gold:
        items = spread(read_gold(file), options.limit)
        show = progress(file.stem)
        for place, item in enumerate(items, 1):
            cluster = item.gold[0].file if item.gold else item.id
            found = _found(item, assistant, options.groups)
            near = item.kind == NEAR
            yield from _sample(file.stem, cluster, item.answerable, found.standalone, found.passages, near=near)
            show(place, len(items))


def _found(item: GoldQuestion, assistant: Assistant, groups: frozenset[str] | None) -> Retrieved:
    # what follows the search, the costly part, is not needed
    first = next(assistant.ask(item.question, history=item.history, groups=groups))
    assert isinstance(first, Retrieved)
    return first


def _sample(
    set_: str, cluster: str, answerable: bool, question: str, passages: Sequence[Passage], *, near: bool = False
) -> Iterator[Sample]:
    if passages:  # without any, the gate refuses whatever its values
        lacks = bool(lack(question, passages))
        yield Sample(set_, f"{set_}/{cluster}", answerable, signals(question, passages), lacks, near)


def require(samples: Sequence[Sample]) -> None:
    """Check that there is enough to fit and to measure on.

    Raises:
        QuestionError: if there are too few questions with or without an answer.
    """
    known = sum(sample.answerable for sample in samples)
    if min(known, len(samples) - known) < FEWEST:
        raise QuestionError(
            f"Il faut au moins {FEWEST} questions avec réponse et {FEWEST} sans ; il y en a {known} et"
            f" {len(samples) - known}. Ajoutez-en au fichier de questions.",
            f"At least {FEWEST} questions with an answer and {FEWEST} without are needed; there are {known} and"
            f" {len(samples) - known}. Add some to the file of questions.",
        )


def fitted(samples: Sequence[Sample], refused: float) -> tuple[Gate, tuple[Quality, ...]]:
    """Return the gate fitted on all samples, and how such gates did on held-out ones, by set and over all.

    Raises:
        QuestionError: if all questions of one kind hang together, so that none can be held out.
    """
    x = np.array([sample.signals for sample in samples], dtype=np.float64)
    y = np.array([sample.answerable for sample in samples], dtype=np.bool_)
    lacks = np.array([sample.lacks for sample in samples], dtype=np.bool_)
    learnt, folds = _learnt(samples), _folds(samples)
    weight = _weights(samples, learnt)
    near = np.array([sample.near for sample in samples], dtype=np.bool_)
    p, opened = np.zeros(len(samples)), np.zeros(len(samples), dtype=np.bool_)
    for fold in range(FOLDS):
        out = folds == fold
        rest = ~out & learnt
        if y[rest].all() or not y[rest].any():
            raise QuestionError(
                "Les questions avec réponse portent sur trop peu de documents pour en mettre de côté : ajoutez-en sur"
                " d'autres documents.",
                "The questions with an answer are about too few documents to hold some out: add some on others.",
            )
        gate = _gate(x[rest], y[rest], weight[rest], refused)
        p[out] = sigmoid(x[out] @ np.array(gate.weights) + gate.bias)
        opened[out] = (p[out] >= gate.threshold) & ~lacks[out]
    names = sorted({sample.set for sample in samples})
    rows = {name: np.array([sample.set == name for sample in samples]) for name in names}
    if len(names) > 1:
        rows["*"] = np.ones(len(samples), dtype=np.bool_)
    clusters = np.array([sample.cluster for sample in samples])
    found = tuple(
        _quality(name, p[at], y[at], near[at], opened[at], clusters[at].tolist()) for name, at in rows.items()
    )
    return _gate(x[learnt], y[learnt], weight[learnt], refused), found


def _gate(x: Floats, y: Bools, weight: Floats, refused: float) -> Gate:
    weights, bias = fit(x, y, weight)
    least = threshold(sigmoid(x[y] @ weights + bias), weight[y], refused)
    return Gate(tuple(weights.tolist()), bias, least)


def _learnt(samples: Sequence[Sample]) -> Bools:
    """Return which samples are fitted on."""
    far = sum(not sample.answerable and not sample.near for sample in samples)
    return np.array([far < _FEWEST_FAR or not sample.near for sample in samples], dtype=np.bool_)


def _weights(samples: Sequence[Sample], learnt: Bools) -> Floats:
    kinds = [(sample.set, sample.answerable) for sample in samples]
    counts = Counter(kind for kind, used in zip(kinds, learnt, strict=True) if used)
    share = int(learnt.sum()) / len(counts)
    return np.array([share / counts[kind] if counts[kind] else 0.0 for kind in kinds])


def _folds(samples: Sequence[Sample]) -> np.ndarray[Any, np.dtype[np.intp]]:
    names = sorted({sample.cluster for sample in samples})
    order = np.random.default_rng(_SEED).permutation(len(names))
    fold = {name: int(place) % FOLDS for name, place in zip(names, order, strict=True)}
    return np.array([fold[sample.cluster] for sample in samples])


def _quality(name: str, p: Floats, y: Bools, near: Bools, opened: Bools, clusters: Sequence[str]) -> Quality:
    def rate(wrong: Bools, among: Bools) -> Estimate | None:
        own = [cluster for cluster, counts in zip(clusters, among, strict=True) if counts]
        return estimate(wrong[among].astype(float).tolist(), own) if own else None

    told = ~near if (~near & ~y).any() else np.ones(len(y), dtype=np.bool_)
    area = auroc(p[told], y[told]) if y.any() and not y[told].all() else None
    error = calibration_error(p[told], y[told])
    return Quality(name, rate(~opened, y), rate(opened, ~y & ~near), rate(opened, near), area, error)


def _as_json(entry: gates.Fitted, found: Sequence[Quality]) -> dict[str, Any]:
    return {
        "embedder": entry.embedder,
        "reranker": entry.reranker,
        "questions": entry.questions,
        "gate": {"signals": SIGNALS, "weights": entry.gate.weights, "bias": entry.gate.bias,
                 "threshold": entry.gate.threshold},
        "held_out": [asdict(quality) for quality in found],
    }  # fmt: skip


_HEADS: dict[Language, list[str]] = {
    "fr": [
        "jeu (questions mises de côté)",
        "refus à tort",
        "réponse à tort, sujet absent",
        "sujet présent",
        "AUROC",
        "ECE",
    ],
    "en": [
        "set (held-out questions)",
        "refused although answerable",
        "answered, subject absent",
        "subject present",
        "AUROC",
        "ECE",
    ],
}


def _table(entry: gates.Fitted, found: Sequence[Quality], language: Language) -> str:
    rows = [
        [q.set, *("–" if rate is None else table.shown(rate, language) for rate in (q.refused, q.answered, q.near)),
         "–" if q.auroc is None else table.number(q.auroc, ".3f", language),
         table.number(q.calibration_error, ".3f", language)]
        for q in found
    ]  # fmt: skip
    values = zip((*SIGNALS, "bias"), (*entry.gate.weights, entry.gate.bias), strict=True)
    parts = [*(f"{name} {value:+.2f}" for name, value in values), f"threshold {entry.gate.threshold:.3f}"]
    models = " · ".join(part for part in (entry.embedder, entry.reranker, entry.made) if part)
    return f"{models} · {', '.join(parts)}\n\n{table.markdown(_HEADS[language], rows)}"
