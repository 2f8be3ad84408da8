"""Which files are versions of one document, oldest first. Pure and deterministic, no model.

Two files are when their titles or their names are the same but for dates and numbers, and so are their words: a pay
scale of another year has other figures in the same sentences. Two annexes of one agreement, or the minutes of two
meetings, are not versions. Only files that share a title are compared, so ten thousand of them take seconds.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rag.marks import Marks, Numbers, marks, page_date, written
from rag.text import analyse
from rag.types import Edition, Source

# Share of the runs of words of two files that both have (Jaccard). Two years of a standard have 0.87 to 0.97, of a
# circular 0.56, other documents of one publisher 0.13 at most: docs/decisions.md, "Versions".
ALIKE = 0.4
RUN = 5
# Runs kept of a file: those with the smallest hashes, a fair sample (Broder 1997, "bottom-k"); error about 0.02.
SAMPLE = 1024
# Files of one title are compared with this many neighbours by path: bounds the work where all titles are the same.
NEIGHBOURS = 20
# Words that say that there are versions, not which document it is; as terms.
_NOISE = frozenset(analyse("""version édition édité millésime année mise jour maj consolidé vigueur applicable effet
    compter date daté révision révisé rev indice nouveau nouvelle copie copy edition edited updated update revised
    effective january new signé définitif final provisoire projet brouillon draft numéro no"""))  # fmt: skip
# What happens on a date and is no edition of what happened on another.
_EVENTS = re.compile(
    r"\b(comptes?[\s-]rendus?|cr|proces[\s-]verba(?:l|ux)|pv|minutes|convocations?|ordres?[\s-]du[\s-]jour|factures?"
    r"|devis|attestations?|releves?[\s-]de[\s-]decisions?|invoices?|agendas?|courriers?|lettres?|bulletins?)\b"
)
_WORD = re.compile(r"[^\W\d_]+")
_Sample = NDArray[np.uint64]
_Place = Literal["title", "name", "page", ""]


@dataclass(frozen=True, slots=True)
class _File:
    """A file with what its title and its name bear, and its keys: files that share one may be versions."""

    source: Source
    title: Marks
    name: Marks
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Order:
    """What puts a file among its versions, compared in this order."""

    date: Numbers
    serial: Numbers
    version: Numbers
    state: int
    page: Numbers

    @property
    def key(self) -> tuple[Numbers, Numbers, Numbers, int, Numbers]:
        return self.date, self.serial, self.version, self.state, self.page

    def precedes(self, other: _Order) -> bool:
        """Whether it is known that this one is older, where its key is not above the other's."""
        shorter = min(len(self.date), len(other.date))
        if self.date != other.date and self.date[:shorter] == other.date[:shorter]:
            return False  # "2024" and "2024-03"
        return self.key < other.key


def find(sources: Sequence[Source], pages: Callable[[str], Sequence[str]]) -> tuple[Edition, ...]:
    """Return the files that are versions of each other, families by first path, oldest first in each.

    `pages` gives the text of each page of a path; it is asked only of files that share a title with another.
    """
    families = _families([_file(source) for source in sorted(sources, key=lambda source: source.path)], pages)
    return tuple(
        edition
        for number, family in enumerate(families)
        for edition in _ordered(number, family, [page_date("".join(pages(file.source.path)[:1])) for file in family])
    )


def _file(source: Source) -> _File:
    title, name = marks(source.title), marks(PurePosixPath(source.path).stem)
    parts = sorted(title.parts | name.parts)
    if _EVENTS.search(title.rest) or _EVENTS.search(name.rest):
        parts += sorted(map(written, {*title.dates, *name.dates, *title.serials, *name.serials}))
    keys = {" ".join((*subject, *parts)) for subject in (_subject(title), _subject(name)) if subject}
    return _File(source, title, name, frozenset(keys))


def _subject(said: Marks) -> list[str]:
    terms = sorted(term for term in analyse(said.rest) if term not in _NOISE)
    return terms if any(len(term) > 2 for term in terms) else []


def _families(files: Sequence[_File], pages: Callable[[str], Sequence[str]]) -> list[list[_File]]:
    """Return the groups of two files or more that are versions, each sorted by path."""
    by_key: dict[str, list[int]] = defaultdict(list)
    for place, file in enumerate(files):
        for key in file.keys:
            by_key[key].append(place)
    samples: dict[int, _Sample] = {}
    root = list(range(len(files)))

    def find_root(place: int) -> int:
        while root[place] != place:
            place = root[place]
        return place

    for _, places in sorted(by_key.items()):
        if len(places) > 1:
            samples |= {place: _sample(pages(files[place].source.path)) for place in places if place not in samples}
        for one, other in _pairs(places):
            first, second = sorted((find_root(one), find_root(other)))
            if first != second and likeness(samples[one], samples[other]) >= ALIKE:
                root[second] = first
    groups: dict[int, list[_File]] = defaultdict(list)
    for place, file in enumerate(files):
        groups[find_root(place)].append(file)
    # identical bytes, as two reading groups may have them, are one version
    return [group for group in groups.values() if len({file.source.sha256 for file in group}) > 1]


