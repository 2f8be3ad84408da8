"""`/api`: ask, search, list documents, and the page and document that describe all this.

Replies are those of `rag/as_json.py`; a stream is server-sent events named queued, retrieved, reading, token and
finished (or error). This module does *not* know how an answer comes about.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, StreamingResponse

from rag import as_json
from rag.errors import GreffierError
from rag.scope import scope_of
from rag.types import Language, Turn
from ui.api import asking
from ui.api.asking import Question
from ui.api.forms import Ask, Message, Search
from ui.identity import member_of
from ui.services import Services
from ui.strings.api import API
from ui.web import language_of

SILENCE = 30  # ticks without an event after which a comment is sent: proxies close a connection that is silent
_LEFT = 499  # nobody reads this status: the client has gone
_STREAM = "text/event-stream"
_SECURITY = {"token": {"type": "http", "scheme": "bearer"}}


def router(services: Services) -> APIRouter:
    """Return the routes of the REST interface."""
    routes = APIRouter(tags=["Greffier"])
    default: Language = "en" if services.settings.language == "en" else "fr"

    async def reply(request: Request, ask: Ask) -> Response:
        language = ask.language or default
        question = Question(member_of(request.scope), ask.question, turns(ask.history), language, ask.scope)
        if ask.stream or _STREAM in request.headers.get("accept", ""):
            return streamed(_events(services, question, request))
        try:
            answer = await asking.answer(services, question, request.is_disconnected)
        except Exception as error:  # noqa: BLE001 - the edge: `known` logs what nobody foresaw
            return refused(asking.known(error), language)
        return Response(status_code=_LEFT) if answer is None else JSONResponse(as_json.answer(answer))

    @routes.post("/api/ask", summary="Ask a question")
    async def ask(request: Request, body: Ask) -> Response:
        return await reply(request, body)

    @routes.get("/api/ask", summary="Ask a question, as EventSource can")
    async def ask_by_address(request: Request, asked: Annotated[_AskByAddress, Query()]) -> Response:
        return await reply(request, Ask(**asked.model_dump()))

    def found(request: Request, search: Search) -> Response:
        groups = member_of(request.scope).groups
        try:
            opened = asking.assistant(services)
            generation, passages, timings = opened.search(search.question, search.k, groups, scope_of(search.scope))
        except Exception as error:  # noqa: BLE001 - as above
            return refused(asking.known(error), default)
        return JSONResponse(as_json.search(search.question, generation, passages, timings))

    @routes.post("/api/search", summary="Search passages")
    def search(request: Request, body: Search) -> Response:
        return found(request, body)

    @routes.get("/api/search", summary="Search passages")
    def search_by_address(request: Request, asked: Annotated[Search, Query()]) -> Response:
        return found(request, asked)

    @routes.get("/api/documents", summary="List the documents that one may read")
    def documents(request: Request) -> Response:
        try:
            opened = asking.assistant(services)
            listed = opened.library.documents(member_of(request.scope).groups)
            return JSONResponse(
                {"generation": opened.generation, "documents": [as_json.document(entry) for entry in listed]}
            )
        except GreffierError as error:
            return refused(error, default)

    return routes


def about(services: Services, described: Sequence[APIRouter]) -> APIRouter:
    """Return the routes that describe those of `described`: a page to read, and the OpenAPI document."""
    routes = APIRouter()

    def document() -> dict[str, Any]:
        every = [route for router in described for route in router.routes]
        made = get_openapi(title="Greffier", version="1", openapi_version="3.1.0", routes=every)
        made.setdefault("components", {})["securitySchemes"] = _SECURITY
        made["security"] = [{"token": []}]
        return made

    @routes.get("/api/openapi.json")
    def openapi() -> Response:
        return JSONResponse(document())

    @routes.get("/api")
    def page(request: Request) -> Response:
        texts = API.of(language_of(request, services.settings))
        made = document()
        listed = [
            (method.upper(), path, what["summary"])
            for path, methods in made["paths"].items()
            for method, what in methods.items()
        ]
        base = str(request.base_url).rstrip("/")
        return services.web.page(request, "api.html", texts=texts, listed=listed, base=base)

    return routes


def explain_mistakes(server: FastAPI) -> None:
    """Let the server say in one sentence what is wrong with a request, in place of FastAPI's list."""

    async def explain(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        fields = ", ".join(dict.fromkeys(".".join(map(str, one["loc"][1:])) or "-" for one in error.errors()))
        fr, en = (API.of(code).mistake.format(fields=fields) for code in ("fr", "en"))
        return JSONResponse(error_json(f"{fr} {en}", "invalid_request_error"), 400)

    server.add_exception_handler(RequestValidationError, explain)


class _AskByAddress(Search):
    """A question in the address of the request."""

    stream: bool = False


def turns(messages: Sequence[Message]) -> tuple[Turn, ...]:
    """Return the earlier messages of members and assistant; all others, a system's above all, are left out."""
    return tuple(
        Turn("user" if message.role == "user" else "assistant", message.content)
        for message in messages
        if message.role in ("user", "assistant")
    )


async def _events(services: Services, question: Question, request: Request) -> AsyncGenerator[str, None]:
    silent = 0
    try:
        async with contextlib.aclosing(asking.events(services, question, request.is_disconnected)) as steps:
            async for event in steps:
                if event is None:
                    silent += 1
                    if silent % SILENCE == 0:
                        yield ": …\n\n"
                    continue
                name, value = as_json.event(event)
                yield f"event: {name}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n"
    except Exception as error:  # noqa: BLE001 - the edge of a stream whose status is already sent
        found = asking.known(error)
        told = error_json(found.text(question.language), kind(found))
        yield f"event: error\ndata: {json.dumps(told, ensure_ascii=False)}\n\n"


def streamed(lines: AsyncGenerator[str, None]) -> Response:
    """Return a reply of server-sent events."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(lines, media_type=_STREAM, headers=headers)


def refused(error: GreffierError, language: Language) -> Response:
    """Return the reply to a request that failed."""
    return JSONResponse(error_json(error.text(language), kind(error)), asking.status(error))


def error_json(message: str, type_: str) -> dict[str, Any]:
    """Return an error in the form of OpenAI's interface, which is that of all of ours."""
    return {"error": {"message": message, "type": type_, "param": None, "code": None}}


def kind(error: GreffierError) -> str:
    """Return the type of an error, in OpenAI's words."""
    return {400: "invalid_request_error", 429: "rate_limit_error"}.get(asking.status(error), "server_error")
