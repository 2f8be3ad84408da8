"""Accounts in a real Chromium, on a phone: the first sign-in, a question, a token, signing out; and the widget."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.house import PHONE, House, in_chromium, opened, page_of
from tests.browser.scripted import QUOTE
from ui.access import accounts
from ui.database import FILE, Database

pytestmark = in_chromium
CHOSEN = "une phrase que moi seule connais"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("accounts")) as made:
        yield made


def phone(browser: Browser, house: House) -> Page:
    return page_of(browser, house, PHONE, seconds=60, locale="en-US")


def look(page: Page, folder: Path, name: str) -> None:
    """Judge the page by axe-core, see that nothing sticks out, and keep a picture."""
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    assert violations(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_sign_in_ask_make_a_token_and_sign_out_on_a_phone(browser: Browser, house: House, tmp_path: Path) -> None:
    database = Database.open(house.folder / "data" / FILE)
    accounts.create(database, "Chef", "admin")
    password = accounts.create(database, "Anne", "member", frozenset({"public"}))
    database.close()
    page = phone(browser, house)
    page.goto("/account")
    look(page, tmp_path, "sign-in")
    page.get_by_label("Nom").fill("anne")
    page.get_by_label("Mot de passe").fill("pas le bon")
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("alert")).to_contain_text("ne vont pas ensemble")
    page.get_by_label("Mot de passe").fill(password)
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_text("choisissez maintenant le vôtre")).to_be_visible()
    look(page, tmp_path, "password")
    page.get_by_label("Mot de passe à usage unique").fill(password)
    page.get_by_label("Nouveau mot de passe").fill(CHOSEN)
    page.get_by_label("Le nouveau encore une fois").fill(CHOSEN)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#question textarea")).to_be_visible()
    page.goto("/account")
    page.get_by_label("À quoi il sert").fill("site de la fédération")
    page.locator("#kind").select_option("widget")
    page.get_by_role("button", name="Créer un jeton").click()
    secret = page.locator(".secret").inner_text()
    assert re.fullmatch(r"greffier_[\w-]{43}", secret)
    look(page, tmp_path, "account")
    page.goto("/")
    page.locator("#question textarea").fill("Quelle est l'épaisseur des cales ?")
    page.locator("#question textarea").press("Enter")
    expect(page.locator("#current")).to_contain_text(QUOTE[:20])
    expect(page.locator("#current")).to_contain_text("Cette réponse est")  # one question at a time
    _signed_out_elsewhere(page)
    page.goto("/account")
    page.get_by_role("button", name="Menu").click()
    look(page, tmp_path, "menu")
    page.get_by_role("button", name="Se déconnecter (Anne)").click()
    expect(page).to_have_url(re.compile("/sign-in$"))
    assert page.goto("/account").url.endswith("/sign-in?next=/account")  # type: ignore[union-attr]
    _widget(page, secret, tmp_path)
    page.context.close()


def _signed_out_elsewhere(page: Page) -> None:
    """A question without a session is kept, and the page says why it was not sent, in the member's language."""
    kept = page.context.cookies()
    page.context.clear_cookies()
    page.locator("#question textarea").fill("Et pour les portes ?")
    page.locator("#question textarea").press("Enter")
    expect(page.locator("#trouble")).to_contain_text("Vous n’êtes plus connecté")
    expect(page.locator("#trouble a")).to_have_text("Se connecter")
    expect(page.locator(".toast-body")).to_be_hidden()
    expect(page.locator("#question textarea")).to_have_value("Et pour les portes ?")
    page.context.add_cookies(kept)  # type: ignore[arg-type]


def _widget(page: Page, secret: str, folder: Path) -> None:
    page.goto(f"/widget?token={secret}")
    page.get_by_label("Votre question").fill("Quelle est l'épaisseur des cales ?")
    page.get_by_role("button", name="Demander").click()
    expect(page.locator("section")).to_contain_text(QUOTE)
    look(page, folder, "widget")


def test_the_admin_makes_an_account_on_a_phone(browser: Browser, house: House, tmp_path: Path) -> None:
    database = Database.open(house.folder / "data" / FILE)
    password = accounts.create(database, "Cheffe", "admin")
    database.execute("UPDATE members SET must_change = 0 WHERE name = 'Cheffe'")
    database.close()
    page = phone(browser, house)
    page.goto("/admin/users")
    page.get_by_label("Nom").fill("Cheffe")
    page.get_by_label("Mot de passe").fill(password)
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_text("Nouveau compte").click()
    page.get_by_label("Nom").fill("Luc")
    page.get_by_label("Seulement ceux-ci").first.check()
    page.get_by_label("public").first.check()
    look(page, tmp_path, "users")
    page.get_by_role("button", name="Créer le compte").click()
    expect(page.locator(".secret")).to_have_text(re.compile(r"^\w{4}(-\w{4}){3}$"))
    expect(page.locator("summary", has_text="Luc")).to_contain_text("public")
    look(page, tmp_path, "created")
    page.context.close()
