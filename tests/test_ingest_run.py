"""The index is the folder: whole ingestions over small PDFs. Run: python -m pytest tests/test_ingest_run.py"""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import __main__ as command
from ingest import publish
from ingest.progress import Silent
from ingest.report import Result
from ingest.run import run
from rag import dense
from rag.errors import CorpusError, IngestBusy, NoStore, StoreDamaged
from rag.files import sha256_of
from rag.settings import ROOT, Settings
from rag.store import LiveStore, current
from rag.types import FileStatus
from tests import pdfs
from tests.fakes import WordEmbedder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "corpus").mkdir()
    return replace(Settings(), corpus=tmp_path / "corpus", store=tmp_path / "store", workers=2, ocr="off")


def ingest(settings: Settings, *, rebuild: bool = False) -> Result:
    return run(settings, WordEmbedder(), Silent(), rebuild=rebuild)


def statuses(result: Result) -> dict[str, FileStatus]:
    return {file.path: file.status for file in result.files}


def indexed(settings: Settings) -> dict[str, set[str]]:
    """Return the chunk texts that the live generation holds, by path, as both its parts say."""
    store = LiveStore(settings.store, WordEmbedder().id)
    with store.pin() as generation:
        rows = range(generation.manifest.chunks)
        chunks = [generation.documents.chunk(row) for row in rows]
        assert {chunk.id for chunk in chunks} == set(generation.dense.ids())
        found: dict[str, set[str]] = {}
        for chunk in chunks:
            found.setdefault(chunk.page.source.path, set()).add(chunk.text)
    store.close()
    return found


def write(settings: Settings, path: str, sentence: str) -> None:
    file = settings.corpus / path
    file.parent.mkdir(exist_ok=True)
    pdfs.text(file, [[sentence, "Le vitrage repose sur deux cales."]])


def test_files_are_added_updated_left_and_removed(settings: Settings) -> None:
    write(settings, "a.pdf", "Le joint dure dix ans.")
    write(settings, "bureau/b.pdf", "Le quorum est du quart.")
    first = ingest(settings)
    assert statuses(first) == {"a.pdf": "added", "bureau/b.pdf": "added"}
    assert (first.published, first.complete) == (True, True)

    write(settings, "a.pdf", "Le joint dure douze ans.")
    (settings.corpus / "bureau" / "b.pdf").unlink()
    write(settings, "c.pdf", "La glace pèse vingt kilos.")
    second = ingest(settings)
    assert statuses(second) == {"a.pdf": "updated", "c.pdf": "added", "bureau/b.pdf": "removed"}
    texts = indexed(settings)
    assert texts.keys() == {"a.pdf", "c.pdf"}
    assert "douze" in "".join(texts["a.pdf"]) and "dix" not in "".join(texts["a.pdf"])


def test_a_limit_that_is_raised_has_the_files_read_that_it_stopped_and_no_others(settings: Settings) -> None:
    pdfs.text(settings.corpus / "long.pdf", [["Le joint dure dix ans."], ["La glace pèse vingt kilos."]])
    write(settings, "court.pdf", "Le quorum est du quart.")
    first = ingest(replace(settings, read_pages=1))
    assert statuses(first) == {"long.pdf": "partial", "court.pdf": "added"}
    assert not ingest(replace(settings, read_pages=1)).published

    second = ingest(settings)
    assert statuses(second) == {"long.pdf": "updated", "court.pdf": "unchanged"}
    assert any("vingt kilos" in text for text in indexed(settings)["long.pdf"])
    assert not ingest(settings).published


def test_nothing_is_published_when_nothing_changed(settings: Settings) -> None:
    write(settings, "a.pdf", "Le joint dure dix ans.")
    first = ingest(settings)
    second = ingest(settings)
    assert (second.published, second.generation) == (False, first.generation)
    assert statuses(second) == {"a.pdf": "unchanged"}
    assert (second.pages, second.chunks) == (first.pages, first.chunks)


def test_a_store_after_changes_equals_one_built_from_scratch(settings: Settings, tmp_path: Path) -> None:
    write(settings, "a.pdf", "Le joint dure dix ans.")
    write(settings, "b.pdf", "Le quorum est du quart.")
    ingest(settings)
    shutil.move(settings.corpus / "b.pdf", settings.corpus / "z.pdf")
    write(settings, "m.pdf", "La glace pèse vingt kilos.")
    ingest(settings)
    scratch = replace(settings, store=tmp_path / "scratch")
    ingest(scratch)

    def ids(of: Settings) -> list[str]:
        store = LiveStore(of.store, WordEmbedder().id)
        with store.pin() as generation:
            found = generation.documents.chunk_ids()
        store.close()
        return found

    assert ids(settings) == ids(scratch)


