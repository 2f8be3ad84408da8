"""`/v1/models` and `/v1/chat/completions`, so that whatever speaks OpenAI's interface can ask.

A streamed answer carries no word that was not checked: while the model writes, chunks are empty but for the draft in
`greffier`, and the sentences follow once they hold. This module does *not* know what the messages mean
(`ui/openai/forms.py`).
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from rag import as_json
from rag.errors import QuestionError
from rag.types import Finished, Language
from ui.api import asking
from ui.api.asking import Question
from ui.api.forms import Chat
from ui.api.routes import SILENCE, error_json, kind, refused, streamed
from ui.identity import member_of
from ui.openai.forms import MODEL, Json, chunk, completion, last_chunks, question_of
from ui.services import Services
from ui.strings.api import API

_LEFT = 499  # nobody reads this status: the client has gone
_DONE = "data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One request: how its chunks are named, where citations lead, and what of it was not read."""

    question: Question
    id: str
    created: int
    base: str
    ignored: list[str]


def router(services: Services) -> APIRouter:
    """Return the routes of the OpenAI-compatible interface."""
    routes = APIRouter(tags=["OpenAI"])
    language: Language = "en" if services.settings.language == "en" else "fr"
    began = int(time.time())
    model = {"id": MODEL, "object": "model", "created": began, "owned_by": MODEL}

    @routes.get("/v1/models", summary="List the models: one, Greffier itself")
    def models() -> Response:
        return JSONResponse({"object": "list", "data": [model]})

    @routes.get("/v1/models/{name}", summary="Describe a model")
    def one(name: str) -> Response:
        return JSONResponse(model) if name == MODEL else _unknown_model(name, language)

    @routes.post("/v1/chat/completions", summary="Answer the last message of a user")
    async def complete(request: Request, chat: Chat) -> Response:
        if chat.model != MODEL:
            return _unknown_model(chat.model, language)
        try:
            text, history, ignored = question_of(chat)
            if chat.n != 1:
                raise QuestionError(API.fr.one_answer, API.en.one_answer)
            exchange = _Exchange(
                Question(member_of(request.scope), text, history, language), f"chatcmpl-{secrets.token_hex(12)}",
                int(time.time()), str(request.base_url).rstrip("/"), ignored,
            )  # fmt: skip
            if chat.stream:
                return streamed(_chunks(services, exchange, request))
            answer = await asking.answer(services, exchange.question, request.is_disconnected)
        except Exception as error:  # noqa: BLE001 - the edge: `known` logs what nobody foresaw
            return refused(asking.known(error), language)
        if answer is None:
            return Response(status_code=_LEFT)
        return JSONResponse(completion(answer, exchange.id, exchange.created, exchange.base, ignored))

    return routes


async def _chunks(services: Services, exchange: _Exchange, request: Request) -> AsyncGenerator[str, None]:
    id_, created, silent = exchange.id, exchange.created, 0
    yield _line(chunk(id_, created, {"role": "assistant", "content": ""}))
    try:
        async with contextlib.aclosing(
            asking.events(services, exchange.question, request.is_disconnected)
        ) as steps:  # fmt: skip
            async for event in steps:
                if event is None:
                    silent += 1
                    if silent % SILENCE == 0:
                        yield ": …\n\n"
                elif isinstance(event, Finished):
                    for piece in last_chunks(event.answer, id_, created, exchange.base, exchange.ignored):
                        yield _line(piece)
                else:
                    name, value = as_json.event(event)
                    yield _line(chunk(id_, created, {}, greffier={"event": name, **value}))
        yield _DONE
    except Exception as error:  # noqa: BLE001 - the edge of a stream whose status is already sent
        found = asking.known(error)
        yield _line(error_json(found.text(exchange.question.language), kind(found)))


def _unknown_model(name: str, language: Language) -> Response:
    message = API.of(language).unknown_model.format(name=name, model=MODEL)
    made = error_json(message, "invalid_request_error")
    made["error"]["code"] = "model_not_found"
    return JSONResponse(made, 404)


def _line(value: Json) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
