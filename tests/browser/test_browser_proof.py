"""The proof of an answer in a real Chromium: a panel beside it, a sheet on a phone, by finger and by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.house import (
    PHONE,
    SMALLEST,
    WIDE,
    House,
    box_of,
    in_chromium,
    ink_of,
    visit_of,
)

pytestmark = in_chromium


def test_neighbouring_pages_can_be_turned_and_show_no_highlight(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, WIDE)
    visit.answered("Quelle est l'épaisseur des cales ?")
    panel = visit.page.locator("#evidence")
    panel.get_by_role("button", name="Page suivante").click()
    expect(panel.locator(".name")).to_have_text(re.compile("^page.3$"))
    expect(panel.locator("svg")).to_have_css("visibility", "hidden")
    visit.page.wait_for_function("document.querySelector('#evidence .wait').hidden")
    panel.get_by_role("button", name="Revenir à la page citée").click()
    expect(panel.locator("svg")).to_have_css("visibility", "visible")
    visit.close()


@pytest.mark.parametrize("size", [PHONE, SMALLEST])
def test_on_a_phone_the_proof_is_a_sheet_that_closes(browser: Browser, house: House, size: tuple[int, int]) -> None:
    visit = visit_of(browser, house, size)
    page = visit.page
    visit.answered("Quelle est l'épaisseur des cales ?")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    expect(page.locator("#evidence")).to_be_hidden()
    cite = page.locator("#current .cite")
    left, top, right, bottom = box_of(page, "#current .cite")
    assert right - left >= 30 and bottom - top >= 30
    cite.click()
    expect(page.locator("#evidence .mark")).to_be_in_viewport()
    page.get_by_role("button", name="Fermer").click()
    expect(page.locator("#evidence")).to_be_hidden()
    expect(cite).to_be_focused()
    visit.close()


def test_the_picture_is_enlarged_and_the_sheet_closes_by_its_backdrop(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, PHONE)
    page = visit.page
    visit.answered("Quelle est l'épaisseur des cales ?")
    page.locator("#current .cite").click()
    page.wait_for_function("document.querySelector('#evidence img')?.naturalWidth > 0")
    before = box_of(page, "#evidence figure img")
    page.get_by_role("button", name="Agrandir").click()
    page.locator("#evidence .view").focus()
    page.keyboard.press("+")
    after = box_of(page, "#evidence figure img")
    assert after[2] - after[0] == pytest.approx(1.96 * (before[2] - before[0]), abs=3)
    expect(page.locator("#evidence .mark")).to_be_in_viewport()
    assert ink_of(page) > 40
    page.keyboard.press("0")
    assert box_of(page, "#evidence figure img")[2] == pytest.approx(before[2], abs=1)
    page.get_by_role("button", name="Autres passages lus").click()
    page.locator("#evidence .passages button").click()
    expect(page.locator("#evidence .name")).to_contain_text("page\xa01")
    page.mouse.click(200, 20)
    expect(page.locator("#evidence")).to_be_hidden()
    expect(page.locator("#current .cite")).to_be_focused()
    visit.close()


def test_the_keyboard_is_enough(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, PHONE)
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
