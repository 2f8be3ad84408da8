"""The commands `python -m rag …`: JSON on standard output alone, everything else on standard error."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from rag import as_json
from rag.assistant import Assistant
from rag.build import doors, open_assistant, open_embedder, open_reranker
from rag.console import Parser, guarded, say
from rag.errors import ModelError, QuestionError
from rag.evaluation import calibrate as calibration
from rag.evaluation import contest
from rag.evaluation import run as evaluation
from rag.evaluation.sets import Openers
from rag.files import read_json, read_lines, unwritable
from rag.plural import counted
from rag.scope import Scope, scope_of, unknown
from rag.settings import Settings, load
from rag.text import collapse
from rag.types import Answer, Turn

_KINDS = {"added": "ajouté", "removed": "supprimé", "changed": "modifié", "moved": "déplacé"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(arguments)
    options.typed = sys.argv[1:] if arguments is None else list(arguments)
    return guarded(lambda: options.run(options, _settings(options)), debug=options.debug)


def _parser() -> Parser:
    parser = Parser(prog="python -m rag", description="Interroger l'index des documents.")
    shared = Parser(add_help=False)
    shared.add_argument("--store", type=Path, help="dossier de l'index (défaut : store)")
    shared.add_argument("--groups", type=_groups, help="groupes de lecture, séparés par des virgules (défaut : tous)")
    shared.add_argument("--json", action="store_true", help="écrire du JSON sur la sortie standard")
    shared.add_argument("--debug", action="store_true", help="montrer la trace complète d'une erreur")
    within = Parser(add_help=False)
    within.add_argument("--within", metavar="CHEMIN", help="chercher dans ce document ou dossier du corpus seulement")
    model = Parser(add_help=False)
    model.add_argument("--model", help="modèle de langue, ou « extracts » pour répondre par extraits seulement")
    commands = parser.add_subparsers(required=True, metavar="COMMANDE")

    search = commands.add_parser("search", parents=[shared, within], help="chercher des passages")
    search.add_argument("question")
    search.add_argument("--k", type=_positive, default=10, help="nombre de passages (défaut : 10)")
    search.set_defaults(run=_search)

    ask = commands.add_parser("ask", parents=[shared, model, within], help="poser une question")
    ask.add_argument("question")
    ask.add_argument("--history", type=Path, help="conversation précédente, JSON : [{role, content}, …]")
    ask.set_defaults(run=_ask)

    summary = commands.add_parser("summary", parents=[shared], help="résumer un document par ses propres phrases")
    summary.add_argument("path", metavar="CHEMIN", help="document, relatif au corpus")
    summary.add_argument("--long", action="store_true", help="jusqu'à vingt phrases au lieu de sept")
    summary.set_defaults(run=_summary)

    versions = commands.add_parser(
        "compare-versions", parents=[shared], help="dire ce qui diffère entre deux documents"
    )
    versions.add_argument("old", metavar="ANCIEN", help="document, relatif au corpus")
    versions.add_argument("new", metavar="NOUVEAU")
    versions.set_defaults(run=_compare_versions)

    batch = commands.add_parser("batch", parents=[shared, model], help="poser une suite de questions")
    batch.add_argument(
        "input", type=Path, metavar="ENTRÉE.jsonl", help="une question par ligne : {id, question, history?}"
    )
    batch.add_argument("output", type=Path, metavar="SORTIE.jsonl")
    batch.set_defaults(run=_batch)

    evaluate = commands.add_parser("evaluate", parents=[shared, model], help="mesurer sur des questions corrigées")
    evaluation.add_options(evaluate)
    evaluate.set_defaults(run=_evaluate)

    calibrate = commands.add_parser("calibrate", parents=[shared], help="régler le refus sur des questions corrigées")
    calibration.add_options(calibrate)
    calibrate.set_defaults(run=_calibrate)

    compare = commands.add_parser("compare", parents=[shared], help="comparer des modèles sur les mêmes questions")
    contest.add_options(compare)
    compare.set_defaults(run=_compare)
    return parser


def _groups(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} : il faut un nombre entier, au moins 1")
    return int(text)


def _settings(options: argparse.Namespace) -> Settings:
    settings = load(os.environ)
    return settings if options.store is None else replace(settings, store=options.store.resolve())


def _search(options: argparse.Namespace, settings: Settings) -> int:
    assistant = open_assistant(settings, model="extracts")
    generation, passages, timings = assistant.search(
        options.question, options.k, options.groups, scope_of(options.within or "")
    )
    if options.json:
        _print_json(as_json.search(options.question, generation, passages, timings))
        return 0
    for rank, passage in enumerate(passages, 1):
        page = passage.chunk.page
        say(
            f"{rank}. {page.source.path}, page {page.number}  ({passage.score:.2f})\n   {passage.chunk.text[:300]}\n",
            sys.stdout,
        )
    return 0


def _ask(options: argparse.Namespace, settings: Settings) -> int:
    history = _turns(read_json(options.history)) if options.history else ()
    assistant = open_assistant(settings, options.model)
    answer = assistant.answer(
        options.question, history=history, groups=options.groups, scope=scope_of(options.within or "")
    )
    if options.json:
        _print_json(as_json.answer(answer))
    else:
        _print_answer(answer)
    return 0


def _summary(options: argparse.Namespace, settings: Settings) -> int:
    library = open_assistant(settings, model="extracts").library
    found = library.summary(options.path, "long" if options.long else "short", options.groups)
    if found is None:
        raise unknown(Scope(options.path))
    if options.json:
        _print_json(as_json.summary(found))
        return 0
    if not found.headings:
        say("Aucune phrase de ce document ne se comprend seule.", sys.stdout)
    before = None
    for claim, citation, heading in zip(found.answer.claims, found.answer.citations, found.headings, strict=True):
        if heading != before:
            say(f"\n{heading}", sys.stdout)
        before = heading
        say(f"  {claim.text} (page {citation.sentence.page.number})", sys.stdout)
    return 0


def _compare_versions(options: argparse.Namespace, settings: Settings) -> int:
    library = open_assistant(settings, model="extracts").library
    found = library.differences(options.old, options.new, options.groups)
    if found is None:
        missing = [path for path in (options.old, options.new) if library.document(path, options.groups) is None]
        raise unknown(Scope(missing[0]))
    if options.json:
        _print_json(as_json.differences(found))
        return 0
    for change in found.changes:
        say(f"{_KINDS[change.kind]} – {change.section}", sys.stdout)
        for sign, side in (("-", change.old), ("+", change.new)):
            if side is not None:
                say(f"  {sign} {collapse(side.text)} (page {side.page.number})", sys.stdout)
    told = counted(len(found.changes), "différence", "différences")
    say(f"{told}, {counted(found.same, 'phrase identique', 'phrases identiques')}.", sys.stdout)
    return 0


def _batch(options: argparse.Namespace, settings: Settings) -> int:
    questions = list(_read_questions(options.input))
    with _writable(options.output) as output:
        assistant = open_assistant(settings, options.model)
        for place, item in enumerate(questions, 1):
            line = {"id": item["id"], **_answered(assistant, item, options.groups)}
            say(json.dumps(line, ensure_ascii=False), output)
            say(f"\r{place}/{len(questions)}", sys.stderr, end="")
    say("", sys.stderr)
    return 0


def _writable(file: Path) -> TextIO:
    try:
        return file.open("w", encoding="utf-8")
    except OSError as error:
        raise unwritable(file, error) from error


def _answered(assistant: Assistant, item: dict[str, Any], groups: frozenset[str] | None) -> as_json.Json:
    try:
        return as_json.answer(
            assistant.answer(item["question"], history=_turns(item.get("history") or []), groups=groups)
        )
    except (QuestionError, ModelError) as error:  # one bad question must not lose the others
        return {"question": item["question"], "error": str(error)}


def _evaluate(options: argparse.Namespace, settings: Settings) -> int:
    return evaluation.evaluate(options, settings, _openers(), options.typed)


def _calibrate(options: argparse.Namespace, settings: Settings) -> int:
    return calibration.calibrate(options, settings, _openers(), options.typed)


def _compare(options: argparse.Namespace, settings: Settings) -> int:
    return contest.compare(options, settings, doors())


def _openers() -> Openers:
    return Openers(open_assistant, open_embedder, open_reranker)


def _turns(history: object) -> tuple[Turn, ...]:
    try:
        turns = tuple(Turn(turn["role"], turn["content"]) for turn in history)  # type: ignore[attr-defined]
        if not all(turn.role in ("user", "assistant") and isinstance(turn.text, str) for turn in turns):
            raise TypeError("role, content")
        return turns
    except (TypeError, KeyError) as error:
        raise QuestionError(
            "La conversation n'est pas une liste de {role, content} : corrigez le fichier JSON.",
            "The history is not a list of {role, content}: correct the JSON file.",
        ) from error


def _read_questions(file: Path) -> Iterator[dict[str, Any]]:
    for number, item in read_lines(file):
        if not isinstance(item, dict) or not isinstance(item.get("question"), str) or "id" not in item:
            raise QuestionError(
                f"{file}, ligne {number} : il faut un objet JSON avec « id » et « question ».",
                f"{file}, line {number}: a JSON object with “id” and “question” is needed.",
            )
        yield item


def _print_answer(answer: Answer) -> None:
    say(answer.text, sys.stdout)
    for citation in answer.citations:
        sentence = citation.sentence
        quote = " ".join(sentence.text.split())
        say(f"  [{citation.number}] {sentence.page.source.path}, page {sentence.page.number} : « {quote} »", sys.stdout)
        if citation.newer:
            say(f"      une version plus récente existe : {citation.newer.path}", sys.stdout)
    for path in _nearest(answer) if answer.status == "refused" else ():
        say(f"  document le plus proche : {path}", sys.stdout)


def _nearest(answer: Answer) -> Iterable[str]:
    return list(dict.fromkeys(passage.chunk.page.source.path for passage in answer.passages))[:3]


def _print_json(value: object) -> None:
    say(json.dumps(value, ensure_ascii=False), sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
