"""What a question wants the sentence that answers it to be like."""

import pytest

from rag.wish import COUNTED, FIGURE, MAY, UNIT, WHO, defines, wish


@pytest.mark.parametrize(
    ("question", "granted", "refused"),
    [
        ("préavis si je démissionne", "Le préavis est de 2 mois.", "L'article 2 en dispose."),
        ("la salle est fermée quand ?", "Elle ferme le 7 juillet.", "Elle compte 90 places."),
        ("combien gagne un apprenti", "Il gagne 900,90 par mois.", "Il suit 35 heures de cours."),
        ("taux de la majoration", "Elle est de 25 %.", "Elle vaut pour 8 heures."),
        ("combien de voix à l'assemblée", "Chacun a deux voix.", "Chacun a des voix."),
    ],
)
def test_a_figure_of_the_kind_asked_for_is_worth_more(question: str, granted: str, refused: str) -> None:
    assert wish(question).granted(granted) >= UNIT
    assert wish(question).granted(refused) < UNIT or wish(question).granted(refused) <= FIGURE


@pytest.mark.parametrize(
    ("question", "counts", "other"),
    [
        (
            "combien de pages dans un échantillon",
            "Il a une quinzaine de pages.",
            "Il est fait sur 2 sites, page à page.",
        ),
        ("cb de voix a l'ag ?", "Chacun a deux voix.", "Les voix vont à 2 candidats."),
        ("nombre de décimales", "Donner 5 ou 6 décimales.", "Les décimales suivent 1 virgule."),
    ],
)
def test_a_number_of_what_is_counted_is_worth_more_than_another(question: str, counts: str, other: str) -> None:
    assert wish(question).granted(counts) - wish(question).granted(other) == pytest.approx(COUNTED)


def test_nothing_is_wished_of_a_question_how() -> None:
    assert wish("Comment poser un vitrage ?").granted("Le salarié pose 2 cales en 3 heures.") == 0


def test_who_acts_is_worth_more_where_that_is_asked() -> None:
    assert wish("Qui prend part au vote ?").granted("Les membres à jour votent.") == WHO
    assert wish("Qui peut voter ?").granted("Seuls les membres à jour votent.") == WHO + MAY
    assert wish("Qui est le trésorier ?").granted("Les membres à jour votent.") == 0


@pytest.mark.parametrize("question", ["c'est quoi une casse thermique", "Qu'est-ce qu'un EPI ?", "définition du jeu"])
def test_who_asks_for_a_meaning_is_recognised(question: str) -> None:
    assert wish(question).meaning


def test_a_definition_is_recognised() -> None:
    assert defines("Sont techniciens les salariés formés.")
    assert defines("Donnée publique : représentation d'une information.")
    assert not defines("Chaque membre vote une fois.")
