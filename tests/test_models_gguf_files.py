"""A model in several files: all parts are looked at before llama.cpp meets any of them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter

from models.gguf_files import candidates, check_parts, gguf_files, parts
from models.gguf_header import read_header, read_part
from rag.errors import ModelError
from tests.tiny_gguf import babbler


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A whole model in three files; its first one."""
    return babbler(tmp_path / "m.gguf", split=8)


def said(weights: Path) -> str:
    """Return what is wrong with the only model of a folder."""
    problems: list[ModelError] = []
    assert candidates(weights, problems) == []
    (problem,) = problems
    return problem.fr


def test_of_a_model_in_parts_only_the_first_is_offered_with_the_size_of_all(first: Path) -> None:
    (first.parent / "notes.txt").touch()
    assert gguf_files(first.parent) == [first]
    (found,) = candidates(first.parent)
    files = parts(first, found.header.parts)
    assert [file.name for file in files] == [f"m-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    assert found.megabytes == sum(file.stat().st_size for file in files) // 1_000_000
    assert [read_part(file).tensors for file in files] == [8, 8, 5] and found.header.all_tensors == 21


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-2000])


def blank(file: Path) -> None:
    file.write_bytes(bytes(5000))


def other_part(file: Path) -> None:
    shutil.copy(file.with_name("m-00002-of-00003.gguf"), file)


def other_model(file: Path) -> None:
    """Exchange it for the last part of a model with other tensors."""
    other = file.parent / "autre"
    other.mkdir()
    shutil.copy(sorted(babbler(other / "m.gguf", split=9).parent.iterdir())[2], file)
    shutil.rmtree(other)


def of_four(file: Path) -> None:
    writer = GGUFWriter(file, "llama")
    writer.add_uint16("split.no", 2)
    writer.add_uint16("split.count", 4)
    writer.add_tensor("x", np.zeros(32, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (Path.unlink, "Le modèle 'm' est en 3 parties ; il manque m-00003-of-00003.gguf"),
        (cut, "Le fichier 'm-00003-of-00003.gguf' ne peut pas servir de modèle : il est coupé"),
        (blank, "Le fichier 'm-00003-of-00003.gguf' ne peut pas servir de modèle : ce n'est pas un fichier GGUF"),
        (other_part, "'m-00003-of-00003.gguf' n'est pas la partie 3 sur 3 du modèle : il dit être la partie 2 sur 3"),
        (of_four, "'m-00003-of-00003.gguf' n'est pas la partie 3 sur 3 du modèle : il dit être la partie 3 sur 4"),
        (other_model, "Les 3 parties du modèle 'm-00001-of-00003.gguf' ne vont pas ensemble : elles contiennent 19"),
    ],
)
def test_a_part_that_will_not_do_is_named(first: Path, damage: Callable[[Path], None], expected: str) -> None:
    damage(first.with_name("m-00003-of-00003.gguf"))
    assert expected in said(first.parent)


def test_parts_without_their_first_one_are_not_passed_over_in_silence(first: Path) -> None:
    first.unlink()
    assert said(first.parent) == (
        "Le fichier 'm-00002-of-00003.gguf' est une partie d'un modèle dont la première manque : "
        "m-00001-of-00003.gguf. Copiez-la aussi."
    )


def test_a_later_part_is_no_model_and_says_which_one_is(first: Path) -> None:
    with pytest.raises(ModelError, match=r"est la partie 2 d'un modèle en 3 parties\. Indiquez la première"):
        read_header(first.with_name("m-00002-of-00003.gguf"))


def test_a_first_part_under_another_name_says_what_it_should_be_called(first: Path) -> None:
    renamed = first.rename(first.with_name("modele.gguf"))
    with pytest.raises(ModelError, match=r"doit finir par -00001-of-00003\.gguf"):
        check_parts(renamed, read_header(renamed))


def test_the_first_of_several_files_may_hold_the_header_alone(tmp_path: Path) -> None:
    for number, tensors in ((1, 0), (2, 1)):
        writer = GGUFWriter(tmp_path / f"n-0000{number}-of-00002.gguf", "llama")
        writer.add_uint16("split.no", number - 1)
        writer.add_uint16("split.count", 2)
        writer.add_int32("split.tensors.count", 1)
        for _ in range(tensors):
            writer.add_tensor("x", np.zeros(32, np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        if tensors:
            writer.write_tensors_to_file()
        writer.close()
    (found,) = candidates(tmp_path)
    assert (found.header.parts, found.header.tensors) == (2, 0)


def test_the_share_of_a_mixture_that_a_token_reads_is_told(tmp_path: Path) -> None:
    writer = GGUFWriter(tmp_path / "experts.gguf", "llama")
    writer.add_expert_count(8)
    writer.add_expert_used_count(2)
    writer.add_tensor("blk.0.ffn_up_exps.weight", np.zeros((3, 1024), np.float32))
    writer.add_tensor("output.weight", np.zeros(1024, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    # three quarters of the bytes are experts, of which two of eight are read
    assert read_header(tmp_path / "experts.gguf").active == pytest.approx(0.25 + 0.75 / 4)
