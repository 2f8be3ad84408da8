"""The only orchestration of an ingestion: what changed, read it, chunk it, embed it, index it, publish it.

One bad file never stops a run: it gets a status and a message. A file that did not change is not read again:
its pages are copied from the live generation. Knows nothing of terminals; progress goes to a port.
"""

from __future__ import annotations

import gc
import secrets
import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ingest import neighbours
from ingest import plan as planning
from ingest.chunk import chunk
from ingest.clean import clean
from ingest.discover import Found, discover
from ingest.executors import Opener, Stages, open_stages
from ingest.headings import find_headings
from ingest.index import Rows, write_indexes
from ingest.live import Live, open_live
from ingest.ocr import Engine, find
from ingest.plan import GOOD, Step
from ingest.progress import Progress
from ingest.publish import clean as clean_up
from ingest.publish import locked, prove, record, swap
from ingest.raw import Reading
from ingest.read import read_ahead
from ingest.report import Result, write_report
from ingest.room import GROWTH, disk_full, is_disk_full, needed, require_room
from ingest.seal import seal
from ingest.verdict import emptied
from ingest.versions import find as find_versions
from rag.documents import Documents, DocumentsWriter
from rag.errors import CorpusError
from rag.files import sha256_of
from rag.ports import Embedder
from rag.settings import Settings
from rag.store import DOCUMENTS, FORMAT, Manifest
from rag.text import ANALYSER
from rag.types import Chunk, Edition, FileReport, Page, Source

# Raise it whenever reading, cleaning or chunking gives other results for the same file.
READER = 6
# Files read ahead of the one being stored, for each worker: bounds memory.
_AHEAD = 2
# What was built, what became of each file, which files are versions of one document.
_Built = tuple[Manifest, tuple[FileReport, ...], tuple[Edition, ...]]
_CHANGING = "Le fichier est en cours de copie : relancez l'ingestion quand la copie est finie."

_NOT_READ = "Le fichier a disparu ou n'a pas pu être lu jusqu'au bout : vérifiez-le, puis relancez l'ingestion."


@dataclass(frozen=True, slots=True)
class _Record:
    """All that the store keeps of one file; nothing but the report when it could not be read."""

    report: FileReport
    source: Source | None = None
    pages: tuple[Page, ...] = ()
    chunks: tuple[Chunk, ...] = ()


def run(
    settings: Settings,
    embedder: Embedder,
    progress: Progress,
    *,
    rebuild: bool = False,
    opener: Opener | None = None,
    moving: Collection[str] = (),
) -> Result:
    """Make the store say what the corpus says.

    Args:
        settings: folders, limits, and where the work is done.
        embedder: gives the vectors.
        progress: is told how far it is.
        rebuild: read every file again.
        opener: opens the same embedder elsewhere, for executors that leave this process.
        moving: paths of files that somebody is still copying; they are reported, not read.

    Raises:
        CorpusError: if the corpus is missing, or is empty and there is no store either.
        IngestBusy: if another ingestion is under way on the store.
        DiskFull: if there is no room for another generation.
        StoreDamaged: if what was built does not pass its proof. As with the others the live generation is untouched.
    """
    began = time.monotonic()
    found = discover(settings.corpus)
    engine = find(settings)
    with locked(settings.store):
        clean_up(settings.store)
        live = None if rebuild else open_live(settings.store, embedder.id, _chunking(settings))
        if not found and live is None:
            raise CorpusError(
                f"Aucun PDF dans {settings.corpus} : déposez-y vos documents, puis relancez « make ingest ».",
                f"No PDF in {settings.corpus}: put your documents there, then run “make ingest” again.",
            )
        try:
            known = live.reports if live else {}
            files = _hashed(found, progress, moving)
            able = live is not None and engine.ready and live.manifest.ocr != _ocr(settings, engine)
            limited = live is not None and live.manifest.limits != _limits(settings)
            steps = planning.plan(files, known, moving, ocr_is_new=able, limits_are_new=limited)
            gone = planning.removed(files, known)
            if live and not gone and not any(step.is_news for step in steps):
                # after going back, and moving files back too, the newest word is that of this generation
                record(settings.store, live.folder)
                reports = tuple(_unchanged(report) for report in known.values())
                return _result((live.manifest, reports, live.documents.editions()), began, published=False)
            job = _Job(settings, embedder, engine, progress, steps, gone, live, opener, began)
            return neighbours.whole_at_last(settings.store, lambda: _build(job))
        finally:
            if live:
                live.documents.close()


def _result(built: _Built, began: float, *, published: bool) -> Result:
    manifest, reports, editions = built
    seconds = time.monotonic() - began
    return Result(manifest.generation, published, seconds, manifest.pages, manifest.chunks, reports, editions)


@dataclass(frozen=True, slots=True)
class _Job:
    """All that a build needs."""

    settings: Settings
    embedder: Embedder
    engine: Engine
    progress: Progress
    steps: Sequence[Step]
    gone: tuple[FileReport, ...]
    live: Live | None
    opener: Opener | None
    began: float


def _chunking(settings: Settings) -> str:
    return f"reader {READER}, analyser {ANALYSER}, {settings.chunk_tokens} tokens, overlap {settings.chunk_overlap}"


def _ocr(settings: Settings, engine: Engine) -> str:
    return f"{engine.id}, {settings.ocr_dpi} dpi, {settings.ocr_seconds} s" if engine.ready else ""


