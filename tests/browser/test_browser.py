"""The chat in a real Chromium: ask, watch it stream, stop, see the proof, on a wide screen and on a phone."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, expect, sync_playwright

from rag.types import Box
from tests.browser.scripted import PATH, QUOTE, TITLE, make_pdf

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
ROOT = Path(__file__).resolve().parent.parent.parent
WIDE, PHONE, SMALLEST = (1440, 900), (390, 844), (360, 640)
A4_WIDTH, A4_HEIGHT = 595.28, 841.89

pytestmark = [
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
        (self.folder / "no-store").unlink(missing_ok=True)

    def closings(self) -> int:
        file = self.folder / "closings"
        return int(file.read_text() or 0) if file.exists() else 0

    def wait(self) -> None:
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
        self.process.terminate()
        self.process.wait(10)
        self.log.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("house"))
    try:
        made.wait()
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield launched
        launched.close()


class Visit:
    """One browser tab, with everything it asked for and everything it complained of."""

    def __init__(self, browser: Browser, house: House, size: tuple[int, int]) -> None:
        # an English browser on purpose: the page must be French all the same
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-US")
        self.context.set_default_timeout(10_000)
        self.page: Page = self.context.new_page()
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
        self.page.get_by_role("textbox", name="Votre question").fill(question)
        self.page.keyboard.press("Enter")

    def answered(self, question: str) -> None:
        self.ask(question)
        expect(self.page.locator("#current article.done", has_text=question)).to_be_visible()

    def close(self) -> None:
        """End the visit; nothing may have left this machine, nothing may have gone wrong."""
        foreign = [u for u in self.requests if not u.startswith((self.house.address, "data:", "blob:"))]
        self.context.close()
        assert foreign == []
        assert self.complaints == []
        assert len(self.requests) > 10


def _visit(browser: Browser, house: House, size: tuple[int, int]) -> Visit:
    house.give_store()
    visit = Visit(browser, house, size)
    expect(visit.page.locator("#status")).to_contain_text("modele-test")
    return visit


def _box(page: Page, selector: str) -> tuple[float, float, float, float]:
    found = page.locator(selector).first.bounding_box()
    assert found is not None
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


def _quote_box(house: House) -> Box:
    return make_pdf(house.folder / "again" / PATH)


def test_a_page_without_a_store_says_what_to_do_and_recovers_by_itself(browser: Browser, house: House) -> None:
    visit = Visit(browser, house, WIDE)
    expect(visit.page.locator("#status [role=alert]")).to_contain_text("make ingest")
    visit.ask("Quelle épaisseur ?")
    expect(visit.page.locator("#current")).to_contain_text("make ingest")
    box = visit.page.get_by_role("textbox", name="Votre question")
    box.fill("Ce que j'écris en attendant")
    house.give_store()
    expect(visit.page.locator("#status")).to_contain_text("modele-test")
    expect(box).to_have_value("Ce que j'écris en attendant")
    visit.answered("Quelle est l'épaisseur des cales ?")
    visit.close()


def test_an_answer_streams_and_its_proof_lies_over_the_right_words(browser: Browser, house: House) -> None:
    visit = _visit(browser, house, WIDE)
    page = visit.page
    assert page.evaluate("document.documentElement.lang") == "fr"
    expect(page.locator("h1")).to_have_text("Fédération d'essai")
    expect(page.locator(".example:visible")).to_have_count(3)
    page.get_by_role("button", name="Quelle est l'épaisseur des cales").click()
    expect(page.locator("#current .draft")).to_contain_text("Le calage")
    expect(page.locator("#current .progress")).to_contain_text("pas encore vérifié")
    expect(page.locator("#current article.done")).to_contain_text(QUOTE)
    expect(page.locator("#current .draft")).to_have_count(0)
    expect(page.locator("#current s.claim")).to_have_attribute("title", re.compile("couleur"))
    page.get_by_role("button", name=re.compile("^Source 1")).click()
    panel = page.locator("#evidence")
    for text in (TITLE, PATH, "page 2 (imprimée : ii)", QUOTE):
        expect(panel).to_contain_text(text)
    page.wait_for_function("document.querySelector('#evidence img')?.naturalWidth > 0")
    left, top, right, bottom = _box(page, "#evidence figure img")
    across, down = (right - left) / A4_WIDTH, (bottom - top) / A4_HEIGHT
    x0, y0, x1, y1 = _quote_box(house)
    expected = (left + x0 * across, top + y0 * down, left + x1 * across, top + y1 * down)
    assert _box(page, "#evidence .mark") == pytest.approx(expected, abs=1.5)
    assert _ink(page) > 40
    href = panel.get_by_role("link", name="Ouvrir le PDF à cette page").get_attribute("href")
    assert href is not None and href.endswith("#page=2")
    assert page.evaluate("async a => (await (await fetch(a)).text()).slice(0, 5)", href.partition("#")[0]) == "%PDF-"
    visit.close()


def _ink(page: Page) -> int:
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


def test_neighbouring_pages_can_be_turned_and_show_no_highlight(browser: Browser, house: House) -> None:
    visit = _visit(browser, house, WIDE)
    visit.answered("Quelle est l'épaisseur des cales ?")
    panel = visit.page.locator("#evidence")
    panel.get_by_role("button", name="Page suivante").click()
    expect(panel.locator(".name")).to_have_text(re.compile("^page.3$"))
    expect(panel.locator("svg")).to_have_css("visibility", "hidden")
    visit.page.wait_for_function("document.querySelector('#evidence .wait').hidden")
    panel.get_by_role("button", name="Revenir à la page citée").click()
    expect(panel.locator("svg")).to_have_css("visibility", "visible")
    visit.close()


def test_stop_ends_the_answer_and_the_page_is_ready_again(browser: Browser, house: House) -> None:
    visit = _visit(browser, house, WIDE)
    before = house.closings()
    visit.ask("Une réponse longue ?")
    expect(visit.page.locator("#current .draft")).to_contain_text("mot mot")
    visit.page.get_by_role("button", name="Arrêter").click()
    expect(visit.page.locator("#current article.done")).to_contain_text("Réponse arrêtée")
    expect(visit.page.get_by_role("button", name="Envoyer")).to_be_visible()
    _until_closed(house, before + 1)
    visit.answered("Quelle est l'épaisseur des cales ?")
    visit.close()


def test_leaving_the_page_stops_the_model(browser: Browser, house: House) -> None:
    visit = _visit(browser, house, WIDE)
    before = house.closings()
    visit.ask("Une réponse longue ?")
    expect(visit.page.locator("#current .draft")).to_contain_text("mot mot")
    visit.close()
    _until_closed(house, before + 1)


def _until_closed(house: House, closings: int) -> None:
    end = time.monotonic() + 10
    while house.closings() < closings:
        assert time.monotonic() < end, "the model went on"
        time.sleep(0.05)


def test_a_refusal_and_a_bad_question_say_what_to_do(browser: Browser, house: House) -> None:
    visit = _visit(browser, house, WIDE)
    visit.answered("Quel est le prix du verre ?")
    expect(visit.page.locator("#current .refusal")).to_contain_text("Je n'ai pas trouvé la réponse")
    visit.page.locator("#current .passage").first.click()
    expect(visit.page.locator("#evidence")).to_contain_text(TITLE)
    visit.ask("x" * 20_000)
    expect(visit.page.locator("#notice [role=alert]")).to_contain_text("raccourcissez-la")
    assert len(visit.page.get_by_role("textbox", name="Votre question").input_value()) == 20_000
    visit.ask("  ")
    expect(visit.page.locator("#notice [role=alert]")).to_contain_text("est vide")
    visit.close()


def test_markup_from_a_document_is_only_ever_text(browser: Browser, house: House) -> None:
    visit = _visit(browser, house, WIDE)
    alerts: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    visit.page.on("dialog", dismiss)
    visit.answered("Une question hostile ?")
    expect(visit.page.locator("#current .claim").first).to_contain_text("<img src=x onerror=alert(1)> ![](http://exfil")
    assert visit.page.locator("#current .said img:not([data-src])").count() == 0
    assert visit.page.locator("#current a:not(.pdf)").count() == 0
    assert alerts == []
    visit.close()


def test_english_and_back_without_losing_the_conversation(browser: Browser, house: House) -> None:
    visit = _visit(browser, house, WIDE)
    page = visit.page
    visit.answered("Quelle est l'épaisseur des cales ?")
    address = page.url
    assert "?c=" in address
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(page.get_by_role("textbox", name="Your question")).to_be_visible()
    expect(page.locator("#current")).to_contain_text("Other passages read")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="Français").click()
    expect(page.locator("#current")).to_contain_text("Autres passages lus")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    assert page.url == address
    page.get_by_role("link", name="Nouvelle conversation").click()
    expect(page.locator("#current article")).to_have_count(0)
    expect(page.locator(".example:visible")).to_have_count(3)
    visit.close()


@pytest.mark.parametrize("size", [PHONE, SMALLEST])
def test_on_a_phone_the_proof_is_a_sheet_that_closes(browser: Browser, house: House, size: tuple[int, int]) -> None:
    visit = _visit(browser, house, size)
    page = visit.page
    visit.answered("Quelle est l'épaisseur des cales ?")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    expect(page.locator("#evidence")).to_be_hidden()
    cite = page.locator("#current .cite")
    left, top, right, bottom = _box(page, "#current .cite")
    assert right - left >= 30 and bottom - top >= 30
    cite.click()
    expect(page.locator("#evidence .mark")).to_be_in_viewport()
    page.get_by_role("button", name="Fermer").click()
    expect(page.locator("#evidence")).to_be_hidden()
    expect(cite).to_be_focused()
    visit.close()


def test_a_conversation_is_reopened_found_renamed_exported_and_deleted(browser: Browser, house: House) -> None:
    visit = _visit(browser, house, WIDE)
    page, drawer = visit.page, visit.page.locator("#drawer")
    visit.answered("Quelle est l'épaisseur des cales du chantier ?")
    page.get_by_role("button", name="Mauvaise source").click()
    expect(page.locator("#current .says")).to_contain_text("Merci")
    page.get_by_label("Un mot de plus").fill("Voir page 3")
    page.keyboard.press("Enter")
    expect(page.locator("#current .word")).to_be_hidden()
    address = page.url
    page.goto(house.address)
    drawer.get_by_role("searchbox").fill("CHANTIER epaisseur")
    entry = drawer.locator("a.entry")
    expect(entry).to_have_count(1)
    entry.click()
    expect(page.locator("#current article.done")).to_contain_text(QUOTE)
    assert page.url == address
    expect(page.get_by_role("button", name="Mauvaise source")).to_have_attribute("aria-pressed", "true")
    page.locator("#current .cite").click()
    page.wait_for_function("document.querySelector('#evidence img')?.naturalWidth > 0")
    assert _ink(page) > 40
    drawer.get_by_role("button", name="Actions").click()
    drawer.get_by_role("button", name="Renommer").click()
    page.keyboard.type("Les cales du chantier")
    page.keyboard.press("Enter")
    expect(entry).to_have_text("Les cales du chantier")
    drawer.get_by_role("button", name="Actions").click()
    with page.expect_download() as download:
        drawer.get_by_role("link", name="Exporter en Markdown").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert text.startswith("# Les cales du chantier") and QUOTE in text and PATH in text
    drawer.get_by_role("button", name="Supprimer").click()
    drawer.locator("[data-sure]").click()
    expect(entry).to_have_count(0)
    expect(page.locator("#current article")).to_have_count(0)
    page.goto(address)
    expect(page.locator("#notice")).to_contain_text("existe plus")
    visit.complaints.clear()  # Gradio complains of what a page that is left no longer hears
    visit.close()


def test_a_reload_in_mid_answer_loses_neither_question_nor_draft(browser: Browser, house: House) -> None:
    visit = _visit(browser, house, WIDE)
    page = visit.page
    visit.ask("Une réponse longue ?")
    expect(page.locator("#current .draft")).to_contain_text("mot mot")
    page.reload()
    expect(page.locator("#current article.done")).to_contain_text("Réponse arrêtée")
    expect(page.locator("#current .draft")).to_contain_text("mot mot")
    page.get_by_role("button", name="Reposer la question").click()
    expect(page.get_by_role("textbox", name="Votre question")).to_have_value("Une réponse longue ?")
    visit.complaints.clear()
    visit.close()


def test_a_refused_question_goes_to_the_secretariat_by_keyboard(browser: Browser, house: House) -> None:
    visit = _visit(browser, house, PHONE)
    page = visit.page
    visit.answered("Quel est le prix du verre feuilleté ?")
    page.locator("#current .secretariat summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Pour un devis")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#current .says")).to_have_text("Question transmise au secrétariat.")
    visit.close()


def test_the_picture_is_enlarged_and_the_sheet_closes_by_its_backdrop(browser: Browser, house: House) -> None:
    visit = _visit(browser, house, PHONE)
    page = visit.page
    visit.answered("Quelle est l'épaisseur des cales ?")
    page.locator("#current .cite").click()
    page.wait_for_function("document.querySelector('#evidence img')?.naturalWidth > 0")
    before = _box(page, "#evidence figure img")
    page.get_by_role("button", name="Agrandir").click()
    page.locator("#evidence .view").focus()
    page.keyboard.press("+")
    after = _box(page, "#evidence figure img")
    assert after[2] - after[0] == pytest.approx(1.96 * (before[2] - before[0]), abs=3)
    expect(page.locator("#evidence .mark")).to_be_in_viewport()
    assert _ink(page) > 40
    page.keyboard.press("0")
    assert _box(page, "#evidence figure img")[2] == pytest.approx(before[2], abs=1)
    page.get_by_role("button", name="Autres passages lus").click()
    page.locator("#evidence .passages button").click()
    expect(page.locator("#evidence .name")).to_contain_text("page\xa01")
    page.mouse.click(200, 20)
    expect(page.locator("#evidence")).to_be_hidden()
    expect(page.locator("#current .cite")).to_be_focused()
    visit.close()


def test_on_a_phone_conversations_are_a_drawer(browser: Browser, house: House) -> None:
    visit = _visit(browser, house, SMALLEST)
    page = visit.page
    visit.answered("Quelle est l'épaisseur des cales à 360 pixels ?")
    expect(page.locator("#drawer")).to_be_hidden()
    page.get_by_role("button", name="Conversations").click()
    expect(page.locator("#drawer a.entry[aria-current]")).to_contain_text("360 pixels")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    expect(page.get_by_role("button", name="Conversations")).to_be_focused()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Documents")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALLEST[0]
    visit.close()


def test_the_keyboard_is_enough(browser: Browser, house: House) -> None:
    visit = _visit(browser, house, PHONE)
    page = visit.page
    page.get_by_role("textbox", name="Votre question").focus()
    page.keyboard.type("Quelle est l'épaisseur des cales ?")
    page.keyboard.press("Enter")
    expect(page.locator("#current article.done")).to_be_visible()
    page.locator("#to-menu").focus()
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className").startswith("cite"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#evidence .mark")).to_be_in_viewport()
    expect(page.locator("#evidence h3")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#current .cite")).to_be_focused()
    visit.close()
