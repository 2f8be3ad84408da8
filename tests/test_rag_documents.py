"""The truth of a generation: what is written comes back, sliced from the pages."""

from pathlib import Path

import pytest

from rag.documents import Documents, DocumentsWriter
from rag.errors import StoreDamaged
from rag.types import Chunk, FileReport, Page
from tests.fakes import chunk_of, page_ref, sentence

TEXT = "Titre\nPremière phrase.\nDeuxième phrase.\nTroisième."


def write(file: Path) -> tuple[Chunk, Chunk]:
    """Write one source of two pages; its two chunks share the second sentence of page 1."""
    page = page_ref("bureau/été.pdf", 1)
    whole = chunk_of(TEXT, page)
    first = Chunk("first", page, whole.sentences[1:3], ("Titre",), TEXT[6:39])
    second = Chunk("second", page, whole.sentences[2:4], (), TEXT[23:])
    writer = DocumentsWriter(file)
    writer.add_source(
        page.source, [Page(page, TEXT, ()), Page(page_ref("bureau/été.pdf", 2), "", (), "ocr")], [first, second]
    )
    writer.add_report(FileReport("bureau/été.pdf", page.source.sha256, "added", 2, 1, 1, 2))
    writer.add_report(FileReport("vide.pdf", "00", "empty", message="Le fichier est vide."))
    writer.close()
    return first, second


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    write(tmp_path / "d.sqlite")
    return Documents(tmp_path / "d.sqlite")


def test_chunks_come_back_as_they_were_written(tmp_path: Path) -> None:
    first, second = write(tmp_path / "d.sqlite")
    documents = Documents(tmp_path / "d.sqlite")
    assert documents.chunk(0) == first
    assert documents.chunk(1) == second
    assert documents.chunks("bureau/été.pdf") == (first, second)
    assert documents.chunks("absent.pdf") == ()


def test_a_quote_is_sliced_from_the_page(documents: Documents) -> None:
    (page, _) = documents.pages("bureau/été.pdf")
    for chunk in documents.chunks("bureau/été.pdf"):
        for cited in chunk.sentences:
            assert page.text[cited.start : cited.end] == cited.text


def test_rows_follow_ids(documents: Documents) -> None:
    assert documents.chunk_ids() == ["first", "second"]
    assert documents.rows(["second", "first", "second"]) == [1, 0, 1]
    assert documents.rows([]) == []
    assert documents.paths() == ["bureau/été.pdf", "bureau/été.pdf"]


def test_pages_know_their_size_and_origin(documents: Documents) -> None:
    assert documents.page("bureau/été.pdf", 2) == page_ref("bureau/été.pdf", 2)
    assert [page.origin for page in documents.pages("bureau/été.pdf")] == ["text", "ocr"]


@pytest.mark.parametrize(("path", "number"), [("bureau/été.pdf", 3), ("bureau/été.pdf", 0), ("../secret.pdf", 1)])
def test_a_page_that_is_not_there_is_none(documents: Documents, path: str, number: int) -> None:
    assert documents.page(path, number) is None


def test_reports_tell_of_files_that_were_not_indexed(documents: Documents) -> None:
    reports = documents.reports()
    assert reports["vide.pdf"] == FileReport("vide.pdf", "00", "empty", message="Le fichier est vide.")
    assert reports["bureau/été.pdf"].pages_ocr == 1
    assert [source.path for source in documents.sources()] == ["bureau/été.pdf"]


def test_unknown_ids_and_rows_are_damage(documents: Documents) -> None:
    with pytest.raises(StoreDamaged, match="passage inconnu : 'ghost'"):
        documents.rows(["first", "ghost"])
    with pytest.raises(StoreDamaged, match="passage 7 absent"):
        documents.chunk(7)


def test_a_missing_file_is_said_in_french_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreDamaged, match=r"documents\.sqlite absent.*Relancez « make ingest »"):
        Documents(tmp_path / "documents.sqlite")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_said_in_french(tmp_path: Path) -> None:
    (tmp_path / "d.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreDamaged, match="L'index est endommagé"):
        Documents(tmp_path / "d.sqlite").paths()


def test_nobody_can_write_to_a_published_file(documents: Documents, tmp_path: Path) -> None:
    before = (tmp_path / "d.sqlite").read_bytes()
    with pytest.raises(StoreDamaged, match="readonly"):
        documents._all("DELETE FROM chunks")
    assert (tmp_path / "d.sqlite").read_bytes() == before


def test_a_sentence_keeps_all_its_boxes(tmp_path: Path) -> None:
    page = page_ref()
    boxes = ((1.5, 2.0, 3.0, 4.0), (5.0, 6.0, 7.25, 8.0))
    cited = sentence("Une phrase.", page)
    cited = type(cited)(page, cited.start, cited.end, cited.text, boxes)
    writer = DocumentsWriter(tmp_path / "d.sqlite")
    writer.add_source(page.source, [Page(page, cited.text, ())], [Chunk("c", page, (cited,), (), cited.text)])
    writer.close()
    assert Documents(tmp_path / "d.sqlite").chunk(0).sentences[0].boxes == boxes
