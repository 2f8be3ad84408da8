"""The gate is fitted on some questions and judged on others; its arithmetic is checked by hand and by simulation."""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from rag.assistant import Assistant
from rag.errors import QuestionError
from rag.evaluation.calibrate import FEWEST, Sample, calibrate, fitted, require
from rag.evaluation.logistic import auroc, calibration_error, fit, sigmoid, threshold
from rag.evaluation.sets import Openers
from rag.gates import FILE, read
from rag.settings import Settings
from rag.store import LiveStore
from tests.fakes import WordEmbedder, make_store


def test_the_fit_finds_the_values_that_made_the_data() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal([0.5, 0.2], [0.3, 0.1], size=(20_000, 2))
    y = rng.random(20_000) < sigmoid(3 * x[:, 0] - 4 * x[:, 1] - 1)
    weights, bias = fit(x, y, np.ones(20_000))
    assert weights == pytest.approx([3, -4], abs=0.3)
    assert bias == pytest.approx(-1, abs=0.1)


def test_at_the_fitted_values_the_mean_probability_is_the_share() -> None:
    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    y = np.array([False, True, False, True])
    weights, bias = fit(x, y, np.ones(4))
    assert sigmoid(x @ weights + bias).mean() == pytest.approx(0.5)
    heavy, shift = fit(x, y, np.array([1.0, 3.0, 1.0, 3.0]))
    assert sigmoid(x @ heavy + shift) @ [1, 3, 1, 3] == pytest.approx(6)


def test_classes_that_can_be_told_apart_and_a_signal_that_never_changes_keep_the_fit_finite() -> None:
    x = np.array([[0.0, 7.0], [0.1, 7.0], [0.9, 7.0], [1.0, 7.0]])
    weights, bias = fit(x, np.array([False, False, True, True]), np.ones(4))
    assert np.isfinite([*weights, bias]).all() and weights[0] > 1 and weights[1] == 0


def test_the_sigmoid_does_not_overflow() -> None:
    assert sigmoid(np.array([-1e6, 0.0, 1e6])).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize(
    ("refused", "expected"), [(0.0, 0.1), (0.25, 0.2), (0.3, 0.2), (0.5, 0.3), (0.75, 0.4), (1.0, 0.4)]
)
def test_the_threshold_refuses_no_more_than_was_asked(refused: float, expected: float) -> None:
    assert threshold(np.array([0.4, 0.1, 0.3, 0.2]), np.ones(4), refused) == expected


def test_a_heavy_question_is_not_refused_lightly() -> None:
    assert threshold(np.array([0.1, 0.2, 0.3]), np.array([8.0, 1.0, 1.0]), 0.5) == 0.1


def test_the_area_is_the_share_of_pairs_in_order() -> None:
    y = np.array([False, True, False, True])
    assert auroc(np.array([0.1, 0.9, 0.2, 0.8]), y) == 1
    assert auroc(np.array([0.1, 0.15, 0.2, 0.8]), y) == 0.75
    assert auroc(np.array([0.5, 0.5, 0.5, 0.5]), y) == 0.5


def test_the_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    y = np.array([True, False, True, True])
    # bin 2: two questions, mean 0.25, half true; bin 9: mean 0.95, all true
    assert calibration_error(np.array([0.25, 0.25, 0.9, 1.0]), y) == pytest.approx((2 * 0.25 + 2 * 0.05) / 4)


def samples(set_: str, count: int, apart: float) -> list[Sample]:
    rng = np.random.default_rng(count)
    return [
        Sample(set_, f"{set_}/{n // 2}", n % 2 == 0, (float(rng.normal(apart * (n % 2 == 0), 1)), float(rng.random())))
        for n in range(count)
    ]


def test_both_error_rates_are_measured_on_held_out_questions_by_set() -> None:
    gate, found = fitted([*samples("easy", 600, 4.0), *samples("hard", 200, 0.0)], 0.1)
    assert [quality.set for quality in found] == ["easy", "hard", "*"]
    easy, hard, _ = found
    assert gate.weights[0] > 0.5 > abs(gate.weights[1])
    assert easy.auroc is not None and hard.auroc is not None and easy.refused and easy.answered and hard.answered
    assert easy.auroc > 0.98 and 0.35 < hard.auroc < 0.65
    assert easy.refused.count == easy.answered.count == 300

    _, (alone,) = fitted(samples("easy", 600, 4.0), 0.1)
    assert alone.refused and alone.answered
    assert 0.05 < alone.refused.mean < 0.15 and alone.answered.mean < 0.05 and alone.calibration_error < 0.05