def test_one_bad_file_never_stops_a_run(settings: Settings) -> None:
    write(settings, "good.pdf", "Le joint dure dix ans.")
    pdfs.encrypted(settings.corpus / "secret.pdf", "mot de passe")
    pdfs.image_only(settings.corpus / "scan.pdf")
    pdfs.broken(settings.corpus / "broken.pdf")
    (settings.corpus / "page.pdf").write_text("<html>pas un PDF</html>")
    (settings.corpus / "nothing.pdf").write_bytes(b"")
    result = ingest(settings)
    assert statuses(result) == {
        "broken.pdf": "damaged", "good.pdf": "added", "nothing.pdf": "empty", "page.pdf": "not_pdf",
        "scan.pdf": "needs_ocr", "secret.pdf": "encrypted",
    }  # fmt: skip
    assert not result.complete
    assert all(file.message for file in result.files if file.path != "good.pdf")
    assert indexed(settings).keys() == {"good.pdf"}


def test_a_file_that_became_bad_leaves_the_index(settings: Settings) -> None:
    write(settings, "a.pdf", "Le joint dure dix ans.")
    write(settings, "b.pdf", "Le quorum est du quart.")
    ingest(settings)
    pdfs.broken(settings.corpus / "a.pdf")
    ingest(settings)
    assert indexed(settings).keys() == {"b.pdf"}


def test_equal_bytes_twice_are_indexed_once_and_reported(settings: Settings) -> None:
    write(settings, "a.pdf", "Le joint dure dix ans.")
    shutil.copy(settings.corpus / "a.pdf", settings.corpus / "copie.pdf")
    result = ingest(settings)
    assert statuses(result) == {"a.pdf": "added", "copie.pdf": "duplicate"}
    assert ingest(settings).published is False
    (settings.corpus / "a.pdf").unlink()
    assert statuses(ingest(settings))["copie.pdf"] in {"added", "updated"}
    assert indexed(settings).keys() == {"copie.pdf"}


def test_an_emptied_corpus_leaves_nothing_in_the_index(settings: Settings) -> None:
    write(settings, "a.pdf", "Le joint dure dix ans.")
    ingest(settings)
    (settings.corpus / "a.pdf").unlink()
    result = ingest(settings)
    assert statuses(result) == {"a.pdf": "removed"}
    assert indexed(settings) == {}


def test_an_empty_corpus_without_a_store_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(CorpusError, match="déposez-y vos documents"):
        ingest(settings)


def test_a_missing_corpus_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(CorpusError, match="créez ce dossier"):
        ingest(replace(settings, corpus=settings.corpus / "absent"))


def test_other_chunk_settings_rebuild_everything(settings: Settings) -> None:
    write(settings, "a.pdf", "Le joint dure dix ans.")
    ingest(settings)
    result = ingest(replace(settings, chunk_tokens=60))
    assert result.published
    assert statuses(result) == {"a.pdf": "added"}


def test_two_generations_are_kept_and_rollback_returns_to_the_one_before(settings: Settings) -> None:
    names = []
    for year in ("dix", "onze", "douze"):
        write(settings, "a.pdf", f"Le joint dure {year} ans.")
        names.append(ingest(settings).generation)
    assert [folder.name for folder in publish.generations(settings.store)] == names[1:]
    assert publish.rollback(settings.store) == names[1]
    assert "onze" in "".join(indexed(settings)["a.pdf"])
    with pytest.raises(NoStore, match="plus ancien"):
        publish.rollback(settings.store)


def test_a_build_that_fails_its_proof_is_not_published(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write(settings, "a.pdf", "Le joint dure dix ans.")
    live = ingest(settings).generation
    write(settings, "a.pdf", "Le joint dure onze ans.")
    build = dense.build
    monkeypatch.setattr(dense, "build", lambda folder, ids, *rest: build(folder, [f"x{id_}" for id_ in ids], *rest))
    with pytest.raises(StoreDamaged, match="vérification"):
        ingest(settings)
    assert current(settings.store).name == live
    assert [folder.name for folder in settings.store.glob("gen-*")] == [live]


def test_what_a_crash_left_behind_is_removed_by_the_next_run(settings: Settings) -> None:
    write(settings, "a.pdf", "Le joint dure dix ans.")
    ingest(settings)
    orphan = settings.store / "gen-20200101T000000000000Z-dead"
    orphan.mkdir()
    (orphan / "documents.sqlite").write_bytes(b"half")
    ingest(settings)
    assert not orphan.exists()


def _hold(store: Path, held: "multiprocessing.synchronize.Event", done: "multiprocessing.synchronize.Event") -> None:
    with publish.locked(store):
        held.set()
        done.wait(30)


def test_a_second_ingestion_at_the_same_time_is_refused(settings: Settings) -> None:
    write(settings, "a.pdf", "Le joint dure dix ans.")
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(settings.store, held, done))
    other.start()
    try:
        assert held.wait(30)
        with pytest.raises(IngestBusy, match="en cours"):
            ingest(settings)
    finally:
        done.set()
        other.join()


