"""Writes tiny GGUF models, so that tests run the whole path through the real llama.cpp without a download.

`babbler` has random weights. `parrot` says one text exactly, then ends: its embeddings are one-hot, its layers
add nothing, and its output matrix is a table "after this piece comes that piece". Both carry a vocabulary of
their own (control tokens, 256 byte tokens, the script's pieces) and a ChatML template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFWriter, TokenType
from numpy.typing import NDArray

CHATML = (
    "{%- for m in messages -%}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor -%}"
    "{%- if add_generation_prompt -%}<|im_start|>assistant\n{% endif -%}"
)
CONTROLS = ("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>")
UNK, BOS, EOS, IM_END = 0, 1, 2, 4
HEADS, SHARED_HEADS, LAYERS, INNER = 4, 2, 2, 64
CERTAIN = 40.0  # logit of the next piece against 0 for all others: no sampling setting picks another
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class _Piece:
    text: str
    score: float
    kind: TokenType


def babbler(file: Path, *, context: int = 2048, template: str | None = CHATML, seed: int = 7, split: int = 0) -> Path:
    """Write a model that never says the same thing as another, and rarely ends by itself; 0.2 MB.

    With `split` into several files of so many tensors each; the first is returned.
    """
    pieces = _vocabulary([])
    width = 64
    random = np.random.default_rng(seed)
    embedding = random.normal(0, 1, (len(pieces), width)).astype(np.float32)
    output = random.normal(0, 0.3, (len(pieces), width)).astype(np.float32)
    output[[EOS, IM_END]] = 0.0
    _write(file, pieces, embedding, output, context=context, template=template, random=random, split=split)
    return file if not split else min(file.parent.glob(f"{file.stem}-*-of-*.gguf"))


def parrot(file: Path, text: str, *, context: int = 4096, template: str | None = CHATML) -> Path:
    """Write a model that answers `text` exactly, whatever it is asked, then ends its turn; about 3 MB.

    Raises:
        ValueError: if the text is empty or one repeated word, which no such table can say.
    """
    script = _distinct(text)
    pieces = _vocabulary(script)
    width = -(-len(pieces) // 32) * 32
    number = {piece.text: at for at, piece in enumerate(pieces)}
    chain = [number[part.replace(" ", "▁")] for part in script] + [IM_END]
    embedding = np.eye(len(pieces), width, dtype=np.float32)
    # the last norm turns a one-hot row into one spike of sqrt(width)
    gain = CERTAIN / np.sqrt(width)
    output = np.zeros((len(pieces), width), dtype=np.float32)
    output[chain[0], : len(pieces)] = gain
    for now, following in zip(chain, chain[1:], strict=False):
        output[:, now] = 0.0
        output[following, now] = gain
    _write(file, pieces, embedding, output, context=context, template=template, random=None)
    return file


def _distinct(text: str) -> list[str]:
    """Cut a text into pieces none of which occurs twice, by gluing words until they differ."""
    words = re.findall(r"\s*\S+|\s+$", text)
    size = 1
    while size <= len(words):
        parts = ["".join(words[at : at + size]) for at in range(0, len(words), size)]
        if len(set(parts)) == len(parts):
            return parts
        size += 1
    raise ValueError(f"nothing to say in {text!r}")


def _vocabulary(script: Iterable[str]) -> list[_Piece]:
    pieces = [_Piece(text, 0.0, TokenType.UNKNOWN if text == "<unk>" else TokenType.CONTROL) for text in CONTROLS]
    pieces += [_Piece(f"<0x{byte:02X}>", 0.0, TokenType.BYTE) for byte in range(256)]
    taken = {piece.text for piece in pieces}
    letters = [chr(code) for code in range(33, 127)] + list("▁éèêàçùôîœ’«»€")
    for text, score in [(c, -1e4) for c in letters] + [(part.replace(" ", "▁"), -9e3) for part in script]:
        if text not in taken:
            taken.add(text)
            pieces.append(_Piece(text, score, TokenType.NORMAL))
    return pieces


def _write(
    file: Path,
    pieces: list[_Piece],
    embedding: Matrix,
    output: Matrix,
    *,
    context: int,
    template: str | None,
    random: np.random.Generator | None,
    split: int = 0,
) -> None:
    width = embedding.shape[1]
    writer = GGUFWriter(file, "llama", split_max_tensors=split)
    writer.add_name(file.stem)
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(SHARED_HEADS)
    writer.add_rope_dimension_count(width // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    _add_tokenizer(writer, pieces, template)
    writer.add_tensor("token_embd.weight", embedding.astype(np.float16))
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    writer.add_tensor("output.weight", output.astype(np.float16))
    for name, tensor in _layers(width, random):
        writer.add_tensor(name, tensor if tensor.ndim == 1 else tensor.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tokenizer(writer: Any, pieces: list[_Piece], template: str | None) -> None:
    writer.add_tokenizer_model("llama")
    writer.add_token_list([piece.text.encode() for piece in pieces])
    writer.add_token_scores([piece.score for piece in pieces])
    writer.add_token_types([piece.kind for piece in pieces])
    writer.add_unk_token_id(UNK)
    writer.add_bos_token_id(BOS)
    writer.add_eos_token_id(EOS)
    writer.add_eot_token_id(IM_END)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    if template is not None:
        writer.add_chat_template(template)


def _layers(width: int, random: np.random.Generator | None) -> Iterable[tuple[str, Matrix]]:
    """Yield the tensors of the transformer blocks: random ones, or zeros that add nothing to the residual."""
    shared = width // HEADS * SHARED_HEADS
    shapes = {
        "attn_q": (width, width), "attn_k": (shared, width), "attn_v": (shared, width), "attn_output": (width, width),
        "ffn_gate": (INNER, width), "ffn_up": (INNER, width), "ffn_down": (width, INNER),
    }  # fmt: skip
    for layer in range(LAYERS):
        for norm in ("attn_norm", "ffn_norm"):
            yield f"blk.{layer}.{norm}.weight", np.ones(width, np.float32)
        for part, shape in shapes.items():
            tensor = np.zeros(shape, np.float32)
            if random is not None:
                tensor = random.normal(0, 0.1, shape).astype(np.float32)
            yield f"blk.{layer}.{part}.weight", tensor
