"""`python -m ui`: opens the chat on this machine.

In this order, so that nothing is waited for in vain: settings, port, then Gradio; the assistant opens in the
background once the page can be served. Knows who does what, and nothing of how.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ingest.picture import render_page
from rag.build import measure, open_assistant
from rag.console import Parser, guarded
from rag.settings import Settings, load
from ui import app, bounds, server
from ui.access import command
from ui.access.recognise import Recognise, check_start
from ui.database import FILE, Database
from ui.desk import Assistant, Desk
from ui.keep import command as keep
from ui.keep.locks import in_use
from ui.operations.retention import Purger
from ui.questions.approvals import ApprovedAnswers
from ui.tls import certificate

SECONDS_BETWEEN_READINGS = 5.0  # of energy sensors: asking a graphics card starts a process


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Serve until asked to end; return the exit status."""
    options = _parser().parse_args(arguments)
    run = getattr(options, "run", _serve)  # without a command it serves
    return guarded(lambda: run(_settings(options, environ), options), debug=options.debug)


def _serve(settings: Settings, options: argparse.Namespace) -> int:
    with in_use(settings.data):
        return _serve_alone(settings)


def _serve_alone(settings: Settings) -> int:
    own = certificate(settings)
    database = Database.open(settings.data / FILE)
    check_start(settings, database)
    identify = Recognise(database, settings)
    address = f"{'https' if own else 'http'}://{_shown(settings.host)}:{settings.port}"
    purger = Purger(database, settings)
    with server.listen(settings) as listening, measure(every=SECONDS_BETWEEN_READINGS) as meter, purger:
        sys.stderr.write("Greffier prépare la page (quelques secondes)…\n")
        bounds.prepare_environment(os.environ)
        desk = Desk(lambda: _warm_assistant(settings, database))
        mounted = app.mount(server.build_server(desk, settings, render_page, database, meter), desk, settings)
        desk.look()
        sys.stderr.write(f"Greffier est ouvert sur {address} (Ctrl+C l'arrête).\n")
        if settings.model_servers:
            sys.stderr.write(
                f"Le modèle tourne sur {settings.model_servers} : chaque question y est envoyée, avec les "
                "phrases qui y répondent.\n"
            )
        with suppress(KeyboardInterrupt):  # Ctrl+C is how one stops it; uvicorn has already closed everything
            server.serve(server.guarded(mounted, settings, identify), listening, own)
    return 0


def _warm_assistant(settings: Settings, database: Database) -> Assistant:
    """Open the assistant and search once: models load at their first use, which no member should wait for."""
    assistant = open_assistant(settings, insist=False, approved=ApprovedAnswers(database).live)
    try:
        assistant.search("bonjour", 1)
    except BaseException:
        assistant.close()  # it will be opened anew, and a second process beside the first would take its memory
        raise
    return assistant


def _settings(options: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    chosen = {
        "host": options.host,
        "port": options.port,
        "corpus": options.corpus and options.corpus.resolve(),
        "store": options.store and options.store.resolve(),
        "generator": options.model,
    }
    return replace(load(environ), **{name: value for name, value in chosen.items() if value is not None})


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} : il faut un nombre entre 1 et 65535")
    return int(text)


def _parser() -> Parser:
    parser = Parser(prog="python -m ui", description="Ouvre l'assistant dans le navigateur.")
    parser.add_argument("--host", help="adresse où écouter (127.0.0.1)")
    parser.add_argument("--port", type=_port, help="port où écouter (7860)")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="dossier des PDF")
    parser.add_argument("--store", type=Path, metavar="DIR", help="dossier de l'index")
    parser.add_argument("--model", metavar="NAME", help="modèle de langue ; extracts : répondre sans modèle")
    parser.add_argument("--debug", action="store_true", help="montrer le détail d'une erreur")
    commands = parser.add_subparsers(metavar="COMMANDE")
    command.add_options(commands)
    keep.add_options(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
