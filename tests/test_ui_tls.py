"""The server's own certificate: checked at the start, served, and never left for plain http again."""

from __future__ import annotations

import datetime
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rag.errors import ServerError
from rag.settings import ROOT, Settings
from ui.tls import certificate

PEM = serialization.Encoding.PEM
PLAIN = serialization.NoEncryption()
SERVE = """
import sys
from rag.settings import load
from ui import server, tls

async def page(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["scheme"].encode()})

names = ("GREFFIER_PORT", "GREFFIER_TLS_CERTIFICATE", "GREFFIER_TLS_KEY")
settings = load(dict(zip(names, sys.argv[1:])))
server.serve(server.guarded(page, settings), server.listen(settings), tls.certificate(settings))
"""


def _make(folder: Path, encryption: serialization.KeySerializationEncryption = PLAIN) -> Settings:
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cert.pem").write_bytes(made.public_bytes(PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, encryption))
    return replace(Settings(), tls_certificate=str(folder / "cert.pem"), tls_key=str(folder / "key.pem"))


def test_without_names_there_is_none_and_half_a_pair_is_refused(tmp_path: Path) -> None:
    settings = _make(tmp_path)
    assert certificate(Settings()) is None
    found = certificate(settings)
    assert found is not None and found.chain == tmp_path / "cert.pem"
    for half in (replace(settings, tls_key=""), replace(settings, tls_certificate="")):
        with pytest.raises(ServerError, match="vont ensemble"):
            certificate(half)


def test_files_that_do_not_open_are_named(tmp_path: Path) -> None:
    settings, other = _make(tmp_path), _make(tmp_path / "other")
    locked = _make(tmp_path / "locked", serialization.BestAvailableEncryption(b"secret"))
    for wrong in (replace(settings, tls_key=other.tls_key), replace(settings, tls_key=str(tmp_path / "none")), locked):
        with pytest.raises(ServerError, match="PEM") as raised:
            certificate(wrong)
        assert wrong.tls_key in raised.value.fr and wrong.tls_key in raised.value.en


def test_https_is_served_and_remembered_by_the_browser(tmp_path: Path) -> None:
    settings = _make(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVE, str(port), settings.tls_certificate, settings.tls_key]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as process:
        try:
            trust = ssl.create_default_context(cafile=settings.tls_certificate)
            reply = _get(process, f"https://localhost:{port}/about", trust)
            assert (reply.status_code, reply.text) == (200, "https")
            assert reply.headers["strict-transport-security"].startswith("max-age=")
            with pytest.raises(httpx.HTTPError):
                httpx.get(f"http://127.0.0.1:{port}/about")
        finally:
            process.terminate()


def _get(process: subprocess.Popen[bytes], address: str, trust: ssl.SSLContext) -> httpx.Response:
    for _ in range(300):
        assert process.poll() is None
        try:
            return httpx.get(address, verify=trust, timeout=10)
        except httpx.ConnectError:
            time.sleep(0.1)
    raise AssertionError("the server did not come up")
