"""`/about`, for everybody, and `/account/data`: what this is, what it keeps, and how to have it back or erased."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from rag.asked import EXTRACTS
from rag.errors import GreffierError
from rag.places import Places
from rag.types import Source
from ui.about.kept import delete_own, has_own, own_data
from ui.audit import audit
from ui.corpus.history import Report, live_report
from ui.identity import STATE, Member, member_of
from ui.services import Services
from ui.strings.about import ABOUT
from ui.web import language_of

DATA = "/account/data"


def router(services: Services) -> APIRouter:
    """Return the routes; what the pages say comes from the settings and the live index."""
    routes = APIRouter()
    settings, database = services.settings, services.database

    @routes.get("/about")
    def about(request: Request) -> Response:
        report, known = live_report(settings.store), request.scope.get("state", {}).get(STATE)
        # who has not signed in hears no number: of documents for members it would tell how many there are
        indexed = _readable(report, known, services.places()) if report and known else None
        # both, as a visitor may read but one of them; the chosen one first
        languages = (("fr", ABOUT.fr), ("en", ABOUT.en))
        if language_of(request, settings) == "en":
            languages = languages[::-1]
        return services.web.page(
            request, "about.html", languages=languages, t=_texts(request, services),
            settings=settings, model=_model(services), extracts=EXTRACTS, report=report, indexed=indexed,
        )  # fmt: skip

    @routes.get(DATA)
    def own(request: Request, deleted: str = "") -> Response:
        member = member_of(request.scope)
        found = own_data(database, member, services.places())
        counts = [(name, len(rows)) for name, rows in found.items()]
        return services.web.page(
            request, "own_data.html", t=_texts(request, services), counts=counts, own=has_own(member),
            deleted=bool(deleted),
        )  # fmt: skip

    @routes.get(f"{DATA}/download")
    def download(request: Request) -> Response:
        member = member_of(request.scope)
        text = json.dumps(own_data(database, member, services.places()), ensure_ascii=False, indent=1)
        audit(database, member.name, "data_read", member.name)
        headers = {"content-disposition": 'attachment; filename="greffier.json"', "cache-control": "no-store"}
        return Response(text, media_type="application/json", headers=headers)

    @routes.post(f"{DATA}/delete")
    def delete(request: Request) -> Response:
        member = member_of(request.scope)
        if has_own(member):
            # first those in memory: an answer under way would be stored again
            services.conversations.close_all(member.id)
        delete_own(database, member)
        audit(database, member.name, "data_deleted", member.name)
        return RedirectResponse(f"{DATA}?deleted=1", 303)

    return routes


def _texts(request: Request, services: Services) -> object:
    return ABOUT.of(language_of(request, services.settings))


def _readable(report: Report, member: Member, places: Places) -> int:
    """Return how many of the indexed documents the member may read."""
    files = [Source(file.path, file.sha256, "") for file in report.files if file.chunks > 0]
    return sum(file.open_to(member.groups) and places.open_to(file, member.groups) for file in files)


def _model(services: Services) -> str:
    """Return the model that writes, "" while there is none to name."""
    found = services.desk.look()
    if found is None or isinstance(found, GreffierError):
        return ""
    return found.model
