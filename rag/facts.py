"""All that a text states which can be held against another text: numbers, dates, references, names, markers, words.

Pure. A place is read once: the 12 of "article 12" or of "12 mai" is no quantity. Knows nothing of claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, zip_longest

from rag.bounds import without_limits
from rag.dates import Date, dates
from rag.modality import Marker, markers
from rag.names import Name, names
from rag.numbers import readings
from rag.plain import composed, level
from rag.quantities import Quantity, quantities
from rag.references import Reference, references
from rag.types import Language
from rag.wording import Term, alike, terms

# Where one thing said ends and the next begins; commas and full stops inside numbers stay.
_CLAUSE = re.compile(r";|:\s|\n|,(?!\d)|\.(?!\d)|[!?]|\s(?:et|ou|mais|puis|tandis que|alors que|and|or|but|while)\s")
# a clause that speaks of what the one before speaks of
_TAKES_UP = re.compile(r"\s*(?:elles?|ils?|cel(?:ui|le)s?-ci|ceux-ci|it|they)\b")
# "et les techniciens", "ou pour les cadres"
_SECOND_NOUN = re.compile(
    r"\s(?:et|ou|and|or)\s(?:(?:a|pour|d[eu']|for|of)\s?)?(?:les?|las?|des|aux|l'|the)\s?(?:[a-z'-]+\s?){1,3}\s*"
)
_ENGLISH = re.compile(
    r"\b(?:the|of|is|are|and|to|must|be|for|by|with|shall|may|not|it|this|that|an|at|from|have|has|who|on|if|you|your|their|can|in|when)\b"
)
_FRENCH = re.compile(
    r"\b(?:le|la|les|l'|d'|de|des|du|sont|et|un|une|dans|pour|par|que|qui|au|aux|il|elle|ne|pas|sur|est)\b"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """A text (NFC), the same levelled (`rag.plain`), and what it states, each in order. `limits`: whether it says "ne
    peut excéder" or the like; `language`: None when its small words do not tell."""

    text: str
    plain: str
    words: tuple[Term, ...]
    dates: tuple[Date, ...]
    references: tuple[Reference, ...]
    quantities: tuple[Quantity, ...]
    markers: tuple[Marker, ...]
    names: tuple[Name, ...]
    readings: frozenset[str]
    limits: bool
    language: Language | None

    @property
    def figures(self) -> tuple[Reference | Date | Quantity, ...]:
        """The references, dates and quantities together."""
        return (*self.references, *self.dates, *self.quantities)

    @property
    def stems(self) -> frozenset[str]:
        """The content words of the whole text."""
        return frozenset(word.stem for word in self.words)

    def about(self, start: int, end: int) -> frozenset[str]:
        """Return the content words and numbers said together with what stands at `[start, end)`: those of its clause,
        and when it has none of the one before, or after an opening ("En 2024, …") of the one that follows."""
        bounds = [0, *(match.end() for match in self._clause_ends()), len(self.plain) + 1]
        place = max(index for index, bound in enumerate(bounds[:-1]) if bound <= start)
        if place and _TAKES_UP.match(self.plain, bounds[place]):
            return self._between(bounds[place - 1], bounds[place + 1], start, end)
        said = self._between(bounds[place], bounds[place + 1], start, end)
        if said or len(bounds) == 2:
            return said
        if place == 0:
            return self._between(0, bounds[2], start, end)
        return self._between(bounds[place - 1], bounds[place + 1], start, end)

    def _clause_ends(self) -> Iterator[re.Match[str]]:
        """Yield where clauses end, but not before a second noun: "2 mois pour les agents et les techniciens"."""
        ends = list(_CLAUSE.finditer(self.plain))
        for end, following in zip_longest(ends, ends[1:]):
            last = following.start() if following else len(self.plain)
            if not _SECOND_NOUN.fullmatch(self.plain[end.start() : last]):
                yield end

    def beside(self, start: int, end: int) -> tuple[frozenset[str], frozenset[str]]:
        """Return the content words next before and next after `[start, end)`, up to four each."""
        before = [word.stem for word in self.words if word.end <= start][-4:]
        return frozenset(before), frozenset([word.stem for word in self.words if word.start >= end][:4])

    @property
    def measures(self) -> frozenset[str]:
        """The numbers that have a unit or are references: those that name what a sentence speaks of."""
        measured = [quantity.raw for quantity in self.quantities if quantity.unit]
        return frozenset((*measured, *(reference.id for reference in self.references)))

    def noun_after(self, end: int) -> str:
        """Return the stem of the first content word at most three letters after `end`, "" when there is none."""
        return next((word.stem for word in self.words if end <= word.start <= end + 3), "")

    def word_from(self, place: int) -> Term | None:
        """Return the first content word that begins at `place` or behind it, None when there is none."""
        return next((word for word in self.words if word.start >= place), None)

    def through_word(self, start: int, end: int) -> str:
        """Return the text at `[start, end)`, as written, with the content word next behind it."""
        word = self.word_from(end)
        return self.text[start : word.end if word else end]

    def clauses_with(self, stem: str) -> Iterator[tuple[int, int]]:
        """Yield the bounds of each clause that has a word."""
        bounds = [0, *(match.end() for match in _CLAUSE.finditer(self.plain)), len(self.plain) + 1]
        for first, last in pairwise(bounds):
            if any(first <= word.start < last and alike(stem, word.stem) for word in self.words):
                yield first, last

    @property
    def tabular(self) -> bool:
        """Return whether the text looks like the row of a table: numbers without units, few words."""
        bare = [quantity for quantity in self.quantities if not quantity.unit]
        return len(bare) >= 2 and 4 * len(bare) >= len(self.plain.split())

    def said_apart_from(self, start: int, end: int) -> frozenset[str]:
        """Return the content words and numbers of the whole text but what stands at `[start, end)`."""
        return self._between(0, len(self.plain) + 1, start, end)

    def _between(self, first: int, last: int, start: int, end: int) -> frozenset[str]:
        def inside(item: Term | Quantity | Reference) -> bool:
            return first <= item.start < last and not start <= item.start < end

        return frozenset(
            (
                *(word.stem for word in self.words if inside(word)),
                *(quantity.raw for quantity in self.quantities if inside(quantity)),
                *(reference.id for reference in self.references if inside(reference)),
            )
        )


