"""Does a claim say "all" of what the evidence says "some" or "none" of, or the other way round?

Works on `Facts`. Compares only quantifiers of the same noun; knows nothing of numbers or verbs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.facts import Facts
from rag.objection import Objection

_ALL = re.compile(r"\b(?:tou(?:s|tes) les|chaque|l'ensemble des|all|every|each)\b")
_NOT_ALL = re.compile(r"\b(?:certaine?s|quelques|aucune?|(?<!tous )(?<!toutes )les autres|some|certain|no)\b")
# "aucun ouvrier ne travaille sans casque": all wear one
_WITHOUT = re.compile(r"\b(?:sans|sauf|hors|hormis|without|except\w*|unless)\b")


def objections(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection when "certains salariés" has become "tous les salariés", or the other way round."""
    for mine, other in ((_ALL, _NOT_ALL), (_NOT_ALL, _ALL)):
        for found in mine.finditer(claim.plain):
            noun = claim.noun_after(found.end())
            if not noun or any(_of(noun, mine, facts) for facts in evidence):
                continue
            for facts in evidence:
                against = _of(noun, other, facts)
                if against and not _WITHOUT.search(facts.plain, against.end()):
                    yield Objection("opposite", claim.text[slice(*found.span())], facts.text[slice(*against.span())])
                    return


def _of(noun: str, quantifier: re.Pattern[str], facts: Facts) -> re.Match[str] | None:
    matches = quantifier.finditer(facts.plain)
    return next((match for match in matches if facts.noun_after(match.end()) == noun), None)
