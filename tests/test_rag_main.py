"""The commands: JSON on standard output alone, and every mistake in one French line on standard error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import rag.__main__ as commands
from rag.assistant import Assistant
from rag.errors import ModelError
from rag.settings import Settings
from rag.store import LiveStore
from tests.fakes import ScriptedGenerator, WordEmbedder, make_store

QUESTION = "Quel est le montant de la cotisation annuelle ?"
ANSWER_KEYS = {
    "question", "standalone", "status", "text", "claims", "citations", "passages", "generation", "model", "refusal",
    "truncated", "missing_years", "missing", "cached", "ms",
}  # fmt: skip
DOCUMENTS = {
    "statuts.pdf": ["La cotisation annuelle est de 120 euros."],
    "bureau/notes.pdf": ["La cotisation annuelle du trésorier est oubliée."],
}


@pytest.fixture(autouse=True, scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands") / "store"
    make_store(folder, DOCUMENTS)
    return folder


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch, store: Path) -> list[str | None]:
    """Let the commands open an assistant over fakes; return the models they asked for."""
    asked: list[str | None] = []

    def open_assistant(settings: Settings, model: str | None = None) -> Assistant:
        asked.append(model)
        generator = ScriptedGenerator("Elle est de 120 euros [S1].") if model == "scripted" else None
        assistant = Assistant(LiveStore(settings.store, "words"), WordEmbedder(), settings, generator)
        assert assistant.generation
        return assistant

    monkeypatch.setattr(commands, "open_assistant", open_assistant)
    monkeypatch.setattr(commands, "open_embedder", lambda settings: WordEmbedder())
    monkeypatch.setattr(commands, "open_reranker", lambda settings: None)
    monkeypatch.setenv("GREFFIER_STORE", str(store))
    return asked


class Ran:
    """A command that ran: exit code and what it wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: object) -> None:
        self.code = commands.main([str(argument) for argument in arguments])
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def failed_with(self, text: str) -> bool:
        return (
            self.code == 1
            and self.out == ""
            and self.err.startswith("Erreur : ")
            and self.err.count("\n") == 1
            and text in self.err
        )


def test_search_writes_the_contract_and_nothing_else(
    capsys: pytest.CaptureFixture[str], models: list[str | None]
) -> None:
    ran = Ran(capsys, "search", QUESTION, "--k", 1, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert set(ran.json) == {"question", "generation", "passages", "ms"}
    assert [(p["rank"], p["path"], p["page"]) for p in ran.json["passages"]] == [(1, "statuts.pdf", 1)]
    assert models == ["extracts"]


def test_search_without_json_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert Ran(capsys, "search", QUESTION).out.startswith("1. statuts.pdf, page 1 ")


def test_ask_writes_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "ask", QUESTION, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert set(ran.json) == ANSWER_KEYS
    assert (ran.json["status"], ran.json["model"]) == ("answered", "extracts")
    assert "120 euros" in ran.json["text"] and "\\u" not in ran.out


def test_ask_passes_the_model_on(capsys: pytest.CaptureFixture[str], models: list[str | None]) -> None:
    ran = Ran(capsys, "ask", QUESTION, "--model", "scripted", "--json")
    assert (ran.json["model"], ran.json["ms"]["first_token"] is None, models) == ("scripted", False, ["scripted"])


def test_ask_without_json_shows_quotes_with_their_pages(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Ran(capsys, "ask", QUESTION, "--groups", "public").out.splitlines()
    assert lines == [
        "La cotisation annuelle est de 120 euros. [1]",
        "  [1] statuts.pdf, page 1 : « La cotisation annuelle est de 120 euros. »",
    ]


def test_a_refusal_names_the_nearest_documents(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "ask", "xylophone baroque", "--groups", "public")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "Les documents ne répondent pas à cette question.",
        "  document le plus proche : statuts.pdf",
    ]


@pytest.mark.parametrize(
    ("groups", "paths"),
    [
        ("public", {"statuts.pdf"}),
        ("", {"statuts.pdf"}),
        (" public , bureau ", {"statuts.pdf", "bureau/notes.pdf"}),
    ],
)
def test_groups_restrict_what_is_read(capsys: pytest.CaptureFixture[str], groups: str, paths: set[str]) -> None:
    for command in ("search", "ask"):
        ran = Ran(capsys, command, "cotisation annuelle", "--groups", groups, "--json")
        assert {passage["path"] for passage in ran.json["passages"]} == paths


def test_a_history_file_makes_a_follow_up_stand_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    history = tmp_path / "h.json"
    history.write_text(json.dumps([{"role": "user", "content": QUESTION}]), encoding="utf-8-sig")
    ran = Ran(capsys, "ask", "Et pour les membres ?", "--history", history, "--json")
    assert ran.json["standalone"] == f"Et pour les membres ? ({QUESTION})"


@pytest.mark.parametrize(
    "content",
    [
        "5",
        '[{"role": "system", "content": "x"}]',
        "{}x",
        '{"role": "user"}',
        '[{"role": "user"}]',
        '["bonjour"]',
        '[{"role": "user", "content": 5}]',
    ],
)
def test_a_history_of_the_wrong_form_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str
) -> None:
    history = tmp_path / "h.json"
    history.write_text(content)
    assert Ran(capsys, "ask", "Et ça ?", "--history", history).failed_with("JSON")


