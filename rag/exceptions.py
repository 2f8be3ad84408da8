"""Exceptions and conditions: a claim must not say of the exception what the rule says, nor "always" where the evidence
says "if". Works on `Facts`; knows nothing of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from rag.facts import Facts
from rag.modality import Force
from rag.objection import Objection
from rag.wording import Term, alike

_EXCEPT = re.compile(
    r"\b(?:sauf|hormis|excepte\w*|(?:a|sous) (?:l')?(?:exception|exclusion|reserve) (?:faite )?d[eu']s?|hors(?! taxes)"
    r"|mais (?:non|pas)|except(?: for)?|but not|other than)\b\s*(?P<what>[^,;.:()]{3,70})(?P<more>[,;]?\s*\w*)"
)
# An exception that is a case, not a thing: a claim may well speak of it.
_CASE = re.compile(
    r"^(?:en cas|si\b|s'il|quand|lorsque|accord|convention|disposition|stipulation|avis|urgence|force|derogation"
    r"|mention|indication|decision|autorisation|l'accord|unless|in case|if\b)"
)
_RELATIVE = re.compile(r"^[,;]?\s*(?:qui|pour|dont|ou|lesquel\w*|auquel|ceux|celle\w*|ils|elles|il|elle)\b")
# Words by which a claim may itself set the exception apart.
_APART = re.compile(
    r"\b(?:sauf|hors|hormis|excepte\w*|exception|exclu\w*|non|sans|ni|pas|aucune?|reserve|differen\w+|contraire|autre\w*"
    r"|peut|peuvent|toutefois|cependant|dispens\w*|exoner\w*|exempt\w*|except\w*|without|not|no|unless|hormis|faute de"
    r"|defaut|moins)\b"
)
_ALL = re.compile(
    r"\b(?:tou(?:s|te|tes) les|dans tous les cas|toujours|sans exception|quel(?:le)?s? que soi\w+|systematiquement"
    r"|sans condition\w*|y compris|comprise?s?(?= ?[.;,]| ?$)|in all cases|always|including)\b"
)
_ALWAYS = re.compile(
    r"\b(?:dans tous les cas|toujours|sans exception|quel(?:le)?s? que soi\w+|systematiquement|sans condition\w*"
    r"|inconditionnel\w*|meme (?:si|en cas|sans)|in all cases|always|unconditional\w*|even if)\b"
)
# "tout salarié"; not "tout de suite", "toute la journée"
_ANYONE = re.compile(
    r"\btoute? (?!d[eu']|l[ae']|autre|simplement|fois|au|a |en |comme|un|particulierement|juste|seule?|ce|cet)[a-z]{4,}"
)
_CONDITION = re.compile(
    r"\b(?:si|s'ils?|lorsqu\w*|quand|a condition|sous condition\w*|sous reserve|en cas d\w+|des lors|pourvu|sauf"
    r"|if|when|provided|unless)\b"
)
_ONLY_IF = re.compile(
    r"\b(?:(?:seulement|uniquement|que|qu'|exclusivement|only) (?:si|s'il|lorsqu\w*|quand|en cas|if|when)"
    r"|a (?:la )?condition|sous (?:la )?condition|only if)\b"
)
_WHATEVER = re.compile(r"\b(?:quel(?:le)?s? que soi\w+|sans condition\w*|dans tous les cas|in all cases|whatever)\b")
_ABSENT = re.compile(
    r"\b(?:(?:en l'|en cas d')absence|a defaut|faute|en cas de (?:defaut|manque)) d[e'](?: l[ae']s?)? ?"
)
_IF = re.compile(
    r"\b(?:si|lorsque|quand|en cas d[e']|en presence d[e']|avec)\s?(?!absence|defaut|manque)"
    r"(?:l[ae]s? |l'|une? |son |sa |d[eu]s? )?"
)
_STOP = re.compile(r"[;.!?\n]\s|[.!?]$")
_MOST = 5  # exceptions of one text that are looked at
_DENIES: frozenset[Force] = frozenset(("forbidden", "not", "optional"))


def objections(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection when a claim forgets an exception or a condition in so many words."""
    if not any(marker.force in _DENIES for marker in claim.markers):
        yield from _excepted(claim, evidence)
    yield from _always(claim, evidence)
    yield from _anyone(claim, evidence)
    yield from _conditional(claim, evidence)
    yield from _absent(claim, evidence)


def set_apart(claim: Facts, evidence: Sequence[Facts]) -> bool:
    """Return whether a claim speaks of what the evidence excepts: it may then deny what the rule says."""
    excepted = {
        word.stem
        for facts in evidence
        for found in islice(_EXCEPT.finditer(facts.plain), _MOST)
        for word in facts.words
        if _inside(word.start, found.span("what"))
    }
    return any(alike(stem, said) for stem in excepted for said in claim.stems)


