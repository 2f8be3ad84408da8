"""What a question names must stand in what was found: years, numbers of things, codes, staff, contacts."""

from dataclasses import replace

import pytest

from rag.lacking import Lack, lack, names, unanswered, unsaid, years
from rag.text import analyse
from rag.types import Chunk, Found, Passage
from tests.fakes import page_ref, sentence


def passage(text: str, title: str = "") -> Passage:
    said = sentence(text)
    page = page_ref() if not title else replace(page_ref(), source=replace(page_ref().source, title=title))
    return Passage(Chunk("id", page, (said,), (), said.text), 1.0, Found(1.0, 0.9, 1.0, 1, 1))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("c'était combien le panier repas en 2022 ?", (2022,)),
        ("le panier repas au 1er janvier 2024 ?", ()),
        ("Quel était le tarif en 2019 et en 2022 ?", (2019, 2022)),
        ("Je suis employé depuis 2015, combien de jours ai-je ?", ()),
        ("Embauché le 3 mars 2018, quel est mon préavis ?", ()),
        ("Quelle est la prime pour 2000 euros de travaux ?", ()),
        ("What was the meal allowance in 2022?", (2022,)),
        ("Et le tarif de 2023 ?", ()),
    ],
)
def test_a_year_that_is_asked_about_must_be_named(question: str, expected: tuple[int, ...]) -> None:
    passages = [passage("Le panier est de 12 € au 1er janvier 2024."), passage("Le tarif est de 9 €.", "Barème 2023")]
    assert years(question, passages) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("on a une prime de vacances ?", ("vacances",)),
        ("Quelle est l'indemnité d'astreinte ?", ("astreinte",)),
        ("que dit la convention sur le harcèlement", ("harcèlement",)),
        ("y a-t-il un vidéoprojecteur dans la salle ?", ("vidéoprojecteur",)),
        ("prime de repas", ()),
        ("délai de préavis en cas de démission", ()),
        ("la durée de fonctionnement du bureau", ()),
        ("combien de jours pour la mort de mon père", ()),
    ],
)
def test_the_thing_that_a_sum_or_a_rule_is_asked_about_must_be_found(question: str, expected: tuple[str, ...]) -> None:
    text = "La prime de repas est due. Qui démissionne respecte un préavis. Le bureau fonctionne toute l'année."
    assert names(question, [passage(text)]) == expected


def test_a_year_named_too_far_down_does_not_count() -> None:
    assert years("et en 2022 ?", [passage("Rien.")] * 5 + [passage("En 2022.")]) == (2022,)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Que dit l'article 99 ?", ("article 99",)),
        ("Que dit l'article 12 ?", ()),
        ("salaire mini coefficient 400", ("coefficient 400",)),
        ("salaire mini coefficient 230", ()),
        ("quel feuilleté pour du P6B ?", ("P6B",)),
        ("quel feuilleté pour du P5A ?", ()),
        ("Combien de jours de RTT ?", ("RTT",)),
        ("COMBIEN DE JOURS DE RTT ?", ()),
        ("Que fait le CSE ?", ()),
        ("un cadre touche combien ?", ("cadre",)),
        ("un ouvrier touche combien ?", ()),
        ("un cadre P5A ?", ()),
        ("What is the notice period of the employees of a member?", ()),
        ("Faut-il 2h ou 30j ?", ()),
    ],
)
def test_what_is_named_must_be_found(question: str, expected: tuple[str, ...]) -> None:
    passages = [
        passage("Article 12. Les ouvriers du coefficient 230 posent du P 5A."),
        passage("Le comité social et économique se réunit."),
    ]
    assert names(question, passages) == expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("tel de la permanence ?", "La permanence est ouverte le mardi.", True),
        ("tel de la permanence ?", "La permanence répond au 01 23 45 67 89.", False),
        ("tel de la permanence ?", "La permanence existe depuis 1987, article 2013.", True),
        ("tel de la permanence ?", "La permanence répond au 3939.", False),
        ("le mail du trésorier", "Le trésorier tient les comptes.", True),
        ("adresse mail du trésorier", "Le trésorier tient les comptes.", True),
        ("Comment fermer la boîte mail d'un salarié ?", "Le compte est clos.", False),
        ("Puis-je refuser la publicité par mail ?", "Il suffit de le dire.", False),
        ("Comment est organisée la rémunération ?", "Elle suit l'âge.", False),
        ("un apprenti touche combien ?", "L'apprenti suit 420 heures.", True),
        ("le mail du trésorier", "Écrire à tresorier@exemple.fr.", False),
        ("c'est qui la présidente ?", "La présidente convoque le conseil.", True),
        ("c'est qui la présidente ?", "Présidente : Mme Durand.", False),
        ("c'est qui la présidente ?", "La présidente, Anne Durand, convoque.", False),
        ("Qui est le producteur du registre ?", "Le registre est produit par une agence.", False),
        ("Qui peut adhérer ?", "Toute entreprise.", False),
        ("Quelle est la majoration du dimanche ?", "Le travail du dimanche est exceptionnel.", True),
        ("Quelle est la majoration du dimanche ?", "Le dimanche est payé double.", False),
        ("Combien de jours pour un déménagement ?", "Le salarié prévient son employeur.", True),
        ("Combien de jours pour un déménagement ?", "Deux jours.", False),
        ("Quel est le montant de la gratification ?", "Le stagiaire la perçoit.", True),
        ("quelle est l'amende ?", "Le nom du service est publié.", True),
        ("quelle est l'amende ?", "L'amende est de 20 000 euros.", False),
        ("Quel est le montant de la gratification ?", "Elle est de 600 euros.", False),
    ],
)
def test_what_is_asked_for_must_be_of_a_kind_that_was_found(question: str, text: str, expected: bool) -> None:
    assert bool(unanswered(question, [passage(text)])) is expected