@lru_cache(maxsize=1024)
def read(text: str) -> Facts:
    """Return what a text states."""
    whole = composed(text)
    plain = level(whole)
    said_references = references(whole, plain)
    plain_rest = _blank(plain, said_references)
    said_dates = dates(plain_rest)
    plain_rest = _blank(plain_rest, said_dates)
    said_quantities = quantities(whole, plain_rest)
    # numbers, dates and references have checks of their own, with their own words
    words = tuple(
        word for word in terms(plain) if not _covered(word, (*said_references, *said_dates, *said_quantities))
    )
    free = without_limits(plain)
    return Facts(
        text=whole,
        plain=plain,
        words=words,
        dates=said_dates,
        references=said_references,
        quantities=said_quantities,
        markers=markers(free, words),
        names=names(whole),
        readings=readings(whole),
        limits=free != plain,
        language=_language(plain),
    )


def _language(plain: str) -> Language | None:
    english, french = len(_ENGLISH.findall(plain)), len(_FRENCH.findall(plain))
    return None if english == french else "en" if english > french else "fr"


def _blank(plain: str, taken: Iterable[Reference | Date]) -> str:
    for item in taken:
        plain = plain[: item.start] + "\0" * (item.end - item.start) + plain[item.end :]
    return plain


def _covered(word: Term, taken: Iterable[Reference | Date | Quantity]) -> bool:
    return any(item.start <= word.start < item.end for item in taken)
