"""Passages to evidence: which sentences answer the question. Knows nothing of prompts or of how answers look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rag.continuation import ITEM, around, before, following, preceding
from rag.ports import Embedder, Vectors
from rag.ranges import covered
from rag.reading import Kind, Read, read
from rag.retrieve import coverage, question_terms, setting
from rag.store import Generation
from rag.text import analyse, collapse
from rag.types import Chunk, Passage, Sentence
from rag.wish import ASKING, DEFINES, ENTRY, SUBJECT_IN, defines, wish

# Weights of what a sentence is judged by, all between 0 and 1; see docs/decisions.md, "Extracts".
TERMS, MEANING, SETTING, LABEL = 1.0, 1.0, 0.5, 0.3
# What a sentence is worth less that cannot be understood without the one before it.
LEANS = 0.1
# Passages whose continuation and whose page are read: further down it is seldom what answers.
CONTINUED = 3
# Chunks before and behind a passage, on its page, that are read with it.
MOST_AROUND = 8
# What a sentence is worth less that stands beside the passages found.
BESIDE = 0.15
# Few sentences are nearer to a question than this (cosine): what would need more is not looked at.
NEAREST = 0.6
# A sentence is worth showing when it is at least this share as good as the best one; see docs/decisions.md, "Extracts".
NEAR_BEST = 0.78
# A part of a sentence is about what the question names when it has more than this share of its terms.
ABOUT = 0.4


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence with its worth as an answer (-0.25 to 4.2, comparable within one question), the 0-based rank of its
    passage, and what it goes on from: the sentence before a list, if it is an item of one.

    `kind`, `part` and `label` are as it was read. `keys` counts the numbers and codes of the question that stand in it,
    `own` is the share of the question's weighted terms that do, 0 to 1, both without what it goes on from.
    """

    sentence: Sentence
    worth: float
    rank: int
    lead: Sentence | None = None
    kind: Kind = "prose"
    part: str = ""
    label: str = ""
    keys: int = 0
    own: float = 0.0


