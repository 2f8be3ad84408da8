"""Conversations in a real Chromium: found again, renamed, exported, deleted, reloaded, in two languages."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.house import (
    SMALLEST,
    WIDE,
    House,
    in_chromium,
    ink_of,
    visit_of,
)
from tests.browser.scripted import PATH, QUOTE

pytestmark = in_chromium


def test_english_and_back_without_losing_the_conversation(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, WIDE)
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


def test_a_conversation_is_reopened_found_renamed_exported_and_deleted(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, WIDE)
    page, drawer = visit.page, visit.page.locator("#drawer")
    visit.answered("Quelle est l'épaisseur des cales du chantier ?")
    page.get_by_role("button", name="Mauvaise source").click()
    expect(page.locator("#current .feedback > .says")).to_contain_text("Merci")
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
    assert ink_of(page) > 40
    drawer.get_by_role("button", name="Actions").click()
    drawer.get_by_role("button", name="Renommer").click()
    page.keyboard.type("Les cales du chantier")
    page.keyboard.press("Enter")
    expect(entry).to_contain_text("Les cales du chantier")
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
    visit = visit_of(browser, house, WIDE)
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


def test_on_a_phone_conversations_are_a_drawer(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, SMALLEST)
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


def test_earlier_answers_stay_above_and_what_is_open_in_the_list_stays_open(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, WIDE)
    page, first = visit.page, "Quelle épaisseur ont les cales du haut ?"
    visit.answered(first)
    page.get_by_role("link", name="Nouvelle conversation").click()
    expect(page.locator("#current article")).to_have_count(0)
    entry = page.locator("#drawer li", has_text=first)
    entry.get_by_role("button", name="Actions").click()
    for question in ("Quelle est l'épaisseur des cales du bas ?", "Et celles du milieu ?"):
        visit.answered(question)
    expect(entry.get_by_role("button", name="Renommer")).to_be_visible()
    expect(page.locator("#conversation article")).to_have_count(2)
    expect(page.locator("#passed article")).to_contain_text("cales du bas")
    page.locator("#passed .cite").click()
    expect(page.locator("#evidence .mark")).to_be_visible()
    entry.get_by_role("button", name="Actions").click()
    expect(page.locator("#drawer li", has_text="cales du bas")).to_be_visible()
    page.locator("#drawer li", has_text=first).get_by_role("link").first.click()
    expect(page.locator("#current article")).to_contain_text("cales du haut")
    expect(page.locator("#conversation article")).to_have_count(1)
    visit.close()
