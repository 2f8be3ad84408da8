"""Passages to evidence: which sentences answer the question. Knows nothing of prompts or of how answers look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.continuation import ITEM, following, is_row, preceding
from rag.ports import Embedder
from rag.retrieve import coverage, question_terms, setting
from rag.store import Generation
from rag.text import collapse, fold
from rag.types import Chunk, Passage, Sentence

# Weights of what a sentence is judged by, all between 0 and 1; see docs/decisions.md, "Extracts".
TERMS, MEANING, SETTING, FIGURE = 1.0, 1.0, 0.5, 0.3
# A sentence answers when it is at least this share as good as the best one.
NEAR_BEST = 0.76
MOST_EXTRACTS = 5
# Shorter ones are headings, list markers and fragments: they cannot answer by themselves.
FEWEST_WORDS = 4
# Items of a list that are shown together, as one extract.
MOST_ITEMS = 12
# Passages whose continuation is read: further down it is seldom what answers.
CONTINUED = 3

_ASKS_FIGURE = re.compile(
    r"\b(?:combien|dur(?:ee|e|ent)|delais?|montant|taux|pourcentage|prix|tarif|salaire|age|quand|date|annee|seuil|minim\w+"
    r"|maxim\w+|min|max|longueur|hauteur|largeur|epaisseur|how (?:much|many|long|old)|when)\b"
)
_FIGURE = re.compile(
    r"\d|\b(?:deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante|cinquante|soixante"
    r"|cent|mille|moitie|demi|tiers|quart|\w+aine)\b"
)
_ASKS_SEVERAL = re.compile(
    r"\b(?:quel(?:le)?s\b|lesquel(?:le)?s|liste|enumer\w*|qui sont|que (?:doit|doivent|faut|contient|comprend|fournir)"
    r"|quoi (?:fournir|mettre|joindre)|a quoi\b|qu'est-ce qu|what are|which \w+s\b|list\b)"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence with its worth as an answer (0 to 2.8, comparable within one question), the 0-based rank of its
    passage, and what it goes on from: the sentence before a list, if it is an item of one."""

    sentence: Sentence
    worth: float
    rank: int
    lead: Sentence | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """A sentence as it is read: after the one that leads its list in, if any, and after `context`: that sentence, or
    the head row of its table."""

    sentence: Sentence
    lead: Sentence | None
    context: str


def weigh(
    question: str, passages: Sequence[Passage], generation: Generation, embedder: Embedder
) -> tuple[Evidence, ...]:
    """Return the sentences of `passages`, and of what goes on with the best ones, in reading order, best passage
    first, each with its worth."""
    candidates = [
        (rank, passage, read)
        for rank, passage in enumerate(passages)
        for chunk in _with_continuation(rank, passages, generation)
        for read in _in_context(chunk, _lead_before(chunk, generation))
        if _may_answer(read, chunk)
    ]
    if not candidates:
        return ()
    terms = question_terms(question, generation)
    vector = embedder.embed_question(question)
    texts = [collapse(f"{read.context} {read.sentence.text}") for _, _, read in candidates]
    nearness = embedder.embed_passages(texts) @ vector
    wants_figure = _ASKS_FIGURE.search(fold(question)) is not None
    return tuple(
        Evidence(
            read.sentence,
            # a sentence is read in its setting: the subject is often named in the heading alone
            TERMS * coverage(terms, f"{setting(passage.chunk)}\n{text}", generation)
            + MEANING * max(0.0, float(near))
            + SETTING * passage.found.coverage / (1 + rank)
            + FIGURE * (wants_figure and _FIGURE.search(fold(read.sentence.text)) is not None),
            rank,
            read.lead,
        )
        for (rank, passage, read), text, near in zip(candidates, texts, nearness, strict=True)
    )


def _with_continuation(rank: int, passages: Sequence[Passage], generation: Generation) -> Iterator[Chunk]:
    """Yield the chunk of a passage, and the one behind it when it goes on with it and is no passage itself."""
    chunk = passages[rank].chunk
    yield chunk
    after = following(chunk, generation) if rank < CONTINUED else None
    if after is not None and all(after.id != passage.chunk.id for passage in passages):
        yield after


