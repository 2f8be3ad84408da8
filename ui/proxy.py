"""What a reverse proxy says of the browser behind it, believed only if the proxy is one of ours.

Stands before the guard. From a trusted peer, `X-Forwarded-For` gives the browser's address and `X-Forwarded-Proto`
whether it came by https; from anybody else these headers, and those that name a member, are taken away before anybody
can read them. Where nobody signs in, whoever sits at the machine may do everything, and a proxy on it that the settings
do not name would make that everybody: what shows that it was passed on is refused. This module does *not* know who a
member is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from rag.errors import SettingsError
from rag.settings import Settings
from ui.guard import refuse
from ui.strings import ENGLISH, FRENCH

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded", b"x-real-ip")
_PASSED_ON = (*_FORWARDED, b"x-forwarded-server", b"via")


@dataclass(frozen=True, slots=True)
class Proxy:
    """Reads the headers of trusted proxies, and takes them from everybody else."""

    app: Application
    networks: tuple[Network, ...]
    naming: frozenset[bytes]  # small names of the headers that say who the member is; empty: nobody reads them
    unguarded: Callable[[], bool] = lambda: False  # whether whoever sits at the machine may do everything now

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Hand the request on with the browser's own address and scheme, or refuse it."""
        if scope["type"] == "http":
            if self._is_unknown_proxy(scope) and self.unguarded():
                await refuse(send, scope, 403, FRENCH.unknown_proxy, ENGLISH.unknown_proxy)
                return
            scope = self._read(scope)
        await self.app(scope, receive, send)

    def _is_unknown_proxy(self, scope: Scope) -> bool:
        if within((scope.get("client") or ("", 0))[0], self.networks):
            return False
        # nginx adds no header unless it is told to, but asks in the HTTP of 1996, which no browser speaks
        return scope.get("http_version") == "1.0" or any(name in _PASSED_ON for name, _ in scope["headers"])

    def _read(self, scope: Scope) -> Scope:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        named = {*_FORWARDED, *self.naming}
        said = {name: [value.decode("latin-1") for key, value in headers if key == name] for name in named}
        peer, port = scope.get("client") or ("", 0)
        trusted = within(peer, self.networks)
        # twice the same header: one of them came from the browser, and nobody knows which
        kept = [
            (key, value)
            for key, value in headers
            if key not in named or (trusted and key in self.naming and len(said[key]) == 1)
        ]
        changed: dict[str, Any] = {"headers": kept}
        if trusted:
            changed["client"] = (_browser(said[b"x-forwarded-for"], peer, self.networks), port)
            if said[b"x-forwarded-proto"]:
                last = said[b"x-forwarded-proto"][-1].rpartition(",")[2].strip().lower()
                changed["scheme"] = "https" if last == "https" else "http"
        return {**scope, **changed}


def networks(settings: Settings) -> tuple[Network, ...]:
    """Return `trusted_proxies` as networks.

    Raises:
        SettingsError: if one is neither an address nor a network.
    """
    found = []
    for text in settings.trusted_proxies:
        try:
            found.append(ipaddress.ip_network(text, strict=False))
        except ValueError as error:
            raise SettingsError(
                f"Le réglage trusted_proxies contient {text!r} ; il faut une adresse (10.0.0.5) ou un réseau "
                "(10.0.0.0/24).",
                f"The setting trusted_proxies holds {text!r}; an address (10.0.0.5) or a network (10.0.0.0/24) is "
                "needed.",
            ) from error
    return tuple(found)


def within(address: str, trusted: tuple[Network, ...]) -> bool:
    """Return whether an address lies in one of the networks."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in trusted if network.version == found.version)


def is_loopback(host: str) -> bool:
    """Return True if only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _browser(forwarded: list[str], peer: str, trusted: tuple[Network, ...]) -> str:
    # each proxy adds on the right whom it heard from: the last one that is not ours is the browser
    hops = [hop.strip() for text in forwarded for hop in text.split(",") if hop.strip()]
    for hop in reversed(hops):
        if not within(hop, trusted):
            try:
                return str(ipaddress.ip_address(hop))
            except ValueError:
                return peer
        peer = hop
    return peer
