"""Questions for half an hour: memory, descriptors and threads of the server must stay flat.

`python -m tests.bench.soak [--minutes 30] [--members 20] [--assistant extracts|scripted]`. A real server in a process
of its own, asked as the page asks it, over Gradio's queue; a fifth of the members leave in the middle of an answer, as
people do. `extracts` searches and answers from the sample corpus with the shipped embedder, `scripted` says a fixed
text, so that only the interface works. Prints a line a minute and a verdict; exit status 1 when something grows.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from rag.console import say
from rag.settings import ROOT

QUESTIONS = (
    "Quelle est l'épaisseur des cales ?", "Quel est le prix du verre ?", "Qui a gagné la coupe du monde de rugby ?",
    "Combien de jours de congés pour un mariage ?", "Quelles sont les règles de pose des vitrages ?",
    "Quel est le montant de l'indemnité de repas ?",
)  # fmt: skip
GROWTH = 0.03
"""Share by which memory may be larger in the last quarter of a run than in the second one."""
LEAST = 24 << 20
"""Bytes that are no growth: what allocators and caches do in a short run."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at one moment: seconds since the start, questions answered, resident bytes, descriptors, threads."""

    at: float
    asked: int
    rss: int
    descriptors: int
    threads: int


@dataclass(slots=True)
class Soak:
    """Members that ask, and samples of the server that answers."""

    address: str
    pid: int
    asked: int = 0
    failures: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _going: threading.Event = field(default_factory=threading.Event)

    def run(self, members: int, seconds: float, every: float) -> None:
        """Ask for `seconds`, with a sample `every` so many seconds and a last one when all is quiet again."""
        began = time.monotonic()
        threads = [threading.Thread(target=self._member, args=(number,)) for number in range(members)]
        for thread in threads:
            thread.start()
        while time.monotonic() - began < seconds and not self.failures:
            time.sleep(every)
            self.samples.append(self._sample(time.monotonic() - began))
        self._going.set()
        for thread in threads:
            thread.join()
        time.sleep(min(every, 5.0))  # the server notices who has left
        self.samples.append(self._sample(time.monotonic() - began))

    def _member(self, number: int) -> None:
        try:
            turn = number
            while not self._going.is_set():  # each conversation is a new visit of the page
                with httpx.Client(base_url=self.address, timeout=120) as client:
                    index = ask_index(client.get("/").text)
                    session = uuid.uuid4().hex[:12]
                    for _ in range(5):
                        leaves = turn % 5 == 4
                        turn += 1
                        ask(client, index, session, QUESTIONS[turn % len(QUESTIONS)], leaves=leaves)
                        with self._lock:
                            self.asked += 1
                        if self._going.is_set() or leaves:
                            break
        except (httpx.HTTPError, ValueError, LookupError) as error:
            self.failures.append(f"{type(error).__name__}: {error}")

    def _sample(self, at: float) -> Sample:
        status = Path(f"/proc/{self.pid}/status").read_text()
        rss, threads = (int(re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE)[1]) for name in ("VmRSS", "Threads"))  # type: ignore[index]
        return Sample(at, self.asked, rss * 1024, len(os.listdir(f"/proc/{self.pid}/fd")), threads)

    def verdict(self, members: int) -> list[str]:
        """Return what grows, [] if all is flat. The first quarter, in which caches fill, does not count."""
        quarter = len(self.samples) // 4
        early, late = self.samples[quarter : 2 * quarter], self.samples[-quarter:]
        if quarter < 2:
            return [f"only {len(self.samples)} samples"]
        wrong = [*self.failures]
        for name, allowed in (("rss", 0), ("descriptors", 2 * members), ("threads", members)):
            before, after = (statistics.median(getattr(one, name) for one in part) for part in (early, late))
            room = max(LEAST, GROWTH * before) if name == "rss" else allowed
            if after - before > room:
                wrong.append(f"{name} grew from {before:.0f} to {after:.0f}")
        return wrong

    def slope(self) -> float:
        """Return the growth of resident memory in bytes a question, by least squares over all but the first quarter."""
        kept = self.samples[len(self.samples) // 4 :]
        if len({one.asked for one in kept}) < 2:
            return 0.0
        return statistics.linear_regression([one.asked for one in kept], [one.rss for one in kept]).slope


def ask_index(page: str) -> int:
    """Return the number of the event that asks: what sending the question's box triggers."""
    found = re.search(r"window\.gradio_config\s*=\s*(\{.*?\});\s*(?:window|</script>)", page, re.DOTALL)
    if found is None:
        raise LookupError("no configuration in the page")
    config: dict[str, Any] = json.loads(found[1])
    box = next(part["id"] for part in config["components"] if part["props"].get("elem_id") == "question")
    return next(int(one["id"]) for one in config["dependencies"] if [box, "submit"] in one["targets"])


def ask(client: httpx.Client, index: int, session: str, question: str, *, leaves: bool) -> None:
    """Ask as the page does, and wait for the end of the answer, or only for its beginning."""
    body = {"data": [question], "fn_index": index, "session_hash": session, "event_data": None, "trigger_id": None}
    client.post("/gradio_api/queue/join", json=body).raise_for_status()
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
        stream.raise_for_status()
        for line in stream.iter_lines():
            said = json.loads(line[6:])["msg"] if line.startswith("data: ") else ""
            if said == "process_completed" or (leaves and said == "process_generating"):
                return
    raise ValueError("the stream ended before the answer")


@contextmanager
def serving(assistant: str, folder: Path) -> Iterator[tuple[str, int]]:
    """Run a server for the length of a `with` block; give its address and process.

    Raises:
        RuntimeError: if it does not come up.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    environment = {**os.environ, "GREFFIER_DATA": str(folder / "data"), "GREFFIER_STORE": str(folder / "store")}
    if assistant == "extracts":
        subprocess.run([sys.executable, "-m", "ingest", "--corpus", str(ROOT / "corpus")], cwd=ROOT, env=environment,
                       check=False, capture_output=True)  # fmt: skip
        command = ["-m", "ui", "--port", str(port), "--model", "extracts"]
    else:
        command = ["-m", "tests.browser.scripted", str(folder), str(port)]
    log = folder / "log"
    with log.open("wb") as out, subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment, stdout=out,
                                                 stderr=out) as process:  # fmt: skip
        try:
            wait(process, f"http://127.0.0.1:{port}", log)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


def wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{address}/health", timeout=5).json()["status"] == "ready":
                return
        except (httpx.HTTPError, ValueError):
            pass
        time.sleep(0.5)
    raise RuntimeError(f"the server did not come up:\n{log.read_text(errors='replace')[-2000:]}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a soak and print it; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--members", type=int, default=20)
    parser.add_argument("--assistant", choices=("extracts", "scripted"), default="extracts")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, serving(options.assistant, Path(folder)) as (address, pid):
        soak = Soak(address, pid)
        every = max(1.0, options.minutes * 60 / 120)
        soak.run(options.members, options.minutes * 60, every)
        wrong = soak.verdict(options.members)
    step = max(1, len(soak.samples) // 12)
    for one in soak.samples[::step]:
        say(f"{one.at:6.0f} s  {one.asked:6d} questions  {one.rss / 1e6:7.1f} MB  {one.descriptors:4d} descriptors  "
            f"{one.threads:3d} threads", sys.stdout)  # fmt: skip
    say(f"{soak.asked} questions, {soak.slope():.0f} bytes of memory more a question", sys.stdout)
    say("; ".join(wrong) or "flat", sys.stdout)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
