"""Numbers of a claim must stand in what it cites, however they are written."""

import time

import pytest

from rag.verify import objection
from tests.fakes import Contradicting, sentence


def said(claim: str, *evidence: str, question: str = "Combien ?") -> str:
    return objection(claim, [sentence(text) for text in evidence], question, "fr")


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("La cotisation est de 1200,50 euros.", "Elle s'élève à 1 200,50 €."),
        ("Il en faut trois.", "Nul ne détient plus de 3 pouvoirs."),
        ("Il en faut 3.", "Nul ne détient plus de trois pouvoirs."),
        ("Le délai est de 30 jours.", "Le délai est de trente jours."),
        ("Le délai est de quarante-cinq jours.", "L'avis est rendu sous 45 jours."),
        ("Une signature suffit.", "La signature du président suffit."),
        ("Le délai court.", "Le délai est de 30 jours."),
        ("Le salaire du coefficient 150 est de 1 823,50 €.", "150 Ouvrier 1 823,50 12,02"),
        ("L'année 2 est payée 60 %.", "Deuxième année 60 %"),
        ("Le 12/05/2024.", "Le 12 mai 2024."),
        ("Un vitrage neuf convient.", "Le vitrage convient."),
        ("En 2024, 100 membres votent.", "En 2024 100 membres votent."),
    ],
)
def test_a_claim_whose_numbers_are_cited_stands(claim: str, evidence: str) -> None:
    assert said(claim, evidence) == ""


@pytest.mark.parametrize(
    ("true", "false", "evidence"),
    [
        ("Le préavis des cadres est de 3 mois.", "Le préavis des ouvriers est de 3 mois.",
         "Le préavis est de 3 mois pour les cadres et de 2 mois pour les ouvriers."),
        ("Les actifs versent 120 euros.", "Les retraités versent 120 euros.",
         "Les actifs versent 120 euros, les retraités 60 euros."),
        ("Le délai est de 8 jours en cas d'urgence.", "Le délai est de 15 jours en cas d'urgence.",
         "Le délai est de 15 jours, ramené à 8 jours en cas d'urgence."),
        ("Le préavis est de 3 mois pour les cadres et de 2 mois pour les ouvriers.", "Le taux est de 9 %.",
         "Le préavis est de 3 mois pour les cadres et de 2 mois pour les ouvriers."),
    ],
)  # fmt: skip
def test_a_number_is_not_said_of_what_the_next_number_is_said_of(true: str, false: str, evidence: str) -> None:
    assert said(true, evidence) == ""
    assert said(false, evidence) != ""


LIST = (
    "La durée de l'essai est de : – 1 mois pour les employés ; – 2 mois pour les agents et les techniciens ;"
    " – 4 mois pour les cadres."
)
PUT_OFF = "La réforme, prévue au 1er avril 2026, est repoussée au 1er septembre 2026."
SIGNED = "La France a signé l'accord le 30 mars 2007, puis l'a ratifié le 18 février 2010."


@pytest.mark.parametrize(
    ("true", "false", "evidence"),
    [
        ("Un technicien est à l'essai pendant deux mois.", "Un technicien est à l'essai pendant un mois.", (LIST,)),
        ("Prévue d'abord le 1er avril 2026, la réforme a été reportée au 1er septembre de la même année.",
         "La réforme s'applique le 1er mai 2026.", (PUT_OFF,)),
        ("France signed it on 30 March 2007 and ratified it on 18 February 2010.",
         "It was ratified on 19 February 2010.", (SIGNED,)),
        ("La durée minimale est de 18 h 28 par semaine.", "La durée minimale est de 18 h 20 par semaine.",
         ("La durée minimale est de 18 heures et 28 minutes par semaine.",)),
        ("Il y a impayé dès que la dette atteint deux fois le loyer net ; dans l'exemple, 460 €.",
         "Il y a impayé dès que la dette atteint 460 €.",
         ("Il y a impayé lorsque la dette atteint 2 fois le loyer net.",
          "Exemple : pour un loyer de 430 € et une aide de 200 €, c'est 2 x (430 - 200) = 460 €.")),
    ],
)  # fmt: skip
def test_figures_of_lists_of_dates_and_of_examples(true: str, false: str, evidence: tuple[str, ...]) -> None:
    assert said(true, *evidence) == ""
    assert said(false, *evidence) != ""


