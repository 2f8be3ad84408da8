"""What is measured on questions with known pages, and how sure the figures are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.assistant import Assistant
from rag.evaluation import Rate, Result, evaluate_gold
from rag.settings import Settings
from rag.store import LiveStore
from tests.fakes import WordEmbedder, make_store

DOCUMENTS = {
    "statuts.pdf": ["La cotisation annuelle est de 120 euros.", "Le quorum est du quart des membres."],
    "guide.pdf": ["Le vitrage est calé avec des cales."],
}


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    # Wilson's bounds for 95 %, worked out with z = 1.96
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (1, 1, 0.2065, 1.0)],
)
def test_the_interval_is_wilson_s(hits: int, total: int, low: float, high: float) -> None:
    assert Rate(hits, total).interval == pytest.approx((low, high), abs=1e-4)


def test_nothing_counted_is_nothing_known() -> None:
    assert Rate(0, 0).interval == (0.0, 1.0)
    assert str(Rate(0, 0)) == "0.000 (0/0; 0.00–1.00)"


@given(st.integers(1, 1000), st.data())
def test_the_interval_holds_the_share_and_stays_between_0_and_1(total: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, total))
    low, high = Rate(hits, total).interval
    assert -1e-9 <= low <= hits / total + 1e-9
    assert hits / total - 1e-9 <= high <= 1 + 1e-9


def item(question: str, *gold: tuple[str, int], facts: list[str] | None = None, **more: Any) -> dict[str, Any]:
    pages = [{"file": file, "page": page} for file, page in gold]
    return {"question": question, "answerable": bool(gold), "gold": pages, "facts": facts or [], **more}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("evaluation")
    make_store(folder, DOCUMENTS)
    return Assistant(LiveStore(folder, "words"), WordEmbedder(), Settings())


def rates(assistant: Assistant, *items: dict[str, Any]) -> dict[str, tuple[int, int]]:
    result = evaluate_gold(assistant, items)
    return {name: (rate.hits, rate.total) for name, rate in result.rates}


def test_a_right_answer_counts_in_each_measure(assistant: Assistant) -> None:
    asked = item("Quelle cotisation annuelle ?", ("statuts.pdf", 1), facts=["120 EUROS|120 €", "cotisation"])
    assert rates(assistant, asked) == {
        "page attendue dans les 1 premiers passages": (1, 1),
        "page attendue dans les 5 premiers passages": (1, 1),
        "page attendue dans les 10 premiers passages": (1, 1),
        "page attendue parmi les pages citées": (1, 1),
        "faits attendus dans la réponse": (1, 1),
        "refus à tort (réponse présente)": (0, 1),
        "réponse à tort (réponse absente)": (0, 0),
    }


def test_a_page_of_another_number_or_a_missing_fact_does_not_count(assistant: Assistant) -> None:
    asked = item("Quelle cotisation annuelle ?", ("statuts.pdf", 7), facts=["cotisation", "130 euros"])
    assert list(rates(assistant, asked).values())[:5] == [(0, 1)] * 5


def test_refusals_count_apart(assistant: Assistant) -> None:
    measured = rates(
        assistant,
        item("xylophone baroque polyphonique", ("guide.pdf", 1)),
        item("cithare romantique"),
        item("Quelle cotisation annuelle ?"),
    )
    assert measured["refus à tort (réponse présente)"] == (1, 1)
    assert measured["réponse à tort (réponse absente)"] == (1, 2)
    assert measured["faits attendus dans la réponse"] == (0, 0)


def test_a_follow_up_is_asked_with_its_history(assistant: Assistant) -> None:
    history = [{"role": "user", "content": "Quel est le quorum des membres ?"}]
    measured = rates(assistant, item("Et alors ?", ("statuts.pdf", 2), history=history))
    assert measured["page attendue dans les 1 premiers passages"] == (1, 1)


def test_progress_goes_to_standard_error(assistant: Assistant, capsys: pytest.CaptureFixture[str]) -> None:
    rates(assistant, item("Quelle cotisation ?"), item("Quel quorum ?"))
    out, err = capsys.readouterr()
    assert out == "" and "2/2" in err


def test_a_result_is_a_table_and_json() -> None:
    result = Result((("mesure A", Rate(5, 10)),), "extracts", "gen-1")
    assert result.as_markdown().splitlines() == [
        "| mesure (extracts) | valeur (n ; intervalle à 95 %) |",
        "|---|---|",
        "| mesure A | 0.500 (5/10; 0.24–0.76) |",
    ]
    assert result.as_json()["generation"] == "gen-1"
    assert result.as_json()["rates"]["mesure A"]["interval"] == pytest.approx((0.2366, 0.7634), abs=1e-4)
