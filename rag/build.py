"""The composition root: settings to working parts. The one module of `rag/` that knows the other packages.

Only the `__main__`s import it, so that everything else can be tested with fakes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.choose import (
    locate,
    open_candidate,
    open_embedder,
    open_entailer,
    open_generator,
    open_late,
    open_reranker,
)
from models.energy import measure
from models.gguf_files import parts
from models.open_remote import open_remote
from models.unusable import UnusableGenerator
from rag.asked import EXTRACTS
from rag.assistant import Assistant
from rag.errors import ModelError
from rag.evaluation.contest import Doors, Opened
from rag.evaluation.counted import Counted
from rag.gate import Gate
from rag.gates import choose
from rag.ports import Embedder, Entailer, Generator, Reranker
from rag.prompt import INSTRUCTIONS
from rag.settings import Settings
from rag.store import LiveStore
from rag.types import Approved

__all__ = ["doors", "measure", "open_assistant", "open_embedder", "open_reranker"]


def open_assistant(
    settings: Settings,
    model: str | None = None,
    *,
    insist: bool = True,
    approved: Callable[[], Sequence[Approved]] = tuple,
) -> Assistant:
    """Return an assistant over the live store; `model` overrides the generator of the settings, `approved` returns the
    answers that people wrote.

    With `insist` False, for a server that must answer its members, a language model that loads long or cannot be had
    leaves an assistant that answers by extracts and says why; it is tried again.

    Raises:
        NoStore: if nothing was ingested yet.
        StoreError: if the store cannot be used with these settings.
        ModelError: if a model that was asked for by name cannot be had.
        SettingsError: if the store's own calibration cannot be read.
    """
    found = _searching(settings)
    generator: Generator | None
    try:
        generator = _open_writer(settings, model, insist=insist)
    except ModelError as error:
        if insist:
            raise
        generator = UnusableGenerator(error)
    return found.assistant(settings, generator, approved)


def _open_writer(settings: Settings, model: str | None, *, insist: bool) -> Generator | None:
    if not settings.generator_urls or (model or settings.generator) == EXTRACTS:
        return (open_generator if insist else open_late)(settings, model, instructions=INSTRUCTIONS)
    generator = open_remote(settings, model, os.environ)
    if insist and (problem := generator.health().problem) is not None:
        generator.close()
        raise problem
    return generator


def doors() -> Doors:
    """Return how `rag compare` opens things."""
    return Doors(_weights, _search, _contestant, measure)


def _weights(settings: Settings, name: str) -> Sequence[Path]:
    candidate = locate(name, settings)
    return () if candidate is None else parts(candidate.file, candidate.header.parts)


def _search(settings: Settings) -> tuple[Assistant, str]:
    found = _searching(settings)
    helpers = [helper.id if helper else "-" for helper in (found.reranker, found.entailer)]
    return found.assistant(settings, None), f"{found.embedder.id} {' '.join(helpers)} {found.gate}"


@contextmanager
def _contestant(settings: Settings, name: str) -> Iterator[Opened]:
    candidate = locate(name, settings)
    found = _searching(settings)
    if candidate is None:
        with closing(found.assistant(settings, None)) as assistant:
            yield Opened(assistant, None)
        return
    with closing(open_candidate(candidate, settings, INSTRUCTIONS)) as generator:
        counted = Counted(generator)
        with closing(found.assistant(settings, counted)) as assistant:
            yield Opened(assistant, counted)


@dataclass(frozen=True, slots=True)
class _Search:
    """What finds passages and checks what is said of them; all that an assistant needs but a language model."""

    store: LiveStore
    embedder: Embedder
    reranker: Reranker | None
    gate: Gate
    entailer: Entailer | None

    def assistant(
        self, settings: Settings, generator: Generator | None, approved: Callable[[], Sequence[Approved]] = tuple
    ) -> Assistant:
        return Assistant(
            self.store, self.embedder, settings, generator, self.reranker, self.gate, self.entailer, approved
        )


def _searching(settings: Settings) -> _Search:
    embedder = open_embedder(settings)
    store = LiveStore(settings.store, embedder.id)
    with store.pin():  # a store that cannot be used is said now, before weights are loaded
        pass
    reranker = open_reranker(settings)
    gate = choose(settings.store, embedder.id, reranker.id if reranker else "")
    return _Search(store, embedder, reranker, gate, open_entailer(settings))
