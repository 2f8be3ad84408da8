"""The only orchestration of a question: rewrite, retrieve, gate, select, write, slice, verify.

Works with what it is given: an embedder always, a generator or a reranker when there is one. Knows nothing of
browsers, of files, or of which libraries stand behind the ports.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag import examples as example_questions
from rag import gate, prompt, select, verify
from rag.answer import Draft, LabelFilter, drafts, numbering
from rag.errors import QuestionError
from rag.ports import Embedder, Generator, Reranker
from rag.retrieve import retrieve
from rag.rewrite import standalone
from rag.select import Evidence
from rag.settings import Settings
from rag.store import Generation, LiveStore
from rag.text import collapse, fold
from rag.types import (
    Answer,
    Citation,
    Claim,
    Event,
    Finished,
    Language,
    PageRef,
    Passage,
    Refusal,
    Retrieved,
    Sentence,
    Timings,
    Token,
    Turn,
)

EXTRACTS = "extracts"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question under way: what every step needs to know."""

    question: str
    standalone: str
    language: Language
    generation: Generation
    passages: tuple[Passage, ...]
    groups: frozenset[str] | None
    began: float
    retrieved: float

    def timings(self, first_token: float | None = None) -> Timings:
        return Timings(
            retrieve=_milliseconds(self.began, self.retrieved),
            total=_milliseconds(self.began, time.perf_counter()),
            first_token=None if first_token is None else _milliseconds(self.began, first_token),
        )


