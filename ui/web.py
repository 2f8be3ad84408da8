"""Pages made on the server: a Jinja template and values to an HTML reply.

The only module that imports Jinja2; templates stand in `ui/templates/`, extend `base.html`, and every value in
them is escaped. For pages without Gradio: documents, account, administration. This module does *not* know what any
page says.
"""

from __future__ import annotations

import re
import urllib.parse
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from rag.settings import Settings
from rag.types import Language
from ui.identity import LANGUAGE_COOKIE, member_of
from ui.strings import amounts, bound, typeset
from ui.strings.counted import number
from ui.strings.pages import PAGES
from ui.view.text import under_heading

TEMPLATES = Path(__file__).resolve().parent / "templates"


def language_of(request: Request, settings: Settings) -> Language:
    """Return the reader's language: what they chose, else the association's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, settings.language)
    return "en" if chosen == "en" else "fr"


def own_path(text: str) -> str:
    """Return an address of this server, with its query; "/" for anything that could lead elsewhere."""
    return text if re.fullmatch(r"/(?![/\\])[^\\\x00-\x20\x7f]*", text) else "/"


class Web:
    """The templates, loaded once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        self._templates.filters.update(when=amounts.when, day=amounts.day, size=amounts.size, number=number)
        self._templates.filters["under_heading"] = under_heading
        self._templates.filters.update(calendar=amounts.calendar, brief=amounts.brief)
        self._templates.filters["bound"] = bound
        self._templates.filters["french"] = lambda text: typeset(text, "fr")
        self._templates.filters["index"] = amounts.index
        self._templates.filters["path"] = lambda text: urllib.parse.quote(text, safe="/")

    def page(self, request: Request, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """Return a page. Templates also get `texts` (those of the frame), `language`, `association`, `logo` (whether
        there is one), `member` (None before sign-in) and `here`, the path of the request."""
        language = language_of(request, self._settings)
        known = request.scope.get("state", {}).get("member")
        text = self._templates.get_template(template).render(
            frame=PAGES.of(language), language=language, association=self._settings.association,
            member=member_of(request.scope) if known else None, here=request.url.path,
            logo=bool(self._settings.logo), **values,
        )  # fmt: skip
        return HTMLResponse(text, status, headers={"cache-control": "no-store"})
