"""Chat messages to text with llama.cpp (`models.llama` opens it). Runs in the inference process.

Two threads in one model kill the process and cannot be caught, so a lock spans each whole stream. Does not
know the catalogue, that it is in a process of its own, nor what the messages are about.
"""

from __future__ import annotations

import codecs
import threading
from collections.abc import Generator as PieceGenerator
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from models.brake import Brake
from models.catalogue import Sampling
from models.chat import CLOSE, OPEN, Thought, Until, controls, only_thought
from models.gguf_header import read_header
from models.llama import Formatter, import_library, open_file
from models.lookup import drawn
from models.plan import BATCH_CPU, BATCH_GPU
from models.saved_state import SavedState
from models.template import Template
from models.vocabulary import Vocabulary
from rag.errors import ContextOverflow, ModelError
from rag.ports import Message, Piece

SEED = 20_220  # any fixed number: the same question on the same passages gives the same answer


class LlamaGenerator:
    """A chat GGUF. Safe to share between threads: a second stream waits until the first is over.

    `context` is the room for prompt and answer in tokens, capped at the trained length; `batch` 0 reads as many
    tokens at once as usual; `gpu_layers` is -1 for all, 0 for none, and ignored where llama.cpp was built without
    a GPU. `ahead`: tokens guessed from the prompt and checked in one step, 0 for none. Pressing `brake` ends the
    stream under way early, without a last piece; it must be released before the next.

    Raises:
        ModelError: if llama-cpp-python is missing or the file cannot be loaded.
    """

    def __init__(
        self,
        file: Path,
        *,
        name: str,
        context: int = 4096,
        threads: int = 1,
        batch: int = 0,
        gpu_layers: int = 0,
        sampling: Sampling | None = None,
        ahead: int = 0,
    ) -> None:
        header = read_header(file)
        self._name = name
        self._sampling = sampling or Sampling()
        self._ahead = ahead
        self._lock = threading.Lock()
        self._library = import_library()
        self.brake = Brake()
        layers = gpu_layers if self._library.llama_supports_gpu_offload() else 0
        self._batch = batch or (BATCH_GPU if layers else BATCH_CPU)
        room = min(context, header.context) if header.context else context
        self._llama = open_file(
            self._library, file, name, context=room, batch=self._batch, threads=threads, gpu_layers=layers
        )
        self.brake.connect(self._library, self._llama.ctx)
        self._vocabulary = Vocabulary(self._library, self._llama)
        self._formatter = Formatter(self._llama, self._vocabulary, name)
        self._template = Template(name, self._formatter.compiled, controls(self._vocabulary.control_tokens()))
        self._close: list[int] = self._llama.tokenize(CLOSE.encode(), add_bos=False, special=True)
        model = self._llama.model
        # a recurrent state cannot be cut back: reading the prompt in steps would read it again each time, and a wrong
        # guess could not be taken back
        self._in_steps = not (
            self._library.llama_model_is_recurrent(model) or self._library.llama_model_is_hybrid(model)
        )

    @property
    def id(self) -> str:
        """Name of the weights, as shown to the reader."""
        return self._name

    @property
    def context_tokens(self) -> int:
        """Room for prompt and answer together, in the model's tokens."""
        return int(self._llama.n_ctx())

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the length of the whole prompt as the model will read it, template included.

        Raises:
            ModelError: if the model's template refuses these messages.
        """
        return len(self._tokens(self._prompt(messages)))

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[Piece]:
        """Yield pieces as they come; closing the iterator stops the model.

        While a long prompt is read, pieces with empty text are yielded, so that the caller can stop there too.

        Raises:
            ContextOverflow: at once, if prompt and `max_tokens` do not fit into the context.
            ModelError: if the model fails.
        """
        prompt = self._prompt(messages)
        tokens = self._tokens(prompt)
        if len(tokens) + max_tokens > self.context_tokens:
            raise ContextOverflow(
                f"La question et ses extraits font {len(tokens)} unités ; avec {max_tokens} pour la réponse, cela "
                f"dépasse les {self.context_tokens} du modèle. Augmentez context_tokens ou réduisez evidence_passages.",
                f"The question and its passages are {len(tokens)} tokens; with {max_tokens} for the answer that is "
                f"more than the model's {self.context_tokens}. Raise context_tokens or lower evidence_passages.",
            )
        return self._pieces(tokens, max_tokens, Thought(opened=prompt.rstrip().endswith(OPEN)))

    def batches(self, messages: Sequence[Message]) -> int:
        """Return how many batches may pass before a stream of these messages yields something."""
        return 1 if self._in_steps else 1 + self.count_tokens(messages) // self._batch

    def read_instructions(self, instructions: str, state: Path | None) -> None:
        """Read what every prompt that opens with `instructions` has in common, or recall it from a file.

        `state` is the start of that file's path, which names the weights; None keeps nothing. At least one token
        is evaluated, so a model that loads but cannot run is found out here, as is a template without an end.

        Raises:
            ModelError: if the model fails.
            ContextOverflow: if they alone fill the context.
        """
        self._template.check()
        tokens = self._common_start(instructions)
        if len(tokens) >= self.context_tokens:
            raise ContextOverflow(
                f"Les consignes de Greffier font {len(tokens)} unités et le contexte du modèle {self._name!r} n'en a "
                f"que {self.context_tokens}. Augmentez context_tokens, ou choisissez un autre modèle.",
                f"Greffier's instructions are {len(tokens)} tokens and the context of the model {self._name!r} has "
                f"only {self.context_tokens}. Raise context_tokens, or choose another model.",
            )
        with self._lock, self._as_model_error():
            saved = SavedState(state, tokens, self._library.__version__) if state and self._in_steps else None
            known = saved is not None and saved.load(self._library, self._llama)
            with closing(self._llama.generate(tokens, temp=0.0)) as step:
                next(step)
            if saved is not None and not known:
                saved.save(self._library, self._llama)

    def _common_start(self, instructions: str) -> list[int]:
        one, other = (self._tokens(self._prompt(_asked(instructions, text))) for text in ("a", "b"))
        shared = self._llama.longest_token_prefix(one, other)
        return one[: max(1, shared)]

    def _pieces(self, tokens: list[int], max_tokens: int, thought: Thought) -> PieceGenerator[Piece, None, None]:
        with self._lock, self._as_model_error():
            yield from self._read(tokens)
            yield from self._write(tokens, max_tokens, thought)

    @contextmanager
    def _as_model_error(self) -> Iterator[None]:
        try:
            yield
        except (RuntimeError, ValueError) as error:
            if self.brake.pressed and self._in_steps:
                return  # what was evaluated before stays, and the rest is dropped by the next evaluation
            self._llama.reset()
            if self.brake.pressed:
                return
            raise ModelError(
                f"Le modèle {self._name!r} s'est arrêté : {error}. Reposez la question ; si cela se répète, "
                "choisissez un modèle plus petit.",
                f"The model {self._name!r} stopped: {error}. Ask again; if it happens again, choose a smaller model.",
            ) from error

    def _read(self, tokens: list[int]) -> PieceGenerator[Piece, None, None]:
        """Evaluate the prompt but for its last part, in steps; what the last prompt shared is not read again."""
        if not self._in_steps:
            return
        before = self._llama.input_ids[: self._llama.n_tokens].tolist()
        shared = self._llama.longest_token_prefix(before, tokens)
        for end in range(shared + self._batch, len(tokens), self._batch):
            with closing(self._llama.generate(tokens[:end], temp=0.0)) as step:
                next(step)
            yield Piece("")

    def _write(self, tokens: list[int], max_tokens: int, thought: Thought) -> PieceGenerator[Piece, None, None]:
        """Draw tokens one by one. A thought may take half of them; then it is closed, and the answer is written.

        Not `create_completion`: it decodes the whole answer again for each token, and may run past `max_tokens`,
        and so past the context, in the middle of a character.
        """
        bytes_to_text = codecs.getincrementaldecoder("utf-8")(errors="replace")
        until, finish = Until(self._formatter.stops), "length"
        text, end = list(tokens), len(tokens) + max_tokens
        while finish == "length" and len(text) < end:  # once, and once more after a thought that was cut short
            self._llama.set_seed(SEED)
            with closing(self._drawn(text)) as following:
                for token in following:
                    if self._vocabulary.ends(token):
                        finish = "stop"
                        break
                    text.append(token)
                    yield Piece(thought.feed(until.feed(bytes_to_text.decode(self._vocabulary.bytes_of(token)))))
                    if until.reached:
                        finish = "stop"
                    if until.reached or len(text) == end or (thought.unfinished and len(text) >= end - max_tokens // 2):
                        break
            if thought.unfinished and len(text) + len(self._close) < end:
                text, finish = text + self._close, "length"
                thought.feed(CLOSE)
        if thought.unfinished:
            raise only_thought(self._name)
        rest = thought.feed(until.flush(bytes_to_text.decode(b"", final=True))) + thought.flush()
        yield Piece(rest, "stop" if finish == "stop" else "length")

    def _drawn(self, tokens: list[int]) -> PieceGenerator[int, None, None]:
        sampling: dict[str, Any] = {
            "temp": self._sampling.temperature,
            "top_p": self._sampling.top_p,
            "top_k": self._sampling.top_k,
            "min_p": self._sampling.min_p,
            "repeat_penalty": self._sampling.repeat_penalty,
        }
        if self._ahead and self._in_steps:
            return drawn(self._llama, tokens, self._ahead, **sampling)
        plain: PieceGenerator[int, None, None] = self._llama.generate(tokens, **sampling)
        return plain

    def _prompt(self, messages: Sequence[Message]) -> str:
        return self._template.prompt(messages)

    def _tokens(self, prompt: str) -> list[int]:
        tokens: list[int] = self._llama.tokenize(prompt.encode(), add_bos=self._formatter.add_bos, special=True)
        return tokens


def _asked(instructions: str, question: str) -> tuple[Message, ...]:
    return Message("system", instructions), Message("user", question)
