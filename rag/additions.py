"""What a claim adds to what its evidence says: an exception, a cause, a comparison, that it is so today, that it is
never otherwise.

Works on `Facts`. A claim is struck out when it has such a turn of phrase and the evidence has nothing of the kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.facts import Facts
from rag.objection import Objection
from rag.wording import Term, alike, missing

_EXCEPTION = re.compile(
    r"\b(?:sauf|hormis|excepte|a moins (?:que|qu'|d[e'](?!\s?\d))|a l'exception|unless|except)\b"
    r"(?! (?:erreur|avis contraire)\b)"
)
_ANY_CONDITION = re.compile(
    r"\b(?:sauf|hors|hormis|except\w*|exclu\w*|a moins|sous reserve|reserve|toutefois|cependant|neanmoins|si|s'ils?"
    r"|lorsqu\w*|quand|en cas|condition\w*|derog\w*|dispens\w*|peut|peuvent|autre\w*|seul\w*|mais|unless|if|when"
    r"|but|may)\b"
)
_CAUSE = re.compile(r"\b(?:parce qu(?:e|')|car(?= [a-z])|puisqu(?:e|')|en raison d[eu']s?|because|since it|due to)\s?")
_STOP = re.compile(r"[;.!?\n](?!\d)|,(?!\d)")
_COMPARED = re.compile(
    r"\b(?:plus|moins|davantage|aussi|more|less)\s(?!d[e']|tard|tot|que|than)[a-z]+e?s?\s(?:[a-z'-]+\s){0,5}?"
    r"(?:qu(?:e|')|than)(?=\s|[a-z])|\b(?:cheaper|higher|lower|longer|shorter|larger|smaller) than\b"
)
_COMPARES = re.compile(
    r"\b(?:plus|moins|davantage|superieur\w*|inferieur\w*|meilleur\w*|maxim\w+|minim\w+|autant|aussi|more|less"
    r"|\w+er than)\b"
)
_TODAY = re.compile(r"\b(?:aujourd'hui|actuellement|a ce jour|de nos jours|currently|today|nowadays)\b")
_NOW = re.compile(
    r"\b(?:aujourd'hui|actuel\w*|a ce jour|de nos jours|desormais|en vigueur|current\w*|today|depuis|since|now)\b"
)
_NEVER = re.compile(r"\b(?:jamais|en aucun cas|en aucune maniere|never|under no circumstances)\b")
_CASE = re.compile(r"\b(?:sauf|hormis|excepte\w*|a moins|si|s'ils?|unless|except|if)\b")
# Share of a cause's words that the evidence must have.
_LEAST_OF_A_CAUSE = 0.5


def objections(claim: Facts, evidence: Sequence[Facts], question: Facts) -> Iterator[Objection]:
    """Yield an objection for each thing that a claim adds."""
    known = (*evidence, question)
    yield from _new(claim, known, _EXCEPTION, _ANY_CONDITION)
    yield from _new(claim, known, _COMPARED, _COMPARES)
    if any(facts.dates for facts in evidence):
        yield from _new(claim, known, _TODAY, _NOW)
    yield from _never(claim, evidence)
    yield from _cause(claim, evidence)


def _new(claim: Facts, known: Sequence[Facts], mine: re.Pattern[str], theirs: re.Pattern[str]) -> Iterator[Objection]:
    found = mine.search(claim.plain)
    if found is not None and not any(theirs.search(facts.plain) for facts in known):
        yield Objection("content", claim.through_word(*found.span()))


def _never(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection for a "never" when the evidence has an exception or a condition that the claim leaves out."""
    found = _NEVER.search(claim.plain)
    if found is None or any(_NEVER.search(facts.plain) for facts in evidence):
        return
    for facts in evidence:
        for case in _CASE.finditer(facts.plain):
            own = _until_stop(facts, case.end())
            if own and not any(alike(word.stem, stem) for word in own for stem in claim.stems):
                span = case.start(), own[-1].end
                yield Objection("opposite", claim.text[slice(*found.span())], facts.text[slice(*span)])
                return


def _cause(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    for found in _CAUSE.finditer(claim.plain):
        own = _until_stop(claim, found.end())
        lacking = missing(own, (stem for facts in evidence for stem in facts.stems))
        if len(lacking) > 1 and len(lacking) > _LEAST_OF_A_CAUSE * len(own):
            yield Objection("content", claim.text[found.start() : own[-1].end])
            return


def _until_stop(facts: Facts, start: int) -> list[Term]:
    """Return the content words from `start` to the end of what is said there."""
    stop = _STOP.search(facts.plain, start)
    end = stop.start() if stop else len(facts.plain)
    return [word for word in facts.words if start <= word.start < end]
