"""An ingestion started from the page: a process of its own, followed by what it writes on standard error.

A crash of it cannot take the server down, and closing the page does not stop it. One at a time: the process itself
takes the store's lock, so an ingestion from a terminal or a watcher counts too and is said in its words. This module
does *not* know what an ingestion does; it starts `python -m ingest --json --progress`.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO, Any, Literal

from rag.errors import GreffierError, IngestBusy, ServerError
from rag.settings import ROOT, Settings

SECONDS_TO_END = 15.0  # what a cancelled ingestion gets to clean up after itself
LAST_WORDS = 400  # characters kept of what a process said before it failed

State = Literal["never", "running", "stopping", "done", "failed", "cancelled"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """How the ingestion fares. `stage` and `done` of `total` while it runs; `generation`, whether it was `published`
    and the files by status (`counts`) when it is done; `problem` when it failed. Times: seconds since 1970."""

    state: State = "never"
    began: float = 0.0
    ended: float = 0.0
    stage: str = ""
    done: int = 0
    total: int = 0
    generation: str = ""
    published: bool = False
    counts: tuple[tuple[str, int], ...] = ()
    problem: GreffierError | None = None

    @property
    def going_on(self) -> bool:
        """True until the process has ended."""
        return self.state in ("running", "stopping")


class Job:
    """At most one ingestion of this server; every method may be called from any thread."""

    def __init__(self, settings: Settings, published: Callable[[str, Run], None]) -> None:
        """`published` is told who started a run that made a new generation live."""
        self._settings = settings
        self._published = published
        self._lock = threading.Lock()
        self._run = Run()
        self._process: subprocess.Popen[str] | None = None

    def look(self) -> Run:
        """Return how it fares."""
        with self._lock:
            return self._run

    def start(self, actor: str, *, rebuild: bool = False) -> None:
        """Start an ingestion.

        Raises:
            IngestBusy: if one of this server's is under way.
            ServerError: if no process can be started.
        """
        with self._lock:
            if self._run.going_on:
                raise IngestBusy(
                    "Une indexation est déjà en cours : attendez qu'elle se termine, ou annulez-la.",
                    "An ingestion is under way already: wait until it ends, or cancel it.",
                )
            told = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by the thread
            try:
                self._process = self._spawn(told, rebuild)
            except OSError as error:
                told.close()
                raise ServerError(
                    f"L'indexation n'a pas pu démarrer ({error.strerror}).",
                    f"The ingestion could not be started ({error.strerror}).",
                ) from error
            self._run = Run("running", time.time())
            following = threading.Thread(
                target=self._follow, args=(self._process, told, actor), name="ingestion", daemon=True
            )
            following.start()

    def cancel(self) -> None:
        """Ask the ingestion under way to end; what is live stays live."""
        with self._lock:
            process = self._process
            if process is None or self._run.state != "running":
                return
            self._run = replace(self._run, state="stopping")
        process.terminate()
        killer = threading.Timer(SECONDS_TO_END, _kill, [process])
        killer.daemon = True
        killer.start()

    def _spawn(self, told: IO[str], rebuild: bool) -> subprocess.Popen[str]:
        nice = [found, "-n", "5"] if (found := shutil.which("nice")) else []  # members who ask go first
        command = [*nice, sys.executable, "-m", "ingest", "--json", "--progress", *(["--rebuild"] if rebuild else [])]
        folders = ["--corpus", str(self._settings.corpus), "--store", str(self._settings.store)]
        return subprocess.Popen(
            [*command, *folders], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", errors="replace", start_new_session=True,
        )  # fmt: skip

    def _follow(self, process: subprocess.Popen[str], told: IO[str], actor: str) -> None:
        problem: GreffierError | None = None
        last = ""
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                said = _parsed(line)
                if "stage" in said:
                    with self._lock:
                        self._run = replace(self._run, stage=said["stage"], done=said["done"], total=said["total"])
                elif "error" in said:
                    problem = GreffierError(said["error"]["fr"], said["error"]["en"])
                elif line.strip():
                    last = line.strip()[-LAST_WORDS:]
        code = process.wait()
        with told:
            told.seek(0)
            result = _parsed(told.read())
        self._end(_outcome(self.look(), code, result, problem, last), actor)

    def _end(self, run: Run, actor: str) -> None:
        with self._lock:
            self._run, self._process = run, None
        if run.state == "failed":
            _log.warning("ingestion from the page: %s", run.problem)
        if run.published:
            self._published(actor, run)


def _outcome(run: Run, code: int, result: dict[str, Any], problem: GreffierError | None, last: str) -> Run:
    ended = replace(run, ended=time.time(), stage="", done=0, total=0)
    if "generation" in result:  # 2 says that not every file could be read
        counts = Counter(file["status"] for file in result["files"])
        return replace(
            ended, state="done", generation=result["generation"], published=result["published"],
            counts=tuple(counts.items()),
        )  # fmt: skip
    if run.state == "stopping":
        return replace(ended, state="cancelled")
    why = last or f"code {code}"
    failed = problem or ServerError(
        f"L'indexation s'est arrêtée ({why}). L'index en service n'a pas changé ; relancez-la.",
        f"The ingestion stopped ({why}). The live index has not changed; run it again.",
    )
    return replace(ended, state="failed", problem=failed)


def _parsed(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _kill(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
