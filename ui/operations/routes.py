"""`/admin`, `/admin/health`, `/admin/audit` and `/metrics`: how the house fares, problems first."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from rag.asked import APPROVED
from rag.errors import CorpusError, GreffierError
from ui.audit import entries, known_actions
from ui.corpus.history import Report, live_report
from ui.desk import Assistant
from ui.operations.chart import chart
from ui.operations.figures import Machine, Use, machine, use
from ui.operations.log import about
from ui.operations.prometheus import MEDIA_TYPE, Metric, as_text, one
from ui.questions.approvals import ApprovedAnswers, check
from ui.services import Services
from ui.strings import typeset
from ui.strings.amounts import size
from ui.strings.operations import ACTIONS, OPERATIONS, OperationTexts
from ui.web import language_of

PER_PAGE = 100
LITTLE_DISK = 0.08  # free share of the disk under which the overview speaks up
LEAST_DISK = 2 << 30  # and free bytes
LONGEST_ID = 15  # figures of an entry's number


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing for the admin to look at, with the page where."""

    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Energy:
    """What the machine spent since the server started, in watt-hours; None where it is not measured, and why."""

    wh: float | None
    source: str
    reason: str
    per_question: float | None


def router(services: Services) -> APIRouter:
    """Return the routes over these services."""
    routes, started = APIRouter(), time.time()
    database, settings = services.database, services.settings

    def texts(request: Request) -> OperationTexts:
        return OPERATIONS.of(language_of(request, settings))

    @routes.get("/admin")
    def overview(request: Request) -> Response:
        now, used = machine(services.desk, settings.store, settings.data), use(database, APPROVED)
        problems = _problems(services, texts(request), language_of(request, settings), now, used)
        return services.web.page(request, "overview.html", t=texts(request), problems=problems, use=used, now=now)

    @routes.get("/admin/health")
    def health(request: Request) -> Response:
        now, used = machine(services.desk, settings.store, settings.data), use(database, APPROVED)
        return services.web.page(
            request, "health.html", t=texts(request), use=used, now=now, chart=chart(used.days),
            report=live_report(settings.store), energy=_energy(services, started, language_of(request, settings)),
        )  # fmt: skip

    @routes.get("/admin/audit")
    def log(request: Request, action: str = "", actor: str = "", before: str = "") -> Response:
        number = int(before) if before.isdecimal() and len(before) <= LONGEST_ID else None
        found = entries(database, action=action, actor=actor.strip(), before=number, count=PER_PAGE + 1)
        return services.web.page(
            request, "audit.html", t=texts(request), entries=found[:PER_PAGE], more=len(found) > PER_PAGE,
            actions=known_actions(database), names=_names(language_of(request, settings)), action=action,
            actor=actor, before=before, days=settings.keep_audit_days, about=about,
        )  # fmt: skip

    @routes.get("/metrics")
    def metrics() -> Response:
        now, used = machine(services.desk, settings.store, settings.data), use(database, APPROVED, days=1)
        figures = [*_of_use(services, used), *_of_machine(now), *_of_energy(_energy(services, started, "fr"))]
        return Response(as_text(figures), media_type=MEDIA_TYPE)

    return routes


def _problems(services: Services, t: OperationTexts, language: str, now: Machine, used: Use) -> list[Problem]:
    def said(text: str, error: GreffierError | None) -> str:
        reason = error.text("en" if language == "en" else "fr") if error else ""
        return text.format(reason=typeset(reason, "en" if language == "en" else "fr"))

    found = []
    if now.error is not None:
        found.append(Problem(said(t.problem_assistant, now.error), "/admin/corpus"))
    elif not now.ready:
        found.append(Problem(t.preparing, "/admin/health"))
    if now.health is not None and now.health.problem is not None:
        found.append(Problem(said(t.problem_model, now.health.problem), "/admin/health"))
    if now.disk_free < max(LEAST_DISK, LITTLE_DISK * now.disk_total):
        found.append(Problem(t.problem_disk.format(free=size(now.disk_free, language)), "/admin/health"))
    if used.asked:
        found.append(Problem(t.problem_asked.format(count=used.asked), "/admin/questions"))
    if review := _to_review(services):
        found.append(Problem(t.problem_review.format(count=review), "/admin/answers"))
    if used.open_reports:
        found.append(Problem(t.problem_reports.format(count=used.open_reports), "/admin/questions"))
    report = _report(services)
    if report is not None and report.asking:
        found.append(Problem(t.problem_files.format(count=len(report.asking)), "/admin/corpus?problems=1"))
    if not services.settings.responsible or not services.settings.contact_email:
        found.append(Problem(t.problem_responsible, "/about"))
    return found


