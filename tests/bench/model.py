"""`python -m tests.bench.model [--shapes 0.6b 1.7b 4b] [--quick]`: Greffier's path against bare llama-cpp-python.

Both get the same random weights of a real shape and the same prompts, in turns, in one run; medians are shown as
Markdown, or JSON. Bare means `Llama.generate` in this process, each token turned into text; it too keeps what a prompt
shares with the one before it, but starts with nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from models.energy import find_counters, idle_watts, measure
from models.generator import LlamaGenerator
from models.hardware import physical_cores
from models.process import ProcessGenerator
from models.wire import Load
from rag.evaluation.table import markdown
from rag.ports import Message
from rag.prompt import INSTRUCTIONS
from rag.queue import FairQueue
from tests.bench.shapes import SHAPES, write

SAMPLING = (0.1, 0.9, 40, 0.05, 1.0)
EXTRACT = "Le vitrage est posé sur des cales dont l'épaisseur dépend du poids et du cadre de la fenêtre"
CONTEXT = 4096
T = TypeVar("T")


def messages(number: int, extracts: int) -> list[Message]:
    """Return a prompt whose evidence differs from that of any other number, from its first word on."""
    lines = [f"[S{line}] {number} {line} {EXTRACT}" for line in range(extracts)]
    return [
        Message("system", INSTRUCTIONS),
        Message("user", "Extraits :\n" + "\n".join([str(number), *lines]) + "\n\nQuestion : quelle épaisseur ?"),
    ]


class Bare:
    """llama-cpp-python as its users call it, with the same prompt, batch and sampling."""

    def __init__(self, model: LlamaGenerator) -> None:
        self._model = model

    def run(self, prompt: Sequence[Message], tokens: int) -> float:
        """Return the seconds to write so many tokens."""
        llama: Any = self._model._llama
        began = time.perf_counter()
        read = self._model._tokens(self._model._prompt(prompt))
        drawn = llama.generate(read, temp=0.1, top_p=0.9, top_k=40, min_p=0.05, repeat_penalty=1.0)
        with closing(drawn):
            for _ in range(tokens):
                llama.detokenize([next(drawn)])
        return time.perf_counter() - began


def through_process(generator: ProcessGenerator, prompt: Sequence[Message], tokens: int) -> float:
    """Return the seconds to write so many tokens."""
    began = time.perf_counter()
    *_, last = generator.stream(prompt, max_tokens=tokens)
    if last.finish != "length":
        raise RuntimeError(f"the model ended by itself: {last}")
    return time.perf_counter() - began


def compare(file: Path, threads: int, tokens: int, rounds: int) -> dict[str, Any]:
    """Return medians of both paths."""
    state = file.parent / "state"
    load = Load(str(file), "bench", CONTEXT, threads, 0, SAMPLING, INSTRUCTIONS, str(state), ahead=3)
    result: dict[str, Any] = {}
    result["start_reading_instructions"], cold = _timed(lambda: ProcessGenerator(load))
    cold.close()
    result["start_recalling_instructions"], generator = _timed(lambda: ProcessGenerator(load))
    before = _resident()
    here = LlamaGenerator(file, name="bare", context=CONTEXT, threads=threads)
    bare = Bare(here)
    result["file_bytes"] = file.stat().st_size
    with closing(generator):
        prompt = messages(0, 8)
        result["prompt_tokens"] = generator.count_tokens(prompt)
        result["instruction_tokens"] = len(here._common_start(INSTRUCTIONS))
        result["first_token_bare_cold"] = bare.run(prompt, 1)
        result["first_token_warm_instructions"] = through_process(generator, prompt, 1)
        # other evidence after the same instructions, as with a follow-up
        second = messages(1, 8)
        result["first_token_bare_follow_up"] = bare.run(second, 1)
        result["first_token_follow_up"] = through_process(generator, second, 1)
        bare.run(prompt, 1), through_process(generator, prompt, 1)
        # from here on the prompt is known to both, and only its last token is read again
        ones = [(bare.run(prompt, 1), through_process(generator, prompt, 1)) for _ in range(4 * rounds)]
        many = [(bare.run(prompt, tokens), through_process(generator, prompt, tokens)) for _ in range(rounds)]
        result["cpu_ratios"] = [round(_cpu_ratio(bare, generator, prompt, tokens), 3) for _ in range(rounds)]
        result["joules_bare"] = _joules(lambda: bare.run(prompt, tokens))
        result["joules"] = _joules(lambda: through_process(generator, prompt, tokens))
        result["rss"] = generator.health().rss
    result["rss_bare"] = _resident() - before
    result["first_token_bare"] = statistics.median(theirs for theirs, _ in ones)
    result["first_token_added"] = statistics.median(ours - theirs for theirs, ours in ones)
    result["tokens_per_second_bare"] = statistics.median(tokens / theirs for theirs, _ in many)
    result["ratio"] = statistics.median(theirs / ours for theirs, ours in many)
    result["cpu_ratio"] = statistics.median(result["cpu_ratios"])
    result["ratios"] = [round(theirs / ours, 3) for theirs, ours in many]
    result["queue_seconds"] = _queue_seconds()
    return result


def _joules(act: Callable[[], object]) -> float | None:
    with measure() as meter:
        act()
        return meter.joules()


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _cpu_ratio(bare: Bare, generator: ProcessGenerator, prompt: Sequence[Message], tokens: int) -> float:
    """Return processor time of the bare path over that of ours, both of our processes counted.

    On a machine that others use too, it says more than the clock does.
    """
    pid = generator.health().pid
    before = time.process_time()
    bare.run(prompt, tokens)
    between, child = time.process_time(), _processor_seconds(pid)
    through_process(generator, prompt, tokens)
    return (between - before) / (time.process_time() - between + _processor_seconds(pid) - child)


def _processor_seconds(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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


def as_markdown(results: Mapping[str, Mapping[str, Any]], tokens: int) -> str:
    """Return a table with a column a shape."""
    start = _both("start_reading_instructions", "start_recalling_instructions")
    energy = f"energy of {tokens} tokens: bare, Greffier"
    rows: list[tuple[str, Callable[[Mapping[str, Any]], str]]] = [
        ("prompt, of it instructions", lambda r: f"{r['prompt_tokens']}, {r['instruction_tokens']} tokens"),
        ("start to ready: instructions read, recalled", start),
        ("first token, cold: bare", lambda r: f"{r['first_token_bare_cold']:.2f} s"),
        ("first token, warm instructions: Greffier", lambda r: f"{r['first_token_warm_instructions']:.2f} s"),
        ("first token, follow-up: bare, Greffier", _both("first_token_bare_follow_up", "first_token_follow_up")),
        ("share of the prompt still to be read", lambda r: f"{1 - r['instruction_tokens'] / r['prompt_tokens']:.2f}"),
        ("first token, known prompt: added", lambda r: f"{1000 * r['first_token_added']:.1f} ms (goal: 30)"),
        ("tokens a second: bare", lambda r: f"{r['tokens_per_second_bare']:.2f}"),
        ("tokens a second: Greffier over bare", lambda r: f"{r['ratio']:.3f} (goal: 0.97)"),
        ("processor time: bare over Greffier", lambda r: f"{r['cpu_ratio']:.3f}"),
        ("a turn in the queue", lambda r: f"{1e6 * r['queue_seconds']:.0f} µs"),
        ("memory: file, bare, Greffier's process", _megabytes),
        (energy, lambda r: f"{_joules_of(r['joules_bare'])}, {_joules_of(r['joules'])}"),
    ]  # fmt: skip
    body = [[name, *(show(result) for result in results.values())] for name, show in rows]
    return markdown(["", *results], body)


def _both(first: str, second: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda result: f"{result[first]:.2f}, {result[second]:.2f} s"


def _megabytes(result: Mapping[str, Any]) -> str:
    return ", ".join(f"{(result[name] or 0) / 1e6:.0f}" for name in ("file_bytes", "rss_bare", "rss")) + " MB"


def _joules_of(joules: float | None) -> str:
    return "non mesuré" if joules is None else f"{joules:.1f} J"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the models, compare, print Markdown or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.model", description=__doc__)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=["0.6b", "1.7b", "4b"])
    parser.add_argument("--threads", type=int, default=physical_cores())
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one round of 8 tokens: does it run?")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    tokens, rounds = (8, 1) if options.quick else (options.tokens, options.rounds)
    words = {word for message in messages(0, 1) for word in message.text.split()}
    results = {}
    for shape in options.shapes:
        with tempfile.TemporaryDirectory() as folder:
            file = write(Path(folder) / "bench.gguf", SHAPES[shape], words)
            results[shape] = compare(file, options.threads, tokens, rounds)
    if options.json:
        text = json.dumps(results, indent=1)
    else:
        watts = idle_watts()
        rest = f"{watts:.1f} W" if watts is not None else f"non mesuré ({find_counters().reason})"
        text = f"{as_markdown(results, tokens)}\n\n{options.threads} threads; idle: {rest}."
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