@pytest.mark.parametrize(
    ("true", "false", "evidence"),
    [
        ("L'employeur ne doit pas imposer de test.", "L'employeur doit imposer un test.",
         "Ne pas imposer un test au salarié."),
        ("La clause ne s'applique pas pendant l'essai.", "La clause s'applique pendant l'essai.",
         "Aucune clause de cette sorte n'est applicable pendant l'essai."),
        ("Aucune dérogation n'est possible.", "Une dérogation est possible.", "Il ne peut y être dérogé."),
        ("La commission n'est ouverte ni au bailleur ni au locataire.", "La commission est ouverte au locataire.",
         "Le locataire et le bailleur n'ont pas accès à la commission : elle ne leur est pas ouverte."),
        ("Le seuil est fixé par arrêté.", "Le seuil est fixé par décret.", "Ce seuil est fixé par arrêté."),
        ("Il faut consulter les élus.", "Il faut l'accord des élus.", "L'employeur doit d'abord consulter les élus."),
        ("Le salarié peut refuser la modification.", "La modification s'impose au salarié.",
         "Le salarié peut refuser la modification."),
        ("Après 10 ans dans l'entreprise, le salarié qui part en retraite a une prime.",
         "Tout salarié qui part en retraite a une prime.",
         "Le salarié qui part en retraite a une prime s'il compte au moins 10 ans d'ancienneté."),
        ("La carte est renouvelée sur demande.", "La carte est renouvelée automatiquement.",
         "Le renouvellement de la carte se fait sur demande."),
    ],
)  # fmt: skip
def test_negations_conditions_and_words_of_one_kind(true: str, false: str, evidence: str) -> None:
    assert said(true, evidence, question="?") == ""
    assert said(false, evidence, question="?") != ""


@pytest.mark.parametrize(
    ("true", "false", "evidence"),
    [
        ("La caisse est gratuite.", "La caisse est gratuite, sauf si elle est grande.", "La caisse est gratuite."),
        ("Le verre est fixé parce que le vent le soulève.", "Le verre est fixé parce que les voleurs sont nombreux.",
         "Le verre est fixé : le vent peut le soulever."),
        ("Le verre trempé coûte 20 €.", "Le verre trempé est plus cher que le verre recuit.",
         "Verre : trempé ; Prix : 20 € / Verre : recuit ; Prix : 12 €"),
        ("En 2005, le minimum était de 1 111 €.", "Aujourd'hui, le minimum est de 1 111 €.",
         "Minimum au 1er février 2005 : 1 111 €."),
        ("Les images ne sont pas gardées plus d'un mois.", "En aucun cas les images ne sont gardées plus d'un mois.",
         "Les images ne sont pas gardées plus d'un mois, sauf procédure judiciaire."),
        ("Un projet de loi est examiné.", "La loi sur les retraites est adoptée.",
         "Un projet de loi sur les retraites est examiné."),
        ("Adressez-vous au maire de la commune.", "Adressez-vous au préfet de la commune.",
         "La demande est adressée au maire de la commune."),
        ("Dès le sixième mois, vous partez plus tôt.", "Dès le troisième mois, vous partez plus tôt.",
         "À partir du 6e mois, la salariée part plus tôt."),
        ("Vous partez trente minutes plus tôt.", "Vous partez vingt minutes plus tôt.",
         "La salariée part 1 demi-heure plus tôt."),
        ("La prime est d'un mois et demi.", "La prime est d'un mois.", "La prime est de 1,5 mois de salaire."),
        ("It is renewed for no longer than 2 months.", "It is renewed for 3 months.",
         "Le renouvellement ne peut excéder 2 mois."),
    ],
)  # fmt: skip
def test_what_a_claim_adds_is_not_there(true: str, false: str, evidence: str) -> None:
    texts = evidence.split(" / ")
    assert said(true, *texts, question="?") == ""
    assert said(false, *texts, question="?") != ""


