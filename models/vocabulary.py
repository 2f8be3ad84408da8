"""The vocabulary of a loaded GGUF: tokens to bytes, and which of them no document may hold.

Is handed llama-cpp-python and a model by `models.generator`; knows neither prompts nor answers.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

from models.chat import CHATML_MARKS, CLOSE, OPEN

PIECE_BYTES = 4096  # longest token; real vocabularies stay below 300


class Vocabulary:
    """What llama.cpp says about the tokens of one model."""

    def __init__(self, library: Any, llama: Any) -> None:
        self._library = library
        self._size: int = llama.n_vocab()
        self._pointer = library.llama_model_get_vocab(llama.model)

    def ends(self, token: int) -> bool:
        """Return whether the model ends its turn with this token."""
        return bool(self._library.llama_vocab_is_eog(self._pointer, token))

    def bytes_of(self, token: int) -> bytes:
        """Return the bytes of a token as text has them; none for a control token."""
        room = ctypes.create_string_buffer(PIECE_BYTES)
        size = self._library.llama_token_to_piece(self._pointer, token, room, PIECE_BYTES, 0, False)
        return room.raw[: max(0, size)]

    def name_of(self, token: int) -> str:
        """Return a token as the vocabulary spells it; "" for one that there is not (negative)."""
        if token < 0:
            return ""
        text: bytes = self._library.llama_vocab_get_text(self._pointer, token) or b""
        return text.decode("utf-8", errors="replace")

    def control_tokens(self) -> Iterator[str]:
        """Yield the texts that llama.cpp would read as tokens of their own and that no document should hold.

        User-defined tokens count when they look like a mark (`<tool_call>`): some vocabularies also define
        runs of spaces that way, which must stay.
        """
        library = self._library
        yield from (*CHATML_MARKS, OPEN, CLOSE)
        hidden = library.LLAMA_TOKEN_ATTR_CONTROL | library.LLAMA_TOKEN_ATTR_UNKNOWN
        for token in range(self._size):
            kind = library.llama_vocab_get_attr(self._pointer, token)
            if kind & (hidden | library.LLAMA_TOKEN_ATTR_USER_DEFINED):
                text = self.name_of(token)
                if kind & hidden or (text.startswith("<") and text.endswith(">")):
                    yield text
