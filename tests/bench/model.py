"""`python -m tests.bench.model [--shapes 0.6b 1.7b 4b] [--quick]`: Greffier's path against bare llama-cpp-python.

Both get random weights of the same real shape, the same prompts, threads, context and batch, in turns, in one run,
half of the turns with each of the two opened first; medians are shown as Markdown, or JSON. Bare (`tests.bench.bare`)
is `Llama.generate` in this process. Greffier's path is the whole way of a question once its passages are found: the
queue, the evidence fitted to its budget, the process, its stream. Guessed tokens are off but for the row that says
otherwise; `--guessed 3` measures all rows, in both orders, as the product ships. A quarter of an hour on two cores that
have nothing else to do. Each shape's figures go to standard error as soon as they are there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from models.energy import find_counters, idle_watts, measure
from models.hardware import physical_cores
from models.plan import BATCH_CPU
from models.process import ProcessGenerator
from models.wire import Load
from rag import prompt
from rag.ports import Message
from rag.queue import FairQueue
from rag.select import Evidence
from rag.types import PageRef, Sentence, Source
from tests.bench.bare import SAMPLING, Bare
from tests.bench.model_table import as_markdown
from tests.bench.shapes import SHAPES, write

EXTRACT = "Le vitrage est posé sur des cales dont l'épaisseur dépend du poids et du cadre de la fenêtre"
QUESTION = "quelle est l'épaisseur des cales de la fenêtre ?"
CONTEXT, GUESSED, EVIDENCE_TOKENS = 4096, 3, 600  # the defaults of the settings
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: tokens written in a turn, pairs of such turns, pairs of prompts that are read, and the
    extracts in each of these."""

    tokens: int
    rounds: int
    readings: int
    extracts: int


EFFORT = {"0.6b": Effort(48, 7, 3, 8), "1.7b": Effort(32, 5, 2, 8), "4b": Effort(16, 5, 1, 8)}
SHORT = {"0.6b": Effort(24, 5, 1, 8), "1.7b": Effort(16, 4, 1, 4), "4b": Effort(6, 4, 1, 2)}
QUICK = Effort(8, 1, 1, 8)


def evidence(number: int, extracts: int) -> list[Evidence]:
    """Return evidence that differs from that of any other number, from its first word on."""
    page = PageRef(Source(f"{number}.pdf", "0" * 64, f"{number}"), 1, None, 595.0, 842.0)
    texts = [f"{number} {line} {EXTRACT}" for line in range(extracts)]
    return [Evidence(Sentence(page, 0, len(text), text, ()), 1.0, 0) for text in texts]


def messages(number: int, extracts: int) -> tuple[Message, ...]:
    """Return the product's prompt for this evidence."""
    return prompt.messages(QUESTION, evidence(number, extracts))


