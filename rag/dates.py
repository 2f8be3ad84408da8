"""The dates that a French or English text states, whole or in part. Pure; knows nothing of claims.

"12 mai 2024", "1er mai", "mai 2024", "12/05/2024", "2024-05-12", "12 May 2024" and "May 12, 2024"; "du 1er au 15 mai"
gives both days. Two figures for a year are not read: "12/05/24" may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FRENCH = "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre".split()
_ENGLISH = "january february march april may june july august september october november december".split()
_MONTHS = {name: number for names in (_FRENCH, _ENGLISH) for number, name in enumerate(names, 1)}
# Words of other meanings: months only beside a day or a year.
_ALONE = frozenset(_FRENCH + _ENGLISH) - {"mars", "may", "march", "august", "mai"}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY, _YEAR = r"(?:1\s?er|\d{1,2}|premier)", r"(?:1[5-9]|20|21)\d\d"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?P<day>{_DAY})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\b(?:,?\s+(?P<year>{_YEAR})\b)?",
        rf"\b(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year>{_YEAR})\b)?(?!\d)",
        rf"\b(?P<month>{_MONTH})\s+(?P<year>{_YEAR})\b",
        rf"(?<![\d/.-])(?P<day>\d{{1,2}})[/.](?P<month>\d{{1,2}})[/.](?P<year>{_YEAR})(?![\d/])",
        rf"(?<![\d/.-])(?P<year>{_YEAR})-(?P<month>\d{{2}})-(?P<day>\d{{2}})(?![\d-])",
        rf"(?<![\d/.-])(?P<month>0[1-9]|1[0-2])/(?P<year>{_YEAR})(?![\d/])",
        rf"\b(?P<month>{'|'.join(sorted(_ALONE, key=len, reverse=True))})\b",
    )
)
_FIRST_OF_RANGE = re.compile(rf"\b(?P<day>{_DAY})\s+(?:au|et|ou|a|to|and|-)\s+$")


@dataclass(frozen=True, slots=True)
class Date:
    """A date at `[start, end)` of the text; a part that is not said is None."""

    year: int | None
    month: int
    day: int | None
    start: int
    end: int

    def agrees(self, other: Date) -> bool:
        """Return whether nothing that both say differs."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(mine is None or its is None or mine == its for mine, its in pairs)


def dates(plain: str) -> tuple[Date, ...]:
    """Return the dates of a text levelled by `rag.plain.level`, in order."""
    taken: list[Date] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            if any(match.start() < date.end and date.start < match.end() for date in taken):
                continue
            taken += _read(match, plain)
    return tuple(sorted(taken, key=lambda date: date.start))


def _read(match: re.Match[str], plain: str) -> Iterator[Date]:
    said = match.groupdict()
    month = _MONTHS.get(said["month"]) or int(said["month"])
    day, year = said.get("day"), said.get("year")
    date = Date(int(year) if year else None, month, _day(day), match.start(), match.end())
    if not 1 <= month <= 12 or (date.day is not None and not 1 <= date.day <= 31):
        return
    yield date
    before = _FIRST_OF_RANGE.search(plain, max(0, match.start() - 20), match.start())
    if day and before:
        yield Date(date.year, month, _day(before["day"]), *before.span("day"))


def _day(written: str | None) -> int | None:
    if written is None:
        return None
    return 1 if written.endswith("er") else int(written)
