"""What tests in a real Chromium share: the scripted server as a process, a tab that notes what it asks for and what it
complains of, and where things are drawn. Knows no test."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from rag.types import Box
from tests.browser.scripted import PATH, make_pdf

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
ROOT = Path(__file__).resolve().parent.parent.parent
WIDE, PHONE, SMALLEST = (1440, 900), (390, 844), (360, 640)
PATIENCE = 40.0  # seconds for what should take one: nothing here is measured, and the machine may do a lot besides
A4_WIDTH, A4_HEIGHT = 595.28, 841.89

in_chromium = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium"),
]


class House:
    """The scripted server in a process of its own, without a store until `give_store`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "no-store").touch()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"
        command = [sys.executable, "-m", "tests.browser.scripted", str(folder), str(self.port)]
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=self.log, stderr=self.log)

    def give_store(self) -> None:
        """Let the assistant find a store."""
        (self.folder / "no-store").unlink(missing_ok=True)

    def closings(self) -> int:
        """Return how many answers have ended."""
        file = self.folder / "closings"
        return int(file.read_text() or 0) if file.exists() else 0

    def wait(self) -> None:
        """Wait until the server answers."""
        end = time.monotonic() + 240
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(self.address + "health", timeout=20):
                    return
            except OSError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.1)
        raise AssertionError("the server did not come up")

    def end(self) -> None:
        """Stop the server."""
        self.process.terminate()
        self.process.wait(10)
        self.log.close()


@contextmanager
def opened(folder: Path, *, store: bool = True) -> Iterator[House]:
    """Run a server in `folder`, with a `store` or without one until `give_store`."""
    house = House(folder)
    try:
        if store:
            house.give_store()
        house.wait()
        yield house
    finally:
        house.end()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser without a window."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield launched
        launched.close()


def page_of(
    browser: Browser, house: House | None, size: tuple[int, int], *, seconds: float = PATIENCE, **context: Any
) -> Page:
    """Return a tab of a context of its own; what takes longer than `seconds` fails."""
    width, height = size
    address = house.address if house else None
    made = browser.new_context(viewport={"width": width, "height": height}, base_url=address, **context)
    made.set_default_timeout(1000 * seconds)
    return made.new_page()


class Visit:
    """One browser tab, with everything it asked for and everything it complained of."""

    def __init__(self, browser: Browser, house: House, size: tuple[int, int]) -> None:
        # an English browser on purpose: the page must be French all the same
        self.page: Page = page_of(browser, house, size, locale="en-US")
        self.context = self.page.context
        self.house = house
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", self._requested)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(house.address)

    def _requested(self, request: Request) -> None:
        self.requests.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def ask(self, question: str) -> None:
        """Write a question and send it."""
        self.page.get_by_role("textbox", name="Votre question").fill(question)
        self.page.keyboard.press("Enter")

    def answered(self, question: str) -> None:
        """Ask, and wait for the whole answer."""
        self.ask(question)
        expect(self.page.locator("#current article.done", has_text=question)).to_be_visible()

    def close(self) -> None:
        """End the visit; nothing may have left this machine, nothing may have gone wrong."""
        foreign = [u for u in self.requests if not u.startswith((self.house.address, "data:", "blob:"))]
        self.context.close()
        assert foreign == []
        assert self.complaints == []
        assert len(self.requests) > 10


def visit_of(browser: Browser, house: House, size: tuple[int, int]) -> Visit:
    """Open the page and wait until the assistant is there."""
    house.give_store()
    visit = Visit(browser, house, size)
    expect(visit.page.locator("#status")).to_contain_text("modele-test")
    return visit


def box_of(page: Page, selector: str) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of an element, in points of the screen."""
    found = page.locator(selector).first.bounding_box()
    assert found is not None
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


def quote_box(house: House) -> Box:
    """Return where the quote stands on its page, in points."""
    return make_pdf(house.folder / "again" / PATH)


def ink_of(page: Page) -> int:
    """Count the dark points of the page's picture that lie under the highlight."""
    count = page.evaluate("""() => {
        const image = document.querySelector('#evidence img'), mark = document.querySelector('#evidence .mark');
        const canvas = document.createElement('canvas');
        canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
        const pen = canvas.getContext('2d'); pen.drawImage(image, 0, 0);
        const frame = image.getBoundingClientRect(), box = mark.getBoundingClientRect();
        const scale = image.naturalWidth / frame.width;
        const [x, y, w, h] = [box.x - frame.x, box.y - frame.y, box.width, box.height].map(v => v * scale);
        const data = pen.getImageData(x, y, w, h).data;
        let dark = 0;
        for (let i = 0; i < data.length; i += 4) if (data[i] < 100) dark++;
        return dark;
    }""")
    return int(count)


def until_closed(house: House, closings: int) -> None:
    """Wait until so many answers have ended."""
    end = time.monotonic() + 10
    while house.closings() < closings:
        assert time.monotonic() < end, "the model went on"
        time.sleep(0.05)
