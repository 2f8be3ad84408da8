"""The whole server with Gradio's own routes: nothing opens without a session, and nobody reads anybody else's words."""

from __future__ import annotations

import gc
import json
import logging
import os
import re
import secrets
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher

from rag.settings import Settings
from tests.browser.scripted import PATH, ScriptedAssistant, draw, make_pdf
from ui import app, bounds, server
from ui.access import accounts, passwords, sessions
from ui.access.recognise import Recognise
from ui.database import Database
from ui.desk import Desk
from ui.identity import SESSION_COOKIE

SESSIONS = 20
CANARY = "canari-"


@dataclass
class Running:
    """A server on a port of its own, and what stands behind it."""

    address: str
    application: Any
    database: Database
    assistant: ScriptedAssistant

    def member(self, name: str, groups: frozenset[str] | None = None) -> httpx.Client:
        """Return a browser in which this member has signed in."""
        if accounts.find(self.database, name) is None:
            accounts.create(self.database, name, "member", groups)
            self.database.execute("UPDATE members SET must_change = 0 WHERE name = ?", name)
        secret = sessions.start(self.database, accounts.named(self.database, name), 1)
        return httpx.Client(
            base_url=self.address, cookies={SESSION_COOKIE: secret}, headers={"origin": self.address}, timeout=120,
        )  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("running")
    assistant = ScriptedAssistant(folder, make_pdf(folder / PATH), pause=0.01)
    patch = pytest.MonkeyPatch()
    patch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    settings = Settings(corpus=folder, port=listening.getsockname()[1], sign_in="accounts")
    database, desk = Database.open(None), Desk(lambda: assistant)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Gradio's own, at import
        bounds.prepare_environment(os.environ)
        mounted = app.mount(server.build_server(desk, settings, draw, database), desk, settings)
    application = server.guarded(mounted, settings, Recognise(database, settings))
    web = uvicorn.Server(uvicorn.Config(application, log_level="debug", access_log=False, proxy_headers=False))
    thread = threading.Thread(target=web.run, kwargs={"sockets": [listening]})
    thread.start()
    while not (web.started and desk.look() is assistant):
        time.sleep(0.02)
    try:
        yield Running(f"http://127.0.0.1:{settings.port}", mounted, database, assistant)
    finally:
        web.should_exit = True
        thread.join(20)
        listening.close()
        patch.undo()
        gc.collect()  # here, where one sees who left something open, and not in some later test


def every_route(routes: Any) -> Iterator[tuple[str, str]]:
    """Yield method and address of each route, our own and Gradio's, with something in place of each name."""
    for route in routes:
        if (inner := getattr(route, "original_router", None)) is not None:
            yield from every_route(inner.routes)
        elif hasattr(getattr(route, "app", None), "routes"):
            yield from every_route(route.app.routes)
        else:
            for method in route.methods:
                yield method, re.sub(r"\{[^}]*\}", "1", route.path)


def test_no_route_opens_without_a_session(running: Running) -> None:
    public = re.compile(r"/health|/sign-in|/about|/greffier/.+|/language/1|/widget(/.*)?|/favicon\.ico")
    routes = sorted(set(every_route(running.application.routes)))
    assert len(routes) > 60 and ("POST", "/gradio_api/queue/join") in routes and ("GET", "/admin/users") in routes
    with httpx.Client(base_url=running.address, timeout=120) as stranger:
        for method, path in routes:
            reply = stranger.request(method, path, content=b"")
            assert reply.headers["x-content-type-options"] == "nosniff", path
            assert "default-src" in reply.headers["content-security-policy"], path
            if not public.fullmatch(path):
                assert reply.status_code in (401, 303, 404), (method, path, reply.status_code)
                assert reply.status_code != 303 or reply.headers["location"].startswith("/sign-in"), path
            foreign = stranger.request(method, path, content=b"", headers={"origin": "https://evil.example"})
            assert foreign.status_code == 403, (method, path)


def test_gradio_s_uploads_files_and_proxies_are_closed_to_members_too(running: Running) -> None:
    with running.member("Anne") as browser:
        for path in ("upload", "file=/etc/passwd", "proxy=http://127.0.0.1", "stream/1", "component_server", "info"):
            for method in ("GET", "POST"):
                assert browser.request(method, f"/gradio_api/{path}", content=b"").status_code == 404, path


def ask(browser: httpx.Client, question: str, tab: str, until: str = '"close_stream"') -> str:
    """Ask as Gradio's page does, and leave when the server says `until`; return all that it said."""
    page = browser.get("/").text
    found = re.search(r"window\.gradio_config\s*=\s*(\{.*?\});\s*</script>", page, re.DOTALL)
    assert found is not None
    config = json.loads(found[1])
    box = next(one["id"] for one in config["components"] if one["props"].get("elem_id") == "question")
    event = next(one for one in config["dependencies"] if [box, "submit"] in [list(t) for t in one["targets"]])
    data = [question if one == box else None for one in event["inputs"]]
    sent = {"data": data, "fn_index": event["id"], "session_hash": tab, "event_data": None, "trigger_id": box}
    joined = browser.post("/gradio_api/queue/join", json=sent)
    assert joined.status_code == 200, joined.text
    said = [page, joined.text]
    with browser.stream("GET", "/gradio_api/queue/data", params={"session_hash": tab}) as stream:
        assert stream.status_code == 200
        for line in stream.iter_lines():
            said.append(line)
            if until in line:
                break
    return "\n".join(said)


