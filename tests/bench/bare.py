"""llama-cpp-python as its users call it: what `tests.bench.model` compares Greffier with.

Same file, threads, context, batch and sampling as Greffier's process, none of Greffier's code: no brake, no other
process, no reading in steps. It too keeps what a prompt shares with the one before it, but starts with nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import llama_cpp
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from rag.ports import Message
from tests.tiny_gguf import CHATML

SAMPLING = (0.1, 0.9, 40, 0.05, 1.0)  # temperature, top_p, top_k, min_p, repeat_penalty


class Bare:
    """One model in this process."""

    def __init__(self, file: Path, *, context: int, threads: int, batch: int) -> None:
        self._llama: Any = llama_cpp.Llama(
            str(file),
            n_ctx=context,
            n_batch=batch,
            n_ubatch=batch,
            n_threads=threads,
            n_threads_batch=threads,
            n_gpu_layers=0,
            verbose=False,
        )
        self._template = Jinja2ChatFormatter(template=CHATML, eos_token="", bos_token="", add_generation_prompt=True)

    def tokens(self, messages: Sequence[Message]) -> list[int]:
        """Return a prompt as the model reads it."""
        said: Any = [{"role": message.role, "content": message.text} for message in messages]
        written = self._template(messages=said).prompt
        found: list[int] = self._llama.tokenize(written.encode(), add_bos=False, special=True)
        return found

    def forget(self) -> None:
        """Have the next prompt read from its first token on."""
        self._llama.reset()

    def close(self) -> None:
        """Give the memory back."""
        self._llama.close()

    def run(self, messages: Sequence[Message], tokens: int) -> float:
        """Return the seconds to write so many tokens."""
        temperature, top_p, top_k, min_p, penalty = SAMPLING
        began = time.perf_counter()
        drawn = self._llama.generate(
            self.tokens(messages),
            temp=temperature,
            top_p=top_p,
            top_k=int(top_k),
            min_p=min_p,
            repeat_penalty=penalty,
        )
        with closing(drawn):
            for _ in range(tokens):
                self._llama.detokenize([next(drawn)])
        return time.perf_counter() - began
