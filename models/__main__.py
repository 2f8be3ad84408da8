"""`python -m models list | fetch | import | optimise | verify`: which models there are, get one, check them.

Prints; decides nothing.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.auto import Verdict, judge
from models.catalogue import Entry, find, read_catalogue
from models.choose import optimise_embedder
from models.download import bring_in, fetch
from models.gguf_files import candidates, gguf_files
from models.gguf_header import read_header
from models.hardware import MEGABYTE, Machine, fit, inspect
from models.integrity import State, review, review_package
from models.llama import as_llama_sees, available
from models.plan import plan
from models.present import expected, is_present, review_shipped
from models.speed import pace, tokens_a_second
from rag.console import Parser, guarded
from rag.errors import ModelError
from rag.plural import counted
from rag.settings import Settings, load

ROLES = {
    "embedder": "Recherche par le sens (réglage embedder)",
    "reranker": "Tri des passages (réglage reranker)",
    "entailer": "Contrôle des phrases écrites (réglage entailer)",
    "generator": "Rédaction (réglage generator)",
}
STATES = {"ok": "intact", "changed": "MODIFIÉ", "new": "pas encore enregistré", "missing": "ABSENT"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 all is well, 1 something is wrong."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    run = {"list": _list, "fetch": _fetch, "import": _import, "optimise": _optimise, "verify": _verify}[options.command]
    return guarded(lambda: run(options, load(os.environ)), debug=options.debug)


def _parser() -> Parser:
    common = Parser(add_help=False)
    common.add_argument("--debug", action="store_true", help="montre la trace complète d'une erreur")
    parser = Parser(prog="python -m models", description="Les modèles de Greffier.")
    commands = parser.add_subparsers(
        dest="command", required=True, title="commandes", metavar="list | fetch | import | optimise | verify"
    )
    listing = commands.add_parser("list", parents=[common], help="le catalogue, ce qui est là, ce qui tient ici")
    listing.add_argument("--json", action="store_true", help="en JSON sur la sortie standard")
    getting = commands.add_parser("fetch", parents=[common], help="télécharge un modèle du catalogue")
    getting.add_argument("name", metavar="NOM", help="nom dans le catalogue")
    getting.add_argument("--accept-licence", action="store_true", help="accepte la licence sans la question")
    bringing = commands.add_parser("import", parents=[common], help="copie un fichier GGUF ou un dossier de modèle")
    bringing.add_argument("path", metavar="FICHIER", type=Path, help="fichier .gguf, ou dossier d'un modèle")
    bringing.add_argument("--name", metavar="NOM", help="nom dans le catalogue, si le dossier en porte un autre")
    commands.add_parser(
        "optimise", parents=[common], help="prépare le modèle de recherche pour ce processeur, une fois"
    )
    verifying = commands.add_parser("verify", parents=[common], help="recalcule toutes les empreintes SHA-256")
    verifying.add_argument("--json", action="store_true", help="en JSON sur la sortie standard")
    return parser


def _list(options: argparse.Namespace, settings: Settings) -> int:
    machine, entries = inspect(), read_catalogue()
    writing = as_llama_sees(machine)
    read = pace(settings.threads or machine.cores)
    rows = [_row(entry, settings, writing if entry.role == "generator" else machine, read) for entry in entries]
    problems: list[ModelError] = []
    verdicts = judge(candidates(settings.weights, problems), writing, settings, lambda: read)
    plans = {one.candidate.name: asdict(plan(one.candidate, writing, settings)) for one in verdicts}
    dropped = [file.name for file in gguf_files(settings.weights) if find(entries, file.name) is None]
    if options.json:
        data = {
            "machine": asdict(writing), "bandwidth": round(read), "models": rows, "files": dropped, "plans": plans,
            "auto": [_judged(verdict) for verdict in verdicts],
            "unusable": [{"fr": error.fr, "en": error.en} for error in problems],
        }  # fmt: skip
        _print(json.dumps(data, ensure_ascii=False, indent=1))
        return 0
    _print_machine(machine, read)
    _print(f"Dossier des modèles : {settings.weights}")
    for role, title in ROLES.items():
        _print(f"\n{title}")
        for row in rows:
            if row["role"] == role:
                _print_row(row)
    _print_auto(verdicts, problems, settings)
    for name, chosen in plans.items():
        _print(f"\nRéglages pour {name}, et pourquoi :")
        for reason in chosen["reasons"]:
            _print(f"  - {reason}")
    if dropped:
        _print("\nFichiers GGUF hors catalogue : " + ", ".join(dropped))
    return 0


def _judged(verdict: Verdict) -> dict[str, Any]:
    speed = None if verdict.speed is None else round(verdict.speed, 1)
    return {
        "name": verdict.candidate.name, "file": verdict.candidate.file.name, "state": verdict.state,
        "memory": verdict.memory, "tokens_per_second": speed, "reason": verdict.reason,
    }  # fmt: skip


def _print_auto(verdicts: Sequence[Verdict], problems: Sequence[ModelError], settings: Settings) -> None:
    """Say which file "auto" takes at this moment, and why the others are not taken."""
    _print('\nLe choix automatique (generator = "auto") sur cette machine, d\'après la mémoire libre en ce moment')
    if settings.generator != "auto" or settings.generator_urls:
        servers = f"le modèle tourne sur {', '.join(settings.generator_urls)}"
        own = f'le réglage generator vaut "{settings.generator}"'
        _print(f"  Il ne sert pas : {servers if settings.generator_urls else own}.")
    if not available():
        _print("  llama-cpp-python n'est pas installé : Greffier répond par extraits. Lancez « make run ».")
    if not any(verdict.fits for verdict in verdicts):
        _print("  aucun fichier GGUF utilisable : Greffier répond par extraits")
    for verdict in verdicts:
        mark = "→" if verdict.state == "taken" else "-"
        _print(f"  {mark} {verdict.candidate.name} : {verdict.reason}")
    for problem in problems:
        _print(f"  - {problem}")


def _row(entry: Entry, settings: Settings, machine: Machine, read: float) -> dict[str, Any]:
    cache = entry.cache(settings.context_tokens)
    memory = entry.memory_for(settings.context_tokens)
    fits, reason = fit(memory, machine)
    written = entry.role == "generator"
    return {
        "name": entry.name,
        "role": entry.role,
        "present": is_present(entry, settings.weights),
        "fits": fits,
        "reason": reason,
        "megabytes": entry.megabytes,
        "memory": memory,
        "cache": cache,
        "tokens_per_second": round(tokens_a_second(entry.megabytes, cache, read), 1) if written and fits else None,
        "licence": entry.licence,
        "languages": list(entry.languages),
        "hub": entry.hub,
        "files": list(entry.files),
        "note": entry.note,
    }


def _print_machine(machine: Machine, read: float) -> None:
    free = f" ({machine.gpu_free} libres)" if machine.gpu_free else ""
    gpu = f"{machine.gpu}, {machine.gpu_memory} Mo{free}" if machine.gpu else "aucune carte graphique utilisable"
    _print(
        f"Cette machine : {machine.cores} cœurs physiques ({', '.join(machine.instructions) or 'sans jeu reconnu'}), "
        f"{machine.memory} Mo de mémoire, {read / 1e9:.0f} Go de poids lus par seconde au plus, {gpu}."
    )


def _print_row(row: dict[str, Any]) -> None:
    mark = "présent" if row["present"] else "-"
    _print(f"  {row['name']:40} {mark:8} {row['megabytes']:>5} Mo  {row['licence']}")
    _print(f"      {row['note']}")
    cache = f", dont {row['cache']} de cache" if row["cache"] else ""
    speed = row["tokens_per_second"]
    pace = f" ; environ {speed:.0f} unités/s sur le processeur (estimation)" if speed is not None else ""
    _print(f"      {row['reason']}{cache}{pace}")


def _fetch(options: argparse.Namespace, settings: Settings) -> int:
    entry = find(read_catalogue(), options.name)
    if entry is None:
        names = ", ".join(e.name for e in read_catalogue() if not e.package)
        raise ModelError(
            f"Le catalogue ne connaît pas {options.name!r}. Il connaît : {names}.",
            f"The catalogue does not know {options.name!r}. It knows: {names}.",
        )
    fits, reason = fit(entry.memory, as_llama_sees(inspect()) if entry.role == "generator" else inspect())
    _tell(f"{entry.name} : environ {entry.megabytes} Mo, licence {entry.licence} ({entry.page}). {reason}.")
    if not options.accept_licence and not _accepted():
        raise ModelError(
            f"La licence {entry.licence} n'a pas été acceptée : rien n'a été téléchargé. Relancez avec "
            "--accept-licence après l'avoir lue.",
            f"The licence {entry.licence} was not accepted: nothing was downloaded. Run again with "
            "--accept-licence after reading it.",
        )
    target = fetch(entry, settings.weights)
    _tell(f'Installé : {target}. Pour l\'utiliser : {entry.role} = "{entry.name}" dans greffier.toml.')
    if not fits:
        _tell(f"Attention, {reason}.")
    return 0


def _accepted() -> bool:
    """Ask for consent on the terminal; without a terminal there is none."""
    if not sys.stdin.isatty():
        return False
    _tell("Acceptez-vous cette licence ? Répondez oui ou non.")
    return sys.stdin.readline().strip().lower() in ("o", "oui", "y", "yes")


def _import(options: argparse.Namespace, settings: Settings) -> int:
    _tell(f"Copie et contrôle de {options.path} (environ 10 secondes par gigaoctet)…")
    target = bring_in(options.path, settings.weights, options.name)
    if target.is_file():
        header = read_header(target)
        _tell(f"Modèle {header.name}, architecture {header.architecture}, {header.context} unités de contexte.")
    _tell(f"Installé : {target}")
    return 0


def _optimise(_: argparse.Namespace, settings: Settings) -> int:
    for file in optimise_embedder(settings):
        _print(f"{file.name} : {file.stat().st_size // MEGABYTE} Mo")
    return 0


def _verify(options: argparse.Namespace, settings: Settings) -> int:
    known: dict[str, str] = {}
    states: dict[str, State] = {}
    for entry in read_catalogue():
        known |= expected(entry)
        if entry.package:
            states |= review_package(entry.package) or review_shipped(entry)
    states |= review(settings.weights, known) if settings.weights.is_dir() else {}
    wrong = [name for name, state in states.items() if state in ("changed", "missing")]
    if options.json:
        _print(json.dumps({"ok": not wrong, "files": states}, ensure_ascii=False, indent=1))
    else:
        for name, state in states.items():
            _print(f"{STATES[state]:22} {name}")
        done = f"{counted(len(states), 'fichier contrôlé', 'fichiers contrôlés')}, {len(wrong)} à remplacer."
        _print(done + (" Supprimez-les et recopiez-les avec « python -m models import »." if wrong else ""))
    return 1 if wrong else 0


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
