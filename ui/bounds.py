"""What Gradio may do and keep: it looks nowhere, counts nothing, and forgets the browser tabs that are gone.

By itself it keeps for each tab a copy of all components and, when a tab leaves in the middle of an answer, the messages
that it did not fetch and the names of its events: for ten thousand, two thousand and any number of tabs. Nothing of
that is needed, as conversations are ours (`ui/history/live.py`): a tab that Gradio has forgotten begins with the
components as they were built, and each event says anew what they show. This module does *not* import Gradio; it
knows the names by which it keeps these things.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs

from ui.guard import Application, Receive, Scope, Send

SESSIONS = 50  # tabs whose copy of the components is kept; the one unused for longest goes first
_STREAM = "/gradio_api/queue/data"


def prepare_environment(environ: MutableMapping[str, str]) -> None:
    """Switch off what Gradio would do on its own: look outside, keep questions in the browser, run Node, count.

    Must be called before the first import of Gradio, which reads these once.
    """
    environ.update(
        GRADIO_ANALYTICS_ENABLED="False",
        GRADIO_RUN_HISTORY="False",
        GRADIO_SSR_MODE="False",
        GRADIO_MCP_SERVER="False",
        GRADIO_ANALYTICS_MAX_EVENTS="100",  # of which it keeps times, for a page that is closed here
        GRADIO_ANALYTICS_CACHE_FREQUENCY=str(10**9),  # else it counts them all anew after each one
        HF_HUB_OFFLINE="1",
    )


def bound(blocks: Any) -> None:
    """Limit what Gradio keeps of tabs; to be called before the page is mounted."""
    blocks.state_session_capacity = SESSIONS  # as `launch` would set it, which is not used


class Leaving:
    """Hands every request on; forgets a tab when the last stream of its events ends."""

    def __init__(self, app: Application, blocks: Any) -> None:
        """Watch over the tabs of `blocks`, the page."""
        self._app = app
        self._blocks = blocks
        self._streams: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, by handing it on."""
        if scope["type"] != "http" or scope["path"] != _STREAM:
            await self._app(scope, receive, send)
            return
        names = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("session_hash", [])
        self._streams.update(names)
        try:
            await self._app(scope, receive, send)
        finally:
            self._streams.subtract(names)
            for name in names:
                if self._streams[name] <= 0:
                    del self._streams[name]
                    forget(self._blocks, name)


def forget(blocks: Any, name: str) -> None:
    """Drop the unread messages of a tab and the names of its events, unless it has asked for something since."""
    queue = blocks._queue
    events, messages = queue.pending_event_ids_session, queue.pending_messages_per_session
    # events of one who left have been given up by now, so that one still alive was asked for after that
    known = (queue.event_ids_to_events.get(event) for event in events.get(name, ()))
    if any(event is not None and event.alive for event in known):
        return
    messages.pop(name, None)
    events.pop(name, None)
    for gone in events.keys() - messages.keys():  # never listened, and left out by Gradio for newer ones
        del events[gone]