def test_a_missing_history_is_one_line_with_its_path(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert Ran(capsys, "ask", QUESTION, "--history", tmp_path / "h.json").failed_with("h.json")


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.parametrize(
    ("question", "says"), [("", "La question est vide"), ("x" * 20_000, "La question compte 20000 caractères")]
)
def test_a_bad_question_is_one_line(capsys: pytest.CaptureFixture[str], command: str, question: str, says: str) -> None:
    assert Ran(capsys, command, question, "--json").failed_with(says)


@pytest.mark.parametrize("command", ["ask", "search"])
def test_no_store_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str) -> None:
    ran = Ran(capsys, command, QUESTION, "--store", tmp_path / "vide", "--json")
    assert ran.failed_with("Aucun index dans vide/")


def test_a_damaged_store_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (make_store(tmp_path, DOCUMENTS) / "manifest.json").write_text("{")
    assert Ran(capsys, "ask", QUESTION, "--store", tmp_path).failed_with("L'index gen-1 est incomplet")


def test_a_wrong_setting_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREFFIER_PASSAGES", "beaucoup")
    assert Ran(capsys, "ask", QUESTION).failed_with("Le réglage passages vaut 'beaucoup'")


def test_a_model_that_cannot_be_had_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(settings: Settings, model: str | None = None) -> Assistant:
        raise ModelError(f"Modèle inconnu : {model}.", f"Unknown model: {model}.")

    monkeypatch.setattr(commands, "open_assistant", refuse)
    assert Ran(capsys, "ask", QUESTION, "--model", "absent").failed_with("Modèle inconnu : absent.")


def test_debug_shows_the_trace_before_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "ask", "", "--debug")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("Traceback (most recent call last):")
    assert ran.err.splitlines()[-1].startswith("Erreur : La question est vide")


