"""The association's own leaderboard: the sums of it, and real tiny models asked by the real command."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

import rag.__main__ as commands
import rag.build as build
from models.choose import locate
from rag.assistant import Assistant
from rag.errors import ModelError
from rag.evaluation.counted import Counted
from rag.evaluation.leaderboard import Contestant, holm, leaderboard, visible
from rag.evaluation.report import Outcome
from rag.evaluation.table import leaderboard as as_table
from rag.ports import Message
from rag.settings import Settings
from tests.fakes import ScriptedGenerator, WordEmbedder, make_store
from tests.tiny_gguf import parrot

FACTS = {f"d{number}.pdf": f"La cotisation de la section {number} est de {number}0 euros." for number in range(1, 5)}


def contestant(name: str, size: int, right: Sequence[int], **more: float) -> Contestant:
    rows = enumerate(right)
    return Contestant(
        name, size, tuple(Outcome(str(i), "", str(i), {"correct": float(value), **more}) for i, value in rows)
    )


def test_the_smallest_model_that_cannot_be_told_from_the_best_is_named() -> None:
    found = leaderboard([
        contestant("petit", 1, [0] * 30),
        contestant("moyen", 2, [1] * 27 + [0] * 3),
        contestant("grand", 3, [1] * 30),
    ])  # fmt: skip
    assert [one.name for one in found.contestants] == ["grand", "moyen", "petit"]
    assert found.smallest.name == "moyen"
    assert found.alike("grand") and found.alike("moyen") and not found.alike("petit")
    assert as_table(found, "non mesuré", "fr").endswith("que rien ne distingue du meilleur : moyen")


def test_few_questions_tell_nothing_and_the_table_says_how_few() -> None:
    found = leaderboard([contestant("petit", 1, [0] * 5), contestant("grand", 3, [1] * 5)])
    assert found.smallest.name == "petit" and found.visible == 6
    said = as_table(found, "non mesuré", "fr")
    assert "5 questions ne suffisent pas" in said and "au moins 6" in said and "| fichier, Mo | 0,0 | 0,0 |" in said
    assert "5 questions cannot tell" in as_table(found, "not measured", "en")
    enough = leaderboard([contestant("petit", 0, [0] + [1] * 5), contestant("grand", 3, [1] * 6)])
    said = as_table(enough, "non mesuré", "fr")
    assert "Avec 6 questions, un modèle ne se distingue du meilleur que s'il en manque au moins 6 de plus" in said
    assert "| questions bien traitées | 1,000 (6 ; 0,610–1,000) | 0,833 (6 ; 0,436–0,970) |" in said
    assert "| fichier, Mo | 0,0 | – |" in said


def test_worse_citations_tell_a_model_from_the_best_too() -> None:
    best = contestant("grand", 3, [1] * 30, citation_precision=1.0)
    found = leaderboard([best, contestant("petit", 1, [1] * 30, citation_precision=0.2)])
    assert found.smallest.name == "grand"
    assert [test.measure for test in found.tests if test.worse] == ["citation_precision"]


def test_p_values_are_corrected_for_their_number_in_their_order() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
    assert (visible(1), visible(6)) == (6, 8)


def test_energy_is_stated_only_when_each_question_was_measured() -> None:
    assert contestant("a", 1, [1, 1], joules=36.0).wh_per_100() == pytest.approx(1.0)
    partly = (*contestant("a", 1, [1], joules=36.0).outcomes, Outcome("2", "", "2", {"correct": 1.0}))
    assert Contestant("a", 1, partly).wh_per_100() is None


def test_tokens_are_counted_without_what_the_template_adds() -> None:
    counted = Counted(ScriptedGenerator("un deux trois"))
    assert "".join(piece.text for piece in counted.stream([Message("user", "a b")], max_tokens=9)) == "un deux trois"
    assert (counted.read, counted.written) == (2, 3)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store, five questions, one of them without an answer, and a model outside the weights folder."""
    make_store(tmp_path / "store", {path: [text] for path, text in FACTS.items()})
    questions = [
        {
            "id": path, "question": f"Quelle cotisation pour la section {number} ?", "answerable": True,
            "gold": [{"file": path, "page": 1, "quote": text}], "facts": [f"{number}0 euros"],
        }
        for number, (path, text) in enumerate(FACTS.items(), 1)
    ]  # fmt: skip
    questions.append({"id": "x", "question": "xylophone baroque ?", "answerable": False, "gold": [], "facts": []})
    lines = [json.dumps(question) for question in questions]
    (tmp_path / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "usb").mkdir()
    parrot(tmp_path / "usb" / "perroquet.gguf", "Elle est de 10 euros [S1].")
    monkeypatch.setenv("GREFFIER_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("GREFFIER_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("GREFFIER_ANSWER_TOKENS", "20")
    monkeypatch.setattr(build, "open_embedder", lambda _: WordEmbedder())
    monkeypatch.setattr(build, "open_reranker", lambda _: None)
    return tmp_path


def compare(folder: Path, *arguments: object) -> int:
    return commands.main(["compare", *map(str, arguments), "--questions", str(folder / "questions.jsonl")])


def test_real_models_are_compared_and_their_outcomes_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = ["extracts", folder / "usb" / "perroquet.gguf"]
    assert compare(folder, *models, "--output", folder / "out.json") == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1] == "Le plus petit modèle que rien ne distingue du meilleur : extracts"
    assert "non mesuré" in shown or "Wh" in shown
    kept = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    rows = {row["name"]: row for row in kept["models"]}
    assert rows["extracts"]["measures"]["correct"]["mean"] == 1
    # section 1 rightly, the question without an answer refused, the three others with a figure that is not theirs
    assert rows["perroquet.gguf"]["measures"]["correct"]["mean"] == pytest.approx(2 / 5)
    assert rows["perroquet.gguf"]["measures"]["tokens_in"]["mean"] > 50
    assert 5 < rows["perroquet.gguf"]["measures"]["tokens_out"]["high"] < 40
    assert "tokens_in" not in rows["extracts"]["measures"]
    assert not (folder / "usb" / "checksums.json").exists()
    assert compare(folder, *models, "--json") == 0
    again = capsys.readouterr()
    assert again.err.count("5 questions déjà posées") == 2
    assert json.loads(again.out)["models"] == kept["models"]