def _limits(settings: Settings) -> str:
    return (
        f"{settings.read_pages} pages, {settings.read_seconds} s, {settings.read_megabytes} MB, "
        f"files of {settings.file_megabytes} MB"
    )


def _hashed(found: Sequence[Found], progress: Progress, moving: Collection[str]) -> list[tuple[Found, str]]:
    progress.begin("hash", len(found))
    files = []
    for item in found:
        files.append((item, "" if item.path in moving or item.refused else _sha256(item)))
        progress.advance(1)
    return files


def _sha256(found: Found) -> str:
    try:
        return sha256_of(found.file)
    except OSError:  # unreadable or gone since: reading it will say so
        return ""


def _build(job: _Job) -> Result:
    store = job.settings.store
    require_room(store)
    now = datetime.now(UTC)
    folder = store / f"gen-{now:%Y%m%dT%H%M%S%f}Z-{secrets.token_hex(4)}"
    free = shutil.disk_usage(store).free
    # Everything imported so far (torch: two million objects) stays; looking through it again and again took a sixth.
    gc.freeze()
    try:
        folder.mkdir()
        with open_stages(job.settings, job.embedder, job.opener) as stages:
            manifest, reports, editions = _fill(folder, now, job, stages)
        job.progress.begin("prove", 1)
        prove(folder)
        result = _result((manifest, (*reports, *job.gone), editions), job.began, published=True)
        write_report(folder, result)
        swap(store, folder)
        job.progress.advance(1)
    except BaseException as error:  # also when the admin presses Ctrl+C: leave nothing half-built behind
        full = isinstance(error, Exception) and is_disk_full(error, store)
        shutil.rmtree(folder, ignore_errors=True)
        if full:
            # what there was did not do, whatever was expected
            raise disk_full(store, max(needed(store), GROWTH * free), free) from error
        raise
    finally:
        gc.unfreeze()
    neighbours.published(store)
    clean_up(store)
    return result


def _fill(folder: Path, now: datetime, job: _Job, stages: Stages) -> _Built:
    settings, embedder, progress = job.settings, job.embedder, job.progress
    reports: list[FileReport] = []
    rows = Rows()
    read: list[Source] = []
    pages = 0
    progress.begin("read", len(job.steps))
    with closing(DocumentsWriter(folder / DOCUMENTS)) as writer:
        for record in _records(job, stages):
            reports.append(record.report)
            writer.add_report(record.report)
            if record.source is not None:
                writer.add_source(record.source, record.pages, record.chunks)
                read.append(record.source)
                pages += len(record.pages)
                rows.add(record.source.path, record.chunks)
            progress.advance(1)
        editions = find_versions(read, writer.texts)
        writer.add_editions(editions)
    deleted = write_indexes(folder, rows, embedder, stages, progress, job.live)
    seal(folder)
    manifest = Manifest(
        FORMAT, folder.name, now.isoformat(), embedder.id, embedder.dimensions, _chunking(settings),
        len(read), pages, len(rows.ids), _ocr(settings, job.engine), _limits(settings), deleted,
    )  # fmt: skip
    manifest.write(folder)
    return manifest, tuple(reports), editions


def _records(job: _Job, stages: Stages) -> Iterator[_Record]:
    """Yield what to store of each file, in the order of the steps, reading some files ahead."""
    files = [step.found.file if step.action == "read" else None for step in job.steps]
    readings = read_ahead(files, job.settings, job.engine, stages.reading, _AHEAD * stages.readers, job.progress)
    for step, reading in zip(job.steps, readings, strict=True):
        if step.action == "wait":
            yield _Record(FileReport(step.found.path, step.sha256, "changing", message=_CHANGING))
        elif reading is not None:
            yield _read(step, reading, job.settings, job.embedder)
        elif step.action == "skip":
            yield _twin(step)
        elif step.action == "refuse":
            yield _Record(FileReport(step.found.path, "", "damaged", message=step.found.refused))
        else:
            assert job.live is not None and step.known is not None
            yield _copied(step.known, job.live.documents)


def _read(step: Step, reading: Reading, settings: Settings, embedder: Embedder) -> _Record:
    if not step.sha256:
        return _Record(FileReport(step.found.path, "", "damaged", message=_NOT_READ))
    if _sha256(step.found) != step.sha256:
        return _Record(FileReport(step.found.path, step.sha256, "changing", message=_CHANGING))
    source = Source(step.found.path, step.sha256, reading.title)
    cleaned = clean(reading.pages, source)
    pages = tuple(item.page for item in cleaned)
    headings = find_headings(cleaned, reading.outline)
    limit = min(settings.chunk_tokens, embedder.max_tokens)
    chunks = chunk(pages, headings, embedder.count_tokens, limit, min(settings.chunk_overlap, limit - 1))
    if not chunks and reading.status == "added":
        reading = emptied(reading)
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
    message = f"Identique à {step.twin}, qui seul est pris en compte : vous pouvez retirer l'un des deux."
    return _Record(FileReport(step.found.path, step.sha256, "duplicate", message=message))


def _copied(known: FileReport, live: Documents) -> _Record:
    pages = live.pages(known.path)
    if not pages:
        return _Record(_unchanged(known))
    return _Record(_unchanged(known), pages[0].ref.source, pages, live.chunks(known.path))


def _unchanged(report: FileReport) -> FileReport:
    return replace(report, status="unchanged") if report.status in GOOD else report
