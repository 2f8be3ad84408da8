"""Reads a PDF in a child process that may hang, crash or swell, and always comes back with what was heard.

The child has its own process group, a clean environment and limits; its output is drained with a deadline and a
bound. It does *not* know PDFium, nor what is done with the pages or said about the file (`ingest.verdict`).
Safe to call from several threads.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.nursery import Child, child
from ingest.raw import Head, Heard, RawPage, head_from_json, page_from_json
from rag.settings import ROOT, Settings
from rag.types import FileStatus

LINE_BYTES = 16_000_000
"""Longest line of the child: 200,000 characters, each a word of its own, need 10 MB."""
OUTPUT_BYTES = 256_000_000
"""All a child may say: 5,000 dense pages need 100 MB."""
STDERR_BYTES = 4_000
HEADER_BYTES = 1_024
"""Where the mark `%PDF-` must stand, as in every common reader."""
NONSENSE = (ValueError, TypeError, LookupError, RecursionError)
"""What reading the words of a child may raise when a library, or what has taken the child over, speaks in between."""
_FAILURES = frozenset({"encrypted", "damaged", "empty", "too_big"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a child ended. `returncode` as of subprocess (minus the signal); `stopped` says why we killed it."""

    returncode: int
    stopped: FileStatus | None
    stderr: str


@dataclass(slots=True)
class _Listener:
    """What the child has said so far."""

    head: Head | None = None
    pages: list[RawPage] = field(default_factory=list)
    failed: FileStatus | None = None
    complete: bool = False

    def take(self, line: bytes) -> None:
        row: list[Any] = json.loads(line)
        match row[0]:
            case "head":
                self.head = self.head or head_from_json(row)
            case "page":
                page = page_from_json(row)
                if not self.pages or page.number > self.pages[-1].number:
                    self.pages.append(page)
            case "failed":
                if row[1] not in _FAILURES:
                    raise ValueError(row[1])
                self.failed = row[1]
            case "end":
                self.complete = True


def hear(file: Path, settings: Settings) -> Heard:
    """Return what `file` says, within the limits of `settings`. Never raises because of what is in the file."""
    status = _refuse(file, settings)
    if status is not None:
        return Heard(file.name, Head("", 0, ()), (), status)
    said = _Listener()
    broken = _listen(said, file, settings)
    plain = broken == "crashed"
    if plain:
        # Bookmarks, labels or fields may be what PDFium cannot bear; the text is worth another try.
        broken = _listen(said, file, settings, "--first", str(len(said.pages) + 1), "--plain")
    return Heard(file.name, said.head or Head("", 0, ()), tuple(said.pages), broken, plain)


def _listen(said: _Listener, file: Path, settings: Settings, *more: str) -> FileStatus | None:
    lines = _Lines(said.take)
    arguments = ["read", str(file), "--last", str(settings.read_pages), *more]
    try:
        outcome = run_child(arguments, lines.feed, settings.read_seconds, settings.read_megabytes)
    except NONSENSE:
        return "crashed"
    return _broken(said, outcome)


def run_child(
    arguments: Sequence[str], feed: Callable[[bytes], bool], seconds: float, megabytes: int, output: int = OUTPUT_BYTES
) -> Outcome:
    """Run `ingest.child`, give its standard output to `feed` piece by piece, and return how it ended.

    Args:
        arguments: job, file and the rest.
        feed: takes bytes; returns False to have the child stopped as "too_big".
        seconds: wall time; the child's CPU time is bounded by the same.
        megabytes: address space of the child.
        output: bytes of standard output after which the child is stopped.
    """
    limits = ["--seconds", str(max(1, round(seconds))), "--megabytes", str(megabytes)]
    try:
        with child(ROOT, [*limits, *arguments]) as started:
            stopped, stderr = _drain(started, feed, time.monotonic() + seconds, output)
    except ChildProcessError as error:
        return Outcome(1, "crashed", str(error))  # this file waits for the next run, the others go on
    return Outcome(started.wait(None), stopped, stderr)


def _drain(child: Child, feed: Callable[[bytes], bool], deadline: float, output: int) -> tuple[FileStatus | None, str]:
    taken, errors = 0, b""
    with selectors.DefaultSelector() as selector:
        selector.register(child.out, selectors.EVENT_READ)
        selector.register(child.err, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return "timeout", errors.decode("utf-8", "replace")
            for key, _ in selector.select(left):
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fd)
                elif key.fd == child.err:
                    errors = (errors + data)[-STDERR_BYTES:]
                else:
                    taken += len(data)
                    if taken > output or not feed(data):
                        return "too_big", errors.decode("utf-8", "replace")
    try:
        child.wait(max(0.001, deadline - time.monotonic()))
    except TimeoutError:
        return "timeout", errors.decode("utf-8", "replace")
    return None, errors.decode("utf-8", "replace")


class _Lines:
    """Cuts a stream of bytes into lines; refuses when one is too long."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._parts: list[bytes] = []
        self._length = 0

    def feed(self, data: bytes) -> bool:
        *whole, rest = data.split(b"\n")
        for piece in whole:
            self._take(b"".join([*self._parts, piece]))
            self._parts, self._length = [], 0
        if rest:
            self._parts.append(rest)
            self._length += len(rest)
        return self._length <= LINE_BYTES


def _refuse(file: Path, settings: Settings) -> FileStatus | None:
    """Return the status of a file that no child needs to look at."""
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            start = stream.read(HEADER_BYTES)
    except OSError:
        return "damaged"
    if size == 0:
        return "empty"
    if size > settings.file_megabytes * 1024 * 1024:
        return "too_big"
    return None if b"%PDF-" in start else "not_pdf"


def _broken(said: _Listener, outcome: Outcome) -> FileStatus | None:
    """Return why the child did not come to its end, None when it did."""
    if said.failed is not None:
        return said.failed
    if outcome.stopped is not None:
        return outcome.stopped
    if said.complete:
        return None
    if outcome.returncode == -signal.SIGXCPU:
        return "timeout"
    # Memory: the kernel's own killer, PDFium that aborts when it gets none, Python's error. The rest is a crash.
    aborted = outcome.returncode == -signal.SIGABRT and not outcome.stderr
    memory = aborted or outcome.returncode == -signal.SIGKILL or "MemoryError" in outcome.stderr
    return "too_big" if memory else "crashed"
