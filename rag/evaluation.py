"""Measure an assistant on questions whose pages are known. Reports Wilson intervals, never a bare percentage."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rag.assistant import Assistant
from rag.console import say
from rag.errors import QuestionError
from rag.text import collapse, fold
from rag.types import Answer, Turn


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `total`, with its 95 % Wilson score interval (Wilson 1927)."""

    hits: int
    total: int

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound, 0 to 1; (0, 1) when nothing was counted."""
        if self.total == 0:
            return 0.0, 1.0
        z, n, p = 1.96, self.total, self.hits / self.total
        centre, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (centre - spread) / (1 + z * z / n), (centre + spread) / (1 + z * z / n)

    def __str__(self) -> str:
        low, high = self.interval
        share = self.hits / self.total if self.total else 0.0
        return f"{share:.3f} ({self.hits}/{self.total}; {low:.2f}–{high:.2f})"


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured on one question set."""

    rates: tuple[tuple[str, Rate], ...]
    model: str
    generation: str

    def as_markdown(self) -> str:
        """Return a table for docs/quality.md."""
        rows = "\n".join(f"| {name} | {rate} |" for name, rate in self.rates)
        return f"| mesure ({self.model}) | valeur (n ; intervalle à 95 %) |\n|---|---|\n{rows}"

    def as_json(self) -> dict[str, Any]:
        """Return the same as JSON."""
        return {
            "model": self.model,
            "generation": self.generation,
            "rates": {name: {"hits": r.hits, "total": r.total, "interval": r.interval} for name, r in self.rates},
        }


def evaluate_gold(
    assistant: Assistant, items: Sequence[dict[str, Any]], groups: frozenset[str] | None = None
) -> Result:
    """Ask every question of `items` (format of tests/sample/questions.jsonl) and count."""
    for place, item in enumerate(items, 1):
        if not {"answerable", "gold", "facts"} <= item.keys():
            raise QuestionError(
                f"Question {place} : il faut « answerable », « gold » et « facts » pour mesurer.",
                f"Question {place}: “answerable”, “gold” and “facts” are needed to measure.",
            )
    answers = []
    for place, item in enumerate(items, 1):
        history = [Turn(turn["role"], turn["content"]) for turn in item.get("history") or []]
        answers.append(assistant.answer(item["question"], history=history, groups=groups))
        say(f"\r{place}/{len(items)}", sys.stderr, end="")
    say("", sys.stderr)
    pairs = list(zip(items, answers, strict=True))
    known = [(item, answer) for item, answer in pairs if item["answerable"]]
    unknown = [answer for item, answer in pairs if not item["answerable"]]
    answered = [(item, answer) for item, answer in known if answer.status == "answered"]
    return Result(
        rates=(
            *(
                (f"page attendue dans les {k} premiers passages", _count(_found(i, a, k) for i, a in known))
                for k in (1, 5, 10)
            ),
            ("page attendue parmi les pages citées", _count(_cites(i, a) for i, a in answered)),
            ("faits attendus dans la réponse", _count(_states(i, a) for i, a in answered)),
            ("refus à tort (réponse présente)", _count(a.status == "refused" for _, a in known)),
            ("réponse à tort (réponse absente)", _count(a.status == "answered" for a in unknown)),
        ),
        model=assistant.model,
        generation=assistant.generation,
    )


def _count(outcomes: Iterable[bool]) -> Rate:
    values = list(outcomes)
    return Rate(sum(values), len(values))


def _pages(item: dict[str, Any]) -> set[tuple[str, int]]:
    return {(gold["file"], gold["page"]) for gold in item["gold"]}


def _found(item: dict[str, Any], answer: Answer, k: int) -> bool:
    pages = {(p.chunk.page.source.path, p.chunk.page.number) for p in answer.passages[:k]}
    return not _pages(item).isdisjoint(pages)


def _cites(item: dict[str, Any], answer: Answer) -> bool:
    pages = {(c.sentence.page.source.path, c.sentence.page.number) for c in answer.citations}
    return not _pages(item).isdisjoint(pages)


def _states(item: dict[str, Any], answer: Answer) -> bool:
    text = _loose(answer.text)
    return all(any(_loose(variant) in text for variant in fact.split("|")) for fact in item["facts"])


def _loose(text: str) -> str:
    return collapse(fold(text))
