"""A `rag.ports.Generator` that counts the tokens that go through another one. Changes nothing that passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.ports import Generator, Health, Message, Piece


class Counted:
    """Counts since it was made; one call at a time.

    `read` is the prompt tokens asked for, those recalled from the cache included; `written` the tokens of the text
    that came out, when it is read again (hidden reasoning is not in it). Both in the model's own tokens.
    """

    def __init__(self, inner: Generator) -> None:
        self._inner = inner
        self.read = 0
        self.written = 0

    @property
    def id(self) -> str:
        """Name of the weights."""
        return self._inner.id

    @property
    def context_tokens(self) -> int:
        """Room for prompt and answer together, in the model's tokens."""
        return self._inner.context_tokens

    def health(self) -> Health:
        """Return how the model fares."""
        return self._inner.health()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the length of the whole prompt."""
        return self._inner.count_tokens(messages)

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[Piece]:
        """Yield what the other one yields; raises what it raises."""
        text = ""
        for piece in self._inner.stream(messages, max_tokens=max_tokens):
            text += piece.text
            yield piece
        self.read += self._inner.count_tokens(messages)
        # behind the same prompt: templates refuse a conversation that begins with the assistant
        full, empty = (self._inner.count_tokens([*messages, Message("assistant", said)]) for said in (text, ""))
        self.written += full - empty
