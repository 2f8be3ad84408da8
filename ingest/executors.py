"""Where the two heavy stages run: on threads of this machine, or on a Dask cluster. The only importer of distributed.

What is sent elsewhere are paths and settings, never open files or loaded weights: each worker of a cluster sees the
corpus and the weights under the same paths, and opens the embedder once for itself. Knows nothing of chunks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from rag.errors import ClusterError, SettingsError
from rag.ports import Embedder, Vectors
from rag.settings import Settings

if TYPE_CHECKING:
    from distributed import Client

THREADS = "threads"
DASK = "dask://"
LOCAL = "local"
_CONNECT_SECONDS = 10

Opener = Callable[[Settings], Embedder]
"""Opens the embedder that the settings name; a function of a module, so that it can be sent by name."""


@dataclass(frozen=True, slots=True)
class Stages:
    """Two executors (maybe the same), the function that embeds a batch on the second, and how much runs at a time."""

    reading: Executor
    embedding: Executor
    embed: Callable[[Sequence[str]], Vectors]
    readers: int
    embedders: int

    def submit_texts(self, texts: Sequence[str]) -> Future[Vectors]:
        """Begin to embed a batch."""
        return self.embedding.submit(self.embed, texts)


@contextmanager
def open_stages(settings: Settings, embedder: Embedder, opener: Opener | None = None) -> Iterator[Stages]:
    """Open the executor that the settings name for the length of a `with` block.

    Args:
        settings: `executor`, `workers`, and all that reading needs.
        embedder: the one of this process.
        opener: opens the same embedder in a worker of a cluster; None: texts are embedded in this process.

    Raises:
        SettingsError: if there is no such executor, or its package is not installed.
        ClusterError: if the cluster does not answer, or is lost on the way.
    """
    if settings.executor == THREADS:
        readers = settings.workers or len(os.sched_getaffinity(0))
        with ThreadPoolExecutor(readers) as reading, _one_thread() as embedding:
            try:
                yield Stages(reading, embedding, embedder.embed_passages, readers, 1)
            finally:
                reading.shutdown(wait=False, cancel_futures=True)  # Ctrl+C must not wait for a long scan's pages
    elif settings.executor.removeprefix(DASK) not in {settings.executor, ""}:
        with _dask(settings, embedder, opener) as stages:
            yield stages
    else:
        raise SettingsError(
            f"Le réglage executor vaut {settings.executor!r} ; il faut threads, dask://local ou dask://MACHINE:PORT.",
            f"The setting executor is {settings.executor!r}; threads, dask://local or dask://HOST:PORT is needed.",
        )


def _one_thread() -> ThreadPoolExecutor:
    # torch keeps a team of threads for each thread that calls it: two callers would fight for the cores
    return ThreadPoolExecutor(1)


@contextmanager
def _dask(settings: Settings, embedder: Embedder, opener: Opener | None) -> Iterator[Stages]:
    # An optional package, and 0.6 s of imports that threads need not wait for.
    try:
        from distributed import KilledWorker  # noqa: PLC0415
        from distributed.client import FutureCancelledError  # noqa: PLC0415
        from distributed.comm import CommClosedError  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SettingsError(
            "Le réglage executor demande Dask, qui n'est pas installé : pip install 'greffier[cluster]'.",
            "The setting executor asks for Dask, which is not installed: pip install 'greffier[cluster]'.",
        ) from error
    try:
        with _connect(settings) as client, _one_thread() as here:
            workers = max(1, sum(client.nthreads().values()))
            executor = client.get_executor(pure=False)
            if opener is None:
                yield Stages(executor, here, embedder.embed_passages, workers, 1)
            else:
                embed = partial(embed_there, opener, settings, embedder.id)
                yield Stages(executor, executor, embed, workers, workers)
    except (CommClosedError, KilledWorker, FutureCancelledError) as error:
        raise ClusterError(
            f"La grappe {settings.executor} a été perdue en route ({error}). L'index en service n'a pas changé ; "
            "relancez, au besoin avec « --executor threads ».",
            f"The cluster {settings.executor} was lost on the way ({error}). The live index has not changed; "
            "run it again, if need be with “--executor threads”.",
        ) from error


@contextmanager
def _connect(settings: Settings) -> Iterator[Client]:
    from distributed import Client, LocalCluster  # noqa: PLC0415 - as above

    address = settings.executor.removeprefix(DASK)
    if address == LOCAL:
        count = settings.workers or len(os.sched_getaffinity(0))
        with (
            LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(f"tcp://{address}", timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"Aucune grappe Dask ne répond à {address} : démarrez-la, ou choisissez « --executor threads ».",
            f"No Dask cluster answers at {address}: start it, or choose “--executor threads”.",
        ) from error
    with client:
        yield client


def embed_there(opener: Opener, settings: Settings, id_: str, texts: Sequence[str]) -> Vectors:
    """Embed a batch in a worker of a cluster.

    Raises:
        ClusterError: if the worker has other weights than `id_`: their vectors must never meet.
    """
    embedder = _opened(opener, settings)
    if embedder.id != id_:
        raise ClusterError(
            f"Une machine de la grappe a le modèle {embedder.id}, il faut {id_} : copiez-y les mêmes fichiers.",
            f"A machine of the cluster has the model {embedder.id}, {id_} is needed: copy the same files there.",
        )
    return embedder.embed_passages(texts)


# Weights take ten seconds to load: a worker keeps the last ones for the batches to come.
@lru_cache(maxsize=1)
def _opened(opener: Opener, settings: Settings) -> Embedder:
    return opener(settings)
