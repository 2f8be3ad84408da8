"""Every question's outcome, so that two settings can be compared later, question by question. Values and their JSON.

Measures by name, in the order they are shown; each question has those that apply to it. Knows no question's text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import QuestionError
from rag.evaluation.intervals import Estimate, estimate
from rag.files import read_json

# name: (French, English); all are means of values from 0 to 1
MEASURES: Mapping[str, tuple[str, str]] = {
    "recall@1": ("bon passage en tête (R@1)", "right passage first (R@1)"),
    "recall@5": ("bon passage parmi 5 (R@5)", "right passage in the first 5 (R@5)"),
    "recall@10": ("bon passage parmi 10 (R@10)", "right passage in the first 10 (R@10)"),
    "mrr@10": ("MRR@10", "MRR@10"),
    "ndcg@10": ("nDCG@10", "nDCG@10"),
    "page@1": ("page attendue dans le premier passage", "expected page in the first passage"),
    "page@5": ("page attendue dans les 5 premiers passages", "expected page in the first 5 passages"),
    "page@10": ("page attendue dans les 10 premiers passages", "expected page in the first 10 passages"),
    "cited_page": ("page attendue parmi les pages citées", "expected page among the cited pages"),
    "citation_precision": ("précision des citations, par phrase", "citation precision, by sentence"),
    "citation_recall": ("rappel des citations, par phrase attendue", "citation recall, by expected sentence"),
    "facts": ("faits attendus dans la réponse", "expected facts in the answer"),
    "right": ("répondu, avec les faits attendus", "answered, with the expected facts"),
    "refused": ("refus à tort (réponse présente)", "refused although the answer is there"),
    "answered": ("réponse à tort (réponse absente)", "answered although no answer is there"),
}
# milliseconds, shown as median and 95th percentile
TIMES: Mapping[str, tuple[str, str]] = {
    "search_ms": ("recherche sans le vecteur de la question", "search without the question's embedding"),
    "retrieve_ms": ("recherche", "search"),
    "total_ms": ("réponse entière", "whole answer"),
}
# the measures that are better when they are low
ERRORS = frozenset({"refused", "answered"})
_VERSION = 1
_MADE_WITH = ("made", "command", "embedder", "reranker", "model", "generation")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question: `values` by the names of MEASURES (0 to 1) and TIMES (milliseconds)."""

    id: str
    kind: str
    cluster: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SetResult:
    """The outcomes of one set; `left_out` counts its questions whose right passages are not indexed."""

    name: str
    outcomes: tuple[Outcome, ...]
    left_out: int = 0

    def of_kind(self, kind: str) -> SetResult:
        """Return the outcomes of one kind."""
        return SetResult(self.name, tuple(outcome for outcome in self.outcomes if outcome.kind == kind))

    def kinds(self) -> list[str]:
        """Return the kinds there are, by name."""
        return sorted({outcome.kind for outcome in self.outcomes if outcome.kind})

    def estimate(self, measure: str) -> Estimate | None:
        """Return the mean of a measure with its interval, None if it applies to no question."""
        found = [(o.values[measure], o.cluster) for o in self.outcomes if measure in o.values]
        return estimate([value for value, _ in found], [cluster for _, cluster in found]) if found else None

    def percentiles(self, time: str) -> tuple[float, float] | None:
        """Return the median and the 95th percentile of a time in milliseconds, None if it was not taken."""
        found = [outcome.values[time] for outcome in self.outcomes if time in outcome.values]
        if not found:
            return None
        median, late = np.percentile(found, [50, 95])
        return float(median), float(late)


@dataclass(frozen=True, slots=True)
class Report:
    """One run: what was asked with, when (UTC), and what came of it. `generation` is "" for loose passages."""

    made: str
    command: str
    embedder: str
    reranker: str
    model: str
    generation: str
    sets: tuple[SetResult, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the report with its estimates, for tools and for `from_json`."""
        own = {name: getattr(self, name) for name in _MADE_WITH}
        return {"version": _VERSION, **own, "sets": [_set_as_json(result) for result in self.sets]}


def _set_as_json(result: SetResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "left_out": result.left_out,
        "measures": _estimates(result),
        "ms": {name: {"p50": found[0], "p95": found[1]} for name in TIMES if (found := result.percentiles(name))},
        "kinds": {kind: _estimates(result.of_kind(kind)) for kind in result.kinds()},
        "questions": [asdict(outcome) for outcome in result.outcomes],
    }


def _estimates(result: SetResult) -> dict[str, Any]:
    return {name: asdict(found) for name in MEASURES if (found := result.estimate(name))}


def read_report(file: Path) -> Report:
    """Return a report that `--output` or `--json` wrote.

    Raises:
        QuestionError: if the file cannot be read or is no report.
    """
    data = read_json(file)
    try:
        if data["version"] != _VERSION:
            raise ValueError
        return Report(
            **{name: str(data[name]) for name in _MADE_WITH}, sets=tuple(_read_set(item) for item in data["sets"])
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise QuestionError(
            f"{file} n'est pas un résultat de « rag evaluate ». Donnez un fichier écrit par --output.",
            f"{file} is no result of “rag evaluate”. Give a file that --output wrote.",
        ) from error


def _read_set(item: Any) -> SetResult:
    outcomes: Sequence[Any] = item["questions"]
    return SetResult(
        item["name"],
        tuple(
            Outcome(o["id"], o["kind"], o["cluster"], {name: float(value) for name, value in o["values"].items()})
            for o in outcomes
        ),
        int(item["left_out"]),
    )
