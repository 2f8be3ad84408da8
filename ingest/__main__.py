"""`python -m ingest`: make the store say what the corpus says. JSON on standard output alone, the rest on stderr."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from ingest.publish import locked, rollback
from ingest.run import Result, run
from ingest.terminal import Bars, table
from rag.build import open_embedder
from rag.console import fail, say
from rag.errors import GreffierError
from rag.settings import Settings, load

ALL_INDEXED, NOTHING_PUBLISHED, SOME_MISSING = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an ingestion and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = _settings(options)
        if options.rollback:
            return _rollback(settings)
        with Bars() as bars:
            result = run(settings, open_embedder(settings), bars, rebuild=options.rebuild)
    except GreffierError as error:
        return fail(error, debug=options.debug)
    if options.json:
        say(json.dumps(_as_json(result), ensure_ascii=False), sys.stdout)
    else:
        table(result)
    return ALL_INDEXED if result.complete else SOME_MISSING


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ingest", description="Indexer les PDF du dossier corpus/.")
    parser.add_argument("--corpus", type=Path, help="dossier des PDF (défaut : corpus)")
    parser.add_argument("--store", type=Path, help="dossier de l'index (défaut : store)")
    parser.add_argument("--rebuild", action="store_true", help="relire tous les fichiers")
    parser.add_argument("--rollback", action="store_true", help="revenir à l'index précédent")
    parser.add_argument("--json", action="store_true", help="écrire le rapport en JSON sur la sortie standard")
    parser.add_argument("--debug", action="store_true", help="montrer la trace complète d'une erreur")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    settings = load(os.environ)
    if options.corpus is not None:
        settings = replace(settings, corpus=options.corpus.resolve())
    if options.store is not None:
        settings = replace(settings, store=options.store.resolve())
    return settings


def _rollback(settings: Settings) -> int:
    with locked(settings.store):
        say(f"Index en service : {rollback(settings.store)}", sys.stderr)
    return ALL_INDEXED


def _as_json(result: Result) -> dict[str, object]:
    return {
        "generation": result.generation,
        "published": result.published,
        "seconds": round(result.seconds, 3),
        "pages": result.pages,
        "chunks": result.chunks,
        "files": [asdict(file) for file in result.files],
    }


if __name__ == "__main__":
    sys.exit(main())
