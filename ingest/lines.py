"""An ingestion told to a program: one JSON object a line on standard error, for whoever started it.

`{"stage": "read", "done": 3, "total": 22}` as it goes on, `{"error": {"fr": …, "en": …}}` when it cannot. Knows nothing
of who reads them.
"""

from __future__ import annotations

import json
import sys
import time

from ingest.progress import Stage
from rag.console import say
from rag.errors import GreffierError

SECONDS_BETWEEN = 0.2  # of two lines of one stage


class Lines:
    """A `Progress` that writes lines."""

    def __init__(self) -> None:
        self._stage: Stage = "hash"
        self._done = self._total = 0
        self._told = 0.0

    def begin(self, stage: Stage, total: int) -> None:
        """Write that a stage begins."""
        self._stage, self._done, self._total = stage, 0, total
        self._tell()

    def extend(self, count: int) -> None:
        """Count more parts to do."""
        self._total += count

    def advance(self, count: int) -> None:
        """Count parts as done; write it unless the last line is fresh."""
        self._done += count
        if self._done >= self._total or time.monotonic() - self._told >= SECONDS_BETWEEN:
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        say(json.dumps({"stage": self._stage, "done": self._done, "total": self._total}), sys.stderr)


def tell_error(error: GreffierError) -> None:
    """Write why the ingestion cannot go on."""
    say(json.dumps({"error": {"fr": error.fr, "en": error.en}}, ensure_ascii=False), sys.stderr)
