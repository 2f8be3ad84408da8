"""The only orchestration of an ingestion: what changed, read it, chunk it, embed it, index it, publish it.

One bad file never stops a run: it gets a status and a message. A file that did not change is not read again:
its pages are copied from the live generation. Knows nothing of terminals; progress goes to a port.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ingest import plan as planning
from ingest.chunk import chunk
from ingest.clean import clean
from ingest.discover import Found, discover, sha256_of
from ingest.headings import find_headings
from ingest.ocr import Engine, find
from ingest.plan import GOOD, Step
from ingest.progress import Progress
from ingest.publish import clean as clean_up
from ingest.publish import locked, prove, swap
from ingest.raw import Reading
from ingest.read import read_ahead
from ingest.vectors import open_cache
from rag import dense, lexical
from rag.documents import Documents, DocumentsWriter
from rag.errors import CorpusError, NoStore, StoreDamaged, StoreMismatch
from rag.ports import Embedder
from rag.retrieve import indexed_text
from rag.settings import Settings
from rag.store import CHROMA, DOCUMENTS, FORMAT, LEXICAL, VECTOR_CACHE, VECTORS, Manifest, current
from rag.text import analyse
from rag.types import Chunk, FileReport, Page, Source, group_of

# Raise it whenever reading, cleaning or chunking gives other results for the same file.
READER = 2
# Files read ahead of the one being stored, for each worker: bounds memory.
_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Result:
    """What an ingestion did. `published` is False when nothing had changed; then `generation` is the live one."""

    generation: str
    published: bool
    seconds: float
    pages: int
    chunks: int
    files: tuple[FileReport, ...]

    @property
    def complete(self) -> bool:
        """Whether every file of the corpus is wholly indexed; twins and removed files count as such."""
        return all(file.status in {*GOOD, "removed", "duplicate"} for file in self.files)


@dataclass(frozen=True, slots=True)
class _Record:
    """All that the store keeps of one file; nothing but the report when it could not be read."""

    report: FileReport
    source: Source | None = None
    pages: tuple[Page, ...] = ()
    chunks: tuple[Chunk, ...] = ()


def run(settings: Settings, embedder: Embedder, progress: Progress, *, rebuild: bool = False) -> Result:
    """Make the store say what the corpus says; `rebuild` reads every file again.

    Raises:
        CorpusError: if the corpus is missing, or is empty and there is no store either.
        IngestBusy: if another ingestion is under way on the store.
        StoreDamaged: if what was built does not pass its proof; the live generation is untouched.
    """
    began = time.monotonic()
    found = discover(settings.corpus)
    engine = find(settings)
    with locked(settings.store):
        clean_up(settings.store)
        live = None if rebuild else _open_live(settings, embedder)
        if not found and live is None:
            raise CorpusError(
                f"Aucun PDF dans {settings.corpus} : déposez-y vos documents, puis relancez « make ingest ».",
                f"No PDF in {settings.corpus}: put your documents there, then run “make ingest” again.",
            )
        try:
            known = live[1].reports() if live else {}
            files = _hashed(found, progress)
            able = live is not None and engine.ready and live[0].ocr != _ocr(settings, engine)
            steps = planning.plan(files, known, ocr_is_new=able)
            gone = planning.removed(files, known)
            if live and not gone and not any(step.is_news for step in steps):
                manifest = live[0]
                reports = tuple(_unchanged(report) for report in known.values())
                seconds = time.monotonic() - began
                return Result(manifest.generation, False, seconds, manifest.pages, manifest.chunks, reports)
            manifest, reports = _build(settings, embedder, engine, steps, live[1] if live else None, progress)
        finally:
            if live:
                live[1].close()
    return Result(
        manifest.generation, True, time.monotonic() - began, manifest.pages, manifest.chunks, (*reports, *gone)
    )


def _open_live(settings: Settings, embedder: Embedder) -> tuple[Manifest, Documents] | None:
    """Return the live generation if its pages and chunks can be copied, None if everything has to be built."""
    try:
        folder = current(settings.store)
        manifest = Manifest.read(folder)
        if manifest.embedder != embedder.id or manifest.chunking != _chunking(settings):
            return None
        return manifest, Documents(folder / DOCUMENTS)
    except (NoStore, StoreMismatch, StoreDamaged):
        return None


def _chunking(settings: Settings) -> str:
    return f"reader {READER}, {settings.chunk_tokens} tokens, overlap {settings.chunk_overlap}"


def _ocr(settings: Settings, engine: Engine) -> str:
    return f"{engine.id}, {settings.ocr_dpi} dpi, {settings.ocr_seconds} s" if engine.ready else ""


def _hashed(found: Sequence[Found], progress: Progress) -> list[tuple[Found, str]]:
    progress.begin("hash", len(found))
    files = []
    for item in found:
        files.append((item, _sha256(item)))
        progress.advance(1)
    return files


def _sha256(found: Found) -> str:
    try:
        return sha256_of(found.file)
    except OSError:  # unreadable or gone since: reading it will say so
        return ""


def _build(
    settings: Settings,
    embedder: Embedder,
    engine: Engine,
    steps: Sequence[Step],
    live: Documents | None,
    progress: Progress,
) -> tuple[Manifest, tuple[FileReport, ...]]:
    now = datetime.now(UTC)
    folder = settings.store / f"gen-{now:%Y%m%dT%H%M%S%f}Z-{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        manifest, reports = _fill(folder, now, settings, embedder, engine, steps, live, progress)
        progress.begin("prove", 1)
        prove(folder)
        swap(settings.store, folder)
        progress.advance(1)
    except BaseException:  # also when the admin presses Ctrl+C: leave nothing half-built behind
        shutil.rmtree(folder, ignore_errors=True)
        raise
    clean_up(settings.store)
    return manifest, reports


def _fill(
    folder: Path,
    now: datetime,
    settings: Settings,
    embedder: Embedder,
    engine: Engine,
    steps: Sequence[Step],
    live: Documents | None,
    progress: Progress,
) -> tuple[Manifest, tuple[FileReport, ...]]:
    texts: list[str] = []
    ids: list[str] = []
    groups: list[str | None] = []
    reports: list[FileReport] = []
    pages = sources = 0
    progress.begin("read", len(steps))
    with closing(DocumentsWriter(folder / DOCUMENTS)) as writer:
        for record in _records(settings, embedder, engine, steps, live):
            reports.append(record.report)
            writer.add_report(record.report)
            if record.source is not None:
                writer.add_source(record.source, record.pages, record.chunks)
                sources, pages = sources + 1, pages + len(record.pages)
                texts += [indexed_text(chunk) for chunk in record.chunks]
                ids += [chunk.id for chunk in record.chunks]
                groups += [group_of(record.source.path)] * len(record.chunks)
            progress.advance(1)
    progress.begin("embed", len(texts))
    with open_cache(settings.store / VECTOR_CACHE, embedder) as cache:
        vectors = cache.embed(texts, progress.advance)
    progress.begin("index", 3)
    np.save(folder / VECTORS, vectors)
    progress.advance(1)
    lexical.build(folder / LEXICAL, (analyse(text) for text in texts))
    progress.advance(1)
    dense.build(folder / CHROMA, ids, vectors, groups)
    progress.advance(1)
    manifest = Manifest(
        FORMAT, folder.name, now.isoformat(), embedder.id, embedder.dimensions, _chunking(settings),
        sources, pages, len(ids), _ocr(settings, engine),
    )  # fmt: skip
    manifest.write(folder)
    return manifest, tuple(reports)


def _records(
    settings: Settings, embedder: Embedder, engine: Engine, steps: Sequence[Step], live: Documents | None
) -> Iterator[_Record]:
    """Yield what to store of each file, in the order of `steps`, reading some files ahead."""
    workers = settings.workers or len(os.sched_getaffinity(0))
    files = (step.found.file if step.action == "read" else None for step in steps)
    executor = ThreadPoolExecutor(workers)
    try:
        for step, reading in zip(steps, read_ahead(files, settings, engine, executor, workers * _AHEAD), strict=True):
            if reading is not None:
                yield _read(step, reading, settings, embedder)
            elif step.action == "skip":
                yield _twin(step)
            else:
                assert live is not None and step.known is not None
                yield _copied(step.known, live)
    finally:
        executor.shutdown(cancel_futures=True)  # Ctrl+C must not wait for the pages of a long scan


def _read(step: Step, reading: Reading, settings: Settings, embedder: Embedder) -> _Record:
    if _sha256(step.found) != step.sha256:
        message = "Le fichier a changé pendant la lecture : relancez l'ingestion quand la copie est finie."
        return _Record(FileReport(step.found.path, step.sha256, "changing", message=message))
    source = Source(step.found.path, step.sha256, reading.title)
    cleaned = clean(reading.pages, source)
    pages = tuple(item.page for item in cleaned)
    headings = find_headings(cleaned, reading.outline)
    limit = min(settings.chunk_tokens, embedder.max_tokens)
    chunks = chunk(pages, headings, embedder.count_tokens, limit, min(settings.chunk_overlap, limit - 1))
    status = reading.status
    if status == "added" and step.known is not None:
        status = "updated"
    report = FileReport(
        path=source.path,
        sha256=source.sha256,
        status=status,
        pages=reading.page_count,
        pages_with_text=sum(bool(page.text) for page in pages),
        pages_ocr=sum(page.origin == "ocr" for page in pages),
        chunks=len(chunks),
        message=reading.message,
    )
    return _Record(report, source, pages, chunks) if chunks else _Record(report)


def _twin(step: Step) -> _Record:
    message = f"Identique à {step.twin}, déjà indexé : vous pouvez retirer l'un des deux."
    return _Record(FileReport(step.found.path, step.sha256, "duplicate", message=message))


def _copied(known: FileReport, live: Documents) -> _Record:
    pages = live.pages(known.path)
    if not pages:
        return _Record(_unchanged(known))
    return _Record(_unchanged(known), pages[0].ref.source, pages, live.chunks(known.path))


def _unchanged(report: FileReport) -> FileReport:
    return replace(report, status="unchanged") if report.status in GOOD else report
