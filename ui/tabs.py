"""Binds a browser tab to who opened it: Gradio knows tabs by a name that the browser makes up.

Whoever learnt another's name could otherwise read the events of that tab. Stands behind the guard; reads the name from
the address, or from the body where Gradio puts it there. This module does *not* know what a tab shows.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs

from ui.guard import Application, Message, Receive, Scope, Send, refuse
from ui.identity import STATE, Member
from ui.strings import ENGLISH, FRENCH

TABS = 20_000  # remembered; the one unused for longest goes first
_IN_BODY = re.compile(r"/gradio_api/(?:run/predict|queue/join|cancel)")
_IN_QUERY = re.compile(r"/gradio_api/queue/data")
_IN_PATH = re.compile(r"/gradio_api/heartbeat/([^/]+)")


class Tabs:
    """Hands on what concerns the member's own tabs, and refuses the rest."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._owners: OrderedDict[str, int] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, by a refusal or by handing it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, names = scope["path"], list[str]()
        if _IN_BODY.fullmatch(path):
            body, receive = await _read(receive)
            names = [_name_in(body)]
        elif _IN_QUERY.fullmatch(path):
            # all that the address says: which of two names counts is Gradio's to decide
            names = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("session_hash", [])
        elif found := _IN_PATH.fullmatch(path):
            names = [found[1]]
        member: Member | None = scope.get("state", {}).get(STATE)
        if member is not None and not all(self._owns(name, member.id) for name in names if name):
            await refuse(send, scope, 403, FRENCH.foreign_tab, ENGLISH.foreign_tab)
        else:
            await self._app(scope, receive, send)

    def _owns(self, name: str, member: int) -> bool:
        owner = self._owners.setdefault(name, member)
        self._owners.move_to_end(name)
        while len(self._owners) > TABS:
            self._owners.popitem(last=False)
        return owner == member


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """Return the whole body, which the guard has bounded, and a function that gives it again."""
    body, more = bytearray(), True
    first: MutableMapping[str, Any] = {}
    while more:
        first = await receive()
        if first["type"] != "http.request":
            break
        body.extend(first.get("body", b""))
        more = first.get("more_body", False)
    given = False

    async def again() -> Message:
        nonlocal given
        if given or first["type"] != "http.request":
            return first if first["type"] != "http.request" else await receive()
        given = True
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    return bytes(body), again


def _name_in(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    name = said.get("session_hash") if isinstance(said, dict) else None
    return name if isinstance(name, str) else ""
