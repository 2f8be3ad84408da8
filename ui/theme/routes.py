"""`/greffier/theme.css` and `/greffier/logo`: read once, when the server starts."""

from __future__ import annotations

from fastapi import APIRouter, Response

from ui.services import Services
from ui.theme.colours import theme
from ui.theme.logo import read_logo

# Opened by itself, a logo is a page of its own: it may do nothing but be seen.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def router(services: Services) -> APIRouter:
    """Return the routes.

    Raises:
        SettingsError: if the colour or the logo will not do.
    """
    router = APIRouter()
    css, logo = theme(services.settings.accent_colour), read_logo(services.settings.logo)

    @router.get("/greffier/theme.css")
    def colours() -> Response:
        return Response(css, media_type="text/css", headers={"cache-control": "no-cache"})

    @router.get("/greffier/logo")
    def picture() -> Response:
        if logo is None:
            return Response(status_code=404)
        headers = {"content-security-policy": SANDBOX, "cache-control": "no-cache"}
        return Response(logo.content, media_type=logo.media, headers=headers)

    return router
