"""Which model opens for which settings, with real tiny weights."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import models.choose as choose
import models.llama as llama
from models.catalogue import find, read_catalogue
from models.choose import open_embedder, open_generator, open_reranker
from models.gguf_files import Candidate, candidates
from models.gguf_header import Header
from models.hardware import Machine
from models.integrity import read_record
from models.plan import gpu_layers, plan
from models.process import ProcessGenerator
from models.wire import Load
from rag.errors import ModelError
from rag.files import sha256_of
from rag.ports import Generator, Message
from rag.settings import Settings
from tests.tiny_gguf import babbler, parrot

SMALL = Machine(system="Linux x86_64", cores=2, memory=4000, free=3000, instructions=())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    weights = tmp_path / "weights"
    weights.mkdir()
    return Settings(weights=weights, store=tmp_path / "store", gpu_layers=0)


@pytest.fixture(autouse=True)
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ProcessGenerator]]:
    """Keep the models that a test opens, and end their processes after it."""
    opened: list[ProcessGenerator] = []

    class Kept(ProcessGenerator):
        def __init__(self, load: Load, *, patience: float) -> None:
            super().__init__(load, patience=patience)
            opened.append(self)

    monkeypatch.setattr(choose, "ProcessGenerator", Kept)
    yield opened
    for generator in opened:
        generator.close()


def why_unusable(generator: Generator | None) -> str:
    """Return the reason of a generator that only says why there is none."""
    assert generator is not None and generator.health().state == "failed"
    return str(generator.health().problem)


def candidate(file: Path, megabytes: int, *, name: str = "", layers: int = 10) -> Candidate:
    """A file that says it is as large as wanted without filling the disk."""
    with file.open("wb") as stream:
        stream.truncate(megabytes * 1_000_000)
    header = Header("llama", file.stem, 4096, layers, 0, True, 1, 1)
    return Candidate(file, header, find(read_catalogue(), name))


def test_without_weights_there_is_no_generator_and_no_reranker(settings: Settings) -> None:
    assert open_generator(settings) is None
    assert open_reranker(settings) is None
    assert open_generator(replace(settings, weights=settings.weights / "absent")) is None


def test_any_dropped_chat_model_is_enough(settings: Settings) -> None:
    parrot(settings.weights / "modele.gguf", "Oui, dix jours [S1].")
    generator = open_generator(settings)
    assert generator is not None
    assert generator.id == "modele.gguf"
    assert "".join(p.text for p in generator.stream([Message("user", "?")], max_tokens=50)) == "Oui, dix jours [S1]."


def test_extracts_mode_can_be_forced_by_argument_and_by_setting(settings: Settings) -> None:
    babbler(settings.weights / "modele.gguf")
    assert open_generator(settings, "extracts") is None
    assert open_generator(replace(settings, generator="extracts")) is None


def test_an_argument_goes_before_the_setting(settings: Settings) -> None:
    babbler(settings.weights / "a.gguf")
    babbler(settings.weights / "b.gguf")
    generator = open_generator(replace(settings, generator="extracts"), "b.gguf")
    assert generator is not None
    assert generator.id == "b.gguf"


def test_an_unknown_name_says_what_there_is(settings: Settings) -> None:
    babbler(settings.weights / "a.gguf")
    with pytest.raises(ModelError, match=r"'b.gguf' ici. Présents : a.gguf, extracts"):
        open_generator(settings, "b.gguf")
    with pytest.raises(ModelError, match="qwen3-4b"):
        open_generator(settings, "qwen3-4b")
    with pytest.raises(ModelError, match="all-minilm-l6-fr, all-minilm-l6-v2"):
        open_embedder(replace(settings, embedder="nope"))
    with pytest.raises(ModelError, match="Présents : aucun"):
        open_reranker(replace(settings, reranker="qwen3-4b"))


def test_a_name_cannot_lead_out_of_the_weights_folder(settings: Settings) -> None:
    babbler(settings.weights.parent / "dehors.gguf")
    with pytest.raises(ModelError, match="Aucun modèle"):
        open_generator(settings, "../dehors.gguf")


def test_bad_files_are_reported_and_passed_over(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    good = parrot(settings.weights / "bon.gguf", "Oui non.").read_bytes()
    (settings.weights / "coupé.gguf").write_bytes(good[:-2000])
    (settings.weights / "petit.gguf").write_bytes(good[:37])
    (settings.weights / "photo.gguf").write_bytes(b"\x89PNG" + bytes(5000))
    with caplog.at_level(logging.WARNING):
        generator = open_generator(settings)
    assert generator is not None
    assert generator.id == "bon.gguf"
    for name in ("coupé.gguf", "petit.gguf", "photo.gguf"):
        assert name in caplog.text
    with pytest.raises(ModelError, match="37 octets"):
        open_generator(settings, "petit.gguf")


def test_a_file_that_kills_llama_cpp_kills_only_the_inference_process(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    good = parrot(settings.weights / "bon.gguf", "Oui non.").read_bytes()
    # whole by its header, but its vocabulary says that token 4 does not exist
    bad = good.replace(b"tokenizer.ggml.eot_token_id", b"tokenizer.ggml.eot_token_xx").replace(
        b"llama.attention.head_count\x04\x00\x00\x00\x04", b"llama.attention.head_count\x04\x00\x00\x00\x00"
    )
    assert len(bad) == len(good) and bad != good
    (settings.weights / "tueur.gguf").write_bytes(bad)
    with pytest.raises(ModelError, match="tueur.gguf"):
        open_generator(settings, "tueur.gguf")
    assert "tueur.gguf" not in read_record(settings.weights)
    assert open_generator(settings) is not None


def test_a_model_is_recorded_at_first_use_and_refused_when_it_changes(settings: Settings) -> None:
    file = babbler(settings.weights / "modele.gguf")
    assert open_generator(settings) is not None
    known = read_record(settings.weights)
    assert known == {"modele.gguf": sha256_of(file)}
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelError, match="n'est plus celui"):
        open_generator(settings, "modele.gguf")
    assert why_unusable(open_generator(settings)).startswith("Le fichier de modèle 'modele.gguf' n'est plus celui")


def test_without_llama_cpp_auto_gives_extracts_and_a_name_gives_an_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    babbler(settings.weights / "modele.gguf")
    monkeypatch.setattr(choose, "available", lambda: False)
    assert "llama-cpp-python n'est pas installé" in why_unusable(open_generator(settings))
    assert "llama-cpp-python n'est pas installé" in caplog.text
    with pytest.raises(ModelError, match="make run"):
        open_generator(settings, "modele.gguf")


def test_the_share_of_layers_that_fits_goes_to_the_gpu(tmp_path: Path) -> None:
    large = candidate(tmp_path / "grand.gguf", 7400, layers=40)  # 8000 MB with its overhead
    machine = replace(SMALL, gpu="NVIDIA", gpu_memory=4000)
    assert gpu_layers(large, machine, Settings()) == 17
    assert gpu_layers(large, replace(machine, gpu_memory=24000), Settings()) == -1
    assert gpu_layers(large, SMALL, Settings()) == -1
    assert gpu_layers(large, machine, Settings(gpu_layers=5)) == 5


def test_each_choice_has_its_reason_and_a_setting_goes_first(tmp_path: Path) -> None:
    model = candidate(tmp_path / "m.gguf", 400, layers=40)
    chosen = plan(model, SMALL, Settings())
    assert (chosen.context, chosen.threads, chosen.batch, chosen.gpu_layers, chosen.memory) == (4096, 2, 128, -1, 1000)
    assert chosen.reasons == (
        "mémoire : environ 1000 Mo (poids 400 + cache 0 + tampons 600)",
        "contexte : 4096 unités (réglage context_tokens)",
        "carte graphique : aucune trouvée, tout se calcule sur le processeur",
        "fils : 2, un par cœur physique (deux sur un cœur se gênent)",
        "lot : 128 unités, pour pouvoir s'arrêter vite",
    )
    own = plan(model, SMALL, Settings(context_tokens=9000, threads=7, batch_tokens=64, gpu_layers=3))
    # what is said is what is done: no more than the model was trained for
    assert (own.context, own.threads, own.batch, own.gpu_layers) == (4096, 7, 64, 3)
    assert "contexte : 4096 unités, ce que le modèle a appris (réglage context_tokens : 9000)" in own.reasons
    assert sum("réglage" in reason for reason in own.reasons) == 4
    with_gpu = plan(model, replace(SMALL, gpu="NVIDIA", gpu_memory=9000, gpu_free=500), Settings())
    assert (with_gpu.gpu_layers, with_gpu.batch) == (20, 512)
    assert "carte graphique : 20 couches sur 40, ce qui tient dans 500 Mo" in with_gpu.reasons


def test_a_card_that_llama_cpp_was_not_built_for_is_no_card(tmp_path: Path) -> None:
    model = candidate(tmp_path / "m.gguf", 400, layers=40)
    idle = replace(SMALL, gpu="NVIDIA H100", gpu_memory=80_000, gpu_free=79_000, gpu_served=False)
    chosen = plan(model, idle, Settings())
    assert (chosen.gpu_layers, chosen.batch) == (0, 128)
    (said,) = [reason for reason in chosen.reasons if reason.startswith("carte graphique")]
    assert "NVIDIA H100 est là, mais llama.cpp est installé sans elle" in said
    assert "python3 -m models.setup --force" in said
    # who wants none is told of none
    assert "réglage gpu_layers" in plan(model, idle, Settings(gpu_layers=0)).reasons[2]
    assert plan(model, replace(idle, gpu_served=True), Settings()).gpu_layers == -1


def test_the_library_itself_is_asked_whether_it_was_built_for_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    import llama_cpp

    llama.serves_gpu.cache_clear()
    assert llama.serves_gpu() == llama_cpp.llama_supports_gpu_offload()
    with_card = replace(SMALL, gpu="NVIDIA", gpu_memory=9000)
    for serves in (True, False):
        monkeypatch.setattr(llama, "serves_gpu", lambda serves=serves: serves)
        assert llama.as_llama_sees(with_card) == replace(with_card, gpu_served=serves)
    assert llama.as_llama_sees(SMALL) == SMALL  # nobody asks where there is no card


def test_one_file_too_large_for_what_is_free_leaves_a_reason_and_not_silence(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    babbler(settings.weights / "modele.gguf")
    monkeypatch.setattr(choose, "inspect", lambda: replace(SMALL, free=300))
    why = why_unusable(open_generator(settings))
    assert "'modele.gguf' n'est pas chargé, trop grand pour la mémoire libre" in why
    assert "(300 libres sur 4000)" in why


def test_an_incomplete_model_does_not_keep_auto_from_the_others(settings: Settings) -> None:
    babbler(settings.weights / "grand.gguf", split=8)
    max(settings.weights.iterdir()).unlink()
    assert "il manque grand-00003-of-00003.gguf" in why_unusable(open_generator(settings))
    babbler(settings.weights / "petit.gguf")
    generator = open_generator(settings)
    assert generator is not None and generator.id == "petit.gguf"


def test_the_memory_need_grows_with_the_context(tmp_path: Path) -> None:
    babbler(tmp_path / "modele.gguf", context=100_000)
    (item,) = candidates(tmp_path)
    assert item.memory(100_000) - item.memory(10_000) == 90_000 * item.header.cache_bytes // 1_000_000


def test_the_default_embedder_opens_without_any_file(settings: Settings) -> None:
    for name in (settings.embedder, "all-minilm-l6-v2"):
        embedder = open_embedder(replace(settings, embedder=name))
        assert embedder.id.startswith(f"{name}@")
        assert (embedder.dimensions, embedder.max_tokens) == (384, 254)


def test_a_missing_embedder_says_how_to_get_it(settings: Settings) -> None:
    with pytest.raises(ModelError, match="models fetch multilingual-e5-small"):
        open_embedder(replace(settings, embedder="multilingual-e5-small"))
