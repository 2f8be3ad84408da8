"""What the last ingestions said: reports of the generations that the store still holds. Reads files only."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.publish import generations
from ingest.report import JSON
from rag.errors import StoreError
from rag.store import Manifest, current
from rag.types import FileReport

NEWS = ("added", "updated", "removed")
WELL = frozenset({"added", "updated", "unchanged", "removed", "duplicate"})  # nothing is missing of these


@dataclass(frozen=True, slots=True)
class Report:
    """What one ingestion said. `created`: seconds since 1970; `versions`: which files are one document, and what to do
    about it, each as the files' names and a message."""

    generation: str
    created: float
    live: bool
    pages: int
    chunks: int
    seconds: float
    files: tuple[FileReport, ...]
    versions: tuple[tuple[tuple[str, ...], str], ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many files have each status."""
        return dict(Counter(file.status for file in self.files))

    @property
    def news(self) -> tuple[FileReport, ...]:
        """Files that came, changed or went."""
        return tuple(file for file in self.files if file.status in NEWS)

    @property
    def asking(self) -> tuple[FileReport, ...]:
        """Files that ask for somebody's attention."""
        return tuple(file for file in self.files if file.status not in WELL)

    @property
    def remarks(self) -> tuple[FileReport, ...]:
        """Files of which there is something to know."""
        return tuple(file for file in self.files if file.status in WELL and file.message)


def history(store: Path) -> list[Report]:
    """Return the reports of the generations that are still there, the newest first."""
    live = _live(store)
    found = (_report(folder, folder.name == live) for folder in reversed(generations(store)))
    return [report for report in found if report is not None]


def live_report(store: Path) -> Report | None:
    """Return the report of the live generation, None if there is none."""
    name = _live(store)
    return _report(store / name, True) if name else None


def _live(store: Path) -> str:
    try:
        return current(store).name
    except StoreError:
        return ""


def _report(folder: Path, live: bool) -> Report | None:
    try:
        created = datetime.fromisoformat(Manifest.read(folder).created).timestamp()
        told: dict[str, Any] = json.loads((folder / JSON).read_text(encoding="utf-8"))
        versions = tuple(
            (tuple(file["path"] for file in family["files"]), family["message"]) for family in told["versions"]
        )
        files = tuple(FileReport(**file) for file in told["files"])
        return Report(
            told["generation"], created, live, told["pages"], told["chunks"], told["seconds"], files, versions
        )
    except (OSError, ValueError, KeyError, TypeError, StoreError):  # of an older form, or removed under our eyes
        return None
