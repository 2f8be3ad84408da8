"""The web server: our own routes, the guard in front of everything, and the socket it listens on.

The only module that imports uvicorn; FastAPI is imported here and by the `routes` of each area. It does *not* know
what the chat page looks like: that is mounted on it by `ui/app.py`.
"""

from __future__ import annotations

import errno
import hashlib
import re
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse

from rag.errors import GreffierError, ServerError, SettingsError
from rag.live_places import LivePlaces
from rag.ports import Health, Meter
from rag.settings import Settings
from ui.about import routes as about
from ui.access import routes as access
from ui.api import routes as api
from ui.corpus import routes as corpus
from ui.database import Database
from ui.desk import Desk
from ui.documents import routes as documents
from ui.feedback import routes as feedback
from ui.guard import BODY_BYTES, Application, Frame, Guard, Scope
from ui.history import routes as history
from ui.history.archive import Archive
from ui.history.live import Conversations
from ui.identity import LANGUAGE_COOKIE, LOCAL, STATE, Identify, Knock, everyone_is_local, member_of
from ui.openai import routes as openai
from ui.operations import routes as operations
from ui.pages import PageError, Pages, Render
from ui.proxy import Proxy, is_loopback, networks
from ui.questions import routes as questions
from ui.record import Recorder
from ui.services import Services
from ui.strings import ENGLISH, FRENCH
from ui.tabs import Tabs
from ui.theme import routes as theme
from ui.tls import Certificate
from ui.users import routes as users
from ui.web import Web, language_of, own_path
from ui.widget import routes as widget

STATIC = Path(__file__).resolve().parent / "static"
HEAD = (
    '<link rel="stylesheet" href="/greffier/colours.css"><link rel="stylesheet" href="/greffier/theme.css">'
    '<link rel="stylesheet" href="/greffier/greffier.css"><link rel="stylesheet" href="/greffier/evidence.css">'
    '<link rel="stylesheet" href="/greffier/drawer.css"><script type="module" src="/greffier/greffier.js"></script>'
    '<link rel="icon" href="/greffier/greffier.svg">'
)
PDF = "application/pdf"
STATUS = {"unknown": 404, "changed": 409, "unready": 503}
BACKLOG = 128  # connections that wait while the page is being built
LANGUAGE_SECONDS = 365 * 86400  # how long the chosen language is remembered
SECONDS_TO_FINISH = 3  # what a running answer gets when the server is asked to end

Server = FastAPI


def build_server(
    desk: Desk, settings: Settings, render: Render, database: Database | None = None, meter: Meter | None = None
) -> Server:
    """Return the application with our own routes; `database` None: one in memory, for tests.

    Each area of the interface has its routes in a module named `routes`, with a function `router`.
    """
    server = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    kept = database or Database.open(None)
    services = Services(
        settings, desk, Pages(desk, settings, render), kept, Web(settings), Recorder(kept, settings),
        Conversations(Archive(kept, settings.keep_conversations_days)), LivePlaces(settings.store), meter,
    )  # fmt: skip
    server.state.services = services
    programs = (api.router(services), openai.router(services))
    areas = (theme, access, users, documents, corpus, questions, operations, about, history, feedback, widget)
    # the static files last: their address would take that of the colours and of the logo
    for router in (
        *(area.router(services) for area in areas), *programs, api.about(services, programs), _proofs(services),
        _house(services),
    ):  # fmt: skip
        server.include_router(router)
    api.explain_mistakes(server)
    return server


def _proofs(services: Services) -> APIRouter:
    """`/page` and `/document`: what proves an answer."""
    router, pages = APIRouter(), services.pages

    @router.get("/page/{path:path}/{number}")
    def page(request: Request, path: str, number: str, lang: str = "fr", v: str = "") -> Response:
        try:
            picture = pages.picture(path, _page_number(number, path), member_of(request.scope).groups, v)
        except GreffierError as error:
            return _problem(error, lang)
        # asked for anew each time: a browser that several members use must not show one what another may read
        mark = f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
        headers = {"cache-control": "private, no-cache", "etag": mark}
        if request.headers.get("if-none-match") == mark:
            return Response(status_code=304, headers=headers)
        return Response(picture, media_type="image/jpeg", headers=headers)

    @router.head("/page/{path:path}/{number}")
    def ahead(request: Request, path: str, number: str, lang: str = "fr") -> Response:
        # whether a page follows, without drawing either: the button that turns pages must know
        try:
            page = _page_number(number, path)
            goes_on = services.pages.goes_on(path, page, member_of(request.scope).groups)
        except GreffierError as error:
            return _problem(error, lang)
        return Response(
            headers={"cache-control": "no-store"} | ({"link": f'<{page + 1}>; rel="next"'} if goes_on else {})
        )

    @router.get("/document/{path:path}")
    def document(request: Request, path: str, lang: str = "fr") -> Response:
        try:
            file = pages.document(path, member_of(request.scope).groups)
        except GreffierError as error:
            return _problem(error, lang)
        return FileResponse(file, media_type=PDF, filename=file.name, content_disposition_type="inline")

    return router


