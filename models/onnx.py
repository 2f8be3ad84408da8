"""The only importer of onnxruntime: an exported encoder to vectors, without torch.

Starts in half a second where torch and sentence-transformers take eleven, in a quarter of the memory, and gives the
same vectors. One text is one run: nothing is padded, so a vector does not depend on what else was asked at the
time, and each thread has a core to itself. Does not know the catalogue, nor prompts.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from rag.errors import ModelError
from rag.ports import Vectors

INPUT = "input_ids"


class OnnxEncoder:
    """An exported encoder: one input, the token numbers of a text of shape (1, tokens); one output, (1, dimensions)."""

    def __init__(self, file: Path, *, threads: int) -> None:
        # late: --help and counting tokens must not wait for it
        _keep_quiet()
        import onnxruntime  # noqa: PLC0415
        from onnxruntime.capi.onnxruntime_pybind11_state import (  # noqa: PLC0415
            Fail,
            InvalidArgument,
            InvalidGraph,
            InvalidProtobuf,
            NoSuchFile,
        )

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        except (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoSuchFile) as error:
            raise ModelError(
                f"Le fichier {file.name} ne peut pas être lu. Supprimez-le, puis lancez « python -m models optimise ».",
                f"The file {file.name} cannot be read. Delete it, then run “python -m models optimise”.",
            ) from error
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="embed")

    def encode(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Return float32 of shape (len(texts), dimensions), each row of length 1, for texts in token numbers."""
        rows = np.concatenate(list(self._pool.map(self._run, texts)))
        normed: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return normed

    def _run(self, tokens: Sequence[int]) -> Vectors:
        row: Vectors = self._session.run(None, {INPUT: np.array([tokens], dtype=np.int64)})[0]
        return row


def _keep_quiet() -> None:
    # from 1.32 on the library reports its use to its maker over the network, unless this is set before it is loaded
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def quantise(file: Path, target: Path) -> None:
    """Write a copy of an exported encoder with weights of 8 bits, a quarter of the size."""
    # late: an import of a second, and only this command needs it
    _keep_quiet()
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415

    logging.getLogger().setLevel(logging.ERROR)  # it recommends another program in a warning
    # one scale for each column: with one for the whole matrix the cosine with the original falls from 0.99 to 0.89
    quantize_dynamic(file, target, weight_type=QuantType.QInt8, per_channel=True)
