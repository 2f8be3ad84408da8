"""A reply on its way ends when whoever asked for it may no longer have it.

An account can be closed, a session ended or a folder taken away while an answer is being written. What was sent before
cannot be taken back, but nothing more is sent; the server then tells the application that its reader has left. Plain
ASGI; does *not* know accounts.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
LOOK_SECONDS = 1.0  # a reply that takes no longer is not looked at; and between two looks at a stream


def watched(send: Send, may_have: Callable[[], bool], refuse: Callable[[Send], Awaitable[None]]) -> Send:
    """Return a `send` that asks `may_have` before the content of a slow reply, and each second of a stream.

    A reply that has not begun is replaced by that of `refuse`; a stream ends where it is. Redirects and errors hold
    nothing that was asked for, and replies that said how long they are were ready when they began: both pass.
    """
    looked, streams, ended = time.monotonic(), False, False

    async def look(message: Message) -> None:
        nonlocal looked, streams, ended
        if ended:
            return
        starts = message["type"] == "http.response.start"
        if starts:
            streams = all(name.lower() != b"content-length" for name, _ in message["headers"])
        due = time.monotonic() - looked >= LOOK_SECONDS
        if due and (message["status"] == 200 if starts else streams):
            looked = time.monotonic()
            ended = not may_have()
        if not ended:
            await send(message)
        elif starts:
            await refuse(send)
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return look
