"""How the differences of two documents are shown: what matters most first, a changed sentence once, its long parts that
both have left out. Pure; knows nothing of HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from rag.differences import Change, Differences, Run
from ui.strings import bound

SHOWN = 400  # differences on one page
KEPT = 7  # words kept of a part that both have, beside what differs
GAP = "[…]"

Piece = tuple[str, Literal["same", "gone", "come"]]
Part = tuple[str, list[Change]]
"""A heading and the changes under it."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The first `SHOWN` differences that are no mere moves, by what they are worth to who reads them: `figures` other
    than dates changed; `words` came, went or changed; `minor` are dates and headings. Each by heading, in the order of
    the document; `minor_count` counts changes."""

    figures: list[Part]
    words: list[Part]
    minor: list[Part]
    minor_count: int
    moved: list[Change]
    left_out: bool


def compared(found: Differences) -> Compared:
    """Return the differences as they are shown."""
    moved = [change for change in found.changes if change.kind == "moved"]
    differ = [change for change in found.changes if change.kind != "moved"]
    by_rank: tuple[list[Change], list[Change], list[Change]] = ([], [], [])
    for change in sorted(differ, key=_rank)[:SHOWN]:  # stable: in the order of the document
        by_rank[_rank(change)].append(change)
    figures, words, minor = by_rank
    return Compared(
        _by_heading(figures), _by_heading(words), _by_heading(minor), len(minor), moved, len(differ) > SHOWN
    )  # fmt: skip


def _rank(change: Change) -> Literal[0, 1, 2]:
    if change.heading:
        return 2
    if change.kind != "changed" or not change.figures:
        return 1
    if all(figure.kind == "date" for figure in change.figures):
        return 2 if _only_dates(change) else 1
    return 0


def _only_dates(change: Change) -> bool:
    """Return whether each piece that differs lies within the dates that do."""
    old, new = (" ".join(side) for side in zip(*((f.old, f.new) for f in change.figures), strict=True))
    sides = (change.old_runs, old), (change.new_runs, new)
    return all(
        word.strip(".,;:()") in dates.split() for runs, dates in sides for run in runs if run.changed
        for word in run.text.split()
    )  # fmt: skip


def _by_heading(changes: Iterable[Change]) -> list[Part]:
    parts: list[Part] = []
    for change in changes:
        if not parts or parts[-1][0] != change.section:
            parts.append((change.section, []))
        parts[-1][1].append(change)
    return parts


def pieces(change: Change) -> list[Piece]:
    """Return one text for both sides: what they share, what went, what came."""
    return [(bound(_shortened(text) if kind == "same" else text), kind) for text, kind in _merged(change)]


def _merged(change: Change) -> Iterator[Piece]:
    old, new = list(change.old_runs), list(change.new_runs)
    while old or new:
        if old and old[0].changed:
            yield old.pop(0).text, "gone"
        elif new and new[0].changed:
            yield new.pop(0).text, "come"
        else:  # both have it
            yield _next(old, new), "same"


def _next(old: list[Run], new: list[Run]) -> str:
    before = old.pop(0).text if old else ""
    return new.pop(0).text if new else before


def _shortened(text: str) -> str:
    words = text.split()
    if len(words) <= 2 * KEPT + 2:
        return text
    return " ".join((*words[:KEPT], GAP, *words[-KEPT:]))
