"""A program's question on its way to the assistant and back, and what to say when that fails.

Shared by the REST and the OpenAI-compatible interface and the widget. Knows the assistant's events, not the form in
which they are sent.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from rag.errors import GreffierError, QuestionError, ServerError, StoreError, TooManyQuestions
from rag.scope import scope_of
from rag.types import Answer, Event, Finished, Language, Queued, Turn
from ui.desk import Assistant
from ui.identity import Member
from ui.services import Services
from ui.stream import stream
from ui.strings import ENGLISH, FRENCH

TICK = 0.5  # seconds after which it is looked whether the client is still there
TURNS = 80  # earlier messages that a question may refer to, as on the page; what a program sends beyond is not read

_log = logging.getLogger(__name__)


class NotReady(ServerError):
    """The assistant is still being opened."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a program asks. `scope` is the path of a document or folder, "" for all that the member may read."""

    member: Member
    text: str
    history: Sequence[Turn] = ()
    language: Language = "fr"
    scope: str = ""


def assistant(services: Services) -> Assistant:
    """Return the open assistant.

    Raises:
        GreffierError: why there is none.
    """
    found = services.desk.look()
    if found is None:
        raise NotReady(FRENCH.preparing, ENGLISH.preparing)
    if isinstance(found, GreffierError):
        raise found
    return found


async def events(
    services: Services, question: Question, gone: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[Event | None, None]:
    """Yield the assistant's events, and None each `TICK` without one; end early, and stop the model, when `gone()`.

    Raises:
        GreffierError: if the question cannot be answered.
    """
    opened, stop = assistant(services), threading.Event()
    queued: float | None = None
    waited = 0.0
    steps = stream(
        lambda: opened.ask(
            question.text, history=question.history[-TURNS:], groups=question.member.groups,
            language=question.language, member=question.member.key, scope=scope_of(question.scope),
        ),
        stop, TICK,
    )  # fmt: skip
    async with contextlib.aclosing(steps):
        async for event in steps:
            if await gone():
                return
            if isinstance(event, Queued):
                queued = queued or time.monotonic()
            elif event is not None and queued is not None:
                waited, queued = (time.monotonic() - queued) * 1000, None
            if isinstance(event, Finished):
                services.recorder.answered(question.member, event.answer, waited)
            yield event


async def answer(services: Services, question: Question, gone: Callable[[], Awaitable[bool]]) -> Answer | None:
    """Return the checked answer, None if the client left first; raises what `events` raises."""
    async with contextlib.aclosing(events(services, question, gone)) as steps:
        async for event in steps:
            if isinstance(event, Finished):
                return event.answer
    return None


def known(error: Exception) -> GreffierError:
    """Return an error with a sentence for people; what nobody foresaw goes to the log, without its text for others."""
    if isinstance(error, GreffierError):
        return error
    _log.error("no answer", exc_info=error)
    return ServerError(FRENCH.crashed, ENGLISH.crashed)


def status(error: GreffierError) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, TooManyQuestions):
        return 429
    if isinstance(error, QuestionError):
        return 400
    return 503 if isinstance(error, StoreError | NotReady) else 500
