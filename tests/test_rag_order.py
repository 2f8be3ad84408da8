"""False claims of the evidence's own words: turned round, of the exception, of the opposite. True ones beside them."""

import pytest

from rag.verify import check
from tests.fakes import sentence

PREAVIS = "L'employeur informe le salarié par lettre recommandée ; à défaut, par remise en main propre."
TAUX = "Le taux passe de 1,5 % à 1,8 % pour les contrats du 1er mars au 31 août 2025."
PRIME = "La prime est due si le salarié a un an d'ancienneté, sauf aux apprentis."
ARTICLES = (
    "L'article 12 est abrogé ; l'article 13 demeure en vigueur. La première réunion est gratuite, la seconde payante."
)


def kind(claim: str, evidence: str) -> str:
    found = check(claim, [sentence(evidence)], "")
    return found.kind if found else ""


@pytest.mark.parametrize(
    ("claim", "evidence", "expected"),
    [
        ("Le salarié informe l'employeur par lettre recommandée.", PREAVIS, "subject"),
        ("L'employeur informe le salarié par remise en main propre ; à défaut, par lettre.", PREAVIS, "subject"),
        ("Le taux passe de 1,8 % à 1,5 %.", TAUX, "subject"),
        ("Les contrats commencent le 31 août 2025.", TAUX, "date"),
        ("Les contrats prennent fin le 1er mars 2025.", TAUX, "date"),
        ("La prime est due aux apprentis.", PRIME, "negation"),
        ("La prime est due aux salariés, apprentis compris.", PRIME, "opposite"),
        ("La prime est toujours due au salarié.", PRIME, "opposite"),
        ("L'article 12 est en vigueur.", ARTICLES, "opposite"),
        ("L'article 13 est abrogé.", ARTICLES, "opposite"),
        ("La seconde réunion est gratuite.", ARTICLES, "subject"),
        ("Le taux passe de 1,5 $ à 1,8 $.", TAUX, "number"),
        ("Les deux tiers des membres votent.", "Le quart des membres vote.", "number"),
    ],
)
def test_what_is_turned_round_is_struck_out(claim: str, evidence: str, expected: str) -> None:
    assert kind(claim, evidence) == expected


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Le salarié est informé par l'employeur par lettre recommandée.", PREAVIS),
        ("L'employeur informe par lettre le salarié.", PREAVIS),
        ("L'assemblée approuve les comptes présentés par le bureau.", "Le bureau présente les comptes à l'assemblée."),
        ("Le taux, de 1,5 %, passe à 1,8 %.", TAUX),
        ("Les contrats commencent le 1er mars et prennent fin le 31 août 2025.", TAUX),
        ("La prime n'est pas due aux apprentis.", PRIME),
        ("La prime est due au salarié qui a un an d'ancienneté.", PRIME),
        ("L'article 12 n'est plus en vigueur.", ARTICLES),
        ("La première réunion est gratuite.", ARTICLES),
        ("25 % des membres votent.", "Le quart des membres vote."),
        ("Le versement ne dépasse pas 150 euros.", "Le versement est de 150 euros au plus."),
    ],
)
def test_what_is_said_in_other_words_stands(claim: str, evidence: str) -> None:
    assert kind(claim, evidence) == ""
