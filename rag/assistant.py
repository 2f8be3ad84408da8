"""The only orchestration of a question: rewrite, retrieve, gate, select, write, slice, verify.

Works with what it is given: an embedder always, a generator, a reranker or an entailer when there is one. Knows
nothing of browsers, of files, or of which libraries stand behind the ports.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from rag import approved as approvals
from rag import select
from rag.answer_cache import AnswerCache, AnswerKey
from rag.approved import Approvals
from rag.asked import EXTRACTS, Asked, again, answered, milliseconds, refused
from rag.errors import QuestionError
from rag.examples import Example, examples
from rag.extracts import Extract, all_said, as_shown, extracts
from rag.gate import FIRST, Gate
from rag.lacking import lack, unsaid
from rag.library import Library
from rag.ports import Closable, Embedder, Entailer, Generator, Health, Reranker, Vectors
from rag.queue import FairQueue
from rag.retrieve import retrieve
from rag.rewrite import standalone
from rag.scope import Scope, unknown
from rag.select import Evidence
from rag.settings import Settings
from rag.spelling import with_apostrophes
from rag.store import Generation, LiveStore
from rag.text import collapse
from rag.types import (
    Answer,
    Approved,
    Claim,
    Event,
    Finished,
    Language,
    Page,
    PageRef,
    Passage,
    Retrieved,
    Sentence,
    Timings,
    Turn,
)
from rag.wish import asks_several
from rag.write import write

_EXAMPLES_KEPT = 100  # sets of example questions: one for each set of reading groups and each scope in use
_ExamplesKey = tuple[str, int, frozenset[str] | None, Scope | None]


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
        approved: Callable[[], Sequence[Approved]] = tuple,
    ) -> None:
        """`approved` returns the answers that people wrote and that are given before anything is searched."""
        self._store = store
        self.library = Library(store)
        self._embedder = embedder
        self._settings = settings
        self._generator = generator
        self._reranker = reranker
        self._queue = FairQueue(settings.waiting_questions, settings.model_slots if settings.generator_urls else 1)
        self._answers = AnswerCache(settings.cached_answers)
        self._gate = gate
        self._entailer = entailer
        self._approvals = Approvals(approved, embedder)
        self._examples: OrderedDict[_ExamplesKey, tuple[str, ...]] = OrderedDict()

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
        health = None if self._generator is None else self._generator.health()
        return None if health is None or health.state == "absent" else health

    def _writer(self) -> Generator | None:
        """Return the generator unless there is none, none yet, or it has failed for good."""
        if self._generator is None or self._generator.health().state in ("starting", "failed", "absent"):
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

    def examples(
        self, count: int = 3, groups: frozenset[str] | None = None, scope: Scope | None = None
    ) -> tuple[str, ...]:
        """Return up to `count` questions that the documents of `groups` (None: all) in `scope` answer, from different
        ones. Each was tried: about a second the first time, nothing after that."""
        with self._store.pin() as generation:
            key = generation.state, count, groups, scope
            known = self._examples.get(key)
            if known is None:

                def answered(example: Example) -> bool:
                    return self._rests_on(example, generation, groups, scope)

                known = self._examples[key] = examples(generation, count, answered, groups, scope)
                while len(self._examples) > _EXAMPLES_KEPT:
                    self._examples.popitem(last=False)
            return known

    def _rests_on(
        self, example: Example, generation: Generation, groups: frozenset[str] | None, scope: Scope | None
    ) -> bool:
        """Return whether the question passes the gate and its answer by extracts is what it was drawn from."""
        passages = self._found(example.question, generation, groups, scope)
        if lack(example.question, passages, generation.frequency(groups)) or not self._gate.answers(
            example.question, passages
        ):
            return False
        read = passages[: self._settings.evidence_passages]
        evidence = select.weigh(example.question, read, generation, self._embedder, groups)
        chosen = extracts(evidence, lists=asks_several(example.question))
        return any(example.answered_by(extract.sentence) for extract in chosen)

    def _found(
        self, question: str, generation: Generation, groups: frozenset[str] | None, scope: Scope | None
    ) -> tuple[Passage, ...]:
        return retrieve(
            question, generation, self._embedder, self._settings.passages, groups, self._reranker, scope=scope
        )

    def close(self) -> None:
        """Let go of the store and of the language model."""
        self._store.close()
        if isinstance(self._generator, Closable):
            self._generator.close()

    def search(
        self, question: str, count: int, groups: frozenset[str] | None = None, scope: Scope | None = None
    ) -> tuple[str, tuple[Passage, ...], Timings]:
        """Return the generation's id, the best `count` passages, and the time it took.

        Raises:
            QuestionError: if the question is empty or too long, or there is nothing to read in `scope`.
            StoreError: if there is no usable store.
        """
        text = self._checked(question)
        began = time.perf_counter()
        with self._store.pin() as generation:
            _check(scope, generation, groups)
            text = with_apostrophes(text, generation.frequency(groups))
            passages = retrieve(text, generation, self._embedder, count, groups, self._reranker, scope=scope)
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
        scope: Scope | None = None,
    ) -> Iterator[Event]:
        """Yield what happens on the way to the answer; the last event is `Finished`.

        Closing the iterator stops the model. `groups` are the reading groups of the member, None for all; `member`
        is a key under which members share the model fairly, "" for a command; `scope` is the document or folder that
        the question is limited to.

        Raises:
            QuestionError: if the question is empty or too long, too many wait already, or there is nothing to read in
                `scope`.
            StoreError: if there is no usable store.
            ModelError: if the model fails.
        """
        text = self._checked(question)
        began = time.perf_counter()
        alone = _whole(standalone(text, history))
        with self._store.pin() as generation:
            _check(scope, generation, groups)
            if scope is None and (found := self._approvals.find(alone, generation, groups)):
                yield Retrieved(alone, ())
                yield Finished(_approved(*found, Asked.at_once(text, alone, language, generation, groups, began)))
                return
            generator = self._writer()
            model = EXTRACTS if generator is None else generator.id
            key = None if history else AnswerKey(text, generation.state, model, groups, language, scope)
            if key is not None and (known := self._answers.get(key)) is not None:
                yield Retrieved(alone, known.passages)
                yield Finished(again(known, began))
                return
            frequency = generation.frequency(groups)
            alone = with_apostrophes(alone, frequency)
            passages = self._found(alone, generation, groups, scope)
            asked = Asked(text, alone, language, generation, model, passages, groups, began, time.perf_counter())
            yield Retrieved(alone, passages)
            lacking = lack(alone, passages, frequency)
            if lacking or not self._gate.answers(alone, passages):
                yield Finished(refused(asked, "no_evidence", lacking=lacking))
                return
            read = passages[: self._settings.evidence_passages]
            evidence = select.weigh(alone, read, generation, self._embedder, groups)
            if generator is None:
                yield Finished(self._extracts(asked, evidence))
                return
            with self._queue.turn(member) as news:
                yield from news
                yield from self._write_once(asked, evidence, generator, key)

    def compose(
        self,
        request: str,
        sentences: Sequence[Sentence],
        *,
        groups: frozenset[str] | None = None,
        language: Language = "fr",
        member: str = "",
    ) -> Iterator[Event]:
        """Yield what happens while the model does what `request` says with these sentences alone; events and errors as
        of `ask`. Without a model the sentences are the answer."""
        began = time.perf_counter()
        with self._store.pin() as generation:
            generator = self._writer()
            model = EXTRACTS if generator is None else generator.id
            asked = Asked(request, request, language, generation, model, (), groups, began, began)
            if generator is None:
                yield Finished(_quoted(asked, [Extract(as_shown(sentence), sentence) for sentence in sentences]))
                return
            # all are wanted; where they do not fit, those that come first
            evidence = [Evidence(item, 1 - place / len(sentences), 0) for place, item in enumerate(sentences)]
            with self._queue.turn(member) as news:
                yield from news
                yield from write(asked, evidence, generator, self._settings, self._entailer)

    def answer(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        groups: frozenset[str] | None = None,
        language: Language = "fr",
        member: str = "",
        scope: Scope | None = None,
    ) -> Answer:
        """Return the answer of `ask` without its events; raises what it raises."""
        *_, last = self.ask(question, history=history, groups=groups, language=language, member=member, scope=scope)
        assert isinstance(last, Finished)
        return last.answer

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return the embedder's vectors of questions, float32 of shape (len(texts), dimensions), rows of length 1."""
        return np.stack([self._embedder.embed_question(text) for text in texts])

    def read(self, path: str, number: int) -> tuple[Page | None, tuple[Sentence, ...]]:
        """Return a page of the live generation with its sentences; None and none if it has no such page."""
        with self._store.pin() as generation:
            return approvals.read(generation.documents, path, number)

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
        chosen = extracts(evidence, lists=asks_several(asked.standalone))
        lacking = unsaid(asked.standalone, all_said(chosen))
        return refused(asked, "no_evidence", lacking=lacking) if lacking else _quoted(asked, chosen)

    def _write_once(
        self, asked: Asked, evidence: Sequence[Evidence], generator: Generator, key: AnswerKey | None
    ) -> Iterator[Event]:
        """Write the answer, unless the same question was answered while this one waited."""
        if key is not None and (known := self._answers.get(key)) is not None:
            yield Finished(again(known, asked.began))
            return
        for event in write(asked, evidence, generator, self._settings, self._entailer):
            if isinstance(event, Finished) and key is not None:
                self._answers.put(key, event.answer)
            yield event


def _quoted(asked: Asked, chosen: Sequence[Extract]) -> Answer:
    if not chosen:
        return refused(asked, "no_evidence")
    claims = tuple(Claim(extract.text, (number,), "supported") for number, extract in enumerate(chosen, 1))
    return answered(asked, claims, [extract.sentence for extract in chosen])


def _approved(approved: Approved, proof: Sequence[Sentence], asked: Asked) -> Answer:
    claim = Claim(approved.text, tuple(range(1, len(proof) + 1)), "supported")
    return answered(asked, (claim,), proof)


def _whole(text: str) -> str:
    # half a character, as broken input brings it, is nothing that a model or JSON could take
    return text.encode("utf-8", "replace").decode()


def _check(scope: Scope | None, generation: Generation, groups: frozenset[str] | None) -> None:
    if scope is not None and not generation.readable(groups, scope).any():
        raise unknown(scope)
