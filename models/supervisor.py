"""Keeps one inference process alive: starts it, hears it, kills it when it hangs, starts it again after a pause.

Knows processes, signals and time. Does not know what is asked of the model (`models.process`), nor llama.cpp.
"""

from __future__ import annotations

import itertools
import logging
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from models.wire import Alive, Began, Counted, Ended, Failed, Load, Message, Ready, Wire, Wrote
from rag.errors import ModelError
from rag.ports import Health
from rag.settings import ROOT

LOG = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds before the first restart, and at most, after doubling
DOUBLINGS = 20  # far beyond the longest pause; a thousand would be more than a float holds
HOPELESS = 5  # starts in a row that failed: from then on the state is "failed", though attempts go on
FIRST_STARTS = 3  # the same for a process that has never been ready: it may have been killed for want of memory
HEARTBEAT_SECONDS = 15.0  # silence of a process that says once a second that it lives
LOAD_SECONDS = 600.0  # an 8 GB file from a slow disk takes two minutes
STDERR_BYTES = 4000  # looked at for the last line

Reply = Counted | Began | Wrote | Ended | Failed


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the process: its number, and what came back so far."""

    number: int
    replies: queue.SimpleQueue[Reply]


class Supervisor:
    """One inference process at a time. Every method may be called from any thread."""

    def __init__(self, load: Load, *, first_pause: float = FIRST_PAUSE) -> None:
        self._load = load
        self._identity = _identity(load.file)
        self._first_pause = first_pause
        self._changed = threading.Condition()  # guards all below
        self._health = Health("starting", time.monotonic())
        self._context = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: Wire | None = None
        self._calls: dict[int, Call] = {}
        self._failures = 0
        self._verdict: ModelError | None = None  # why we killed the process, or what it said against its file
        self._refused = False  # it said why itself, and will say so again
        self._closed = False
        self._numbers = itertools.count(1)
        # the process dies with the thread that started it (PR_SET_PDEATHSIG): this one lives as long as we do
        self._thread = threading.Thread(target=self._supervise, name="inference", daemon=True)
        self._thread.start()

    @property
    def context(self) -> int:
        """Room for prompt and answer in tokens; 0 before the first load."""
        return self._context

    def health(self) -> Health:
        """Return how the process fares."""
        with self._changed:
            health = self._health
        return replace(health, rss=_memory(health.pid))

    def wait(self, seconds: float) -> Health:
        """Return how the process fares once it is ready or a start has failed, or after `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: self._health.state not in ("starting", "restarting"), seconds)
            return self._health

    @contextmanager
    def call(self, *, busy: bool) -> Iterator[Call]:
        """Give a call with a number of its own; its replies are dropped once the block is left.

        `busy` says that the model works during the call.
        """
        call = Call(next(self._numbers), queue.SimpleQueue())
        with self._changed:
            self._calls[call.number] = call
            if busy:
                self._become("busy", over=("ready",))
        try:
            yield call
        finally:
            with self._changed:
                self._calls.pop(call.number, None)
                if busy:
                    self._become("ready", over=("busy",))

    def send(self, message: Message) -> None:
        """Send a message to the process.

        Raises:
            ModelError: if there is none, or it hears nothing.
        """
        with self._changed:
            wire, problem = self._wire, self._health.problem
        if wire is None:
            raise problem or self.broken(*_gone(None))
        try:
            wire.send(message)
        except TimeoutError as error:
            self.kill(*_silent(HEARTBEAT_SECONDS))
            raise self.broken(*_silent(HEARTBEAT_SECONDS)) from error
        except OSError:
            # It has just gone. `_supervise` is about to learn why, and tells every call.
            return

    def kill(self, fr: str, en: str) -> None:
        """Have the process replaced, for this reason."""
        with self._changed:
            if self._process is not None and self._process.poll() is None:
                self._verdict = self.broken(fr, en)
                self._process.kill()
                # at once: a call that comes before we hear of its end must wait for the next process
                self._set(Health("restarting", time.monotonic(), self._verdict, restarts=self._health.restarts))

    def succeed(self) -> None:
        """Take note that an answer was finished: the next restart is a quick one again."""
        with self._changed:
            self._failures = 0

    def close(self) -> None:
        """End the process and wait until it is gone."""
        with self._changed:
            self._closed = True
            if self._process is not None:
                self._process.kill()
            self._changed.notify_all()
        self._thread.join()

    def _supervise(self) -> None:
        while True:
            try:
                error = self._live()
            except OSError as failure:  # short of memory or of descriptors: the next attempt may have some
                error = self.broken(f"il ne démarre pas ({failure})", f"it does not start ({failure})")
            with self._changed:
                for call in self._calls.values():
                    call.replies.put(Failed(call.number, error.fr, error.en))
                if self._closed:
                    return
                LOG.warning("%s", error)
                self._failures += 1
                starts = HOPELESS if self._context else FIRST_STARTS
                hopeless = self._failures >= starts or (self._refused and not self._context)
                state = "failed" if hopeless else "restarting"
                self._set(Health(state, time.monotonic(), error, restarts=self._health.restarts + 1))  # type: ignore[arg-type]
                pause = min(LONGEST_PAUSE, self._first_pause * 2 ** min(self._failures - 1, DOUBLINGS))
                self._changed.wait_for(lambda: self._closed, pause)
                if self._closed:
                    return

    def _live(self) -> ModelError:
        """Start a process, hear it until it is gone, and return why it went."""
        if _identity(self._load.file) != self._identity:
            self._failures = max(self._failures, HOPELESS - 1)  # until it is put back
            return ModelError(
                f"Le fichier du modèle {self._load.name!r} a changé ou disparu depuis sa vérification. Le serveur le "
                "vérifie et le charge de lui-même dès que sa copie est finie.",
                f"The file of the model {self._load.name!r} has changed or gone since it was checked. The server "
                "checks and loads it by itself as soon as its copy is complete.",
            )
        ours, theirs = socket.socketpair()
        with tempfile.TemporaryFile() as errors, ours:
            with theirs:
                process = _start(theirs, errors)
            wire = Wire(ours)
            with self._changed:
                self._process, self._verdict, self._refused = process, None, False
                if self._closed:
                    process.kill()
            try:
                self._hear(wire, process)
            finally:
                with self._changed:
                    self._wire = None
                if process.poll() is None:
                    process.kill()
                code = process.wait()
            return self._verdict or self.broken(*_gone(code, _last_line(errors)))

    def _hear(self, wire: Wire, process: subprocess.Popen[bytes]) -> None:
        """Pass on what the process says until it is gone, or silent for too long."""
        began, ready = time.monotonic(), False
        try:
            wire.send(self._load)
            while ready or time.monotonic() < began + LOAD_SECONDS:
                message = wire.receive(HEARTBEAT_SECONDS)
                ready = ready or isinstance(message, Ready)
                self._take(message, process.pid, wire)
            self.kill(f"il n'est pas chargé après {LOAD_SECONDS:.0f} s", f"not loaded after {LOAD_SECONDS:.0f} s")
        except TimeoutError:
            self.kill(*_silent(HEARTBEAT_SECONDS))
        except ValueError as error:
            self.kill(f"il dit n'importe quoi ({error})", f"it talks nonsense ({error})")
        except (EOFError, OSError):
            with suppress(subprocess.TimeoutExpired):  # its end of the socket closes before its status is known
                process.wait(1)

    def _take(self, message: Message, pid: int, wire: Wire) -> None:
        with self._changed:
            match message:
                case Alive():
                    return
                case Ready(context):
                    self._context, self._wire = context, wire  # not before: while it loads it can answer nothing
                    self._set(Health("ready", time.monotonic(), None, pid, self._health.restarts))
                case Failed(call=0):
                    self._verdict, self._refused = ModelError(message.fr, message.en), True
                case Counted() | Began() | Wrote() | Ended() | Failed():
                    if (call := self._calls.get(message.call)) is not None:
                        call.replies.put(message)
                case _:
                    raise ValueError(str(message)[:100])

    def _become(self, state: str, over: tuple[str, ...]) -> None:
        if self._health.state in over:
            old = self._health
            self._set(Health(state, time.monotonic(), None, old.pid, old.restarts))  # type: ignore[arg-type]

    def _set(self, health: Health) -> None:
        self._health = health
        self._changed.notify_all()

    def broken(self, fr: str, en: str) -> ModelError:
        """Return what a member reads when the process fails for this reason."""
        name = self._load.name
        if not self._context:
            return ModelError(
                f"Le modèle de langue {name!r} ne démarre pas : {fr}. Libérez de la mémoire ou choisissez un modèle "
                "plus petit ; le serveur réessaie de lui-même, dix minutes plus tard au plus, et répond d'ici là par "
                "extraits.",
                f"The language model {name!r} does not start: {en}. Free some memory or choose a smaller model; the "
                "server tries again by itself, after ten minutes at most, and answers by extracts until then.",
            )
        return ModelError(
            f"Le modèle de langue {name!r} s'est interrompu : {fr}. Il redémarre de lui-même : reposez la question "
            "dans quelques secondes ; si cela se répète, prévenez l'administrateur.",
            f"The language model {name!r} broke off: {en}. It restarts by itself: ask again in a few seconds; if it "
            "happens again, tell the administrator.",
        )


def _start(end: socket.socket, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    # a session of its own: Ctrl+C in the terminal is for the server, which ends this process itself
    return subprocess.Popen(
        [sys.executable, "-m", "models.worker", str(end.fileno())],
        cwd=ROOT,
        pass_fds=(end.fileno(),),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        start_new_session=True,
        # llama.cpp would start a debugger to print a trace, which takes seconds and may hang
        env={**os.environ, "GGML_NO_BACKTRACE": "1"},
    )


def _identity(file: str) -> tuple[int, int, int] | None:
    """Return what changes when a file is replaced or rewritten; hashing gigabytes again would delay a restart."""
    try:
        found = Path(file).stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _memory(pid: int | None) -> int | None:
    """Return the bytes of memory that a process holds, None where the system does not say."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _silent(seconds: float) -> tuple[str, str]:
    return f"aucun signe de vie depuis {seconds:.0f} s", f"no sign of life for {seconds:.0f} s"


def _gone(code: int | None, said: str = "") -> tuple[str, str]:
    if code is None:
        return "il n'est pas en route", "it is not running"
    if code == -signal.SIGKILL:
        return "arrêt forcé (signal 9), souvent faute de mémoire", "killed (signal 9), often for lack of memory"
    if code < 0:
        return f"arrêt brutal, signal {-code}", f"crash, signal {-code}"
    return f"fin inattendue, code {code} {said}".rstrip(), f"unexpected end, code {code} {said}".rstrip()


def _last_line(errors: IO[bytes]) -> str:
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - STDERR_BYTES))
    lines = errors.read().decode("utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
