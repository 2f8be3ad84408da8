"""Question and passages read together, by a cross-encoder: implements `rag.ports.Reranker`.

The network is loaded by the first call. Does not know the catalogue, nor where the folder came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.cross_encoder import CrossEncoder
from rag.errors import ModelError

BATCH = 8  # pairs at once; pairs are long, and a larger batch only costs memory on a CPU


class CrossReranker(CrossEncoder):
    """A cross-encoder of question and passage."""

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """Return one logit a passage, higher is better.

        Raises:
            ModelError: if the weights cannot be read or do not give one number a pair.
        """
        if not passages:
            return []
        pairs = [(question, passage) for passage in passages]
        result = self._predict(pairs, batch_size=BATCH, activation_fn=_logit, convert_to_numpy=True)
        if result.shape != (len(passages),) or not np.isfinite(result).all():
            raise ModelError(
                f"Le modèle {self._name!r} ne rend pas une note par passage. Retirez-le du dossier des modèles.",
                f"The model {self._name!r} does not give one score a passage. Remove it from the models folder.",
            )
        return [float(value) for value in result]


def _logit(values: Any) -> Any:
    """Keep the logit: the default sigmoid saturates, and ties near 1.0 lose the order."""
    return values
