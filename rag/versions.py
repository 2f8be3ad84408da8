"""What a generation's versions of one document mean for a reader: which passages to prefer, what else to name.

Knows which files are versions of each other (`Edition`), not how that was found out, nor how passages are scored.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.marks import marks, parsed, written
from rag.scope import Scope
from rag.text import fold
from rag.types import Chunk, Edition, Source

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
    r"\b(differences?|compare[rd]?|comparaison|evolution|evolue|l'ancien(?:ne)?|(?:a|ont|qui) changee?s?|change entre"
    r"|(?:anciennes?|precedentes?) (?:version|edition)s?|(?:version|edition|annee)s? precedentes?"
    r"|(?:previous|former|older) (?:version|edition)s?|changed)\b"
)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class _Said:
    """What a passage says: its runs of words, and the words of its innermost heading."""

    runs: frozenset[str]
    heading: str


class Versions:
    """The versions of documents in one generation."""

    def __init__(self, editions: Sequence[Edition], paths: Sequence[str]) -> None:
        """Take all editions, and the path of the source of every chunk, by row."""
        editions = [edition for edition in editions if edition.rank >= 0]  # the others are neither newer nor older
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

    def _readable(self, family: int, groups: frozenset[str] | None, scope: Scope | None = None) -> list[Edition]:
        return [
            edition
            for edition in self._families[family]
            if edition.source.open_to(groups) and (scope is None or scope.covers(edition.source.path))
        ]

    def family(self, path: str, groups: frozenset[str] | None) -> tuple[Edition, ...]:
        """Return all versions of a document that `groups` may read, itself included, oldest first; empty when there
        is no other."""
        mine = self._editions.get(path)
        found = () if mine is None else tuple(self._readable(mine.family, groups))
        return found if len(found) > 1 else ()

    def edition(self, path: str) -> Edition | None:
        """Return what is known of a document as one version among several."""
        return self._editions.get(path)

    def prefer(
        self,
        question: str,
        rows: Sequence[int],
        scores: Scores,
        chunk: Callable[[int], Chunk],
        groups: frozenset[str] | None,
        scope: Scope | None = None,
    ) -> Scores:
        """Return the scores of the candidates `rows`, shape (rows,), such that the version asked for comes first.

        That is the newest of those that may be read and that `scope` covers (who asks about one document means it), or
        the one that the question names by its date or number. A passage of another version that says the same leaves
        the list (-inf), or comes next to it where a version was named: a date in a question may be about something
        else. One of a section that the version asked for words otherwise
        comes below that section, one that only it has comes lower. `chunk` gives the chunk of a row.
        """
        best = [int(place) for place in np.argsort(-scores, kind="stable")[:LOOKED_AT] if rows[place] in self._rows]
        if not best or _COMPARES.search(fold(question)):
            return scores
        by_family: dict[int, list[int]] = defaultdict(list)
        for place in best:
            by_family[self._of(rows[place]).family].append(place)
        changed = scores.copy()
        for family, places in by_family.items():
            readable = self._readable(family, groups, scope)
            named = _named(question, readable)
            wanted = {edition.source.path for edition in named or _newest(readable)}
            ours = [place for place in places if self._rows[rows[place]] in wanted]
            others = [place for place in places if self._rows[rows[place]] not in wanted]
            _demote(changed, others, ours, {place: _said(chunk(rows[place])) for place in places}, keep=bool(named))
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
    scores: Scores, others: Iterable[int], ours: Sequence[int], said: Mapping[int, _Said], *, keep: bool
) -> None:
    everything = frozenset().union(*(said[place].runs for place in ours))
    for other in others:
        theirs = said[other]
        if theirs.runs and len(theirs.runs & everything) >= SAME * len(theirs.runs):
            # what says the same deserves the same place: a chunk may only begin elsewhere
            twin = max(ours, key=lambda place: len(theirs.runs & said[place].runs))
            scores[twin] = max(scores[twin], scores[other])
            scores[other] = _below(scores[twin]) if keep else -np.inf
            continue
        scores[other] -= OTHER_VERSION
        section = [scores[place] for place in ours if theirs.heading and said[place].heading == theirs.heading]
        scores[other] = min([scores[other], *map(_below, section)])


def _below(score: np.float32) -> np.float32:
    return np.float32(np.nextafter(score, np.float32(-np.inf)))


def _said(chunk: Chunk) -> _Said:
    # without its number: a section may have moved
    heading = " ".join(_WORD.findall(fold(chunk.heading[-1]))) if chunk.heading else ""
    return _Said(_runs(chunk.text), heading)


def _runs(text: str) -> frozenset[str]:
    words = _WORD.findall(fold(text))
    run = min(RUN, len(words))
    return frozenset(" ".join(words[start : start + run]) for start in range(len(words) - run + 1)) - {""}