def test_questions_whose_subject_is_there_are_measured_and_fitted_on_only_where_others_are_few() -> None:
    clear = samples("set", 200, 4.0)
    near = [Sample("set", f"near/{n}", False, (6.0, 0.5), near=True) for n in range(60)]
    gate, (found,) = fitted([*clear, *near], 0.1)
    assert gate == fitted(clear, 0.1)[0]
    assert found.near and found.near.mean == 1.0 and found.near.count == 60
    assert found.answered and found.answered.mean < 0.1 and found.auroc and found.auroc > 0.95

    answerable = [sample for sample in clear if sample.answerable]
    blind, (seen,) = fitted([*answerable, *near], 0.1)
    assert blind.weights[0] < 0 and seen.answered is None and seen.near


def test_a_set_counts_the_same_whatever_its_size() -> None:
    small = samples("small", 100, 4.0)
    large = [Sample("large", f"large/{n}", s.answerable, (-s.signals[0], s.signals[1]))
             for n, s in enumerate(samples("large", 1000, 4.0))]  # fmt: skip
    gate, _ = fitted([*small, *large], 0.1)
    assert abs(gate.weights[0]) < 0.3  # they say the opposite of each other


def test_too_few_questions_are_said_with_their_number() -> None:
    with pytest.raises(QuestionError, match=f"au moins {FEWEST} questions avec réponse et {FEWEST} sans"):
        require(samples("set", 40, 1.0))
    require(samples("set", 2 * FEWEST, 1.0))


def options(**changed: object) -> argparse.Namespace:
    values: dict[str, object] = {
        "gold": [], "questions": [], "passages": [], "limit": None, "cache": None, "refused": 0.1, "output": None,
        "json": True, "groups": None, "write": None, "block": None,
    }  # fmt: skip
    return argparse.Namespace(**{**values, **changed})


def test_questions_on_a_single_file_cannot_be_held_out_and_that_is_said() -> None:
    samples = [Sample("s", "s/accord.pdf", True, (0.9, n / 40)) for n in range(40)]
    samples += [Sample("s", f"s/{n}", False, (0.1, n / 40)) for n in range(40)]

    with pytest.raises(QuestionError, match="trop peu de documents"):
        fitted(samples, 0.1)


def openers(store: Path) -> Openers:
    assistant = Assistant(LiveStore(store, "words"), WordEmbedder(), Settings())
    return Openers(lambda settings, model: assistant, lambda settings: WordEmbedder(), lambda settings: None)


def test_calibrate_writes_values_that_the_gate_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [f"mot{n}" for n in range(40)]
    make_store(tmp_path, {f"{word}.pdf": [f"Le {word} coûte {n} euros."] for n, word in enumerate(words)})
    gold, passages, questions = tmp_path / "gold.jsonl", tmp_path / "p.jsonl", tmp_path / "q.jsonl"
    gold.write_text("\n".join(
        [json.dumps({"id": word, "question": f"Combien coûte le {word} ?", "answerable": True, "facts": [],
                     "gold": [{"file": f"{word}.pdf", "page": 1}]}) for word in words]
        + [json.dumps({"id": f"no {n}", "question": f"Où dort l'ours numéro{n} ?", "answerable": False, "facts": [],
                       "gold": []}) for n in range(40)]))  # fmt: skip
    passages.write_text("\n".join(json.dumps({"pid": word, "text": f"Le {word} est rouge."}) for word in words))
    questions.write_text("\n".join(
        json.dumps({"qid": word, "question": f"Le {word} ?", "gold_pids": [word]}) for word in words))  # fmt: skip
    chosen = options(gold=[gold], questions=[questions], passages=[passages])
    assert calibrate(chosen, Settings(store=tmp_path), openers(tmp_path), []) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert (found["questions"], [held["set"] for held in found["held_out"]]) == (160, ["gold", "q", "*"])
    assert found["held_out"][0]["answered"]["mean"] == 0 and found["held_out"][0]["auroc"] == 1
    assert f"Écrit dans {tmp_path / FILE}" in err
    (kept,) = read(tmp_path / FILE)
    assert (kept.embedder, kept.reranker, kept.questions) == ("words", "", 160)
    assert kept.gate.threshold == pytest.approx(found["gate"]["threshold"], abs=1e-4)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "donnez --gold, ou --questions et --passages"),
        ({"gold": ["x"], "refused": 1.0}, "--refused vaut 1.0"),
        ({"gold": ["x"], "questions": ["y"]}, "--questions et --passages vont ensemble"),
    ],
)
def test_calibrate_says_what_is_missing(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    with pytest.raises(QuestionError, match=said):
        calibrate(options(**changed), Settings(store=tmp_path), openers(tmp_path), [])
