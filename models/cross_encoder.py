"""A cross-encoder in a folder: loaded by the first call, one call at a time. What its numbers mean is for those who
build on it, `models.reranker` and `models.entailer`. Knows neither the catalogue nor where the folder came from.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.integrity import fingerprint
from models.sentence import load_cross_encoder


class CrossEncoder:
    """Two texts read together. Safe to share between threads.

    `longest` caps the tokens read of both together (None: what the folder says); what is beyond is cut off the longer
    of the two, so a call takes a bounded time.
    """

    def __init__(
        self, folder: Path, *, name: str, longest: int | None = None, threads: int = 1, gpu: bool = False
    ) -> None:
        self._folder = folder
        self._name = name
        self._longest = longest
        self._threads = threads
        self._gpu = gpu
        self._lock = threading.Lock()
        self._network: Any = None

    @cached_property
    def id(self) -> str:
        """Name and the first 12 hexadecimal digits of a SHA-256 over weights, tokenizer, configuration and `_salt`."""
        return f"{self._name}@{fingerprint(self._folder, salt=self._salt())[:12]}"

    def _salt(self) -> str:
        """Return what changes the numbers and does not stand in the folder."""
        return str(self._longest)

    def _predict(self, pairs: Sequence[tuple[str, str]], **options: Any) -> NDArray[np.float32]:
        """Return what the network says of the pairs; `options` are those of sentence-transformers.

        Raises:
            ModelError: if the weights cannot be read.
        """
        with self._lock:
            if self._network is None:
                self._network = load_cross_encoder(self._folder, threads=self._threads, gpu=self._gpu)
                if self._longest is not None:
                    self._network.max_seq_length = self._longest
            found = self._network.predict(list(pairs), show_progress_bar=False, **options)
        return np.asarray(found, dtype=np.float32)