@pytest.mark.parametrize("arguments", [[], ["ask"], ["search", "x", "--k", "0"], ["search", "x", "--k", "a"], ["nope"]])
def test_a_wrong_command_line_is_refused(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        commands.main(arguments)
    captured = capsys.readouterr()
    assert (caught.value.code, captured.out) == (1, "")
    assert captured.err.startswith("Erreur : ") and captured.err.count("\n") == 1


def batch(
    capsys: pytest.CaptureFixture[str], folder: Path, *lines: str, encoding: str = "utf-8"
) -> tuple[Ran, list[dict[str, Any]]]:
    """Run a batch over `lines`; return it with what it wrote."""
    (folder / "in.jsonl").write_text("\n".join(lines), encoding=encoding)
    ran = Ran(capsys, "batch", folder / "in.jsonl", folder / "out.jsonl")
    written = folder / "out.jsonl"
    text = written.read_text(encoding="utf-8") if written.exists() else ""
    return ran, [json.loads(line) for line in text.split("\n") if line]


def test_a_batch_answers_each_line_and_loads_models_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, models: list[str | None]
) -> None:
    first = json.dumps({"id": 1, "question": QUESTION, "history": None})
    second = json.dumps({"id": "b", "question": "Et ça ?", "history": [{"role": "user", "content": QUESTION}]})
    ran, answers = batch(capsys, tmp_path, first, "", second, "")
    assert (ran.code, ran.out) == (0, "")
    assert [answer["id"] for answer in answers] == [1, "b"]
    assert all(set(answer) == {"id", *ANSWER_KEYS} for answer in answers)
    assert answers[1]["standalone"] == f"Et ça ? ({QUESTION})"
    assert models == [None]
    assert "2/2" in ran.err


def test_one_bad_question_of_a_batch_does_not_lose_the_others(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lines = [
        {"id": 1, "question": ""},
        {"id": 2, "question": "x" * 20_000},
        {"id": 3, "question": QUESTION, "history": [{"role": "user", "content": 5}]},
        {"id": 4, "question": QUESTION},
    ]
    ran, answers = batch(capsys, tmp_path, *map(json.dumps, lines))
    assert ran.code == 0
    assert [set(answer) for answer in answers[:3]] == [{"id", "question", "error"}] * 3
    assert answers[0]["error"].startswith("La question est vide")
    assert answers[3]["status"] == "answered"


def test_unusual_line_separators_inside_a_question_end_no_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    line = json.dumps({"id": 1, "question": "Quelle\u2028est\u0085la cotisation annuelle ?"}, ensure_ascii=False)
    ran, answers = batch(capsys, tmp_path, line, encoding="utf-8-sig")
    assert ran.code == 0
    assert [answer["question"] for answer in answers] == ["Quelle est la cotisation annuelle ?"]


@pytest.mark.parametrize("line", ["{", "5", "[]", '"x"', '{"id": 1}', '{"question": "x"}', '{"id": 1, "question": 5}'])
def test_a_bad_line_of_a_batch_is_named_before_anything_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, models: list[str | None], line: str
) -> None:
    ran, answers = batch(capsys, tmp_path, json.dumps({"id": 1, "question": QUESTION}), line)
    assert ran.failed_with("in.jsonl, ligne 2 : il faut un objet JSON avec « id » et « question ».")
    assert answers == [] and models == []


def test_a_batch_that_cannot_be_read_or_written_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert Ran(capsys, "batch", tmp_path / "in.jsonl", tmp_path / "o").failed_with("Impossible de lire")
    (tmp_path / "in.jsonl").write_bytes(b'{"id": 1, "question": "\xe9"}')
    assert Ran(capsys, "batch", tmp_path / "in.jsonl", tmp_path / "o").failed_with("UTF-8")
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": 1, "question": QUESTION}))
    ran = Ran(capsys, "batch", tmp_path / "in.jsonl", tmp_path / "absent" / "o")
    assert ran.failed_with("Impossible d'écrire")


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    file = tmp_path / "gold.jsonl"
    items = [
        {"id": 1, "question": QUESTION, "answerable": True, "gold": [{"file": "statuts.pdf", "page": 1}],
         "facts": ["120 euros|120 €"], "kind": "number"},
        {"id": 2, "question": "xylophone baroque", "answerable": False, "gold": [], "facts": []},
    ]  # fmt: skip
    file.write_text("\n".join(map(json.dumps, items)))
    return file


