"""Passages to evidence: which sentences answer the question. Knows nothing of prompts or of how answers look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.continuation import ITEM, before, following, preceding
from rag.ports import Embedder
from rag.reading import Kind, Read, read
from rag.retrieve import coverage, question_terms, setting
from rag.store import Generation
from rag.text import analyse, collapse
from rag.types import Chunk, Passage, Sentence
from rag.wish import DEFINES, SUBJECT_IN, defines, wish

# Weights of what a sentence is judged by, all between 0 and 1; see docs/decisions.md, "Extracts".
TERMS, MEANING, SETTING, LABEL = 1.0, 1.0, 0.5, 0.3
# What a sentence is worth less that cannot be understood without the one before it.
LEANS = 0.1
# Passages whose continuation is read: further down it is seldom what answers.
CONTINUED = 3
# A part of a sentence is about what the question names when it has more than this share of its terms.
ABOUT = 0.4


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence with its worth as an answer (-0.1 to 3.9, comparable within one question), the 0-based rank of its
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
    question: str, passages: Sequence[Passage], generation: Generation, embedder: Embedder
) -> tuple[Evidence, ...]:
    """Return the sentences of `passages`, and of what goes on with the best ones, in reading order, best passage
    first, each with its worth."""
    candidates = [
        (rank, passage, item)
        for rank, passage in enumerate(passages)
        for chunk in _with_continuation(rank, passages, generation)
        for item in read(chunk, before(chunk, generation))
    ]
    if not candidates:
        return ()
    terms = question_terms(question, generation)
    keys = {term for term in terms if any(map(str.isdigit, term))}
    words = [term for term in terms if term not in keys]
    vector = embedder.embed_question(question)
    texts = [collapse(f"{item.context} {item.sentence.text}") for _, _, item in candidates]
    nearness = embedder.embed_passages(texts) @ vector
    wanted = wish(question)

    def worth(rank: int, passage: Passage, item: Read, text: str, near: float) -> float:
        said = collapse(item.sentence.text)
        named = coverage(terms, item.label, generation) if item.kind == "prose" and item.label else 0.0
        # a sentence is read in its setting: the subject is often named in the heading alone
        return (
            TERMS * coverage(terms, f"{setting(passage.chunk)}\n{text}", generation)
            + MEANING * max(0.0, near)
            + SETTING * passage.found.coverage / (1 + rank)
            + LABEL * named
            + wanted.granted(said)
            + DEFINES * (wanted.meaning and _defined(said, named, terms, generation))
            - LEANS * (item.kind == "prose" and item.lead is not None)
        )

    return tuple(
        Evidence(
            item.sentence, worth(rank, passage, item, text, float(near)), rank,
            item.lead, item.kind, item.part, item.label,
            len(keys.intersection(analyse(item.sentence.text))),
            coverage(words if item.kind == "item" else terms, item.sentence.text, generation),
        )
        for (rank, passage, item), text, near in zip(candidates, texts, nearness, strict=True)
    )  # fmt: skip


def _defined(said: str, named: float, terms: Sequence[str], generation: Generation) -> bool:
    """Return whether a sentence defines what the question names: it is labelled with it, or begins with it."""
    begins = " ".join(said.split()[:SUBJECT_IN])
    return named > ABOUT or (defines(said) and coverage(terms, begins, generation) > ABOUT)


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
