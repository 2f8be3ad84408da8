"""GGUF headers, good and bad, read without llama.cpp."""

import math
import os
import random
import struct
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter

import models.gguf_header as gguf_header
from models.gguf_header import read_header
from rag.errors import ModelError
from tests.tiny_gguf import babbler


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return babbler(tmp_path_factory.mktemp("gguf") / "good.gguf").read_bytes()


def refusal(folder: Path, content: bytes) -> str:
    file = folder / "essai.gguf"
    file.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_header(file)
    assert "\n" not in caught.value.fr
    assert "essai.gguf" in caught.value.fr
    return caught.value.fr


def test_a_good_header_says_what_the_model_is(tmp_path: Path) -> None:
    header = read_header(babbler(tmp_path / "petit.gguf", context=512))
    assert (header.architecture, header.name, header.context, header.layers) == ("llama", "petit", 512, 2)
    # 2 layers x 2 shared heads x (key + value of 16) x 2 bytes
    assert header.cache_bytes == 2 * 2 * (16 + 16) * 2
    assert header.template
    assert header.parts == 1


def test_a_file_that_is_no_gguf_is_refused(tmp_path: Path) -> None:
    assert "pas un fichier GGUF" in refusal(tmp_path, b"%PDF-1.7\n" + b"x" * 1000)
    assert "pas un fichier GGUF" in refusal(tmp_path, b"")


def test_the_37_bytes_that_abort_llama_cpp_are_refused(tmp_path: Path, good: bytes) -> None:
    assert "37 octets" in refusal(tmp_path, good[:37])


def test_what_a_cut_file_lacks_is_said_as_the_reader_writes_it(tmp_path: Path, good: bytes) -> None:
    assert "il manque 0,1 Mo à la fin" in refusal(tmp_path, good[:-100_000])


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.6, 0.9, 0.999])
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, good: bytes, share: float) -> None:
    assert "coupé" in refusal(tmp_path, good[: int(len(good) * share)])


def test_another_version_and_impossible_counts_are_refused(tmp_path: Path, good: bytes) -> None:
    assert "version 9" in refusal(tmp_path, good[:4] + struct.pack("<I", 9) + good[8:])
    assert "abîmé" in refusal(tmp_path, good[:8] + struct.pack("<Q", 1 << 60) + good[16:])
    assert "abîmé" in refusal(tmp_path, good[:16] + struct.pack("<Q", 1 << 60) + good[24:])
    assert "pas de poids" in refusal(tmp_path, b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + b"\0" * 100)


def test_random_bytes_after_the_magic_never_do_worse_than_a_refusal(tmp_path: Path) -> None:
    source = random.Random(4)
    for _ in range(200):
        refusal(tmp_path, b"GGUF" + struct.pack("<I", 3) + source.randbytes(400))


def test_any_flipped_byte_of_the_header_is_read_or_refused_but_never_raises_something_else(
    tmp_path: Path, good: bytes
) -> None:
    source, file = random.Random(5), tmp_path / "essai.gguf"
    for _ in range(300):
        changed = bytearray(good)
        changed[source.randrange(4, 8000)] ^= 1 << source.randrange(8)
        file.write_bytes(changed)
        try:
            assert read_header(file).tensors > 0
        except ModelError as error:
            assert "essai.gguf" in error.fr


def test_a_file_that_gets_shorter_while_it_is_read_is_refused(
    tmp_path: Path, good: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, parse = tmp_path / "copie.gguf", gguf_header._parse
    file.write_bytes(good)

    def begun_again(file: Path, reader: gguf_header._Reader) -> gguf_header._Content:
        os.truncate(file, 100)  # as `cp` does with what it writes over
        return parse(file, reader)

    monkeypatch.setattr(gguf_header, "_parse", begun_again)
    with pytest.raises(ModelError, match="abîmé ou coupé"):
        read_header(file)


def _of_numbers(file: Path, **entries: float | list[float]) -> Path:
    writer = GGUFWriter(file, "llama")
    for key, value in entries.items():
        if isinstance(value, list):
            writer.add_array(f"llama.{key}", value)
        else:
            writer.add_float32(f"llama.{key}", value)
    writer.add_tensor("t", np.zeros(64, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def test_a_number_that_is_none_is_as_not_told(tmp_path: Path) -> None:
    header = read_header(_of_numbers(tmp_path / "nan.gguf", block_count=math.nan, context_length=math.inf))
    assert (header.layers, header.context) == (0, 0)


def test_an_array_with_a_number_that_is_none_is_refused(tmp_path: Path) -> None:
    file = _of_numbers(tmp_path / "nan.gguf", block_count=[1.0, math.nan])
    with pytest.raises(ModelError, match="abîmé"):
        read_header(file)


def test_more_texts_than_any_vocabulary_has_are_not_counted_through(tmp_path: Path) -> None:
    file = tmp_path / "vide.gguf"
    entry = struct.pack("<Q", 1) + b"k" + struct.pack("<IIQ", 9, 8, 1 << 30)
    file.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + entry)
    os.truncate(file, 1 << 34)  # sixteen gigabytes of nothing, which take no room: a billion empty texts
    with pytest.raises(ModelError, match="abîmé"):
        read_header(file)


def test_a_model_that_cannot_chat_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "essai.gguf"
    writer = GGUFWriter(file, "nomic-bert")
    writer.add_context_length(512)
    writer.add_tensor("x", __import__("numpy").zeros((4, 4), dtype="float32"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ModelError, match="pas un modèle de dialogue"):
        read_header(file)


def test_a_missing_file_is_a_plain_refusal(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="illisible"):
        read_header(tmp_path / "absent.gguf")
