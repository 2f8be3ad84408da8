"""A page that is sent in two parts: what is known at once, and what a language model writes, once it is checked.

The browser shows the first part while the model writes; no script is needed. Who leaves stops the model. This module
does *not* know what either part says.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator

from starlette.responses import HTMLResponse, Response, StreamingResponse

from rag.errors import GreffierError
from rag.types import Answer, Event, Finished
from ui.stream import stream

GAP = "<!-- written -->"  # stands in a template where the second part goes
TICK_SECONDS = 2.0  # between two signs of life, without which the leaving of a reader would go unnoticed


def in_two_parts(
    page: HTMLResponse, start: Callable[[], Iterator[Event]], show: Callable[[Answer | GreffierError], str]
) -> Response:
    """Return the page with `GAP` replaced by `show` of the answer, or of the error, that `start()` comes to."""
    before, gap, after = bytes(page.body).decode().partition(GAP)
    assert gap, "the template has no gap"
    headers = {name: value for name, value in page.headers.items() if name not in {"content-length", "content-type"}}
    return StreamingResponse(_parts(before, after, start, show), media_type="text/html", headers=headers)


async def _parts(
    before: str, after: str, start: Callable[[], Iterator[Event]], show: Callable[[Answer | GreffierError], str]
) -> AsyncIterator[str]:
    yield before
    stopped = threading.Event()
    said: Answer | GreffierError | None = None
    events = stream(start, stopped, TICK_SECONDS)
    try:
        async for event in events:
            if isinstance(event, Finished):
                said = event.answer
            elif event is None:
                yield "\n"
    except GreffierError as error:
        said = error
    finally:
        stopped.set()
        await events.aclose()
    yield (show(said) if said is not None else "") + after
