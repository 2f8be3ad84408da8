"""Reads files to the end: text layer first, then OCR of each page that lacks one, then the verdict.

Files and pages are tasks of one executor, so that neither many small files nor one long scan leaves a core idle.
It does *not* know Tesseract's output (`ingest.ocr`), nor what becomes of what was read.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingest.garbled import is_garbled
from ingest.guard import LINE_BYTES, NONSENSE, hear, run_child
from ingest.ocr import Engine
from ingest.overlay import over_picture
from ingest.progress import Progress
from ingest.raw import Heard, RawPage, Reading, page_from_json
from ingest.verdict import judge
from rag.settings import Settings


def read_pdf(file: Path, settings: Settings, engine: Engine) -> Reading:
    """Return what `file` says, one page after the other. Never raises because of what is in the file."""
    heard = hear(file, settings)
    if not engine.ready:
        return judge(heard, settings, engine)
    read = {number: recognise(file, number, settings, engine) for number in wanting(heard)}
    return judge(with_recognised(heard, read), settings, engine)


def read_ahead(
    files: Iterable[Path | None],
    settings: Settings,
    engine: Engine,
    executor: Executor,
    ahead: int,
    progress: Progress,
) -> Iterator[Reading | None]:
    """Yield the reading of each file in order (None for None), while the next `ahead` are being read; `progress` hears
    of pages that need OCR, and when they are done."""
    waiting: deque[_Pending | None] = deque()
    for file in files:
        waiting.append(_Pending(file, executor.submit(hear, file, settings)) if file else None)
        if len(waiting) > ahead:
            yield _first(waiting, settings, engine, executor, progress)
    while waiting:
        yield _first(waiting, settings, engine, executor, progress)


@dataclass(slots=True)
class _Pending:
    """A file that is being read: its text, then its pages by OCR once it is known which need it."""

    file: Path
    heard: Future[Heard]
    pages: dict[int, Future[RawPage | None]] | None = None
    told: int = 0

    def start_pages(self, settings: Settings, engine: Engine, executor: Executor, progress: Progress) -> None:
        if self.pages is None and self.heard.done():
            numbers = wanting(self.heard.result()) if engine.ready else ()
            self.pages = {number: executor.submit(recognise, self.file, number, settings, engine) for number in numbers}
            progress.extend(len(self.pages))

    def tell(self, progress: Progress) -> None:
        """Count the pages that were done since the last time."""
        done = sum(page.done() for page in (self.pages or {}).values())
        progress.advance(done - self.told)
        self.told = done


def _first(
    waiting: deque[_Pending | None], settings: Settings, engine: Engine, executor: Executor, progress: Progress
) -> Reading | None:
    """Take off the first file once it is read to the end, and keep the others going meanwhile."""
    first = waiting[0]
    while first is not None:
        for pending in waiting:
            if pending is not None:
                pending.start_pages(settings, engine, executor, progress)
                pending.tell(progress)
        left: list[Future[Any]] = [page for page in (first.pages or {}).values() if not page.done()]
        if first.pages is not None and not left:
            break
        left += [pending.heard for pending in waiting if pending is not None and not pending.heard.done()]
        wait(left, return_when=FIRST_COMPLETED)
    waiting.popleft()
    if first is None or first.pages is None:
        return None
    first.tell(progress)
    read = {number: page.result() for number, page in first.pages.items()}
    return judge(with_recognised(first.heard.result(), read), settings, engine)


def wanting(heard: Heard) -> tuple[int, ...]:
    """Return the numbers of the pages that show something their text does not say.

    A page without a width is one that PDFium cannot open, nor draw: a page tree may claim a million of them.
    """
    return tuple(page.number for page in heard.pages if page.width and (page.lacks_text or page.over_picture))


def recognise(file: Path, number: int, settings: Settings, engine: Engine) -> RawPage | None:
    """Return page `number` (from 1) as OCR reads it, None if it could not within the limits.

    A page on which OCR finds no word comes back without lines. Never raises because of what is in the file.
    """
    said: list[bytes] = []

    def keep(data: bytes) -> bool:
        said.append(data)
        return True

    arguments = [
        "ocr", str(file), str(number), "--dpi", str(settings.ocr_dpi), "--program", engine.program,
        "--languages", engine.languages, *(["--tessdata", engine.tessdata] if engine.tessdata else []),
    ]  # fmt: skip
    outcome = run_child(arguments, keep, settings.ocr_seconds, settings.read_megabytes, LINE_BYTES)
    if outcome.stopped is not None or outcome.returncode != 0:
        return None
    try:
        page = page_from_json(json.loads(b"".join(said)))
        text = " ".join(word for line in page.lines for word, _, _ in line.words)
    except NONSENSE:
        return None
    return replace(page, lines=()) if is_garbled(text) else page


def with_recognised(heard: Heard, recognised: Mapping[int, RawPage | None]) -> Heard:
    """Return what was heard of a file with the lines of the pages that OCR has read."""
    return replace(heard, pages=tuple(_merged(page, recognised.get(page.number)) for page in heard.pages))


def _merged(page: RawPage, read: RawPage | None) -> RawPage:
    if read is None:
        return page
    lines = read.lines if page.lacks_text else over_picture(page.lines, read.lines)
    return replace(page, lines=lines, readable=True, origin="ocr", lacks_text=False)
