"""An ingestion on a terminal: progress bars with a time estimate, and a table at the end. Writes to standard error."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from ingest.progress import Stage
from ingest.report import HTML, STATUSES, Result, advice, chain, duration, families
from rag.plural import counted

_STAGES: dict[Stage, str] = {
    "hash": "Comparaison des fichiers",
    "read": "Lecture des PDF, OCR",
    "embed": "Calcul des vecteurs",
    "index": "Construction de l'index",
    "prove": "Vérification de l'index",
}
# Past this many files only those that need somebody's attention are listed.
_LISTED = 40
# The report has all of them.
_FAMILIES = 10


class Bars:
    """One bar a stage, each with the time it may still take."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("{task.description:<26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("reste"), TimeRemainingColumn(), console=Console(stderr=True),
        )  # fmt: skip
        self._task: TaskID | None = None
        self._total = 0

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._bars.stop()

    def begin(self, stage: Stage, total: int) -> None:
        """Begin the bar of a stage."""
        self._task = self._bars.add_task(_STAGES[stage], total=total)
        self._total = total

    def extend(self, count: int) -> None:
        """Make the bar longer."""
        if self._task is not None:
            self._total += count
            self._bars.update(self._task, total=self._total)

    def advance(self, count: int) -> None:
        """Move the bar."""
        if self._task is not None:
            self._bars.advance(self._task, count)


def table(result: Result, store: Path) -> None:
    """Print what became of each file, what to do about it, and where that can be read again."""
    console = Console(stderr=True)
    shown = [file for file in result.files if len(result.files) <= _LISTED or file.message]
    grid = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("Fichier", "État", "Pages", "Passages", "À faire"):
        grid.add_column(column, justify="right" if column in {"Pages", "Passages"} else "left")
    for file in shown:
        # names come from whoever wrote the file: no markup of theirs may be obeyed
        grid.add_row(escape(file.path), STATUSES[file.status], str(file.pages), str(file.chunks), escape(file.message))
    console.print(grid)
    for editions in families(result.editions)[:_FAMILIES]:
        console.print(f"Versions : {escape(chain(editions))}. {escape(advice(editions))}", highlight=False)
    state = "publié" if result.published else "déjà à jour"
    console.print(
        f"Index {state} : {counted(result.pages, 'page', 'pages')}, {counted(result.chunks, 'passage', 'passages')}, "
        f"{duration(result.seconds)} "
        f"({result.generation})."
    )
    report = store / result.generation / HTML
    if report.is_file():
        # soft_wrap: a path that is cut in two cannot be clicked or copied
        console.print(f"Rapport : {escape(str(report))}", soft_wrap=True, highlight=False)
