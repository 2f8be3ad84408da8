"""Tesseract behind our own values: where it is, what it reads on a picture of a page. The only one to start it.

`find` asks what this machine has; `read` runs it on one picture and returns printed lines in reading order. It does
*not* know PDFs, which pages need it, nor limits: it is called in the guarded child (`ingest.child`).
"""

from __future__ import annotations

import csv
import os
import shutil
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ingest.raw import RawLine, RawWord

if TYPE_CHECKING:  # a child need not build all values of rag: 10 ms a file
    from rag.settings import Settings

LANGUAGES = ("fra", "eng")
TESSDATA = "tessdata"
"""Folder of `*.traineddata` within `settings.weights`; where it holds French, it is used instead of the system's."""
ASKING = 20.0
"""Seconds for Tesseract to say its version and languages; it takes 0.02."""
SURE = 50.0
"""Confidence (0 to 100) that the middle word of a line must have. On the scans with a known text, words from 0 to 50
are right 30 times out of 32 (French words with an apostrophe get 0), so words are not judged one by one; on
pictures, rules and stamps whole lines stay below."""
SURE_SIGN = 60.0
"""The same for a word without letter or digit: below it are table rules, read as "|" and "*"."""
TALL = 2.0
"""Height, in the usual one of its line, from which a word that Tesseract is not sure of is a logo or a frame."""
PADDING = 0.12
"""Type sizes added above and below the ink, so that a box shows the line as those of a text layer do."""

Missing = Literal["", "off", "program", "french"]

# Height of the ink of a word in type sizes, by whether it has parts above and below the small letters.
_INK = {(False, False): 0.48, (True, False): 0.70, (False, True): 0.68, (True, True): 0.91}
_BELOW = frozenset("gjpqyçQJ,;()[]{}|/§@")
_SMALL = frozenset("acemnorsuvwxzgpqyç.,:;-–—_«»~+=•·")


@dataclass(frozen=True, slots=True)
class Engine:
    """What there is to read with. `missing` says what is not there, "" when all is; then `id` names program,
    version and languages. `tessdata` is a folder of ours, "" for the system's own."""

    missing: Missing
    program: str = ""
    languages: str = ""
    tessdata: str = ""
    id: str = ""

    @property
    def ready(self) -> bool:
        """Whether pages can be read."""
        return not self.missing


class OcrFailure(Exception):
    """Tesseract ended with an error; the text is its own."""


def find(settings: Settings) -> Engine:
    """Return what this machine can read pictures with. Never raises: what is missing is for the report to say."""
    if settings.ocr == "off":
        return Engine("off")
    program = shutil.which("tesseract")
    version = _ask([program, "--version"]) if program else ""
    if not program or not version:
        return Engine("program")
    folder = settings.weights / TESSDATA
    own = str(folder) if (folder / f"{LANGUAGES[0]}.traineddata").is_file() else ""
    known = _ask([program, "--list-langs", *_tessdata(own)]).split()
    languages = [name for name in LANGUAGES if name in known]
    if LANGUAGES[0] not in languages:
        return Engine("french")
    joined = "+".join(languages)
    return Engine("", program, joined, own, f"{version.splitlines()[0].strip()}, {joined}")


