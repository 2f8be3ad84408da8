"""Answers that a person approved: whether a question is one of theirs, and whether their source still says it.

Strict on purpose: a wrong "approved by the secretariat" does more harm than a missing one. Two questions are one when
their words that carry meaning are the same in the same order, numbers and negations included, and the embedder finds
them near. Cosines alone cannot tell them apart: "prime de panier" and "prime de transport" are nearer to each other
than many a question to its paraphrase (docs/decisions.md, "Approved answers"). Knows nothing of who approves.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence

from rag.documents import Documents
from rag.plain import composed, level
from rag.ports import Embedder, Vectors
from rag.store import Generation
from rag.text import analyse, collapse, fold
from rag.types import Approved, Page, Sentence

NEAR = 0.75  # least cosine
SHORTEST = 12  # characters of a quote
SENTENCES = 4  # that a quote may go over
_KEPT = 2000  # vectors of questions in memory
_WORD = re.compile(r"[^\W_]+(?:-\d+)*")
# What changes between two ways to ask the same. Not here: words that ask (quand, qui, combien, comment), that oblige or
# permit, that deny or limit, and prepositions that turn a meaning round.
_IDLE = frozenset(
    """
    le la les l un une des du de d au aux en et est sont etre ete s se je j tu il elle on nous vous ils elles y
    mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce c cet cette ces ca cela que qu quel quelle quels
    quelles quoi t donc bonjour svp merci savoir voudrais voudrait aimerais aimerait pouvez dire stp madame monsieur
    """.split()
)
_FORMS = {"doivent": "doit", "dois": "doit", "devons": "doit", "peuvent": "peut", "peux": "peut", "puis": "peut",
          "pouvons": "peut", "ont": "avoir", "a": "a"}  # fmt: skip
_EST_CE = re.compile(r"\best[- ]ce qu(?:e\b|')")


def wording(question: str) -> tuple[str, ...]:
    """Return the words of a question that carry its meaning, as stems, in order."""
    plain = _EST_CE.sub(" ", fold(question)).replace("'", " ")
    words = (word for word in _WORD.findall(plain) if word not in _IDLE)
    return tuple(_FORMS.get(word) or " ".join(analyse(word)) or word for word in words)


class Approvals:
    """Finds the approved answer of a question; serves all threads."""

    def __init__(self, live: Callable[[], Sequence[Approved]], embedder: Embedder) -> None:
        """`live` returns the answers that may be given at this moment."""
        self._live = live
        self._embedder = embedder
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()

    def find(
        self, question: str, generation: Generation, groups: frozenset[str] | None
    ) -> tuple[Approved, tuple[Sentence, ...]] | None:
        """Return the answer approved for this question and the sentences of its quote, if `groups` (None: all) may read
        its source and that has not changed since; else None."""
        words, plain = wording(question), collapse(fold(question)).strip(" ?.!")
        for approved in self._live():
            same = any(self._same(question, words, plain, known) for known in approved.questions)
            if same and (proof := proof_of(approved, generation.documents, groups)):
                return approved, proof
        return None

    def _same(self, question: str, words: tuple[str, ...], plain: str, known: str) -> bool:
        if collapse(fold(known)).strip(" ?.!") == plain:
            return True
        if not words or wording(known) != words:
            return False
        return float(self._vector(known) @ self._vector(question)) >= NEAR

    def _vector(self, text: str) -> Vectors:
        known = self._vectors.get(text)
        if known is None:
            known = self._vectors[text] = self._embedder.embed_question(text)
            while len(self._vectors) > _KEPT:
                self._vectors.popitem(last=False)
        return known


def proof_of(approved: Approved, documents: Documents, groups: frozenset[str] | None) -> tuple[Sentence, ...]:
    """Return the sentences of the quote; none when the file changed, went, may not be read, or no longer says it."""
    page = documents.page(approved.path, approved.page)
    if page is None or page.source.sha256 != approved.sha256 or not page.source.open_to(groups):
        return ()
    return quoted(*read(documents, approved.path, approved.page), approved.quote)


def read(documents: Documents, path: str, number: int) -> tuple[Page | None, tuple[Sentence, ...]]:
    """Return a page with its text, and its sentences in order; None and none if there is no such page."""
    page = next((page for page in documents.pages(path) if page.ref.number == number), None)
    if page is None:
        return None, ()
    chunks = (chunk for chunk in documents.chunks(path) if chunk.page.number == number)
    found = {sentence.start: sentence for chunk in chunks for sentence in chunk.sentences}
    return page, tuple(found[start] for start in sorted(found))


def quoted(page: Page | None, sentences: Sequence[Sentence], quote: str) -> tuple[Sentence, ...]:
    """Return the sentences over which `quote` goes on the page; none if it is not there word for word, is shorter than
    `SHORTEST` or goes over more than `SENTENCES`. Spaces, capitals and accents may differ."""
    words = level(composed(quote)).split()
    if page is None or len(" ".join(words)) < SHORTEST:
        return ()
    match = re.search(r"\s+".join(map(re.escape, words)), level(page.text))
    if match is None:
        return ()
    found = tuple(one for one in sentences if one.start < match.end() and match.start() < one.end)
    return found if len(found) <= SENTENCES else ()
