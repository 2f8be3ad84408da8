"""What a question wants the sentence that answers it to be like: to hold a figure, a length of time, a sum; to begin
with who does something; to define. Preferences only; what must be there is the business of `rag/kinds.py`.

Pure; reads words only. Knows nothing of passages or of how a sentence is weighed beside them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.kinds import Kind, answers
from rag.text import fold

# What a sentence is worth more when it is as wished; see docs/decisions.md, "Extracts" and "The sentence that answers
# comes first".
FIGURE, UNIT, WHO, MAY, DEFINES, COUNTED = 0.3, 0.3, 0.5, 0.2, 0.2, 0.3
# What a sentence is worth more that is an entry of a glossary for the very thing: "Donnée publique : …".
ENTRY = 0.3
# What is asked with, not about: "donnée publique définition".
ASKING = "définition définir définit signification signifie dire désigne"
# Words at its beginning in which a sentence that defines names what it defines.
SUBJECT_IN = 8

_NUMERAL = (
    r"\b(?:deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante|cinquante|soixante"
    r"|cent|mille|moitie|demi|tiers|quart|\w+aine)\b"
)
_FIGURE = re.compile(rf"\d|{_NUMERAL}")
_ASKS_FIGURE = re.compile(
    r"\b(?:combien|dur(?:ee|e|ent)|delais?|montant|taux|pourcentage|prix|tarif|salaire|age|quand|date|annee|seuil|minim\w+"
    r"|maxim\w+|min|max|longueur|hauteur|largeur|epaisseur|how (?:much|many|long|old)|when)\b"
)
_TIME = (
    r"(?:jours?|journees?|semaines?|mois|ans?|annees?|trimestres?|heures?|h|minutes?|(?:day|week|month|hour|year)s?)"
)
_LENGTH = re.compile(
    rf"(?:\d|{_NUMERAL}).{{0,25}}\b{_TIME}\b|\b(?:un (?:mois|an|jour)|une (?:semaine|heure|annee))\b|\d ?h\b"
)
_PAY = r"(?:montant|prix|tarif|cout|coute\w*|salaire|gagne\w*|paye\w*|touche\w*|prime|indemnite)"
_UNITS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("duration", re.compile(
        r"\b(?:combien|cb|nb) de (?:temps|tps|mois|semaines?|heures?|jours?|annees?|ans)\b|\bdur(?:ee|e|ent)s?\b"
        r"|\bdelais?\b|\bpreavis\b|\bjours? (?:pour|de conge)|\bhow long\b|\bhow many (?:days|weeks|months|hours)\b")),
    ("date", re.compile(
        r"^quand\b|\bquand ?\??$|\bc'est quand\b|\b(?:depuis|jusqu'a|a partir de) quand\b"
        r"|\b(?:quelle|a quelle|kelle) (?:date|heure|annee)\b|\bquel jour\b|^when\b")),
    ("sum", re.compile(
        rf"\b{_PAY}\b.*\bcombien\b|\bcombien\b.*\b(?:{_PAY}|prend)\b|\bhow much\b"
        r"|\bquel(?:le)? (?:est )?(?:le |la |l')?(?:montant|prix|tarif|cout|salaire|remuneration)\b")),
    ("share", re.compile(r"\b(?:pourcentage|taux|quelle part|majoration|majoree?s?)\b")),
)  # fmt: skip
_COUNTS = re.compile(
    r"\b(?:combien|cb|nombre|nb|how many|max\w*|min\w*|longueur|hauteur|largeur|epaisseur|seuil|a partir de)\b"
)
_COUNTED = re.compile(r"\b(?:combien|cb|nb|nombre|kombien) (?:de |d')([a-z-]{3,})")
_NO_COUNTED = frozenset("temps tps fois monde gens".split())
_ASKS_WHO = re.compile(r"^(?:et )?qui (?!sont\b|est (?:le|la|l')\b)|\b(?:a|par|de) qui\b|^who (?!is\b|are\b)")
_ACTS = re.compile(
    r"(?:\W|\d+[.)°]\s)*(?:(?:seuls?|seules?|tout|toute|tous|toutes|le|la|les|un|une|chaque|ce|ces|l'|nul|aucune?) ?)*"
    r"(?:membres?|adherent\w*|salarie\w*|employe\w*|employeur\w*|entreprises?|societes?|personnes?|titulaires?|apprenti\w*"
    r"|president\w*|tresori\w*|secretaire\w*|directeur\w*|directrice\w*|delegue\w*|representants?|administrateur\w*"
    r"|bureau|conseil|commission|comite|assemblee|federation|syndicats?|association|organisme\w*|prefet|maire|ministre\w*"
    r"|client\w*|assureur\w*|assurance|proprietaire\w*|locataire\w*|candidat\w*|parent\w*|medecin\w*|juge|tribunal"
    r"|peuvent|peut|nul)\b"
)
_ASKS_WHO_MAY = re.compile(
    r"\bqui (?:peu[tv]\w*|pourra\w*|y a droit|a (?:le )?droit|est (?:autorise|concerne)\w*)\b|^who (?:may|can)\b"
)
_SAYS_WHO_MAY = re.compile(
    r"\b(?:seule?s?|peu(?:t|vent)|pourr\w+|droit|reservee?s?|ouverte?s? a|autorise\w*|concern\w+|may|only)\b"
)
_ASKS_MEANING = re.compile(
    r"\bc(?:'est)? (?:quoi|koi)\b|^qu'est[- ]ce qu|\bdefini\w*|\bque (?:signifie|designe)|\bv(?:eut|eulent) dire\b"
    r"|\b(?:koi|quoi) c'est\b|^what is\b"
)
_DEFINES = re.compile(
    r"\b(?:est|sont|designe\w*|signifie\w*|on entend|on appelle|consiste\w*|correspond\w*)\b|^\W*[\w' -]{3,40} ?:"
)
_ASKS_SEVERAL = re.compile(
    r"\b(?:quel(?:le)?s\b|lesquel(?:le)?s|liste|enumer\w*|qui sont|a quoi\b|qu'est-ce qu|what are|which \w+s\b|list\b"
    r"|que (?:doi[tvs]\w*|faut|contient|comprend|fournir|peu[tvx]\w*|fai[ts]|font)\b"
    r"|quoi (?:fournir|mettre|joindre))|^(?:conditions?|missions|pieces|documents|etapes|obligations|roles?)\b"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a question wants: a `figure`; one of a `unit` ("" for none), or of any that `counts`; `who` does or `may` do
    something; the `meaning` of something; a number of what it `counted`."""

    figure: bool
    unit: Kind
    counts: bool
    who: bool
    may: bool
    meaning: bool
    counted: re.Pattern[str] | None = None

    def granted(self, text: str) -> float:
        """Return what a sentence is worth more, 0 to 1.6, by what it holds; whether it defines is asked apart."""
        plain = fold(text)
        figure = _FIGURE.search(plain) is not None
        return (
            FIGURE * (self.figure and figure)
            + COUNTED * (self.counted is not None and self.counted.search(plain) is not None)
            + UNIT * (_holds(self.unit, plain) if self.unit else self.counts and figure)
            + WHO * (self.who and _ACTS.match(plain) is not None)
            + MAY * (self.may and _SAYS_WHO_MAY.search(plain) is not None)
        )