class Assistant:
    """Answers questions from the live generation. One instance serves all threads."""

    def __init__(
        self,
        store: LiveStore,
        embedder: Embedder,
        settings: Settings,
        generator: Generator | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._settings = settings
        self._generator = generator
        self._reranker = reranker
        self._examples: tuple[tuple[str, int], tuple[str, ...]] = (("", 0), ())

    @property
    def model(self) -> str:
        """Name of the model that writes, or "extracts" when sentences are quoted as they are."""
        return EXTRACTS if self._generator is None else self._generator.id

    @property
    def generation(self) -> str:
        """Id of the live generation."""
        with self._store.pin() as generation:
            return generation.id

    def page(self, path: str, number: int) -> PageRef | None:
        """Return a page of the live generation, None when there is no such page."""
        with self._store.pin() as generation:
            return generation.documents.page(path, number)

    def examples(self, count: int = 3) -> tuple[str, ...]:
        """Return up to `count` questions that the corpus can answer, from different documents."""
        with self._store.pin() as generation:
            if self._examples[0] != (generation.id, count):  # sampling a large corpus takes 0.1 s
                self._examples = (generation.id, count), example_questions.examples(generation, count)
            return self._examples[1]

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def search(
        self, question: str, count: int, groups: frozenset[str] | None = None
    ) -> tuple[str, tuple[Passage, ...], Timings]:
        """Return the generation's id, the best `count` passages, and the time it took.

        Raises:
            QuestionError: if the question is empty or too long.
            StoreError: if there is no usable store.
        """
        text = self._checked(question)
        began = time.perf_counter()
        with self._store.pin() as generation:
            passages = retrieve(text, generation, self._embedder, count, groups, self._reranker)
            took = _milliseconds(began, time.perf_counter())
            return generation.id, passages, Timings(retrieve=took, total=took)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        groups: frozenset[str] | None = None,
        language: Language = "fr",
    ) -> Iterator[Event]:
        """Yield what happens on the way to the answer; the last event is `Finished`.

        Closing the iterator stops the model. `groups` are the reading groups of the member, None for all.

        Raises:
            QuestionError: if the question is empty or too long.
            StoreError: if there is no usable store.
            ModelError: if the model fails.
        """
        text = self._checked(question)
        began = time.perf_counter()
        alone = standalone(text, history)
        with self._store.pin() as generation:
            passages = retrieve(alone, generation, self._embedder, self._settings.passages, groups, self._reranker)
            asked = _Asked(text, alone, language, generation, passages, groups, began, time.perf_counter())
            yield Retrieved(alone, passages)
            if not gate.answers(passages):
                yield Finished(self._refuse(asked, "no_evidence"))
                return
            read = passages[: self._settings.evidence_passages]
            evidence = select.weigh(alone, read, generation, self._embedder)
            if self._generator is None:
                yield Finished(self._extracts(asked, evidence))
            else:
                yield from self._write(asked, evidence, self._generator)

    def answer(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        groups: frozenset[str] | None = None,
        language: Language = "fr",
    ) -> Answer:
        """Return the answer of `ask` without its events; raises what it raises."""
        *_, last = self.ask(question, history=history, groups=groups, language=language)
        assert isinstance(last, Finished)
        return last.answer

    def _checked(self, question: str) -> str:
        # half a character, as broken input brings it, is nothing that a model or JSON could take
        text = collapse(question.encode("utf-8", "replace").decode())
        longest = self._settings.question_characters
        if not text:
            raise QuestionError("La question est vide : écrivez-la puis envoyez.", "The question is empty: write it.")
        if len(text) > longest:
            raise QuestionError(
                f"La question compte {len(text)} caractères, le maximum est {longest} : raccourcissez-la.",
                f"The question has {len(text)} characters, the limit is {longest}: shorten it.",
            )
        return text

    def _extracts(self, asked: _Asked, evidence: Sequence[Evidence]) -> Answer:
        chosen = select.extracts(evidence)
        if not chosen:
            return self._refuse(asked, "no_evidence")
        claims = tuple(
            Claim(collapse(sentence.text), (number,), "supported") for number, sentence in enumerate(chosen, 1)
        )
        return self._answer(asked, claims, chosen)

    def _write(self, asked: _Asked, evidence: Sequence[Evidence], generator: Generator) -> Iterator[Event]:
        limit = self._settings.answer_tokens
        fitted = prompt.fit(asked.standalone, evidence, generator, limit)
        if not fitted:
            yield Finished(self._refuse(asked, "no_evidence"))
            return
        shown, written = LabelFilter(len(fitted)), ""
        first: float | None = None
        truncated = False
        for piece in generator.stream(prompt.messages(asked.standalone, fitted), max_tokens=limit):
            if first is None and piece.text:
                first = time.perf_counter()
            written += piece.text
            truncated = piece.finish == "length"
            if ready := shown.feed(piece.text):
                yield Token(ready)
        if rest := shown.flush():
            yield Token(rest)
        yield Finished(self._checked_answer(asked, written, fitted, first, truncated))

    def _checked_answer(
        self, asked: _Asked, written: str, evidence: Sequence[Evidence], first: float | None, truncated: bool
    ) -> Answer:
        found = drafts(written, len(evidence))
        labelled = any(draft.labels for draft in found)
        if not found or (not labelled and any(_abstains(draft.text) for draft in found)):
            return self._refuse(asked, "model_abstained", first)
        numbers = numbering(draft.labels for draft in found)
        claims = tuple(_claim(draft, evidence, numbers, asked) for draft in found)
        if not any(claim.verdict == "supported" for claim in claims):
            return self._refuse(asked, "nothing_supported", first, claims)
        sentences = [evidence[label - 1].sentence for label in numbers]
        return self._answer(asked, claims, sentences, first, truncated)

    def _answer(
        self,
        asked: _Asked,
        claims: tuple[Claim, ...],
        sentences: Sequence[Sentence],
        first: float | None = None,
        truncated: bool = False,
    ) -> Answer:
        return Answer(
            question=asked.question,
            standalone=asked.standalone,
            status="answered",
            text=" ".join(_with_numbers(claim) for claim in claims if claim.verdict == "supported"),
            claims=claims,
            citations=tuple(_citation(number, sentence, asked) for number, sentence in enumerate(sentences, 1)),
            passages=asked.passages,
            generation=asked.generation.id,
            model=self.model,
            timings=asked.timings(first),
            truncated=truncated,
        )

    def _refuse(
        self, asked: _Asked, reason: Refusal, first: float | None = None, claims: tuple[Claim, ...] = ()
    ) -> Answer:
        return Answer(
            question=asked.question,
            standalone=asked.standalone,
            status="refused",
            text=_REFUSALS[asked.language],
            claims=tuple(Claim(claim.text, (), "unsupported", claim.reason) for claim in claims),
            citations=(),
            passages=asked.passages,
            generation=asked.generation.id,
            model=self.model,
            timings=asked.timings(first),
            refusal=reason,
        )


_REFUSALS: dict[Language, str] = {
    "fr": "Les documents ne répondent pas à cette question.",
    "en": "The documents do not answer this question.",
}


def _abstains(sentence: str) -> bool:
    # as a sentence of its own: "aucune réponse" also stands in true sentences
    return fold(sentence).strip(" .!") == fold(prompt.ABSTAIN)


def _claim(draft: Draft, evidence: Sequence[Evidence], numbers: dict[int, int], asked: _Asked) -> Claim:
    cited = [evidence[label - 1].sentence for label in draft.labels]
    reason = verify.objection(draft.text, cited, asked.standalone, asked.language)
    citations = tuple(numbers[label] for label in draft.labels)
    return Claim(draft.text, citations, "unsupported" if reason else "supported", reason)


def _citation(number: int, sentence: Sentence, asked: _Asked) -> Citation:
    versions, path = asked.generation.versions, sentence.page.source.path
    return Citation(number, sentence, versions.newer(path, asked.groups), versions.older(path, asked.groups))


def _with_numbers(claim: Claim) -> str:
    return claim.text + "".join(f" [{number}]" for number in claim.citations)


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 1)
