"""Every knob of the search is turned, every variant is asked the same questions and compared with the product."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from ingest import run as ingestion
from rag.evaluation.items import GoldPage, GoldQuestion, LoosePassage, Query
from rag.settings import Settings
from rag.tuning import Tuning
from tests.bench.ablations import Ask, asking_pages, asking_passages, main, on_pages, on_passages, table, tunings
from tests.fakes import WordEmbedder, readings_of

PASSAGES = [LoosePassage(name, "", f"Le {name} est en bois. Il est rouge.") for name in ("chêne", "hêtre", "frêne")]
QUERIES = [Query(p.pid, f"Le {p.pid} rouge ?", (p.pid,), p.pid) for p in PASSAGES]


def test_each_knob_is_turned_and_nothing_else() -> None:
    turned = dict(tunings(Tuning()))
    assert {name.split(" = ")[0] for name in turned} == {field.name for field in fields(Tuning)}
    assert turned["fusion = lexical"] == replace(Tuning(), fusion="lexical")
    for name, tuning in turned.items():
        changed = {f.name for f in fields(Tuning) if getattr(tuning, f.name) != getattr(Tuning(), f.name)}
        assert changed == {name.split(" = ")[0]}


def asks() -> list[Ask]:
    return [asking_passages("wood", QUERIES, frozenset(p.pid for p in PASSAGES), WordEmbedder())]


def test_every_variant_of_an_index_of_passages_is_a_row() -> None:
    rows = list(on_passages(PASSAGES, asks(), WordEmbedder(), Settings(), [4]))
    names = [row.name for row in rows]
    assert names[0] == "as it is" and names[-2:] == ["chunks of 4 tokens", "without titles"]
    lines = table(rows).splitlines()
    assert lines[0].startswith("| wood (n = 3) | recall@1 |") and len(lines) == len(rows) + 2
    assert lines[2] == "| as it is | 1.000 | 1.000 | 1.000 | 1.000 |  |  |"
    assert "+0.000 (+0.000; +0.000) | 1.000 |" in lines[-1]


def test_the_knobs_alone_need_no_other_index() -> None:
    rows = list(on_passages(PASSAGES, asks(), WordEmbedder(), Settings(), None))
    assert len(rows) == 1 + len(list(tunings(Tuning())))


def test_every_variant_of_an_index_of_pages_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion, "read_ahead", readings_of)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for passage in PASSAGES:
        (corpus / f"{passage.pid}.pdf").write_text(passage.text, encoding="utf-8")
    gold = [GoldQuestion("1", "Le hêtre rouge ?", (), True, (GoldPage("hêtre.pdf", 1, ""),), (), ""),
            GoldQuestion("2", "Et le zinc ?", (), False, (), (), "")]  # fmt: skip
    settings = Settings(corpus=corpus, store=tmp_path / "store", ocr="off")
    rows = list(on_pages([asking_pages("trees", gold, WordEmbedder())], WordEmbedder(), settings, [16]))
    assert [row.name for row in rows][-3:] == [
        "without headings", "without titles and headings", "chunks of 16 tokens",
    ]  # fmt: skip
    assert table(rows).splitlines()[2] == "| as it is | 1.000 | 1.000 | 1.000 |  |  |"


def test_what_goes_together_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--gold", "g.jsonl"])
    assert "--gold with --corpus" in capsys.readouterr().err
