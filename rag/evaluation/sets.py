"""What `evaluate` and `calibrate` share: the options that name question sets, and passages made searchable."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rag.assistant import Assistant
from rag.console import Parser, say
from rag.errors import QuestionError
from rag.evaluation.cache import CachingEmbedder, caching
from rag.evaluation.collection import collection
from rag.evaluation.items import read_passages
from rag.ports import Embedder, Reranker
from rag.settings import Settings
from rag.store import Generation

CACHE = "evaluation.sqlite"

# Questions between two signs of life.
_SHOWN_EVERY = 16

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Openers:
    """How the parts are opened, each only when it is needed."""

    assistant: Callable[[Settings, str | None], Assistant]
    embedder: Callable[[Settings], Embedder]
    reranker: Callable[[Settings], Reranker | None]


@dataclass(frozen=True, slots=True)
class Indexed:
    """Loose passages, searchable: their pids, and an embedder that remembers."""

    pids: frozenset[str]
    generation: Generation
    embedder: CachingEmbedder


def add_sets(parser: Parser) -> None:
    """Declare the options that name question sets."""
    several: dict[str, Any] = {"type": Path, "nargs": "+", "action": "extend", "default": [], "metavar": "FICHIER"}
    parser.add_argument("--gold", **several, help="questions sur les pages de l'index")
    parser.add_argument("--questions", **several, help="questions sur des passages libres")
    parser.add_argument("--passages", **several, help="ces passages, et d'autres pour faire nombre")
    parser.add_argument("--limit", type=int, metavar="N", help="n'en poser que N par fichier, réparties sur le fichier")
    parser.add_argument(
        "--cache", type=Path, metavar="FICHIER", help=f"vecteurs déjà calculés (défaut : store/{CACHE})"
    )


def check_sets(options: argparse.Namespace) -> None:
    """Check that the options go together.

    Raises:
        QuestionError: if one lacks the other, or a limit is below 1.
    """
    if bool(options.questions) != bool(options.passages):
        raise QuestionError(
            "--questions et --passages vont ensemble : donnez les deux.",
            "--questions and --passages go together: give both.",
        )
    if options.limit is not None and options.limit < 1:
        raise QuestionError(
            f"--limit vaut {options.limit} ; il doit être au moins 1.", f"--limit is {options.limit}; at least 1."
        )


def spread(items: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """Return `limit` of the items, evenly spread; all when there are no more, or without a limit."""
    if limit is None or len(items) <= limit:
        return items
    return [items[place * len(items) // limit] for place in range(limit)]


@contextmanager
def indexed(options: argparse.Namespace, settings: Settings, embedder: Embedder) -> Iterator[Indexed]:
    """Give the passages of the options, searchable, for the length of a `with` block.

    Raises:
        QuestionError: if a file of passages, or the cache, cannot be used.
    """
    passages = read_passages(options.passages)
    with (
        caching(embedder, options.cache or settings.store / CACHE, progress("vecteurs")) as remembering,
        collection(passages, remembering, settings.chunk_tokens) as generation,
    ):
        yield Indexed(frozenset(passage.pid for passage in passages), generation, remembering)


def progress(what: str) -> Callable[[int, int], None]:
    """Return something that says on standard error how many of how many are done."""

    def show(done: int, total: int) -> None:
        if done % _SHOWN_EVERY == 0 or done == total:
            say(f"\r{what} {done}/{total}", sys.stderr, end="\n" if done == total else "")

    return show
