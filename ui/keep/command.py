"""`python -m ui backup | restore | migrate`: the words of these commands and what is said after them."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from rag.console import Parser, say
from rag.errors import StoreError, StoreMismatch
from rag.plural import counted
from rag.settings import ROOT, Settings
from rag.store import Manifest, current
from ui.database import FILE, STEPS, Database
from ui.keep.locks import stopped
from ui.keep.restore import restore
from ui.keep.save import save

BACKUPS = ROOT / "backups"


def add_options(commands: Any) -> None:
    """Add these commands to the sub-commands of a parser."""
    backup: Parser = commands.add_parser("backup", help="sauvegarder comptes, historique, documents, index et réglages")
    backup.add_argument("--to", type=Path, default=BACKUPS, metavar="DIR", help="dossier des sauvegardes (backups/)")
    backup.add_argument("--keep", type=int, default=0, metavar="N", help="n'en garder que les N dernières (0 : toutes)")
    backup.add_argument("--stopped", action="store_true", help="refuser si le serveur est ouvert")
    backup.set_defaults(run=_backup)
    back: Parser = commands.add_parser("restore", help="remettre une sauvegarde ; ce qui était là est gardé à côté")
    back.add_argument("file", type=Path, metavar="FICHIER")
    back.add_argument("--keep-settings", action="store_true", help="garder le greffier.toml de cette machine")
    back.set_defaults(run=_restore)
    migrate: Parser = commands.add_parser("migrate", help="mettre la base à la forme de cette version, serveur arrêté")
    migrate.set_defaults(run=_migrate)


def _backup(settings: Settings, options: argparse.Namespace) -> int:
    if options.stopped:
        with stopped(settings.data):
            pass
    saved = save(settings, options.to, keep=max(options.keep, 0))
    manifest = saved.manifest
    say(
        f"Sauvegarde faite : {counted(len(manifest.files), 'fichier', 'fichiers')}, {saved.size / 1e6:.1f} Mo, "
        "lisible par vous seul. "
        "Elle contient tout ce que les membres ont demandé : copiez-la en lieu sûr.", sys.stderr,
    )  # fmt: skip
    for name in manifest.left_out:
        say(f"Laissé de côté, illisible ou modifié pendant la sauvegarde : {name}", sys.stderr)
    say(str(saved.file), sys.stdout)
    return 0


def _restore(settings: Settings, options: argparse.Namespace) -> int:
    say("Contrôle de la sauvegarde…", sys.stderr)
    chosen = {name: getattr(options, name) for name in ("corpus", "store")}
    paths = {f"GREFFIER_{name.upper()}": str(path) for name, path in chosen.items() if path is not None}
    done = restore(options.file, {**os.environ, **paths}, keep_settings=options.keep_settings)
    files = counted(len(done.manifest.files), "fichier", "fichiers")
    say(f"Restauré : {files}, sauvegarde du {done.manifest.made} (UTC).", sys.stderr)
    for path in done.kept:
        say(f"Ce qui était là est gardé dans {path} : supprimez-le quand tout va bien.", sys.stderr)
    try:
        Manifest.read(current(done.settings.store))
    except StoreMismatch as error:
        say(str(error), sys.stderr)
    except StoreError:
        say("La sauvegarde ne contient pas d'index : lancez « make ingest ».", sys.stderr)
    say("Les modèles ne sont pas dans les sauvegardes : « python -m models verify » dit s'il en manque.", sys.stderr)
    return 0


def _migrate(settings: Settings, options: argparse.Namespace) -> int:
    with stopped(settings.data):
        Database.open(settings.data / FILE).close()
    say(f"La base est à la forme {len(STEPS)}.", sys.stderr)
    return 0
