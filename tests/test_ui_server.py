"""The server: what is open, what is closed, and what a page picture or a PDF may be."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rag.errors import NoStore, ServerError
from rag.settings import Settings
from tests.browser.scripted import PATH, ScriptedAssistant, draw, make_pdf
from ui.access.recognise import check_start
from ui.bounds import prepare_environment
from ui.database import Database
from ui.desk import Assistant, Desk
from ui.guard import BODY_BYTES, Frame, Message, Receive, Scope, Send
from ui.pages import PICTURES
from ui.proxy import is_loopback
from ui.server import Server, build_server, guarded, listen

ADDRESS = "http://127.0.0.1:7860"


class House:
    """A server over one PDF, with a count of the pages drawn."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / PATH
        box = make_pdf(self.file)
        (folder / "secret.pdf").write_bytes(self.file.read_bytes())
        self.settings = Settings(corpus=folder)
        self.assistant = ScriptedAssistant(folder, box)
        self.drawn: list[int] = []
        desk = Desk(lambda: self.assistant)
        _wait(desk)
        self.server: Server = build_server(desk, self.settings, self._draw)
        self.client = TestClient(guarded(self.server, self.settings), base_url=ADDRESS)

    def _draw(self, file: Path, number: int, width: int, settings: Settings) -> bytes:
        self.drawn.append(number)
        return draw(file, number, 100, settings)


def _wait(desk: Desk) -> None:
    end = time.monotonic() + 5
    while desk.look() is None:
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    with made.client:
        yield made


def test_a_page_comes_as_a_picture_drawn_once(house: House) -> None:
    for _ in range(2):
        reply = house.client.get(f"/page/{PATH}/2")
        assert reply.status_code == 200
        assert reply.headers["content-type"] == "image/jpeg"
        assert reply.content.startswith(b"\xff\xd8")
        assert reply.headers["cache-control"].startswith("private")
    assert house.drawn == [2]
    assert PICTURES < 1000


def test_a_page_says_whether_another_follows_without_being_drawn(house: House) -> None:
    for number, following in (("1", '<2>; rel="next"'), ("3", None)):
        reply = house.client.head(f"/page/{PATH}/{number}")
        assert (reply.status_code, reply.headers.get("link"), reply.content) == (200, following, b"")
    assert house.client.head(f"/page/{PATH}/4").status_code == 404 and house.drawn == []


@pytest.mark.parametrize("number", ["0", "-1", "4", "9999999", "99999999999999999999", "1e2", "²", "deux"])
def test_a_page_number_out_of_bounds_is_not_found(house: House, number: str) -> None:
    reply = house.client.get(f"/page/{PATH}/{number}")
    assert reply.status_code == 404
    assert "n’a pas de page" in reply.text
    assert house.drawn == []


@pytest.mark.parametrize(
    "path", ["secret.pdf", "../secret.pdf", "public/../secret.pdf", "%2e%2e/secret.pdf", "..%2fsecret.pdf",
             "/etc/passwd", "%2fetc/passwd", "public", "public/r%00.pdf", "C:%5Cx.pdf"],
)  # fmt: skip
def test_only_documents_of_the_index_are_served(house: House, path: str) -> None:
    for address in (f"/document/{path}", f"/page/{path}/1"):
        reply = house.client.get(address)
        assert reply.status_code == 404
        assert b"%PDF" not in reply.content and b"root:" not in reply.content
    assert house.drawn == []


def test_the_document_opens_in_the_browser_s_viewer(house: House) -> None:
    reply = house.client.get(f"/document/{PATH}")
    assert reply.status_code == 200
    assert reply.content == house.file.read_bytes()
    assert reply.headers["content-type"] == "application/pdf"
    assert reply.headers["content-disposition"].startswith("inline")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "script" not in reply.headers["content-security-policy"]


