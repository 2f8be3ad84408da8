"""The embedder that comes with Greffier, as it is shipped."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.catalogue import find, read_catalogue
from models.choose import open_embedder, optimise_embedder
from models.embedder import SentenceEmbedder
from models.present import folder_of, review_shipped
from rag.errors import ModelError
from rag.settings import Settings
from rag.tuning import Tuning, tuned

ENTRY = find(read_catalogue(), Settings().embedder)
PASSAGE = "L'employeur qui licencie un salarié lui doit une indemnité, selon son ancienneté."
OTHER = "Les fenêtres à double vitrage isolent mieux du froid que du bruit de la rue."


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> SentenceEmbedder:
    found = open_embedder(replace(Settings(), weights=tmp_path_factory.mktemp("weights")))
    assert isinstance(found, SentenceEmbedder)
    return found


@pytest.mark.parametrize(
    "question",
    [
        "Combien reçoit un travailleur renvoyé par son patron ?",
        "what does a dismissed worker receive?",
        "Le patron verse-t-il une somme quand il renvoie quelqu'un ?",
    ],
)
def test_it_finds_what_is_meant_without_a_word_in_common(embedder: SentenceEmbedder, question: str) -> None:
    right, wrong = embedder.embed_passages([PASSAGE, OTHER]) @ embedder.embed_question(question)
    assert right > wrong + 0.1


def test_french_words_are_whole(embedder: SentenceEmbedder) -> None:
    words = ["licenciement", "employeur", "indemnité", "préavis", "cotisation"]
    assert embedder.count_tokens(words) == [1] * len(words)


def test_vectors_have_length_one_and_the_shape_that_the_catalogue_says(embedder: SentenceEmbedder) -> None:
    assert ENTRY is not None and ENTRY.dimensions == embedder.dimensions
    assert embedder.max_tokens == 254
    vectors = embedder.embed_passages([PASSAGE, "", "mot " * 1000])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_there_is_nothing_to_prepare_and_no_other_form(tmp_path: Path) -> None:
    settings = replace(Settings(), weights=tmp_path)
    assert optimise_embedder(settings) == []
    for backend in ("torch", "int8"):
        with pytest.raises(ModelError, match="embed_backend"):
            open_embedder(replace(settings, embed_backend=backend))


def test_a_changed_file_is_not_used(tmp_path: Path) -> None:
    assert ENTRY is not None
    assert set(review_shipped(ENTRY).values()) == {"ok"}
    changed = replace(ENTRY, sha256=(("tokenizer.json", "0" * 64), ("missing.json", "0" * 64)))
    assert list(review_shipped(changed).values()) == ["changed", "missing"]
    with pytest.raises(ModelError, match=r"tokenizer\.json.*dépôt"):
        folder_of(changed, tmp_path)


def test_the_weight_of_vectors_follows_the_embedder() -> None:
    assert tuned("all-minilm-l6-v2@0123").dense_weight == 0.5
    assert tuned(f"{Settings().embedder}@0123") == Tuning() == tuned("another@0123")
