"""The web server: our own routes, the guard in front of everything, and the socket it listens on.

The only module that imports FastAPI and uvicorn. It does *not* know what the chat page looks like: that is
mounted on it by `ui/app.py`.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import time
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, PlainTextResponse

from rag.errors import GreffierError, ServerError
from rag.ports import Health
from rag.settings import Settings
from ui.desk import Desk
from ui.guard import Application, Frame, Guard
from ui.pages import PageError, Pages, Render
from ui.strings import ENGLISH, FRENCH

STATIC = Path(__file__).resolve().parent / "static"
HEAD = (
    '<link rel="stylesheet" href="/greffier/greffier.css"><script defer src="/greffier/greffier.js"></script>'
    '<link rel="icon" href="/greffier/greffier.svg">'
)
PDF = "application/pdf"
STATUS = {"unknown": 404, "changed": 409, "unready": 503}
BACKLOG = 128  # connections that wait while the page is being built
SECONDS_TO_FINISH = 3  # what a running answer gets when the server is asked to end

Server = FastAPI


def build_server(desk: Desk, settings: Settings, render: Render) -> Server:
    """Return the application with its routes: `/page`, `/document`, `/greffier` (style, script) and `/health`."""
    server = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    pages = Pages(desk, settings, render)

    @server.get("/page/{path:path}/{number}")
    def page(path: str, number: str, lang: str = "fr") -> Response:
        try:
            picture = pages.picture(path, _page_number(number, path))
        except GreffierError as error:
            return _problem(error, lang)
        # private and short: the next ingestion may replace the page behind this address
        return Response(picture, media_type="image/jpeg", headers={"cache-control": "private, max-age=300"})

    @server.get("/document/{path:path}")
    def document(path: str, lang: str = "fr") -> Response:
        try:
            file = pages.document(path)
        except GreffierError as error:
            return _problem(error, lang)
        return FileResponse(file, media_type=PDF, filename=file.name, content_disposition_type="inline")

    @server.get("/greffier/{name}")
    def static(name: str) -> Response:
        known = {file.name: file for file in STATIC.iterdir()}
        if name not in known:
            return Response(status_code=404)
        return FileResponse(known[name], headers={"cache-control": "no-cache"})

    @server.get("/health")
    def health() -> dict[str, Any]:
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

    return server


def guarded(server: Application, settings: Settings) -> Application:
    """Return the application behind the guard, its page in the language of the settings."""
    framed = Frame(server, settings.language, HEAD)
    return Guard(framed, loopback=is_loopback(settings.host))


def is_loopback(host: str) -> bool:
    """Return True if only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens on `settings.host` and `settings.port`.

    Called before anything slow is imported: an admin must not wait ten seconds to hear that the port is taken,
    and a browser that comes early waits instead of being turned away.

    Raises:
        ServerError: if others could reach it without `open_network`, or the address cannot be had.
    """
    host, port = settings.host, settings.port
    if not is_loopback(host) and not settings.open_network:
        raise ServerError(
            f"L'adresse {host} serait ouverte à tout le réseau, sans mot de passe : gardez host = 127.0.0.1, ou "
            "mettez open_network = true si ce réseau est de confiance.",
            f"The address {host} would be open to the whole network, without a password: keep host = 127.0.0.1, "
            "or set open_network = true if you trust that network.",
        )
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise _no_socket(error, host, port) from error


def serve(application: Application, listening: socket.socket) -> None:
    """Serve until the process is asked to end (Ctrl+C, SIGTERM). No access log: it would hold document names."""
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )
    uvicorn.Server(config).run(sockets=[listening])


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
