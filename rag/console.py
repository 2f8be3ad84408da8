"""What the commands say: one place that writes to the terminal, one way to fail, one parser of options.

Every command ends in one line of French and exit code 1 when it cannot do what was asked. Code 2 is never used for a
mistake in the options: for an ingestion it means "published, but not everything".
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn, TextIO

from rag.errors import GreffierError

INTERRUPTED = 130


class Parser(argparse.ArgumentParser):
    """Says mistakes in one line, and what to do about them."""

    def error(self, message: str) -> NoReturn:
        """Exit with 1."""
        say(f"Erreur : {message}. Voyez « {self.prog} --help ».", sys.stderr)
        sys.exit(1)


def say(text: str, stream: TextIO, end: str = "\n") -> None:
    """Write a line and flush it."""
    stream.write(text + end)
    stream.flush()


def guarded(command: Callable[[], int], *, debug: bool) -> int:
    """Run a command; return its exit code, or say in one line why it failed."""
    try:
        return command()
    except GreffierError as error:
        return fail(error, debug=debug)
    except KeyboardInterrupt:
        say("Interrompu.", sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read us has enough ("| head"); Python's own flush at exit must not fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def fail(error: GreffierError, *, debug: bool) -> int:
    """Say an error in one line (with its traceback under --debug) and return the exit code 1."""
    if debug:
        traceback.print_exception(error)
    say(f"Erreur : {error}", sys.stderr)
    return 1