def test_a_file_changed_since_ingestion_is_no_proof(house: House) -> None:
    assert house.client.get(f"/page/{PATH}/1").status_code == 200
    house.file.write_bytes(house.file.read_bytes() + b"\n% changed")
    for address in (f"/page/{PATH}/1", f"/document/{PATH}"):
        reply = house.client.get(address)
        assert reply.status_code == 409
        assert "a changé depuis l’indexation" in reply.text and "prochaine mise à jour" in reply.text
    assert "has changed" in house.client.get(f"/page/{PATH}/1?lang=en").text
    house.file.unlink()
    assert house.client.get(f"/document/{PATH}").status_code == 409


def test_without_a_store_pages_say_what_to_do(tmp_path: Path) -> None:
    def open_assistant() -> Assistant:
        raise NoStore("Rien n'est indexé : lancez make ingest.", "Nothing is indexed: run make ingest.")

    desk = Desk(open_assistant)
    _wait(desk)
    settings = Settings(corpus=tmp_path)
    with TestClient(guarded(build_server(desk, settings, draw), settings), base_url=ADDRESS) as client:
        reply = client.get(f"/page/{PATH}/1")
        assert reply.status_code == 503 and "make ingest" in reply.text
        assert client.get("/health").json()["status"] == "unready"


def test_health_says_model_generation_and_how_the_model_fares(house: House) -> None:
    told = house.client.get("/health").json()
    assert told["language_model"].pop("seconds") >= 0
    assert told == {
        "status": "ready",
        "model": "modele-test",
        "generation": "gen-test",
        "waiting": 0,
        "language_model": {"state": "ready", "pid": 12, "rss": None, "restarts": 0, "fr": None, "en": None},
    }


def test_every_reply_carries_the_headers(house: House) -> None:
    for address in ("/health", f"/page/{PATH}/1", "/page/none/1", "/docs", "/greffier/greffier.js"):
        headers = house.client.get(address).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert not [name for name in headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:9999", "null", "http://localhost:7860", "http://[", "file://"]
)
def test_a_foreign_origin_is_refused(house: House, origin: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        reply = house.client.request(method, "/health", headers={"origin": origin})
        assert reply.status_code == 403
        assert "autre site" in reply.text
        assert not [name for name in reply.headers if name.startswith("access-control-")]


def test_the_page_s_own_origin_is_let_in(house: House) -> None:
    assert house.client.get("/health", headers={"origin": ADDRESS}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "evil.example:7860"])
def test_a_name_rebound_to_this_machine_is_refused(house: House, host: str) -> None:
    assert house.client.get("/health", headers={"host": host}).status_code == 403


def test_an_open_network_may_use_any_name(house: House) -> None:
    application = guarded(house.server, replace(house.settings, host="0.0.0.0", open_network=True))
    with TestClient(application, base_url="http://assistant.federation.example") as client:
        assert client.get("/health").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/upload", "/gradio_api/file=/etc/passwd", "/gradio_api/file=http://evil.example", "/file=/etc/passwd",
     "/gradio_api/file/x", "/gradio_api/proxy=http://evil.example", "/proxy=http://evil.example", "/docs", "/redoc",
     "/openapi.json", "/gradio_api/info", "/gradio_api/openapi.json", "/config", "/monitoring", "/gradio_api/runs",
     "/gradio_api/call/ask", "/gradio_api/api/ask", "/gradio_api/queue/status", "/gradio_api/component_server",
     "/gradio_api/vibe-edit", "/gradio_api/deep_link", "/gradio_api/upload_progress", "/login", "/token",
     "//gradio_api/upload", "/./gradio_api/upload", "/gradio_api/%75pload", "/gradio_api/queue/join/../../upload"],
)  # fmt: skip
def test_what_the_page_does_not_need_is_closed(house: House, path: str) -> None:
    for method in ("GET", "POST"):
        assert house.client.request(method, path).status_code == 404


def test_a_large_or_endless_body_is_refused(house: House) -> None:
    large = house.client.post("/gradio_api/queue/join", content=b"x" * (BODY_BYTES + 1))
    assert large.status_code == 413 and "trop grande" in large.text
    endless = house.client.post("/gradio_api/queue/join", content=iter([b"x"]))
    assert endless.status_code == 413


