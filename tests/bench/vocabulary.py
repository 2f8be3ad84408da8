"""A real model's vocabulary without its weights: a `.tiktoken` file (ranked byte sequences) in `tokenizers`.

Qwen's stands in the Python package dashscope (`pip download dashscope --no-deps`, file `qwen.tiktoken`); Qwen3, most of
our catalogue, reads with it. Knows how long texts and prompts are, and nothing of models.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Split
from tokenizers.pre_tokenizers import Sequence as Steps

from rag.ports import Message

# how Qwen cuts text before it merges bytes (tokenizer.json of Qwen2 and Qwen3)
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
MARKS = 5  # <|im_start|>, role, line end, <|im_end|>, line end: what ChatML adds to a message
OPENING = 7  # <|im_start|>assistant, line end, and Qwen3's empty thought


class Vocabulary:
    """Counts as a model with this vocabulary would, ChatML's marks included."""

    def __init__(self, file: Path) -> None:
        pairs = (line.split() for line in file.read_bytes().splitlines())
        ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
        letters = _letters()
        spelt = {token: "".join(letters[byte] for byte in token) for token in ranks}
        merges = [(spelt[one], spelt[other]) for one, other in _merges(ranks)]
        self._tokenizer = Tokenizer(BPE({spelt[token]: rank for token, rank in ranks.items()}, merges))
        self._tokenizer.pre_tokenizer = Steps(
            [Split(Regex(PATTERN), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)]
        )

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of a text."""
        numbers: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return numbers

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the length of the whole prompt."""
        return OPENING + sum(MARKS + len(self.tokens(message.text)) for message in messages)


def _letters() -> list[str]:
    """Return the letter that stands for each byte (GPT-2's table): itself if it prints, else one from 256 on."""
    prints = [*range(33, 127), *range(161, 173), *range(174, 256)]
    other = iter(range(256, 512))
    return [chr(byte) if byte in prints else chr(next(other)) for byte in range(256)]


def _merges(ranks: dict[bytes, int]) -> list[tuple[bytes, bytes]]:
    """Return the pairs that may merge, the lowest rank of the whole first, then of its parts."""
    found = [
        (ranks[token], ranks[token[:cut]], ranks[token[cut:]], token, cut)
        for token in ranks
        for cut in range(1, len(token))
        if token[:cut] in ranks and token[cut:] in ranks
    ]
    return [(token[:cut], token[cut:]) for *_, token, cut in sorted(found)]
