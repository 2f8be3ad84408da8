"""`/feedback`: what a member says of an answer, and questions for the secretariat."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Request, Response
from fastapi.responses import PlainTextResponse

from ui.api.forms import Text
from ui.exchange import Exchange
from ui.feedback import store
from ui.history.live import Conversation
from ui.identity import member_of
from ui.services import Services
from ui.strings.history import HISTORY
from ui.web import language_of

Kind = Literal["useful", "not_useful", "wrong_source", "out_of_date", ""]
Word = Annotated[Text, Body(max_length=4 * store.WORD)]


def router(services: Services) -> APIRouter:
    """Return the routes. The exchange is looked up here: nothing that the browser says of it is believed."""
    router, settings, database = APIRouter(), services.settings, services.database

    def find(request: Request, conversation: str, number: int) -> tuple[Conversation, Exchange] | None:
        member = member_of(request.scope)
        found = services.conversations.find(member.id, conversation)
        exchange = found.exchange(number) if found else None
        if found is None or exchange is None or exchange.answer is None:
            return None
        if not exchange.open_to(member.groups, services.places()):
            return None
        return found, exchange

    def unknown(request: Request) -> Response:
        return PlainTextResponse(HISTORY.of(language_of(request, settings)).unknown, 404)

    @router.post("/feedback")
    def report(
        request: Request,
        conversation: Annotated[Text, Body()],
        number: Annotated[int, Body()],
        kind: Annotated[Kind, Body()],
        word: Word = "",
    ) -> Response:
        found = find(request, conversation, number)
        if found is None:
            return unknown(request)
        if kind:
            member = member_of(request.scope) if settings.keep_names else None
            store.report(database, conversation, found[1], kind, word, member, keep_text=services.recorder.keeps_text)
        else:
            store.withdraw(database, conversation, found[1])
        found[0].change(number, reported=kind)
        return Response(status_code=204)

    @router.post("/feedback/secretariat")
    def ask(
        request: Request,
        conversation: Annotated[Text, Body()],
        number: Annotated[int, Body()],
        word: Word = "",
        named: Annotated[bool, Body()] = False,
    ) -> Response:
        found = find(request, conversation, number)
        if found is None or not services.recorder.keeps_text:
            return unknown(request)
        if not found[1].sent:
            member = member_of(request.scope)
            store.send(database, found[1], word, member, named or settings.keep_names)
            services.conversations.sent(found[0], number)
        return Response(status_code=204)

    return router
