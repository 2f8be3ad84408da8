"""Misspelt terms to terms that the index knows, by one slip of the hand. Knows nothing of where the terms stand."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Sequence

# Shorter terms have too many neighbours of another meaning.
_SHORTEST = 5


def corrected(terms: Sequence[str], frequency: Callable[[str], int]) -> list[str]:
    """Return `terms` with each one that no passage holds replaced by its commonest neighbour, if it has one.

    A neighbour differs by one letter more, less or other, or by two that changed places (Damerau 1964). Numbers and
    references are left as they are. `frequency` says how many passages hold a term.
    """
    return [_corrected(term, frequency) for term in terms]


def _corrected(term: str, frequency: Callable[[str], int]) -> str:
    if len(term) < _SHORTEST or not term.isalpha() or frequency(term):
        return term
    best = max(_neighbours(term), key=frequency)
    return best if frequency(best) else term


def _neighbours(term: str) -> Iterator[str]:
    for at in range(len(term) + 1):
        head, tail = term[:at], term[at:]
        yield from (head + letter + tail for letter in string.ascii_lowercase)
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in string.ascii_lowercase)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
