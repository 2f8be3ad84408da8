"""The table of the corpus: each file with what the last ingestion said of it. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.discover import Found
from rag.text import fold
from rag.types import FileReport, group_of
from ui.corpus.history import WELL, Report

PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One file. `state`: a `FileStatus` of the last ingestion, or "new" (it has not seen the file), "modified" (the
    file changed since), "refused" (it must not be opened). `modified`: seconds since 1970; `message`: what to do."""

    path: str
    size: int
    modified: float
    pages: int
    state: str
    message: str

    @property
    def folder(self) -> str:
        """The folder, "" for the corpus itself."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[2]

    @property
    def group(self) -> str | None:
        """The reading group, None if all may read it."""
        return group_of(self.path)

    @property
    def is_problem(self) -> bool:
        """Whether somebody has to do something about it."""
        return self.state not in WELL and not self.is_news

    @property
    def is_news(self) -> bool:
        """Whether the next ingestion will read it."""
        return self.state in ("new", "modified")


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the table: `number` of `count` pages, `found` rows in all, and how many rows of the whole corpus are
    problems or news."""

    rows: Sequence[Row]
    number: int
    count: int
    found: int
    files: int
    problems: int
    news: int


def rows(
    found: Iterable[Found], report: Report | None, same: Callable[[Found, str], bool] = lambda *_: False
) -> list[Row]:
    """Return a row for each file; problems first, then what is new, then by path. `same` says whether a file that is
    younger than the index still has the SHA-256 that was indexed."""
    known: Mapping[str, FileReport] = {file.path: file for file in report.files} if report else {}
    made = [_row(file, known.get(file.path), report.created if report else 0.0, same) for file in found]
    return sorted(made, key=lambda row: (not row.is_problem, not row.is_news, row.path))


def page_of(all_rows: Sequence[Row], *, folder: str = "", words: str = "", problems: bool, number: int) -> Listing:
    """Return the page `number` (from 1) of the rows in `folder` ("": all) that contain `words`."""
    wanted = fold(words).split()
    chosen = [
        row
        for row in all_rows
        if (not folder or row.path.startswith(f"{folder}/"))
        and (not problems or row.is_problem)
        and all(word in fold(row.path) for word in wanted)
    ]
    count = max(1, -(-len(chosen) // PER_PAGE))
    number = min(max(1, number), count)
    shown = chosen[(number - 1) * PER_PAGE : number * PER_PAGE]
    asking, news = sum(row.is_problem for row in all_rows), sum(row.is_news for row in all_rows)
    return Listing(shown, number, count, len(chosen), len(all_rows), asking, news)


def _row(file: Found, report: FileReport | None, indexed: float, same: Callable[[Found, str], bool]) -> Row:
    modified = file.mtime_ns / 1e9
    if file.refused:
        return Row(file.path, file.size, modified, 0, "refused", file.refused)
    if report is None or report.status == "removed":
        return Row(file.path, file.size, modified, 0, "new", "")
    if modified > indexed and not same(file, report.sha256):
        return Row(file.path, file.size, modified, report.pages, "modified", "")
    return Row(file.path, file.size, modified, report.pages, report.status, report.message)
