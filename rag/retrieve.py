"""A question to passages: lexical and dense candidates, scored by both, fused. Knows nothing of answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.fuse import weighted_sum
from rag.ports import Embedder, Reranker
from rag.store import Generation
from rag.text import analyse
from rag.types import Chunk, Found, Passage

# Candidates taken from each search before fusion; deeper brought nothing on PIAF and CNIL.
CANDIDATES = 100
# Weight of the dense score against the lexical one; see docs/decisions.md, "Fusion".
DENSE_WEIGHT = 0.7
# Passages handed to the cross-encoder: about 25 ms each on one core for a 118 M model.
RERANKED = 20


def indexed_text(chunk: Chunk) -> str:
    """Return what is indexed and embedded for a chunk: title and headings give a paragraph its subject."""
    return "\n".join((chunk.page.source.title, *chunk.heading, chunk.text))


def retrieve(
    question: str,
    generation: Generation,
    embedder: Embedder,
    count: int,
    groups: frozenset[str] | None = None,
    reranker: Reranker | None = None,
) -> tuple[Passage, ...]:
    """Return the best `count` passages, best first, among what `groups` may read (None: all)."""
    if generation.manifest.chunks == 0:
        return ()
    terms = analyse(question)
    vector = embedder.embed_question(question)

    scores = np.where(generation.readable(groups), generation.lexical.scores(terms), np.float32(0))
    by_lexical = [int(row) for row in np.argsort(-scores, kind="stable")[:CANDIDATES] if scores[row] > 0]
    near = generation.dense.search(vector, CANDIDATES, groups)
    by_dense = generation.documents.rows([id_ for id_, _ in near])

    rows = sorted({*by_lexical, *by_dense})
    if not rows:
        return ()
    lexical = scores[rows]
    dense = np.asarray(generation.vectors[rows] @ vector, dtype=np.float32)
    fused = weighted_sum(lexical, dense, DENSE_WEIGHT)
    fused = generation.versions.prefer(question, rows, fused, generation.documents.chunk, groups)

    order = [place for place in np.argsort(-fused, kind="stable") if fused[place] > -np.inf]
    kept = order[: max(count, RERANKED if reranker else 0)]
    rank_lexical = {row: rank for rank, row in enumerate(by_lexical, 1)}
    rank_dense = {row: rank for rank, row in enumerate(by_dense, 1)}
    passages = []
    for place in kept:
        row = rows[place]
        chunk = generation.documents.chunk(row)
        found = Found(
            lexical=float(lexical[place]),
            dense=float(dense[place]),
            coverage=coverage(terms, indexed_text(chunk), generation),
            rank_lexical=rank_lexical.get(row),
            rank_dense=rank_dense.get(row),
        )
        passages.append(Passage(chunk, float(fused[place]), found))
    if reranker is not None:
        passages = _reranked(question, passages, reranker)
    return tuple(passages[:count])


def coverage(terms: Sequence[str], text: str, generation: Generation) -> float:
    """Return the share of the question's terms, weighted by rarity (idf), that stand in `text`: 0 to 1."""
    weights = {term: generation.lexical.idf(term) for term in terms}
    total = sum(weights.values())
    if total == 0.0:
        return 0.0
    present = weights.keys() & set(analyse(text))
    return sum(weights[term] for term in present) / total


def _reranked(question: str, passages: Sequence[Passage], reranker: Reranker) -> list[Passage]:
    scores = reranker.score(question, [indexed_text(passage.chunk) for passage in passages])
    rescored = [Passage(p.chunk, score, p.found) for p, score in zip(passages, scores, strict=True)]
    return sorted(rescored, key=lambda passage: -passage.score)
