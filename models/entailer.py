"""Does a claim contradict its evidence? A cross-encoder for inference: implements `rag.ports.Entailer`.

The labels are read at once, the network by the first call. Knows neither the catalogue nor where the folder came from,
and no figures on how often it is right: no weights were in reach when this was written.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from models.cross_encoder import CrossEncoder
from rag.errors import ModelError

LABELS = ("contradiction", "entailment", "neutral")
# A choice, not measured. Above a half it is the likeliest label; a true claim struck out costs the reader more than
# one that only this model objects to, so it has to be sure.
CONTRADICTION = 0.8


class CrossEntailer(CrossEncoder):
    """A cross-encoder with the three labels of NLI.

    Raises:
        ModelError: if the folder's configuration does not name the three labels.
    """

    def __init__(
        self, folder: Path, *, name: str, longest: int | None = None, threads: int = 1, gpu: bool = False
    ) -> None:
        super().__init__(folder, name=name, longest=longest, threads=threads, gpu=gpu)
        self._contradiction = labels(folder, name).index("contradiction")

    def _salt(self) -> str:
        return f"{self._longest} {CONTRADICTION}"

    def contradicts(self, premise: str, hypothesis: str) -> bool:
        """Return whether contradiction is the likeliest label with a probability (softmax) of 0.8 or more.

        The threshold is a choice, not measured.

        Raises:
            ModelError: if the weights cannot be read or do not give one number a label.
        """
        chances = self._predict([(premise, hypothesis)], apply_softmax=True)
        if chances.shape != (1, len(LABELS)) or not np.isfinite(chances).all():
            raise ModelError(
                f"Le modèle {self._name!r} ne rend pas une probabilité par étiquette. Retirez-le du dossier des "
                "modèles.",
                f"The model {self._name!r} does not give one probability a label. Remove it from the models folder.",
            )
        return bool(chances[0, self._contradiction] >= CONTRADICTION)


def labels(folder: Path, name: str) -> list[str]:
    """Return the labels of the model in `folder`, in lower case, in the order of its outputs (`id2label`).

    Raises:
        ModelError: if they are not contradiction, entailment and neutral, or cannot be read.
    """
    try:
        given = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("id2label") or {}
        found = [str(given[key]).lower() for key in sorted(given, key=int)]
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ModelError(
            f"Le fichier config.json du modèle {name!r} ne peut pas être lu : {error}. Supprimez ce dossier puis "
            "refaites « python -m models fetch » ou « import ».",
            f"The file config.json of the model {name!r} cannot be read: {error}. Delete that folder, then repeat "
            "“python -m models fetch” or “import”.",
        ) from error
    if sorted(found) != list(LABELS):
        raise ModelError(
            f"Le modèle {name!r} a les étiquettes {', '.join(found) or '(aucune)'} ; pour vérifier les réponses il "
            f'faut {", ".join(LABELS)}. Retirez-le ou mettez entailer = "none" dans greffier.toml.',
            f"The model {name!r} has the labels {', '.join(found) or '(none)'}; to check answers it needs "
            f'{", ".join(LABELS)}. Remove it or set entailer = "none" in greffier.toml.',
        )
    return found
