"""Which kind of answer a question asks for (a share, days, a sum, a duration, a date), and whether a text gives one.

Pure; reads words only. Knows nothing of passages or of how a refusal is worded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.text import fold

Kind = Literal["", "share", "days", "sum", "duration", "date"]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What folded questions that ask for a kind hold, and folded texts that give one."""

    asks: re.Pattern[str]
    gives: re.Pattern[str]


_PATTERNS: dict[Kind, _Pattern] = {
    "share": _Pattern(
        re.compile(r"\b(?:pourcentage|quel taux|quelle part|majoration|percentage)\b"),
        re.compile(r"%|\bpour ?cents?\b|\bmoitie\b|\btiers\b|\bquarts?\b|\bdoubl\w+|\bper ?cent\b"),
    ),
    "days": _Pattern(
        re.compile(r"\bcombien de jours\b|\bnb (?:de )?jours\b|\bhow many days\b"),
        re.compile(r"\b(?:jours?|days?|semaines?|weeks?|mois|months?)\b"),
    ),
    "sum": _Pattern(
        # "la rémunération de l'apprenti" may be told in words, "quelle est la rémunération" not
        re.compile(r"\b(?:montant|prix|tarif|cout|coute\w*)\b"
                   r"|\bquelle (?:est )?(?:la |l')?(?:remuneration|gratification|amende)\b"
                   r"|\bcombien (?:gagne|paye|touche)\w*|\b(?:gagne|paye|touche)\w* combien\b"
                   r"|\bhow much (?:does|is|do)\b"),
        re.compile(r"[€$£%]|\b(?:euros?|eur|dollars?|francs?|livres?|millions?|milliards?|milliers|gratuit\w*|free)\b"),
    ),
    "duration": _Pattern(
        re.compile(r"\bcombien de (?:temps|mois|semaines|heures)\b|\bquelle (?:est |sera )?(?:la )?duree\b|\bhow long\b"
                   r"|\b(?:quel|dans quel|sous quel) (?:est )?(?:le )?delai\b|\bcombien (?:ca )?dure\b"),
        re.compile(r"\b(?:jours?|journees?|semaines?|mois|ans?|annees?|heures?|minutes?|secondes?|siecles?|trimestres?"
                   r"|semestres?|nuits?|immediat\w*|days?|weeks?|months?|years?|hours?)\b|\d ?(?:h|min|mn|s)\b"),
    ),
    "date": _Pattern(
        re.compile(r"^quand\b|\bquelle date\b|\bquel jour\b|\bquelle heure\b|\bdepuis quand\b|\ben quelle annee\b"
                   r"|^when (?:is|was|does|did)\b"),
        re.compile(r"\b(?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre|lundi"
                   r"|mardi|mercredi|jeudi|vendredi|samedi|dimanche|jours?|semaines?|mois|annees?|ans|heures?|siecle)\b"
                   r"|\b\d{3,4}\b|\d\d?/\d\d?|\d ?h\b"),
    ),
}  # fmt: skip
# In the few sentences of an answer a sum or a share may be told by its shape: a table has its unit in a caption.
_LIKE: dict[Kind, re.Pattern[str]] = {
    "sum": re.compile(r"\d[.,]\d\d\b|\bsmic\b|\bsalaires?\b"),
    "share": re.compile(r"\d[.,]\d"),
}


def asked(question: str) -> Kind:
    """Return the first kind that a question asks for, "" for none."""
    plain = fold(question)
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.asks.search(plain)), "")


def gives(kind: Kind, text: str) -> bool:
    """Return whether a text holds something of a kind; "" is in any."""
    return not kind or _PATTERNS[kind].gives.search(fold(text)) is not None


def answers(kind: Kind, said: str) -> bool:
    """Return whether the sentences of an answer, with all that is shown before them, hold something of a kind."""
    like = _LIKE.get(kind)
    return gives(kind, said) or (like is not None and like.search(fold(said)) is not None)
