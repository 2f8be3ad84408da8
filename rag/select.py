"""Passages to evidence: which sentences answer the question. Knows nothing of prompts or of how answers look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.ports import Embedder
from rag.retrieve import coverage, question_terms
from rag.store import Generation
from rag.text import collapse, fold
from rag.types import Chunk, Passage, Sentence

# Weights of what a sentence is judged by, all between 0 and 1; see docs/decisions.md, "Extracts".
TERMS, MEANING, SETTING, FIGURE = 1.0, 1.0, 0.5, 0.3
# A sentence answers when it is at least this share as good as the best one.
NEAR_BEST = 0.72
MOST_EXTRACTS = 5
# Shorter ones are headings, list markers and fragments: they cannot answer by themselves.
FEWEST_WORDS = 4
# A row of a table has at least this share of words with figures, and no end of a sentence.
ROW_FIGURES = 0.25

_ASKS_FIGURE = re.compile(
    r"\b(?:combien|dur(?:ee|e|ent)|delais?|montant|taux|pourcentage|prix|tarif|salaire|age|quand|date|annee|seuil|minim\w+"
    r"|maxim\w+|min|max|longueur|hauteur|largeur|epaisseur|how (?:much|many|long|old)|when)\b"
)
_FIGURE = re.compile(
    r"\d|\b(?:deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante|cinquante|soixante"
    r"|cent|mille|moitie|demi|tiers|quart|\w+aine)\b"
)
_ITEM = re.compile(r"(?:[-–—•▪◦*]|\d{1,2}[.)°]|[a-z]\))\s")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence with its worth as an answer (0 to 2.8, comparable within one question), the 0-based rank of its
    passage, and what it goes on from: the sentence before a list, if it is an item of one."""

    sentence: Sentence
    worth: float
    rank: int
    lead: Sentence | None = None


def weigh(
    question: str, passages: Sequence[Passage], generation: Generation, embedder: Embedder
) -> tuple[Evidence, ...]:
    """Return the sentences of `passages` in reading order, best passage first, each with its worth."""
    candidates = [
        (rank, passage, sentence, lead, context)
        for rank, passage in enumerate(passages)
        for sentence, lead, context in _in_context(passage.chunk)
        if _may_answer(sentence, passage)
    ]
    if not candidates:
        return ()
    terms = question_terms(question, generation)
    vector = embedder.embed_question(question)
    read = [collapse(f"{context} {sentence.text}") for _, _, sentence, _, context in candidates]
    nearness = embedder.embed_passages(read) @ vector
    wants_figure = _ASKS_FIGURE.search(fold(question)) is not None
    return tuple(
        Evidence(
            sentence,
            TERMS * coverage(terms, text, generation)
            + MEANING * max(0.0, float(near))
            # a sentence is read in its setting: the subject is often named in the heading alone
            + SETTING * passage.found.coverage / (1 + rank)
            + FIGURE * (wants_figure and _FIGURE.search(fold(sentence.text)) is not None),
            rank,
            lead,
        )
        for (rank, passage, sentence, lead, _), text, near in zip(candidates, read, nearness, strict=True)
    )


def _in_context(chunk: Chunk) -> Iterator[tuple[Sentence, Sentence | None, str]]:
    """Yield each sentence with the one that leads its list in, if any, and the text it must be read after: that
    sentence, or the head row of its table."""
    lead: Sentence | None = None
    for sentence in chunk.sentences:
        row = _is_row(sentence.text)
        if row or (lead is not None and _ITEM.match(sentence.text)):
            yield sentence, lead, lead.text if lead else " ".join(chunk.heading[-1:])
        else:
            yield sentence, None, ""
            # a head row ends like a heading: with no sign at all
            lead = sentence if not sentence.text.endswith((".", ";", "!", "?")) else None


def _is_row(text: str) -> bool:
    words = text.split()
    figures = sum(any(map(str.isdigit, word)) for word in words)
    return not text.endswith((".", ";", ":", "?", "!")) and figures >= max(1, ROW_FIGURES * len(words))


def _may_answer(sentence: Sentence, passage: Passage) -> bool:
    text = collapse(sentence.text)
    if text in passage.chunk.heading or text == passage.chunk.page.source.title:
        return False
    return len(text.split()) >= FEWEST_WORDS or any(char.isdigit() for char in text)


def extracts(evidence: Sequence[Evidence]) -> tuple[Sentence, ...]:
    """Return the sentences that answer by themselves, at most five, none twice: those of the best one's passage
    first, each passage in reading order, the items of a list after the sentence that leads them in."""
    best = max(evidence, key=lambda item: item.worth, default=None)
    if best is None:
        return ()
    chosen: dict[str, tuple[int, Sentence]] = {}
    for item in sorted(evidence, key=lambda item: -item.worth):
        new = [part for part in (item.lead, item.sentence) if part is not None and _key(part) not in chosen]
        if item.worth < NEAR_BEST * best.worth or len(chosen) + len(new) > MOST_EXTRACTS:
            break
        chosen |= {_key(part): (item.rank, part) for part in new}
    ordered = sorted(chosen.values(), key=lambda pair: (pair[0] != best.rank, pair[0], pair[1].start))
    return tuple(sentence for _, sentence in ordered)


def _key(sentence: Sentence) -> str:
    return collapse(sentence.text).casefold()