@contextmanager
def one_session() -> Iterator[None]:
    """Keep the processes that are started in our session: on a busy Linux each session has the same share of the
    processor (sched_autogroup), and a process in one of its own would get more than the bare path does."""
    original = subprocess.Popen

    def start(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        return original(*arguments, **{**options, "start_new_session": False})

    with mock.patch("subprocess.Popen", start):
        yield


class Ours:
    """Greffier's path, from the passages found to the last token."""

    def __init__(self, generator: ProcessGenerator, extracts: int) -> None:
        self._generator = generator
        self._extracts = extracts
        self._queue = FairQueue()

    def run(self, number: int, tokens: int) -> float:
        """Return the seconds to write so many tokens."""
        found = evidence(number, self._extracts)
        began = time.perf_counter()
        with self._queue.turn("member") as news:
            list(news)
            kept = prompt.fit(QUESTION, found, self._generator, tokens, EVIDENCE_TOKENS)
            *_, last = self._generator.stream(prompt.messages(QUESTION, kept), max_tokens=tokens)
        seconds = time.perf_counter() - began
        if last.finish != "length" or len(kept) != len(found):
            raise RuntimeError(f"not what the bare path does: {last}, {len(kept)} sentences")
        return seconds

    def processor_seconds(self) -> float:
        """Return the processor time that this process and the model's have used."""
        stat = Path(f"/proc/{self._generator.health().pid}/stat").read_text(encoding="utf-8")
        fields = stat.rpartition(")")[2].split()
        return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare(file: Path, threads: int, effort: Effort, guessed: int = 0) -> dict[str, Any]:
    """Return what was measured of both paths, Greffier's guessing so many tokens at once."""
    load = Load(
        str(file), "bench", CONTEXT, threads, 0, SAMPLING, prompt.INSTRUCTIONS, str(file.parent / "s"), BATCH_CPU,
        guessed,
    )  # fmt: skip
    result: dict[str, Any] = {"file_bytes": file.stat().st_size, "tokens": effort.tokens, "guessed": guessed}
    result["start_reading_instructions"], cold = _timed(lambda: ProcessGenerator(load))
    cold.close()
    halves = [_measured(load, effort, bare_first=bare_first) for bare_first in (True, False)]
    result |= {name: [value for half in halves for value in half[name]] for name in halves[0]}
    with ExitStack() as opened:
        bare = opened.enter_context(closing(Bare(file, context=CONTEXT, threads=threads, batch=BATCH_CPU)))
        guessing = opened.enter_context(closing(ProcessGenerator(replace(load, ahead=GUESSED))))
        result |= _lengths(bare, guessing, effort.extracts)
        result["ratios_guessing"] = _guessing(bare, Ours(guessing, effort.extracts), effort)
    result["queue_seconds"] = [_queue_seconds()]
    return result


def _measured(load: Load, effort: Effort, *, bare_first: bool) -> dict[str, list[Any]]:
    """Return all that is measured of two models opened in this order.

    The one that is opened last is faster by a tenth, whichever it is and even when both are bare: measured in one
    order only, the difference would be taken for Greffier's (`docs/decisions.md`, 2026-11-26).
    """

    def open_bare() -> Bare:
        return Bare(Path(load.file), context=CONTEXT, threads=load.threads, batch=BATCH_CPU)

    with ExitStack() as opened:
        before = _resident()
        bare = opened.enter_context(closing(open_bare())) if bare_first else None
        recalling, generator = _timed(lambda: ProcessGenerator(load))
        opened.enter_context(closing(generator))
        bare = bare or opened.enter_context(closing(open_bare()))
        ours = Ours(generator, effort.extracts)
        found: dict[str, list[Any]] = _reading(bare, ours, effort) | _writing(bare, ours, effort)
        found["rss"], found["rss_bare"] = [generator.health().rss], [_resident() - before]
    return found | {"start_recalling_instructions": [recalling]}


def _guessing(bare: Bare, ours: Ours, effort: Effort) -> list[float]:
    """Return the ratios of writing with guesses to bare's, once both know the prompt."""
    known = _last(effort)
    asked = messages(known, effort.extracts)
    bare.run(asked, 1)
    ours.run(known, 1)
    return _ratios([(bare.run(asked, effort.tokens), ours.run(known, effort.tokens)) for _ in range(effort.rounds)])


def _last(effort: Effort) -> int:
    """Return the number of the prompt that both read last, and so know."""
    return 2 * effort.readings - 1


def _lengths(bare: Bare, generator: ProcessGenerator, extracts: int) -> dict[str, int]:
    one, other = bare.tokens(messages(0, extracts)), bare.tokens(messages(1, extracts))
    counted = generator.count_tokens(messages(0, extracts))
    if counted != len(one):
        raise RuntimeError(f"not the same prompt: {counted} tokens in the process, {len(one)} bare")
    shared = next(place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1])
    return {"prompt_tokens": len(one), "instruction_tokens": shared}


