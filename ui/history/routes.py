"""`/conversations`: the list in the drawer, rename, delete, export. Another's is as if it did not exist."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from ui.api.forms import Text
from ui.exchange import readable
from ui.history.archive import title_of
from ui.history.export import markdown, parts
from ui.history.pdf import pdf
from ui.identity import member_of
from ui.services import Services
from ui.standing import standing_of
from ui.strings.history import HISTORY
from ui.view import entries_html
from ui.web import language_of

SEARCH = 200  # longest search
MEDIA = {"md": "text/markdown; charset=utf-8", "pdf": "application/pdf"}


def router(services: Services) -> APIRouter:
    """Return the routes."""
    router, settings, known = APIRouter(), services.settings, services.conversations

    def unknown(request: Request) -> Response:
        return PlainTextResponse(HISTORY.of(language_of(request, settings)).unknown, 404)

    @router.get("/conversations")
    def listed(request: Request, q: str = "", here: str = "") -> Response:
        member, language = member_of(request.scope), language_of(request, settings)
        # where nobody signs in on a network, a list would show everybody what everybody asks
        groups, places = member.groups, services.places()
        found = known.archive.entries(member.id, groups, q[:SEARCH], places) if member.is_one else ()
        markup = entries_html(found, language, here, datetime.now().date(), bool(q.strip()))
        return HTMLResponse(markup, headers={"cache-control": "no-store"})

    @router.post("/conversations/{conversation}/title")
    def rename(request: Request, conversation: str, title: Annotated[Text, Body(embed=True)]) -> Response:
        if not title_of(title):
            return PlainTextResponse(HISTORY.of(language_of(request, settings)).bad_title, 400)
        done = known.rename(member_of(request.scope).id, conversation, title)
        return Response(status_code=204) if done else unknown(request)

    @router.delete("/conversations/{conversation}")
    def delete(request: Request, conversation: str) -> Response:
        done = known.delete(member_of(request.scope).id, conversation)
        return Response(status_code=204) if done else unknown(request)

    @router.get("/conversations/{conversation}/export.{kind}")
    def export(request: Request, conversation: str, kind: str) -> Response:
        member, language = member_of(request.scope), language_of(request, settings)
        stored = known.whole(member.id, conversation)
        if stored is None or kind not in MEDIA:
            return unknown(request)
        title, exchanges = stored
        open_ = readable(exchanges, member.groups, services.places())
        shown = standing_of(open_, services.desk.look(), member.groups)
        found = list(parts(title, shown, language, datetime.now()))
        content = pdf(found, language, settings.association) if kind == "pdf" else markdown(found, language).encode()
        name = f"conversation-{datetime.now():%Y-%m-%d}.{kind}"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        return Response(content, media_type=MEDIA[kind], headers=headers)

    return router
