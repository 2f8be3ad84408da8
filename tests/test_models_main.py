"""`python -m models` and what is behind it: list, fetch, import, verify."""

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import models.__main__ as commands
import models.download as download
import models.speed as speed
from models.__main__ import main
from models.catalogue import Entry
from models.download import bring_in, fetch
from models.hardware import Machine
from models.integrity import read_record
from models.speed import tokens_a_second
from rag.errors import ModelError
from rag.files import sha256_of
from tests.tiny_gguf import babbler

TINY = Entry("tiny", "generator", "MIT", ("fr",), 1, 1, "", hub="maison/tiny", files=("tiny.gguf",))
FOLDER = Entry(
    "petit-e5", "embedder", "MIT", ("fr",), 1, 1, "", hub="maison/e5", files=("config.json", "model.safetensors")
)


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "weights"
    monkeypatch.setenv("GREFFIER_WEIGHTS", str(folder))
    return folder


class Hub:
    """A hub with one repository; counts what it was asked for."""

    def __init__(self, files: dict[str, bytes], commit: str = "c0ffee") -> None:
        self.files = files
        self.commit = commit
        self.asked: list[str] = []

    def api(self) -> Any:
        def repo_info(_: str, *, revision: str, timeout: float) -> Any:
            self.asked.append(revision)
            return SimpleNamespace(sha=self.commit if revision == "main" else revision)

        return SimpleNamespace(repo_info=repo_info)

    def bring_large(self, _: Any, repository: str, file: str, commit: str, waiting: Path) -> None:
        self.snapshot_download(repository, revision=commit, local_dir=waiting)

    def snapshot_download(self, _: str, *, revision: str, local_dir: Path, **__: Any) -> None:
        self.asked.append(revision)
        for name, content in self.files.items():
            (local_dir / name).parent.mkdir(parents=True, exist_ok=True)
            (local_dir / name).write_bytes(content)


@pytest.fixture
def put_online(monkeypatch: pytest.MonkeyPatch) -> Any:
    def connect(hub: Hub) -> Hub:
        import huggingface_hub.errors as errors

        library = SimpleNamespace(HfApi=hub.api, snapshot_download=hub.snapshot_download)
        monkeypatch.setattr(download, "_hub", lambda: (library, errors))
        monkeypatch.setattr(download, "_bring_large", hub.bring_large)
        monkeypatch.setattr(download, "_check_reachable", lambda _: None)
        return hub

    return connect


