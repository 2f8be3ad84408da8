"""The admin's corpus page: what a browser may put in, under which name, and that nothing gets lost or out."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import CorpusError
from rag.types import FileReport
from tests.corpus_house import CorpusHouse, pdf
from ui.corpus.contents import Contents
from ui.corpus.files import Files
from ui.corpus.history import Report
from ui.corpus.listing import page_of, rows
from ui.corpus.names import file_name, folder_path

PDF = pdf("Statuts de l'association")


@pytest.fixture
def house(tmp_path: Path) -> CorpusHouse:
    return CorpusHouse(tmp_path)


def test_several_files_go_into_a_new_folder_and_stand_in_the_table(house: CorpusHouse) -> None:
    page = house.upload(("Statuts.pdf", PDF), ("Re\u0300glement été.pdf", PDF + b"\n"), new_folder="bureau/2025")
    assert page.status_code == 200
    assert house.paths() == ["bureau/2025/Règlement été.pdf", "bureau/2025/Statuts.pdf"]
    assert "Statuts.pdf" in page.text and "est ajouté" in page.text and "nouveau" in page.text
    file = house.corpus / "bureau/2025/Statuts.pdf"
    assert file.read_bytes() == PDF and not stat.S_IMODE(file.stat().st_mode) & 0o111
    assert [action for action, _ in house.actions()] == ["upload", "upload"]
    assert "est ajouté" not in house.client.get("/admin/corpus").text


@pytest.mark.parametrize(
    "name",
    [
        "../vol.pdf", "..\\vol.pdf", "/etc/vol.pdf", "a/b.pdf", "C:\\vol.pdf", ".vol.pdf", "~$vol.pdf", "..pdf", ".pdf",
        "contrat\u202efdp.pdf", "contrat\u200b.pdf", "contrat\x00.pdf", "contrat\n.pdf", "a" * 160 + ".pdf",
        "é" * 125 + ".pdf", "vol.exe", "vol.pdf.", "con|trat.pdf", "vol.pdf/", " ", "\ud800.pdf",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_or_deceive_are_refused(name: str) -> None:
    with pytest.raises(CorpusError) as caught:
        file_name(name)
    assert "\u202e" not in caught.value.fr and "\x00" not in caught.value.en


@pytest.mark.parametrize("path", ["..", "a/../b", "/../x", ".git", "a/b/c/d/e", "a\\b", "a\u202eb", "../corpus2"])
def test_folders_that_lead_elsewhere_are_refused(path: str, house: CorpusHouse) -> None:
    with pytest.raises(CorpusError):
        folder_path(path)
    page = house.upload(("a.pdf", PDF), new_folder=path)
    assert house.paths() == [] and 'class="problem"' in page.text


def test_a_name_sent_by_an_attacker_writes_nothing_outside(house: CorpusHouse, tmp_path: Path) -> None:
    house.upload(("../../evade.pdf", PDF), ("..%2f..%2fevade.pdf", PDF), ("\u202egpj.exe.pdf", PDF))
    outside = [p for p in tmp_path.rglob("*.pdf") if not p.is_relative_to(house.corpus)]
    assert outside == []
    assert house.paths() == ["..%2f..%2fevade.pdf"] or house.paths() == []


def _zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("%PDF-1.7 inside.txt", "%PDF-1.7")
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"bonjour", _zipped(), b"MZ\x90" + PDF, b"\x7fELF" + PDF, b" " * 1024 + PDF, b"<html>%PDF-1.4</html>"],
)
def test_what_is_no_pdf_is_refused_whatever_its_name(house: CorpusHouse, content: bytes) -> None:
    page = house.upload(("contrat.pdf", content))
    assert house.paths() == [] and "pas un PDF" in page.text and house.actions() == []


def test_a_header_behind_a_printers_preamble_counts(house: CorpusHouse) -> None:
    house.upload(("vieux.pdf", b"\x1b%-12345X@PJL\n" + PDF))
    assert house.paths() == ["vieux.pdf"]


def test_one_that_is_too_large_is_refused_and_leaves_nothing(house: CorpusHouse) -> None:
    page = house.upload(("gros.pdf", PDF + b"0" * (1 << 20)))
    assert "1 Mo" in page.text and house.paths() == []
    reply = house.upload(("énorme.pdf", PDF + b"0" * (2 << 20)))
    assert reply.status_code == 413


def test_too_many_files_are_refused_as_one(house: CorpusHouse) -> None:
    page = house.upload(*((f"{number}.pdf", b"%PDF-") for number in range(60)))
    assert house.paths() == [] and "moins de fichiers" in page.text


def test_an_existing_name_waits_for_the_admins_word_and_the_old_one_goes_to_the_trash(house: CorpusHouse) -> None:
    house.upload(("Statuts.pdf", PDF))
    page = house.upload(("STATUTS.PDF", PDF + b"v2"))
    assert "Ces noms existent déjà" in page.text and (house.corpus / "Statuts.pdf").read_bytes() == PDF
    (waiting,) = Files(house.corpus, house.settings.data, 1 << 20).waiting()
    page = house.post("/admin/corpus/decide", token=waiting.token, choice="replace")
    assert house.paths() == ["Statuts.pdf"] and (house.corpus / "Statuts.pdf").read_bytes() == PDF + b"v2"
    assert "est remplacé" in page.text and "Ces noms existent déjà" not in page.text
    house.upload(("Statuts.pdf", PDF + b"v3"))
    (waiting,) = Files(house.corpus, house.settings.data, 1 << 20).waiting()
    house.post("/admin/corpus/decide", token=waiting.token, choice="keep")
    assert (house.corpus / "Statuts.pdf").read_bytes() == PDF + b"v2"
    assert [action for action, _ in house.actions()] == ["upload", "replace"]
    trash = house.client.get("/admin/corpus/trash").text
    assert "Statuts.pdf" in trash and "Leur texte reste" in trash


def test_a_file_is_replaced_under_its_own_name(house: CorpusHouse) -> None:
    house.upload(("a.pdf", PDF), new_folder="bureau")
    house.upload(("autre nom.pdf", PDF + b"v2"), **{"as": "a.pdf", "folder": "bureau", "replace": "1"})
    assert house.paths() == ["bureau/a.pdf"] and (house.corpus / "bureau/a.pdf").read_bytes() == PDF + b"v2"


def test_links_are_never_followed_out_of_the_corpus(house: CorpusHouse, tmp_path: Path) -> None:
    outside = tmp_path / "dehors"
    outside.mkdir()
    (outside / "secret.pdf").write_bytes(PDF)
    (house.corpus / "lien").symlink_to(outside)
    (house.corpus / "lien.pdf").symlink_to(outside / "secret.pdf")
    assert "lien ou un fichier" in house.upload(("a.pdf", PDF), folder="lien").text
    assert list(outside.iterdir()) == [outside / "secret.pdf"]
    house.upload(("lien.pdf", PDF + b"v2"), replace="1")
    assert (outside / "secret.pdf").read_bytes() == PDF
    assert not (house.corpus / "lien.pdf").is_symlink()
    assert "lien" not in house.client.get("/admin/corpus").text.split('id="folder"')[1].split("</select>")[0]


def test_removed_restored_moved_and_destroyed(house: CorpusHouse) -> None:
    house.upload(("a.pdf", PDF), new_folder="bureau")
    house.upload(("b.pdf", PDF + b"b"))
    house.post("/admin/corpus/move", path="b.pdf", target="bureau")
    assert house.paths() == ["bureau/a.pdf", "bureau/b.pdf"]
    house.post("/admin/corpus/remove", path="bureau/a.pdf")
    assert house.paths() == ["bureau/b.pdf"]
    files = Files(house.corpus, house.settings.data, 1 << 20)
    (aside,) = files.trash()
    house.upload(("a.pdf", PDF + b"new"), new_folder="bureau")
    assert "existe déjà" in house.post("/admin/corpus/restore", token=aside.token).text
    house.post("/admin/corpus/remove", path="bureau/a.pdf")
    house.post("/admin/corpus/restore", token=aside.token)
    assert (house.corpus / "bureau/a.pdf").read_bytes() == PDF
    (left,) = files.trash()
    house.post("/admin/corpus/destroy", token=left.token)
    assert files.trash() == [] and house.paths() == ["bureau/a.pdf", "bureau/b.pdf"]
    actions = [action for action, _ in house.actions()]
    assert actions == ["upload", "upload", "move", "remove", "upload", "remove", "restore", "destroy"]


@pytest.mark.parametrize("path", ["../data/x.pdf", "/etc/passwd", "absent.pdf", "bureau", "bureau/../../x.pdf", ""])
def test_nothing_outside_is_removed_or_moved(house: CorpusHouse, tmp_path: Path, path: str) -> None:
    house.upload(("a.pdf", PDF), new_folder="bureau")
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "x.pdf").write_bytes(PDF)
    (tmp_path / "x.pdf").write_bytes(PDF)
    house.post("/admin/corpus/remove", path=path)
    house.post("/admin/corpus/move", path=path, target="bureau")
    house.post("/admin/corpus/restore", token="../" + path)
    assert house.paths() == ["bureau/a.pdf"] and (tmp_path / "x.pdf").exists()


def test_a_folder_that_cannot_be_written_is_said(house: CorpusHouse) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    house.corpus.chmod(0o500)
    page = house.upload(("a.pdf", PDF))
    house.corpus.chmod(0o700)
    assert "ne se laisse pas changer" in page.text


def test_the_table_says_what_to_do_and_filters(house: CorpusHouse) -> None:
    house.upload(*((f"f{number}.pdf", PDF) for number in range(4)), new_folder="bureau")
    found = Files(house.corpus, house.settings.data, 1).all()
    files = (
        FileReport("bureau/f0.pdf", "x", "unchanged", 3), FileReport("bureau/f1.pdf", "x", "encrypted", message="Mot."),
        FileReport("bureau/f2.pdf", "x", "removed"),
    )  # fmt: skip
    report = Report("gen-x", found[0].mtime_ns / 1e9 + 60, True, 3, 9, 1.0, files, ())
    made = rows(found, report)
    assert [(row.name, row.state, row.is_problem, row.is_news) for row in made] == [
        ("f1.pdf", "encrypted", True, False), ("f2.pdf", "new", False, True), ("f3.pdf", "new", False, True),
        ("f0.pdf", "unchanged", False, False),
    ]  # fmt: skip
    listing = page_of(made, problems=True, number=7)
    assert [row.message for row in listing.rows] == ["Mot."]
    assert (listing.number, listing.count, listing.files, listing.problems, listing.news) == (1, 1, 4, 1, 2)
    assert [row.name for row in page_of(made, words="F0", problems=False, number=1).rows] == ["f0.pdf"]
    assert page_of(made, folder="public", problems=False, number=1).found == 0
    older = Report("gen-x", 1.0, True, 3, 9, 1.0, files, ())
    assert {row.state for row in rows(found, older)} == {"modified", "new"}
    assert {row.state for row in rows(found, older, lambda *_: True)} == {"unchanged", "encrypted", "new"}


def test_a_file_with_the_bytes_that_were_indexed_is_no_news(house: CorpusHouse) -> None:
    house.upload(("a.pdf", PDF))
    contents = Contents()
    (found,) = Files(house.corpus, house.settings.data, 1).all()
    sha256 = hashlib.sha256(PDF).hexdigest()
    assert contents.same(found, sha256) and not contents.same(found, "0" * 64)
    (house.corpus / "a.pdf").write_bytes(PDF + b" ")
    assert contents.same(found, sha256)  # asked with the size and time of before: not read again
    (again,) = Files(house.corpus, house.settings.data, 1).all()
    assert not contents.same(again, sha256)
    (house.corpus / "a.pdf").unlink()
    assert not contents.same(replace(again, size=1), sha256)


def test_members_who_are_no_admins_meet_a_closed_door_on_every_route(house: CorpusHouse) -> None:
    pages = ["", "/file?path=a.pdf", "/trash", "/history", "/report", "/status"]
    for page in pages:
        assert house.client.get(f"/admin/corpus{page}").status_code == 200
    reply = house.client.post(
        "/admin/corpus/remove", data={"path": "a.pdf"}, headers={"origin": "http://mechant.example"}
    )
    assert reply.status_code == 403
