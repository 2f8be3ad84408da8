"""Prompt-lookup decoding: an answer copies from its evidence, so what followed the same words there is tried at once.

The model evaluates a few guessed tokens together with the last one, and those that it would have written itself are
kept: the text is the one that it writes without guesses, in fewer steps (Saxena 2023, "Prompt lookup decoding"; exact,
because each token is drawn as usual and only compared with the guess). Is handed llama-cpp-python's model by
`models.generator`; knows neither prompts nor text.

Not the library's own `LlamaPromptLookupDecoding`: it keeps the logits of the whole context, 2.5 GB for 4,096 tokens of
a vocabulary of 150,000, and guesses from two tokens, which costs more than it saves (`docs/decisions.md`).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

SAME = 3  # tokens in a row that must have come before: fewer guess too often wrongly


class Copied:
    """What may come next, by what came before."""

    def __init__(self, tokens: Sequence[int], most: int) -> None:
        self._tokens = list[int]()
        self._after: dict[tuple[int, ...], int] = {}  # place after the last occurrence of some tokens
        self._most = most
        for token in tokens:
            self.add(token)

    def add(self, token: int) -> None:
        """Take note of a token that was read or written."""
        key = tuple(self._tokens[-SAME:])
        self._tokens.append(token)
        if len(key) == SAME:
            self._after[key] = len(self._tokens) - 1

    def guess(self) -> list[int]:
        """Return what followed when the last tokens stood there before, at most `most` tokens."""
        place = self._after.get(tuple(self._tokens[-SAME:]))
        return [] if place is None else self._tokens[place : place + self._most]


def drawn(llama: Any, tokens: list[int], most: int, **sampling: Any) -> Generator[int, None, None]:
    """Yield the tokens that follow `tokens`, as `Llama.generate` does, guessing at most `most` ahead.

    The model must be one whose memory can be cut back.
    """
    first = llama.generate(tokens, **sampling)
    token = next(first)
    copied = Copied(tokens, most)
    yield token
    while True:
        copied.add(token)
        guesses = copied.guess()[: llama.n_batch - 1][: max(0, llama.n_ctx() - llama.n_tokens - 1)]
        _evaluate(llama, [token, *guesses])
        for place, guess in enumerate([*guesses, -1]):
            llama.n_tokens += 1  # the token before the guess is part of the text now
            token = llama._sampler.sample(llama._ctx, place)
            yield token
            if token != guess:
                break
            copied.add(token)


def _evaluate(llama: Any, batch: list[int]) -> None:
    """Evaluate tokens after those that count so far, with the logits of each; none of them counts yet.

    What an earlier call left behind them, guesses that were wrong, is dropped first.
    """
    start = llama.n_tokens
    llama._ctx.kv_cache_seq_rm(-1, start, -1)
    llama._batch.set_batch(batch=batch, n_past=start, logits_all=True)
    llama._requires_eval = True  # the last logits may be those of a wrong guess: no later call may draw from them
    llama._ctx.decode(llama._batch)
    llama.input_ids[start : start + len(batch)] = batch
