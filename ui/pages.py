"""Files and pictures that prove an answer: from a path and a page number to a checked file or a JPEG.

Only paths that the live generation knows are ever opened, and only while the file on disk is byte for byte
the one that was indexed: a highlight on another version would be a false proof. This module does *not* know
HTTP, nor how a page is drawn: it is handed the function.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingest.discover import locate
from rag.errors import GreffierError
from rag.files import sha256_of
from rag.settings import Settings
from rag.types import PageRef
from ui.desk import Desk
from ui.strings import ENGLISH, FRENCH

Render = Callable[[Path, int, int, Settings], bytes]
Why = Literal["unknown", "changed", "unready"]

WIDTH = 1240  # pixels: A4 at 150 dots an inch, sharp on a phone at twice its size
PICTURES = 64  # kept in memory, about 250 kB each
RENDERERS = 2  # pages drawn at the same time; each is a process of its own
FINGERPRINTS = 4096  # files whose hash is kept


class PageError(GreffierError):
    """A page or document that cannot be shown; `why` says which kind of answer that deserves."""

    def __init__(self, why: Why, fr: str, en: str) -> None:
        super().__init__(fr, en)
        self.why = why


@dataclass(frozen=True, slots=True)
class _State:
    size: int
    modified: int
    sha256: str


class Pages:
    """Pictures and files of the live generation; every method may be called from any thread."""

    def __init__(self, desk: Desk, settings: Settings, render: Render) -> None:
        self._desk = desk
        self._settings = settings
        self._render = render
        self._lock = threading.Lock()
        self._drawing = threading.BoundedSemaphore(RENDERERS)
        self._pictures: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._states: OrderedDict[Path, _State] = OrderedDict()

    def picture(self, path: str, number: int, groups: frozenset[str] | None = None, version: str = "") -> bytes:
        """Return the page as a JPEG of `WIDTH` pixels, if `groups` (None: all) may read it; `version` is how the hash
        of the file that is meant begins, "" for whichever is indexed.

        Raises:
            PageError: if there is no such page, the file changed, or the assistant is not open.
            GreffierError: if the page cannot be drawn.
        """
        page = self._page(path, number, groups)
        if not page.source.sha256.startswith(version):
            raise PageError("changed", FRENCH.replaced.format(path=path), ENGLISH.replaced.format(path=path))
        file = self._file(page)
        key = (page.source.sha256, number)
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
                return self._pictures[key]
        with self._drawing:
            picture = self._render(file, number, WIDTH, self._settings)
        with self._lock:
            self._pictures[key] = picture
            while len(self._pictures) > PICTURES:
                self._pictures.popitem(last=False)
        return picture

    def goes_on(self, path: str, number: int, groups: frozenset[str] | None = None) -> bool:
        """Return whether a page follows this one.

        Raises:
            PageError: if there is no such page, or the assistant is not open.
        """
        self._page(path, number, groups)
        try:
            return self._page(path, number + 1, groups) is not None
        except PageError as error:
            if error.why == "unknown":
                return False
            raise

    def document(self, path: str, groups: frozenset[str] | None = None) -> Path:
        """Return the file of a source of the live generation, unchanged since it was indexed.

        Raises:
            PageError: as `picture`.
        """
        return self._file(self._page(path, 1, groups))

    def _page(self, path: str, number: int, groups: frozenset[str] | None) -> PageRef:
        assistant = self._desk.look()
        if assistant is None:
            raise PageError("unready", FRENCH.preparing, ENGLISH.preparing)
        if isinstance(assistant, GreffierError):
            raise PageError("unready", assistant.fr, assistant.en)
        page = assistant.page(path, number, groups)
        if page is not None:
            return page
        if number != 1 and assistant.page(path, 1, groups) is not None:
            values = {"number": number, "path": path}
            raise PageError("unknown", FRENCH.unknown_page.format(**values), ENGLISH.unknown_page.format(**values))
        raise PageError(
            "unknown", FRENCH.unknown_document.format(path=path), ENGLISH.unknown_document.format(path=path)
        )

    def _file(self, page: PageRef) -> Path:
        path = page.source.path
        file = locate(self._settings.corpus, path)
        try:
            same = self._fingerprint(file) == page.source.sha256
        except OSError:
            same = False
        if not same:
            raise PageError("changed", FRENCH.changed.format(path=path), ENGLISH.changed.format(path=path))
        return file

    def _fingerprint(self, file: Path) -> str:
        # hashed again only when size or date moved: a big file is not read through for each picture
        stat = file.stat()
        with self._lock:
            known = self._states.get(file)
        if known is not None and (known.size, known.modified) == (stat.st_size, stat.st_mtime_ns):
            return known.sha256
        sha256 = sha256_of(file)
        with self._lock:
            self._states[file] = _State(stat.st_size, stat.st_mtime_ns, sha256)
            while len(self._states) > FINGERPRINTS:
                self._states.popitem(last=False)
        return sha256
