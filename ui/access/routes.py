"""`/sign-in`, `/sign-out` and `/account`: forms that work without a script.

A secret is shown in the reply to the form that made it and never again. This module knows cookies and pages; the rules
stand in `accounts`, `sessions` and `throttle`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from rag.errors import AccountError
from ui.access import accounts, sessions, throttle
from ui.access.accounts import Account
from ui.access.recognise import CHANGE, Recognise, cookie_of
from ui.audit import audit
from ui.identity import STATE, member_of, session_cookie
from ui.services import Services
from ui.strings import amounts
from ui.strings.access import ACCESS, AccessTexts
from ui.web import language_of, own_path

Text = Annotated[str, Form()]
LONGEST_TOKEN_DAYS = 3650
_DONE = frozenset({"password_changed", "session_ended", "token_revoked"})


def router(services: Services) -> APIRouter:
    """Return the routes of the sign-in and account pages."""
    routes = APIRouter()
    _sign_in(routes, services)
    _password(routes, services)
    _account(routes, services)
    return routes


def _sign_in(routes: APIRouter, services: Services) -> None:
    database, settings = services.database, services.settings
    recognise = Recognise(database, settings)

    def page(request: Request, onward: str, problem: str = "", name: str = "", status: int = 200) -> Response:
        how = recognise.how()
        # a link in a mail: the browser held back the cookie, and sends it once the page asks for itself
        again = request.headers.get("sec-fetch-site") == "cross-site" and "here" not in request.query_params
        return services.web.page(
            request, "sign-in.html", status, texts=texts_of(request, services), onward=onward, problem=problem,
            name=name, how=how, again=again, nobody=how == "accounts" and not accounts.exist(database),
        )  # fmt: skip

    @routes.get("/sign-in")
    def show(request: Request, next: str = "/") -> Response:
        known = request.scope.get("state", {}).get(STATE)
        if known is None:
            return page(request, own_path(next))
        changes = known.id and accounts.get(database, known.id).must_change
        return RedirectResponse(CHANGE if changes else own_path(next), 303)

    @routes.post("/sign-in")
    def sign_in(
        request: Request, name: Text = "", password: Text = "", next: Text = "/"
    ) -> Response:  # fmt: skip
        texts, onward, peer = texts_of(request, services), own_path(next), peer_of(request)
        if recognise.how() != "accounts":
            return page(request, onward)
        wait = throttle.enter(database, accounts.folded(name), peer)
        if wait:
            return page(request, onward, texts.wait.format(seconds=wait), name, 429)
        try:
            account = accounts.check(database, name, password)
        except AccountError as error:
            audit(database, name, "sign_in_failed", peer)
            return page(request, onward, error.text(language_of(request, settings)), name, 403)
        if account is None:
            known = accounts.find(database, name)  # what was typed for an unknown name may be a password
            audit(database, known.name if known else "?", "sign_in_failed", peer)
            return page(request, onward, texts.wrong, name, 403)
        throttle.right(database, accounts.folded(name), peer)
        audit(database, account.name, "sign_in", peer)
        return signed_in(request, services, account, CHANGE if account.must_change else onward)

    @routes.post("/sign-out")
    def sign_out(request: Request) -> Response:
        member = member_of(request.scope)
        sessions.end(database, cookie_of(request.headers, is_secure(request)))
        audit(database, member.name, "sign_out", "")
        return signed_out(request)


def _password(routes: APIRouter, services: Services) -> None:
    database = services.database

    def page(request: Request, account: Account, problem: str = "", status: int = 200) -> Response:
        texts = texts_of(request, services)
        return services.web.page(request, "password.html", status, texts=texts, account=account, problem=problem)

    @routes.get(CHANGE)
    def show(request: Request) -> Response:
        account = own_account(request, services)
        return page(request, account) if account and not account.external else RedirectResponse("/account", 303)

    @routes.post(CHANGE)
    def change(request: Request, old: Text = "", new: Text = "", again: Text = "") -> Response:
        account, texts, peer = own_account(request, services), texts_of(request, services), peer_of(request)
        if account is None or account.external:
            return RedirectResponse("/account", 303)
        if new != again:
            return page(request, account, texts.not_twice, 400)
        wait = throttle.enter(database, accounts.folded(account.name), peer)
        if wait:
            return page(request, account, texts.wait.format(seconds=wait), 429)
        try:
            accounts.choose_password(database, account, old, new)
        except AccountError as error:
            return page(request, account, error.text(language_of(request, services.settings)), 400)
        throttle.right(database, accounts.folded(account.name), peer)
        sessions.end_all(database, account.id)
        audit(database, account.name, "password_changed", "")
        # a first sign-in was on its way to a question, not to the account
        onward = "/" if account.must_change else "/account?done=password_changed"
        return signed_in(request, services, account, onward)


def _account(routes: APIRouter, services: Services) -> None:
    database = services.database

    def page(request: Request, problem: str = "", token: str = "", status: int = 200) -> Response:
        account = own_account(request, services)
        texts = texts_of(request, services)
        done = request.query_params.get("done", "")
        return services.web.page(
            request, "account.html", status, texts=texts, account=account, problem=problem, token=token,
            done=getattr(texts, done) if done in _DONE else "", when=when(texts),
            sessions=sessions.sessions(database, account.id) if account else [],
            tokens=sessions.tokens(database, account.id) if account else [],
            own=sessions.key_of(cookie_of(request.headers, is_secure(request))),
        )  # fmt: skip

    @routes.get("/account")
    def show(request: Request) -> Response:
        return page(request)

    @routes.post("/account/sessions")
    def end_sessions(request: Request, key: Text = "", tokens: Text = "") -> Response:
        member = member_of(request.scope)
        if key:
            sessions.end_one(database, member.id, key)
            return RedirectResponse("/account?done=session_ended", 303)
        sessions.end_all(database, member.id)
        audit(database, member.name, "sign_out", "all")
        if tokens and sessions.revoke_all(database, member.id):
            audit(database, member.name, "token_revoked", "all")
        return signed_out(request)

    @routes.post("/account/tokens")
    def create_token(request: Request, label: Text = "", days: Text = "", kind: Text = "programs") -> Response:
        member, texts = member_of(request.scope), texts_of(request, services)
        chosen: sessions.Kind = "widget" if kind == "widget" else "programs"
        if not member.id:
            return RedirectResponse("/account", 303)
        if days and not (days.isascii() and days.isdecimal() and 0 < int(days[:6]) <= LONGEST_TOKEN_DAYS):
            return page(request, texts.bad_days.format(days=days, most=LONGEST_TOKEN_DAYS), status=400)
        if chosen == "widget" and (member.role == "admin" or member.groups is None):
            return page(request, texts.too_wide, status=400)
        try:
            secret = sessions.create_token(database, member.id, label, int(days) if days else None, chosen)
        except AccountError as error:
            return page(request, error.text(language_of(request, services.settings)), status=400)
        audit(database, member.name, "token_created", label)
        return page(request, token=secret)

    @routes.post("/account/tokens/revoke")
    def revoke(request: Request, key: Text = "") -> Response:
        member = member_of(request.scope)
        if sessions.revoke_token(database, member.id, key):
            audit(database, member.name, "token_revoked", "")
        return RedirectResponse("/account?done=token_revoked", 303)


def texts_of(request: Request, services: Services) -> AccessTexts:
    """Return the texts in the reader's language."""
    return ACCESS.of(language_of(request, services.settings))


