"""`/widget`: a question and its answer in a page that other sites may show in a frame.

Whoever asks there is the service member whose token stands in the address of the frame, which is public by nature: it
must be a token for the widget, which opens nothing else, and an account that administers or reads all folders is
refused. A signed-in member who opens the page asks as themselves.
This module does *not* know which sites may frame it; the guard does.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from rag.types import Answer
from ui.access import sessions
from ui.access.routes import peer_of
from ui.api import asking
from ui.api.asking import Question
from ui.identity import STATE, Member
from ui.services import Services
from ui.strings.api import API
from ui.web import language_of
from ui.widget.pace import TOKEN_QUESTIONS, Pace, house_of

Text = Annotated[str, Form()]


def router(services: Services) -> APIRouter:
    """Return the routes of the widget."""
    routes, settings = APIRouter(), services.settings
    of_house, of_token = Pace(), Pace(TOKEN_QUESTIONS)

    def page(
        request: Request, token: str, problem: str = "", question: str = "", answer: Answer | None = None,
        status: int = 200, open: bool = True,
    ) -> Response:  # fmt: skip
        texts = API.of(language_of(request, settings))
        return services.web.page(
            request, "widget.html", status, texts=texts, token=token, problem=problem, question=question,
            answer=answer, open=open, base=str(request.base_url).rstrip("/"), longest=settings.question_characters,
        )  # fmt: skip

    def refusal(request: Request, token: str, member: Member | None) -> Response | None:
        texts = API.of(language_of(request, settings))
        if member is None:
            return page(request, token, texts.no_widget, status=403, open=False)
        if token and (member.role == "admin" or member.groups is None):
            return page(request, "", texts.too_wide, status=403, open=False)
        return None

    @routes.get("/widget")
    def show(request: Request, token: str = "") -> Response:
        return refusal(request, token, _member(services, request, token)) or page(request, token)

    @routes.post("/widget")
    async def ask(request: Request, question: Text = "", token: Text = "") -> Response:
        member = _member(services, request, token)
        refused = refusal(request, token, member)
        if refused is not None or member is None:
            return refused or Response(status_code=403)
        language = language_of(request, settings)
        if token and not (of_house.allows(house_of(peer_of(request))) and of_token.allows(token)):
            return page(request, token, API.of(language).too_fast, question, status=429)
        try:
            asked = Question(member, question, language=language)
            answer = await asking.answer(services, asked, request.is_disconnected)
        except Exception as error:  # noqa: BLE001 - the page's edge: the reader gets a sentence, the log the trace
            found = asking.known(error)
            return page(request, token, found.text(language), question, status=asking.status(found))
        if token and _member(services, request, token) != member:  # revoked while the answer was written
            return page(request, token, API.of(language).no_widget, status=403, open=False)
        return page(request, token, question=question, answer=answer)

    return routes


def _member(services: Services, request: Request, token: str) -> Member | None:
    if token:
        account = sessions.bearer(services.database, token, "widget")
        return None if account is None or account.must_change else account.member()
    known: Member | None = request.scope.get("state", {}).get(STATE)
    return known
