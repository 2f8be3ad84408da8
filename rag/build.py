"""The composition root: settings to working parts. The one module of `rag/` that knows the other packages.

Only the `__main__`s import it, so that everything else can be tested with fakes.
"""

from __future__ import annotations

import os

from models.choose import open_embedder, open_generator, open_reranker
from models.open_remote import open_remote
from models.unusable import UnusableGenerator
from rag.asked import EXTRACTS
from rag.assistant import Assistant
from rag.errors import ModelError
from rag.gates import choose
from rag.ports import Embedder, Generator
from rag.prompt import INSTRUCTIONS
from rag.settings import Settings
from rag.store import LiveStore

__all__ = ["open_assistant", "open_embedder", "open_reranker"]


def open_assistant(settings: Settings, model: str | None = None, *, insist: bool = True) -> Assistant:
    """Return an assistant over the live store; `model` overrides the generator of the settings.

    With `insist` False a language model that was named and cannot be had leaves an assistant that answers by
    extracts and says why: a server must answer its members.

    Raises:
        NoStore: if nothing was ingested yet.
        StoreError: if the store cannot be used with these settings.
        ModelError: if a model that was asked for by name cannot be had.
        SettingsError: if the store's own calibration cannot be read.
    """
    embedder: Embedder = open_embedder(settings)
    store = LiveStore(settings.store, embedder.id)
    with store.pin():  # a store that cannot be used is said now, before weights are loaded
        pass
    reranker = open_reranker(settings)
    gate = choose(settings.store, embedder.id, reranker.id if reranker else "")
    generator: Generator | None
    try:
        generator = _open_writer(settings, model, insist=insist)
    except ModelError as error:
        if insist:
            raise
        generator = UnusableGenerator(error)
    return Assistant(store, embedder, settings, generator, reranker, gate)


def _open_writer(settings: Settings, model: str | None, *, insist: bool) -> Generator | None:
    if not settings.generator_urls or (model or settings.generator) == EXTRACTS:
        return open_generator(settings, model, instructions=INSTRUCTIONS)
    generator = open_remote(settings, model, os.environ)
    if insist and (problem := generator.health().problem) is not None:
        generator.close()
        raise problem
    return generator
