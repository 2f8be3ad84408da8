"""The results of `tests.bench.model` as a Markdown table with a column a shape."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rag.evaluation.table import markdown

Result = Mapping[str, Any]


def as_markdown(results: Mapping[str, Result]) -> str:
    """Return a row a measure, its goal behind it where it has one."""
    rows: list[tuple[str, Callable[[Result], str]]] = [
        ("prompt, of it instructions", lambda r: f"{r['prompt_tokens']}, {r['instruction_tokens']} tokens"),
        ("tokens guessed at once: Greffier", lambda r: str(r.get("guessed", 0))),
        ("start to ready: instructions read, recalled", _start),
        ("first token, cold: bare", _seconds("first_token_bare_cold")),
        ("first token, warm instructions: Greffier", _seconds("first_token_warm")),
        ("… over bare (goal: the share still to be read)", _cut),
        ("first token, other evidence: bare", _seconds("first_token_bare_follow_up")),
        ("first token, other evidence: Greffier", _seconds("first_token_follow_up")),
        ("first token, known prompt: added (goal: 30 ms)", lambda r: _milliseconds(r["first_token_added"])),
        ("tokens a second: bare", _speed),
        ("tokens a second: Greffier over bare (goal: 0.97)", lambda r: _spread(r["ratios"])),
        ("processor time: bare over Greffier", lambda r: _spread(r["processor_ratios"])),
        ("tokens a second, guessing: over bare", lambda r: _spread(r["ratios_guessing"])),
        ("a turn in the queue", lambda r: f"{1e6 * r['queue_seconds'][0]:.0f} µs"),
        ("memory: file, bare, Greffier's process", _megabytes),
        ("energy of a turn: bare, Greffier", _energy),
    ]
    body = [[name, *(show(result) for result in results.values())] for name, show in rows]
    return markdown(["", *results], body)


def _seconds(name: str) -> Callable[[Result], str]:
    return lambda result: f"{statistics.median(result[name]):.2f} s"


def _start(result: Result) -> str:
    return (
        f"{result['start_reading_instructions']:.1f}, {statistics.median(result['start_recalling_instructions']):.1f} s"
    )


def _speed(result: Result) -> str:
    return f"{statistics.median(result['tokens_per_second_bare']):.2f} ({result['tokens']} tokens a turn)"


def _cut(result: Result) -> str:
    pairs = zip(result["first_token_warm"], result["first_token_bare_cold"], strict=True)
    left = 1 - result["instruction_tokens"] / result["prompt_tokens"]
    return f"{statistics.median(own / theirs for own, theirs in pairs):.3f} ({left:.3f})"


def _milliseconds(added: Sequence[float]) -> str:
    most = sorted(added)[int(0.9 * len(added))]
    return f"{1000 * statistics.median(added):.1f} ms (nine in ten within {1000 * most:.1f})"


def _spread(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.3f} ({min(ratios):.3f}–{max(ratios):.3f})"


def _megabytes(result: Result) -> str:
    bare, ours = (max(value or 0 for value in result[name]) for name in ("rss_bare", "rss"))
    return f"{result['file_bytes'] / 1e6:.0f}, {bare / 1e6:.0f}, {ours / 1e6:.0f} MB"


def _energy(result: Result) -> str:
    return ", ".join(_joules(result[name][0]) for name in ("joules_bare", "joules"))


def _joules(joules: float | None) -> str:
    return "non mesuré" if joules is None else f"{joules:.1f} J"