def test_twenty_members_at_once_never_see_each_other_s_words_nor_does_the_log(
    running: Running, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    canaries = [f"{CANARY}{number:02}-{secrets.token_hex(6)}" for number in range(SESSIONS)]

    def visit(number: int) -> str:
        with running.member(f"Membre {number}") as browser:
            tab = secrets.token_hex(6)
            first = ask(browser, f"Voici un {canaries[number]} ici", tab)
            return first + ask(browser, f"Encore le {canaries[number]} là", tab)

    with ThreadPoolExecutor(SESSIONS) as pool:
        seen = list(pool.map(visit, range(SESSIONS)))
    for number, text in enumerate(seen):
        own, others = canaries[number], [one for one in canaries if one != canaries[number]]
        assert own in text and "process_completed" in text
        assert not [one for one in others if one in text], number
    names = {accounts.named(running.database, f"Membre {number}").member().key for number in range(SESSIONS)}
    assert names <= set(running.assistant.members)
    histories = [turns for turns in running.assistant.histories if turns]
    assert len(histories) >= SESSIONS
    for turns in histories:
        assert len({found for turn in turns for found in re.findall(rf"{CANARY}[\w-]+", turn.text)}) == 1
    # all that the server's side wrote, at the most talkative; the clients of this test share its process
    records = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert records and not [record for record in records if CANARY in record.getMessage()]
    assert CANARY not in "".join(capfd.readouterr())


def test_a_tab_belongs_to_who_opened_it(running: Running) -> None:
    tab = secrets.token_hex(6)
    with running.member("Anne") as anne, running.member("Luc") as luc:
        ask(anne, "Quelle est l'épaisseur des cales ?", tab)
        assert luc.get("/gradio_api/queue/data", params={"session_hash": tab}).status_code == 403
        twice = f"session_hash={secrets.token_hex(6)}&session_hash={tab}"  # Gradio reads the last
        assert luc.get(f"/gradio_api/queue/data?{twice}").status_code == 403
        assert luc.get(f"/gradio_api/heartbeat/{tab}").status_code == 403
        for path in ("queue/join", "run/predict", "cancel"):
            reply = luc.post(f"/gradio_api/{path}", json={"session_hash": tab, "data": [], "fn_index": 0})
            assert reply.status_code == 403, path


def test_nothing_stays_of_tabs_that_are_gone(running: Running) -> None:
    page = next(route.app.blocks for route in running.application.routes if hasattr(route, "app"))
    queue, closed = page._queue, running.assistant.closed
    with running.member("Anne") as browser:
        for number in range(3):
            ask(browser, f"Quelle est l'épaisseur de la cale {number} ?", secrets.token_hex(6))
            ask(browser, f"Une réponse longue, la {number}", secrets.token_hex(6), until='"process_generating"')
    end = time.monotonic() + 60
    while running.assistant.closed < closed + 6 or queue.event_ids_to_events or queue.pending_messages_per_session:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert not queue.pending_event_ids_session and not running.application.state.services.desk.look().waiting
    assert page.state_holder.capacity == bounds.SESSIONS and len(queue.event_analytics) <= 100


def test_groups_hold_for_pages_documents_and_search(running: Running) -> None:
    with running.member("Dedans", frozenset({"public"})) as reads, running.member("Dehors", frozenset()) as cannot:
        for path in (f"/page/{PATH}/1", f"/document/{PATH}"):
            assert reads.get(path).status_code == 200
            assert cannot.get(path).status_code == 404
        assert len(reads.get("/api/search", params={"question": "cales"}).json()["passages"]) == 2
        assert cannot.get("/api/search", params={"question": "cales"}).json()["passages"] == []


def test_the_answer_stops_when_its_reader_leaves(running: Running) -> None:
    for address, body in (
        ("/api/ask", {"question": "Une réponse longue", "stream": True}),
        ("/v1/chat/completions", {"stream": True, "messages": [{"role": "user", "content": "Une réponse longue"}]}),
    ):
        before = running.assistant.closed
        with running.member("Anne") as browser, browser.stream("POST", address, json=body) as stream:
            next(line for line in stream.iter_lines() if "mot" in line)
        end = time.monotonic() + 60
        while running.assistant.closed == before:
            assert time.monotonic() < end, address
            time.sleep(0.05)


def test_the_database_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "greffier.sqlite"
    Database.open(file).close()
    assert file.stat().st_mode & 0o077 == 0
