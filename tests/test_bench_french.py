"""What the French encoder is taught from: parallel texts and alignments, windows, weights of one byte."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.bench.french.export import small
from tests.bench.french.pairs import windows
from tests.bench.french.parallel import Pair, aligned, descriptions, dictionary, titled, words

ENGLISH = """Package: chat
Description-md5: 11
Description-en: cat that hunts
 This cat hunts mice at night in the old house. It sleeps all day. This is long
 enough.
 .
 A second part.
"""
FRENCH = """Package: chat
Description-md5: 11
Description-fr: chat qui chasse
 Ce chat chasse les souris la nuit dans la vieille maison. Il dort le jour. C'est assez
 long.
 .
 Une autre partie.

Package: absent
Description-md5: 12
Description-fr: sans texte anglais
"""


@pytest.fixture
def sources(tmp_path: Path) -> tuple[Path, Path]:
    french, english = tmp_path / "fr.txt", tmp_path / "en.txt"
    french.write_text(FRENCH, encoding="utf-8")
    english.write_text(ENGLISH, encoding="utf-8")
    return french, english


def test_descriptions_meet_by_sentence(sources: tuple[Path, Path]) -> None:
    found = descriptions(*sources)
    assert Pair("chat qui chasse", "cat that hunts") in found
    assert Pair("Il dort le jour.", "It sleeps all day.") in found
    assert not any("sans texte" in pair.french for pair in found)
    ((short, long),) = titled(*sources)
    assert short.english == "cat that hunts" and long.french.endswith("C'est assez long.")


def test_a_dictionary_gives_one_translation_a_pair(tmp_path: Path) -> None:
    one, other = tmp_path / "fra-eng.dict", tmp_path / "eng-fra.dict"
    one.write_text(
        "Title\n   a remark\ncongé /kɔ̃ʒe/ <n, masc>\n1. time off, vacation\n2. discharge\n", encoding="utf-8"
    )
    other.write_text("notice /noutis/\n1. affiche (de mur), placard\n", encoding="utf-8")
    assert dictionary(one, other) == [
        Pair("congé", "time off"), Pair("congé", "vacation"), Pair("congé", "discharge"),
        Pair("affiche", "notice"), Pair("placard", "notice"),
    ]  # fmt: skip


def test_words_align_by_company() -> None:
    pairs = [Pair("le chat", "the cat"), Pair("le chien", "the dog"), Pair("un chat", "a-one cat")] * 3
    found = aligned(pairs)
    assert max(found["chat"], key=found["chat"].__getitem__) == "cat"
    assert max(found["chien"], key=found["chien"].__getitem__) == "dog"
    assert words("L'été, 12 jours") == ["ete", "jours"]


def test_windows_are_whole_sentences() -> None:
    text = "Un mot. Deux mots ici. Trois mots sont là. Quatre."
    found = windows(text, 24)
    assert " ".join(found) == text and len(found) > 1
    assert windows("", 24) == []


def test_weights_of_one_byte_give_nearly_the_same(tmp_path: Path) -> None:
    dice = np.random.default_rng(0)
    weights = dice.normal(size=(200, 100)).astype(np.float32) * np.linspace(0.01, 9, 100, dtype=np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 200])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 100])],
        [numpy_helper.from_array(weights, "w")],
    )  # fmt: skip
    model = small(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))
    onnx.checker.check_model(model)
    assert sum(len(weight.raw_data) for weight in model.graph.initializer) < weights.nbytes / 3
    x = dice.normal(size=(1, 200)).astype(np.float32)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (y,) = session.run(None, {"x": x})
    np.testing.assert_allclose(y / np.linspace(0.01, 9, 100), (x @ weights) / np.linspace(0.01, 9, 100), atol=0.5)
