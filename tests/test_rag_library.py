"""The documents to browse, and a document in few sentences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.library import Library, matches
from rag.store import LiveStore
from tests.fakes import make_store

FEE = (
    "Cotisation\nLa cotisation annuelle est fixée à 90 euros pour chaque entreprise adhérente.\n"
    "La cotisation est due avant le 31 mars sous peine de radiation.\nElle est versée au trésorier.\n"
    "- par virement."
)
BUREAU = "Bureau\nLe bureau se réunit au moins six fois par an au siège de la fédération.\nQui le préside ?"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    make_store(
        tmp_path,
        {
            "bureau/budget-2024.pdf": ["Le budget du bureau est de 9000 euros pour toute la période."],
            "notice.pdf": ["Notice de pose\nElle est applicable à compter du 3 mars 2022."],
            "statuts-2019.pdf": [FEE.replace("90", "80"), BUREAU],
            "statuts-2023.pdf": [FEE, BUREAU, BUREAU.replace("Bureau\n", "")],
        },
    )
    store = LiveStore(tmp_path, "words")
    yield Library(store)
    store.close()


def test_documents_tell_their_date_where_it_stands_and_their_versions(library: Library) -> None:
    listed = {entry.source.path: entry for entry in library.dated(library.documents(None))}
    assert [(entry.date, entry.place, entry.pages) for entry in listed.values()] == [
        ("2024", "title", 1), ("2022-03-03", "page", 1), ("2019", "title", 2), ("2023", "title", 3),
    ]  # fmt: skip
    older, newer = listed["statuts-2019.pdf"], listed["statuts-2023.pdf"]
    assert older.newer == newer.source and newer.older == older.source and newer.newer is None
    assert matches(newer, ["statuts", "2023"]) and not matches(older, ["2023"])


def test_some_documents_are_told_with_their_dates_and_closed_ones_not(library: Library) -> None:
    paths = ["notice.pdf", "statuts-2023.pdf", "bureau/budget-2024.pdf", "absent.pdf"]
    found = library.entries(paths, frozenset({"autre"}))
    assert {path: (entry.date, entry.place) for path, entry in found.items()} == {
        "notice.pdf": ("2022-03-03", "page"), "statuts-2023.pdf": ("2023", "title"),
    }  # fmt: skip
    assert library.entries(["bureau/budget-2024.pdf"], None)["bureau/budget-2024.pdf"].date == "2024"


def test_what_a_group_may_not_read_is_not_there(library: Library) -> None:
    mine = frozenset({"autre"})
    path = "bureau/budget-2024.pdf"
    assert path not in {entry.source.path for entry in library.documents(mine)}
    assert library.document(path, mine) is None and library.document("absent.pdf", None) is None
    assert library.summary(path, "short", mine) is None and library.differences(path, "notice.pdf", mine) is None
    assert library.differences("notice.pdf", path, mine) is None
    start = library.summary(path, "short", None).answer.citations[0].sentence.start  # type: ignore[union-attr]
    assert library.sentence(path, 1, start, None) is not None and library.sentence(path, 1, start, mine) is None


def test_an_outline_names_each_section_once_with_its_first_page(library: Library) -> None:
    found = library.document("statuts-2023.pdf", None)
    assert found is not None
    assert [(part.title, part.page) for part in found.outline][:2] == [("Cotisation", 1), ("Bureau", 2)]
    assert [edition.source.path for edition in found.versions] == ["statuts-2019.pdf", "statuts-2023.pdf"]


def test_a_summary_quotes_whole_sentences_that_stand_alone_with_their_places(library: Library) -> None:
    found = library.summary("statuts-2023.pdf", "short", None)
    assert found is not None and found.answer.status == "answered" and found.answer.model == "extracts"
    texts = [claim.text for claim in found.answer.claims]
    assert "La cotisation annuelle est fixée à 90 euros pour chaque entreprise adhérente." in texts
    assert not any(text.startswith(("Elle", "-", "Qui")) for text in texts)
    assert len(texts) == len(set(texts)) == len(found.headings)
    places = [(citation.sentence.page.number, citation.sentence.start) for citation in found.answer.citations]
    assert places == sorted(places)
    assert all(claim.text == citation.sentence.text for claim, citation in
               zip(found.answer.claims, found.answer.citations, strict=True))  # fmt: skip


def test_a_document_without_a_sentence_that_stands_alone_has_no_summary(tmp_path: Path) -> None:
    make_store(tmp_path, {"grille.pdf": ["12 13 14\n15 16 17"]})
    store = LiveStore(tmp_path, "words")
    found = Library(store).summary("grille.pdf", "short", None)
    assert found is not None and found.answer.status == "refused" and found.answer.claims == ()
    store.close()
