"""Reports keep every question, are read back as they were, compared on what both have, and shown as tables."""

import json
from pathlib import Path

import pytest

from rag.errors import QuestionError
from rag.evaluation import block, table
from rag.evaluation.compare import compare
from rag.evaluation.report import Outcome, Report, SetResult, read_report


def report(*sets: SetResult) -> Report:
    return Report("2026-11-22T20:00:00+00:00", "python -m rag evaluate", "words", "", "extracts", "gen-1", sets)


def result(name: str, *values: float, measure: str = "page@5", kind: str = "") -> SetResult:
    return SetResult(name, tuple(Outcome(str(n), kind, str(n), {measure: v}) for n, v in enumerate(values)))


MIXED = SetResult(
    "own",
    (
        Outcome("1", "lookup", "1", {"page@5": 1.0, "right": 0.0, "retrieve_ms": 10.0}),
        Outcome("2", "table", "2", {"page@5": 0.0, "right": 0.0, "retrieve_ms": 30.0}),
        Outcome("3", "unanswerable_near", "3", {"answered": 1.0}),
    ),
    left_out=4,
)


def test_a_report_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report(MIXED).as_json()))
    assert read_report(file) == report(MIXED)


def test_the_json_holds_estimates_by_set_and_kind() -> None:
    (found,) = report(MIXED).as_json()["sets"]
    assert found["measures"]["page@5"]["mean"] == 0.5 and found["measures"]["page@5"]["count"] == 2
    assert found["ms"] == {"retrieve_ms": {"p50": 20.0, "p95": 29.0}}
    assert found["kinds"]["unanswerable_near"]["answered"]["mean"] == 1.0
    assert "page@5" not in found["kinds"]["unanswerable_near"]


@pytest.mark.parametrize("text", ["{}", '{"version": 99}', '{"version": 1, "sets": 3}', "[]"])
def test_a_file_that_is_no_report_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "report.json"
    file.write_text(text)
    with pytest.raises(QuestionError, match="n'est pas un résultat de « rag evaluate »"):
        read_report(file)


def test_two_reports_are_compared_on_the_questions_both_have() -> None:
    first = report(result("a", 0, 0, 0, 0, 1), result("only here", 1))
    second = report(result("a", 1, 1, 1, 0))
    (found,) = compare(first, second)
    assert (found.set, found.measure, found.first, found.second) == ("a", "page@5", 0.0, 0.75)
    assert (found.difference.count, found.difference.better, found.difference.p) == (4, 3, 0.25)
    assert found.as_json()["difference"]["test"] == "McNemar"


def test_nothing_in_common_cannot_be_compared() -> None:
    with pytest.raises(QuestionError, match="aucune question en commun"):
        compare(report(result("a", 1)), report(result("b", 1)))
    with pytest.raises(QuestionError, match="aucune question en commun"):
        compare(report(result("a", 1)), report(result("a", 1, measure="right")))


def test_tables_say_what_with_how_many_and_how_sure() -> None:
    lines = table.report(report(MIXED), "fr").splitlines()
    assert lines[0] == "extracts · words · 2026-11-22"
    assert lines[2] == "| own · mesure | valeur (n ; intervalle à 95 %) |"
    assert "| page attendue dans les 5 premiers passages | 0,500 (2 ; 0,095–0,905) |" in lines
    assert "| recherche, p50 / p95 | 20 / 29 ms |" in lines
    assert "| questions sans passage attendu dans l'index | 4 |" in lines
    assert "| table | 1 | 0,00 | 0,00 | – |" in lines
    assert "| own · measure | value (n; 95 % interval) |" in table.report(report(MIXED), "en")


def test_differences_are_a_table() -> None:
    found = compare(report(result("a", 0, 0, 0, 0)), report(result("a", 1, 1, 1, 0)))
    row = table.comparisons(found, "en").splitlines()[-1]
    assert row.startswith("| a | expected page in the first 5 passages | 0.000 | 0.750 | +0.750 (")
    assert row.endswith("n = 4 | 3 / 0 | 0.2500 (McNemar) |")


def test_fewer_errors_are_better() -> None:
    found = compare(report(result("a", 1, 1, 1, measure="refused")), report(result("a", 0, 0, 1, measure="refused")))
    assert "n = 3 | 2 / 0 |" in table.comparisons(found, "fr")


def test_a_block_of_a_document_is_filled_and_nothing_else_changes() -> None:
    document = "avant\n<!-- evaluate: own -->\nvieux\n<!-- end -->\naprès\n<!-- evaluate: x -->\n<!-- end -->\n"
    filled = block.replaced(document, "own", "| \\1 |", "python -m rag evaluate")
    assert filled == (
        "avant\n<!-- evaluate: own -->\n`python -m rag evaluate`\n\n| \\1 |\n<!-- end -->\naprès\n"
        "<!-- evaluate: x -->\n<!-- end -->\n"
    )
    assert block.replaced(filled, "own", "| \\1 |", "python -m rag evaluate") == filled


@pytest.mark.parametrize("document", ["", "<!-- evaluate: own -->", "<!-- evaluate: own --><!-- end -->" * 2])
def test_a_block_must_be_there_once(document: str) -> None:
    with pytest.raises(QuestionError, match="une fois « <!-- evaluate: own --> »"):
        block.replaced(document, "own", "text", "command")


def test_the_command_of_a_block_leaves_out_where_the_result_goes() -> None:
    typed = ["evaluate", "--gold", "a b.jsonl", "--write", "q.md", "--block", "own", "--cache", "c", "--limit", "3"]
    assert block.command("rag", typed) == "python -m rag evaluate --gold 'a b.jsonl' --limit 3"
