"""The language model's part of an answer: what it is shown, what it writes, and what remains of that once checked.

Does not know how evidence is found, nor whose turn it is. A quote is a slice of the store, not
what the model types.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag import prompt, verify
from rag.answer import Draft, LabelFilter, drafts, numbering
from rag.asked import Asked, answered, refused
from rag.attribute import attribute
from rag.errors import ContextOverflow
from rag.ports import Entailer, Generator
from rag.select import Evidence
from rag.settings import Settings
from rag.text import fold
from rag.types import Answer, Claim, Event, Finished, Reading, Token

STARTING_SECONDS = 0.25  # between two looks at a model that starts


def write(
    asked: Asked, evidence: Sequence[Evidence], generator: Generator, settings: Settings, entailer: Entailer | None
) -> Iterator[Event]:
    """Yield what the model writes from the evidence, as long as the `settings` allow; the last event is `Finished`.

    Raises:
        ModelError: if the model fails, or nothing fits into its context.
    """
    while generator.health().state == "restarting":
        yield Reading(starting=True)  # counting tokens would wait too, and not let the reader leave
        time.sleep(STARTING_SECONDS)
    limit = settings.answer_tokens
    fitted = prompt.fit(asked.standalone, evidence, generator, limit, settings.evidence_tokens)
    if not fitted and evidence:  # a refusal would say of the documents what is wrong with the settings
        raise _no_room(generator, limit)
    if not fitted:
        yield Finished(refused(asked, "no_evidence"))
        return
    shown, written = LabelFilter(len(fitted)), ""
    first: float | None = None
    truncated = False
    for piece in generator.stream(prompt.messages(asked.standalone, fitted), max_tokens=limit):
        if first is None and piece.text:
            first = time.perf_counter()
        written += piece.text
        truncated = piece.finish == "length"
        ready = shown.feed(piece.text)
        yield Token(ready) if ready else Reading()
    if rest := shown.flush():
        yield Token(rest)
    yield Finished(_checked(asked, written, fitted, first, truncated, entailer))


def _checked(
    asked: Asked,
    written: str,
    evidence: Sequence[Evidence],
    first: float | None,
    truncated: bool,
    entailer: Entailer | None,
) -> Answer:
    found = drafts(written, len(evidence))
    labelled = any(draft.labels for draft in found)
    if not found or (not labelled and any(_abstains(draft.text) for draft in found)):
        return refused(asked, "model_abstained", first)
    named = {evidence[label - 1].sentence.page.source.path for draft in found for label in draft.labels}
    traced = [_traced(draft, evidence, named, asked.standalone) for draft in found]
    # what was shown while it was written keeps its number
    numbers = numbering(draft.labels for draft in (*found, *traced))
    claims = tuple(_claim(draft, evidence, numbers, asked, entailer) for draft in traced)
    if not any(claim.verdict == "supported" for claim in claims):
        return refused(asked, "nothing_supported", first, claims)
    sentences = [evidence[label - 1].sentence for label in numbers]
    return answered(asked, claims, sentences, first, truncated)


def _no_room(generator: Generator, limit: int) -> ContextOverflow:
    room = generator.context_tokens
    return ContextOverflow(
        f"Aucun extrait ne tient avec la question dans les {room} unités du modèle, dont {limit} pour la réponse."
        " Raccourcissez la question ; si cela se répète, augmentez context_tokens ou réduisez answer_tokens.",
        f"No passage fits with the question into the model's {room} tokens, {limit} of them for the answer."
        " Shorten the question; if it happens again, raise context_tokens or lower answer_tokens.",
    )


def _abstains(sentence: str) -> bool:
    # as a sentence of its own: "aucune réponse" also stands in true sentences
    return fold(sentence).strip(" .!") == fold(prompt.ABSTAIN)


def _traced(draft: Draft, evidence: Sequence[Evidence], named: set[str], question: str) -> Draft:
    """Return the draft with the evidence that it rests on, where the model named none.

    Only documents `named` by the answer's other sentences are looked at, if there are any: what a planted document
    orders the model to say must not find its proof in that very document.
    """
    if draft.labels:
        return draft
    places = [place for place, item in enumerate(evidence) if not named or item.sentence.page.source.path in named]
    found = attribute(draft.text, [evidence[place].sentence for place in places], question)
    return replace(draft, labels=tuple(places[number - 1] + 1 for number in found))


def _claim(
    draft: Draft, evidence: Sequence[Evidence], numbers: dict[int, int], asked: Asked, entailer: Entailer | None
) -> Claim:
    cited = [evidence[label - 1].sentence for label in draft.labels]
    reason = verify.objection(draft.text, cited, asked.standalone, asked.language, entailer)
    citations = tuple(numbers[label] for label in draft.labels)
    return Claim(draft.text, citations, "unsupported" if reason else "supported", reason)
