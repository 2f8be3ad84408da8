"""The short-lived process that touches one hostile file: `python -m ingest.child … read|ocr|render FILE …`.

It limits itself (memory, CPU, no files, no core) and then speaks to standard output: JSON lines for `read` (a head
or a failure, one line a page, an end) and `ocr` (one page), JPEG bytes for `render`. What it starts inherits its
limits. It does *not* know wall time, nor what its findings mean: `ingest.guard` starts it, listens, and kills it.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from ingest.ocr import Engine, OcrFailure, read
from ingest.pdf import PdfFailure, PdfFile
from ingest.raw import RawPage, head_to_json, page_to_json

FAILED = 3
"""Exit status of `render` and `ocr` when PDFium or Tesseract refuses, as opposed to a crash."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one job on one file and return the exit status."""
    options = _parser().parse_args(arguments)
    _limit(options.seconds, options.megabytes)
    gc.disable()  # a short life and no cycles of ours: looking for them takes a fifth of the time
    if options.job == "read":
        return _read(options.file, options.first, options.last, plain=options.plain)
    if options.job == "ocr":
        engine = Engine("", options.program, options.languages, options.tessdata)
        return _recognise(options.file, options.page, options.dpi, engine)
    return _render(options.file, options.page, options.width)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ingest.child", description="Read or draw one PDF, with limits.")
    parser.add_argument("--seconds", type=int, required=True, help="CPU time")
    parser.add_argument("--megabytes", type=int, required=True, help="address space")
    jobs = parser.add_subparsers(dest="job", required=True)
    read = jobs.add_parser("read", help="text of the pages, as JSON lines")
    read.add_argument("file", type=Path)
    read.add_argument("--first", type=int, default=1, help="first page")
    read.add_argument("--last", type=int, required=True, help="last page")
    read.add_argument("--plain", action="store_true", help="neither bookmarks nor labels, fields and attachments")
    ocr = jobs.add_parser("ocr", help="text of one page from its picture, as a JSON line")
    ocr.add_argument("file", type=Path)
    ocr.add_argument("page", type=int)
    ocr.add_argument("--dpi", type=int, required=True)
    ocr.add_argument("--program", required=True, help="Tesseract")
    ocr.add_argument("--languages", required=True, help='such as "fra+eng"')
    ocr.add_argument("--tessdata", default="", help="folder of the languages; the system's own if not given")
    render = jobs.add_parser("render", help="one page, as JPEG")
    render.add_argument("file", type=Path)
    render.add_argument("page", type=int)
    render.add_argument("width", type=int)
    return parser


def _limit(seconds: int, megabytes: int) -> None:
    for what, amount in (
        (resource.RLIMIT_AS, megabytes * 1024 * 1024),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        bound = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(what, (bound, bound))


def _read(file: Path, first: int, last: int, *, plain: bool = False) -> int:
    try:
        pdf = PdfFile(file, plain=plain)
        head = pdf.head()
        _say(head_to_json(head))
        for number in range(first, min(last, head.page_count) + 1):
            _say(page_to_json(pdf.page(number)))
        _say(json.dumps(["end"]))
    except PdfFailure as failure:
        _say(json.dumps(["failed", failure.why]))
    except MemoryError:
        _say(json.dumps(["failed", "too_big"]))
    return 0


def _recognise(file: Path, number: int, dpi: int, engine: Engine) -> int:
    try:
        picture = PdfFile(file).picture(number, dpi)
        lines = read(engine, picture.pixels, picture.width, picture.height, picture.points_wide)
    except (PdfFailure, OcrFailure, MemoryError, OSError) as failure:
        sys.stderr.write(f"{type(failure).__name__}: {failure}\n")
        return FAILED
    wide, high = round(picture.points_wide, 2), round(picture.points_high, 2)
    _say(page_to_json(RawPage(number, None, wide, high, 0.0, lines, origin="ocr")))
    return 0


def _render(file: Path, page: int, width: int) -> int:
    try:
        picture = PdfFile(file).render(page, width)
    except (PdfFailure, MemoryError) as failure:
        sys.stderr.write(f"{type(failure).__name__}: {failure}\n")
        return FAILED
    sys.stdout.buffer.write(picture)
    return 0


def _say(line: str) -> None:
    # Flushed line by line: what was read before a crash must already be out.
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
