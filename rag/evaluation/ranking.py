"""Questions on loose passages: where the right one stands in what the search finds, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence

from rag.evaluation.collection import pids
from rag.evaluation.items import Query
from rag.evaluation.metrics import hit, ndcg, reciprocal_rank
from rag.evaluation.report import Outcome, SetResult
from rag.ports import Embedder, Vectors
from rag.types import Passage

Search = Callable[[str], Sequence[Passage]]
Progress = Callable[[int, int], None]

DEPTH = 10
# A long passage is several chunks: enough of them that ten different passages are among them.
CHUNKS = 3 * DEPTH
# Questions that are timed, spread over the set.
TIMED = 100


class Stopwatch:
    """Stands before an embedder and sums up, in seconds, what embedding questions takes."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.id = embedder.id
        self.dimensions = embedder.dimensions
        self.max_tokens = embedder.max_tokens
        self.count_tokens = embedder.count_tokens
        self.embed_passages = embedder.embed_passages
        self.seconds = 0.0

    def embed_question(self, text: str) -> Vectors:
        """Return the vector of the embedder, float32 of shape (dimensions,)."""
        began = time.perf_counter()
        vector = self._embedder.embed_question(text)
        self.seconds += time.perf_counter() - began
        return vector


def rank(
    name: str, queries: Sequence[Query], indexed: Collection[str], search: Search, progress: Progress
) -> SetResult:
    """Return what `search` finds for each query. Right passages that are not indexed cannot be found: they do not
    count, and a query without any other is left out."""
    known = [(query, gold) for query in queries if (gold := frozenset(query.gold).intersection(indexed))]
    return SetResult(name, tuple(_outcomes(known, search, progress)), len(queries) - len(known))


def _outcomes(known: Sequence[tuple[Query, frozenset[str]]], search: Search, progress: Progress) -> Iterator[Outcome]:
    for place, (query, gold) in enumerate(known, 1):
        ranked = pids(search(query.question))
        values = {f"recall@{k}": hit(ranked, gold, k) for k in (1, 5, 10)}
        values |= {"mrr@10": reciprocal_rank(ranked, gold, DEPTH), "ndcg@10": ndcg(ranked, gold, DEPTH)}
        yield Outcome(query.id, "", query.cluster, values)
        progress(place, len(known))


def timed(result: SetResult, queries: Sequence[Query], search: Search, watch: Stopwatch) -> SetResult:
    """Return `result` with the times of up to 100 of its questions, asked again by `search`, which embeds with
    `watch`: nothing of that may come from a cache."""
    texts = {query.id: query.question for query in queries}
    step = -(-len(result.outcomes) // TIMED) or 1
    taken = {outcome.id: _times(texts[outcome.id], search, watch) for outcome in result.outcomes[::step]}
    outcomes = (Outcome(o.id, o.kind, o.cluster, {**o.values, **taken.get(o.id, {})}) for o in result.outcomes)
    return SetResult(result.name, tuple(outcomes), result.left_out)


def _times(question: str, search: Search, watch: Stopwatch) -> dict[str, float]:
    watch.seconds, began = 0.0, time.perf_counter()
    search(question)
    whole = time.perf_counter() - began
    return {"search_ms": 1000 * (whole - watch.seconds), "retrieve_ms": 1000 * whole}
