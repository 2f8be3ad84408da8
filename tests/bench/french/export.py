"""`python -m tests.bench.french.export OUT TARGET`: what training left in OUT to the folder that Greffier ships.

The graph is that of `models.sentence`, 32 bits in its arithmetic; the weights are kept in one byte each, with a scale
for each column of a matrix and each row of the words, and onnxruntime makes them floats again when it opens the file: a
quarter of the size, and no slower. Says how far the vectors are from those of the weights as they were trained.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.embedder import SentenceEmbedder
from rag.console import say
from tests.bench.french.pairs import lines
from tests.bench.french.train import BODY, Encoder, Reader, read_tokenizer

LARGE = 10_000
"""Weights from this many on are kept in one byte."""
LONGEST = 256


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.french.export")
    parser.add_argument("out", type=Path, help="folder of state.pt and tokenizer.json")
    parser.add_argument("target", type=Path, help="folder to write")
    options = parser.parse_args(arguments)
    state = torch.load(options.out / "state.pt", weights_only=True)
    words = state["body.embeddings.word_embeddings.weight"]
    network = Encoder(attention="eager")
    network.set_words(words)
    network.load_state_dict(state)
    options.target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as aside:
        draft = Path(aside) / "model.onnx"
        written(network.eval(), draft)
        onnx.save(small(onnx.load(draft)), options.target / "model.onnx")
    config = json.loads((BODY / "config.json").read_text(encoding="utf-8"))
    config = {key: config[key] for key in ("model_type", "hidden_size", "num_hidden_layers")}
    texts = {
        "config.json": {**config, "vocab_size": len(words)},
        "sentence_bert_config.json": {"max_seq_length": LONGEST},
    }
    for name, content in texts.items():
        (options.target / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    shutil.copy(options.out / "tokenizer.json", options.target)
    megabytes = (options.target / "model.onnx").stat().st_size / 1e6
    cosines = compared(network, options.target, [item["question"] for item in lines(options.out / "held_out.jsonl")])
    say(f"{megabytes:.1f} MB, cosine with 32 bits: mean {cosines.mean():.4f}, least {cosines.min():.4f}", sys.stdout)
    return 0


def written(network: Encoder, file: Path) -> None:
    """Write the network as an ONNX graph of one text."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (torch.arange(1, 13)[None, :],), str(file), input_names=["input_ids"], output_names=["vector"],
            dynamic_axes={"input_ids": {1: "tokens"}}, opset_version=17, dynamo=False,
        )  # fmt: skip


def small(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the graph with large weights in one byte: int8, made float and multiplied by its scale."""
    graph = model.graph
    looked_up = {node.input[0] for node in graph.node if node.op_type == "Gather"}
    before: list[onnx.NodeProto] = []
    for weight in list(graph.initializer):
        values = numpy_helper.to_array(weight)
        if values.ndim != 2 or values.size < LARGE or values.dtype != np.float32:
            continue
        name = weight.name
        whole, scale = _rounded(values, axis=1 if name in looked_up else 0)
        graph.initializer.remove(weight)
        graph.initializer.append(numpy_helper.from_array(whole, f"{name}.int8"))
        graph.initializer.append(numpy_helper.from_array(scale, f"{name}.scale"))
        before.append(helper.make_node("Cast", [f"{name}.int8"], [f"{name}.float"], to=onnx.TensorProto.FLOAT))
        before.append(helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], [name]))
    after = list(graph.node)
    del graph.node[:]
    graph.node.extend([*before, *after])
    return model


def _rounded(values: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return int8 values and what to multiply them with; `axis` is the one that a scale is shared along."""
    scale = np.maximum(np.abs(values).max(axis=axis, keepdims=True), 1e-12) / 127
    return np.rint(values / scale).astype(np.int8), scale.astype(np.float32)


def compared(network: Encoder, folder: Path, texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the cosine of each text's vector by the shipped file with the one by the network."""
    shipped = SentenceEmbedder(folder, name="shipped", longest=LONGEST, onnx=folder / "model.onnx")
    with torch.inference_mode():
        theirs = network(Reader(read_tokenizer(folder))(texts, LONGEST)).numpy()
    result: NDArray[np.float32] = (shipped.embed_passages(texts) * theirs).sum(1)
    return result


if __name__ == "__main__":
    sys.exit(main())
