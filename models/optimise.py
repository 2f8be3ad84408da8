"""`python -m models optimise`: the embedder in the form that starts and runs fastest on a processor.

Files in `models/weights/onnx/`, named after the fingerprint of the weights they were made from: the encoder as it is,
and, when the settings ask for it, one with weights of 8 bits. Made once, from files that are already here; no
network. Does not know who will use them.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np

from models.embedder import SentenceEmbedder, exported_file
from models.onnx import quantise
from models.sentence import export_encoder
from rag.errors import ModelError

# Short, long and beyond what the model reads: a graph that was traced wrongly differs on one of them.
_PROBES = ("Bonjour", "Le congé est de quatre jours ouvrés pour le mariage d'un salarié.", "Élève : 5,5 % " * 200)
_EQUAL = 1e-4


def optimise(folder: Path, weights: Path, embedder: SentenceEmbedder, *, small: bool) -> list[Path]:
    """Write what is missing for the model in `folder`, with `small` the form of 8 bits too; return what was written.

    Raises:
        ModelError: if what the exported encoder says is not what the original says.
    """
    whole, eight = (exported_file(weights, folder, embedder.name, small=bits) for bits in (False, True))
    made = []
    whole.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=whole.parent) as aside:
        draft = Path(aside) / "model.onnx"
        if not whole.is_file():
            export_encoder(folder, draft)
            _compare(embedder, embedder.exported(draft))
            os.replace(draft, whole)
            made.append(whole)
        if small and not eight.is_file():
            quantise(whole, draft)
            os.replace(draft, eight)
            made.append(eight)
    return made


def _compare(original: SentenceEmbedder, exported: SentenceEmbedder) -> None:
    difference = float(np.abs(original.embed_passages(_PROBES) - exported.embed_passages(_PROBES)).max())
    if not difference < _EQUAL:
        raise ModelError(
            f"Le modèle {original.name!r} ne se laisse pas convertir (écart {difference:.1e}) : il sert tel quel.",
            f"The model {original.name!r} cannot be converted (difference {difference:.1e}): it serves as it is.",
        )