def wish(question: str) -> Wish:
    """Return what a question wants."""
    plain = fold(question)
    unit: Kind = next((kind for kind, asks in _UNITS if asks.search(plain)), "")
    return Wish(
        _ASKS_FIGURE.search(plain) is not None,
        unit,
        _COUNTS.search(plain) is not None,
        _ASKS_WHO.search(plain) is not None,
        _ASKS_WHO_MAY.search(plain) is not None,
        _ASKS_MEANING.search(plain) is not None,
        _number_of(plain),
    )


def _number_of(plain: str) -> re.Pattern[str] | None:
    """Return what finds a number of what a folded question counts: "une quinzaine de pages" for "combien de pages"."""
    counted = _COUNTED.search(plain)
    if counted is None or counted[1] in _NO_COUNTED:
        return None
    stem = re.escape(counted[1][: max(4, len(counted[1]) - 2)])
    return re.compile(rf"(?:\d|{_NUMERAL})[\d .,]{{0,8}}(?:\W\w{{1,12}}){{0,2}}\W{stem}")


def defines(text: str) -> bool:
    """Return whether a sentence looks like a definition of something."""
    return _DEFINES.search(fold(text)) is not None


def asks_several(question: str) -> bool:
    """Return whether a question asks for several things, as a list has them."""
    return _ASKS_SEVERAL.search(fold(question)) is not None


def _holds(unit: Kind, plain: str) -> bool:
    return _LENGTH.search(plain) is not None if unit == "duration" else answers(unit, plain)
