"""Question sets are read as they are written down, and a line that is none is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.errors import QuestionError
from rag.evaluation.items import GoldPage, LoosePassage, Query, read_gold, read_passages, read_queries
from rag.types import Turn

Reader = Callable[[Path], object]


def lines(folder: Path, *items: Any, name: str = "set.jsonl") -> Path:
    file = folder / name
    file.write_text("\n".join(json.dumps(item) for item in items) + "\n", encoding="utf-8")
    return file


def gold(**changed: Any) -> dict[str, Any]:
    return {"id": 7, "question": "Combien ?", "answerable": True, "gold": [{"file": "a.pdf", "page": 2}],
            "facts": ["trois|3", "mois"], **changed}  # fmt: skip


def test_passages_of_several_files_come_in_order(tmp_path: Path) -> None:
    one = lines(tmp_path, {"pid": "a", "doc": "d", "title": "T", "text": "x"}, name="1.jsonl")
    two = lines(tmp_path, {"pid": "b", "title": None, "text": "y", "url": "…"}, name="2.jsonl")
    assert read_passages([one, two]) == (LoosePassage("a", "T", "x"), LoosePassage("b", "", "y"))


def test_a_passage_repeated_word_for_word_counts_once_and_another_of_its_name_is_refused(tmp_path: Path) -> None:
    again = lines(tmp_path, {"pid": "a", "text": "x"}, {"pid": "a", "text": "x"})
    assert len(read_passages([again])) == 1
    with pytest.raises(QuestionError, match="ligne 2 : un autre passage s'appelle déjà 'a'"):
        read_passages([lines(tmp_path, {"pid": "a", "text": "x"}, {"pid": "a", "text": "y"})])


def test_questions_on_one_passage_hang_together(tmp_path: Path) -> None:
    file = lines(tmp_path, {"qid": "1", "question": "A ?", "gold_pids": ["p", "q"], "answers": []},
                 {"qid": "2", "question": "B ?", "gold_pids": ["p"], "answerable": True},
                 {"qid": "3", "question": "C ?", "gold_pids": ["p"], "answerable": False})  # fmt: skip
    assert read_queries(file) == (
        Query("1", "A ?", ("p", "q"), "p"), Query("2", "B ?", ("p",), "p"), Query("3", "C ?", (), "3"),
    )  # fmt: skip


def test_questions_of_one_id_are_told_apart(tmp_path: Path) -> None:
    queries: list[dict[str, Any]] = [
        {"qid": name, "question": "A ?", "gold_pids": []} for name in ("1", "1", "2", "1", "1 (2)")
    ]
    assert [query.id for query in read_queries(lines(tmp_path, *queries))] == ["1", "1 (2)", "2", "1 (3)", "1 (2) (2)"]
    topics = tmp_path / "topics.json"
    topics.write_text(json.dumps([{"topic": "t", "queries": [text], "gold_pids": ["p"]} for text in ("a", "b")]))
    assert [query.id for query in read_queries(topics)] == ["t#1", "t#1 (2)"]
    assert [item.id for item in read_gold(lines(tmp_path, gold(), gold(question="Et ?")))] == ["7", "7 (2)"]


def test_each_query_of_a_topic_is_a_question(tmp_path: Path) -> None:
    file = tmp_path / "topics.json"
    file.write_text(json.dumps([{"topic": "préavis", "queries": ["absence preavis", "absent"], "gold_pids": ["p"]}]))
    assert read_queries(file) == (
        Query("préavis#1", "absence preavis", ("p",), "préavis"), Query("préavis#2", "absent", ("p",), "préavis"),
    )  # fmt: skip


def test_a_gold_question_has_pages_facts_with_variants_and_a_history(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "Et avant ?"}]
    (item,) = read_gold(lines(tmp_path, gold(history=history, kind="follow_up")))
    assert (item.id, item.question, item.answerable, item.kind) == ("7", "Combien ?", True, "follow_up")
    assert item.history == (Turn("user", "Et avant ?"),)
    assert item.gold == (GoldPage("a.pdf", 2, ""),)
    assert item.facts == (("trois", "3"), ("mois",))


@pytest.mark.parametrize(
    ("read", "item", "named"),
    [
        (lambda file: read_passages([file]), {"pid": "a"}, "« pid », « text »"),
        (lambda file: read_passages([file]), {"pid": "a", "text": " "}, "« pid », « text »"),
        (lambda file: read_passages([file]), ["a"], "« pid », « text »"),
        (read_queries, {"qid": "1", "question": "A ?"}, "« gold_pids »"),
        (read_queries, {"qid": "1", "question": "A ?", "gold_pids": "p"}, "« gold_pids »"),
        (read_queries, {"qid": "1", "question": 3, "gold_pids": ["p"]}, "« question »"),
        (read_gold, gold(answerable=None), "« answerable »"),
        (read_gold, gold(gold=[]), "« gold »"),
        (read_gold, gold(gold=[{"file": "a.pdf"}]), "« gold »"),
        (read_gold, {"id": 1, "question": "A ?"}, "« facts »"),
    ],
)
def test_a_line_that_is_no_item_is_named(tmp_path: Path, read: Reader, item: Any, named: str) -> None:
    with pytest.raises(QuestionError, match=f"ligne 2 .*{named}"):
        read(_second(tmp_path, item))


def _second(folder: Path, item: Any) -> Path:
    file = folder / "bad.jsonl"
    file.write_text("\n" + json.dumps(item), encoding="utf-8")
    return file


def test_a_bad_topic_is_counted_from_one(tmp_path: Path) -> None:
    file = tmp_path / "topics.json"
    file.write_text(json.dumps([{"topic": "a", "queries": ["b"]}]))
    with pytest.raises(QuestionError, match="élément 1 .*« gold_pids »"):
        read_queries(file)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="Impossible de lire"):
        read_queries(tmp_path / "absent.jsonl")
