"""The admin's job in a real Chromium, on the real server with the real models: a PDF goes in, answers come out.

One long story rather than many tests: starting the server and indexing are what costs.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.house import PHONE, ROOT, in_chromium, page_of
from tests.corpus_house import pdf

pytestmark = [
    *in_chromium,
    pytest.mark.model,
]
QUOTE = "La remise du local à vélos se fait contre une caution de 45 euros."
QUESTION = "Quelle caution pour le local à vélos ?"
NOWHERE = "Quel est le prix du xylophone baroque en 1987 ?"
MINUTES = 8 * 60_000  # for a machine that does a lot besides; nothing here is measured


class RealHouse:
    """`python -m ui` over empty folders, without a language model."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "corpus").mkdir()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        folders = {f"GREFFIER_{name.upper()}": str(folder / name) for name in ("corpus", "store", "data")}
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ui", "--port", str(self.port), "--model", "extracts"],
            cwd=ROOT, stdout=self.log, stderr=self.log, env={**os.environ, **folders},
        )  # fmt: skip

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.address + path, timeout=60) as reply:
            return str(reply.read().decode("utf-8"))

    def wait(self, path: str, sign: str) -> None:
        for _ in range(4800):
            try:
                if sign in self.get(path):
                    return
            except (OSError, urllib.error.URLError):
                assert self.process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.1)
        raise AssertionError(f"{path} never said {sign}")

    def ask(self, question: str) -> dict[str, object]:
        data = json.dumps({"question": question}).encode()
        request = urllib.request.Request(f"{self.address}/api/ask", data, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=300) as reply:
            found: dict[str, object] = json.load(reply)
        return found

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[RealHouse]:
    made = RealHouse(tmp_path)
    try:
        made.wait("/health", "status")
        yield made
    finally:
        made.end()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    made = page_of(browser, None, PHONE, seconds=60, locale="fr-FR")
    yield made
    made.context.close()


def test_an_admin_puts_a_pdf_in_asks_about_it_and_approves_an_answer(house: RealHouse, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(f"{house.address}/admin/corpus")
    content = pdf("Consignes du local à vélos", QUOTE, "Le gardien ferme la cour à 19 heures.")
    file = FilePayload(name="Consignes vélos.pdf", mimeType="application/pdf", buffer=content)
    page.get_by_label("Fichiers PDF").set_input_files([file])
    page.get_by_label("ou nouveau dossier").fill("accueil")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_text("est ajouté")).to_be_visible()
    assert (house.folder / "corpus/accueil/Consignes vélos.pdf").is_file()
    page.get_by_role("button", name="Indexer maintenant").click()
    expect(page.get_by_text("nouvel index en service")).to_be_visible(timeout=MINUTES)  # the script reloads the page
    expect(page.locator(".state", has_text="indexé").first).to_be_visible()

    house.wait("/health", '"ready"')  # without a restart
    answer = house.ask(QUESTION)
    assert answer["status"] == "answered" and "45 euros" in str(answer["text"]), answer
    assert house.ask(NOWHERE)["status"] == "refused"

    page.goto(f"{house.address}/admin/questions")
    group = page.locator("article", has_text=NOWHERE)
    expect(group).to_contain_text("posée 1 fois")
    group.get_by_role("link", name="Rédiger une réponse").click()
    page.get_by_label("Question", exact=True).fill(QUESTION)
    page.get_by_label("Réponse", exact=True).fill("45 €, rendus à la restitution du badge.")
    page.get_by_label("Document", exact=True).fill("accueil/Consignes vélos.pdf")
    page.get_by_role("button", name="Afficher les phrases de la page").click()
    page.get_by_label(re.compile("contre une caution de 45 euros")).check()
    page.get_by_role("button", name="Valider et mettre en service").click()
    expect(page.get_by_text("La réponse est en service")).to_be_visible()
    answer = house.ask(QUESTION)
    assert answer["model"] == "secretariat" and str(answer["text"]).startswith("45 €, rendus")

    page.goto(f"{house.address}/admin/audit")
    expect(page.get_by_role("table")).to_contain_text("index publié")
    expect(page.get_by_role("table")).to_contain_text("réponse validée")
    assert "caution" not in house.get("/admin/audit").split("<table")[1]
    assert complaints == []
