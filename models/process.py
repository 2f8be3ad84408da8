"""The `rag.ports.Generator` whose model lives in a process of its own, so that nothing it does can end the server.

Turns calls of the port into messages to the process and its replies into pieces. Knows how long to be patient; does
not know how the process is kept alive (`models.supervisor`), nor llama.cpp.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence

from models.supervisor import Call, Reply, Supervisor
from models.wire import Began, Count, Counted, Ended, Failed, Load, Stop, Write, Wrote
from rag.errors import ContextOverflow, ModelError
from rag.ports import Health, Message, Piece

POLL = 0.25  # seconds without news after which the caller gets the chance to leave
STOP_SECONDS = 5.0  # a model that was told to stop and goes on so long is replaced
COUNT_SECONDS = 30.0
START_SECONDS = 600.0  # what a call waits for a process that is being restarted


class ProcessGenerator:
    """A chat model in a process of its own. Safe to share between threads: a second stream waits for the first.

    Blocks until the weights are loaded. `patience`: seconds of silence, for a batch of the prompt or for a token,
    after which the process is replaced.

    Raises:
        ModelError: if they cannot be loaded.
    """

    def __init__(self, load: Load, *, patience: float = 120.0) -> None:
        self._name = load.name
        self._patience = patience
        self._lock = threading.Lock()
        self._supervisor = Supervisor(load)
        problem = self._supervisor.wait(START_SECONDS).problem
        if problem is not None:
            self._supervisor.close()
            raise problem

    @property
    def id(self) -> str:
        """Name of the weights, as shown to the reader."""
        return self._name

    @property
    def context_tokens(self) -> int:
        """Room for prompt and answer together, in the model's tokens."""
        return self._supervisor.context

    def health(self) -> Health:
        """Return how the process fares."""
        return self._supervisor.health()

    def close(self) -> None:
        """End the process."""
        self._supervisor.close()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the length of the whole prompt as the model will read it, template included.

        Raises:
            ModelError: if the model's template refuses these messages, or the process fails.
        """
        self._check(self._supervisor.wait(START_SECONDS))
        with self._supervisor.call(busy=False) as call:
            self._supervisor.send(Count(call.number, _pairs(messages)))
            reply = self._next(call, COUNT_SECONDS)
            if not isinstance(reply, Counted):
                raise self._given_up(COUNT_SECONDS)
            return reply.tokens

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[Piece]:
        """Yield pieces as they come; closing the iterator stops the model.

        At least four times a second something comes, if only a piece without text, so that the caller can leave.

        Raises:
            ContextOverflow: if prompt and `max_tokens` do not fit into the context.
            ModelError: if the model or its process fails.
        """
        while not self._lock.acquire(timeout=POLL):
            yield Piece("")
        try:
            yield from self._until_ready()
            with self._supervisor.call(busy=True) as call:
                yield from self._pieces(call, Write(call.number, _pairs(messages), max_tokens))
        finally:
            self._lock.release()

    def _until_ready(self) -> Iterator[Piece]:
        until = time.monotonic() + START_SECONDS
        while (health := self._supervisor.wait(POLL)).state in ("starting", "restarting") and time.monotonic() < until:
            yield Piece("")
        self._check(health)

    def _pieces(self, call: Call, order: Write) -> Iterator[Piece]:
        running = False
        try:
            self._supervisor.send(order)
            running = True
            limit, heard = self._patience, time.monotonic()
            while running:
                reply = self._next(call, POLL)
                if reply is None:
                    if time.monotonic() - heard > limit:
                        running = False
                        raise self._given_up(limit)
                    yield Piece("")
                    continue
                heard = time.monotonic()
                match reply:
                    case Began(batches=batches):
                        limit = self._patience * batches
                    case Wrote(text=text, finish=finish):
                        limit = self._patience
                        yield Piece(text, finish)
                    case Ended():
                        running = False
                        self._supervisor.succeed()
        except ModelError:
            running = False
            raise
        finally:
            if running:  # the caller left
                self._stop(call)

    def _stop(self, call: Call) -> None:
        """Stop the model and wait until it is free; one that goes on is replaced."""
        try:
            self._supervisor.send(Stop(call.number))
            until = time.monotonic() + STOP_SECONDS
            while (left := until - time.monotonic()) > 0:
                if isinstance(self._next(call, left), Ended):
                    return
        except ModelError:
            return  # it is being replaced already
        self._given_up(STOP_SECONDS)

    def _next(self, call: Call, seconds: float) -> Reply | None:
        """Return the next reply, None if there is none within `seconds`.

        Raises:
            ContextOverflow: if the process says so.
            ModelError: if the process says so, or is gone.
        """
        try:
            reply = call.replies.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(reply, Failed):
            raise (ContextOverflow if reply.overflow else ModelError)(reply.fr, reply.en)
        return reply

    def _given_up(self, seconds: float) -> ModelError:
        """Have the process replaced because it was silent for `seconds`; return what the member reads."""
        reason = f"rien depuis {seconds:.0f} s", f"nothing for {seconds:.0f} s"
        self._supervisor.kill(*reason)
        return self._supervisor.broken(*reason)

    def _check(self, health: Health) -> None:
        if health.problem is not None and health.state == "failed":
            raise health.problem
        if health.state in ("starting", "restarting"):
            raise self._supervisor.broken(f"rien depuis {START_SECONDS:.0f} s", f"nothing for {START_SECONDS:.0f} s")


def _pairs(messages: Sequence[Message]) -> tuple[tuple[str, str], ...]:
    return tuple((message.role, message.text) for message in messages)
