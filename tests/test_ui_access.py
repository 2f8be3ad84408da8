"""Accounts, sign-in, sessions and tokens, through the guard as a browser or a program meets them."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from rag.errors import AccountError, ServerError
from rag.settings import Settings
from rag.types import Event, Retrieved
from tests.browser.scripted import PATH, QUOTE, ScriptedAssistant, draw, make_pdf
from ui import watch
from ui.access import accounts, passwords, sessions, throttle
from ui.access.recognise import Recognise, check_start
from ui.database import FILE, Database
from ui.desk import Desk
from ui.identity import LOCAL, SECURE_COOKIE, SESSION_COOKIE, Knock
from ui.server import build_server, guarded
from ui.services import Services

ADDRESS = "http://127.0.0.1:7860"
OWN = {"origin": ADDRESS}
CHOSEN = "une phrase que moi seule connais"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    # the real ones take 64 MiB and 0.1 s each; what they promise is tested once, with the real parameters
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))


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


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    yield House(tmp_path)


def test_first_sign_in_must_choose_a_password_and_then_all_is_open(house: House) -> None:
    password = accounts.create(house.database, "Anne")
    browser = house.browser()
    assert browser.get(f"/document/{PATH}").headers["location"].startswith("/sign-in?next=/document/")
    reply = sign_in(browser, "anne", password, f"/document/{PATH}")
    assert (reply.status_code, reply.headers["location"]) == (303, "/account/password")
    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Secure" not in cookie
    assert browser.get(f"/document/{PATH}").status_code == 303  # nothing opens before the change
    assert "servait qu" in browser.get("/account/password").text
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


def test_the_last_admin_stays(house: House) -> None:
    accounts.create(house.database, "Chef", "admin")
    chef = accounts.named(house.database, "chef")
    for change in ({"role": "member", "disabled": False}, {"role": "admin", "disabled": True}):
        with pytest.raises(AccountError, match="dernier administrateur"):
            accounts.change(house.database, chef.id, groups=None, **change)  # type: ignore[arg-type]
    assert accounts.named(house.database, "CHEF") == chef


@pytest.mark.parametrize("name", ["éric", "ÉRIC", " Éric ", "e\u0301ric"])
def test_names_are_unique_whatever_their_capitals(house: House, name: str) -> None:
    accounts.create(house.database, "Éric")
    with pytest.raises(AccountError, match="déjà pris"):
        accounts.create(house.database, name)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65, "a\u202eb"])
def test_a_name_nobody_can_read_is_refused(house: House, name: str) -> None:
    with pytest.raises(AccountError, match="ne convient pas"):
        accounts.create(house.database, name)


def test_the_admin_makes_and_changes_accounts_on_a_page(house: House) -> None:
    (house.settings.corpus / "bureau").mkdir()
    admin = house.member("Chef", admin=True)
    form = {"name": "Anne", "role": "member", "which": "only", "group": ["bureau"]}
    reply = admin.post("/admin/users", data=form, headers=OWN)
    password = re.search(r"\w{4}-\w{4}-\w{4}-\w{4}", reply.text)
    assert password is not None and password[0] not in admin.get("/admin/users").text
    anne = accounts.named(house.database, "Anne")
    assert anne.groups == frozenset({"bureau"}) and anne.must_change and anne.role == "member"
    browser = house.browser()
    assert sign_in(browser, "Anne", password[0]).status_code == 303
    assert browser.get("/admin/users").status_code == 303
    form = {"role": "member", "which": "all", "state": "closed"}
    assert admin.post(f"/admin/users/{anne.id}", data=form, headers=OWN).status_code == 303
    assert accounts.named(house.database, "Anne").disabled
    assert "est enregistré" in admin.get("/admin/users?changed=Anne").text
    again = re.search(r"\w{4}-\w{4}-\w{4}-\w{4}", admin.post(f"/admin/users/{anne.id}/password", headers=OWN).text)
    assert again is not None and again[0] != password[0]
    chef = accounts.named(house.database, "Chef")
    reply = admin.post(f"/admin/users/{chef.id}", data={"role": "member"}, headers=OWN)
    assert reply.status_code == 400 and "dernier administrateur" in reply.text
    assert house.member("Luc").get("/admin/users").status_code == 403


def test_headers_count_from_trusted_proxies_only(tmp_path: Path) -> None:
    house = House(tmp_path, sign_in="header", trusted_proxies=("10.0.0.0/24",), server_names=("g.example",))
    said = {"remote-user": "Luc", "remote-groups": "bureau; ventes", "host": "g.example"}

    def asks(peer: str, headers: dict[str, str] | list[tuple[str, str]]) -> int:
        browser = TestClient(house.application, ADDRESS, follow_redirects=False, client=(peer, 5))
        return browser.get("/account", headers=headers).status_code

    assert asks("10.0.1.7", said) == 303 and asks("127.0.0.1", said) == 303
    assert accounts.accounts(house.database) == []
    assert asks("10.0.0.7", said) == 200
    luc = accounts.named(house.database, "luc")
    assert luc.groups == frozenset({"bureau", "ventes"}) and luc.role == "member" and luc.external
    assert asks("::ffff:10.0.0.7", said | {"remote-groups": "greffier-admin"}) == 200
    assert accounts.named(house.database, "luc").role == "admin"
    assert asks("10.0.0.7", [*said.items(), ("remote-user", "Chef")]) == 303  # one of the two is forged
    accounts.change(house.database, luc.id, role="member", groups=luc.groups, disabled=True)
    assert asks("10.0.0.7", said) == 303


def test_a_name_of_the_proxy_is_no_key_to_an_account_here(house: House) -> None:
    house.member("Anne")
    assert house.browser().get("/account", headers={"remote-user": "Anne"}).status_code == 303


def test_auto_is_open_on_loopback_until_the_first_account(house: House) -> None:
    assert house.browser().get(f"/document/{PATH}").status_code == 200
    assert Recognise(house.database, house.settings)(Knock("/", {}, "")) == LOCAL
    accounts.create(house.database, "Chef", "admin")
    assert house.browser().get(f"/document/{PATH}").status_code == 303


def test_a_server_for_the_network_starts_with_an_admin_only() -> None:
    database = Database.open(None)
    for host in ("0.0.0.0", "192.168.1.10", "assistant.example"):
        for how in ("auto", "accounts"):
            with pytest.raises(ServerError, match="accounts add NOM --admin"):
                check_start(Settings(host=host, sign_in=how), database)
        with pytest.raises(ServerError, match="open_network"):
            check_start(Settings(host=host, sign_in="open"), database)
        check_start(Settings(host=host, sign_in="open", open_network=True), database)
    with pytest.raises(ServerError, match="trusted_proxies"):
        check_start(Settings(sign_in="header"), database)
    check_start(Settings(), database)
    accounts.create(database, "Chef", "admin")
    check_start(Settings(host="0.0.0.0"), database)


def test_where_everybody_may_ask_nobody_administers(tmp_path: Path) -> None:
    settings = Settings(host="0.0.0.0", sign_in="open", open_network=True)
    found = Recognise(Database.open(None), settings)(Knock("/", {}, "10.0.0.1"))
    assert found is not None and found.role == "member"


def test_who_comes_through_a_proxy_does_not_administer_an_open_machine() -> None:
    database = Database.open(None)
    for settings in (Settings(), Settings(sign_in="open")):
        assert Recognise(database, settings)(Knock("/admin", {}, "127.0.0.1")) == LOCAL
        assert Recognise(database, settings)(Knock("/admin", {}, "10.0.0.1")) is None
    found = Recognise(database, Settings(sign_in="open", open_network=True))(Knock("/admin", {}, "10.0.0.1"))
    assert found is not None and found.role == "member"


def test_an_account_s_number_that_no_database_holds_is_a_mistake(house: House) -> None:
    admin = house.member("Chef", admin=True)
    assert admin.post(f"/admin/users/{10**30}", data={"role": "member"}, headers=OWN).status_code == 400
    assert admin.post(f"/admin/users/{10**30}/password", headers=OWN).status_code == 400


def test_a_changing_request_with_a_session_comes_from_a_page_of_ours(house: House) -> None:
    browser = house.member("Anne")
    assert browser.post("/sign-out").status_code == 403
    assert browser.post("/sign-out", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert browser.post("/sign-out", headers={"origin": "http://evil.example"}).status_code == 403
    assert browser.get("/account").status_code == 200
    assert browser.post("/sign-out", headers={"sec-fetch-site": "same-origin"}).status_code == 303


def test_a_link_from_another_site_reloads_once_to_bring_the_cookie(house: House) -> None:
    accounts.create(house.database, "Chef", "admin")
    foreign = {"sec-fetch-site": "cross-site"}
    page = house.browser().get("/sign-in?next=/account", headers=foreign).text
    assert 'content="0; url=/sign-in?here=1&amp;next=/account"' in page
    assert 'http-equiv="refresh"' not in house.browser().get("/sign-in?here=1", headers=foreign).text


def test_strangers_learn_of_health_only_whether_it_works(house: House) -> None:
    admin = house.member("Chef", admin=True)
    assert house.browser().get("/health").json() == {"status": "ready"}
    assert house.member("Anne").get("/health").json() == {"status": "ready"}
    assert "generation" in admin.get("/health").json()


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


def test_groups_are_kept_as_a_list(house: House) -> None:
    accounts.create(house.database, "Anne", groups=frozenset({"b", "a"}))
    assert json.loads(house.database.rows("SELECT groups FROM members")[0]["groups"]) == ["a", "b"]


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
    page = house.member("Chef", admin=True).post("/admin/users", data={"name": "Anne", "role": "member"}, headers=OWN)
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


def test_a_reply_that_takes_long_is_not_given_once_the_account_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.0)
    browser = house.member("Anne")
    anne = accounts.named(house.database, "Anne")
    accounts.create(house.database, "Chef", "admin")

    def close(text: str) -> None:
        accounts.change(house.database, anne.id, role="member", groups=None, disabled=True)

    secret = sessions.create_token(house.database, anne.id, "essai", 30)
    program = TestClient(house.application, ADDRESS, headers={"authorization": f"Bearer {secret}"})
    assert browser.get("/account").status_code == 200
    monkeypatch.setattr(house.assistant, "ask", _closing(house.assistant.ask, close))
    reply = program.post("/api/ask", json={"question": "Quelles cales ?"})
    assert reply.status_code == 401 and QUOTE not in reply.text


def test_a_stream_ends_when_the_account_is_closed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.0)
    house.member("Anne")
    anne = accounts.named(house.database, "Anne")

    def close(text: str) -> None:
        accounts.change(house.database, anne.id, role="member", groups=None, disabled=True)

    secret = sessions.create_token(house.database, anne.id, "essai", 30)
    program = TestClient(house.application, ADDRESS, headers={"authorization": f"Bearer {secret}"})
    monkeypatch.setattr(house.assistant, "ask", _closing(house.assistant.ask, close))
    text = program.post("/api/ask", json={"question": "Quelles cales ?", "stream": True}).text
    assert "event: retrieved" in text and "event: finished" not in text


def _closing(ask: Any, close: Any) -> Any:
    """Return an `ask` that closes the account once passages were found."""

    def closing(question: str, **options: Any) -> Iterator[Event]:
        for event in ask(question, **options):
            yield event
            if isinstance(event, Retrieved):
                time.sleep(0.1)  # what was found has been sent
                close(question)

    return closing


def test_closing_an_account_stops_what_is_being_answered_to_it(house: House) -> None:
    chef = house.member("Chef", admin=True)
    accounts.create(house.database, "Anne")
    anne = accounts.named(house.database, "Anne")
    other = accounts.named(house.database, "Chef")
    conversations = house.services.conversations
    running = {}
    for account in (anne, other):
        conversation = conversations.new(account.id)
        running[account.id] = conversation.stop = threading.Event()
    form = {"role": "member", "which": "all", "state": "closed"}
    assert chef.post(f"/admin/users/{anne.id}", data=form, headers=OWN).status_code == 303
    assert running[anne.id].is_set() and not running[other.id].is_set()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "X-Forwarded-Host"])
def test_without_accounts_a_proxy_that_nobody_named_is_refused(house: House, header: str) -> None:
    local = TestClient(house.application, ADDRESS, client=("127.0.0.1", 1), follow_redirects=False)
    assert local.get("/admin/users").status_code == 200
    reply = local.get("/admin/users", headers={header: "203.0.113.7"})
    assert reply.status_code == 403 and "trusted_proxies" in reply.text and "Comptes" not in reply.text
    accounts.create(house.database, "Chef", "admin")
    assert local.get("/admin/users", headers={header: "203.0.113.7"}).status_code == 303