def test_list_says_what_is_there_and_what_fits(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights.mkdir()
    babbler(weights / "Qwen3-4B-Q4_K_M.gguf")
    babbler(weights / "maison.gguf")
    assert main(["list", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in shown["models"]}
    assert rows["all-minilm-l6-v2"]["present"] and rows["qwen3-4b"]["present"]
    assert not rows["qwen3-8b"]["present"]
    assert shown["files"] == ["maison.gguf"]
    assert shown["machine"]["cores"] >= 1
    assert shown["bandwidth"] > 1e8
    assert rows["qwen3-4b"]["memory"] == 3700 and rows["qwen3-4b"]["cache"] == 600
    assert shown["plans"]["maison.gguf"]["threads"] == shown["machine"]["cores"]
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    assert "Réglages pour maison.gguf, et pourquoi" in text
    assert "maison.gguf" in text and "qwen3-8b" in text and "Mo de mémoire" in text


def test_list_says_which_file_auto_takes_and_why_none_of_the_others(
    weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    weights.mkdir()
    babbler(weights / "Qwen3-4B-Q4_K_M.gguf")
    babbler(weights / "maison.gguf")
    for name, megabytes in (("lent.gguf", 2000), ("enorme.gguf", 9000)):
        with babbler(weights / name).open("ab") as stream:
            stream.truncate(megabytes * 1_000_000)
    (weights / "photo.gguf").write_bytes(b"\x89PNG" + bytes(5000))
    max(babbler(weights / "m.gguf", split=11).parent.glob("m-*")).unlink()
    small = Machine(system="Linux x86_64", cores=2, memory=8000, free=4000, instructions=())
    monkeypatch.setattr(commands, "inspect", lambda: small)
    monkeypatch.setattr(commands, "pace", lambda _: 4e9)
    monkeypatch.setattr(commands, "available", lambda: True)
    assert main(["list", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["state"]) for one in shown["auto"]] == [
        ("qwen3-4b", "taken"), ("maison.gguf", "reserve"), ("lent.gguf", "slow"), ("enorme.gguf", "too_large"),
    ]  # fmt: skip
    assert shown["auto"][2]["tokens_per_second"] == 2.0
    assert len(shown["unusable"]) == 2
    assert main(["list"]) == 0
    captured = capsys.readouterr()
    said = captured.out.partition("Le choix automatique")[2].partition("\n\n")[0].splitlines()[1:]
    assert [line.strip().partition(" : ")[0] for line in said] == [
        "→ qwen3-4b", "- maison.gguf", "- lent.gguf", "- enorme.gguf",
        "- Le modèle 'm' est en 2 parties ; il manque m-00002-of-00002.gguf. Copiez-les aussi.",
        "- Le fichier 'photo.gguf' ne peut pas servir de modèle",
    ]  # fmt: skip
    assert "trop lent, environ 2,0 unités/s" in said[2]
    assert "il faut 9600 Mo, 3400 sont utilisables en ce moment (4000 libres sur 8000)" in said[3]
    assert captured.err == ""  # said once
    assert "Il ne sert pas" not in captured.out
    monkeypatch.setenv("GREFFIER_GENERATOR", "maison.gguf")
    assert main(["list"]) == 0
    assert 'Il ne sert pas : le réglage generator vaut "maison.gguf"' in capsys.readouterr().out


def test_list_says_that_there_is_nothing_for_auto_to_take(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    assert "aucun fichier GGUF utilisable : Greffier répond par extraits" in capsys.readouterr().out


def test_memory_follows_the_context_and_speed_the_bytes_that_are_read() -> None:
    entry = Entry("m", "generator", "MIT", ("fr",), 2500, 3700, "", hub="a/b", files=("m.gguf",))
    assert (entry.memory_for(4096), entry.memory_for(8192), entry.cache(8192)) == (3700, 4300, 1200)
    assert FOLDER.cache(4096) == 0
    assert tokens_a_second(2500, 600, 28e9) == pytest.approx(10)


def test_a_busy_machine_and_many_cores_do_not_change_what_a_core_can_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "bandwidth", lambda threads: 27e9)
    assert (speed.pace(2), speed.pace(16)) == (10e9, 27e9)
    waits = iter([5.0, 5.1, 5.1, 5.3])  # of the processor's clock, whatever the wall's says
    monkeypatch.setattr("models.speed.time.thread_time", lambda: next(waits))
    pair = (np.ones(8, np.uint8), np.zeros(8, np.uint8))
    assert speed._copied(pair) == pytest.approx(0.1) and speed._copied(pair) == pytest.approx(0.2)
    assert pair[1].all()


def test_fetch_without_the_hub_tells_how_to_bring_the_file_by_hand(
    weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert main(["fetch", "qwen3-1.7b", "--accept-licence"]) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert "injoignable" in line
    assert "https://huggingface.co/Qwen/Qwen3-1.7B-GGUF" in line
    assert "python -m models import" in line
    assert not (weights / "Qwen3-1.7B-Q8_0.gguf").exists()


def test_fetch_needs_a_known_name_and_an_accepted_licence(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "gpt-5"]) == 1
    assert "qwen3-4b" in capsys.readouterr().err
    assert main(["fetch", "gemma-3-4b"]) == 1
    assert "licence Gemma" in capsys.readouterr().err


def test_the_licence_is_asked_on_a_terminal_and_a_no_downloads_nothing(
    weights: Path, put_online: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    content = babbler(weights.parent / "source.gguf").read_bytes()
    hub = put_online(Hub({"SmolLM3-Q4_K_M.gguf": content}))
    for word, code in (("non", 1), ("oui", 0)):
        terminal = io.StringIO(word + "\n")
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr("sys.stdin", terminal)
        assert main(["fetch", "smollm3-3b"]) == code
        shown = capsys.readouterr().err
        assert "Apache-2.0" in shown and "Acceptez-vous cette licence" in shown
        assert bool(hub.asked) == (word == "oui")
    assert (weights / "SmolLM3-Q4_K_M.gguf").read_bytes() == content


def test_a_fetched_model_is_checked_recorded_and_pinned_to_its_revision(weights: Path, put_online: Any) -> None:
    content = babbler(weights.parent / "source.gguf").read_bytes()
    hub = put_online(Hub({"tiny.gguf": content}))
    assert fetch(TINY, weights) == weights / "tiny.gguf"
    assert read_record(weights)["tiny.gguf"] == sha256_of(weights / "tiny.gguf")
    assert hub.asked == ["main", "c0ffee"]
    (weights / "tiny.gguf").unlink()
    hub.commit = "badcafe"
    fetch(TINY, weights)
    assert hub.asked[2:] == ["c0ffee", "c0ffee"]
    assert not list((weights / ".downloads").iterdir())


def test_a_fetched_folder_is_put_in_place_whole(weights: Path, put_online: Any) -> None:
    put_online(Hub({"config.json": b"{}", "model.safetensors": b"poids", ".cache/huggingface/x.json": b"{}"}))
    assert fetch(FOLDER, weights) == weights / "petit-e5"
    assert sorted(name for name in read_record(weights) if "/" in name and not name.startswith(".")) == [
        "petit-e5/config.json", "petit-e5/model.safetensors",
    ]  # fmt: skip
    assert not (weights / "petit-e5" / ".cache").exists()


def test_other_bytes_than_recorded_are_not_installed(weights: Path, put_online: Any) -> None:
    hub = put_online(Hub({"tiny.gguf": babbler(weights.parent / "a.gguf", seed=1).read_bytes()}))
    fetch(TINY, weights)
    before = sha256_of(weights / "tiny.gguf")
    hub.files = {"tiny.gguf": babbler(weights.parent / "b.gguf", seed=2).read_bytes()}
    with pytest.raises(ModelError, match="n'a pas été installé"):
        fetch(TINY, weights)
    assert sha256_of(weights / "tiny.gguf") == before


def test_a_damaged_or_missing_file_of_the_hub_is_not_installed(weights: Path, put_online: Any) -> None:
    put_online(Hub({"tiny.gguf": b"<html>404</html>"}))
    with pytest.raises(ModelError, match="pas un fichier GGUF"):
        fetch(TINY, weights)
    put_online(Hub({"config.json": b"{}"}))
    with pytest.raises(ModelError, match="model.safetensors"):
        fetch(FOLDER, weights)
    assert not (weights / "tiny.gguf").exists() and not (weights / "petit-e5").exists()


def test_a_full_disk_is_told_before_the_download(
    weights: Path, put_online: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = put_online(Hub({}))
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10_000))
    with pytest.raises(ModelError, match="Libérez de la place"):
        fetch(TINY, weights)
    assert hub.asked == []


def test_there_is_nothing_to_fetch_for_the_embedded_model(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "all-minilm-l6-v2", "--accept-licence"]) == 1
    assert "rien à télécharger" in capsys.readouterr().err


def test_an_imported_file_is_copied_recorded_and_verified(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = babbler(weights.parent / "clé.gguf")
    assert main(["import", str(source)]) == 0
    assert (weights / "clé.gguf").read_bytes() == source.read_bytes()
    assert main(["verify", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["ok"] and shown["files"]["clé.gguf"] == "ok"
    (weights / "clé.gguf").write_bytes(b"?")
    assert main(["verify"]) == 1
    assert "MODIFIÉ                clé.gguf" in capsys.readouterr().out


def test_importing_again_replaces_file_and_record(weights: Path) -> None:
    source = babbler(weights.parent / "m.gguf", seed=1)
    bring_in(source, weights)
    babbler(source, seed=2)
    bring_in(source, weights)
    assert read_record(weights) == {"m.gguf": sha256_of(source)}


def test_a_folder_is_imported_under_its_name_in_the_catalogue(weights: Path) -> None:
    source = weights.parent / "téléchargement"
    (source / "1_Pooling").mkdir(parents=True)
    (source / "1_Pooling" / "config.json").write_text("{}")
    (source / "model.safetensors").write_bytes(b"poids")
    with pytest.raises(ModelError, match="--name parmi : .*multilingual-e5-small"):
        bring_in(source, weights)
    assert bring_in(source, weights, "multilingual-e5-small") == weights / "multilingual-e5-small"
    assert sorted(read_record(weights)) == [
        "multilingual-e5-small/1_Pooling/config.json", "multilingual-e5-small/model.safetensors",
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"GGUF" + bytes(30)])
def test_what_is_no_model_is_not_imported(weights: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    source = weights.parent / "faux.gguf"
    source.write_bytes(content)
    assert main(["import", str(source)]) == 1
    assert "faux.gguf" in capsys.readouterr().err
    assert not (weights / "faux.gguf").exists()
    assert main(["import", str(weights.parent / "absent.gguf")]) == 1
    assert "n'existe pas" in capsys.readouterr().err


def test_a_file_gets_the_ending_by_which_it_is_found(weights: Path) -> None:
    assert bring_in(babbler(weights.parent / "modele.bin"), weights) == weights / "modele.gguf"
