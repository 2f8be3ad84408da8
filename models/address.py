"""Where a server of language models is, and whether text may travel there unencrypted. Opens no connection."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from rag.errors import ModelError, SettingsError


@dataclass(frozen=True, slots=True)
class Address:
    """Base address of an OpenAI-compatible interface: `url` without a slash at the end, and the `host` in it."""

    url: str
    host: str

    @property
    def encrypted(self) -> bool:
        """Whether it is https."""
        return self.url.startswith("https:")

    @property
    def root(self) -> str:
        """The address without /v1, where servers keep what is not OpenAI's."""
        return self.url.removesuffix("/v1")


def read_address(text: str) -> Address:
    """Return the address in a setting; without a path it gets the usual /v1.

    Raises:
        SettingsError: if it is no plain http or https address. A password in it is refused and not repeated.
    """
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise _refused(text.rpartition("@")[2]) from None
    if "@" in parts.netloc:
        raise SettingsError(
            f"Le réglage generator_urls contient un mot de passe (…@{parts.hostname}) : donnez la clé par "
            "generator_key.",
            f"The setting generator_urls holds a password (…@{parts.hostname}): give the key by generator_key.",
        )
    if not usable or parts.query or parts.fragment:
        raise _refused(text)
    path = parts.path.rstrip("/") or "/v1"
    return Address(f"{parts.scheme}://{parts.netloc}{path}", parts.hostname or "")


def refuse_plain(address: Address) -> None:
    """Refuse http to an address that is neither of this machine nor of a private network. Looks names up.

    A name that cannot be looked up passes: nothing can be sent there either.

    Raises:
        ModelError: if text would cross a public network unencrypted.
    """
    if address.encrypted:
        return
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(address.host, None, type=socket.SOCK_STREAM)}
    except OSError:
        return
    if public := sorted(ip for ip in found if not _is_local(ip)):
        raise ModelError(
            f"{address.url} est hors du réseau privé ({public[0]}) et en http, donc lisible en chemin : utilisez "
            "https, ou mettez generator_plain_http = true si ce chemin est sûr.",
            f"{address.url} is outside of the private network ({public[0]}) and http, so readable on its way: use "
            "https, or set generator_plain_http = true if that way is safe.",
        )


def _is_local(ip: str) -> bool:
    return ipaddress.ip_address(ip.partition("%")[0]).is_private  # loopback and link-local are among them


def _refused(text: str) -> SettingsError:
    return SettingsError(
        f"Le réglage generator_urls contient {text!r} ; il faut une adresse comme http://10.0.0.5:8000/v1.",
        f"The setting generator_urls holds {text!r}; an address such as http://10.0.0.5:8000/v1 is needed.",
    )