def test_a_body_is_measured_whatever_the_method(house: House) -> None:
    for method in ("GET", "DELETE", "OPTIONS"):
        for body in (b"x" * (BODY_BYTES + 1), iter([b"x"])):
            assert house.client.request(method, "/gradio_api/queue/join", content=body).status_code == 413
    origin = {"origin": ADDRESS}
    assert house.client.delete("/conversations/none", headers=origin).status_code == 404  # no body is no long one


def test_no_cache_keeps_what_one_member_may_read_for_another(house: House) -> None:
    for path in (f"/document/{PATH}", f"/page/{PATH}/2", "/api/documents", "/health", "/metrics", "/nothing"):
        kept = house.client.get(path).headers["cache-control"]
        assert "no-store" in kept or kept == "private, no-cache", path
    picture = house.client.get(f"/page/{PATH}/2")
    again = house.client.get(f"/page/{PATH}/2", headers={"if-none-match": picture.headers["etag"]})
    assert again.status_code == 304 and again.content == b""


@pytest.mark.parametrize("referer", ["http://[", "http://e.example//evil.example", "nothing"])
def test_the_language_leads_back_to_this_server_alone(house: House, referer: str) -> None:
    reply = house.client.get("/language/fr", headers={"referer": referer}, follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (303, "/")


def test_static_files_are_served_by_name_only(house: House) -> None:
    assert house.client.get("/greffier/greffier.css").headers["content-type"].startswith("text/css")
    assert house.client.get("/greffier/server.py").status_code == 404
    assert house.client.get("/greffier/..%2fserver.py").status_code == 404


def _page(frame_language: str, body: bytes) -> tuple[list[Message], list[Message]]:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        assert not [name for name, _ in scope["headers"] if name == b"accept-encoding"]
        headers = [(b"content-type", b"text/html"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body[:40], "more_body": True})
        await send({"type": "http.response.body", "body": body[40:]})

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "path": "/", "method": "GET", "headers": [(b"accept-encoding", b"gzip")]}
    asyncio.run(Frame(application, frame_language, "<link>")(scope, receive, send))
    return sent[:1], sent[1:]


@pytest.mark.parametrize(("language", "locale"), [("fr", "fr-FR"), ("en", "en-GB")])
def test_the_page_speaks_the_association_s_language(language: str, locale: str) -> None:
    original = (
        b'<!doctype html><html lang="en"><head><meta property="og:image" content="https://raw.example/x.png"/>'
        b'<meta name="twitter:card" content="x"></head><body>\xc3\xa9</body></html>'
    )
    start, body = _page(language, original)
    text = body[0]["body"].decode()
    assert f'<html lang="{language}">' in text and locale in text
    assert "og:" not in text and "twitter:" not in text and "https://" not in text
    assert "<link></head>" in text and "é" in text
    loading = {"fr": "Chargement de la page…", "en": "Loading the page…"}[language]
    assert f'<body><div id="first" role="status"><b></b><p>{loading}</p></div>' in text
    assert (b"content-length", str(len(body[0]["body"])).encode()) in start[0]["headers"]


def test_a_port_in_use_is_one_line_that_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=rf"Le port {port} est déjà pris .* --port {port + 1}") as raised:
            listen(Settings(port=port))
    assert "\n" not in raised.value.fr


def test_the_socket_listens_before_the_page_is_built() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with listen(Settings(port=port)) as listening, socket.create_connection(("127.0.0.1", port), timeout=2) as early:
        assert listening.getsockname() == early.getpeername()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "assistant.example"])
def test_an_open_address_needs_the_admin_s_word(host: str) -> None:
    with closing(Database.open(None)) as database, pytest.raises(ServerError, match=r"accounts add .* open_network"):
        check_start(Settings(host=host), database)
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_loopback_is_recognised(host: str) -> None:
    assert is_loopback(host)


def test_an_address_of_another_machine_says_which_settings_to_check() -> None:
    with pytest.raises(ServerError, match="vérifiez les réglages host et port"):
        listen(Settings(host="192.0.2.7", open_network=True, port=7861))


def test_gradio_is_told_to_stay_at_home() -> None:
    environ: dict[str, str] = {}
    prepare_environment(environ)
    assert environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert environ["GRADIO_RUN_HISTORY"] == "False"
