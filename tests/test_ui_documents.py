"""The documents' pages over a small real store: what they show, and what they do not show to other groups."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rag.assistant import Assistant
from rag.gate import Gate
from rag.settings import Settings
from rag.store import LiveStore
from tests.fakes import ScriptedGenerator, WordEmbedder, make_store
from ui.access.routes import when as access_when
from ui.desk import Desk
from ui.guard import PAGE_POLICY
from ui.identity import Knock, Member
from ui.server import build_server, guarded
from ui.strings import WIDE
from ui.strings.access import ACCESS
from ui.strings.amounts import brief, calendar, day, when

ADDRESS = "http://127.0.0.1:7860"
SECRET = "bureau/canari-2024.pdf"
RULE = "La cotisation annuelle est fixée à {} euros pour chaque entreprise adhérente."
WORDS = "La cotisation passe de 80 à 95 euros [S1][S2]. La cotisation annuelle est de 200 euros [S2]."
MEMBERS = {"all": None, "guides": frozenset({"guides"})}


class House:
    """A server over a store; the header `x-who` says who asks."""

    def __init__(self, folder: Path) -> None:
        make_store(
            folder / "store",
            {
                SECRET: ["Budget\nLe canari confidentiel coûte au moins 9000 euros par an à la fédération."],
                **{f"guides/fiche-{number:03}.pdf": [f"Fiche {number}\nLe verre de la fiche est posé avec soin."]
                   for number in range(120)},
                "notes/datage-2024.pdf": ["Datage\nLe datage se lit sur la tranche du verre."],
                "notes/dats-page.pdf": ["Dats\nCes règles sont applicables à compter du 3 mars 2025."],
                "statuts-2019.pdf": [f"Cotisation\n{RULE.format(80)}", "Bureau\nLe bureau siège à Valmère."],
                "statuts-2023.pdf": [f"Cotisation\n{RULE.format(95)}", "Bureau\nLe bureau siège à Valmère."],
            },
        )  # fmt: skip
        self.generator = ScriptedGenerator(WORDS)
        store = LiveStore(folder / "store", "words")
        settings = Settings(corpus=folder / "corpus", store=folder / "store")
        gate = Gate((0.0, 0.0, 0.0), 9.0, 0.5)
        self.assistant = Assistant(store, WordEmbedder(), settings, self.generator, gate=gate)
        desk = Desk(lambda: self.assistant)
        end = time.monotonic() + 20
        while desk.look() is None:
            assert time.monotonic() < end
            time.sleep(0.005)
        server = build_server(desk, settings, lambda *_: b"")
        self.client = TestClient(guarded(server, settings, _identify), base_url=ADDRESS)

    def get(self, address: str, who: str = "all") -> str:
        """Return a page as its reader sees it: its HTML with entities resolved."""
        reply = self.client.get(address, headers={"x-who": who})
        assert reply.status_code == 200, reply.text
        assert reply.headers["content-security-policy"] == PAGE_POLICY
        assert "<script" not in reply.text and " style=" not in reply.text and "<style" not in reply.text
        return html.unescape(reply.text)


def _identify(knock: Knock) -> Member | None:
    who = knock.headers.get("x-who", "all")
    return Member(1 + list(MEMBERS).index(who), who, "member", MEMBERS[who])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("documents"))
    with made.client:
        yield made
    made.assistant.close()


def test_the_list_is_filtered_by_title_and_folder_sorted_and_cut_into_pages(house: House) -> None:
    first, last = house.get("/documents?folder=guides"), house.get("/documents?folder=guides&page=3")
    assert "120 documents" in first and "Page 1 sur 3" in first and "fiche-049.pdf" in first
    assert "fiche-050.pdf" not in first and "fiche-119.pdf" in last and "folder=guides&page=2" in first
    found = house.get("/documents?q=STATUTS+2023")
    assert "1 document<" in found and "une plus ancienne existe" in found and "2023 (d’après le titre)" in found
    by_date = house.get("/documents?q=statuts&sort=date")
    assert by_date.index("statuts-2023.pdf") < by_date.index("statuts-2019.pdf")


def test_the_texts_are_searched_within_a_folder_and_each_passage_leads_to_its_place(house: House) -> None:
    found = house.get("/documents?q=cotisation+annuelle&in=text")
    assert RULE.format(95) in found
    place = re.search(r'href="(/documents/statuts-2023\.pdf\?page=1&mark=\d+#picture)"', found)
    assert place and "<rect" not in house.get("/documents/statuts-2023.pdf")
    assert "<rect" in house.get(place[1].partition("#")[0])
    assert RULE.format(95) not in house.get("/documents?q=cotisation+annuelle&in=text&folder=guides")


def test_a_document_shows_its_outline_versions_and_pages(house: House) -> None:
    page = house.get("/documents/statuts-2019.pdf?page=2")
    assert "Une version plus récente existe" in page and 'href="?page=2#picture">Bureau' in page
    assert 'src="/page/statuts-2019.pdf/2?lang=fr"' in page and 'href="?page=1#picture"' in page
    assert "/documents/compare?old=statuts-2019.pdf&new=statuts-2023.pdf" in page
    assert "/?within=statuts-2019.pdf" in page and "/documents/summary?path=statuts-2019.pdf" in page


def test_a_summary_and_a_comparison_prove_each_sentence_on_its_page(house: House) -> None:
    summary = house.get("/documents/summary?path=statuts-2023.pdf")
    assert RULE.format(95) in summary and "<rect" in summary and "Rédiger un résumé" in summary
    compared = house.get("/documents/compare?old=statuts-2019.pdf&new=statuts-2023.pdf")
    assert "<del>80</del>" in compared and "<ins>95</ins>" in compared and "1 montant modifié" in compared
    assert "2 phrases identiques" not in compared and "siège à Valmère" not in compared


def test_what_the_model_writes_comes_checked_and_its_bad_sentence_struck_out(house: House) -> None:
    reply = house.client.post(
        "/documents/compare?old=statuts-2019.pdf&new=statuts-2023.pdf", headers={"origin": ADDRESS}
    )
    text = html.unescape(reply.text)
    assert reply.status_code == 200 and reply.headers["content-security-policy"] == PAGE_POLICY
    assert (
        "<p>La cotisation passe de 80 à 95 euros.</p>" in text
        and "<del>La cotisation annuelle est de 200 euros.</del>" in text
    )
    assert "Rédigé par scripted, vérifié" in text and text.rstrip().endswith("</html>")
    assert len(house.generator.prompts) == 1  # one call


def test_what_a_group_may_not_read_is_as_absent_as_what_does_not_exist(house: House) -> None:
    addresses = (
        "/documents/{}", "/documents/summary?path={}", "/documents/compare?old={}&new=statuts-2019.pdf",
        "/documents/compare?old=statuts-2019.pdf&new={}", "/documents/{}?page=1&mark=7",
    )  # fmt: skip
    for address in addresses:
        assert house.client.get(address.format(SECRET), headers={"x-who": "all"}).status_code == 200
        closed = house.client.get(address.format(SECRET), headers={"x-who": "guides"})
        absent = house.client.get(address.format("bureau/rien.pdf"), headers={"x-who": "guides"})
        assert closed.status_code == absent.status_code == 404
        assert closed.text == absent.text and "canari" not in closed.text
    for listed in ("/documents", "/documents?q=canari", "/documents?q=canari+confidentiel&in=text",
                   "/documents/compare?old=statuts-2019.pdf"):  # fmt: skip
        page = house.get(listed, "guides").replace('value="canari"', "").replace('value="canari confidentiel"', "")
        assert "bureau" not in page.replace("Le bureau siège à Valmère.", "") and "9000" not in page
    refused = house.client.get("/documents?q=canari&in=text&folder=bureau", headers={"x-who": "guides"})
    assert refused.status_code == 400 and "9000" not in refused.text


@pytest.mark.parametrize(
    ("date", "language", "said"),
    [("2025-03-01", "fr", "1er mars 2025"), ("2025-03-02", "fr", "2 mars 2025"), ("2025-03", "fr", "mars 2025"),
     ("2025-03-01", "en", "1 March 2025"), ("2025-12", "en", "December 2025"), ("2025", "en", "2025"), ("", "fr", "")],
)  # fmt: skip
def test_a_date_is_said_in_words(date: str, language: str, said: str) -> None:
    assert calendar(date, language).replace(WIDE, " ") == said


def test_moments_have_the_same_form_as_dates() -> None:
    moment = datetime(2026, 8, 1, 9, 5).timestamp()
    assert [day(moment, language).replace(WIDE, " ") for language in ("fr", "en")] == ["1er août 2026", "1 August 2026"]
    assert [brief("2026-11-26", language) for language in ("fr", "en")] == [f"26{WIDE}nov.", f"26{WIDE}Nov"]
    told = [when(moment, language).replace(WIDE, " ") for language in ("fr", "en")]
    assert told == ["1er août 2026 à 09:05", "1 August 2026, 09:05"]


def test_a_search_of_titles_that_finds_none_says_so_and_gives_passages(house: House) -> None:
    page = house.get("/documents?q=cotisation")
    assert "Aucun titre ne porte ces mots" in page and "Passages les plus proches de" in page
    assert "Aucun titre" not in house.get("/documents?q=statuts&in=text")
    assert "Choisir un document" in house.get("/documents/compare")


def test_the_newest_come_first_by_the_dates_of_first_pages_too(house: House) -> None:
    page = house.get("/documents?sort=date&q=dat")
    assert page.index("dats-page.pdf") < page.index("datage-2024.pdf")


def test_the_pages_of_accounts_say_moments_like_all_others() -> None:
    moment = datetime(2026, 8, 1, 9, 5).timestamp()
    assert [access_when(ACCESS.of(language))(moment) for language in ("fr", "en")] == [
        when(moment, language) for language in ("fr", "en")
    ]
    assert access_when(ACCESS.fr)(None) == ACCESS.fr.never