def _pairs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    for start, one in enumerate(places):
        for other in islice(places, start + 1, start + 1 + NEIGHBOURS):
            yield one, other


def sample(text: str) -> _Sample:
    """Return the smallest hashes, sorted, of the runs of `RUN` words of a text; figures are no words."""
    words = np.array([zlib.crc32(word.encode()) for word in _WORD.findall(text.lower())], dtype=np.uint64)
    if len(words) == 0:
        return words
    run = min(RUN, len(words))
    hashes = np.zeros(len(words) - run + 1, dtype=np.uint64)
    for start in range(run):
        hashes = _mixed(hashes + words[start : start + len(hashes)])
    return np.unique(hashes)[:SAMPLE]


def _sample(pages: Sequence[str]) -> _Sample:
    return sample("\n".join(pages))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # the finaliser of splitmix64 (Steele, Lea, Flood 2014)
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def likeness(one: _Sample, other: _Sample) -> float:
    """Return the share of all runs of two samples that both have, 0 to 1; 0 where one has no words."""
    if len(one) == 0 or len(other) == 0:
        return 0.0
    # a full sample ends somewhere: beyond that nothing is known of its text
    ends = [sample[-1] for sample in (one, other) if len(sample) == SAMPLE]
    if ends:
        one, other = one[one <= min(ends)], other[other <= min(ends)]
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)


def _ordered(number: int, family: Sequence[_File], page_dates: Sequence[Numbers]) -> list[Edition]:
    when, when_place = _distinct(family, "dates")
    serial, serial_place = _distinct(family, "serials")
    version, version_place = _distinct(family, "versions")
    states = [file.title.state or file.name.state for file in family]
    # a date on the page is the last word, and only if all have one
    pages = page_dates if all(page_dates) else [()] * len(family)
    orders = [_Order(*values) for values in zip(when, serial, version, states, pages, strict=True)]
    by_age = sorted(zip(orders, family, strict=True), key=lambda item: (item[0].key, item[1].source.path))
    found: _Place = when_place or serial_place or version_place or ("page" if len(set(pages)) > 1 else "")
    if not found and (bearing := _bearing(family)):
        return _some_ordered(number, family, page_dates, bearing)
    editions, rank = [], 0
    for place, (order, file) in enumerate(by_age):
        rank += place > 0 and by_age[place - 1][0].precedes(order)
        # the page knows the day where the title has the year alone
        date = order.date if order.page[: len(order.date)] != order.date else order.page
        mark = written(order.serial or order.version)
        editions.append(Edition(file.source, number, rank, written(date), mark, found))
    return editions


def _some_ordered(
    number: int, family: Sequence[_File], page_dates: Sequence[Numbers], bearing: Sequence[int]
) -> list[Edition]:
    """Put those at the places `bearing` in order among themselves; the others have rank -1 and come first."""
    others = [Edition(file.source, number, -1) for place, file in enumerate(family) if place not in bearing]
    return others + _ordered(number, [family[place] for place in bearing], [page_dates[place] for place in bearing])


def _bearing(family: Sequence[_File]) -> list[int]:
    """Return the places of the files whose titles, else whose names, differ in what they bear, when not all do."""
    for kind in ("dates", "serials"):
        for where in ("title", "name"):
            borne = [frozenset(getattr(getattr(file, where), kind)) for file in family]
            common = frozenset.intersection(*filter(None, borne)) if any(borne) else frozenset()
            places = [place for place, values in enumerate(borne) if values - common]
            if 1 < len(places) < len(family):
                return places
    return []


def _distinct(family: Sequence[_File], kind: str) -> tuple[list[Numbers], _Place]:
    """Return the greatest of what each file bears and not all do, by title if all titles say it, else by name."""
    places: tuple[tuple[_Place, list[Collection[Numbers]]], ...] = (
        ("title", [getattr(file.title, kind) for file in family]),
        ("name", [getattr(file.name, kind) for file in family]),
    )
    for place, borne in places:
        common = set.intersection(*map(set, borne))
        left = [set(values) - common for values in borne]
        # "Guide" is older than "Guide v2"; without a date nothing is known
        if all(left) or (kind == "versions" and any(left)):
            return [max(values, default=()) for values in left], place
    return [()] * len(family), ""