def _reading(bare: Bare, ours: Ours, effort: Effort) -> dict[str, list[float]]:
    """Return seconds to the first token: all is new to bare and the evidence to ours, then the evidence to both."""
    names = ("first_token_bare_cold", "first_token_warm", "first_token_bare_follow_up", "first_token_follow_up")
    found: dict[str, list[float]] = {name: [] for name in names}
    for number in range(0, 2 * effort.readings, 2):
        bare.forget()
        found["first_token_bare_cold"].append(bare.run(messages(number, effort.extracts), 1))
        found["first_token_warm"].append(ours.run(number, 1))
        found["first_token_bare_follow_up"].append(bare.run(messages(number + 1, effort.extracts), 1))
        found["first_token_follow_up"].append(ours.run(number + 1, 1))
    return found


def _writing(bare: Bare, ours: Ours, effort: Effort) -> dict[str, list[Any]]:
    """Return what writing costs once the prompt is known to both, the clock's and the processor's time."""
    known = _last(effort)
    asked = messages(known, effort.extracts)
    ones, many, processor = [], [], []
    for _ in range(6 * effort.rounds):
        ones.append(ours.run(known, 1) - bare.run(asked, 1))
    for _ in range(effort.rounds):
        before = time.process_time()
        theirs = bare.run(asked, effort.tokens)
        between, both = time.process_time(), ours.processor_seconds()
        many.append((theirs, ours.run(known, effort.tokens)))
        processor.append((between - before, ours.processor_seconds() - both))
    return {
        "first_token_added": ones,
        "tokens_per_second_bare": [effort.tokens / theirs for theirs, _ in many],
        "ratios": _ratios(many),
        "processor_ratios": _ratios(processor),
        "joules_bare": [_joules(lambda: bare.run(asked, effort.tokens))],
        "joules": [_joules(lambda: ours.run(known, effort.tokens))],
    }


def _ratios(pairs: Sequence[tuple[float, float]]) -> list[float]:
    return [round(theirs / own, 4) for theirs, own in pairs]


def _joules(act: Callable[[], object]) -> float | None:
    if find_counters().reason:
        return None
    with measure() as meter:
        act()
        return meter.joules()


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _queue_seconds(turns: int = 1000) -> float:
    queue = FairQueue()

    def take() -> None:
        for _ in range(turns):
            with queue.turn("a") as news:
                list(news)

    return _timed(take)[0] / turns


def _timed(act: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    done = act()
    return time.perf_counter() - began, done


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the models, compare, print Markdown or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.model", description=__doc__)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=["0.6b", "1.7b", "4b"])
    parser.add_argument("--threads", type=int, default=physical_cores())
    parser.add_argument("--tokens", type=int, help="tokens written in a turn; by default fewer for larger shapes")
    parser.add_argument("--rounds", type=int, help="pairs of turns")
    parser.add_argument(
        "--guessed", type=int, default=0, help=f"tokens guessed at once in Greffier's rows; {GUESSED}: as it ships"
    )
    parser.add_argument("--short", action="store_true", help="shorter prompts and turns, for a machine that is busy")
    parser.add_argument("--quick", action="store_true", help="one round of 8 tokens: does it run?")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    words = {word for message in messages(0, 1) for word in message.text.split()}
    results = {}
    for shape in options.shapes:
        effort = QUICK if options.quick else (SHORT if options.short else EFFORT)[shape]
        effort = replace(effort, tokens=options.tokens or effort.tokens, rounds=options.rounds or effort.rounds)
        with tempfile.TemporaryDirectory() as folder:
            file = write(Path(folder) / "bench.gguf", SHAPES[shape], words)
            with one_session():
                results[shape] = compare(file, options.threads, effort, options.guessed)
            sys.stderr.write(f"{shape}: {json.dumps(results[shape])}\n")  # a run that is cut short has told something
    if options.json:
        text = json.dumps(results, indent=1)
    else:
        watts = idle_watts()
        rest = f"{watts:.1f} W" if watts is not None else f"non mesuré ({find_counters().reason})"
        text = f"{as_markdown(results)}\n\n{options.threads} threads; idle: {rest}."
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