def _ask(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=ASKING, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    # Older versions answer on standard error.
    return (done.stdout or done.stderr).decode("utf-8", "replace") if done.returncode == 0 else ""


def _tessdata(folder: str) -> list[str]:
    return ["--tessdata-dir", folder] if folder else []


def read(engine: Engine, pixels: bytes, width: int, height: int, points_wide: float) -> tuple[RawLine, ...]:
    """Return the lines that Tesseract reads on a picture, in its reading order, in points.

    Args:
        engine: one that is ready.
        pixels: grey, one byte a pixel, rows from the top.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        points_wide: width of the page.

    Raises:
        OcrFailure: if Tesseract ends with an error.
    """
    dpi = max(70, round(72 * width / points_wide))
    command = [engine.program, "-", "-", "-l", engine.languages, *_tessdata(engine.tessdata), "--psm", "1",
               "--dpi", str(dpi), "tsv"]  # fmt: skip
    # Its threads slow each other down; pages are what runs in parallel.
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    head = b"P5 %d %d 255\n" % (width, height)
    done = subprocess.run(command, input=head + pixels, capture_output=True, env=environment, check=False)
    if done.returncode != 0:
        raise OcrFailure(done.stderr.decode("utf-8", "replace").strip() or f"exit status {done.returncode}")
    return lines_of(done.stdout.decode("utf-8", "replace"), points_wide / width)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    box: tuple[float, float, float, float]
    confidence: float


def lines_of(tsv: str, scale: float) -> tuple[RawLine, ...]:
    """Return the lines in Tesseract's TSV that it is sure of; `scale` is points a pixel."""
    kept = []
    for words in _printed(tsv, scale):
        words = _credible(words)
        if words and statistics.median_high(word.confidence for word in words) >= SURE:
            kept.append(words)
    sizes = _sizes(kept)
    return tuple(_line(words, size) for words, size in zip(kept, sizes, strict=True))


def _printed(tsv: str, scale: float) -> Iterator[list[_Word]]:
    """Yield the words of each printed line."""
    at: tuple[str, ...] | None = None
    words: list[_Word] = []
    for row in csv.DictReader(tsv.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = "".join((row["text"] or "").split())
        if row["level"] != "5" or not text:
            continue
        key = (row["block_num"], row["par_num"], row["line_num"])
        if key != at and words:
            yield words
            words = []
        at = key
        x0, y0 = float(row["left"]), float(row["top"])
        x1, y1 = x0 + float(row["width"]), y0 + float(row["height"])
        words.append(_Word(text, (x0 * scale, y0 * scale, x1 * scale, y1 * scale), float(row["conf"])))
    if words:
        yield words


def _credible(words: Sequence[_Word]) -> list[_Word]:
    """Return the words of a line without what is a drawing."""
    usual = statistics.median_low(word.box[3] - word.box[1] for word in words)
    return [
        word
        for word in words
        if (word.confidence >= SURE_SIGN or any(map(str.isalnum, word.text)))
        and (word.confidence >= SURE or word.box[3] - word.box[1] <= TALL * usual)
    ]


def _sizes(lines: Sequence[Sequence[_Word]]) -> list[float]:
    """Return the size of type of each line: what its ink says, or the page's usual size where that is close.

    Ink is measured to a pixel and letters differ, so raw sizes would make a heading of every third line.
    """
    raw = [statistics.median(_size(word, _is_sideways(line)) for word in line) for line in lines]
    letters = [sum(len(word.text) for word in line) for line in lines]
    usual = statistics.median([size for size, count in zip(raw, letters, strict=True) for _ in range(count)] or [0.0])
    return [round(usual if abs(size - usual) < 0.2 * usual else size, 1) for size in raw]


def _is_sideways(line: Sequence[_Word]) -> bool:
    """Return whether a line runs up or down the page, as on a sheet that was laid sideways on the scanner."""
    boxes = [word.box for word in line]
    wide = max(box[2] for box in boxes) - min(box[0] for box in boxes)
    high = max(box[3] for box in boxes) - min(box[1] for box in boxes)
    return high > wide and sum(len(word.text) for word in line) > 2


def _size(word: _Word, sideways: bool) -> float:
    above = not set(word.text) <= _SMALL
    below = not _BELOW.isdisjoint(word.text)
    ink = word.box[2] - word.box[0] if sideways else word.box[3] - word.box[1]
    return ink / _INK[above, below]


def _line(words: Sequence[_Word], size: float) -> RawLine:
    placed: tuple[RawWord, ...] = tuple((word.text, round(word.box[0], 2), round(word.box[2], 2)) for word in words)
    y0 = min(word.box[1] for word in words) - PADDING * size
    y1 = max(word.box[3] for word in words) + PADDING * size
    return RawLine(placed, round(y0, 2), round(y1, 2), size, bold=False, hyphen=False)
