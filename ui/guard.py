"""What every request meets first: who may ask, what is closed, and the headers every reply carries.

Plain ASGI, so that streamed replies pass untouched. This module does *not* know the routes' meaning, only
which addresses are open, and to whom; whatever is not named here, Gradio's uploads, files and proxies above all, is
closed. It finds out once who asks, by the function it is given (`ui/identity.py`).

The Content-Security-Policy needs 'unsafe-inline' and 'unsafe-eval' because Gradio 6 starts from an inline
script and compiles its HTML templates in the browser; no source but this server is allowed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit

from ui.identity import LANGUAGE_COOKIE, SESSION_COOKIE, STATE, Identify, Knock, Member, everyone_is_local
from ui.strings import ENGLISH, FRENCH
from ui.watch import watched

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

Page = Callable[[Scope], Application]
"""Makes the reply to one request: a page."""

BODY_BYTES = 262_144  # largest request: a question and what Gradio wraps round it
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
# Gradio's page
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'"
)
# Our own pages: no script and no style but files of this server.
PAGE_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
# A PDF is shown by the browser's own viewer, which draws with styles and pictures of its own.
PDF_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; object-src 'self'; frame-ancestors 'none'"
)
# What Gradio's page cannot do without. All other addresses of Gradio's stay closed.
_GRADIO = (
    r"/|/assets/.+|/theme\.css|/favicon\.ico|/static/js/iframeResizer\.contentWindow\.min\.js"
    r"|/gradio_api/(?:run/predict|queue/join|queue/data|heartbeat/[^/]+|startup-events|cancel|theme\.css)"
)
_OURS = r"/(?:page|document|documents|conversations|feedback|account|admin|api|v1|metrics)(?:/.*)?"
# The door of an address: to all, to members, to admins; an address without a door is closed.
PUBLIC = re.compile(r"/health|/greffier/.+|/sign-in|/about|/language/(?:fr|en)|/favicon\.ico|/widget(?:/.*)?")
ADMINS = re.compile(r"/admin(?:/.*)?|/metrics")
MEMBERS = re.compile(rf"{_GRADIO}|{_OURS}|/sign-out")
UPLOAD = re.compile(r"/admin/corpus/upload")
# Addresses that programs ask, which want a status and not the sign-in page.
_FOR_PROGRAMS = re.compile(r"/(?:api|v1|gradio_api|metrics)(?:/.*)?")
_GRADIO_PAGE = re.compile(_GRADIO)
_WIDGET = re.compile(r"/widget")
# Gradio's own files, which may lie in caches
_SAME_FOR_ALL = re.compile(r"/assets/.+|/static/.+|/favicon\.ico|(?:/gradio_api)?/theme\.css")
_JSON = re.compile(r"/(?:api|v1)(?:/.*)?")
_SOCIAL = re.compile(r'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>')


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses foreign origins, closed addresses, large bodies and unknown server names.

    `names` are those that a browser may use for this server: on loopback these besides its own, elsewhere these alone,
    any if there are none. `frames` are the sites that may show the widget in a frame. `secure`: this
    server has a certificate of its own, and browsers shall never try without it. `admins_only` is the page that a
    member sees at an admin's address; None: the bare words.
    """

    app: Application
    loopback: bool
    identify: Identify = everyone_is_local
    upload_bytes: int = BODY_BYTES
    names: frozenset[str] = frozenset()
    frames: tuple[str, ...] = ()
    secure: bool = False
    admins_only: Page | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, by a refusal or by handing it on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headed = _with_headers(send, scope["path"], self.frames, self.secure)
            await self._answer(scope, receive, headed)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._known(_name(host)):
            await refuse(send, scope, 403, FRENCH.bad_host.format(host=host), ENGLISH.bad_host.format(host=host))
        elif origin is not None and _site(origin) != host:
            await refuse(send, scope, 403, FRENCH.foreign.format(origin=origin), ENGLISH.foreign.format(origin=origin))
        elif _forged(scope["method"], headers):
            await refuse(send, scope, 403, FRENCH.forged, ENGLISH.forged)
        elif not (PUBLIC.fullmatch(scope["path"]) or MEMBERS.fullmatch(scope["path"])):
            await refuse(send, scope, 404, FRENCH.closed, ENGLISH.closed)
        else:
            await self._admit(scope, receive, send, headers)

    def _known(self, name: str) -> bool:
        allowed = self.names | LOOPBACK_NAMES if self.loopback else self.names
        return not allowed or name in allowed

    async def _admit(self, scope: Scope, receive: Receive, send: Send, headers: dict[str, str]) -> None:
        path, method = scope["path"], scope["method"]
        knock = Knock(path, headers, (scope.get("client") or ("", 0))[0], scope.get("scheme") == "https")
        member = self.identify(knock)
        limit = self.upload_bytes if UPLOAD.fullmatch(path) else BODY_BYTES
        if member is None and not PUBLIC.fullmatch(path):
            await _to_sign_in(send, scope, wants_page=method == "GET" and not _FOR_PROGRAMS.fullmatch(path))
        elif member is not None and member.role != "admin" and ADMINS.fullmatch(path):
            if self.admins_only is None or _FOR_PROGRAMS.fullmatch(path):
                await refuse(send, scope, 403, FRENCH.admins_only, ENGLISH.admins_only)
            else:
                known = {**scope, "state": {**scope.get("state", {}), STATE: member}}
                await self.admins_only(known)(known, receive, send)
        elif _length(headers) > limit:
            await refuse(send, scope, 413, FRENCH.too_much.format(limit=limit), ENGLISH.too_much.format(limit=limit))
        else:
            state = {**scope.get("state", {}), STATE: member} if member is not None else scope.get("state", {})
            # what an admin does may end their own session, and its reply is theirs all the same
            watches = member is not None and not ADMINS.fullmatch(path)
            await self.app(
                {**scope, "state": state}, receive, self._watched(send, knock, member, scope) if watches else send
            )

    def _watched(self, send: Send, knock: Knock, member: Member | None, scope: Scope) -> Send:
        def still() -> bool:
            return self.identify(replace(knock, glance=True)) == member

        async def turn_away(send: Send) -> None:
            await refuse(send, scope, 401, FRENCH.sign_in_first, ENGLISH.sign_in_first)

        return watched(send, still, turn_away)


