"""Sign-in, passwords and sessions, through the guard as a browser meets them."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from tests.access.house import ADDRESS, CHOSEN, OWN, House, sign_in
from tests.browser.scripted import PATH
from ui.access import accounts, passwords, sessions, throttle
from ui.database import FILE, Database
from ui.identity import SECURE_COOKIE, SESSION_COOKIE


def test_first_sign_in_must_choose_a_password_and_then_all_is_open(house: House) -> None:
    password = accounts.create(house.database, "Anne")
    browser = house.browser()
    assert browser.get(f"/document/{PATH}").headers["location"].startswith("/sign-in?next=/document/")
    reply = sign_in(browser, "anne", password, f"/document/{PATH}")
    assert (reply.status_code, reply.headers["location"]) == (303, "/account/password")
    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Secure" not in cookie
    assert browser.get(f"/document/{PATH}").status_code == 303  # nothing opens before the change
    assert "que pour commencer" in browser.get("/account/password").text
    form = {"old": password, "new": CHOSEN, "again": CHOSEN}
    assert browser.post("/account/password", data=form, headers=OWN).headers["location"] == "/"
    assert browser.get(f"/document/{PATH}").status_code == 200
    assert sign_in(house.browser(), "Anne", password).status_code == 403


@pytest.mark.parametrize(
    ("new", "again", "says"),
    [("court", "court", "compte 5 caractères"), (CHOSEN, CHOSEN + "x", "diffèrent"),
     ("Anne est mon nom ici", "Anne est mon nom ici", "se devine"), ("aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa", "se devine")],
)  # fmt: skip
def test_a_bad_new_password_says_why(house: House, new: str, again: str, says: str) -> None:
    browser = house.member("Anne")
    reply = browser.post("/account/password", data={"old": CHOSEN, "new": new, "again": again}, headers=OWN)
    assert reply.status_code == 400 and says in reply.text


def test_wrong_name_and_wrong_password_get_the_same_reply(house: House) -> None:
    house.member("Anne")
    closed = accounts.named(house.database, "Anne")
    known, unknown = (sign_in(house.browser(), name, "faux") for name in ("Anne", "Zoé"))
    assert known.status_code == unknown.status_code == 403
    assert known.text.replace("Anne", "Zoé") == unknown.text
    accounts.create(house.database, "Chef", "admin")
    accounts.change(house.database, closed.id, role="member", groups=None, disabled=True)
    assert sign_in(house.browser(), "Anne", CHOSEN).text == known.text


@pytest.mark.parametrize(
    "onward", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
def test_next_never_leads_to_another_site(house: House, onward: str) -> None:
    browser = house.member("Anne")
    assert sign_in(browser, "Anne", CHOSEN, onward).headers["location"] == "/"
    assert browser.get("/sign-in", params={"next": onward}).headers["location"] == "/"


def test_guesses_wait_longer_each_time_also_when_sent_at_once_and_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    file = tmp_path / FILE
    database = Database.open(file)
    waits = [throttle.enter(database, "anne", "10.0.0.1") for _ in range(20)]
    assert waits == [0] * throttle.FREE + [2] * (20 - throttle.FREE)
    database.close()
    database = Database.open(file)
    assert throttle.enter(database, "anne", "10.0.0.2") == 2  # the name waits from everywhere
    assert throttle.enter(database, "zoé", "10.0.0.1") == 2  # the address waits for every name
    seen = []
    for _ in range(12):
        now[0] += wait if (wait := throttle.enter(database, "anne", "10.0.0.1")) else 0
        seen.append(wait)
        throttle.enter(database, "anne", "10.0.0.1")
    assert seen == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert throttle.delay("name", 99) == 60 and throttle.delay("peer", 99) == 900
    now[0] += throttle.FORGET + 1
    assert throttle.enter(database, "anne", "10.0.0.1") == 0
    # an address that guesses, and signs in as itself in between, goes on waiting
    for _ in range(throttle.FREE - 1):
        throttle.enter(database, "zoé", "10.0.0.1")
    throttle.right(database, "anne", "10.0.0.1")
    throttle.enter(database, "luc", "10.0.0.1")
    assert throttle.enter(database, "luc", "10.0.0.1") == 2


def test_the_page_says_how_long_to_wait_and_keeps_no_typed_name(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "delay", lambda kind, failures: 100.0)
    house.member("Anne")
    for _ in range(throttle.FREE):
        sign_in(house.browser(), "motdepasse-au-mauvais-endroit", "x")
    reply = sign_in(house.browser(), "motdepasse-au-mauvais-endroit", "x")
    assert reply.status_code == 429 and re.search(r"attendez \d+ secondes", reply.text)
    kept = [tuple(row) for table in ("audit", "attempts") for row in house.database.rows(f"SELECT * FROM {table}")]
    assert kept and "motdepasse" not in repr(kept)


def test_only_hashes_of_secrets_are_kept(house: House) -> None:
    browser = house.member("Anne")
    reply = browser.post("/account/tokens", data={"label": "site", "days": "30"}, headers=OWN)
    found = re.search(r"greffier_[\w-]{43}", reply.text)
    assert found is not None and "plus jamais affiché" in reply.text
    assert found[0] not in browser.get("/account").text
    tables = ("members", "sessions", "tokens", "audit")
    kept = repr([tuple(row) for table in tables for row in house.database.rows(f"SELECT * FROM {table}")])
    for secret in (found[0], browser.cookies[SESSION_COOKIE], CHOSEN):
        assert secret not in kept
    assert "$argon2id$" in kept


def test_sessions_end_by_sign_out_password_change_everywhere_and_closing(house: House) -> None:
    accounts.create(house.database, "Chef", "admin")
    one, two = house.member("Anne"), house.browser()
    sign_in(two, "Anne", CHOSEN)
    stolen = two.cookies[SESSION_COOKIE]
    assert two.get("/account").text.count("Terminer") == 1
    before = one.cookies[SESSION_COOKIE]
    form = {"old": CHOSEN, "new": CHOSEN + " encore", "again": CHOSEN + " encore"}
    assert one.post("/account/password", data=form, headers=OWN).status_code == 303
    assert one.cookies[SESSION_COOKIE] != before
    assert one.get("/account").status_code == 200 and two.get("/account").status_code == 303
    assert one.post("/sign-out", headers=OWN).headers["location"] == "/sign-in"
    assert one.get("/account").status_code == 303
    for browser in (one, two):
        sign_in(browser, "Anne", CHOSEN + " encore")
    assert stolen not in (one.cookies[SESSION_COOKIE], two.cookies[SESSION_COOKIE])
    one.post("/account/sessions", headers=OWN)
    assert two.get("/account").status_code == 303
    sign_in(two, "Anne", CHOSEN + " encore")
    account = accounts.named(house.database, "Anne")
    accounts.change(house.database, account.id, role="member", groups=None, disabled=True)
    assert two.get("/account").status_code == 303


@pytest.mark.parametrize("ticked", [True, False])
def test_signing_out_everywhere_says_that_tokens_stay_and_revokes_them_if_ticked(house: House, ticked: bool) -> None:
    browser, other = house.member("Anne", groups=frozenset({"public"})), house.member("Luc")
    assert 'name="tokens"' not in browser.get("/account").text  # nothing to revoke
    kinds = (("programs", browser), ("widget", browser), ("programs", other))
    found = [
        re.search(
            r"greffier_[\w-]{43}", who.post("/account/tokens", data={"label": "t", "kind": kind}, headers=OWN).text
        )
        for kind, who in kinds
    ]
    secrets = [match[0] for match in found if match]
    page = browser.get("/account").text
    assert "Révoquer aussi mes jetons (2)" in page and "reste valable sans connexion" in page
    assert browser.post("/account/sessions", data={"tokens": "all"} if ticked else {}, headers=OWN).status_code == 303
    assert browser.get("/account").status_code == 303
    assert (sessions.bearer(house.database, secrets[0]) is None) is ticked
    assert (sessions.bearer(house.database, secrets[1], "widget") is None) is ticked
    assert sessions.bearer(house.database, secrets[2]) is not None  # another member's
    logged = [row["object"] for row in house.database.rows("SELECT * FROM audit WHERE action = 'token_revoked'")]
    assert logged == (["all"] if ticked else [])


def test_a_session_slides_up_to_its_longest(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    accounts.create(house.database, "Anne")
    secret = sessions.start(house.database, accounts.named(house.database, "Anne"), 10)
    for _ in range(11):
        now[0] += 5 * sessions.DAY
        assert sessions.holder(house.database, secret, 10) is not None
    now[0] += 6 * sessions.DAY
    assert sessions.holder(house.database, secret, 10) is None
    secret = sessions.start(house.database, accounts.named(house.database, "Anne"), 10)
    now[0] += 10 * sessions.DAY + 1
    assert sessions.holder(house.database, secret, 10) is None


def test_signing_in_changes_the_session_a_browser_had(house: House) -> None:
    browser = house.member("Anne")
    before = browser.cookies[SESSION_COOKIE]
    sign_in(browser, "Anne", CHOSEN)
    assert browser.cookies[SESSION_COOKIE] != before
    browser.cookies.set(SESSION_COOKIE, before)
    assert sessions.holder(house.database, before, 14) is None


def test_the_cookie_is_secure_behind_https_of_a_trusted_proxy_only(tmp_path: Path) -> None:
    for trusted, secure in (((), False), (("127.0.0.0/8",), True)):
        house = House(tmp_path, trusted_proxies=trusted)
        password = accounts.create(house.database, "Anne")
        browser = TestClient(house.application, ADDRESS, follow_redirects=False, client=("127.0.0.1", 5))
        form, said = {"name": "Anne", "password": password}, {"x-forwarded-proto": "https"}
        assert ("Secure" in browser.post("/sign-in", data=form, headers=OWN | said).headers["set-cookie"]) is secure


def test_real_hashes_are_argon2id_and_an_unknown_name_costs_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    stored = passwords.hashed(CHOSEN)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.matches(stored, CHOSEN) and not passwords.matches(stored, CHOSEN + "x")
    assert not passwords.outdated(stored) and passwords.outdated(PasswordHasher(1, 8, 1).hash("x"))
    verified: list[str] = []

    def verify(hasher: PasswordHasher, stored: str, password: str) -> bool:
        verified.append(stored)
        return True

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    assert not passwords.matches(None, CHOSEN)
    assert verified[0].startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_one_time_password_ends_after_a_week(house: House) -> None:
    password = accounts.create(house.database, "Anne")
    house.database.execute("UPDATE members SET until = ?", time.time() - 1)
    reply = sign_in(house.browser(), "Anne", password)
    assert reply.status_code == 403 and "plus valable" in reply.text and "set-cookie" not in reply.headers
    assert "plus valable" not in sign_in(house.browser(), "Anne", "faux").text
    again = accounts.renew(house.database, accounts.named(house.database, "Anne").id)
    browser = house.browser()
    assert sign_in(browser, "Anne", again).status_code == 303
    # nor may whoever signed in with it in time change it too late
    house.database.execute("UPDATE members SET until = ?", time.time() - 1)
    form = {"old": again, "new": CHOSEN, "again": CHOSEN}
    assert "plus valable" in browser.post("/account/password", data=form, headers=OWN).text
    house.database.execute("UPDATE members SET until = ?", time.time() + 60)
    assert browser.post("/account/password", data=form, headers=OWN).status_code == 303
    assert house.database.rows("SELECT until FROM members")[0]["until"] is None


def test_the_page_says_how_long_a_one_time_password_holds(house: House) -> None:
    page = house.member("Chef", admin=True).post(
        "/admin/users", data={"name": "Anne", "role": "member", "which": "all"}, headers=OWN
    )
    assert "valable 7 jours" in page.text


def test_by_https_only_a_cookie_that_this_server_alone_can_set_counts(house: House) -> None:
    password = accounts.create(house.database, "Anne")
    address = ADDRESS.replace("http:", "https:")
    browser = house.browser(address=address)
    form = {"name": "Anne", "password": password, "next": "/"}
    reply = browser.post("/sign-in", data=form, headers={"origin": address})
    cookie = reply.headers["set-cookie"]
    assert cookie.startswith(f"{SECURE_COOKIE}=") and "Secure" in cookie and "Path=/;" in cookie
    assert "domain" not in cookie.lower()
    secret = browser.cookies[SECURE_COOKIE]
    for name, status in ((SECURE_COOKIE, 200), (SESSION_COOKIE, 303)):
        with_cookie = {"cookie": f"{name}={secret}"}
        assert house.browser(address=address).get("/account/password", headers=with_cookie).status_code == status
    # what signing out sends back must be a cookie that the browser accepts under that name
    gone = browser.post("/sign-out", headers={"origin": address}).headers["set-cookie"]
    assert gone.startswith(f'{SECURE_COOKIE}=""') and "Secure" in gone and "Max-Age=0" in gone
