"""What a generation's versions of one document mean for a reader: which passages to prefer, what else to name.

Knows which files are versions of each other (`Edition`), not how that was found out, nor how passages are scored.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.marks import marks, parsed, written
from rag.text import fold
from rag.types import Edition, Source

Scores = NDArray[np.float32]
# Best candidates that are compared with each other: twice what a search returns at most.
LOOKED_AT = 60
# A passage whose runs of three words stand to this share in those of another version says the same, but for figures.
SAME = 0.6
RUN = 3
# Taken off a passage that only a version has which is not asked for, in standard deviations of the fused scores.
OTHER_VERSION = 0.5

# Who asks for a difference needs both sides of it.
_COMPARES = re.compile(
    r"\b(differences?|differents?|comparer|comparaison|compare|evolution|evolue|precedente?s?|ancien(?:ne)?s?"
    r"|(?:a|ont|qui) changee?s?|change entre|previous|former|changed|difference|compared)\b"
)
_WORD = re.compile(r"[^\W\d_]+")


class Versions:
    """The versions of documents in one generation."""

    def __init__(self, editions: Sequence[Edition], paths: Sequence[str]) -> None:
        """Take all editions, and the path of the source of every chunk, by row."""
        self._editions = {edition.source.path: edition for edition in editions}
        self._families: dict[int, list[Edition]] = defaultdict(list)
        for edition in editions:
            self._families[edition.family].append(edition)
        self._rows = {row: path for row, path in enumerate(paths) if path in self._editions} if editions else {}

    def newer(self, path: str, groups: frozenset[str] | None) -> Source | None:
        """Return the newest version of a document that `groups` may read, None if `path` is."""
        newest = self._others(path, groups, after=True)
        return newest[-1] if newest else None

    def older(self, path: str, groups: frozenset[str] | None) -> Source | None:
        """Return the version before `path` that `groups` may read, None if there is none."""
        before = self._others(path, groups, after=False)
        return before[-1] if before else None

    def _others(self, path: str, groups: frozenset[str] | None, *, after: bool) -> list[Source]:
        mine = self._editions.get(path)
        if mine is None:
            return []
        return [
            edition.source
            for edition in self._readable(mine.family, groups)
            if (edition.rank > mine.rank if after else edition.rank < mine.rank)
        ]

    def _readable(self, family: int, groups: frozenset[str] | None) -> list[Edition]:
        return [
            edition
            for edition in self._families[family]
            if groups is None or edition.source.group is None or edition.source.group in groups
        ]

    def prefer(
        self,
        question: str,
        rows: Sequence[int],
        scores: Scores,
        text: Callable[[int], str],
        groups: frozenset[str] | None,
    ) -> Scores:
        """Return the scores of the candidates `rows`, shape (rows,), such that the version asked for comes first.

        That is the newest that may be read, or the one that the question names by its date or number. A passage of
        another version that says the same leaves the list (-inf), or comes next to it where a version was named: a
        date in a question may be about something else. One that says more comes lower. `text` gives a row's text.
        """
        best = [int(place) for place in np.argsort(-scores, kind="stable")[:LOOKED_AT] if rows[place] in self._rows]
        if not best or _COMPARES.search(fold(question)):
            return scores
        by_family: dict[int, list[int]] = defaultdict(list)
        for place in best:
            by_family[self._of(rows[place]).family].append(place)
        changed = scores.copy()
        for family, places in by_family.items():
            named = _named(question, self._readable(family, groups))
            wanted = {edition.source.path for edition in named or _newest(self._readable(family, groups))}
            ours = [place for place in places if self._rows[rows[place]] in wanted]
            others = [place for place in places if self._rows[rows[place]] not in wanted]
            _demote(changed, others, ours, {place: _runs(text(rows[place])) for place in places}, keep=bool(named))
        return changed

    def _of(self, row: int) -> Edition:
        return self._editions[self._rows[row]]


def _newest(editions: Sequence[Edition]) -> list[Edition]:
    newest = max(edition.rank for edition in editions)
    return [edition for edition in editions if edition.rank == newest]


def _named(question: str, editions: Sequence[Edition]) -> list[Edition]:
    """Return the older editions that a question asks for: by number, or in force on its date; empty for the newest."""
    asked = marks(question)
    numbers = {written(number) for number in (*asked.serials, *asked.versions)}
    named = [edition for edition in editions if edition.number and edition.number in numbers]
    for date in () if named else asked.dates:
        begun = [edition for edition in editions if edition.date and _begun(edition, date)]
        named += _newest(begun) if begun else []
    newest = _newest(editions)
    return named if any(edition not in newest for edition in named) else []


def _begun(edition: Edition, date: Sequence[int]) -> bool:
    begins = parsed(edition.date)
    known = min(len(begins), len(date))
    return begins[:known] <= tuple(date[:known])


def _demote(
    scores: Scores, others: Iterable[int], ours: Sequence[int], runs: Mapping[int, frozenset[str]], *, keep: bool
) -> None:
    said = frozenset().union(*(runs[place] for place in ours))
    for other in others:
        overlap = {place: len(runs[other] & runs[place]) for place in ours}
        twin = max(ours, key=lambda place: overlap[place], default=None)
        if twin is None or not runs[other] or len(runs[other] & said) < SAME * len(runs[other]):
            scores[other] -= OTHER_VERSION
            continue
        # what says the same deserves the same place: a chunk may only begin elsewhere
        scores[twin] = max(scores[twin], scores[other])
        scores[other] = np.nextafter(scores[twin], np.float32(-np.inf)) if keep else -np.inf


def _runs(text: str) -> frozenset[str]:
    words = _WORD.findall(fold(text))
    run = min(RUN, len(words))
    return frozenset(" ".join(words[start : start + run]) for start in range(len(words) - run + 1)) - {""}