def _lead_before(chunk: Chunk, generation: Generation) -> Sentence | None:
    """Return what leads in the list that `chunk` begins in the middle of, None when it does not."""
    before = preceding(chunk, generation) if ITEM.match(chunk.sentences[0].text.lstrip()) else None
    return None if before is None else _leads(before)


def _leads(chunk: Chunk) -> Sentence | None:
    """Return the sentence that leads in the list that `chunk` ends in."""
    lead: Sentence | None = None
    for sentence in chunk.sentences:
        lead = _lead(sentence, lead)
    return lead


def _lead(sentence: Sentence, lead: Sentence | None) -> Sentence | None:
    """Return what leads in what stands behind `sentence`, before which it was `lead`."""
    if is_row(sentence.text) or (lead is not None and ITEM.match(sentence.text)):
        return lead
    # a head row ends like a heading: with no sign at all
    return sentence if not sentence.text.endswith((".", ";", "!", "?")) else None


def _in_context(chunk: Chunk, lead: Sentence | None) -> Iterator[_Read]:
    """Yield the sentences of a chunk as they are read; `lead` leads in the list that it begins in, if any."""
    for sentence in chunk.sentences:
        if is_row(sentence.text) or (lead is not None and ITEM.match(sentence.text)):
            yield _Read(sentence, lead, lead.text if lead else " ".join(chunk.heading[-1:]))
        else:
            yield _Read(sentence, None, "")
        lead = _lead(sentence, lead)


def _may_answer(read: _Read, chunk: Chunk) -> bool:
    text = collapse(read.sentence.text)
    if text in chunk.heading or text == chunk.page.source.title:
        return False
    return len(text.split()) >= FEWEST_WORDS or read.lead is not None or any(char.isdigit() for char in text)


def asks_several(question: str) -> bool:
    """Return whether a question asks for several things, as a list has them."""
    return _ASKS_SEVERAL.search(fold(question)) is not None


def extracts(evidence: Sequence[Evidence], *, lists: bool = False) -> tuple[Sentence, ...]:
    """Return the sentences that answer by themselves, none twice: those of the best one's passage first, each passage
    in reading order, the items of a list after the sentence that leads them in.

    At most five; with `lists`, a list that one of them leads in or is an item of is shown whole (up to 12 items), and
    counts as one.
    """
    best = max(evidence, key=lambda item: item.worth, default=None)
    if best is None:
        return ()
    whole = _lists(evidence) if lists else {}
    chosen: dict[str, tuple[int, Sentence]] = {}
    taken = 0
    for item in sorted(evidence, key=lambda item: -item.worth):
        if item.worth < NEAR_BEST * best.worth:
            break
        parts = whole.get(_key(item.lead or item.sentence))
        cost = 1
        if parts is None:
            parts = tuple(part for part in (item.lead, item.sentence) if part is not None)
            cost = sum(_key(part) not in chosen for part in parts)
        if taken + cost > MOST_EXTRACTS:
            break
        new = {_key(part): (item.rank, part) for part in parts if _key(part) not in chosen}
        taken += cost if new else 0
        chosen |= new
    ordered = sorted(chosen.values(), key=lambda pair: (pair[0] != best.rank, pair[0], _place(pair[1])))
    return tuple(sentence for _, sentence in ordered)


def _lists(evidence: Sequence[Evidence]) -> dict[str, tuple[Sentence, ...]]:
    """Return each list, its lead first, by the key of its lead; rows of a table are no items."""
    found: dict[str, tuple[Sentence, ...]] = {}
    for item in evidence:
        if item.lead is not None and ITEM.match(item.sentence.text):
            key = _key(item.lead)
            found[key] = (*found.get(key, (item.lead,)), item.sentence)
    return {key: parts[: 1 + MOST_ITEMS] for key, parts in found.items() if len(parts) > 2}


def _place(sentence: Sentence) -> tuple[str, int, int]:
    return sentence.page.source.path, sentence.page.number, sentence.start


def _key(sentence: Sentence) -> str:
    return collapse(sentence.text).casefold()