def test_all_together() -> None:
    found = lack("Que dit l'article 99 en 2019 ?", [passage("Article 12.")])
    assert found == Lack((2019,), ("article 99",))
    assert found
    assert not lack("Que dit l'article 12 ?", [passage("Article 12.")])
    assert not lack("Que dit l'article 99 ?", [])


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("je suis couvert en Belgique ?", ("Belgique",)),
        ("je suis couvert à Valmère ?", ()),
        ("je suis couvert à Valmere ?", ()),
        ("je suis couvert à Valmèrre ?", ()),
        ("Belgique, je suis couvert ?", ()),
        ("Combien Faut-il De Voix Pour Le Quorum À Bruges ?", ()),
        ("Am I insured in Belgium in March?", ()),
    ],
)
def test_a_name_that_stands_in_no_document_at_all_is_lacking(question: str, expected: tuple[str, ...]) -> None:
    known = analyse("couvert Valmère")
    found = lack(question, [passage("Le contrat couvre le membre.")], lambda term: int(term in known))
    assert found.names == expected


def test_the_feminine_of_a_category_of_staff_is_the_category() -> None:
    assert names("je suis employée, quel préavis ?", [passage("Le préavis des employés est de 2 mois.")]) == ()


def test_the_tutor_is_found_in_tutoring() -> None:
    assert names("la prime de tuteur ?", [passage("Prime de tutorat : 65 € par mois.")]) == ()


@pytest.mark.parametrize(
    ("question", "said", "kind"),
    [
        ("Dans quel délai faut-il déclarer ?", "La déclaration est faite au bureau.", "duration"),
        ("Dans quel délai faut-il déclarer ?", "Sous cinq jours.", ""),
        ("Dans quel délai faut-il déclarer ?", "Sous 24h.", ""),
        ("Quand tombe la rentrée ?", "La rentrée est fixée par le conseil.", "date"),
        ("Quand tombe la rentrée ?", "Le 2 septembre.", ""),
        ("Quel est le montant du minimum ?", "Salaires : Coefficient : 230 ; Mensuel : 2 168,30", ""),
        ("Quel est le montant du minimum ?", "Le minimum est fixé par accord.", "sum"),
        ("Quel pourcentage paie l'employeur ?", "Catégorie : C4 ; Employeur : 2,25", ""),
        ("Qui convoque ?", "Le bureau.", ""),
    ],
)
def test_an_answer_must_hold_the_kind_of_thing_that_is_asked_for(question: str, said: str, kind: str) -> None:
    assert unsaid(question, said).kind == kind
