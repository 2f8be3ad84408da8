"""What became of each file of the corpus, in words."""

from __future__ import annotations

from dataclasses import dataclass

from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class StateTexts:
    """The texts of one language; `state_…` name what became of a file, `todo_…` what to do about it."""

    state_new: str
    state_modified: str
    state_refused: str
    state_added: str
    state_updated: str
    state_unchanged: str
    state_removed: str
    state_duplicate: str
    state_partial: str
    state_encrypted: str
    state_needs_ocr: str
    state_damaged: str
    state_not_pdf: str
    state_empty: str
    state_timeout: str
    state_too_big: str
    state_crashed: str
    state_changing: str
    todo_new: str
    todo_modified: str


STATES = pair(
    StateTexts(
        state_new="nouveau",
        state_modified="modifié",
        state_refused="écarté",
        state_added="indexé",
        state_updated="indexé",
        state_unchanged="indexé",
        state_removed="retiré",
        state_duplicate="doublon",
        state_partial="partiel",
        state_encrypted="protégé",
        state_needs_ocr="à océriser",
        state_damaged="endommagé",
        state_not_pdf="pas un PDF",
        state_empty="vide",
        state_timeout="trop long",
        state_too_big="trop gros",
        state_crashed="illisible",
        state_changing="en cours de copie",
        todo_new="Pas encore indexé : lancez une indexation.",
        todo_modified="Changé depuis la dernière indexation : relancez-la.",
    ),
    StateTexts(
        state_new="new",
        state_modified="changed",
        state_refused="left out",
        state_added="indexed",
        state_updated="indexed",
        state_unchanged="indexed",
        state_removed="removed",
        state_duplicate="duplicate",
        state_partial="partial",
        state_encrypted="protected",
        state_needs_ocr="needs OCR",
        state_damaged="damaged",
        state_not_pdf="not a PDF",
        state_empty="empty",
        state_timeout="too slow",
        state_too_big="too big",
        state_crashed="unreadable",
        state_changing="being copied",
        todo_new="Not indexed yet: start an indexing.",
        todo_modified="Changed since the last indexing: run it again.",
    ),
)
