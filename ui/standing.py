"""How the documents behind an old answer stand today: changed, gone, or as they were.

This module does *not* know how that is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rag.errors import GreffierError
from rag.types import Answer, Source
from ui.desk import Assistant
from ui.exchange import Exchange, Standing


def standing_of(
    exchanges: Iterable[Exchange], found: Assistant | GreffierError | None, groups: frozenset[str] | None
) -> list[Exchange]:
    """Return the exchanges with their standing; `found` is what the desk has."""
    assistant = None if isinstance(found, GreffierError) else found
    return [replace(exchange, standing=standing(exchange, assistant, groups)) for exchange in exchanges]


def standing(exchange: Exchange, assistant: Assistant | None, groups: frozenset[str] | None) -> Standing:
    """Return which files of the exchange are no longer what was cited, and what is known of those that are; without an
    assistant nothing is known, and nothing said."""
    answer = exchange.answer
    sources = {source.path: source for source in _sources(answer)} if answer is not None else {}
    if assistant is None or not sources:
        return Standing()
    try:
        # an answer from the index of today cites today's files: forty answers must not cost four hundred look-ups
        fresh = answer is not None and answer.generation == assistant.generation
        asked = () if fresh else tuple(sources.values())
        changed = frozenset(source.path for source in asked if _changed(source, assistant, groups))
        entries = assistant.library.entries({*sources, *_versions(answer)} - changed, groups)
    except GreffierError:  # the store went away: the pictures will say so
        return Standing()
    return Standing(changed, entries)


def _changed(source: Source, assistant: Assistant, groups: frozenset[str] | None) -> bool:
    page = assistant.page(source.path, 1, groups)
    return page is None or page.source.sha256 != source.sha256


def _sources(answer: Answer) -> Iterator[Source]:
    yield from (citation.sentence.page.source for citation in answer.citations)
    yield from (passage.chunk.page.source for passage in answer.passages)


def _versions(answer: Answer | None) -> Iterator[str]:
    """Yield the paths of the versions that are named beside the cited ones."""
    for citation in answer.citations if answer is not None else ():
        yield from (source.path for source in (citation.newer, citation.older) if source is not None)
