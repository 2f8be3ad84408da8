"""`/admin/users`: make accounts, change their role and folders, close them, give one-time passwords.

The guard lets admins in only. This module knows forms and the page; the rules stand in `ui/access/accounts.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from rag.errors import AccountError
from ui.access import accounts
from ui.access.folders import folders_of
from ui.access.recognise import Recognise
from ui.access.routes import texts_of, when
from ui.audit import audit
from ui.identity import Role, member_of
from ui.services import Services
from ui.web import language_of

Text = Annotated[str, Form()]
Number = Annotated[int, Path(ge=0, lt=1 << 63)]  # what the database can hold
Texts = Annotated[list[str], Form()]
PAGE = "/admin/users"


@dataclass(frozen=True, slots=True)
class Draft:
    """A new account as the form had it when it was refused. `which`: "all" folders, "only" those in `groups`, "" while
    nobody has chosen."""

    name: str = ""
    role: Role = "member"
    which: str = ""
    groups: frozenset[str] = frozenset()


def router(services: Services) -> APIRouter:
    """Return the routes of the users page."""
    routes, database = APIRouter(), services.database
    recognise = Recognise(database, services.settings)

    def page(
        request: Request, problem: str = "", password: tuple[str, str] | None = None, status: int = 200,
        draft: Draft | None = None,
    ) -> Response:  # fmt: skip
        texts, listed = texts_of(request, services), accounts.accounts(database)
        changed = request.query_params.get("changed", "")
        found = accounts.find(database, changed) if changed else None
        folders = sorted({*folders_of(services.settings), *(g for one in listed for g in one.groups or ())})
        return services.web.page(
            request, "users.html", status, texts=texts, accounts=listed, folders=folders, problem=problem,
            password=password, done=texts.changed.format(name=found.name) if found else "", when=when(texts),
            how=recognise.how(), one_time_days=accounts.ONE_TIME_DAYS, draft=draft or Draft(),
        )  # fmt: skip

    def refused(request: Request, error: AccountError, draft: Draft | None = None) -> Response:
        return page(request, error.text(language_of(request, services.settings)), status=400, draft=draft)

    @routes.get(PAGE)
    def show(request: Request) -> Response:
        return page(request)

    @routes.post(PAGE)
    def create(request: Request, name: Text = "", role: Text = "", which: Text = "", group: Texts = []) -> Response:  # noqa: B006
        draft = Draft(name.strip(), _role(role), which, frozenset(group))
        if which not in ("all", "only") and folders_of(services.settings):
            return page(request, texts_of(request, services).choose_folders, status=400, draft=draft)
        try:
            password = accounts.create(database, name, draft.role, _groups(which, group))
        except AccountError as error:
            return refused(request, error, draft)
        audit(database, member_of(request.scope).name, "user_created", name.strip())
        return page(request, password=(name.strip(), password))

    @routes.post(PAGE + "/{number}")
    def change(
        request: Request, number: Number, role: Text = "", which: Text = "", group: Texts = [], state: Text = "",  # noqa: B006
    ) -> Response:  # fmt: skip
        try:
            account = accounts.change(
                database, number, role=_role(role), groups=_groups(which, group), disabled=state == "closed"
            )
        except AccountError as error:
            return refused(request, error)
        if account.disabled:
            services.conversations.stop_all(account.id)
        audit(database, member_of(request.scope).name, "user_changed", account.name)
        return RedirectResponse(f"{PAGE}?changed={quote(account.name)}", 303)

    @routes.post(PAGE + "/{number}/password")
    def renew(request: Request, number: Number) -> Response:
        try:
            account = accounts.get(database, number)
            password = accounts.renew(database, number)
        except AccountError as error:
            return refused(request, error)
        audit(database, member_of(request.scope).name, "password_renewed", account.name)
        return page(request, password=(account.name, password))

    return routes


def _role(text: str) -> Role:
    return "admin" if text == "admin" else "member"


def _groups(which: str, chosen: list[str]) -> frozenset[str] | None:
    # whoever forgets to choose gives the least
    return None if which == "all" else frozenset(chosen)
