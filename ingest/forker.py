"""The process that forks one child a job: `python -m ingest.forker FD`, FD being its end of a socket.

It has imported the readers and has read nothing: one thread, no file, not a byte of a PDF. So a child is as separate
and as short-lived as one started from nothing, and what it breaks dies with it. It ends when the other end
(`ingest.nursery`) closes. Does *not* know limits nor jobs: `ingest.child` does.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
import traceback
from collections.abc import Sequence

from ingest.child import main

MESSAGE = 1 << 16
"""Bytes of a job: a path has 4,096 at most."""


def serve(control: socket.socket) -> None:
    """Fork a child for each job that comes, until the other end closes: answer "+" and its number, and its status."""
    gc.freeze()
    while True:
        job, pipes, _, _ = socket.recv_fds(control, MESSAGE, 2)
        if not job:
            return
        pid = os.fork()
        if pid == 0:
            _become(json.loads(job), control, *pipes)
        for pipe in pipes:
            os.close(pipe)
        state = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert state is not None
        control.send(str(state.si_status if state.si_code == os.CLD_EXITED else -state.si_status).encode())
        control.recv(1, socket.MSG_PEEK)  # reaped once it is sure that nobody will kill it any more
        os.waitpid(pid, 0)


def _become(arguments: Sequence[str], control: socket.socket, out: int, err: int) -> None:
    """Be the child: a session of its own, these pipes, the job, and no way back."""
    code = 1
    try:
        os.setsid()
        control.send(f"+{os.getpid()}".encode())  # not before its group is there to be killed
        control.close()
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.close(out)
        os.close(err)
        code = main(arguments)
        sys.stdout.flush()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - the end of a process: whatever it was goes where Python writes it too
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
