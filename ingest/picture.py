"""Draws one page as JPEG, in the same guarded child that reads files. Does *not* know who may see it, nor caches."""

from __future__ import annotations

from pathlib import Path

from ingest.guard import run_child
from rag.errors import GreffierError
from rag.settings import Settings

SECONDS = 20.0
"""Wall time for one page: an A4 page takes 0.05 s, a page of maps some seconds."""
PICTURE_BYTES = 64_000_000
WIDTHS = range(50, 4_001)


def render_page(file: Path, number: int, width: int, settings: Settings) -> bytes:
    """Return page `number` (from 1) of `file` as JPEG, `width` pixels wide (50 to 4000).

    Raises:
        GreffierError: if there is no such page, or it cannot be drawn within the limits.
        ValueError: if `width` is out of range.
    """
    if width not in WIDTHS:
        raise ValueError(f"width {width} is not within {WIDTHS.start} to {WIDTHS.stop - 1} pixels")
    pieces: list[bytes] = []

    def keep(data: bytes) -> bool:
        pieces.append(data)
        return True

    arguments = ["render", str(file), str(number), str(width)]
    outcome = run_child(arguments, keep, SECONDS, settings.read_megabytes, PICTURE_BYTES)
    if outcome.stopped is not None or outcome.returncode != 0 or not pieces:
        raise GreffierError(
            f"La page {number} de {file.name} ne peut pas être affichée : ouvrez le PDF lui-même.",
            f"Page {number} of {file.name} cannot be drawn: open the PDF itself.",
        )
    return b"".join(pieces)
