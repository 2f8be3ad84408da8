"""Files are read and texts embedded where the settings say. Run: python -m pytest tests/test_ingest_executors.py"""

import gc
import importlib.util
import pickle
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from ingest import executors, run
from ingest.executors import embed_there, open_stages
from ingest.guard import hear
from ingest.progress import Silent
from ingest.raw import Heard
from rag.errors import ClusterError, SettingsError
from rag.settings import Settings
from rag.store import LiveStore
from tests import pdfs
from tests.fakes import WordEmbedder

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="the optional group cluster (distributed) is not installed"
)


def open_words(_: Settings) -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    (tmp_path / "corpus").mkdir()
    for name, year in (("a", "dix"), ("b", "onze"), ("c", "douze")):
        pdfs.text(tmp_path / "corpus" / f"{name}.pdf", [[f"Le joint dure {year} ans.", "Le vitrage repose."]])
    monkeypatch.setattr(run, "prove", lambda _: None)
    return replace(Settings(), corpus=tmp_path / "corpus", store=tmp_path / "store", workers=2)


def chunk_ids(settings: Settings) -> list[str]:
    store = LiveStore(settings.store, WordEmbedder.id)
    with store.pin() as generation:
        ids = generation.documents.chunk_ids()
    store.close()
    return ids


def test_threads_are_the_default(settings: Settings) -> None:
    with open_stages(settings, WordEmbedder()) as stages:
        assert (stages.readers, stages.embedders) == (2, 1)
        assert stages.submit_texts(["joint"]).result().shape == (1, 64)


@pytest.mark.parametrize("name", ["ray", "dask", "dask://", "", "Threads"])
def test_an_unknown_executor_says_which_there_are(settings: Settings, name: str) -> None:
    with (
        pytest.raises(SettingsError, match="il faut threads, dask://local ou dask://MACHINE:PORT"),
        open_stages(replace(settings, executor=name), WordEmbedder()),
    ):
        pass


def test_what_is_sent_can_be_pickled_and_holds_nothing_open(settings: Settings) -> None:
    task = partial(hear, settings.corpus / "a.pdf", settings)
    reading: Heard = pickle.loads(pickle.dumps(task))()
    assert pickle.loads(pickle.dumps(reading)) == reading
    there = partial(embed_there, open_words, settings, WordEmbedder.id)
    assert pickle.loads(pickle.dumps(there))(["joint"]).shape == (1, 64)


def test_a_worker_with_other_weights_is_refused(settings: Settings) -> None:
    with pytest.raises(ClusterError, match="copiez-y les mêmes fichiers"):
        embed_there(open_words, settings, "other@123", ["joint"])


def test_a_worker_opens_its_embedder_once(settings: Settings) -> None:
    opened = []

    def opener(_: Settings) -> WordEmbedder:
        opened.append(1)
        return WordEmbedder()

    for _ in range(3):
        embed_there(opener, settings, WordEmbedder.id, ["joint"])
    assert len(opened) == 1
    executors._opened.cache_clear()


@needs_dask
@pytest.mark.filterwarnings("ignore")  # Dask's own, about sockets and event loops that it closes late
def test_a_dask_cluster_makes_the_same_index_as_threads(settings: Settings, tmp_path: Path) -> None:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="tcp", host="127.0.0.1"
    ) as made:
        address = made.scheduler_address.removeprefix("tcp://")
        there = replace(settings, executor=f"dask://{address}")
        result = run.run(there, WordEmbedder(), Silent(), opener=open_words)
    assert result.complete and result.published
    here = replace(settings, store=tmp_path / "here")
    run.run(here, WordEmbedder(), Silent())
    assert chunk_ids(there) == chunk_ids(here) != []
    gc.collect()  # here, where it is ignored, and not in some later test


@needs_dask
def test_a_cluster_that_does_not_answer_says_what_to_do(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "_CONNECT_SECONDS", 0.5)
    with (
        pytest.raises(ClusterError, match="127.0.0.1:1 : démarrez-la"),
        open_stages(replace(settings, executor="dask://127.0.0.1:1"), WordEmbedder()),
    ):
        pass


def test_dask_that_is_not_installed_says_how_to_install_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with (
        pytest.raises(SettingsError, match=r"pip install 'greffier\[cluster\]'"),
        open_stages(replace(settings, executor="dask://local"), WordEmbedder()),
    ):
        pass
