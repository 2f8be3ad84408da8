"""The only importer of sentence-transformers (and through it torch): model folders to loaded networks.

Knows how to keep that library offline, quiet and polite to the other work of the machine. Does not know
what the vectors and scores are used for, nor where the folder came from.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import warnings
from pathlib import Path
from typing import Any

from rag.errors import ModelError

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
QUIET = {
    "TQDM_DISABLE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    # torch's OpenMP threads spin by default: on a busy machine one question took 441 ms instead of 39 ms
    "OMP_WAIT_POLICY": "PASSIVE",
}


def prepare(threads: int) -> None:
    """Set the variables that torch and the hub client read when they are first imported.

    `threads` is the number of physical cores: hyperthreads only make matrix products slower. What the admin
    has set already wins, save for the offline switches.
    """
    os.environ.update(OFFLINE)
    for name, value in {**QUIET, "OMP_NUM_THREADS": str(threads)}.items():
        os.environ.setdefault(name, value)


def load_encoder(folder: Path, *, threads: int, gpu: bool) -> Any:
    """Return the SentenceTransformer in `folder`, on a GPU if `gpu` and there is one.

    Raises:
        ModelError: if the folder holds no model that can be read.
    """
    return _load("SentenceTransformer", folder, threads=threads, gpu=gpu)


def export_encoder(folder: Path, file: Path) -> None:
    """Write the encoder in `folder`, pooling included, as an ONNX graph of one text: token numbers to a vector.

    Raises:
        ModelError: if the folder holds no model that can be read.
    """
    network = load_encoder(folder, threads=1, gpu=False).eval()
    # late: torch takes seconds to import, and load_encoder has set what it reads when it is
    import torch  # noqa: PLC0415

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            features = {"input_ids": input_ids, "attention_mask": torch.ones_like(input_ids)}
            vector: torch.Tensor = self.network(features)["sentence_embedding"]
            return vector

    with warnings.catch_warnings(), torch.no_grad():
        # the newer exporter needs two more packages, and what it writes takes a third more time once quantised
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Whole(), (torch.arange(1, 13)[None, :],), str(file), input_names=["input_ids"], output_names=["vector"],
            dynamic_axes={"input_ids": {1: "tokens"}}, opset_version=17, dynamo=False,
        )  # fmt: skip


def load_cross_encoder(folder: Path, *, threads: int, gpu: bool) -> Any:
    """Return the CrossEncoder in `folder`, on a GPU if `gpu` and there is one.

    Raises:
        ModelError: if the folder holds no model that can be read.
    """
    return _load("CrossEncoder", folder, threads=threads, gpu=gpu)


def _load(kind: str, folder: Path, *, threads: int, gpu: bool) -> Any:
    if importlib.util.find_spec("sentence_transformers") is None:
        raise ModelError(
            "La bibliothèque sentence-transformers n'est pas installée. Lancez « make run ».",
            "The library sentence-transformers is not installed. Run “make run”.",
        )
    prepare(threads)
    # late: importing sentence-transformers takes about ten seconds, --help and the first page must not wait
    import sentence_transformers  # noqa: PLC0415
    from safetensors import SafetensorError  # noqa: PLC0415

    # "Loading weights" ignores TQDM_DISABLE
    importlib.import_module("transformers.utils.logging").disable_progress_bar()
    build = getattr(sentence_transformers, kind)
    try:
        return build(
            str(folder),
            device=None if gpu else "cpu",
            local_files_only=True,
            trust_remote_code=False,
            # pickles run code when they are read; bfloat16, as some weights are stored, is slower on a CPU
            model_kwargs={"use_safetensors": True, "dtype": "float32"},
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"Le modèle du dossier {folder.name!r} ne peut pas être lu : {reason}. "
            "Supprimez ce dossier puis refaites « python -m models fetch » ou « import ».",
            f"The model in folder {folder.name!r} cannot be read: {reason}. "
            "Delete that folder, then repeat “python -m models fetch” or “import”.",
        ) from error