def _excepted(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    included = _ALL.search(claim.plain)
    if _APART.search(claim.plain if included is None else claim.plain.replace(included.group(), " ")):
        return
    for facts in evidence:
        for found in islice(_EXCEPT.finditer(facts.plain), _MOST):
            span = found.span("what")
            if included is not None and included.group() not in facts.plain and _shares(claim, facts, found.start()):
                yield Objection("opposite", _cut(claim, included.span()), _cut(facts, (found.start(), span[1])))
                return
            if _CASE.search(found["what"]) or _RELATIVE.search(found["more"]):
                continue
            if _names(claim, evidence, facts, span) and _shares(claim, facts, found.start()):
                yield Objection("negation", claim.text, _cut(facts, (found.start(), span[1])))
                return


def _names(claim: Facts, evidence: Sequence[Facts], facts: Facts, span: tuple[int, int]) -> bool:
    """Return whether a claim speaks of what stands in `span`, and of it alone that word is said."""
    elsewhere = [
        word.stem for other in evidence for word in other.words if other is not facts or not _inside(word.start, span)
    ]
    own = [word.stem for word in facts.words if _inside(word.start, span)]
    own = [stem for stem in own if not any(alike(stem, other) for other in elsewhere)]
    said = [stem for stem in own if any(alike(stem, word) for word in claim.stems)]
    return bool(own) and own[0] in said and 2 * len(said) >= len(own)


def _inside(place: int, span: tuple[int, int]) -> bool:
    return span[0] <= place < span[1]


def _shares(claim: Facts, facts: Facts, end: int) -> bool:
    """Return whether a claim speaks of what stands before `end`, in the same sentence."""
    begins = max((match.end() for match in re.finditer(r"[.;!?\n]", facts.plain[:end])), default=0)
    rule = [word.stem for word in facts.words if begins <= word.start < end]
    return any(alike(stem, word) for stem in rule for word in claim.stems)


def _always(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    found = _ALWAYS.search(claim.plain)
    if found is None or any(_ALWAYS.search(facts.plain) or _ALL.search(facts.plain) for facts in evidence):
        return
    for facts in evidence:
        condition = _CONDITION.search(facts.plain)
        if condition:
            end = facts.plain.find(" ", min(len(facts.plain), condition.end() + 30))
            span = condition.start(), end if end > 0 else len(facts.plain)
            yield Objection("opposite", _cut(claim, found.span()), _cut(facts, span))
            return


def _anyone(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection when a claim says of anyone what the evidence says under a condition that the claim leaves
    out."""
    found = _ANYONE.search(claim.plain)
    if found is None or any(_ANYONE.search(facts.plain) or _ALL.search(facts.plain) for facts in evidence):
        return
    for facts in evidence:
        for condition in _CONDITION.finditer(facts.plain):
            end = _STOP.search(facts.plain, condition.end())
            span = condition.start(), end.start() if end else len(facts.plain)
            own = [word.stem for word in facts.words if _inside(word.start, span)]
            figures = [it.raw for it in facts.quantities if _inside(it.start, span)]
            known = any(alike(stem, word) for stem in own for word in claim.stems)
            said = {it.raw for it in claim.quantities}
            if figures and not said.issuperset(figures) or (own and not known):
                yield Objection("opposite", _cut(claim, found.span()), _cut(facts, span))
                return


def _conditional(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection when "quel que soit" has become "seulement si"."""
    found = _ONLY_IF.search(claim.plain)
    if found is None or any(_CONDITION.search(facts.plain) for facts in evidence):
        return
    for facts in evidence:
        if whatever := _WHATEVER.search(facts.plain):
            yield Objection("opposite", _cut(claim, found.span()), _cut(facts, whatever.span()))
            return


def _absent(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection when "en l'absence de quorum" has become "si le quorum est atteint", or the reverse."""
    for mine, other in ((_IF, _ABSENT), (_ABSENT, _IF)):
        for found in mine.finditer(claim.plain):
            noun = claim.word_from(found.end())
            if noun is None or (mine is _IF and _APART.search(claim.plain, found.start())):
                continue
            if any(_is_next(noun, facts, it) for facts in evidence for it in mine.finditer(facts.plain)):
                continue
            for facts in evidence:
                for against in other.finditer(facts.plain):
                    denied = _APART.search(facts.plain[against.end() : against.end() + 40])
                    if _is_next(noun, facts, against) and not (other is _IF and denied):
                        yield Objection(
                            "negation", claim.through_word(*found.span()), facts.through_word(*against.span())
                        )
                        return


def _is_next(noun: Term, facts: Facts, match: re.Match[str]) -> bool:
    word = facts.word_from(match.end())
    return word is not None and word.stem == noun.stem


def _cut(facts: Facts, span: tuple[int, int]) -> str:
    return facts.text[slice(*span)]
