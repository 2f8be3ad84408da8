"""Rows to a CSV file that a French spreadsheet opens by a double click, and that can do nothing when it is opened."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

# A cell that begins with one of these is a formula to a spreadsheet (OWASP, "CSV Injection"). Where the spreadsheet's
# language has cells apart by commas, a cell may begin inside one of ours, after a comma.
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(rf"^(?=[\t\r\n])|(?:^|(?<=[,;\t\r\n]))(?=[\"' \u00a0]*[{_SIGNS}])")


def as_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """Return UTF-8 with a byte order mark, cells apart by `;`, lines ended by CR LF."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _harmless(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    return _FORMULA.sub("'", cell)
