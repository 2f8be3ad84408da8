"""Who sends a request: a session's cookie, a token, a trusted header, or nobody in particular.

Called by the guard once a request. Reads the tables through their own modules; does *not* know pages.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Literal

from rag.errors import AccountError, ServerError
from rag.settings import Settings
from ui.access import accounts, sessions
from ui.access.accounts import Account
from ui.database import Database
from ui.identity import LOCAL, Knock, Member, session_cookie
from ui.proxy import is_loopback

# All that somebody may open whose password was set by somebody else.
CHANGE = "/account/password"
_UNCHANGED = re.compile(rf"{CHANGE}|/sign-in|/sign-out")
# Programs send tokens there; nowhere else does a token count.
_TOKENS = re.compile(r"/(?:api|v1|metrics)(?:/.*)?")
# Where everybody on the network may ask, nobody may administer.
ANYBODY = Member(0, "", "member", None)
How = Literal["open", "header", "accounts"]


class Recognise:
    """The `identify` of a server with these settings and accounts."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._any_account = False

    def __call__(self, knock: Knock) -> Member | None:
        """Return who asks, None if nobody is recognised."""
        how = self.how()
        secret = bearer_of(knock.headers)
        if secret and _TOKENS.fullmatch(knock.path):
            account = sessions.bearer(self._database, secret)
        elif how == "open":
            # a proxy of ours may pass on a browser of another machine, whose user does not administer this one
            if is_loopback(self._settings.host) and not _is_elsewhere(knock.peer):
                return LOCAL
            return ANYBODY if self._settings.open_network else None
        elif how == "header":
            account = self._from_header(knock)
        else:
            account = self._from_cookie(knock)
        if account is None or (account.must_change and not _UNCHANGED.fullmatch(knock.path)):
            return None
        return account.member()

    def how(self) -> How:
        """Return how one signs in now: "auto" is open on loopback until the first account is made."""
        chosen = self._settings.sign_in
        if chosen == "header":
            return "header"
        if chosen == "open":
            return "open"
        # accounts are never deleted, so that one is enough
        self._any_account = self._any_account or accounts.exist(self._database)
        unguarded = is_loopback(self._settings.host) or self._settings.open_network
        return "open" if chosen == "auto" and not self._any_account and unguarded else "accounts"

    def _from_cookie(self, knock: Knock) -> Account | None:
        secret = cookie_of(knock.headers, knock.secure)
        if not secret:
            return None
        return sessions.holder(self._database, secret, self._settings.session_days, glance=knock.glance)

    def _from_header(self, knock: Knock) -> Account | None:
        settings, headers = self._settings, knock.headers
        # `ui/proxy.py` has taken these headers away unless a trusted proxy sent them
        name = headers.get(settings.user_header.lower(), "").strip()
        if not name:
            return None
        if knock.glance:  # what the proxy said then may be older than what it said since
            known = accounts.find(self._database, name)
            return None if known is None or known.disabled else known
        groups = frozenset(
            text.strip() for text in re.split(r"[,;|]", headers.get(settings.groups_header.lower(), "")) if text.strip()
        )
        admin = settings.admin_group in groups
        try:
            account = accounts.adopt(
                self._database, name, "admin" if admin else "member",
                None if admin else groups - {settings.admin_group},
            )  # fmt: skip
        except AccountError:  # a name that cannot be one: nobody we know
            return None
        return None if account.disabled else account


def _is_elsewhere(peer: str) -> bool:
    try:
        found = ipaddress.ip_address(peer)
    except ValueError:  # no address of the network: a socket of this machine
        return False
    return not found.is_loopback


def bearer_of(headers: Mapping[str, str]) -> str:
    """Return the token of an `Authorization` header, "" if there is none."""
    kind, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def cookie_of(headers: Mapping[str, str], secure: bool) -> str:
    """Return the secret of the session, "" if the browser sent none; by https (`secure`) only the name counts that
    nobody but this server can have set."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(session_cookie(secure))
    except CookieError:
        return ""
    return found.value if found is not None else ""


def check_start(settings: Settings, database: Database) -> None:
    """Check that whoever could reach the server would have to sign in.

    Raises:
        ServerError: if not, or nobody could ever sign in; it names the command that helps.
    """
    if settings.sign_in == "header" and not settings.trusted_proxies:
        raise ServerError(
            "sign_in = header croit ce que dit le serveur mandataire : donnez son adresse dans trusted_proxies.",
            "sign_in = header believes what the reverse proxy says: give its address in trusted_proxies.",
        )
    if is_loopback(settings.host) or settings.sign_in == "header":
        return
    if settings.sign_in == "open" and not settings.open_network:
        raise ServerError(
            f"L'adresse {settings.host} serait ouverte à tout le réseau, sans mot de passe : gardez host = 127.0.0.1, "
            "ou mettez open_network = true si ce réseau est de confiance.",
            f"The address {settings.host} would be open to the whole network, without a password: keep "
            "host = 127.0.0.1, or set open_network = true if you trust that network.",
        )
    if settings.sign_in in ("auto", "accounts") and not accounts.exist(database) and not settings.open_network:
        raise ServerError(
            f"L'adresse {settings.host} serait ouverte au réseau et personne n'a encore de compte : créez d'abord "
            "l'administrateur avec « python -m ui accounts add NOM --admin » (ou gardez host = 127.0.0.1 ; "
            "open_network = true ouvre sans mot de passe).",
            f"The address {settings.host} would be open to the network and nobody has an account yet: first make the "
            "administrator with “python -m ui accounts add NAME --admin” (or keep host = 127.0.0.1; "
            "open_network = true opens it without a password).",
        )
