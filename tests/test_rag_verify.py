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
