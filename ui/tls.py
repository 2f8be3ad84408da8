"""The server's own certificate, checked before anything slow begins; this module does *not* serve."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from rag.errors import ServerError
from rag.settings import ROOT, Settings


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files: the certificate with those that vouch for it, and its private key."""

    chain: Path
    key: Path


def certificate(settings: Settings) -> Certificate | None:
    """Return the certificate that the settings name, None if they name none.

    Raises:
        ServerError: if one of the two files is missing, unreadable, locked by a password, or not for the other.
    """
    if not settings.tls_certificate and not settings.tls_key:
        return None
    if not settings.tls_certificate or not settings.tls_key:
        raise ServerError(
            "Les réglages tls_certificate et tls_key vont ensemble : donnez les deux, ou aucun.",
            "The settings tls_certificate and tls_key go together: give both, or neither.",
        )
    found = Certificate(_file(settings.tls_certificate), _file(settings.tls_key))
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(found.chain, found.key, password=lambda: "")  # never ask on a terminal
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise ServerError(
            f"Le certificat {found.chain} et sa clé {found.key} ne s'ouvrent pas ({error}) : il faut deux fichiers PEM "
            "qui vont ensemble, lisibles par ce compte, la clé sans mot de passe.",
            f"The certificate {found.chain} and its key {found.key} do not open ({error}): two PEM files are needed "
            "that go together, readable by this account, the key without a password.",
        ) from error
    return found


def _file(text: str) -> Path:
    return (ROOT / Path(text).expanduser()).resolve()
