"""What is asked of models, and of a meter of energy: Protocols. Adapters live in `models/`, fakes in
`tests/fakes.py`.

Nothing here knows which library answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Texts to vectors. Questions and passages are different calls because many models want other prompts."""

    @property
    def id(self) -> str:
        """Name and fingerprint of the weights; vectors of different ids must never be compared."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """Longest passage the model reads, in its tokens, prompt and special tokens already taken off."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the length of each text in tokens, without special tokens."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimensions), each row of length 1."""

    def embed_question(self, text: str) -> Vectors:
        """Return float32 of shape (dimensions,), of length 1."""


class Reranker(Protocol):
    """Question and passages to relevance, read together."""

    @property
    def id(self) -> str:
        """Name and fingerprint of the weights."""

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """Return one logit a passage, higher is better."""


class Entailer(Protocol):
    """Does one text follow from another? A model for natural language inference, best a multilingual one."""

    @property
    def id(self) -> str:
        """Name and fingerprint of the weights."""

    def contradicts(self, premise: str, hypothesis: str) -> bool:
        """Return whether contradiction is the likeliest, and likely enough to strike the hypothesis out.

        Raises:
            ModelError: if the model fails.
        """


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat prompt."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of generated text; `finish` is set on the last one: "stop" (said all) or "length" (cut)."""

    text: str
    finish: Literal["stop", "length"] | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How a language model fares. `since`: `time.monotonic()` of the change to this state; `problem`: why it is
    "starting", "restarting" or "failed", None otherwise; `pid` and `rss` (bytes of memory): of its process;
    `restarts`: how often it was started again.

    While it is "restarting" calls wait; "starting" (it was never ready, and may take minutes) and "failed" mean that
    nobody should: extracts answer. So they do while it is "absent": no model was ever put there, and nothing is wrong.
    """

    state: Literal["starting", "ready", "busy", "restarting", "failed", "absent"]
    since: float
    problem: ModelError | None = None
    pid: int | None = None
    restarts: int = 0
    rss: int | None = None


@runtime_checkable
class Closable(Protocol):
    """What holds a process, a thread or a connection until it is closed: some generators do."""

    def close(self) -> None:
        """Let go of it."""


class Generator(Protocol):
    """Chat messages to text, in a stream. One call at a time, but for servers that take several."""

    @property
    def id(self) -> str:
        """Name of the weights, as shown to the reader."""

    @property
    def context_tokens(self) -> int:
        """Room for prompt and answer together, in the model's tokens."""

    def health(self) -> Health:
        """Return how the model fares; never blocks."""

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the length of the whole prompt as the model will read it, template included."""

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[Piece]:
        """Yield pieces as they come; closing the iterator stops the model.

        Raises:
            ContextOverflow: if prompt and `max_tokens` do not fit into the context.
            ModelError: if the model fails.
        """


class Meter(Protocol):
    """Adds up the energy that the machine spends. `source`: what is measured; `reason`: why nothing is, in French,
    `reason_en` in English; source or reasons are ""."""

    source: str
    reason: str
    reason_en: str

    def joules(self) -> float | None:
        """Return the joules so far, None where they cannot be measured."""
