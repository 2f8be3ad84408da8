"""Example questions for an empty chat: drawn from the corpus by rule, each tried before it is offered. Deterministic.

Documents take turns; a document's figures and definitions come before its headings. This module does *not* know how a
question is answered: it is handed a function that tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from rag.example_forms import from_heading, from_sentence
from rag.scope import Scope
from rag.store import Generation
from rag.text import fold
from rag.types import Chunk, PageRef, Sentence

_SAMPLED_CHUNKS = 400
_TRIED = 4  # of one document
_MOST_TRIED = 24  # a search each, in a corpus whose sentences fit no rule


@dataclass(frozen=True, slots=True)
class Example:
    """A question and where it was found: on `page`, in one `sentence` if it states the answer by itself."""

    question: str
    page: PageRef
    sentence: Sentence | None = None

    def answered_by(self, sentence: Sentence) -> bool:
        """Return whether a sentence that an answer rests on is what the question was drawn from."""
        if self.sentence is not None:
            return (sentence.page, sentence.start) == (self.sentence.page, self.sentence.start)
        return sentence.page == self.page


def examples(
    generation: Generation,
    count: int,
    answered: Callable[[Example], bool],
    groups: frozenset[str] | None = None,
    scope: Scope | None = None,
) -> tuple[str, ...]:
    """Return up to `count` questions from what `groups` (None: all) may read in `scope` (None: everywhere), each
    `answered`; spread over the documents, several of one only where there are too few."""
    found = _by_document(generation, groups, scope)
    if not found or count < 1:
        return ()
    step = max(1, len(found) // count)
    spread = [*found[::step], *(mine for place, mine in enumerate(found) if place % step)]
    good = (one.question for one in islice(_in_turn(spread), _MOST_TRIED) if answered(one))
    return tuple(islice(good, count))


def _in_turn(documents: list[list[Example]]) -> Iterator[Example]:
    """Yield the first of each document, then the second of each."""
    for place in range(_TRIED):
        yield from (document[place] for document in documents if place < len(document))


def _by_document(generation: Generation, groups: frozenset[str] | None, scope: Scope | None) -> list[list[Example]]:
    rows = np.flatnonzero(generation.readable(groups, scope))
    found: dict[str, list[Example]] = {}
    for row in rows[:: max(1, len(rows) // _SAMPLED_CHUNKS)]:
        chunk = generation.documents.chunk(int(row))
        found.setdefault(chunk.page.source.path, []).extend(_of_chunk(chunk))
    # what several documents would be asked (a letterhead, "Introduction") is about none of them
    owners = Counter(key for mine in found.values() for key in {fold(one.question) for one in mine})
    own = [[one for one in mine if owners[fold(one.question)] == 1] for mine in found.values()]
    return [_best_first(mine) for mine in own if mine]


def _best_first(mine: list[Example]) -> list[Example]:
    """Return the questions that one sentence answers, then the others: from the middle of a document outwards, as its
    first headings are often its title over again."""
    once = list({fold(one.question): one for one in mine}.values())
    middle = len(once) // 2
    return sorted([*once[middle:], *once[:middle]], key=lambda one: one.sentence is None)


def _of_chunk(chunk: Chunk) -> Iterator[Example]:
    for sentence in chunk.sentences:
        if question := from_sentence(sentence.text):
            yield Example(question, chunk.page, sentence)
    if chunk.heading and (question := from_heading(chunk.heading[-1], chunk.text)):
        yield Example(question, chunk.page)