def weigh(
    question: str, passages: Sequence[Passage], generation: Generation, embedder: Embedder,
    groups: frozenset[str] | None = None,
) -> tuple[Evidence, ...]:  # fmt: skip
    """Return the sentences of `passages`, of what goes on with the best ones, and behind them of what else stands on
    their pages, in reading order, best passage first, each with its worth. A chunk beside a passage none of whose
    sentences could be worth showing is left out: most of the time goes into the vectors of sentences. The words of the
    question are understood as those documents know them that `groups` may read (None: all)."""
    judge = _Judge(question, generation, embedder, groups)
    found = judge.evidence(list(_found(passages, generation)))
    best = max((item.worth for item in found), default=0.0)
    known = {item.sentence for item in found}
    beside = [
        candidate
        for chunk in _beside(passages, generation)
        if (candidates := [one for one in _read(*chunk, generation) if one.item.sentence not in known])
        and any(judge.without_meaning(one) + NEAREST >= NEAR_BEST * best for one in candidates)
        for candidate in candidates
    ]
    return tuple(sorted((*found, *judge.evidence(beside)), key=lambda item: item.rank))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence as it was read in the passage of a rank, or `beside` it."""

    rank: int
    passage: Passage
    item: Read
    beside: bool

    @property
    def text(self) -> str:
        """The sentence on one line, after all that it is read after."""
        return collapse(f"{self.item.context} {self.item.sentence.text}")


class _Judge:
    """What the sentences that may answer one question are worth."""

    def __init__(
        self, question: str, generation: Generation, embedder: Embedder, groups: frozenset[str] | None
    ) -> None:
        self._question, self._generation, self._embedder = question, generation, embedder
        self._wish = wish(question)
        terms = question_terms(question, generation, groups=groups)
        asking = analyse(ASKING) if self._wish.meaning else []
        about = [term for term in terms if term not in asking]
        self._terms = about or terms
        self._keys = {term for term in self._terms if any(map(str.isdigit, term))}
        self._words = [term for term in self._terms if term not in self._keys]

    @cached_property
    def _vector(self) -> Vectors:
        return self._embedder.embed_question(self._question)

    def evidence(self, candidates: Sequence[_Candidate]) -> tuple[Evidence, ...]:
        """Return candidates with their worth, in order."""
        if not candidates:
            return ()
        nearness = self._embedder.embed_passages([one.text for one in candidates]) @ self._vector
        return tuple(self._evidence(one, float(near)) for one, near in zip(candidates, nearness, strict=True))

    def without_meaning(self, one: _Candidate) -> float:
        """Return what a candidate is worth before its nearness to the question is known."""
        item, said = one.item, collapse(one.item.sentence.text)
        named = self._named(item.label) if item.kind == "prose" and item.label else 0.0
        # a sentence is read in its setting: the subject is often named in the heading alone
        return (
            TERMS * self._named(f"{setting(one.passage.chunk)}\n{one.text} {self._covered(item)}")
            + SETTING * one.passage.found.coverage / (1 + one.rank)
            + LABEL * named
            + self._wish.granted(said)
            + (self._defined(said, named) if self._wish.meaning else 0.0)
            - LEANS * (item.kind == "prose" and item.lead is not None)
            - BESIDE * one.beside
        )

    def _evidence(self, one: _Candidate, near: float) -> Evidence:
        item = one.item
        said = f"{item.sentence.text} {self._covered(item)}"
        return Evidence(
            item.sentence, self.without_meaning(one) + MEANING * max(0.0, near), one.rank,
            item.lead, item.kind, item.part, item.label,
            len(self._keys.intersection(analyse(said))),
            self._named(said, self._words if item.kind == "item" else self._terms),
        )  # fmt: skip

    def _covered(self, item: Read) -> str:
        """Return the numbers of the question that a row does not name, but has a range for: "de 20 à 30 km" for 25."""
        return " ".join(sorted(covered(item.sentence.text, self._keys))) if item.kind == "row" else ""

    def _named(self, text: str, terms: Sequence[str] | None = None) -> float:
        return coverage(self._terms if terms is None else terms, text, self._generation)

    def _defined(self, said: str, named: float) -> float:
        """Return what a sentence is worth more that defines what the question names: it is labelled with it, begins
        with it, or is its entry in a glossary."""
        entry, *text = re.split(r"\s?:\s", ITEM.sub("", said), maxsplit=1)
        if text and self._named(entry) == 1.0 and len(set(analyse(entry))) == len(set(self._terms)):
            return DEFINES + ENTRY
        begins = " ".join(said.split()[:SUBJECT_IN])
        return DEFINES * (named > ABOUT or (defines(said) and self._named(begins) > ABOUT))


def _read(rank: int, passage: Passage, chunk: Chunk, beside: bool, generation: Generation) -> Iterator[_Candidate]:
    for item in read(chunk, before(chunk, generation)):
        yield _Candidate(rank, passage, item, beside)


def _found(passages: Sequence[Passage], generation: Generation) -> Iterator[_Candidate]:
    for rank, passage in enumerate(passages):
        for chunk in _with_continuation(rank, passages, generation):
            yield from _read(rank, passage, chunk, False, generation)


def _beside(passages: Sequence[Passage], generation: Generation) -> Iterator[tuple[int, Passage, Chunk, bool]]:
    """Yield what else stands on the pages of the best passages: the answer is often there, in a paragraph that shares
    few words with the question."""
    known = {passage.chunk.id for passage in passages}
    for rank, passage in enumerate(passages[:CONTINUED]):
        for chunk in around(passage.chunk, generation, MOST_AROUND):
            if chunk.id not in known:
                known.add(chunk.id)
                yield rank, passage, chunk, True


def _with_continuation(rank: int, passages: Sequence[Passage], generation: Generation) -> Iterator[Chunk]:
    """Yield the chunk of a passage, after the one before when it begins in the middle of a list of that, and before
    the one behind when that goes on with it; none that is a passage itself."""
    chunk = passages[rank].chunk
    if rank >= CONTINUED:
        yield chunk
        return
    known = {passage.chunk.id for passage in passages}
    begun = preceding(chunk, generation) if ITEM.match(chunk.sentences[0].text.lstrip()) else None
    for one in (begun, chunk, following(chunk, generation)):
        if one is not None and (one is chunk or one.id not in known):
            yield one
