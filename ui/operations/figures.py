"""Use and health in figures: the content-free rows of `asked`, the reports, the machine. Knows no page, no format."""

from __future__ import annotations

import math
import resource
import shutil
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from rag.errors import GreffierError
from rag.ports import Health
from ui.database import Database
from ui.desk import Desk

DAYS = 30  # that the charts show
_STATUS = Path("/proc/self/status")
_MACHINE = Path("/proc/meminfo")


@dataclass(frozen=True, slots=True)
class Day:
    """Questions of one day, answered and refused."""

    day: date
    answered: int
    refused: int


@dataclass(frozen=True, slots=True)
class Use:
    """Use of the last days: counts, the share of struck-out sentences (0 to 1, None without any), the time to the
    answer and in the line for the model in milliseconds (None without questions)."""

    days: tuple[Day, ...]
    questions: int
    refused: int
    approved: int
    cached: int
    struck: float | None
    total_p50: float | None
    total_p95: float | None
    waited_p50: float | None
    waited_p95: float | None
    useful: int
    reported: int
    open_questions: int
    asked: int
    open_reports: int


@dataclass(frozen=True, slots=True)
class Machine:
    """The state of the server: memory in bytes (of this process, and free on the machine), disk in bytes, the model's
    health, the generation, and why there is no assistant."""

    memory: int | None
    machine_memory: int | None
    machine_free: int | None
    disk_total: int
    disk_free: int
    store: int
    data: int
    model: str
    health: Health | None
    generation: str
    waiting: int
    error: GreffierError | None
    ready: bool


def use(database: Database, approved: str, days: int = DAYS, now: float | None = None) -> Use:
    """Return the use of the last `days` days; `approved` is the model name of approved answers."""
    today = datetime.fromtimestamp(time.time() if now is None else now).date()
    first = today - timedelta(days=days - 1)
    since = datetime(first.year, first.month, first.day).timestamp()
    rows = database.rows("SELECT * FROM asked WHERE at >= ?", since)
    claims, struck = sum(row["claims"] for row in rows), sum(row["struck"] for row in rows)
    totals, waited = [row["total"] for row in rows], [row["waited"] for row in rows]
    spoken = database.rows("SELECT kind, done FROM feedback WHERE created >= ?", since)
    opened = database.rows("SELECT COUNT(*) AS n, SUM(asked) AS asked FROM open_questions WHERE done = 0")[0]
    waiting = database.rows("SELECT COUNT(*) AS n FROM feedback WHERE done = 0 AND kind != 'useful'")[0]
    return Use(
        _days(rows, first, days), len(rows), sum(row["status"] == "refused" for row in rows),
        sum(row["model"] == approved for row in rows), sum(row["cached"] for row in rows),
        struck / claims if claims else None, percentile(totals, 0.5), percentile(totals, 0.95),
        percentile(waited, 0.5), percentile(waited, 0.95), sum(row["kind"] == "useful" for row in spoken),
        sum(row["kind"] != "useful" for row in spoken), opened["n"], opened["asked"] or 0, waiting["n"],
    )  # fmt: skip


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which `share` (0 to 1) of the values lie (nearest rank), None of none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def machine(desk: Desk, store: Path, data: Path) -> Machine:
    """Return the state of the server now."""
    found = desk.look()
    error = found if isinstance(found, GreffierError) else None
    model, health, generation, waiting, ready = "", None, "", 0, False
    if found is not None and not isinstance(found, GreffierError):
        try:
            model, health, generation, waiting = found.model, found.health(), found.generation, found.waiting
            ready = True
        except GreffierError as problem:
            error = problem
    where = next(folder for folder in (store, *store.parents) if folder.exists())
    disk = shutil.disk_usage(where)
    return Machine(
        own_memory(), _proc(_MACHINE, "MemTotal"), _proc(_MACHINE, "MemAvailable"), disk.total, disk.free,
        _weight(store), _weight(data), model, health, generation, waiting, error, ready,
    )  # fmt: skip


def own_memory() -> int | None:
    """Return the memory of this process in bytes, None where the system does not say."""
    return _proc(_STATUS, "VmRSS") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 or None


def _days(rows: Sequence[sqlite3.Row], first: date, count: int) -> tuple[Day, ...]:
    answered, refused = [0] * count, [0] * count
    for row in rows:
        at = datetime.fromtimestamp(row["at"]).date()
        place = (at - first).days
        if 0 <= place < count:
            (refused if row["status"] == "refused" else answered)[place] += 1
    return tuple(Day(first + timedelta(days=n), answered[n], refused[n]) for n in range(count))


def _proc(file: Path, name: str) -> int | None:
    """Return a line "Name:   123 kB" of a file of the kernel's, in bytes."""
    try:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    found = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return next((int(value) * 1024 for value in found), None)


def _weight(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        try:
            total += 0 if file.is_symlink() or not file.is_file() else file.stat().st_size
        except OSError:  # gone meanwhile
            continue
    return total
