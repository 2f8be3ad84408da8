"""`python -m ingest`: make the store say what the corpus says. JSON on standard output alone, the rest on stderr."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from ingest.lines import Lines, tell_error
from ingest.publish import locked, rollback
from ingest.report import Result, as_dict
from ingest.run import run
from ingest.terminal import Bars, table
from ingest.watch import stop_signals, watch
from rag.build import open_embedder
from rag.console import Parser, guarded, say
from rag.errors import GreffierError
from rag.settings import Settings, load

ALL_INDEXED, SOME_MISSING = 0, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an ingestion and return its exit code."""
    options = _parser().parse_args(arguments)
    return guarded(lambda: _obey(options), debug=options.debug)


def _obey(options: argparse.Namespace) -> int:
    settings = _settings(options)
    if options.rollback:
        return _rollback(settings, as_json=options.json)
    if options.watch:
        return _watch(settings, options)
    result = _told(settings, options) if options.progress else _ingest(settings, rebuild=options.rebuild)
    _tell(result, settings, as_json=options.json)
    return ALL_INDEXED if result.complete else SOME_MISSING


def _told(settings: Settings, options: argparse.Namespace) -> Result:
    # whoever started it ends it by SIGTERM, which must leave nothing half-built behind either
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _ingest(settings, rebuild=options.rebuild, lines=Lines())
    except GreffierError as error:
        tell_error(error)
        raise


def _ingest(
    settings: Settings, *, rebuild: bool = False, moving: Collection[str] = (), lines: Lines | None = None
) -> Result:
    with Bars() if lines is None else nullcontext(lines) as progress:
        embedder = open_embedder(settings)
        return run(settings, embedder, progress, rebuild=rebuild, opener=open_embedder, moving=moving)


def _tell(result: Result, settings: Settings, *, as_json: bool) -> None:
    if as_json:
        say(json.dumps(as_dict(result), ensure_ascii=False), sys.stdout)
    else:
        table(result, settings.store)


def _watch(settings: Settings, options: argparse.Namespace) -> int:
    def ingest(moving: frozenset[str]) -> None:
        result = _ingest(settings, moving=moving)
        if result.published or options.json:
            _tell(result, settings, as_json=options.json)
        else:
            say("Index déjà à jour.", sys.stderr)

    with stop_signals() as stop:
        if options.rebuild:
            _tell(_ingest(settings, rebuild=True), settings, as_json=options.json)
        watch(settings.corpus, settings.settle_seconds, ingest, lambda line: say(line, sys.stderr), stop)
    return ALL_INDEXED


def _parser() -> Parser:
    parser = Parser(prog="python -m ingest", description="Indexer les PDF du dossier corpus/.")
    parser.add_argument("--corpus", type=Path, help="dossier des PDF (défaut : corpus)")
    parser.add_argument("--store", type=Path, help="dossier de l'index (défaut : store)")
    parser.add_argument("--rebuild", action="store_true", help="relire tous les fichiers")
    parser.add_argument("--rollback", action="store_true", help="revenir à l'index précédent")
    parser.add_argument("--watch", action="store_true", help="rester et indexer dès que des fichiers changent")
    parser.add_argument("--executor", help="où lire et calculer : threads, dask://local ou dask://MACHINE:PORT")
    parser.add_argument("--json", action="store_true", help="écrire le rapport en JSON sur la sortie standard")
    parser.add_argument("--progress", action="store_true", help="dire l'avancement en JSON sur la sortie d'erreur")
    parser.add_argument("--debug", action="store_true", help="montrer la trace complète d'une erreur")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    settings = load(os.environ)
    if options.corpus is not None:
        settings = replace(settings, corpus=options.corpus.resolve())
    if options.store is not None:
        settings = replace(settings, store=options.store.resolve())
    if options.executor is not None:
        settings = replace(settings, executor=options.executor)
    return settings


def _rollback(settings: Settings, *, as_json: bool) -> int:
    with locked(settings.store):
        generation = rollback(settings.store)
    say(f"Index en service : {generation}", sys.stderr)
    if as_json:
        say(json.dumps({"generation": generation}), sys.stdout)
    return ALL_INDEXED


if __name__ == "__main__":
    sys.exit(main())