@dataclass(frozen=True, slots=True)
class Frame:
    """Gives Gradio's page its language, our style and script, and takes out what points to other sites.

    Gradio writes lang="en" and takes its own words from `navigator.language`; both are set here, so that a
    member with an English browser still gets a page in the association's language, or the one they chose.
    """

    app: Application
    language: str
    head: str
    association: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on; rewrite the reply if it is the page."""
        if scope["type"] != "http" or scope["path"] != "/":
            await self.app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                page = self._rewrite(bytes(body), self._language(scope)) if scope["method"] == "GET" else bytes(body)
                kept = [(name, value) for name, value in start["headers"] if name != b"content-length"]
                length = (b"content-length", str(len(page)).encode())
                await send({**start, "headers": [*kept, length]})
                await send({"type": "http.response.body", "body": page})

        await self.app({**scope, "headers": plain}, receive, collect)

    def _language(self, scope: Scope) -> str:
        cookies = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
        chosen = re.search(rf"(?:^|;\s*){LANGUAGE_COOKIE}=(fr|en)(?:;|$)", cookies)
        return chosen[1] if chosen else self.language

    def _rewrite(self, body: bytes, language: str) -> bytes:
        text = body.decode("utf-8")
        locale = {"fr": "fr-FR", "en": "en-GB"}[language]
        script = (
            f'<script>for(const [k,v] of [["language","{locale}"],["languages",["{locale}","{language}"]]])'
            "Object.defineProperty(navigator,k,{get:()=>v})</script>"
        )
        text = text.replace('lang="en"', f'lang="{language}"', 1)
        text = _SOCIAL.sub("", text.replace("<head>", f"<head>{script}", 1))
        # what is seen until Gradio has drawn the page, a second or two; greffier.css then hides it
        loading = (ENGLISH if language == "en" else FRENCH).loading
        first = f'<div id="first" role="status"><b>{escape(self.association)}</b><p>{escape(loading)}</p></div>'
        text = text.replace("</head>", f"{self.head}</head>", 1)
        return re.sub(r"<body[^>]*>", lambda body: body[0] + first, text, count=1).encode("utf-8")


def _policy(path: str, frames: tuple[str, ...]) -> str:
    if _WIDGET.fullmatch(path) and frames:
        return PAGE_POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {' '.join(frames)}")
    return PDF_POLICY if path.startswith("/document/") else POLICY if _GRADIO_PAGE.fullmatch(path) else PAGE_POLICY


def _with_headers(send: Send, path: str, frames: tuple[str, ...], secure: bool) -> Send:
    ours = [
        (b"content-security-policy", _policy(path, frames).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    ]
    if secure:
        ours.append((b"strict-transport-security", b"max-age=31536000"))  # a year

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            theirs = [(k, v) for k, v in message["headers"] if not k.lower().startswith(b"access-control-")]
            if not _SAME_FOR_ALL.fullmatch(path) and all(k.lower() != b"cache-control" for k, _ in theirs):
                # no cache may hand to one member what was made for another, nor a browser after signing out
                theirs.append((b"cache-control", b"private, no-cache"))
            message = {**message, "headers": [*theirs, *ours]}
        await send(message)

    return with_headers


def _forged(method: str, headers: dict[str, str]) -> bool:
    # a browser says where a changing request comes from; one that carries a session and does not is no form of ours
    if method in ("GET", "HEAD", "OPTIONS") or SESSION_COOKIE not in headers.get("cookie", ""):
        return False
    return "origin" not in headers and headers.get("sec-fetch-site") != "same-origin"


def _name(host: str) -> str:
    # a host may be "name", "name:port" or "[v6]:port"
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _site(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _length(headers: dict[str, str]) -> int:
    # of every method: whoever reads a body reads that of a GET too
    text = headers.get("content-length", "0")
    known = text.isascii() and text.isdecimal() and len(text) < 16
    # a body of unknown length could be endless; no request has a larger one than an upload
    return int(text) if known and "transfer-encoding" not in headers else sys.maxsize


async def _to_sign_in(send: Send, scope: Scope, wants_page: bool) -> None:
    if not wants_page:
        await refuse(send, scope, 401, FRENCH.sign_in_first, ENGLISH.sign_in_first)
        return
    query = scope.get("query_string", b"").decode("latin-1")
    wanted = quote(scope["path"] + (f"?{query}" if query else ""), safe="/")
    location = "/sign-in" if wanted == "/" else f"/sign-in?next={wanted}"
    headers = [(b"location", location.encode("ascii")), (b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def refuse(send: Send, scope: Scope, status: int, fr: str, en: str) -> None:
    """Send a refusal in both languages; to programs in the form of all errors that they get (`ui/api/routes.py`)."""
    body, kind = f"{fr}\n{en}\n".encode(), b"text/plain; charset=utf-8"
    if _JSON.fullmatch(scope["path"]):
        error = {"message": f"{fr} {en}", "type": "invalid_request_error", "param": None, "code": None}
        body, kind = json.dumps({"error": error}, ensure_ascii=False).encode(), b"application/json"
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
