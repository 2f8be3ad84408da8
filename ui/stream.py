"""A blocking iterator to an asynchronous one, so that a slow answer never holds up the server's event loop.

This module does *not* know what the values are.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from typing import TypeVar

T = TypeVar("T")


class _End:
    """Marks the end of a stream, with the error that ended it, if any."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


async def stream(
    start: Callable[[], Iterator[T]], stopped: threading.Event, tick: float
) -> AsyncGenerator[T | None, None]:  # fmt: skip
    """Yield what `start()` yields, in a thread of its own, and None after each `tick` seconds without any.

    Setting `stopped`, or closing this iterator, ends it at once; the thread closes the blocking iterator as
    soon as that hands back control. An error of the iterator is raised here.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[T | _End] = asyncio.Queue()

    def put(value: T | _End) -> None:
        # the loop may be closed when the server shuts down in mid-answer; nobody waits for the value then
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(queue.put_nowait, value)

    threading.Thread(target=_pump, args=(start, stopped, put), name="answer", daemon=True).start()
    try:
        while not stopped.is_set():
            try:
                value = await asyncio.wait_for(queue.get(), tick)
            except TimeoutError:
                yield None
                continue
            if isinstance(value, _End):
                if value.error is not None:
                    raise value.error
                return
            yield value
    finally:
        stopped.set()


def _pump(start: Callable[[], Iterator[T]], stopped: threading.Event, put: Callable[[T | _End], None]) -> None:
    error: BaseException | None = None
    try:
        iterator = start()
        for value in iterator:
            if stopped.is_set():
                break
            put(value)
        if isinstance(iterator, Generator):
            iterator.close()
    except BaseException as caught:  # noqa: BLE001 - handed over whole to the other side, which raises it
        error = caught
    put(_End(error))
