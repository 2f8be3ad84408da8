"""What the tests of accounts and programs share: a server with accounts over one PDF."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from rag.settings import Settings
from tests.browser.scripted import PATH, ScriptedAssistant, draw, make_pdf
from ui.access import accounts
from ui.access.recognise import Recognise
from ui.database import Database
from ui.desk import Desk
from ui.server import build_server, guarded
from ui.services import Services

ADDRESS = "http://127.0.0.1:7860"
OWN = {"origin": ADDRESS}
CHOSEN = "une phrase que moi seule connais"


class House:
    """A server with accounts over one PDF."""

    def __init__(self, folder: Path, **settings: object) -> None:
        box = make_pdf(folder / PATH)
        self.settings = Settings(corpus=folder, **settings)  # type: ignore[arg-type]
        self.assistant = ScriptedAssistant(folder, box, pause=0.0)
        self.database = Database.open(None)
        self.desk = Desk(lambda: self.assistant)
        while self.desk.look() is None:
            time.sleep(0.005)
        server = build_server(self.desk, self.settings, draw, self.database)
        self.services: Services = server.state.services
        self.application = guarded(server, self.settings, Recognise(self.database, self.settings))

    def browser(self, **options: str) -> TestClient:
        return TestClient(self.application, base_url=options.pop("address", ADDRESS), follow_redirects=False)

    def member(self, name: str = "Anne", admin: bool = False, groups: frozenset[str] | None = None) -> TestClient:
        """Return the browser of a member who has signed in and chosen a password."""
        password = accounts.create(self.database, name, "admin" if admin else "member", groups)
        browser = self.browser()
        assert sign_in(browser, name, password).headers["location"] == "/account/password"
        form = {"old": password, "new": CHOSEN, "again": CHOSEN}
        assert browser.post("/account/password", data=form, headers=OWN).status_code == 303
        return browser


def sign_in(browser: TestClient, name: str, password: str, onward: str = "/") -> Any:
    form = {"name": name, "password": password, "next": onward}
    return browser.post("/sign-in", data=form, headers=OWN)
