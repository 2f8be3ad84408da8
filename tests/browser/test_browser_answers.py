"""A question in a real Chromium: watch it stream, stop, leave, be refused, be told what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, expect

from tests.browser.house import (
    A4_HEIGHT,
    A4_WIDTH,
    PHONE,
    WIDE,
    House,
    Visit,
    box_of,
    in_chromium,
    ink_of,
    opened,
    quote_box,
    until_closed,
    visit_of,
)
from tests.browser.scripted import PATH, QUOTE, TITLE

pytestmark = in_chromium


def test_a_page_without_a_store_says_what_to_do_and_recovers_by_itself(browser: Browser, tmp_path: Path) -> None:
    with opened(tmp_path, store=False) as house:
        _waits_for_a_store(browser, house)


def _waits_for_a_store(browser: Browser, house: House) -> None:
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


def test_who_opens_the_page_while_the_model_loads_is_told_and_sees_it_take_over(
    browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "loading").touch()
    with opened(tmp_path) as house:
        visit = Visit(browser, house, PHONE)
        status = visit.page.locator("#status")
        expect(status).to_contain_text("Réponse par extraits")
        expect(status).to_contain_text("se charge encore")
        (tmp_path / "loading").unlink()
        expect(status).to_contain_text("modele-test")  # by itself
        expect(status).not_to_contain_text("se charge")
        visit.close()


def test_an_answer_streams_and_its_proof_lies_over_the_right_words(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, WIDE)
    page = visit.page
    assert page.evaluate("document.documentElement.lang") == "fr"
    expect(page.locator("h1")).to_have_text("Fédération d'essai")
    expect(page.locator(".example:visible")).to_have_count(3)
    page.get_by_role("button", name="Quelle est l’épaisseur des cales ?", exact=True).click()
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
    left, top, right, bottom = box_of(page, "#evidence figure img")
    across, down = (right - left) / A4_WIDTH, (bottom - top) / A4_HEIGHT
    x0, y0, x1, y1 = quote_box(house)
    expected = (left + x0 * across, top + y0 * down, left + x1 * across, top + y1 * down)
    assert box_of(page, "#evidence .mark") == pytest.approx(expected, abs=1.5)
    assert ink_of(page) > 40
    href = panel.get_by_role("link", name="Ouvrir le PDF à cette page").get_attribute("href")
    assert href is not None and href.endswith("#page=2")
    assert page.evaluate("async a => (await (await fetch(a)).text()).slice(0, 5)", href.partition("#")[0]) == "%PDF-"
    visit.close()


def test_stop_ends_the_answer_and_the_page_is_ready_again(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, WIDE)
    before = house.closings()
    visit.ask("Une réponse longue ?")
    expect(visit.page.locator("#current .draft")).to_contain_text("mot mot")
    visit.page.get_by_role("button", name="Arrêter").click()
    expect(visit.page.locator("#current article.done")).to_contain_text("Réponse arrêtée")
    expect(visit.page.get_by_role("button", name="Envoyer")).to_be_visible()
    until_closed(house, before + 1)
    visit.answered("Quelle est l'épaisseur des cales ?")
    visit.close()


def test_leaving_the_page_stops_the_model(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, WIDE)
    before = house.closings()
    visit.ask("Une réponse longue ?")
    expect(visit.page.locator("#current .draft")).to_contain_text("mot mot")
    visit.close()
    until_closed(house, before + 1)


def test_a_refusal_and_a_bad_question_say_what_to_do(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, WIDE)
    visit.answered("Quel est le prix du verre ?")
    expect(visit.page.locator("#current .refusal")).to_contain_text("Je n’ai pas trouvé la réponse")
    visit.page.locator("#current .passage").first.click()
    expect(visit.page.locator("#evidence")).to_contain_text(TITLE)
    visit.ask("x" * 20_000)
    expect(visit.page.locator("#notice [role=alert]")).to_contain_text("raccourcissez-la")
    assert len(visit.page.get_by_role("textbox", name="Votre question").input_value()) == 20_000
    visit.ask("  ")
    expect(visit.page.locator("#notice [role=alert]")).to_contain_text("est vide")
    visit.close()


def test_markup_from_a_document_is_only_ever_text(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, WIDE)
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


UNCOVERED = """element => {
    const box = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}"""


def test_the_form_for_the_secretariat_is_not_covered_and_leaves_room_for_a_keyboard(
    browser: Browser, house: House
) -> None:
    visit = visit_of(browser, house, (390, 600))
    page = visit.page
    visit.answered("Quel est le prix du verre feuilleté ?")
    page.evaluate("document.querySelector('#current .refusal').style.paddingTop = '15rem'")  # a long reason
    page.locator("#current .secretariat summary").click()
    send = page.locator("#current .to-secretariat button")
    page.wait_for_function("window.scrollY > 0")
    assert box_of(page, "#current .to-secretariat")[3] <= box_of(page, "#ask")[1]
    page.set_viewport_size({"width": 390, "height": 400})
    field = page.get_by_label("Précision")
    field.click()
    expect(page.locator("#ask")).to_have_css("position", "static")
    assert field.evaluate(UNCOVERED) and send.evaluate(UNCOVERED)
    field.blur()
    expect(page.locator("#ask")).to_have_css("position", "sticky")
    visit.close()


def test_a_page_named_under_the_answer_opens_its_sheet_and_gets_the_focus_back(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, PHONE)
    page = visit.page
    visit.answered("Quelle est l'épaisseur des cales ?")
    row = page.locator("#current .source")
    expect(row).to_contain_text("1er mars 2025")
    row.click()
    expect(page.locator("#evidence")).to_contain_text("Date : 1er mars 2025 (d’après le titre)")
    page.get_by_role("button", name="Fermer").click()
    expect(row).to_be_focused()
    expect(page.locator("#current .secretariat")).to_be_hidden()
    page.get_by_role("button", name="Pas utile").click()
    expect(page.locator("#current .secretariat summary")).to_be_visible()
    visit.close()


def test_an_answer_called_useless_has_one_field_for_words_and_what_was_begun_goes_along(
    browser: Browser, house: House
) -> None:
    visit = visit_of(browser, house, PHONE)
    page = visit.page
    visit.answered("Quelle est l'épaisseur des cales ?")
    page.get_by_role("button", name="Pas utile").click()
    fields = page.locator("#current .feedback [name=word]:visible")
    expect(fields).to_have_count(1)
    fields.fill("Pour un vitrage de 8 mm")
    further = page.locator("#current .secretariat summary")
    further.click()
    expect(fields).to_have_count(1)
    expect(page.get_by_label("Précision")).to_have_value("Pour un vitrage de 8 mm")
    page.get_by_label("Précision").fill("Pour un vitrage de 10 mm")
    further.click()
    expect(fields).to_have_count(1)
    expect(page.get_by_label("Un mot de plus")).to_have_value("Pour un vitrage de 10 mm")
    visit.close()


def test_a_refused_question_goes_to_the_secretariat_by_keyboard(browser: Browser, house: House) -> None:
    visit = visit_of(browser, house, PHONE)
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
