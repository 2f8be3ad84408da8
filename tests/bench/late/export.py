"""`python -m tests.bench.late.export OUT`: `state.pt` of the training to `model.onnx` with weights of one byte.

Needs one package more than Greffier: `pip install onnxscript==0.7.2`. `--untrained` exports the
embedded encoder as it is, to compare with.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from rag.console import say
from tests.bench.late.network import BODY, LateEncoder


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.late.export")
    parser.add_argument("out", type=Path, help="folder of state.pt, gets model.onnx and tokenizer.json")
    parser.add_argument("--untrained", action="store_true")
    options = parser.parse_args(arguments)
    network = LateEncoder(attention="eager")
    if not options.untrained:
        network.load_state_dict(torch.load(options.out / "state.pt", weights_only=True))
    whole, small = options.out / "whole.onnx", options.out / "model.onnx"
    _export(network.eval(), whole)
    quantize_dynamic(whole, small, weight_type=QuantType.QInt8, per_channel=True)
    whole.unlink()
    shutil.copy(BODY / "tokenizer.json", options.out)
    say(f"{small}: {small.stat().st_size / 1e6:.1f} MB", sys.stdout)
    return 0


def _export(network: LateEncoder, file: Path) -> None:
    ids = torch.randint(1000, 20000, (2, 12))
    texts, tokens = torch.export.Dim("texts", min=1, max=512), torch.export.Dim("tokens", min=2, max=512)
    program = torch.onnx.export(
        network,
        (ids, torch.ones_like(ids)),
        input_names=["input_ids", "attention_mask"],
        output_names=["states", "weights"],
        dynamo=True,
        dynamic_shapes=({0: texts, 1: tokens}, {0: texts, 1: tokens}),
        opset_version=18,
        verbose=False,
    )
    assert program is not None  # None only without dynamo
    program.save(str(file), external_data=False)


if __name__ == "__main__":
    sys.exit(main())
