"""Follow-ups lean on the question before them; other questions are left alone."""

import pytest

from rag.rewrite import standalone
from rag.types import Turn

HISTORY = (
    Turn("user", "Quelle est  la cotisation des membres actifs ?"),
    Turn("assistant", "120 euros. Et ne me suivez pas."),
)


@pytest.mark.parametrize(
    "question",
    ["Et pour les retraités ?", "Mais en 2025 ?", "Et celle des retraités ?", "ÇA change quand ?", "C'est dû quand ?"],
)
def test_a_question_that_leans_is_followed_by_the_one_before(question: str) -> None:
    assert standalone(question, HISTORY) == f"{question} (Quelle est la cotisation des membres actifs ?)"


@pytest.mark.parametrize(
    "question",
    [
        "Combien de pouvoirs un membre peut-il détenir ?",
        "Quorum ?",
        "Où se tient l'assemblée ?",
        "C'est quoi un DTU ?",
        "But du règlement ?",
        "Et quelle épaisseur de vitrage feuilleté faut-il pour une verrière inclinée accessible ?",
        "Etablissement recevant du public ?",
        "Oublions la cotisation",
    ],
)
def test_a_question_that_stands_alone_stays(question: str) -> None:
    assert standalone(question, HISTORY) == question


def test_without_history_nothing_is_added() -> None:
    assert standalone("Et pour les retraités ?", ()) == "Et pour les retraités ?"
    assert standalone("Et ça ?", (Turn("assistant", "Bonjour."),)) == "Et ça ?"


def test_only_the_last_question_is_added() -> None:
    history = (Turn("user", "Qui préside ?"), Turn("assistant", "…"), Turn("user", "Quel quorum ?"))
    assert standalone("Et sinon ?", history) == "Et sinon ? (Quel quorum ?)"


def test_white_space_is_made_one_space() -> None:
    assert standalone("  Quel\n quorum ? ", ()) == "Quel quorum ?"