def _house(services: Services) -> APIRouter:
    """Style and script, the choice of language, and how the server fares."""
    router, desk = APIRouter(), services.desk

    @router.get("/greffier/{name}")
    def static(name: str) -> Response:
        known = {file.name: file for file in STATIC.iterdir()}
        if name not in known:
            return Response(status_code=404)
        return FileResponse(known[name], headers={"cache-control": "no-cache"})

    @router.get("/language/{code}")
    def language(request: Request, code: str) -> Response:
        # back to the page it was chosen on, on this server alone
        reply = RedirectResponse(own_path(_path_and_query(request.headers.get("referer", "/"))), 303)
        reply.set_cookie(LANGUAGE_COOKIE, code, max_age=LANGUAGE_SECONDS, samesite="lax")
        return reply

    @router.get("/health")
    def health(request: Request) -> dict[str, Any]:
        told = _health(desk)
        known = request.scope.get("state", {}).get(STATE)
        # whoever is no admin learns whether it works, and nothing about this machine
        return told if known is not None and known.role == "admin" else {"status": told["status"]}

    return router


def _health(desk: Desk) -> dict[str, Any]:
    found = desk.look()
    if found is None:
        return {"status": "preparing"}
    if isinstance(found, GreffierError):
        return {"status": "unready", "fr": found.fr, "en": found.en}
    try:
        return {
            "status": "ready",
            "model": found.model,
            "generation": found.generation,
            "waiting": found.waiting,
            "language_model": _model_health(found.health()),
        }
    except GreffierError as error:  # the store went away after it was opened
        return {"status": "unready", "fr": error.fr, "en": error.en}


def guarded(server: Application, settings: Settings, identify: Identify = everyone_is_local) -> Application:
    """Return the application behind the guard, its page in the language of the settings."""

    web = Web(settings)

    def admins_only(scope: Scope) -> Application:
        request = Request(scope)
        why = (ENGLISH if language_of(request, settings) == "en" else FRENCH).admins_only
        return web.page(request, "admins-only.html", 403, why=why)

    def unguarded() -> bool:
        return identify(Knock("/", {}, "127.0.0.1")) == LOCAL

    guard = Guard(
        Frame(Tabs(server), settings.language, HEAD, settings.association), is_loopback(settings.host), identify,
        settings.file_megabytes * 1024 * 1024 + BODY_BYTES, frozenset(settings.server_names), frames(settings),
        bool(settings.tls_certificate), admins_only,
    )  # fmt: skip
    naming = (settings.user_header, settings.groups_header) if settings.sign_in == "header" else ()
    return Proxy(guard, networks(settings), frozenset(name.lower().encode("latin-1") for name in naming), unguarded)


def frames(settings: Settings) -> tuple[str, ...]:
    """Return `widget_origins`, checked.

    Raises:
        SettingsError: if one is no origin: it would be written into the policy of the page.
    """
    for origin in settings.widget_origins:
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?", origin):
            raise SettingsError(
                f"Le réglage widget_origins contient {origin!r} ; il faut une origine sans chemin, comme "
                "https://www.exemple.org.",
                f"The setting widget_origins holds {origin!r}; an origin without a path is needed, such as "
                "https://www.example.org.",
            )
    return settings.widget_origins


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens on `settings.host` and `settings.port`.

    Called before anything slow is imported: an admin must not wait ten seconds to hear that the port is taken,
    and a browser that comes early waits instead of being turned away.

    Raises:
        ServerError: if the address cannot be had.
    """
    host, port = settings.host, settings.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise _no_socket(error, host, port) from error


def serve(application: Application, listening: socket.socket, certificate: Certificate | None = None) -> None:
    """Serve until the process is asked to end (Ctrl+C, SIGTERM). No access log: it would hold document names."""
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # `ui/proxy.py` reads them, from whom the settings trust
        server_header=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        ssl_certfile=certificate.chain if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )
    uvicorn.Server(config).run(sockets=[listening])


def _path_and_query(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:  # no address at all
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _page_number(text: str, path: str) -> int:
    # up to seven digits: no document has more pages, and a database integer holds them
    if text.isascii() and text.isdecimal() and 0 < len(text) <= 7 and int(text) > 0:
        return int(text)
    values = {"number": text, "path": path}
    raise PageError("unknown", FRENCH.unknown_page.format(**values), ENGLISH.unknown_page.format(**values))


def _problem(error: GreffierError, language: str) -> Response:
    status = STATUS[error.why] if isinstance(error, PageError) else 500
    return PlainTextResponse(error.text("en" if language == "en" else "fr"), status_code=status)


def _model_health(health: Health | None) -> dict[str, Any] | None:
    if health is None:
        return None
    problem = health.problem
    return {
        "state": health.state,
        "seconds": round(time.monotonic() - health.since, 1),
        "pid": health.pid,
        "rss": health.rss,
        "restarts": health.restarts,
        "fr": problem and problem.fr,
        "en": problem and problem.en,
    }


def _no_socket(error: OSError, host: str, port: int) -> ServerError:
    if error.errno == errno.EADDRINUSE:
        return ServerError(
            f"Le port {port} est déjà pris sur {host} : arrêtez le programme qui l'occupe (Greffier est peut-être "
            f"déjà ouvert sur http://{host}:{port}), ou choisissez-en un autre avec --port {_other(port)}.",
            f"Port {port} is already in use on {host}: stop the program that holds it (Greffier may already be "
            f"open on http://{host}:{port}), or choose another one with --port {_other(port)}.",
        )
    reason = error.strerror or str(error)
    return ServerError(
        f"Impossible d'écouter sur {host}:{port} ({reason}) : vérifiez les réglages host et port.",
        f"Cannot listen on {host}:{port} ({reason}): check the settings host and port.",
    )


def _other(port: int) -> int:
    return port + 1 if port < 65535 else port - 1
