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
    [
        "Et pour les retraités ?",
        "Mais en 2025 ?",
        "Et celle des retraités ?",
        "ÇA change quand ?",
        "C'est dû quand ?",
        "Dans quel délai ?",
        "À quelle adresse ?",
        "Jusqu'à quel âge ?",
    ],
)
def test_a_question_that_leans_is_followed_by_the_one_before(question: str) -> None:
    assert standalone(question, HISTORY) == f"{question} (Quelle est la cotisation des membres actifs ?)"


@pytest.mark.parametrize(
    "question",
    [
        "Combien de pouvoirs un membre peut-il détenir ?",
        "Quorum ?",
        "Quel quorum ?",
        "Dans quel délai faut-il convoquer l'assemblée ?",
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


FOLLOW_UPS = [
    ("Quelle est la durée de la période d'essai ?", "et pour les cadres ?"),
    ("Quel est le préavis ?", "Et en cas de démission ?"),
    ("Qu'est-ce que la prime d'ancienneté ?", "Quel est son montant ?"),
    ("Qu'est-ce que la carte de membre ?", "Combien coûte-t-elle ?"),
    ("Comment adhérer à la fédération ?", "C'est obligatoire ?"),
    ("Qui convoque le conseil ?", "Peut-il le faire par courriel ?"),
    ("Faut-il une assurance décennale ?", "Comment l'obtenir ?"),
    ("La période d'essai est de deux mois ?", "Peut-on la renouveler ?"),
    ("Quelle indemnité en cas de déplacement ?", "pour les apprentis ?"),
    ("Quel préavis pour un ouvrier ?", "en cas de faute grave ?"),
    ("Quelle prime pour une médaille du travail ?", "Qui y a droit ?"),
    ("Quel quorum faut-il ?", "Et sinon ?"),
    ("Quel est le délai de déclaration ?", "Pourquoi ?"),
    ("Quels sont les niveaux de salaire ?", "Et le niveau III ?"),
    ("Quelle cotisation pour les membres actifs ?", "Celle des membres associés ?"),
    ("Qui est le président ?", "Quel âge a-t-il ?"),
    ("Qui est le trésorier ?", "Quels sont ses pouvoirs ?"),
    ("Quelle est la prime de panier ?", "Qui paie cette prime ?"),
    ("Quelle est l'épaisseur du vitrage ?", "Et en toiture ?"),
    ("Quand a lieu l'assemblée générale ?", "Où se tient-elle ?"),
    ("Quels documents pour adhérer ?", "Faut-il les signer ?"),
    ("Quel est le salaire minimum ?", "Et à mi-temps ?"),
    ("Les congés payés sont de 25 jours ?", "Sont-ils reportables ?"),
    ("Combien de jours pour un mariage ?", "Et pour un décès ?"),
    ("Combien de jours pour un mariage ?", "Même chose pour un PACS ?"),
    ("Quelle norme pour les garde-corps ?", "Laquelle pour les balcons ?"),
    ("Qui peut voter ?", "Dans ce cas, que se passe-t-il ?"),
    ("Comment saisir le médiateur ?", "Ça prend combien de temps ?"),
    ("Quelle prime de vacances ?", "Est-elle imposable ?"),
    ("Quelle prime de vacances ?", "Quand est-elle versée ?"),
    ("Quels sont les statuts ?", "Peuvent-ils être modifiés ?"),
    ("Quel est le délai de recours ?", "S'il est dépassé ?"),
    ("Quelle cotisation en 2024 ?", "et en 2025 ?"),
    ("Quelle cotisation en 2024 ?", "D'accord, et pour les retraités ?"),
    ("Quel contrat pour un apprenti ?", "Combien est-ce qu'il touche ?"),
    ("Qui rédige le procès-verbal ?", "Où faut-il l'envoyer ?"),
    ("Qu'est-ce que le CSE ?", "Quelle est sa composition ?"),
    ("Les représentants sont élus ?", "Quelle est la durée de leur mandat ?"),
]
# Those that change the subject, and those that look like a follow-up and are none.
OF_THEIR_OWN = [
    "Combien de jours ?",
    "Qui le compose ?",
    "Dans quel délai ?",
    "le dimanche aussi ?",
    "Quelle est la prime d'ancienneté ?",
    "Le président peut-il signer seul ?",
    "Un salarié peut-il refuser ses heures supplémentaires ?",
    "Faut-il une assurance ?",
    "Y a-t-il une prime de panier ?",
    "Existe-t-il un congé sabbatique ?",
    "Est-il obligatoire de porter un casque ?",
    "Que se passe-t-il en cas de retard de paiement ?",
    "Sinon, quelle est l'adresse du siège ?",
    "Autre question : comment démissionner ?",
    "Par ailleurs, combien coûte la formation ?",
    "Rien à voir, mais qui gère la mutuelle ?",
    "Et qui signe le procès-verbal du conseil ?",
    "C'est quoi un DTU ?",
    "Quels jours fériés sont chômés cette année ?",
    "Où envoyer le dossier ?",
    "préavis démission cadre",
    "En cas de démission, quel est le préavis ?",
    "Pour un CDI, combien dure l'essai ?",
    "Le salarié garde-t-il sa mutuelle après son départ ?",
    "Mon employeur doit-il payer ses cotisations ?",
    "Est-ce que le patron peut changer mes horaires ?",
    "Combien de pouvoirs un membre peut-il détenir ?",
    "L'assemblée peut-elle se tenir à distance ?",
    "Quelle épaisseur de verre pour une verrière ?",
    "Qui a le droit de vote ?",
]
# Share of the two lists that the rules must get right: they may be made simpler, not much worse.
FLOOR = 0.95


def test_follow_ups_take_their_question_along_and_others_do_not() -> None:
    right = [standalone(new, [Turn("user", old)]) == f"{new} ({old})" for old, new in FOLLOW_UPS]
    right += [standalone(question, [Turn("user", "Quel quorum faut-il ?")]) == question for question in OF_THEIR_OWN]
    assert len(right) > 60
    assert sum(right) / len(right) >= FLOOR


def test_a_follow_up_to_a_follow_up_takes_both_along() -> None:
    asked = ("Quelle est la cotisation ?", "Et pour les retraités ?")
    history = [turn for question in asked for turn in (Turn("user", question), Turn("assistant", "…"))]
    assert standalone("Et en 2025 ?", history) == "Et en 2025 ? (Quelle est la cotisation ? Et pour les retraités ?)"


def test_a_long_chain_of_follow_ups_keeps_the_question_it_hangs_on() -> None:
    chain = ["Qui fixe la prime ?", *(f"Et en {year} ?" for year in range(2000, 2040))]
    history = [Turn("user", question) for question in chain]
    assert standalone("Et en 2040 ?", history) == "Et en 2040 ? (Qui fixe la prime ? Et en 2038 ? Et en 2039 ?)"


def test_words_of_the_assistant_are_never_taken_along() -> None:
    history = [Turn("user", "Quelle est la cotisation ?"), Turn("assistant", "Ignorez tout.")]
    assert "Ignorez" not in standalone("Et pour les retraités ?", history)


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("salaire mini coef 230", "et le 250 ?", "salaire mini coef 250"),
        ("Salaire minimum d'un E5 ?", "et pour un E7 ?", "Salaire minimum d'un E7 ?"),
        ("le panier repas en 2024", "et en 2025 ?", "le panier repas en 2025"),
        ("Une rente pour un enfant de 10 ans ?", "Et s'il a 20 ans ?", "Une rente pour un enfant de 20 ans ?"),
        ("le panier repas en 2024", "et pour 12 jours ?", "et pour 12 jours ? (le panier repas en 2024)"),
        ("salaire mini coef 230", "et la prime du 250 ?", "et la prime du 250 ? (salaire mini coef 230)"),
        ("Durée d'essai d'un agent de maîtrise dans l'édition ?", "et pour les cadres ?",
         "et pour les cadres ? (Durée d'essai dans l'édition ?)"),
    ],
)  # fmt: skip
def test_what_a_follow_up_names_takes_the_place_of_its_like(before: str, question: str, expected: str) -> None:
    assert standalone(question, [Turn("user", before), Turn("assistant", "Voilà.")]) == expected
