"""Why a claim is struck out, as a member reads it: short, in French or English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag.text import collapse
from rag.types import Language

Kind = Literal[
    "citation", "number", "date", "reference", "subject", "bound", "negation", "modality", "opposite", "name",
    "content", "entailment",
]  # fmt: skip
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Objection:
    """What the claim says (`claimed`, as written) and what the passage says instead (`found`, "" when nothing)."""

    kind: Kind
    claimed: str = ""
    found: str = ""

    def text(self, language: Language) -> str:
        """Return one short sentence for the reader."""
        claimed, found = _short(self.claimed), _short(self.found)
        if self.kind == "citation":
            return {"fr": "aucun passage cité", "en": "no passage cited"}[language]
        if self.kind == "content":
            return {
                "fr": f"le passage cité ne parle pas de « {claimed} »",
                "en": f"the passage cited says nothing of “{claimed}”",
            }[language]
        if self.kind == "entailment":
            return {"fr": "le passage cité dit autre chose", "en": "the passage cited says otherwise"}[language]
        if self.kind == "subject":
            return {
                "fr": f"« {claimed} » : le passage cité le dit d'autre chose, ici il dit « {found} »",
                "en": f"“{claimed}”: the passage cited says it of something else, here it says “{found}”",
            }[language]
        if not found:
            return {
                "fr": f"« {claimed} » ne figure pas dans le passage cité",
                "en": f"“{claimed}” is not in the passage cited",
            }[language]
        return {
            "fr": f"« {claimed} » : le passage cité dit « {found} »",
            "en": f"“{claimed}”: the passage cited says “{found}”",
        }[language]


def _short(text: str) -> str:
    plain = collapse(text).strip(" ,;.")
    return plain if len(plain) <= _LONGEST else plain[:_LONGEST].rsplit(" ", 1)[0] + "…"
