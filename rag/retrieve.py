"""A question to passages: lexical and dense candidates, scored by both, fused. Knows nothing of answers."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.facts import read
from rag.fuse import Scores, best, reciprocal_ranks, weighted_sum
from rag.ports import Embedder, Reranker, Vectors
from rag.scope import Scope
from rag.spelling import completed, corrected
from rag.store import Generation
from rag.text import analyse, fold, pieces
from rag.tuning import Tuning, tuned
from rag.types import Chunk, Found, Passage

# Rows up to which all vectors of a scope are compared: 384 numbers each, under a tenth of a second.
EXACT_ROWS = 50_000
# SQLite takes at most 32,766 values in one statement.
MOST_FETCHED = 5_000
# Members ask with these verbs, documents hardly use them: being rare there, they would weigh most. None whose term is
# that of a noun ("donner" and "don", "marcher" and "marché").
_LIGHT = """aller venir viens vient prendre prend prends mettre met mets passer passe toucher touche dire dis voir
trouver trouve arriver arrive"""
# So are these words for a salaried man and his firm; they are left out where no document has them.
_SPOKEN = "gars mec mecs boîte boîtes"
_KIN = 5  # letters that the shorter of two words of one family has at least


def indexed_text(chunk: Chunk) -> str:
    """Return what is indexed and embedded for a chunk: title and headings give a paragraph its subject."""
    return f"{setting(chunk)}\n{chunk.text}"


def setting(chunk: Chunk) -> str:
    """Return title and headings of a chunk, one a line."""
    return "\n".join((chunk.page.source.title, *chunk.heading))


def retrieve(
    question: str,
    generation: Generation,
    embedder: Embedder,
    count: int,
    groups: frozenset[str] | None = None,
    reranker: Reranker | None = None,
    *,
    scope: Scope | None = None,
    tuning: Tuning | None = None,
) -> tuple[Passage, ...]:
    """Return the best `count` passages, best first, among what `groups` may read (None: all) and `scope`
    covers (None: all)."""
    if generation.manifest.chunks == 0:
        return ()
    tuning = tuning or tuned(embedder.id)
    terms = question_terms(question, generation, tuning, groups)
    vector = embedder.embed_question(question)

    scores = _lexical(question, terms, generation, tuning)
    allowed = generation.readable(groups, scope)
    scores = np.where(allowed, scores, np.float32(0))
    by_lexical = best(scores, tuning.candidates)
    if scope is None and (groups is None or not generation.moved):
        by_dense = _nearest(vector, generation, tuning.candidates, groups)
    else:
        # the vector index knows the folders of then: of files that have moved since it would give too many
        by_dense = _nearest_within(vector, generation, tuning.candidates, groups, np.flatnonzero(allowed))

    rows = sorted({*by_lexical, *by_dense})
    if not rows:
        return ()
    lexical = scores[rows]
    dense = np.asarray(generation.vectors[rows] @ vector, dtype=np.float32)
    fused = _fused(lexical, dense, tuning)
    if tuning.versions:
        fused = generation.versions.prefer(question, rows, fused, generation.documents.chunk, groups, scope)

    order = [place for place in np.argsort(-fused, kind="stable") if fused[place] > -np.inf]
    wanted = max(count, tuning.reranked if reranker else 0)
    rank_lexical = {row: rank for rank, row in enumerate(by_lexical, 1)}
    rank_dense = {row: rank for rank, row in enumerate(by_dense, 1)}
    passages: list[Passage] = []
    shown: list[frozenset[str]] = []
    for place in order:
        if len(passages) == wanted:
            break
        row = rows[place]
        chunk = generation.documents.chunk(row)
        words = frozenset(fold(chunk.text).split())
        if any(alike(words, other) >= tuning.alike for other in shown):
            continue
        shown.append(words)
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


def _nearest(vector: Vectors, generation: Generation, count: int, groups: frozenset[str] | None) -> list[int]:
    return generation.documents.rows([id_ for id_, _ in generation.dense.search(vector, count, groups)])


def _nearest_within(
    vector: Vectors, generation: Generation, count: int, groups: frozenset[str] | None, rows: NDArray[np.int64]
) -> list[int]:
    """Return the rows nearest to `vector` among `rows` (ascending): by the exact product, or, where these are many, by
    the index asked for more than is wanted."""
    if len(rows) > EXACT_ROWS:
        fetched = min(MOST_FETCHED, 2 * count * generation.manifest.chunks // len(rows))
        inside = set(rows.tolist())
        found = [row for row in _nearest(vector, generation, fetched, groups) if row in inside]
        if len(found) >= count:
            return found[:count]
    if not len(rows):
        return []
    # documents lie row behind row: slices of the mapped file are read four times as fast as single rows
    runs = np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1)
    cosines = np.concatenate([generation.vectors[run[0] : run[-1] + 1] @ vector for run in runs])
    return [int(rows[place]) for place in np.argsort(-cosines, kind="stable")[:count]]


def alike(words: frozenset[str], others: frozenset[str]) -> float:
    """Return the share of words that two texts have in common (Jaccard, 0 to 1); 0 when a figure differs: two rows of
    a pay scale are not the same."""
    if any(char.isdigit() for word in words ^ others for char in word):
        return 0.0
    together = words | others
    return len(words & others) / len(together) if together else 1.0


def question_terms(
    question: str, generation: Generation, tuning: Tuning | None = None, groups: frozenset[str] | None = None
) -> list[str]:
    """Return the terms of a question without what says nothing of its subject (unless there is nothing else), misspelt
    and shortened ones as those documents know them that `groups` may read (None: all)."""
    terms, frequency = analyse(question), generation.frequency(groups)
    said = [term for term in terms if term not in _stems(_LIGHT)]
    said = [term for term in said if term not in _stems(_SPOKEN) or frequency(term)]
    if not (tuning or Tuning()).spelling:
        return said or terms
    mended = corrected(said or terms, frequency)
    if read(question).language == "en":  # an English word may be the beginning of any French one
        return mended
    words = set(re.findall(r"[a-z]+", fold(question)))
    return [completed(words, term, frequency, generation.lexical.terms()) for term in mended]


@lru_cache(maxsize=2)
def _stems(words: str) -> frozenset[str]:
    return frozenset(analyse(words))


def _lexical(question: str, terms: Sequence[str], generation: Generation, tuning: Tuning) -> Scores:
    scores = generation.lexical.scores(terms)
    if tuning.pieces_weight:
        scores = scores + np.float32(tuning.pieces_weight) * generation.lexical.scores(pieces(question))
    return scores


def _fused(lexical: Scores, dense: Scores, tuning: Tuning) -> Scores:
    match tuning.fusion:
        case "lexical":
            return lexical
        case "dense":
            return dense
        case "rrf":
            return reciprocal_ranks(lexical, dense)
        case "sum":
            return weighted_sum(lexical, dense, tuning.dense_weight)


def coverage(terms: Sequence[str], text: str, generation: Generation) -> float:
    """Return the share of the question's terms, weighted by rarity (idf), that stand in `text`: 0 to 1."""
    weights = {term: generation.lexical.idf(term) for term in terms}
    total = sum(weights.values())
    if total == 0.0:
        return 0.0
    stems = set(analyse(text))
    return sum(weight for term, weight in weights.items() if has_kin(term, stems)) / total


def has_kin(term: str, stems: Set[str]) -> bool:
    """Return whether a term is there, or a longer or shorter word of its family, which Snowball keeps apart:
    "démission" and "démissionner", "apprenti" and "apprentissage"."""
    return term in stems or (
        len(term) >= _KIN
        and any(len(stem) >= _KIN and (stem.startswith(term) or term.startswith(stem)) for stem in stems)
    )


def _reranked(question: str, passages: Sequence[Passage], reranker: Reranker) -> list[Passage]:
    scores = reranker.score(question, [indexed_text(passage.chunk) for passage in passages])
    rescored = [Passage(p.chunk, score, p.found) for p, score in zip(passages, scores, strict=True)]
    return sorted(rescored, key=lambda passage: -passage.score)
