"""The catalogue as it is shipped, and as it may be spoilt."""

from pathlib import Path

import pytest

from models.catalogue import Sampling, find, read_catalogue, sampling_for
from rag.errors import ModelError
from rag.settings import Settings

ENTRIES = read_catalogue()
OPEN = ("Apache-2.0", "MIT")


def of(role: str) -> list[str]:
    return [entry.name for entry in ENTRIES if entry.role == role]


def test_it_names_what_the_readme_promises() -> None:
    assert len([e for e in ENTRIES if e.role == "embedder" and "fr" in e.languages]) >= 3
    assert len(of("reranker")) >= 2
    assert len(of("entailer")) >= 1
    assert len(of("generator")) >= 5


def test_the_default_embedder_comes_with_a_package() -> None:
    entry = find(ENTRIES, Settings().embedder)
    assert entry is not None
    assert entry.package == "models.french"
    assert entry.place == entry.page == ""


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_each_entry_is_complete_and_plausible(entry: object) -> None:
    (entry,) = [e for e in ENTRIES if e is entry]
    assert 0 < entry.megabytes < 6000
    assert entry.megabytes < entry.memory
    assert entry.note and entry.licence and entry.languages
    if entry.role == "generator":
        assert entry.place.endswith(".gguf")
        assert "fr" in entry.languages
        assert entry.sampling.temperature <= 0.2
    elif entry.hub:
        assert entry.place == entry.name
        assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(entry.files)
    if entry.role == "embedder":
        assert entry.dimensions and entry.longest


def test_open_licences_come_before_others() -> None:
    for role in ("embedder", "reranker", "entailer", "generator"):
        licences = [entry.licence in OPEN for entry in ENTRIES if entry.role == role]
        assert licences == sorted(licences, reverse=True)


def test_no_two_models_share_a_place() -> None:
    places = [entry.place for entry in ENTRIES if entry.place]
    assert len(places) == len(set(places))


def test_a_generator_is_found_by_its_file_too() -> None:
    assert find(ENTRIES, "Qwen3-4B-Q4_K_M.gguf") is find(ENTRIES, "qwen3-4b") is not None
    assert find(ENTRIES, "config.json") is None


@pytest.mark.parametrize(
    "text",
    [
        "[x",
        '[x]\nrole = "poet"\nhub = "a/b"',
        '[x]\nrole = "generator"\nhub = "a/b"\ncolour = "blue"',
        '[x]\nrole = "generator"\nlicence = "MIT"\nlanguages = []\nmegabytes = 1\nmemory = 1\nnote = ""\nhub = "a/b"',
        '[x]\nrole = "generator"\nlicence = "MIT"\nlanguages = []\nmegabytes = 1\nmemory = 1\nnote = ""',
    ],
)
def test_a_spoilt_catalogue_is_a_clean_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "catalogue.toml").write_text(text)
    with pytest.raises(ModelError, match=r"catalogue\.toml est abîmé"):
        read_catalogue(tmp_path / "catalogue.toml")


def test_sampling_has_sober_defaults() -> None:
    assert Sampling().temperature == 0.1


@pytest.mark.parametrize(
    ("served", "name"),
    [
        ("Qwen/Qwen3-8B", "qwen3-8b"), ("Qwen/Qwen3-8B-AWQ", "qwen3-8b"), ("Qwen/Qwen3-8B-GGUF", "qwen3-8b"),
        ("qwen3:8b", "qwen3-8b"), ("/srv/models/Qwen3-1.7B-Q8_0.gguf", "qwen3-1.7b"),
        ("HuggingFaceTB/SmolLM3-3B", "smollm3-3b"), ("mistralai/Ministral-3-3B-Instruct-2512", "ministral-3-3b"),
    ],
)  # fmt: skip
def test_what_a_server_calls_a_model_is_drawn_as_the_catalogue_says(served: str, name: str) -> None:
    entries = read_catalogue()
    entry = find(entries, name)
    assert entry is not None and sampling_for(entries, served) is entry.sampling


@pytest.mark.parametrize("served", ["", "gpt-oss-20b", "Qwen/Qwen3-80B", "all-minilm-l6-v2", "qwen3"])
def test_a_model_that_the_catalogue_does_not_know_is_drawn_as_usual(served: str) -> None:
    assert sampling_for(read_catalogue(), served) == Sampling()
