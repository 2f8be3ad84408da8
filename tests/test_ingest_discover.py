import contextlib
import hashlib
import os
import socket
import unicodedata
from pathlib import Path

import pytest

from ingest.discover import discover, locate
from rag.errors import CorpusError
from rag.files import sha256_of


def put(file: Path, data: bytes = b"x") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def test_pdfs_are_found_at_any_depth_sorted_by_path(tmp_path: Path) -> None:
    for name in ("b.pdf", "bureau/2024/a.PDF", "a.pdf", "notes.txt"):
        put(tmp_path / name, name.encode())

    found = discover(tmp_path)

    assert [entry.path for entry in found] == ["a.pdf", "b.pdf", "bureau/2024/a.PDF"]
    assert [entry.size for entry in found] == [5, 5, len("bureau/2024/a.PDF")]
    assert found[0].mtime_ns == (tmp_path / "a.pdf").stat().st_mtime_ns


def test_hidden_files_and_lock_files_are_left_out(tmp_path: Path) -> None:
    for name in (".a.pdf", "~$b.pdf", ".git/c.pdf", "d.pdf"):
        put(tmp_path / name)

    assert [entry.path for entry in discover(tmp_path)] == ["d.pdf"]


def refusals(corpus: Path) -> dict[str, str]:
    """Return the first words of why each file may not be opened."""
    return {entry.path: " ".join(entry.refused.split()[:6]) for entry in discover(corpus)}


def test_a_link_that_leaves_the_corpus_is_named_and_not_opened(tmp_path: Path) -> None:
    outside = put(tmp_path / "secret.pdf", b"a secret")
    inside = put(tmp_path / "corpus" / "a.pdf")
    (tmp_path / "corpus" / "out.pdf").symlink_to(outside)
    (tmp_path / "corpus" / "in.pdf").symlink_to(inside)
    (tmp_path / "corpus" / "dead.pdf").symlink_to(tmp_path / "nowhere.pdf")
    (tmp_path / "corpus" / "loop.pdf").symlink_to("loop.pdf")

    assert refusals(tmp_path / "corpus") == {
        "a.pdf": "", "in.pdf": "", "out.pdf": "Lien vers un fichier hors du",
        "dead.pdf": "Lien vers un fichier qui n'existe", "loop.pdf": "Lien vers un fichier qui n'existe",
    }  # fmt: skip


def test_what_is_no_ordinary_file_is_named_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")  # opening it would wait for ever
    put(tmp_path / "folder.pdf" / "a.pdf")
    with socket.socket(socket.AF_UNIX) as bound, contextlib.chdir(tmp_path):  # a path of a socket must be short
        bound.bind("socket.pdf")

    assert refusals(tmp_path) == {
        "folder.pdf/a.pdf": "", "pipe.pdf": "Ce n'est pas un fichier ordinaire",
        "socket.pdf": "Ce n'est pas un fichier ordinaire",
    }  # fmt: skip


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a.pdf")
    monkeypatch.setattr(os, "access", lambda *_: False)  # who runs the tests may be root, who may read anything
    assert refusals(tmp_path) == {"a.pdf": "Le droit de lire ce fichier"}


def test_a_file_in_a_folder_that_may_not_be_entered_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a.pdf")

    def forbidden(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "is_file", forbidden)
    assert refusals(tmp_path) == {"a.pdf": "Le droit de lire ce fichier"}


def test_a_file_that_goes_while_the_folder_is_listed_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "a.pdf")
    put(tmp_path / "b.pdf")
    is_file = Path.is_file

    def goes(file: Path) -> bool:
        present = is_file(file)
        if file.name == "a.pdf":
            file.unlink()
        return present

    monkeypatch.setattr(Path, "is_file", goes)
    assert [entry.path for entry in discover(tmp_path)] == ["b.pdf"]


def test_names_that_are_not_utf_8_or_hold_a_line_end_are_kept(tmp_path: Path) -> None:
    put(tmp_path / os.fsdecode(b"r\xe8gle.pdf"), b"12")
    put(tmp_path / "deux\nlignes.pdf")
    assert [entry.path for entry in discover(tmp_path)] == ["deux\nlignes.pdf", "r\ufffdgle.pdf"]
    assert locate(tmp_path, "r\ufffdgle.pdf").read_bytes() == b"12"


def test_names_are_nfc_and_the_file_still_opens(tmp_path: Path) -> None:
    put(tmp_path / unicodedata.normalize("NFD", "règlement.pdf"), b"12")

    (entry,) = discover(tmp_path)

    assert entry.path == unicodedata.normalize("NFC", "règlement.pdf")
    assert entry.file.read_bytes() == b"12"


def test_an_empty_corpus_is_no_error(tmp_path: Path) -> None:
    assert discover(tmp_path) == []


def test_a_missing_corpus_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="n'existe pas : créez ce dossier"):
        discover(tmp_path / "absent")
    with pytest.raises(CorpusError, match="est un fichier"):
        discover(put(tmp_path / "a.pdf"))


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    assert sha256_of(put(tmp_path / "a.pdf", b"abc")) == hashlib.sha256(b"abc").hexdigest()


def test_a_name_with_accents_in_two_characters_is_found_again(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "été.pdf")
    (tmp_path / decomposed).write_bytes(b"%PDF-")
    (found,) = discover(tmp_path)
    assert found.path == unicodedata.normalize("NFC", "été.pdf")
    assert locate(tmp_path, found.path).read_bytes() == b"%PDF-"


def test_two_files_that_differ_only_in_how_accents_are_written_are_both_kept(tmp_path: Path) -> None:
    for form in ("NFC", "NFD"):
        (tmp_path / unicodedata.normalize(form, "été.pdf")).write_text(form)
    found = discover(tmp_path)
    assert len({item.path for item in found}) == 2
    assert {locate(tmp_path, item.path).read_text() for item in found} == {"NFC", "NFD"}