def _report(services: Services) -> Report | None:
    try:
        return live_report(services.settings.store)
    except CorpusError:
        return None


def _to_review(services: Services) -> int:
    found = services.desk.look()
    if found is None or isinstance(found, GreffierError):
        return 0
    assistant: Assistant = found
    live = [entry for entry in ApprovedAnswers(services.database).all() if entry.state == "live"]
    try:
        return sum(check(entry, assistant) in ("changed", "gone") for entry in live)
    except GreffierError:  # no index at the moment, which is said above it
        return 0


def _energy(services: Services, started: float, language: str) -> Energy:
    meter = services.meter
    joules = meter.joules() if meter is not None else None
    if meter is None:
        return Energy(None, "", "", None)
    if joules is None:
        return Energy(None, "", meter.reason_en if language == "en" else typeset(meter.reason, "fr"), None)
    asked = services.database.rows("SELECT COUNT(*) AS n FROM asked WHERE at >= ?", started)[0]["n"]
    return Energy(joules / 3600, meter.source, "", joules / 3600 / asked if asked else None)


def _names(language: str) -> dict[str, str]:
    return {action: both[1 if language == "en" else 0] for action, both in ACTIONS.items()}


def _of_use(services: Services, used: Use) -> list[Metric]:
    rows = services.database.rows("SELECT status, model, COUNT(*) AS n FROM asked GROUP BY status, model")
    by_status: list[tuple[dict[str, str], float | None]] = [
        ({"status": row["status"], "model": row["model"]}, row["n"]) for row in rows
    ]
    seconds: list[tuple[dict[str, str], float | None]] = [
        ({"quantile": "0.5"}, _seconds(used.total_p50)), ({"quantile": "0.95"}, _seconds(used.total_p95))
    ]  # fmt: skip
    waits: list[tuple[dict[str, str], float | None]] = [
        ({"quantile": "0.5"}, _seconds(used.waited_p50)), ({"quantile": "0.95"}, _seconds(used.waited_p95))
    ]  # fmt: skip
    return [
        Metric("greffier_questions", "Questions kept in the database, by outcome.", by_status),
        Metric("greffier_answer_seconds", "Time to the answer, today.", seconds),
        Metric("greffier_wait_seconds", "Wait in the line for the model, today.", waits),
        one("greffier_struck_ratio", "Share of withdrawn sentences, today.", used.struck),
        one("greffier_open_questions", "Questions without an answer that wait.", used.open_questions),
        one("greffier_secretariat_questions", "Of these, put to the secretariat.", used.asked),
        one("greffier_open_reports", "Reports of members that wait.", used.open_reports),
    ]


def _of_machine(now: Machine) -> list[Metric]:
    health = now.health
    states: list[tuple[dict[str, str], float | None]] = [
        ({"state": state}, float(health.state == state))
        for state in ("starting", "ready", "busy", "restarting", "failed")
        if health is not None
    ]
    info: list[tuple[dict[str, str], float | None]] = [({"generation": now.generation, "model": now.model}, 1.0)]
    return [
        one("greffier_ready", "1 if questions can be answered.", float(now.ready)),
        Metric("greffier_info", "The live generation and the model.", info if now.ready else []),
        Metric("greffier_model_state", "1 for the state that the language model is in.", states),
        one("greffier_model_restarts_total", "Restarts of the language model.", _of(health, "restarts"), "counter"),
        one("greffier_model_memory_bytes", "Memory of the language model's process.", _of(health, "rss")),
        one("greffier_queue_length", "Questions that wait for the language model.", now.waiting),
        one("greffier_memory_bytes", "Memory of the server's process.", now.memory),
        one("greffier_machine_memory_available_bytes", "Memory that is free on the machine.", now.machine_free),
        one("greffier_disk_free_bytes", "Free bytes of the disk that holds the index.", now.disk_free),
        one("greffier_store_bytes", "Size of the index.", now.store),
        one("greffier_data_bytes", "Size of accounts, questions and trash.", now.data),
    ]


def _of_energy(energy: Energy) -> list[Metric]:
    joules = None if energy.wh is None else energy.wh * 3600
    return [one("greffier_energy_joules_total", "Energy of the machine since the start.", joules, "counter")]


def _of(value: Any, name: str) -> float | None:
    return None if value is None else getattr(value, name)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds / 1000, 3)
