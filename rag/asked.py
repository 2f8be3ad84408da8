"""A question under way, and the answer that it ends in. Pure but for the clock.

Does not know how passages are found, nor who wrote the claims.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.lacking import Lack, Wanted
from rag.store import Generation
from rag.types import Answer, Citation, Claim, Language, Passage, Refusal, Sentence, Timings

EXTRACTS = "extracts"  # name of the model where sentences are quoted as they are
APPROVED = "secretariat"  # and where a person wrote the answer beforehand
_REFUSALS: dict[Language, str] = {
    "fr": "Les documents ne répondent pas à cette question.",
    "en": "The documents do not answer this question.",
}

_KINDS: dict[Language, dict[Wanted, str]] = {
    "fr": {"phone": "un numéro de téléphone", "mail": "une adresse électronique", "person": "le nom d’une personne",
           "share": "un pourcentage", "days": "un nombre de jours", "sum": "un montant", "duration": "une durée",
           "date": "une date"},
    "en": {"phone": "a telephone number", "mail": "an e-mail address", "person": "somebody’s name",
           "share": "a percentage", "days": "a number of days", "sum": "a sum of money", "duration": "a length of time",
           "date": "a date"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A question under way: what every step needs to know. `began` and `retrieved` are of `time.perf_counter`."""

    question: str
    standalone: str
    language: Language
    generation: Generation
    model: str
    passages: tuple[Passage, ...]
    groups: frozenset[str] | None
    began: float
    retrieved: float

    @classmethod
    def at_once(
        cls, question: str, standalone: str, language: Language, generation: Generation,
        groups: frozenset[str] | None, began: float,
    ) -> Asked:  # fmt: skip
        """Return a question that a person answered beforehand: nothing is searched, no model writes."""
        return cls(question, standalone, language, generation, APPROVED, (), groups, began, time.perf_counter())

    def timings(self, first_token: float | None = None) -> Timings:
        """Return the times so far."""
        return Timings(
            retrieve=milliseconds(self.began, self.retrieved),
            total=milliseconds(self.began, time.perf_counter()),
            first_token=None if first_token is None else milliseconds(self.began, first_token),
        )


def answered(
    asked: Asked,
    claims: tuple[Claim, ...],
    sentences: Sequence[Sentence],
    first: float | None = None,
    truncated: bool = False,
) -> Answer:
    """Return the answer that consists of these claims, whose citations count `sentences` from 1."""
    return Answer(
        question=asked.question,
        standalone=asked.standalone,
        status="answered",
        text=" ".join(_with_numbers(claim) for claim in claims if claim.verdict == "supported"),
        claims=claims,
        citations=tuple(_citation(number, sentence, asked) for number, sentence in enumerate(sentences, 1)),
        passages=asked.passages,
        generation=asked.generation.id,
        model=asked.model,
        timings=asked.timings(first),
        truncated=truncated,
    )


def refused(
    asked: Asked,
    reason: Refusal,
    first: float | None = None,
    claims: tuple[Claim, ...] = (),
    lacking: Lack | None = None,
) -> Answer:
    """Return the refusal for this reason; `claims` are what was written and struck out, `lacking` what of the question
    nothing found gives."""
    lacking = lacking or Lack()
    missing = (*lacking.names, *([_KINDS[asked.language][lacking.kind]] if lacking.kind else []))
    return Answer(
        question=asked.question,
        standalone=asked.standalone,
        status="refused",
        text=_REFUSALS[asked.language] + without((*map(str, lacking.years), *missing), asked.language),
        claims=tuple(Claim(claim.text, (), "unsupported", claim.reason) for claim in claims),
        citations=(),
        passages=asked.passages,
        generation=asked.generation.id,
        model=asked.model,
        timings=asked.timings(first),
        refusal=reason,
        missing_years=lacking.years,
        missing=missing,
    )


def without(names: Sequence[str], language: Language) -> str:
    """Return what a refusal adds when the passages found have none of these years and names; "" for none."""
    if not names:
        return ""
    listed = ", ".join(names)
    return {
        "fr": f" Les passages trouvés ne parlent pas de : {listed}.",
        "en": f" The passages found say nothing of: {listed}.",
    }[language]


def again(answer: Answer, began: float) -> Answer:
    """Return an answer that was given before, as the answer to a question that began at `began`."""
    return replace(
        answer, cached=True, timings=Timings(retrieve=0.0, total=milliseconds(began, time.perf_counter()))
    )  # fmt: skip


def milliseconds(start: float, end: float) -> float:
    """Return the time between two readings of `time.perf_counter`, in milliseconds."""
    return round((end - start) * 1000, 1)


def _citation(number: int, sentence: Sentence, asked: Asked) -> Citation:
    versions, path = asked.generation.versions, sentence.page.source.path
    return Citation(number, sentence, versions.newer(path, asked.groups), versions.older(path, asked.groups))


def _with_numbers(claim: Claim) -> str:
    return claim.text + "".join(f" [{number}]" for number in claim.citations)
