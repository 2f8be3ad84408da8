"""What an admin is told of a run. Run: python -m pytest tests/test_ingest_report.py"""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ingest import run
from ingest.progress import Silent
from ingest.report import HTML, JSON, STATUSES, Result, as_dict, as_html, chain, duration
from ingest.terminal import table
from rag.settings import Settings
from rag.types import Edition, FileReport, FileStatus, Source
from tests.fakes import WordEmbedder, readings_of

WHEN = datetime(2026, 3, 4, 15, 6, tzinfo=UTC)
EVIL = '<script src="http://evil.example/x.js"></script>&"\'.pdf'
RESULT = Result("gen-1", True, 65.2, 12, 40, (
    FileReport("a.pdf", "00", "added", 10, 10, 0, 40),
    FileReport(EVIL, "01", "needs_ocr", 2, 0, 0, 0, "Aucun texte <b>lisible</b>."),
    FileReport("c.pdf", "02", "removed"),
))  # fmt: skip


class Page(HTMLParser):
    """Collects tags with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_asks_for_nothing_from_outside_and_obeys_no_name() -> None:
    html = as_html(RESULT, WHEN)
    page = Page(html)
    assert not {"script", "b", "img", "link", "iframe"} & set(page.tags)
    assert not {"src", "href", "onerror", "style"} & set(page.attributes)
    assert "default-src 'none'" in html and "@import" not in html and "url(" not in html
    assert EVIL in page.text and "Aucun texte <b>lisible</b>." in page.text


def test_the_page_says_first_what_asks_for_attention() -> None:
    page = Page(as_html(RESULT, WHEN)).text
    assert "04/03/2026 à 15:06" in page
    assert "2 fichiers, 12 pages, 40 passages ; 1 min 05 s." in page
    assert "1 ajouté, 1 retiré, 1 à océriser." in page
    attention, rest = page.split("Tous les fichiers (3)")
    assert "À faire (1)" in attention and "a.pdf" not in attention
    assert "a.pdf" in rest and "c.pdf" in rest


def test_a_run_without_a_problem_has_nothing_to_do() -> None:
    html = as_html(replace(RESULT, files=RESULT.files[:1]), WHEN)
    assert "Rien à faire." in html and "<h2>" not in html


def test_counts_are_in_the_plural() -> None:
    files = tuple(FileReport(f"{n}.pdf", "", status) for n, status in enumerate(["added", "added", "empty", "not_pdf"]))  # type: ignore[arg-type]
    assert "2 ajoutés, 1 pas un PDF, 1 vide." in as_html(replace(RESULT, files=files), WHEN)


def test_each_status_has_a_french_name() -> None:
    assert set(STATUSES) == set(FileStatus.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0,0 s"), (4.25, "4,2 s"), (65, "1 min 05 s"), (3600, "60 min 00 s")]
)
def test_lengths_of_time_are_french(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(run, "read_ahead", readings_of)
    monkeypatch.setattr(run, "prove", lambda _: None)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.pdf").write_text("Le joint dure dix ans.", encoding="utf-8")
    return replace(Settings(), corpus=tmp_path / "corpus", store=tmp_path / "store", workers=1)


def test_a_published_generation_holds_its_report_and_a_run_without_news_leaves_it(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run.run(settings, WordEmbedder(), Silent())
    folder = settings.store / result.generation
    kept = json.loads((folder / JSON).read_text(encoding="utf-8"))
    assert kept == as_dict(replace(result, seconds=kept["seconds"]))
    before = (folder / HTML).read_bytes()
    again = run.run(settings, WordEmbedder(), Silent())
    assert (again.published, again.generation) == (False, result.generation)
    assert (folder / HTML).read_bytes() == before
    table(again, settings.store)
    said = capsys.readouterr().err
    assert f"Rapport : {folder / HTML}" in re.sub(r"\n(?=\S*report)", "", said)


def test_a_removed_file_stands_in_the_report(settings: Settings) -> None:
    run.run(settings, WordEmbedder(), Silent())
    (settings.corpus / "a.pdf").rename(settings.corpus / "b.pdf")
    result = run.run(settings, WordEmbedder(), Silent())
    kept = json.loads((settings.store / result.generation / JSON).read_text(encoding="utf-8"))
    assert {file["path"]: file["status"] for file in kept["files"]} == {"b.pdf": "added", "a.pdf": "removed"}


def edition(path: str, rank: int, family: int = 0) -> Edition:
    return Edition(Source(path, path, path), family, rank, str(2024 + rank), "", "title")


def told(result: Result) -> Any:
    return as_dict(result)["versions"]


def test_versions_are_told_oldest_first_with_what_to_do() -> None:
    result = replace(RESULT, editions=(edition("conv-2024.pdf", 0), edition(EVIL, 1)))
    page = Page(as_html(result, WHEN))
    assert "Versions d'un même document (1)" in page.text and f"conv-2024.pdf → {EVIL}" in page.text
    assert f"{EVIL} est le plus récent (d'après le titre)" in page.text
    assert "Gardez les anciens pour l'historique, ou retirez-les" in page.text
    assert "script" not in page.tags


def test_versions_of_unknown_order_ask_for_a_date() -> None:
    (family,) = told(replace(RESULT, editions=(edition("a.pdf", 0), edition("b.pdf", 0))))
    assert [file["path"] for file in family["files"]] == ["a.pdf", "b.pdf"]
    assert family["message"].startswith("Lequel est le plus récent n'est pas connu, aucun n'est préféré")


def test_a_version_without_a_date_is_said_to_be_compared_with_none() -> None:
    result = replace(RESULT, editions=(edition("a.pdf", -1), edition("a-2024.pdf", 0), edition("a-2025.pdf", 1)))
    (family,) = told(result)
    assert chain(result.editions) == "a.pdf = a-2024.pdf → a-2025.pdf"
    assert family["message"].startswith("a-2025.pdf est le plus récent")
    assert family["message"].endswith("Sans date ni numéro, non comparé : a.pdf.")


def test_each_document_is_a_family_of_its_own() -> None:
    result = replace(RESULT, editions=tuple(edition(f"{name}-{rank}.pdf", rank, family)
                                            for family, name in enumerate("ab") for rank in (0, 1)))  # fmt: skip
    assert [[file["path"] for file in family["files"]] for family in told(result)] == [
        ["a-0.pdf", "a-1.pdf"], ["b-0.pdf", "b-1.pdf"],
    ]  # fmt: skip


def test_the_terminal_names_versions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table(replace(RESULT, editions=(edition("c-2024.pdf", 0), edition("c-2025.pdf", 1))), tmp_path)
    assert "Versions : c-2024.pdf → c-2025.pdf. c-2025.pdf est le plus récent" in capsys.readouterr().err.replace(
        "\n", " "
    )
