"""A bar chart as the numbers that its SVG needs: no script, and every figure also stands in a table. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ui.operations.figures import Day

WIDTH, HEIGHT, LEFT, BELOW = 720, 180, 34, 22  # of the drawing, in its own units


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: its answered part stands on its refused part; `label` its date ("2026-11-26"), "" where there is no
    room for one."""

    x: float
    width: float
    answered_y: float
    answered_height: float
    refused_y: float
    refused_height: float
    label: str
    day: Day


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars, and the value at the top line."""

    bars: tuple[Bar, ...]
    top: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    base: int = HEIGHT - BELOW


def chart(days: Sequence[Day]) -> Chart:
    """Return the chart of these days, oldest at the left."""
    most = max((day.answered + day.refused for day in days), default=0)
    top = _round_up(most)
    step = (WIDTH - LEFT) / max(1, len(days))
    room = HEIGHT - BELOW - 8
    bars = []
    for number, day in enumerate(days):
        refused, answered = (room * part / top for part in (day.refused, day.answered))
        base = HEIGHT - BELOW
        label = f"{day.day:%Y-%m-%d}" if (len(days) - 1 - number) % 7 == 0 else ""
        bars.append(
            Bar(
                round(LEFT + number * step + step * 0.15, 1),
                round(step * 0.7, 1),
                round(base - refused - answered, 1),
                round(answered, 1),
                round(base - refused, 1),
                round(refused, 1),
                label,
                day,
            )  # fmt: skip
        )
    return Chart(tuple(bars), top)


def _round_up(value: int) -> int:
    """Return 1, 2 or 5 times a power of ten that is at least `value`, and at least 5."""
    scale = 1
    while True:
        for factor in (1, 2, 5):
            if factor * scale >= max(value, 5):
                return factor * scale
        scale *= 10
