"""Ingests when files settle: told by the file system, and by looking itself now and then. The importer of watchfiles.

Events only wake it up; what to do follows from the list of files, so that a lost event (a network share gives none)
costs a minute and never a file. Knows nothing of how files are read.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from watchfiles import watch as file_events

from ingest.discover import Found, discover
from rag.errors import CorpusError, GreffierError

LOOK_SECONDS = 30.0
"""Without any event the folder is listed this often."""
FULL_SECONDS = 900.0
"""And this often every file is compared by its bytes: a date can lie."""
RETRY_SECONDS = 30.0
"""After a run that failed."""
PATIENCE_SECONDS = 300.0
"""Files that have settled wait this long for those that have not; then these are reported as being copied."""
STEP_SECONDS = 1.0
_SIZE_AND_DATE = tuple[int, int]

Ingest = Callable[[frozenset[str]], None]
"""Ingests, leaving out the paths that are still being copied; raises GreffierError or OSError if it failed."""


class Stop:
    """Whether a signal has asked for the end. Not a `threading.Event`, whose lock a second signal would wait for."""

    def __init__(self) -> None:
        self._asked = False

    def is_set(self) -> bool:
        """Return whether the end was asked for."""
        return self._asked

    def ask(self) -> None:
        """Ask for the end."""
        self._asked = True


@contextmanager
def stop_signals() -> Iterator[Stop]:
    """Have Ctrl+C and SIGTERM (systemd) raise KeyboardInterrupt for the length of a `with` block, and be remembered:
    Python drops what is raised inside a destructor or a callback. For the main thread only.
    """
    stop = Stop()

    def obey(*_: object) -> None:
        stop.ask()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, obey) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Settling:
    """Tells which files are still being written: their size or date changed less than `seconds` ago."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: dict[str, tuple[_SIZE_AND_DATE, float]] = {}

    def moving(self, files: Sequence[Found], now: float) -> frozenset[str]:
        """Return the paths of `files` that have not settled by `now` (seconds since the epoch)."""
        seen = {}
        for found in files:
            state = (found.size, found.mtime_ns)
            before = self._seen.get(found.path)
            if before is None:
                # a date in the past shows that nobody writes; one in the future shows nothing
                since = min(found.mtime_ns / 1e9, now)
            else:
                since = before[1] if before[0] == state else now
            seen[found.path] = (state, since)
        self._seen = seen
        return frozenset(path for path, (_, since) in seen.items() if now - since < self._seconds)


class Watcher:
    """Decides, each time it is woken, whether to ingest."""

    def __init__(self, corpus: Path, settle_seconds: float, ingest: Ingest, say: Callable[[str], None]) -> None:
        self._corpus = corpus
        self._settling = Settling(settle_seconds)
        self._ingest = ingest
        self._say = say
        self._done: Mapping[str, _SIZE_AND_DATE] | None = None
        self._pending_since: float | None = None
        self._not_before = 0.0
        self._full_at = 0.0
        self._missing = False

    @property
    def is_waiting(self) -> bool:
        """Whether something has changed that is not ingested yet."""
        return self._pending_since is not None

    def look(self, now: float) -> None:
        """List the folder and ingest if it has settled; `now` in seconds since the epoch."""
        files = self._list()
        if files is None:
            return
        moving = self._settling.moving(files, now)
        state = {found.path: (found.size, found.mtime_ns) for found in files}
        if state == self._done and now < self._full_at:
            self._pending_since = None
            return
        if self._pending_since is None:
            self._pending_since = now
            if moving:
                self._say(f"Changement vu : {_some(moving)} ; attente de la fin de la copie.")
        if now < self._not_before or (moving and now - self._pending_since < PATIENCE_SECONDS):
            return
        self._run(state, moving, now)

    def _list(self) -> list[Found] | None:
        try:
            files = discover(self._corpus)
        except CorpusError as error:  # a share that is away comes back
            if not self._missing:
                self._say(f"Erreur : {error}")
            self._missing = True
            return None
        self._missing = False
        return files

    def _run(self, state: Mapping[str, _SIZE_AND_DATE], moving: frozenset[str], now: float) -> None:
        try:
            self._ingest(moving)
        except (GreffierError, OSError) as error:
            self._say(f"Erreur : {error} Nouvel essai dans {RETRY_SECONDS:.0f} s.")
            self._not_before = now + RETRY_SECONDS
            return
        self._done = {path: state[path] for path in state.keys() - moving}
        self._pending_since = None
        self._full_at = now + FULL_SECONDS


def watch(
    corpus: Path,
    settle_seconds: float,
    ingest: Ingest,
    say: Callable[[str], None],
    stop: Stop,
    events: Iterable[Collection[object]] | None = None,
    clock: Callable[[], float] = time.time,
) -> None:
    """Ingest once, then whenever the files of `corpus` have changed and stood still for `settle_seconds`.

    Runs until it is interrupted, or sees within a second that `stop` is set. A run that fails is said and tried again.

    Args:
        corpus: an existing folder.
        settle_seconds: how long size and date of a file must stand still.
        ingest: does the work.
        say: shows a line to the admin.
        stop: set by a signal, see `stop_signals`.
        events: wakes up every second or so, with what changed if anything did (None: those of the file system).
        clock: seconds since the epoch.

    Raises:
        CorpusError: if the folder is missing at the start.
    """
    discover(corpus)
    watcher = Watcher(corpus, settle_seconds, ingest, say)
    looked = 0.0
    say(f"Surveillance de {corpus} (Ctrl+C pour arrêter).")
    with suppress(KeyboardInterrupt):
        for changes in events if events is not None else _events(corpus, stop):
            if stop.is_set():
                break
            now = clock()
            if changes or watcher.is_waiting or now - looked >= LOOK_SECONDS:
                watcher.look(now)
                looked = now
    say("Surveillance arrêtée.")


def _events(corpus: Path, stop: Stop) -> Iterable[Collection[object]]:
    yield ()  # the first look waits for nothing
    yield from file_events(
        corpus, debounce=1000, rust_timeout=int(STEP_SECONDS * 1000), yield_on_timeout=True, watch_filter=None,
        stop_event=stop,
    )  # fmt: skip


def _some(paths: Collection[str]) -> str:
    names = sorted(paths)
    return ", ".join(names[:3]) + (f" et {len(names) - 3} autres" if len(names) > 3 else "")
