"""axe-core finds nothing wrong, in the main states, on a wide screen and on a phone, in light and in dark."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.house import PHONE, WIDE, House, in_chromium, page_of

pytestmark = in_chromium
QUESTION = "Quelle est l'épaisseur des cales ?"
REFUSED = "Quel est le prix du verre ?"


@pytest.fixture(params=["wide-light", "wide-dark", "phone-light", "phone-dark"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    size, _, scheme = request.param.partition("-")
    made = page_of(browser, None, WIDE if size == "wide" else PHONE, color_scheme=scheme)
    yield made
    made.context.close()


def _ask(page: Page, question: str) -> None:
    page.get_by_role("textbox", name="Votre question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator("#current article.done", has_text=question)).to_be_visible()


def test_the_chat_from_the_first_word_to_the_proof(page: Page, house: House) -> None:
    page.goto(house.address)
    expect(page.locator("#status")).to_contain_text("modele-test")
    states = {"empty": violations(page)}
    _ask(page, QUESTION)
    states["answer"] = violations(page)
    page.get_by_role("button", name=re.compile("^Source 1")).click()
    expect(page.locator("#evidence .mark")).to_be_visible()
    states["proof"] = violations(page)
    page.keyboard.press("Escape")
    _ask(page, REFUSED)
    states["refusal"] = violations(page)
    page.locator("#current .secretariat summary").click()
    states["secretariat"] = violations(page)
    if page.locator("#to-drawer").is_visible():
        page.locator("#to-drawer").click()
    expect(page.locator("#drawer a.entry").first).to_be_visible()
    page.locator("#drawer .more").first.click()
    states["conversations"] = violations(page)
    assert {state: found for state, found in states.items() if found} == {}


def test_axe_sees_what_is_wrong_under_the_strictest_policy(page: Page, house: House) -> None:
    page.goto(house.address + "health")  # the browser makes a page of it: neither title nor language nor landmark
    assert "default-src 'none'" in str(page.request.get(page.url).headers["content-security-policy"])
    assert {line.partition(" ")[0] for line in violations(page)} >= {"document-title", "html-has-lang"}
