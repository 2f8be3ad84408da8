"""The inference process: `python -m models.worker FD`, where FD is its end of a socket pair with `models.supervisor`.

Loads one GGUF, then answers one call at a time. Two threads: this module's first thread is in the model; the other
listens, counts tokens, says that the process lives, and stops the model. The process ends when its parent does.
It does *not* know who asks, nor restarts itself.
"""

from __future__ import annotations

import ctypes
import os
import queue
import resource
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, cast

from models.catalogue import Sampling
from models.generator import LlamaGenerator
from models.wire import Alive, Began, Count, Counted, Ended, Failed, Load, Ready, Stop, Wire, Write, Wrote
from rag.errors import ContextOverflow, GreffierError
from rag.ports import Message

HEARTBEAT = 1.0  # seconds of silence after which the process says that it lives
LOAD_SECONDS = 30.0  # the order to load comes at once or never
EXPENDABLE = "500"  # of 1000: when memory runs out, the kernel takes this process rather than the web server
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Worker:
    """Answers the calls that come over the wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._jobs: queue.SimpleQueue[Write] = queue.SimpleQueue()
        self._model: LlamaGenerator | None = None
        self._lock = threading.Lock()  # guards the two below, so that no call is stopped in the place of another
        self._current = 0
        self._unwanted: set[int] = set()

    def run(self) -> int:
        """Load, then answer until the parent is gone; return 1 if the model cannot be loaded."""
        order = self._wire.receive(LOAD_SECONDS)
        if not isinstance(order, Load):
            raise ValueError(f"expected Load, got {order}")
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            self._model = model = _open(order)
        except GreffierError as error:
            self._wire.send(Failed(0, error.fr, error.en))
            return 1
        self._wire.send(Ready(model.context_tokens))
        while True:
            self._answer(model, self._jobs.get())

    def _answer(self, model: LlamaGenerator, job: Write) -> None:
        with self._lock:
            wanted = job.call not in self._unwanted
            self._unwanted.clear()
            self._current = job.call
            model.brake.release()
        try:
            if wanted:
                self._write(model, job)
            self._wire.send(Ended(job.call))
        except GreffierError as error:
            self._wire.send(_failed(job.call, error))
        finally:
            with self._lock:
                self._current = 0

    def _write(self, model: LlamaGenerator, job: Write) -> None:
        messages = _messages(job.messages)
        with closing(cast(Any, model.stream(messages, max_tokens=job.max_tokens))) as pieces:
            self._wire.send(Began(job.call, model.batches(messages)))
            for piece in pieces:
                self._wire.send(Wrote(job.call, piece.text, piece.finish))
                if model.brake.pressed:
                    break

    def _listen(self) -> None:
        try:
            while True:
                try:
                    message = self._wire.receive(HEARTBEAT)
                except TimeoutError:
                    self._wire.send(Alive())
                    continue
                match message:
                    case Write():
                        self._jobs.put(message)
                    case Count():
                        self._count(message)
                    case Stop(call):
                        self._stop(call)
                    case _:
                        raise ValueError(f"unexpected {message}")
        except (EOFError, OSError):
            os._exit(0)  # the parent is gone; the other thread may be in the model for a long time
        except BaseException:  # noqa: BLE001 - the thread's edge: without it the process would be deaf for good
            sys.excepthook(*sys.exc_info())
            os._exit(1)

    def _count(self, message: Count) -> None:
        assert self._model is not None  # the parent waits for Ready
        try:
            tokens = self._model.count_tokens(_messages(message.messages))
        except GreffierError as error:
            self._wire.send(_failed(message.call, error))
        else:
            self._wire.send(Counted(message.call, tokens))

    def _stop(self, call: int) -> None:
        with self._lock:
            if call == self._current and self._model is not None:
                self._model.brake.press()
            else:
                self._unwanted.add(call)


def main(arguments: Sequence[str]) -> int:
    """Speak over the socket whose number is the only argument."""
    end = socket.socket(fileno=int(arguments[0]))
    _live_modestly()
    return Worker(Wire(end)).run()


def _open(order: Load) -> LlamaGenerator:
    model = LlamaGenerator(
        Path(order.file),
        name=order.name,
        context=order.context,
        threads=order.threads,
        batch=order.batch,
        gpu_layers=order.gpu_layers,
        ahead=order.ahead,
        sampling=Sampling(*order.sampling),  # type: ignore[arg-type]  # top_k is a whole number on the wire too
    )
    model.read_instructions(order.instructions, Path(order.state) if order.state else None)
    return model


def _messages(pairs: Sequence[tuple[str, str]]) -> list[Message]:
    return [Message(cast(Any, role), text) for role, text in pairs]


def _failed(call: int, error: GreffierError) -> Failed:
    return Failed(call, error.fr, error.en, isinstance(error, ContextOverflow))


def _live_modestly() -> None:
    """Die with the parent even when stopped, dump no core (it would hold members' questions), die first of thirst."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        with suppress(OSError):  # a container may forbid it
            Path("/proc/self/oom_score_adj").write_text(EXPENDABLE, encoding="ascii")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
