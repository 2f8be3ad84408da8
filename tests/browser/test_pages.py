"""Every page that an administrator can reach by its links: axe-core, 360 px, no complaint, no request that leaves.

The pages are found by following links, so that a new page is tested as soon as something leads to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

from tests.browser.axe import violations
from tests.browser.house import PHONE, SMALLEST, WIDE, House, in_chromium, opened, page_of
from tests.browser.scripted import ADMIN, PASSWORD

pytestmark = in_chromium
# No page of ours: files, pictures, the change of language, and what Gradio draws (tests/browser/test_axe.py).
NO_PAGE = re.compile(
    r"/(?:document|page|language|greffier|static)/.*|/sign-out|.*/download|(?!/documents/).*\.(?:csv|json|zip|pdf|md)"
)
START = ("/documents", "/admin", "/about", "/account")
EXPECTED = {"/documents", "/account", "/about", "/admin", "/admin/corpus", "/admin/users", "/admin/audit"}
HOST = re.compile(r"(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", re.IGNORECASE)


@dataclass(slots=True)
class Tour:
    """A signed-in administrator's browser, with all it asked for, all that went wrong, and what each page is like."""

    page: Page
    house: House
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    found: dict[str, list[str]] = field(default_factory=dict)
    broad: list[str] = field(default_factory=list)

    def follow(self) -> None:
        """Visit each page once, two links of the same kind (one more document, one more date) being enough."""
        waiting = [*START]
        seen = {*waiting}
        while waiting:
            path = waiting.pop(0)
            self._visit(path)
            for link in self.page.locator("a[href]").evaluate_all(
                "links => links.map(link => link.getAttribute('href'))"
            ):
                target = urlsplit(urljoin(self.house.address + path.lstrip("/"), link))
                kind = re.sub(r"\d+|[0-9a-f]{16,}|[^/]+\.pdf", "N", target.path)
                same = target.netloc == urlsplit(self.house.address).netloc
                if same and kind not in seen and not NO_PAGE.fullmatch(target.path) and target.path != "/":
                    seen.add(kind)
                    waiting.append(target.path + (f"?{target.query}" if target.query else ""))

    def _visit(self, path: str) -> None:
        page = self.page
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        reply = page.goto(self.house.address + path.lstrip("/"))
        assert reply is not None and reply.status == 200, (path, reply and reply.status)
        self.found[f"{path} wide light"] = violations(page)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        self.found[f"{path} phone dark"] = violations(page)
        page.set_viewport_size({"width": SMALLEST[0], "height": SMALLEST[1]})
        if page.evaluate("document.documentElement.scrollWidth") > SMALLEST[0]:
            self.broad.append(path)


@pytest.fixture(scope="module")
def tour(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    folder = tmp_path_factory.mktemp("house")
    (folder / "accounts").touch()
    with opened(folder) as house:
        yield _toured(browser, house)


def _toured(browser: Browser, house: House) -> Tour:
    page = page_of(browser, house, WIDE, seconds=60, locale="fr-FR")
    tour = Tour(page, house)

    def requested(request: Request) -> None:
        tour.requests.append(request.url)

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            tour.complaints.append(f"{page.url}: {message.text}")

    def replied(response: Response) -> None:
        if response.status >= 400:
            tour.complaints.append(f"{response.url}: {response.status}")

    page.on("request", requested)
    page.on("console", said)
    page.on("response", replied)
    page.goto(house.address)
    assert urlsplit(page.url).path == "/sign-in"
    tour.found["/sign-in"] = violations(page)
    page.locator("#name").fill(ADMIN)
    page.locator("#password").fill(PASSWORD)
    page.locator("main button").click()
    # left before this, the chat complains of what it no longer hears: "Connection errored out" of the stream
    # that brings the first page, and "AbortError" of a fetch
    expect(page.locator(".example:visible")).to_have_count(3, timeout=60_000)
    tour.follow()
    return tour


def test_axe_finds_nothing_on_any_page(tour: Tour) -> None:
    visited = {name.partition(" ")[0].partition("?")[0] for name in tour.found}
    assert visited >= EXPECTED
    assert {name: found for name, found in tour.found.items() if found} == {}


def test_no_page_is_broader_than_the_smallest_phone(tour: Tour) -> None:
    assert tour.broad == []


def test_nothing_leaves_this_machine_and_nothing_is_complained_of(tour: Tour) -> None:
    foreign = [url for url in tour.requests if not url.startswith((tour.house.address, "data:", "blob:"))]
    assert foreign == [] and len(tour.requests) > 40
    assert tour.complaints == []


def test_what_our_own_pages_are_made_of_names_no_other_host(tour: Tour) -> None:
    ours = sorted(
        {url for url in tour.requests if "/greffier/" in url or NO_PAGE.fullmatch(urlsplit(url).path) is None}
    )
    named = {}
    for url in ours:
        path = urlsplit(url).path
        if path == "/" or path.startswith(("/assets/", "/gradio_api/", "/theme", "/static/", "/favicon")):
            continue  # Gradio's: that they ask for nothing is seen in the network log above
        text = tour.page.request.get(url).text()
        named[url] = {host for host in HOST.findall(text) if host not in ("127.0.0.1", "www.w3.org")}
    assert len(named) > 10
    assert {url: hosts for url, hosts in named.items() if hosts} == {}
