"""Writes GGUFs with the shapes of real models and random Q4_0 weights: speed does not depend on what weights say.

The vocabulary has the size of the real one; the words of `words` are one token each, as common words are there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, TokenType
from numpy.typing import NDArray

from tests.tiny_gguf import CHATML, CONTROLS, EOS, IM_END

BLOCK, BLOCK_BYTES = 32, 18  # Q4_0: a scale of 16 bits and 32 values of 4
NOISE_BYTES = 1 << 20
LETTERS = [chr(code) for code in range(33, 127)] + list("▁éèêàçùôîœ’«»€")


@dataclass(frozen=True)
class Shape:
    """Sizes of a transformer: width of a token, layers, attention heads and those shared, width of a head, inner
    width, tokens of the vocabulary."""

    width: int
    layers: int
    heads: int
    shared_heads: int
    head: int
    inner: int
    vocabulary: int


SHAPES = {  # the published configurations of Qwen3
    "0.6b": Shape(1024, 28, 16, 8, 128, 3072, 151_936),
    "1.7b": Shape(2048, 28, 16, 8, 128, 6144, 151_936),
    "4b": Shape(2560, 36, 32, 8, 128, 9728, 151_936),
}


def write(file: Path, shape: Shape, words: Iterable[str], context: int = 4096) -> Path:
    """Write a model of this shape; it says nothing sensible and, with these weights, hardly ever ends by itself."""
    writer = GGUFWriter(file, "llama")
    writer.add_name(file.stem)
    writer.add_context_length(context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.shared_heads)
    writer.add_key_length(shape.head)
    writer.add_value_length(shape.head)
    writer.add_rope_dimension_count(shape.head)
    writer.add_layer_norm_rms_eps(1e-5)
    _add_vocabulary(writer, shape.vocabulary, words)
    random = np.random.default_rng(7)
    _add_noise(writer, "token_embd.weight", shape.vocabulary, shape.width, random)  # also the output: tied
    writer.add_tensor("output_norm.weight", np.ones(shape.width, np.float32))
    for layer in range(shape.layers):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{norm}.weight", np.ones(shape.width, np.float32))
        for name, rows, columns in _matrices(shape):
            _add_noise(writer, f"blk.{layer}.{name}.weight", rows, columns, random)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _matrices(shape: Shape) -> Iterable[tuple[str, int, int]]:
    asked, shared = shape.heads * shape.head, shape.shared_heads * shape.head
    yield "attn_q", asked, shape.width
    yield "attn_k", shared, shape.width
    yield "attn_v", shared, shape.width
    yield "attn_output", shape.width, asked
    yield "ffn_gate", shape.inner, shape.width
    yield "ffn_up", shape.inner, shape.width
    yield "ffn_down", shape.width, shape.inner


def _add_noise(writer: Any, name: str, rows: int, columns: int, random: np.random.Generator) -> None:
    writer.add_tensor(name, _noise(rows, columns, random), raw_dtype=GGMLQuantizationType.Q4_0)


def _noise(rows: int, columns: int, random: np.random.Generator) -> NDArray[np.uint8]:
    blocks = rows * columns // BLOCK
    some = random.integers(0, 256, (NOISE_BYTES // BLOCK_BYTES, BLOCK_BYTES), dtype=np.uint8)
    scale = np.array([0.3 / np.sqrt(columns)], np.float16).view(np.uint8)
    some[:, :2] = scale
    repeated = np.tile(some, (-(-blocks // len(some)), 1))[:blocks]
    return repeated.reshape(rows, columns // BLOCK * BLOCK_BYTES)


def _add_vocabulary(writer: Any, size: int, words: Iterable[str]) -> None:
    texts = [*CONTROLS, *(f"<0x{byte:02X}>" for byte in range(256)), *LETTERS]
    kinds = [TokenType.UNKNOWN, *[TokenType.CONTROL] * (len(CONTROLS) - 1), *[TokenType.BYTE] * 256]
    known = dict.fromkeys(texts)
    # every beginning of a word: tokens are merged two by two
    starts = {f"▁{word}"[:end] for word in words for end in range(2, len(word) + 2)}
    texts += sorted(start for start in starts if start not in known)
    texts += [f"⟨{number}⟩" for number in range(size - len(texts))]
    kinds += [TokenType.NORMAL] * (len(texts) - len(kinds))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text.encode() for text in texts])
    writer.add_token_scores([-1e4 + len(text) for text in texts])
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(EOS)
    writer.add_eot_token_id(IM_END)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHATML)
