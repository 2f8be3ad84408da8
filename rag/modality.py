"""What a French or English text says must, may, must not or need not be: markers with the words they bear on.

Pure. "ne … que" is a restriction and no negation, "avant qu'il ne parte" is neither, "ne peut excéder 3 mois" is a
limit: limits belong to `rag.bounds`. Knows no syntax: a marker bears on the content words that follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.wording import Term, alike

# must, may, must not, need not, is not, only
Force = Literal["must", "may", "forbidden", "optional", "not", "only"]

_BE = r"(?:est|sont|es|etes|sommes|serez|sera|seront|soit|soient|etait|etaient|reste|restent|demeure|demeurent|etre)"
_MODAL = r"(?:peut|peuvent|pourra|pourront|pourrait|pourraient|puisse|puissent|peux|pouvez|pourrez|pouvons)"
_DUTY = r"(?:doit|doivent|devra|devront|devrait|devraient|devez|devrez|dois|devons)"
_NO = r"(?:pas|plus|jamais|aucun|aucune|aucunement|nullement|guere|point|rien|personne|ni|nul|nulle)"
_SPOKEN = r"(?:[a-z'-]+\s+){0,2}?"
_RULES: tuple[tuple[str, Force], ...] = (
    # a limit on how to: what follows is possible only so
    (rf"\bn(?:e\s|')(?:[a-z'-]+\s+){{1,6}}?qu(?:e\s|'(?!il))(?!(?:[a-z'-]+\s+){{0,3}}{_NO}\b)", "only"),
    (r"\b(?:uniquement|seulement|exclusivement|seule?s?\s+l(?:es?|a)\b|only|solely)\b", "only"),
    # need not
    (rf"\bn(?:e\s|'){_BE}\s+{_SPOKEN}(?:pas|plus|nullement|aucunement|jamais)\s+{_SPOKEN}"
     r"(?:tenu\w*|oblig\w+|requis\w*|necessaires?|exige\w*|imperati\w+|contraints?)\b", "optional"),
    (r"\bn'(?:a|ont|aura|avez)\s+(?:pas|plus|nullement|aucune)\s+(?:l'|d')?oblig\w+(?:\s+(?:de|d'))?", "optional"),
    (r"\bn'(?:a|ont|avez)\s+pas\s+(?:a|besoin)\b", "optional"),
    (r"\b(?:facultatif|facultatifs|facultative|facultatives|dispenses?\s+d\w*|dispensees?\s+d\w*|optional|"
     r"(?:not|n't)\s+(?:required|obliged|mandatory|necessary|compulsory)|need not|do(?:es)?\s+not\s+(?:have|need)\s+to|"
     r"pas\s+(?:obligatoires?|necessaires?|tenu\w*|oblige\w*))\b", "optional"),
    # must not
    (rf"\bn(?:e\s|'){_BE}\s+{_SPOKEN}(?:pas|plus|jamais|nullement)\s+{_SPOKEN}"
     r"(?:possibles?|autorises?|autorisees?|permis\w*|admis\w*|acceptee?s?)\b", "forbidden"),
    (rf"\bn(?:e\s|')(?:[a-z]+\s+)?(?:{_MODAL}|saurai\w+|sauront)(?:\s+(?:[a-z'-]+\s+){{0,2}}?{_NO}\b)?", "forbidden"),
    (rf"\bn(?:e\s|')(?:[a-z]+\s+)?{_DUTY}\s+(?:[a-z'-]+\s+){{0,2}}?{_NO}\b", "forbidden"),
    (r"\bn'(?:a|ont|aura|avez)\s+(?:pas|plus|aucun|nullement)\s+(?:le\s+|la\s+)?(?:droit|possibilite|faculte)"
     r"(?:\s+(?:de|d'))?", "forbidden"),
    (r"\b(?:interdi\w+|prohibe\w*|proscri\w+|defendu\w*|must\s+not|may\s+not|can\s?not|can't|(?:is|are)\s+not\s+(?:allowed|"
     r"permitted)|forbidden|prohibited|shall\s+not)\b", "forbidden"),
    (rf"\b(?:aucune?|nulle?|ni)\s+(?:[a-z'-]+\s+){{0,5}}?n(?:e\s|'){_BE}\s+(?:possibles?|autorise\w*|permis\w*|admis\w*)\b",
     "forbidden"),
    # what is denied the denial of
    (rf"\bn(?:e\s|'){_BE}\s+(?:pas|plus)\s+(?:interdit\w*|exclu\w*)\b", "may"),
    (rf"\bn(?:e\s|'){_BE}\s+(?:pas|plus)\s+(?:facultati\w+|dispense\w*\s+d[e'])", "must"),
    # plain negation
    (rf"\bn(?:e\s|')(?:[a-z'-]+\s+){{0,5}}?{_NO}\b", "not"),
    (r"\b(?:aucune?|nulle?|personne|ni|rien)\s+(?:[a-z'-]+\s+){0,5}?n(?:e\s|')", "not"),
    (r"\b(?:does|do|did|is|are|was|were|has|have|will)\s*(?:not|n't)\b|\bnever\b|\bno\s+longer\b(?!\s+than)", "not"),
    (r"\bsans\b|\bwithout\b|\bni\b(?!\s+\d)", "not"),
    (r"\bno\s+(?!later|more|less|longer)", "not"),
    (r"\b(?:aucune?|nullement|non)\s|\bpas\s+(?=d[e'])", "not"),
    # must
    (rf"\b{_DUTY}\b|\b(?:il\s+faut|faudra|must|shall|ha(?:s|ve)\s+to|required|mandatory|compulsory|obliged)\b", "must"),
    (rf"\b{_BE}\s+(?:[a-z]+ment\s+)?(?:tenu\w*|oblige\w*|contraint\w*|requis\w*|necessaires?|exige\w*|indispensables?)"
     r"(?:\s+(?:de|d'|a)\b)?", "must"),
    (r"\b(?:obligatoires?|obligatoirement|imperati\w+)\b|\b(?:a|ont|avez|aura)\s+l'obligation\b", "must"),
    # may
    (rf"\b{_MODAL}\b|\b(?:may|can|could|might|allowed|permitted)\b", "may"),
    (r"\b(?:a|ont|avez|aura|auront)\s+(?:le\s+droit|la\s+possibilite|la\s+faculte)\b|\b(?:possibles?|loisible)\b|"
     rf"\b{_BE}\s+(?:autorises?|autorisees?|permis\w*|libres?)\b", "may"),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern), force) for pattern, force in _RULES)
_ADVERBS = frozenset("egal notam alor toutefois cependant ensuit deja normal general immediat cas caus".split())
_REACH = 6  # content words on each side that say what a marker is about
_CONDITION = frozenset("sans que qu sauf hors hormis excepte without unless".split())
_COMMA = re.compile(r",(?!\d)")
_STOPS = re.compile(r"[.;:!?\n]")


@dataclass(frozen=True, slots=True)
class Marker:
    """One marker at `[start, end)`: its force, the stems it bears on (next ones first), and those around it."""

    force: Force
    start: int
    end: int
    governed: tuple[str, ...]
    around: frozenset[str]
    conditional: bool = False

    def about(self, other: Marker) -> int:
        """Return how sure it is that two markers are about the same thing; 0 when nothing says so."""
        same = sum(any(alike(one, two) for two in other.around) for one in self.around)
        return same + 2 * self.same_head(other)

    def surely_about(self, other: Marker) -> bool:
        """Return whether two markers that differ contradict each other, and do not speak of two things."""
        shared = self.about(other)
        if not other.governed:  # "… est obligatoire", "… est facultatif"
            return 2 * shared >= len(other.around) > 0
        return shared >= 4 or self.bears_on(other.governed[0]) or other.bears_on(*self.governed[:1])

    def bears_on(self, *stems: str) -> bool:
        """Return whether one of the stems is among the words that follow."""
        return any(alike(stem, word) for stem in stems for word in self.governed)

    def speaks_of(self, stem: str) -> bool:
        """Return whether it bears on the stem, or, when nothing follows ("… est interdit"), stands behind it."""
        return self.bears_on(stem) or (not self.governed and any(alike(stem, word) for word in self.around))

    def same_head(self, other: Marker) -> bool:
        """Return whether both bear on one word first of all."""
        return any(alike(one, two) for one in self.governed[:2] for two in other.governed[:2])


def markers(plain: str, words: Sequence[Term]) -> tuple[Marker, ...]:
    """Return the markers of a levelled text in order; `words` are its content words."""
    found: list[tuple[int, int, Force]] = []
    for pattern, force in _COMPILED:
        for match in pattern.finditer(plain):
            crossed = _STOPS.search(match.group())
            if not crossed and not any(match.start() < end and start < match.end() for start, end, _ in found):
                found.append((match.start(), match.end(), force))
    return tuple(sorted(_with_words(found, plain, words), key=lambda marker: marker.start))


def _with_words(found: Sequence[tuple[int, int, Force]], plain: str, words: Sequence[Term]) -> Iterator[Marker]:
    for start, end, force in found:
        before = _STOPS.split(plain[:start])[-1]
        after = _STOPS.split(plain[end:])[0]
        left = [word.stem for word in words if start - len(before) <= word.start and word.end <= start]
        says_of_what = force == "not" or plain.startswith(("aucun", "nul", "ni "), start)
        inside = [word.stem for word in words if word.start >= start and word.end <= end and says_of_what]
        right = [word.stem for word in words if end <= word.start < end + len(after)]
        comma = _COMMA.search(after)
        if comma:  # what stands behind it is another matter, unless the verb comes after an insertion
            first = [word.stem for word in words if end <= word.start < end + comma.start()]
            right = first or (right if force not in ("not", "optional") else [])
        governed = [stem for stem in (*inside, *right) if stem not in _ADVERBS][:_REACH]
        if plain.startswith(("non", "sans", "without"), start):  # "non rémunéré" denies one word
            governed = governed[:1]
        conditional = force in ("forbidden", "not") and not _CONDITION.isdisjoint(re.findall(r"\w+", after)[:12])
        yield Marker(force, start, end, tuple(governed), frozenset((*left[-_REACH:], *governed)), conditional)
