"""The only orchestration of a question: rewrite, retrieve, gate, select, write, slice, verify.

Works with what it is given: an embedder always, a generator, a reranker or an entailer when there is one. Knows
nothing of browsers, of files, or of which libraries stand behind the ports.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from rag import examples as example_questions
from rag import prompt, select, verify
from rag.answer import Draft, LabelFilter, drafts, numbering
from rag.answer_cache import AnswerCache, AnswerKey
from rag.asked import EXTRACTS, Asked, again, answered, milliseconds, refused
from rag.errors import ContextOverflow, QuestionError
from rag.gate import FIRST, Gate, missing_years
from rag.ports import Embedder, Entailer, Generator, Health, Reranker
from rag.queue import FairQueue
from rag.retrieve import retrieve
from rag.rewrite import standalone
from rag.select import Evidence
from rag.settings import Settings
from rag.store import LiveStore
from rag.text import collapse, fold
from rag.types import (
    Answer,
    Claim,
    Event,
    Finished,
    Language,
    PageRef,
    Passage,
    Reading,
    Retrieved,
    Timings,
    Token,
    Turn,
)

STARTING_SECONDS = 0.25  # between two looks at a model that starts


class Assistant:
    """Answers questions from the live generation. One instance serves all threads."""

    def __init__(
        self,
        store: LiveStore,
        embedder: Embedder,
        settings: Settings,
        generator: Generator | None = None,
        reranker: Reranker | None = None,
        gate: Gate = FIRST,
        entailer: Entailer | None = None,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._settings = settings
        self._generator = generator
        self._reranker = reranker
        self._queue = FairQueue(settings.waiting_questions, settings.model_slots if settings.generator_urls else 1)
        self._answers = AnswerCache(settings.cached_answers)
        self._gate = gate
        self._entailer = entailer
        self._examples: tuple[tuple[str, int, frozenset[str] | None], tuple[str, ...]] = (("", 0, None), ())

    @property
    def model(self) -> str:
        """Name of the model that writes, or "extracts" when sentences are quoted as they are."""
        generator = self._writer()
        return EXTRACTS if generator is None else generator.id

    @property
    def waiting(self) -> int:
        """How many questions wait for the language model."""
        return self._queue.waiting

    def health(self) -> Health | None:
        """Return how the language model fares, None if there is none."""
        return None if self._generator is None else self._generator.health()

    def _writer(self) -> Generator | None:
        """Return the generator unless it has failed for good."""
        if self._generator is None or self._generator.health().state == "failed":
            return None
        return self._generator

    @property
    def generation(self) -> str:
        """Id of the live generation."""
        with self._store.pin() as generation:
            return generation.id

    def page(self, path: str, number: int, groups: frozenset[str] | None = None) -> PageRef | None:
        """Return a page of the live generation, None when there is no such page that `groups` (None: all) may read."""
        with self._store.pin() as generation:
            page = generation.documents.page(path, number)
            return page if page is not None and page.source.open_to(groups) else None

    def examples(self, count: int = 3, groups: frozenset[str] | None = None) -> tuple[str, ...]:
        """Return up to `count` questions that the documents of `groups` (None: all) answer, from different ones."""
        with self._store.pin() as generation:
            key = generation.id, count, groups
            if self._examples[0] != key:  # sampling a large corpus takes 0.1 s
                self._examples = key, example_questions.examples(generation, count, groups)
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
            took = milliseconds(began, time.perf_counter())
            return generation.id, passages, Timings(retrieve=took, total=took)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        groups: frozenset[str] | None = None,
        language: Language = "fr",
        member: str = "",
    ) -> Iterator[Event]:
        """Yield what happens on the way to the answer; the last event is `Finished`.

        Closing the iterator stops the model. `groups` are the reading groups of the member, None for all; `member`
        is a key under which members share the model fairly, "" for a command.

        Raises:
            QuestionError: if the question is empty or too long, or too many wait already.
            StoreError: if there is no usable store.
            ModelError: if the model fails.
        """
        text = self._checked(question)
        began = time.perf_counter()
        alone = _whole(standalone(text, history))
        with self._store.pin() as generation:
            generator = self._writer()
            model = EXTRACTS if generator is None else generator.id
            key = None if history else AnswerKey(text, generation.id, model, groups, language)
            if key is not None and (known := self._answers.get(key)) is not None:
                yield Retrieved(alone, known.passages)
                yield Finished(again(known, began))
                return
            passages = retrieve(alone, generation, self._embedder, self._settings.passages, groups, self._reranker)
            asked = Asked(text, alone, language, generation, model, passages, groups, began, time.perf_counter())
            yield Retrieved(alone, passages)
            years = missing_years(alone, passages)
            if years or not self._gate.answers(alone, passages):
                yield Finished(refused(asked, "no_evidence", missing_years=years))
                return
            read = passages[: self._settings.evidence_passages]
            evidence = select.weigh(alone, read, generation, self._embedder)
            if generator is None:
                yield Finished(self._extracts(asked, evidence))
                return
            with self._queue.turn(member) as news:
                yield from news
                yield from self._write_once(asked, evidence, generator, key)

    def answer(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        groups: frozenset[str] | None = None,
        language: Language = "fr",
        member: str = "",
    ) -> Answer:
        """Return the answer of `ask` without its events; raises what it raises."""
        *_, last = self.ask(question, history=history, groups=groups, language=language, member=member)
        assert isinstance(last, Finished)
        return last.answer

    def _checked(self, question: str) -> str:
        text = collapse(_whole(question))
        longest = self._settings.question_characters
        if not text:
            raise QuestionError("La question est vide : écrivez-la puis envoyez.", "The question is empty: write it.")
        if len(text) > longest:
            raise QuestionError(
                f"La question compte {len(text)} caractères, le maximum est {longest} : raccourcissez-la.",
                f"The question has {len(text)} characters, the limit is {longest}: shorten it.",
            )
        return text

    def _extracts(self, asked: Asked, evidence: Sequence[Evidence]) -> Answer:
        chosen = select.extracts(evidence)
        if not chosen:
            return refused(asked, "no_evidence")
        claims = tuple(
            Claim(collapse(sentence.text), (number,), "supported") for number, sentence in enumerate(chosen, 1)
        )
        return answered(asked, claims, chosen)

    def _write_once(
        self, asked: Asked, evidence: Sequence[Evidence], generator: Generator, key: AnswerKey | None
    ) -> Iterator[Event]:
        """Write the answer, unless the same question was answered while this one waited."""
        if key is not None and (known := self._answers.get(key)) is not None:
            yield Finished(again(known, asked.began))
            return
        for event in self._write(asked, evidence, generator):
            if isinstance(event, Finished) and key is not None:
                self._answers.put(key, event.answer)
            yield event

    def _write(self, asked: Asked, evidence: Sequence[Evidence], generator: Generator) -> Iterator[Event]:
        while generator.health().state in ("starting", "restarting"):
            yield Reading()  # counting tokens would wait too, and not let the reader leave
            time.sleep(STARTING_SECONDS)
        limit = self._settings.answer_tokens
        fitted = prompt.fit(asked.standalone, evidence, generator, limit)
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
        yield Finished(self._checked_answer(asked, written, fitted, first, truncated))

    def _checked_answer(
        self, asked: Asked, written: str, evidence: Sequence[Evidence], first: float | None, truncated: bool
    ) -> Answer:
        found = drafts(written, len(evidence))
        labelled = any(draft.labels for draft in found)
        if not found or (not labelled and any(_abstains(draft.text) for draft in found)):
            return refused(asked, "model_abstained", first)
        numbers = numbering(draft.labels for draft in found)
        claims = tuple(_claim(draft, evidence, numbers, asked, self._entailer) for draft in found)
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


def _whole(text: str) -> str:
    # half a character, as broken input brings it, is nothing that a model or JSON could take
    return text.encode("utf-8", "replace").decode()


def _abstains(sentence: str) -> bool:
    # as a sentence of its own: "aucune réponse" also stands in true sentences
    return fold(sentence).strip(" .!") == fold(prompt.ABSTAIN)


def _claim(
    draft: Draft, evidence: Sequence[Evidence], numbers: dict[int, int], asked: Asked, entailer: Entailer | None
) -> Claim:
    cited = [evidence[label - 1].sentence for label in draft.labels]
    reason = verify.objection(draft.text, cited, asked.standalone, asked.language, entailer)
    citations = tuple(numbers[label] for label in draft.labels)
    return Claim(draft.text, citations, "unsupported" if reason else "supported", reason)
