"""Misspelt words to what the index knows: a lost apostrophe, one slip of the hand, a word cut short. Knows nothing of
where the terms stand."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from rag.text import analyse, fold

# Shorter terms have too many neighbours of another meaning.
_SHORTEST = 5
# A word that is cut short has at least so many letters, and lacks at least so many of the whole one.
_SHORTEST_CUT, _CUT_OFF = 4, 2
# "dessai", "lassemblee", "quadherent": what the hurried write without its apostrophe
_GLUED = re.compile(r"\b([cdjlmnst]|qu)(?=[aeiouyh]\w{3})(\w+)")


def with_apostrophes(question: str, frequency: Callable[[str], int]) -> str:
    """Return a question with the apostrophe that a word lost: of a word that no passage holds and that is one behind
    "l'", "d'" and the like. `frequency` says how many passages hold a term."""
    plain = fold(question)
    if len(plain) != len(question):  # offsets of one are not those of the other
        return question
    for match in reversed(list(_GLUED.finditer(plain))):
        whole, rest = analyse(match.group()), analyse(match[2])
        if whole and rest and not any(map(frequency, whole)) and all(map(frequency, rest)):
            question = f"{question[: match.end(1)]}'{question[match.end(1) :]}"
    return question


def corrected(terms: Sequence[str], frequency: Callable[[str], int]) -> list[str]:
    """Return `terms` with each one that no passage holds replaced by its commonest neighbour, if it has one.

    A neighbour differs by one letter more, less or other, or by two that changed places (Damerau 1964). Numbers and
    references are left as they are. `frequency` says how many passages hold a term.
    """
    return [_corrected(term, frequency) for term in terms]


def completed(words: Collection[str], term: str, frequency: Callable[[str], int], known: Iterable[str]) -> str:
    """Return the commonest of the `known` terms that a word cut short goes on to: "coef", "tréso". It is cut short when
    no passage holds it and it is among the `words` of the question as it is: what lost an ending was written in full.
    """
    if len(term) < _SHORTEST_CUT or not term.isalpha() or term not in words or frequency(term):
        return term
    longer = (other for other in known if other.startswith(term) and len(other) >= len(term) + _CUT_OFF)
    best = max(longer, key=frequency, default=term)
    return best if frequency(best) else term


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
