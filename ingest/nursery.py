"""Starts children at once: keeps processes that have imported the readers (`ingest.forker`), and has them fork.

Importing takes 0.1 s, as long as reading twenty pages; a fork takes a few milliseconds. Does *not* know limits, nor
what children say: `ingest.guard` does.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from queue import Empty, LifoQueue
from weakref import finalize

MESSAGE = 1 << 16
"""Bytes of a job or an answer: a path has 4,096 at most."""


class Nursery:
    """The near end of a forking process. One job at a time. It ends with `close`, or with this object."""

    def __init__(self, root: Path) -> None:
        """Start the process in `root`, with a clean environment and a session of its own.

        Raises:
            ChildProcessError: if it cannot be started.
        """
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "ingest.forker", str(theirs.fileno())], stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()], cwd=root, env=_environment(),
                    start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            self._control.close()
            raise ChildProcessError(f"no process could be started ({error})") from error
        self.close = finalize(self, _end, self._control, self._process)

    def start(self, arguments: Sequence[str]) -> Child:
        """Start a child on a job of `ingest.child`.

        Raises:
            ChildProcessError: if no child can be started.
        """
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        try:
            socket.send_fds(self._control, [json.dumps(arguments).encode()], [out_end, err_end])
            answer = self._control.recv(MESSAGE)
        except OSError:
            answer = b""
        finally:
            os.close(out_end)
            os.close(err_end)
        # an exit status instead of a number: it ended before its group was there
        if not answer.startswith(b"+"):
            os.close(out)
            os.close(err)
            raise ChildProcessError(f"no child could be started (status {self._process.poll()})")
        return Child(int(answer), out, err, self._control)


def _end(control: socket.socket, process: subprocess.Popen[bytes]) -> None:
    control.close()
    process.kill()
    process.wait()


class Child:
    """One running child: its process id, which is its group's too, and the ends of its two pipes."""

    def __init__(self, pid: int, out: int, err: int, control: socket.socket) -> None:
        self.pid, self.out, self.err = pid, out, err
        self._control = control
        self._code: int | None = None

    def wait(self, seconds: float | None) -> int:
        """Return the exit status as of subprocess (minus the signal).

        Raises:
            TimeoutError: if the child still runs after `seconds`.
        """
        if self._code is None:
            self._control.settimeout(seconds)
            try:
                answer = self._control.recv(MESSAGE)
            finally:
                self._control.settimeout(None)
            # no answer: somebody (the kernel, short of memory) has killed the forking process
            self._code = int(answer) if answer else -signal.SIGKILL
        return self._code

    def kill(self) -> None:
        """End the child and all of its group, and release its pipes."""
        # Until the next job a dead child is not reaped, so the number is still its own; if nobody has it, the forking
        # process is dead too.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait(None)
        os.close(self.out)
        os.close(self.err)


@contextmanager
def child(root: Path, arguments: Sequence[str]) -> Iterator[Child]:
    """Run a child for the length of a `with` block, at the end of which it and its group are killed.

    Raises:
        ChildProcessError: if no child can be started, by a new forking process neither: memory is short.
    """
    idle = _idle(root, os.getpid())
    try:
        nursery = idle.get_nowait()
    except Empty:
        nursery = Nursery(root)
    try:
        born = nursery.start(arguments)
    except ChildProcessError:  # killed while it was idle
        nursery.close()
        nursery = Nursery(root)
        try:
            born = nursery.start(arguments)
        except ChildProcessError:
            nursery.close()
            raise
    try:
        yield born
    finally:
        born.kill()
        idle.put(nursery)


# They outlive the jobs and end with this process; a forked copy of it must not talk into the same sockets.
@lru_cache(maxsize=2)
def _idle(root: Path, pid: int) -> LifoQueue[Nursery]:
    return LifoQueue()


def _environment() -> dict[str, str]:
    """Nothing of ours but where programs are: no tokens, no proxies, no Python switches."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
