"""Passages to evidence: which sentences answer the question. Knows nothing of prompts or of how answers look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.ports import Embedder
from rag.retrieve import coverage
from rag.store import Generation
from rag.text import analyse, collapse
from rag.types import Passage, Sentence

# Weights of what a sentence is judged by, all between 0 and 1; see docs/decisions.md, "Follow-ups and extracts".
TERMS, MEANING, SETTING = 1.0, 1.0, 0.5
# A sentence answers when it is at least this share as good as the best one.
NEAR_BEST = 0.72
MOST_EXTRACTS = 5
# Shorter ones are headings, list markers and fragments: they cannot answer by themselves.
FEWEST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence with its worth as an answer (0 to 2.5, comparable within one question)
    and the 0-based rank of its passage."""

    sentence: Sentence
    worth: float
    rank: int


def weigh(
    question: str, passages: Sequence[Passage], generation: Generation, embedder: Embedder
) -> tuple[Evidence, ...]:
    """Return the sentences of `passages` in reading order, best passage first, each with its worth."""
    candidates = [
        (rank, passage, sentence)
        for rank, passage in enumerate(passages)
        for sentence in passage.chunk.sentences
        if _may_answer(sentence, passage)
    ]
    if not candidates:
        return ()
    terms = analyse(question)
    vector = embedder.embed_question(question)
    nearness = embedder.embed_passages([collapse(sentence.text) for _, _, sentence in candidates]) @ vector
    return tuple(
        Evidence(
            sentence,
            TERMS * coverage(terms, sentence.text, generation)
            + MEANING * max(0.0, float(near))
            # a sentence is read in its setting: the subject is often named in the heading alone
            + SETTING * passage.found.coverage / (1 + rank),
            rank,
        )
        for (rank, passage, sentence), near in zip(candidates, nearness, strict=True)
    )


def _may_answer(sentence: Sentence, passage: Passage) -> bool:
    text = collapse(sentence.text)
    if text in passage.chunk.heading or text == passage.chunk.page.source.title:
        return False
    return len(text.split()) >= FEWEST_WORDS or any(char.isdigit() for char in text)


def extracts(evidence: Sequence[Evidence]) -> tuple[Sentence, ...]:
    """Return the sentences that answer by themselves, at most five, none twice: the best, then in reading order."""
    best = max((item.worth for item in evidence), default=0.0)
    chosen: dict[str, Evidence] = {}
    for item in sorted(evidence, key=lambda item: -item.worth):
        if item.worth < NEAR_BEST * best or len(chosen) == MOST_EXTRACTS:
            break
        chosen.setdefault(collapse(item.sentence.text).casefold(), item)
    order = {id(item): place for place, item in enumerate(evidence)}
    if not chosen:
        return ()
    first, *others = chosen.values()
    # a member in a hurry reads one sentence; the others follow as the documents put them
    return tuple(item.sentence for item in (first, *sorted(others, key=lambda item: order[id(item)])))
