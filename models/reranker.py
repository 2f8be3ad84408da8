"""Question and passages read together, by a cross-encoder: implements `rag.ports.Reranker`.

The network is loaded by the first call. Does not know the catalogue, nor where the folder came from.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from models.integrity import fingerprint
from models.sentence import load_cross_encoder
from rag.errors import ModelError

BATCH = 8  # pairs at once; pairs are long, and a larger batch only costs memory on a CPU


class CrossReranker:
    """A cross-encoder in a folder. Safe to share between threads: one call runs at a time.

    `longest` caps the tokens read of question and passage together (None: what the folder says).
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
        """Name and the first 12 hexadecimal digits of a SHA-256 over weights, tokenizer and configuration."""
        return f"{self._name}@{fingerprint(self._folder, salt=str(self._longest))[:12]}"

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """Return one logit a passage, higher is better.

        Raises:
            ModelError: if the weights cannot be read or do not give one number a pair.
        """
        if not passages:
            return []
        with self._lock:
            if self._network is None:
                self._network = load_cross_encoder(self._folder, threads=self._threads, gpu=self._gpu)
                if self._longest is not None:
                    self._network.max_seq_length = self._longest
            pairs = [(question, passage) for passage in passages]
            scores = self._network.predict(
                pairs, batch_size=BATCH, activation_fn=_logit, show_progress_bar=False, convert_to_numpy=True
            )
        result = np.asarray(scores, dtype=np.float32)
        if result.shape != (len(passages),) or not np.isfinite(result).all():
            raise ModelError(
                f"Le modèle {self._name!r} ne rend pas une note par passage. Retirez-le du dossier des modèles.",
                f"The model {self._name!r} does not give one score a passage. Remove it from the models folder.",
            )
        return [float(value) for value in result]


def _logit(values: Any) -> Any:
    """Keep the logit: the default sigmoid saturates, and ties near 1.0 lose the order."""
    return values
