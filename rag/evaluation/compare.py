"""Two reports side by side: the same questions, measure by measure. Only questions that both have are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rag.errors import QuestionError
from rag.evaluation.intervals import Difference, difference
from rag.evaluation.report import MEASURES, Report, SetResult


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure on one set: the means of both over the shared questions, and their difference."""

    set: str
    measure: str
    first: float
    second: float
    difference: Difference

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def compare(first: Report, second: Report) -> tuple[Comparison, ...]:
    """Return second against first, for each set and measure that both have.

    Raises:
        QuestionError: if they have no question in common.
    """
    sets = {result.name: result for result in first.sets}
    found = tuple(c for result in second.sets if result.name in sets for c in _compared(sets[result.name], result))
    if not found:
        raise QuestionError(
            "Les deux résultats n'ont aucune question en commun : mesurez les deux sur le même jeu de questions.",
            "The two results have no question in common: measure both on the same question set.",
        )
    return found


def _compared(first: SetResult, second: SetResult) -> Iterator[Comparison]:
    theirs = {outcome.id: outcome.values for outcome in first.outcomes}
    for measure in MEASURES:
        both = [o for o in second.outcomes if measure in o.values and measure in theirs.get(o.id, {})]
        if not both:
            continue
        before, after = [theirs[o.id][measure] for o in both], [o.values[measure] for o in both]
        found = difference(before, after, [o.cluster for o in both])
        yield Comparison(second.name, measure, sum(before) / len(both), sum(after) / len(both), found)
