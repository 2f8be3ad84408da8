"""Limits on a stranger's program that runs in this process: the time it may take, the memory it may ask for.

Knows threads and the system's limits; does not know what runs.
"""

from __future__ import annotations

import ctypes
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STATUS = Path("/proc/self/status")


class TookTooLong(Exception):
    """The block of `at_most` is not done in its time."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise `TookTooLong` inside the block, in the thread that runs it, when it lasts longer.

    Python code is interrupted between two of its steps, in any thread (signals reach the first one only). A single
    call of a library is not: who waits for this process must have a limit of its own.
    """
    thread, lock, over = ctypes.c_ulong(threading.get_ident()), threading.Lock(), False

    def expire() -> None:
        with lock:
            if not over:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(TookTooLong))

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    lock.acquire()  # it must not strike in the middle of its own start, which would be left half done
    timer.start()
    try:
        lock.release()
        yield
    finally:
        timer.cancel()
        with lock:
            over = True
            # one that is on its way must not strike whoever comes next
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)


@contextmanager
def memory_at_most(more: int) -> Iterator[None]:
    """Have the system refuse this process more than `more` bytes beside what it holds: `MemoryError` in Python code.

    For a block during which no library allocates in another thread: it might not survive a refusal. Without effect
    where the system does not say what the process holds.
    """
    held = _held()
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if held is None or (soft != resource.RLIM_INFINITY and soft <= held + more):
        yield
        return
    resource.setrlimit(resource.RLIMIT_DATA, (held + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _held() -> int | None:
    """Return the bytes that `RLIMIT_DATA` counts."""
    try:
        lines = STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:")), None)
