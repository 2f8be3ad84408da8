"""Where files lie by now: who may read what rests on a file after it was moved or copied, or an index went back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ingest import publish
from ingest.progress import Silent
from ingest.run import run
from rag.assistant import Assistant
from rag.errors import StoreDamaged
from rag.live_places import LivePlaces
from rag.places import LEDGER, UNKNOWN, Groups, Places, places_of, read_ledger, written_ledger
from rag.settings import Settings
from rag.store import CURRENT, DOCUMENTS, LiveStore
from rag.types import FileReport, Source
from tests import pdfs
from tests.fakes import WordEmbedder

PUBLIC, BUREAU = frozenset({"public"}), frozenset({"bureau"})
GUIDE = Source("public/guide.pdf", "a" * 64, "Guide")
QUESTION = "Combien de temps dure le joint de vitrage ?"


def _placed(*accounts: Groups) -> Places:
    return Places({GUIDE.sha256: accounts})


@pytest.mark.parametrize(
    ("places", "groups", "open_"),
    [
        (Places(), PUBLIC, True),  # no index knows it: its own place
        (Places(), BUREAU, False),
        (_placed(frozenset({"bureau"})), PUBLIC, False),  # moved to a closed folder
        (_placed(frozenset({"bureau"})), BUREAU, True),
        (_placed(frozenset({"bureau"})), None, True),
        (_placed(frozenset({"bureau", "public"})), PUBLIC, True),  # a copy lies in an open one
        (_placed(frozenset({None})), frozenset(), True),  # moved out of all folders
        (_placed(frozenset({"bureau"}), frozenset({"public"})), PUBLIC, False),  # two accounts: both must let one in
        (_placed(frozenset({"bureau"}), frozenset({"public"})), BUREAU, False),
        (_placed(frozenset({"bureau"}), frozenset({"public"})), PUBLIC | BUREAU, True),
        (Places(sound=False), PUBLIC, False),
        (Places(sound=False), None, True),
    ],
)
def test_today_s_place_decides_who_reads(places: Places, groups: frozenset[str] | None, open_: bool) -> None:
    assert places.open_to(GUIDE, groups) is open_


def test_what_nobody_can_place_is_open_to_who_reads_everything() -> None:
    assert Places().open_to(UNKNOWN, None)
    assert not Places().open_to(UNKNOWN, PUBLIC)


def test_a_source_that_was_moved_is_read_by_who_reads_both_places() -> None:
    moved = replace(GUIDE, since=("bureau",))
    assert [moved.open_to(groups) for groups in (PUBLIC, BUREAU, PUBLIC | BUREAU, None)] == [False, False, True, True]


def test_the_ledger_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert read_ledger(tmp_path) is None
    reports = [
        FileReport(path, sha256, "added") for path, sha256 in (("a.pdf", "1"), ("b/a.pdf", "1"), ("c/x.pdf", ""))
    ]
    files = places_of(reports)
    assert files == {"1": frozenset({None, "b"})}
    (tmp_path / LEDGER).write_text(written_ledger(files), encoding="utf-8")
    assert read_ledger(tmp_path) == files


@pytest.mark.parametrize(
    "text", ["", "[]", '{"form": 9, "files": {}}', '{"form": 1}', '{"form": 1, "files": {"1": 2}}']
)
def test_a_ledger_that_cannot_be_read_says_what_to_do_and_opens_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / LEDGER).write_text(text)
    with pytest.raises(StoreDamaged, match=r"places\.json .* sauvegarde"):
        read_ledger(tmp_path)
    assert LivePlaces(tmp_path)() == Places(sound=False)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = replace(
        Settings(), corpus=tmp_path / "corpus", store=tmp_path / "store", workers=2, ocr="off", generator="extracts"
    )
    for path, sentence in (
        ("public/guide.pdf", "Le joint de vitrage dure douze ans."),
        ("public/repas.pdf", "Le repas est remboursé neuf euros."),
    ):
        (made.corpus / path).parent.mkdir(parents=True, exist_ok=True)
        pdfs.text(made.corpus / path, [[sentence]])
    return made


def _ingest(settings: Settings) -> bool:
    return run(settings, WordEmbedder(), Silent()).published


def _move(settings: Settings, path: str, folder: str) -> None:
    (settings.corpus / folder).mkdir(exist_ok=True)
    (settings.corpus / path).rename(settings.corpus / folder / Path(path).name)


def _read(assistant: Assistant, groups: frozenset[str] | None) -> bool:
    """Return whether the guide is to be had in any way, which must all say the same."""
    path = GUIDE.path
    passages = assistant.search(QUESTION, 5, groups)[1]
    ways = [
        any(passage.chunk.page.source.path == path for passage in passages),
        any(p.chunk.page.source.path == path for p in assistant.answer(QUESTION, groups=groups).passages),
        any(entry.source.path == path for entry in assistant.library.documents(groups)),
        assistant.library.document(path, groups) is not None,
        assistant.library.summary(path, "short", groups) is not None,
        assistant.page(path, 1, groups) is not None,
    ]
    assert len(set(ways)) == 1, ways
    return ways[0]


def _assistant(settings: Settings) -> Assistant:
    return Assistant(LiveStore(settings.store, WordEmbedder().id), WordEmbedder(), settings)


@pytest.mark.parametrize("looks", ["between", "not between"])
def test_going_back_does_not_open_what_was_closed_since(settings: Settings, looks: str) -> None:
    _ingest(settings)
    assistant = _assistant(settings)
    assert _read(assistant, PUBLIC)
    _move(settings, GUIDE.path, "bureau")
    _ingest(settings)
    if looks == "between":
        assert not _read(assistant, PUBLIC)
    publish.rollback(settings.store)
    assert [_read(assistant, groups) for groups in (PUBLIC, BUREAU, PUBLIC | BUREAU, None)] == [
        False,
        False,
        True,
        True,
    ]
    assert any(p.chunk.page.source.path == "public/repas.pdf" for p in assistant.search("repas", 5, PUBLIC)[1])
    assistant.close()


def test_what_was_remembered_of_an_index_is_not_used_once_files_of_it_have_moved(settings: Settings) -> None:
    _ingest(settings)
    live = LiveStore(settings.store, WordEmbedder().id)
    with live.pin() as before:
        _move(settings, GUIDE.path, "bureau")
        _ingest(settings)
        publish.rollback(settings.store)
        with live.pin() as after:
            assert (after.id, after.state == before.state) == (before.id, False)
            assert [source.path for source in after.moved] == [GUIDE.path]
        assert before.documents.sources()  # who began with it finishes with it
    with live.pin() as again:
        assert again is after
    live.close()


def test_moving_it_back_after_going_back_opens_it_with_the_next_ingestion(settings: Settings) -> None:
    _ingest(settings)
    _move(settings, GUIDE.path, "bureau")
    _ingest(settings)
    publish.rollback(settings.store)
    assistant = _assistant(settings)
    assert not _read(assistant, PUBLIC)
    _move(settings, "bureau/guide.pdf", "public")
    assert not _ingest(settings)  # the index is what the corpus is, and this is its newest word
    assert _read(assistant, PUBLIC)
    assistant.close()


def test_going_back_does_not_open_what_was_closed_then(settings: Settings) -> None:
    _move(settings, GUIDE.path, "bureau")
    _ingest(settings)
    _move(settings, "bureau/guide.pdf", "public")
    _ingest(settings)
    publish.rollback(settings.store)
    places = LivePlaces(settings.store)()
    (sha256,) = (sha for sha, lies in (read_ledger(settings.store) or {}).items() if places.known[sha] != (lies,))
    source = Source("bureau/guide.pdf", sha256, "")
    assert [places.open_to(source, groups) for groups in (PUBLIC, BUREAU, PUBLIC | BUREAU)] == [False, False, True]


def test_going_back_in_a_store_of_a_version_without_ledger_closes_too(settings: Settings) -> None:
    _ingest(settings)
    _move(settings, GUIDE.path, "bureau")
    _ingest(settings)
    (settings.store / LEDGER).unlink()
    publish.rollback(settings.store)
    assistant = _assistant(settings)
    assert not _read(assistant, PUBLIC)
    assistant.close()


def test_going_back_is_refused_where_nobody_knows_what_was_moved(settings: Settings) -> None:
    _ingest(settings)
    _move(settings, GUIDE.path, "bureau")
    _ingest(settings)
    before = (settings.store / CURRENT).read_text()
    (settings.store / LEDGER).unlink()
    (settings.store / before.strip() / DOCUMENTS).write_bytes(b"torn")
    with pytest.raises(StoreDamaged):
        publish.rollback(settings.store)
    assert (settings.store / CURRENT).read_text() == before


def test_the_places_of_today_follow_each_publication(settings: Settings) -> None:
    places = LivePlaces(settings.store)
    assert places() == Places()
    _ingest(settings)
    with LiveStore(settings.store, WordEmbedder().id).pin() as generation:
        cited = next(source for source in generation.documents.sources() if source.path == GUIDE.path)
    assert places().open_to(cited, PUBLIC) and not places().open_to(cited, BUREAU)
    assert places() is places()  # read once
    _move(settings, GUIDE.path, "bureau")
    assert places().open_to(cited, PUBLIC)  # not yet ingested
    _ingest(settings)
    assert not places().open_to(cited, PUBLIC) and places().open_to(cited, BUREAU)
    (settings.corpus / "bureau/guide.pdf").unlink()
    _ingest(settings)
    assert not places().open_to(cited, PUBLIC) and places().open_to(cited, BUREAU)  # what was closed stays closed


def test_a_closed_file_that_cannot_be_indexed_any_more_is_closed_all_the_same(settings: Settings) -> None:
    _ingest(settings)
    with LiveStore(settings.store, WordEmbedder().id).pin() as generation:
        cited = next(source for source in generation.documents.sources() if source.path == GUIDE.path)
    _move(settings, GUIDE.path, "bureau")
    run(replace(settings, file_megabytes=0), WordEmbedder(), Silent())
    with LiveStore(settings.store, WordEmbedder().id).pin() as generation:
        assert cited.sha256 not in {source.sha256 for source in generation.documents.sources()}
    assert not LivePlaces(settings.store)().open_to(cited, PUBLIC)