def test_a_long_row_of_numbers_does_not_hold_up_the_answer() -> None:
    row = " ".join(f"{number},50" for number in range(300))
    claim = f"Les montants sont {', '.join(f'{number},50 €' for number in range(90))} et 777 €."
    began = time.process_time()
    assert "777" in said(claim, row)
    assert time.process_time() - began < 10


def test_half_a_day_is_no_day() -> None:
    assert said("Le congé est de 1 jour.", "Le congé est de ½ jour.") == "« 1 jour » ne figure pas dans le passage cité"
    assert said("Le congé est de ½ jour.", "Le congé est de ½ jour.") == ""
    assert said("Le congé est de 11 jours.", "Le congé est de 1½ jour.") != ""


def test_a_bar_code_is_compared_like_any_number() -> None:
    code = "1234567890" * 4

    assert objection(f"Le code est {code}.", [sentence(f"Code : {code} euros.")], "Quel code ?", "fr") == ""
    assert code in objection(f"Le code est {code}.", [sentence("Le code est 12.")], "Quel code ?", "fr")


def test_a_number_of_the_question_may_be_repeated() -> None:
    assert said("À 12 m, la pression est de 1 400 Pa.", "de 10 à 18 m : 1 400", question="pression à 12 m ?") == ""


def test_numbers_may_come_from_several_sentences() -> None:
    assert said("De 10 à 20 euros.", "Au moins 10 euros.", "Au plus 20 euros.") == ""
    assert said("De 10 à 20 euros.", "Au moins 10 euros.") == "« 20 euros » : le passage cité dit « 10 euros »"


@pytest.mark.parametrize(
    ("claim", "evidence", "reason"),
    [
        ("La cotisation est de 130 euros.", "Elle est de 120 euros.",
         "« 130 euros » : le passage cité dit « 120 euros »"),
        ("La cotisation est de 12 euros.", "Elle est de 120 €.", "« 12 euros » : le passage cité dit « 120 € »"),
        ("La cotisation est de 1,5 euro.", "Elle est de 15 euros.", "« 1,5 euro » : le passage cité dit « 15 euros »"),
        ("Le délai est de 30 jours.", "Le délai est de 30 jours ouvrés.",
         "« 30 jours » : le passage cité dit « 30 jours ouvrés »"),
        ("Il faut quatre pouvoirs.", "Il faut trois pouvoirs.", "« quatre » ne figure pas dans le passage cité"),
        ("En 2025.", "En 2024.", "« 2025 » ne figure pas dans le passage cité"),
        ("L'article 44.20 s'applique.", "L'article 44.2 s'applique.",
         "« article 44.20 » : le passage cité dit « article 44.2 »"),
        ("Il faut vingt-deux jours.", "Il faut deux jours.",
         "« vingt-deux jours » : le passage cité dit « deux jours »"),
    ],
)  # fmt: skip
def test_an_invented_number_is_named_with_what_stands_there(claim: str, evidence: str, reason: str) -> None:
    assert said(claim, evidence) == reason


def test_a_claim_without_evidence_is_objected_to_in_the_reader_s_language() -> None:
    assert said("Le verre est trempé.") == "aucun passage cité"
    assert objection("Le verre est trempé.", [], "", "en") == "no passage cited"
    assert objection("En 2025.", [sentence("En 2024.")], "", "en") == "“2025” is not in the passage cited"


def test_entailment_is_asked_last_and_only_about_what_the_rules_let_through() -> None:
    model = Contradicting("faux")
    evidence = [sentence("Le joint est faux et dure 12 ans.")]
    assert (
        objection("Le joint dure 13 ans.", evidence, "", "fr", model) == "« 13 ans » : le passage cité dit « 12 ans »"
    )
    assert model.asked == []
    assert objection("Le joint dure 12 ans.", evidence, "", "fr", model) == ""
    assert objection("Le joint est faux.", evidence, "", "fr", model) == "le passage cité dit autre chose"
    assert model.asked[-1] == ("Le joint est faux et dure 12 ans.", "Le joint est faux.")