def own_account(request: Request, services: Services) -> Account | None:
    """Return the account of whoever asks, None where nobody signs in."""
    number = member_of(request.scope).id
    return accounts.get(services.database, number) if number else None


def peer_of(request: Request) -> str:
    """Return the browser's address, "" if unknown."""
    return request.client.host if request.client else ""


def is_secure(request: Request) -> bool:
    """Return whether the browser came by https, to us or to a proxy of ours."""
    return request.url.scheme == "https"


def when(texts: AccessTexts) -> Callable[[float | None], str]:
    """Return a function that writes a time (seconds since 1970, None: never) for people, in the server's zone."""
    return lambda at: texts.never if at is None else amounts.when(at, texts.code)


def signed_in(request: Request, services: Services, account: Account, onward: str) -> Response:
    """Return a reply that opens a new session in place of the one the browser had."""
    sessions.end(services.database, cookie_of(request.headers, is_secure(request)))
    days, secure = services.settings.session_days, is_secure(request)
    secret = sessions.start(services.database, account, days)
    reply = RedirectResponse(quote(onward, safe="/?&=%#~+,;:@!$'()*"), 303)
    reply.set_cookie(
        session_cookie(secure), secret, max_age=int(days * sessions.LIFETIMES * sessions.DAY), httponly=True,
        samesite="strict", secure=secure,
    )  # fmt: skip
    return reply


def signed_out(request: Request) -> Response:
    """Return a reply that takes the cookie away."""
    reply, secure = RedirectResponse("/sign-in", 303), is_secure(request)
    reply.delete_cookie(session_cookie(secure), secure=secure, httponly=True, samesite="strict")
    return reply