def test_the_command_writes_the_contract_on_standard_output_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(settings, "a.pdf", "Le joint dure dix ans.")
    pdfs.image_only(settings.corpus / "scan.pdf")
    monkeypatch.setattr(command, "open_embedder", lambda _: WordEmbedder())
    code = command.main(["--corpus", str(settings.corpus), "--store", str(settings.store), "--json"])
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert code == 2
    assert report.keys() == {"generation", "published", "seconds", "pages", "chunks", "files", "versions"}
    keys = {"path", "sha256", "status", "pages", "pages_with_text", "pages_ocr", "chunks", "message"}
    assert all(file.keys() == keys for file in report["files"])
    assert report["published"] is True
    (settings.corpus / "scan.pdf").unlink()
    assert command.main(["--corpus", str(settings.corpus), "--store", str(settings.store)]) == 0
    assert "retiré" in capsys.readouterr().err


def test_the_command_says_errors_in_one_line_of_french(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "open_embedder", lambda _: WordEmbedder())
    code = command.main(["--corpus", str(settings.corpus), "--store", str(settings.store), "--json"])
    captured = capsys.readouterr()
    assert code == 1
    assert captured.out == ""
    assert [line for line in captured.err.splitlines() if "Erreur" in line] == [captured.err.splitlines()[-1]]
    assert "Aucun PDF" in captured.err


def test_a_run_without_news_waits_for_nothing_heavy(settings: Settings) -> None:
    pdfs.image_only(settings.corpus / "scan.pdf")  # nothing to embed, so that no model is loaded for the first run
    arguments = ["--corpus", str(settings.corpus), "--store", str(settings.store), "--json"]
    first = subprocess.run(
        [sys.executable, "-m", "ingest", *arguments], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (first.returncode, json.loads(first.stdout)["published"]) == (2, True)
    script = (
        "import sys; from ingest.__main__ import main\n"
        f"code = main({arguments!r})\n"
        "print(sorted(set(sys.modules) & {'torch', 'chromadb', 'sentence_transformers', 'distributed'}))\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    report, loaded = done.stdout.splitlines()
    assert (done.returncode, json.loads(report)["published"], loaded) == (2, False, "[]")


def test_a_file_of_signs_without_a_word_is_empty(settings: Settings) -> None:
    pdfs.text(settings.corpus / "a.pdf", [["!!! ???"]])

    (report,) = ingest(settings).files

    assert (report.status, report.chunks) == ("empty", 0)
    assert "Aucun mot lisible" in report.message


def test_what_cannot_be_opened_is_reported_once_and_hides_nothing_else(settings: Settings) -> None:
    write(settings, "a.pdf", "Le joint dure dix ans.")
    os.mkfifo(settings.corpus / "pipe.pdf")
    (settings.corpus / "link.pdf").symlink_to(pdfs.text(settings.corpus.parent / "out.pdf", [["Un secret."]]))

    result = ingest(settings)

    assert statuses(result) == {"a.pdf": "added", "link.pdf": "damaged", "pipe.pdf": "damaged"}
    assert "hors du dossier" in next(file.message for file in result.files if file.path == "link.pdf")
    assert indexed(settings).keys() == {"a.pdf"}
    assert ingest(settings).published is False
    (settings.corpus / "link.pdf").unlink()
    shutil.move(settings.corpus.parent / "out.pdf", settings.corpus / "link.pdf")
    assert statuses(ingest(settings))["link.pdf"] in {"added", "updated"}


def test_a_file_that_goes_before_it_is_read_is_said_to_be_gone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(settings, "a.pdf", "Le joint dure dix ans.")
    write(settings, "b.pdf", "Le quorum est du quart.")

    def goes(file: Path) -> str:
        if file.name == "b.pdf":
            file.unlink(missing_ok=True)
        return sha256_of(file)

    monkeypatch.setattr("ingest.run.sha256_of", goes)
    result = ingest(settings)

    assert statuses(result) == {"a.pdf": "added", "b.pdf": "damaged"}
    assert "disparu" in result.files[1].message
