"""`rag compare`: asks the same questions of several models, keeps each outcome at once, and prints the leaderboard.

An interrupted run resumes: outcomes lie in `comparisons/` in the store, one file for each model, index and set of
questions. Opens no model itself: it is handed the openers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rag.assistant import Assistant
from rag.console import Parser, say
from rag.errors import GreffierError, ModelError, QuestionError
from rag.evaluation import gold, table
from rag.evaluation.counted import Counted
from rag.evaluation.items import GoldQuestion, read_gold
from rag.evaluation.leaderboard import SCORE, Contestant, leaderboard
from rag.evaluation.report import Outcome
from rag.evaluation.run import OWN_QUESTIONS
from rag.evaluation.sets import spread
from rag.files import read_lines, write_text
from rag.ports import Meter
from rag.settings import Settings
from rag.types import Language

FOLDER = "comparisons"
# the settings on which an answer, its time or its energy depends
_MATTERS = (
    "passages",
    "evidence_passages",
    "evidence_tokens",
    "context_tokens",
    "answer_tokens",
    "gpu_layers",
    "threads",
    "guessed_tokens",
    "batch_tokens",
)


@dataclass(frozen=True, slots=True)
class Opened:
    """An assistant with one model; `counted` is None for extracts."""

    assistant: Assistant
    counted: Counted | None


@dataclass(frozen=True, slots=True)
class Doors:
    """How things are opened: `weights` gives the files of a model (none for extracts) or raises `ModelError`;
    `search` gives an assistant without a language model, and a name for what it searches and refuses with."""

    weights: Callable[[Settings, str], Sequence[Path]]
    search: Callable[[Settings], tuple[Assistant, str]]
    model: Callable[[Settings, str], AbstractContextManager[Opened]]
    meter: Callable[[], AbstractContextManager[Meter]]


def add_options(parser: Parser) -> None:
    """Declare what `rag compare` takes beside the options of all commands."""
    parser.add_argument(
        "models", nargs="+", metavar="MODÈLE", help="nom du catalogue, fichier GGUF, ou « extracts » (sans modèle)"
    )
    parser.add_argument(
        "--questions", type=Path, default=OWN_QUESTIONS, metavar="FICHIER", help="questions corrigées sur l'index"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="n'en poser que N, réparties sur le fichier")
    parser.add_argument("--again", action="store_true", help="ne reprendre aucune réponse déjà mesurée")
    parser.add_argument("--output", type=Path, metavar="FICHIER", help="garder le résultat en JSON")


def compare(options: argparse.Namespace, settings: Settings, doors: Doors) -> int:
    """Run the command and return its exit code.

    Raises:
        GreffierError: if an option, a file, the store or a model cannot be used. What was answered before is kept.
    """
    names = list(dict.fromkeys(options.models))
    items = _items(options)
    settings = replace(settings, cached_answers=0)  # a question that stands twice in the file is answered twice
    files = {name: tuple(doors.weights(settings, name)) for name in names}  # a mistyped name is said before the work
    assistant, searched = doors.search(settings)
    gold.require(options.questions.stem, items, assistant)
    generation = assistant.generation
    assistant.close()
    contestants, sources = [], []
    for name in names:
        key = _key(settings, generation, searched, files[name], options.groups)
        log = Log(settings.store / FOLDER / f"{key}.jsonl", name, fresh=options.again)
        outcomes = _outcomes(name, items, log, settings, doors, options.groups)
        contestants.append(Contestant(_label(name, names), sum(f.stat().st_size for f in files[name]), outcomes))
        sources.append(log.energy)
    return _tell(options, settings, contestants, generation, sources)


def _tell(
    options: argparse.Namespace, settings: Settings, contestants: list[Contestant], generation: str, sources: list[str]
) -> int:
    found = leaderboard(contestants)
    language: Language = "en" if settings.language == "en" else "fr"
    energy = " ; ".join(dict.fromkeys(source for source in sources if source)) or "non mesuré"
    data = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "generation": generation,
        "questions": str(options.questions),
        "asked": len(contestants[0].outcomes),
        "energy": energy,
        **found.as_json(),
    }
    if options.output:
        write_text(options.output, json.dumps(data, ensure_ascii=False) + "\n")
    text = json.dumps(data, ensure_ascii=False) if options.json else table.leaderboard(found, energy, language)
    say(text, sys.stdout)
    return 0


class Log:
    """The outcomes of one model so far, one JSON object a line; `energy` says what the joules cover, or why not."""

    def __init__(self, file: Path, model: str, *, fresh: bool) -> None:
        self.known: dict[str, Outcome] = {}
        self.energy = ""
        self._file, self._model = file, model
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if fresh:
                file.unlink(missing_ok=True)
            for _, line in read_lines(file) if file.is_file() else ():
                if isinstance(line, dict) and line.keys() >= {"digest", "energy", "outcome"}:
                    self.known[line["digest"]] = Outcome(**line["outcome"])
                    self.energy = line["energy"]
        except (OSError, TypeError) as error:
            raise self._unusable(error) from error

    def add(self, digest: str, outcome: Outcome, energy: str) -> None:
        """Keep an outcome, on the disk before the next question is asked."""
        self.known[digest], self.energy = outcome, energy
        line = {"model": self._model, "digest": digest, "energy": energy, "outcome": asdict(outcome)}
        try:
            with self._file.open("a", encoding="utf-8") as stream:
                # a line of its own even after a half-written one
                stream.write("\n" + json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> GreffierError:
        return QuestionError(
            f"Le fichier {self._file} ne peut pas servir ({error}). Supprimez-le, ou rendez le dossier accessible.",
            f"The file {self._file} cannot be used ({error}). Delete it, or make its folder writable.",
        )


def _outcomes(
    name: str,
    items: Sequence[GoldQuestion],
    log: Log,
    settings: Settings,
    doors: Doors,
    groups: frozenset[str] | None,
) -> tuple[Outcome, ...]:
    """Return the outcome of each question, asking those that were not asked before."""
    missing = [item for item in items if _digest(item) not in log.known]
    done = len(items) - len(missing)
    if done:
        say(f"{name} : {done} questions déjà posées, reprises.", sys.stderr)
    if missing:
        with doors.model(settings, name) as opened, doors.meter() as meter:
            opened.assistant.search(missing[0].question, 1)  # the first search loads what later ones find loaded
            for item in missing:
                log.add(_digest(item), _asked(item, opened, meter, groups, name), meter.source or meter.reason)
                done += 1
                say(f"\r{name} {done}/{len(items)}", sys.stderr, end="\n" if done == len(items) else "")
    return tuple(log.known[_digest(item)] for item in items)


def _asked(item: GoldQuestion, opened: Opened, meter: Meter, groups: frozenset[str] | None, name: str) -> Outcome:
    counted = opened.counted
    before = (counted.read, counted.written) if counted else (0, 0)
    joules, began = meter.joules(), time.perf_counter()
    answer = opened.assistant.answer(item.question, history=item.history, groups=groups)
    seconds, after = time.perf_counter() - began, meter.joules()
    if counted is not None and answer.model != counted.id:
        raise _fell_out(name)
    quality = gold.values(item, answer)
    values = {**quality, SCORE: quality["right"] if item.answerable else 1 - quality["answered"], "seconds": seconds}
    if counted is not None:
        values |= {"tokens_in": counted.read - before[0], "tokens_out": counted.written - before[1]}
    if joules is not None and after is not None:
        values["joules"] = after - joules
    return Outcome(item.id, item.kind, item.id, values)


def _items(options: argparse.Namespace) -> Sequence[GoldQuestion]:
    if options.limit is not None and options.limit < 1:
        raise QuestionError(
            f"--limit vaut {options.limit} ; il doit être au moins 1.", f"--limit is {options.limit}; at least 1."
        )
    items = spread(read_gold(options.questions), options.limit)
    if not items:
        raise QuestionError(
            f"{options.questions} ne contient aucune question. Corrigez le fichier.",
            f"{options.questions} holds no question. Correct the file.",
        )
    return items


def _label(name: str, names: Sequence[str]) -> str:
    """Return the name of a file without its folder, unless two are called so."""
    short = Path(name).name
    return short if sum(Path(other).name == short for other in names) == 1 else name


def _digest(item: GoldQuestion) -> str:
    return hashlib.sha256(repr(item).encode()).hexdigest()[:16]


def _key(
    settings: Settings, generation: str, searched: str, files: Sequence[Path], groups: frozenset[str] | None
) -> str:
    """Return a name for all that the answers rest on; a file by name, size and date, which is said at once."""
    parts = [
        generation, searched, sorted(groups) if groups is not None else None,
        [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files],
        [getattr(settings, name) for name in _MATTERS] if files else [settings.passages, settings.evidence_passages],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def _fell_out(name: str) -> ModelError:
    return ModelError(
        f"Le modèle {name!r} a cessé de fonctionner pendant la comparaison. Relancez la même commande : elle reprend "
        "où elle en était ; ou retirez ce modèle de la liste.",
        f"The model {name!r} stopped working during the comparison. Run the same command again: it goes on where it "
        "was; or take this model off the list.",
    )