def test_an_interrupted_run_goes_on_where_it_was(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    answer = Assistant.answer

    def interrupted(self: Assistant, question: str, **options: object) -> object:
        asked.append(question)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return answer(self, question, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Assistant, "answer", interrupted)
    assert compare(folder, "extracts") == 130
    (log,) = (folder / "store" / "comparisons").iterdir()
    with log.open("a", encoding="utf-8") as stream:
        stream.write('{"model": "extr')  # the power went while a line was written
    assert compare(folder, "extracts") == 0
    assert len(asked) == 4 + 2 and asked[4] == asked[3]
    assert "3 questions déjà posées" in capsys.readouterr().err
    assert compare(folder, "extracts", "--again") == 0
    assert len(asked) == 6 + 5


@pytest.mark.parametrize("setting", ["GREFFIER_GUESSED_TOKENS", "GREFFIER_BATCH_TOKENS"])
def test_seconds_are_measured_anew_under_settings_that_they_depend_on(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    model = folder / "usb" / "perroquet.gguf"
    assert compare(folder, model) == 0
    monkeypatch.setenv(setting, "16")
    capsys.readouterr()
    assert compare(folder, model) == 0
    assert "déjà posées" not in capsys.readouterr().err
    assert compare(folder, model) == 0
    assert "5 questions déjà posées" in capsys.readouterr().err


def test_a_mistyped_model_is_said_before_anything_is_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(folder, "extracts", "qwen9") == 1
    assert "'qwen9'" in capsys.readouterr().err
    assert not (folder / "store" / "comparisons").exists()
    assert compare(folder, "extracts", "--limit", "0") == 1
    with pytest.raises(ModelError, match="Aucun modèle"):
        locate(str(folder / "usb" / "absent.gguf"), Settings(weights=folder / "weights"))