def test_evaluate_counts_pages_citations_and_refusals(capsys: pytest.CaptureFixture[str], gold: Path) -> None:
    ran = Ran(capsys, "evaluate", "--gold", gold, "--json")
    assert ran.code == 0 and "gold 2/2" in ran.err
    (found,) = ran.json["sets"]
    assert found["name"] == "gold"
    means = {name: estimate["mean"] for name, estimate in found["measures"].items()}
    assert means["page@1"] == means["right"] == means["citation_recall"] == 1
    assert means["citation_precision"] == 1  # the treasurer's note has no amount, which is what is asked
    assert means["refused"] == means["answered"] == 0
    table = Ran(capsys, "evaluate", "--gold", gold).out
    assert "| page attendue dans les 5 premiers passages | 1,000 (1 ; 0,207–1,000) |" in table
    assert "| number | 1 |" in table


def test_evaluate_searches_loose_passages(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    passages, more, questions = tmp_path / "p.jsonl", tmp_path / "more.jsonl", tmp_path / "q.jsonl"
    passages.write_text(json.dumps({"pid": "cot", "text": "La cotisation annuelle est de 120 euros."}))
    more.write_text(json.dumps({"pid": "vit", "text": "Le vitrage est calé."}))
    questions.write_text(json.dumps({"qid": 1, "question": QUESTION, "gold_pids": ["cot"], "answers": []}))
    ran = Ran(capsys, "evaluate", "--questions", questions, "--passages", passages, "--passages", more, "--json",
              "--cache", tmp_path / "cache.sqlite")  # fmt: skip
    assert ran.code == 0
    assert ran.json["embedder"] == "words" and ran.json["generation"] == ""
    (found,) = ran.json["sets"]
    assert (found["name"], found["measures"]["mrr@10"]["mean"], found["ms"].keys()) == (
        "q", 1.0, {"search_ms", "retrieve_ms"},
    )  # fmt: skip


def test_evaluate_keeps_a_result_and_compares_with_it(
    capsys: pytest.CaptureFixture[str], gold: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.json"
    assert Ran(capsys, "evaluate", "--gold", gold, "--output", kept).code == 0
    against = Ran(capsys, "evaluate", "--gold", gold, "--against", kept).out
    row = "| gold | page attendue dans les 5 premiers passages | 1,000 | 1,000 | +0,000 (+0,000 ; +0,000), n = 1 |"
    assert row in against and "| mesure |" in against
    compared = Ran(capsys, "evaluate", "--compare", kept, kept)
    assert row in compared.out and compared.err == ""
    (first, *_) = Ran(capsys, "evaluate", "--compare", kept, kept, "--json").json["comparisons"]
    assert (first["measure"], first["difference"]["p"]) == ("page@1", 1.0)


def test_evaluate_fills_a_block_with_its_command(
    capsys: pytest.CaptureFixture[str], gold: Path, tmp_path: Path
) -> None:
    page = tmp_path / "quality.md"
    page.write_text("# Q\n<!-- evaluate: own -->\n<!-- end -->\n")
    assert Ran(capsys, "evaluate", "--gold", gold, "--write", page, "--block", "own").code == 0
    lines = page.read_text().splitlines()
    assert lines[:3] == ["# Q", "<!-- evaluate: own -->", f"`python -m rag evaluate --gold {gold}`"]
    assert "| faits attendus dans la réponse | 1,000 (1 ; 0,207–1,000) |" in lines and lines[-1] == "<!-- end -->"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--questions", "q.jsonl"], "--questions et --passages vont ensemble"),
        (["--passages", "p.jsonl"], "--questions et --passages vont ensemble"),
        (["--write", "q.md"], "--write et --block vont ensemble"),
        (["--limit", "0"], "--limit vaut 0"),
        (["--compare", "absent.json", "absent.json"], "Impossible de lire absent.json"),
        (["--gold", "absent.jsonl"], "Impossible de lire absent.jsonl"),
        ([], "n'est dans l'index"),
    ],
)
def test_evaluate_says_what_it_cannot_measure(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert Ran(capsys, "evaluate", *arguments).failed_with(said)
