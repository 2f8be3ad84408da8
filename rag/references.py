"""References to articles, laws, standards, amendments, levels: "article L. 1234-5", "DTU 39 P1", "avenant n° 12".

Pure; reads what a text says and compares two readings. Does not know whether the text referred to exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What is numbered, in the singular and without accents; English words beside the French ones they stand for.
_KINDS = {
    "article": "article", "articles": "article", "art": "article", "arts": "article",
    "avenant": "avenant", "amendment": "avenant", "annexe": "annexe", "appendix": "annexe", "annex": "annexe",
    "loi": "loi", "law": "loi", "act": "loi", "ordonnance": "ordonnance", "decret": "decret", "decree": "decret",
    "arrete": "arrete", "directive": "directive", "reglement": "reglement", "circulaire": "circulaire",
    "chapitre": "chapitre", "chapter": "chapitre", "titre": "titre", "section": "section", "alinea": "alinea",
    "paragraphe": "paragraphe", "tableau": "tableau", "table": "tableau", "figure": "figure", "lot": "lot",
    "coefficient": "coefficient", "coefficients": "coefficient", "niveau": "niveau", "level": "niveau",
    "echelon": "echelon", "classe": "classe", "categorie": "categorie", "category": "categorie",
    "groupe": "groupe", "group": "groupe", "zone": "zone", "zones": "zone", "idcc": "idcc", "cerfa": "cerfa",
    "formulaire": "cerfa", "form": "cerfa", "type": "type", "etape": "etape", "step": "etape", "phase": "phase",
}  # fmt: skip
_ID = (
    r"(?:(?:lo|[lrd])\.?\s?\*?\s?)?\d+(?:\s?°)?(?:[-.‑]\d+)*(?:\s?(?:bis|ter|quater|quinquies)\b)?(?:-[a-z]\b)?"
    r"|\b[ivxl]+\b|\b[a-z]\b"
)
_NUMBERED = re.compile(rf"\b(?P<kind>{'|'.join(_KINDS)})\.?\s+(?:n\s?[°o]\.?\s?|no\.?\s|number\s)?(?P<id>{_ID})")
_MORE = re.compile(rf"\s*(?:,|et|ou|and|or|a|to)\s+(?P<id>{_ID})(?![\w%€]|\s?(?:jours|mois|ans|€|%|heures))")
_CODE = re.compile(r"\b(?P<id>(?:lo|[lrd])\.?\s?\*?\s?\d{1,4}(?:-\d+)+)")
_NUMBER = re.compile(r"\bn\s?[°o]\.?\s?(?P<id>\d+(?:[-./]\d+)*)")
_STANDARD = re.compile(
    r"\b(?P<body>(?:nf|en|iso|dtu|cei|iec|din|bs|astm|cct|cpt|ral)(?:[\s/-]+(?:nf|en|iso|dtu|cei|iec|p|c|cct))*)"
    r"\s*(?P<id>\d+(?:[-.]\d+)*(?:\s?p\s?\d+(?:-\d+)*)?)"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What is referred to (`kind`, "" when only "n° 12" is said) and its number as one notation."""

    kind: str
    id: str
    start: int
    end: int

    def covers(self, claimed: Reference) -> bool:
        """Return whether a claim may say `claimed` where the evidence says this: the same, or less exactly."""
        if self.kind and claimed.kind and self.kind != claimed.kind:
            return False
        if self.kind == "norme":
            return self.id == claimed.id or bool(re.match(rf"{re.escape(claimed.id)}\b(?!\.)", self.id))
        return self.id == claimed.id


def references(text: str, plain: str) -> tuple[Reference, ...]:
    """Return the references of a text, in order; `plain` is `text` levelled by `rag.plain.level`."""
    found: list[Reference] = []
    for reference in _all(text, plain):
        if not any(reference.start < other.end and other.start < reference.end for other in found):
            found.append(reference)
    return tuple(sorted(found, key=lambda reference: reference.start))


def _all(text: str, plain: str) -> Iterator[Reference]:
    for match in _STANDARD.finditer(plain):
        if text[slice(*match.span("body"))].isupper():  # "en 2024" is no standard
            yield Reference("norme", _one_notation(match["id"]), match.start(), match.end())
    for match in _NUMBERED.finditer(plain):
        if not _is_id(text, match):
            continue
        kind, place = _KINDS[match["kind"]], match
        yield Reference(kind, _one_notation(match["id"]), match.start(), match.end())
        while (more := _MORE.match(plain, place.end())) and _is_id(text, more):
            yield Reference(kind, _one_notation(more["id"]), *more.span("id"))
            place = more
    for match in _CODE.finditer(plain):
        yield Reference("article", _one_notation(match["id"]), match.start(), match.end())
    for match in _NUMBER.finditer(plain):
        yield Reference("", _one_notation(match["id"]), match.start(), match.end())


def _is_id(text: str, match: re.Match[str]) -> bool:
    """Return whether letters alone are meant as a number: "niveau III", not "l'article a"."""
    return any(char.isdigit() for char in match["id"]) or text[slice(*match.span("id"))].isupper()


def _one_notation(written: str) -> str:
    """ "L. 1234-5", "l1234-5" and "L 1234-5" are one article."""
    return re.sub(r"[\s*°]|(?<=[a-z])\.", "", written)
