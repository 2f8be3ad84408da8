"""Accounts, headers of a proxy, open machines and closed accounts, through the guard."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.report import JSON
from rag.documents import DocumentsWriter
from rag.errors import AccountError, ServerError
from rag.places import LEDGER, written_ledger
from rag.settings import Settings
from rag.store import CURRENT, DOCUMENTS, FORMAT, Manifest
from rag.types import Event, FileReport, Retrieved
from tests.access.house import ADDRESS, OWN, House, sign_in
from tests.browser.scripted import PATH, QUOTE
from ui import watch
from ui.__main__ import main
from ui.access import accounts, sessions
from ui.access.recognise import Recognise, check_start
from ui.database import FILE, Database
from ui.identity import LOCAL, Knock


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


def test_who_makes_an_account_chooses_its_folders_where_there_are_any(house: House) -> None:
    admin = house.member("Chef", admin=True)
    page = admin.get("/admin/users").text
    form = page[page.index('action="/admin/users"') : page.index("</form>", page.index('action="/admin/users"'))]
    assert form.count('name="which"') == form.count(" required> ") == 2 and " checked" not in form
    draft = {"name": "Anne", "role": "admin", "group": ["public"]}
    reply = admin.post("/admin/users", data=draft, headers=OWN)
    assert reply.status_code == 400 and "Choisissez ce que ce compte peut lire" in reply.text
    assert 'value="Anne"' in reply.text and accounts.find(house.database, "Anne") is None
    for name, which, groups in (("Anne", "all", None), ("Luc", "only", frozenset({"public"}))):
        assert admin.post("/admin/users", data={**draft, "name": name, "which": which}, headers=OWN).status_code == 200
        assert accounts.named(house.database, name).groups == groups


def test_a_corpus_without_folders_asks_for_no_choice(tmp_path: Path) -> None:
    house = House(tmp_path)
    (house.settings.corpus / PATH).unlink()
    (house.settings.corpus / PATH).parent.rmdir()
    page = house.member("Chef", admin=True).get("/admin/users").text
    assert 'value="all" required checked' in page[page.index('action="/admin/users"') :]


@pytest.mark.parametrize(
    ("options", "groups"),
    [
        (["--all"], None), (["--admin"], None), (["--groups", "public, bureau"], {"public", "bureau"}),
        (["--groups", ""], set()), (["--admin", "--groups", "public"], {"public"}),
    ],
)  # fmt: skip
def test_an_account_from_the_terminal_reads_what_was_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], groups: set[str] | None
) -> None:
    assert _add_account(tmp_path, *options) == 0
    assert re.fullmatch(r"\w{4}-\w{4}-\w{4}-\w{4}\n", capsys.readouterr().out)
    assert accounts.named(Database.open(tmp_path / "data" / FILE), "Anne").groups == groups


def test_an_account_from_the_terminal_is_not_made_before_its_folders_are_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _add_account(tmp_path) == 1
    said = capsys.readouterr()
    assert "--all" in said.err and "parmi : bureau, public." in said.err and said.out == ""
    assert accounts.accounts(Database.open(tmp_path / "data" / FILE)) == []
    assert _add_account(tmp_path / "flat", folders=()) == 0  # nothing to choose between


def _add_account(folder: Path, *options: str, folders: Sequence[str] = ("bureau", "public")) -> int:
    for name in ("corpus", *(f"corpus/{one}" for one in folders)):
        (folder / name).mkdir(parents=True, exist_ok=True)
    environ = {f"GREFFIER_{name.upper()}": str(folder / name) for name in ("corpus", "store", "data")}
    return main(["accounts", "add", "Anne", *options], environ)


def test_a_member_at_an_admin_s_address_gets_a_page_in_their_language_with_a_way_back(house: House) -> None:
    anne = house.member("Anne", groups=frozenset({"public"}))
    for address in ("/admin", "/admin/corpus", "/admin/nowhere"):
        reply = anne.get(address)
        assert reply.status_code == 403 and reply.headers["content-type"].startswith("text/html")
        assert "réservée aux administrateurs" in reply.text and 'href="/"' in reply.text and "Mon compte" in reply.text
        assert "script-src 'self'" in reply.headers["content-security-policy"]
        assert "for administrators only" not in reply.text
    assert anne.post("/admin/corpus/rollback", headers=OWN).status_code == 403
    anne.cookies.set("language", "en")
    text = anne.get("/admin").text
    assert "for administrators only" in text and "Back to the questions" in text and 'lang="en"' in text
    assert anne.get("/metrics").headers["content-type"].startswith("text/plain")


def test_the_page_about_the_assistant_counts_what_the_member_may_read(tmp_path: Path) -> None:
    house = House(tmp_path, store=tmp_path / "store")
    generation = tmp_path / "store" / "gen-1"
    generation.mkdir(parents=True)
    Manifest(FORMAT, "gen-1", "2026-01-02T00:00:00+00:00", "e", 4, "", 4, 4, 4).write(generation)
    paths = ["a.pdf", "public/b.pdf", "public/c.pdf", "bureau/d.pdf"]
    files = [asdict(FileReport(path, path, "added", 1, 1, 0, 1)) for path in paths]
    files.append(asdict(FileReport("public/x.pdf", "x", "damaged")))
    told = {"generation": "gen-1", "pages": 4, "chunks": 4, "seconds": 1, "versions": [], "files": files}
    (generation / JSON).write_text(json.dumps(told))
    (tmp_path / "store" / CURRENT).write_text("gen-1\n")
    # the index went back: one of the public ones lies in a closed folder by now
    moved = {path: frozenset({"bureau" if path == "public/c.pdf" else None}) for path in paths}
    (tmp_path / "store" / LEDGER).write_text(written_ledger(moved))
    DocumentsWriter(generation / DOCUMENTS).close()
    readers = {"Chef": None, "Anne": frozenset({"public"}), "Luc": frozenset({"public", "bureau"}), "Max": frozenset()}
    pages = {name: house.member(name, groups=groups).get("/about").text for name, groups in readers.items()}
    counts = {name: re.findall(r"à partir de (\d+) documents?", page) for name, page in pages.items()}
    assert counts == {"Chef": ["4"], "Anne": ["2"], "Luc": ["4"], "Max": ["1"]}
    stranger = house.browser().get("/about").text
    assert "de documents dans leur état du" in stranger and re.findall(r"(\d+) documents?", stranger) == []


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


def test_groups_are_kept_as_a_list(house: House) -> None:
    accounts.create(house.database, "Anne", groups=frozenset({"b", "a"}))
    assert json.loads(house.database.rows("SELECT groups FROM members")[0]["groups"]) == ["a", "b"]


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
