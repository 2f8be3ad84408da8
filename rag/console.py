"""What the commands say: one place that writes to the terminal, and one way to fail."""

from __future__ import annotations

import sys
import traceback
from typing import TextIO

from rag.errors import GreffierError


def say(text: str, stream: TextIO, end: str = "\n") -> None:
    """Write a line and flush it."""
    stream.write(text + end)
    stream.flush()


def fail(error: GreffierError, *, debug: bool) -> int:
    """Say an error in one line (with its traceback under --debug) and return the exit code 1."""
    if debug:
        traceback.print_exception(error)
    say(f"Erreur : {error}", sys.stderr)
    return 1
