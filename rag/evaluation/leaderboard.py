"""Several models on the same questions: which is best, and which is the smallest that cannot be told from it.

- The score of a question is 1 when it was dealt with rightly: answered with every expected fact or, where the
  documents hold no answer, refused.
- The best model has the highest mean score, then the highest citation precision, then the fewest bytes.
- Each other one is tested against it, pair by pair, on TESTED; it can be told from the best when it is worse on one of
  them with a p below 0.05, after Holm's correction over all tests of the table (Holm 1979).

"Cannot be told from" is no proof that they are equal: with few questions nothing can be told. `visible` says how few.
Pure arithmetic; does not know how the answers came about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from rag.evaluation.intervals import Difference, Estimate, difference, mcnemar
from rag.evaluation.report import Outcome, SetResult

SCORE = "correct"
TESTED = (SCORE, "citation_precision", "citation_recall")
QUALITY = (*TESTED, "facts", "refused", "answered")
COSTS = ("seconds", "tokens_in", "tokens_out", "joules")
LEVEL = 0.05
JOULES_IN_WH = 3600.0


@dataclass(frozen=True, slots=True)
class Contestant:
    """One model with its outcomes, whose values bear the names of QUALITY and COSTS; `size` is in bytes, 0 for
    extracts."""

    name: str
    size: int
    outcomes: tuple[Outcome, ...]

    @property
    def megabytes(self) -> float:
        """MB of the files, to one tenth."""
        return round(self.size / 1e6, 1)

    def estimate(self, measure: str) -> Estimate | None:
        """Return a mean with its interval, None if the measure applies to no question."""
        return SetResult(self.name, self.outcomes).estimate(measure)

    def wh_per_100(self) -> float | None:
        """Return the watt-hours of 100 questions, None unless each of them was measured."""
        joules = self.estimate("joules")
        if joules is None or joules.count < len(self.outcomes):
            return None
        return 100 * joules.mean / JOULES_IN_WH


@dataclass(frozen=True, slots=True)
class Test:
    """One model against the best on one measure; `holm` is the p after correction."""

    model: str
    measure: str
    difference: Difference
    holm: float

    @property
    def worse(self) -> bool:
        """Whether the model is worse than the best, beyond chance."""
        return self.difference.mean < 0 and self.holm < LEVEL


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """The outcome: contestants from best to worst, the tests against the first, and the smallest of those alike."""

    contestants: tuple[Contestant, ...]
    tests: tuple[Test, ...]
    smallest: Contestant
    visible: int

    def alike(self, model: str) -> bool:
        """Return whether nothing tells this model from the best."""
        return not any(test.worse for test in self.tests if test.model == model)

    def as_json(self) -> dict[str, Any]:
        """Return the table, with each question's outcome."""
        return {
            "best": self.contestants[0].name,
            "smallest": self.smallest.name,
            "visible": self.visible,
            "models": [self._one(contestant) for contestant in self.contestants],
        }

    def _one(self, contestant: Contestant) -> dict[str, Any]:
        means = {name: found for name in (*QUALITY, *COSTS) if (found := contestant.estimate(name))}
        return {
            "name": contestant.name,
            "megabytes": contestant.megabytes,
            "alike": self.alike(contestant.name),
            "measures": {name: asdict(found) for name, found in means.items()},
            "wh_per_100": contestant.wh_per_100(),
            "tests": [
                {"measure": test.measure, **asdict(test.difference), "holm": test.holm}
                for test in self.tests
                if test.model == contestant.name
            ],
            "questions": [asdict(outcome) for outcome in contestant.outcomes],
        }


def leaderboard(contestants: Sequence[Contestant]) -> Leaderboard:
    """Return the table of at least one contestant; all have outcomes for the same questions, at least one."""
    ordered = tuple(sorted(contestants, key=_order))
    best, *others = ordered
    found = [(other.name, measure, _against(best, other, measure)) for other in others for measure in TESTED]
    known = [(name, measure, gap) for name, measure, gap in found if gap is not None]
    corrected = holm([gap.p for _, _, gap in known])
    tests = tuple(Test(name, measure, gap, p) for (name, measure, gap), p in zip(known, corrected, strict=True))
    told = {test.model for test in tests if test.worse}
    smallest = min((c for c in ordered if c.name not in told), key=lambda c: (c.size, c.name))
    return Leaderboard(ordered, tests, smallest, visible(max(1, len(tests))))


def holm(ps: Sequence[float]) -> list[float]:
    """Return the p values corrected for their number, in the same order (Holm 1979)."""
    corrected, highest = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda place: ps[place])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[place]))
        corrected[place] = highest
    return corrected


def visible(tests: int) -> int:
    """Return how many more questions than the best a model must miss, and win none, to be told from it."""
    return next(missed for missed in count(1) if tests * mcnemar(missed, 0) < LEVEL)


def _order(contestant: Contestant) -> tuple[float, float, int, str]:
    score, precision = (
        found.mean if (found := contestant.estimate(measure)) else 0.0 for measure in (SCORE, "citation_precision")
    )
    return -score, -precision, contestant.size, contestant.name


def _against(best: Contestant, other: Contestant, measure: str) -> Difference | None:
    """Compare on the questions to which the measure applies for both; None if there are none."""
    theirs: Mapping[str, Mapping[str, float]] = {outcome.id: outcome.values for outcome in best.outcomes}
    both = [o for o in other.outcomes if measure in o.values and measure in theirs.get(o.id, {})]
    if not both:
        return None
    return difference(
        [theirs[o.id][measure] for o in both], [o.values[measure] for o in both], [o.cluster for o in both]
    )
