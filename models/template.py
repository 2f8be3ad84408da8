"""Chat messages to the text of a prompt, by the template that a GGUF brings along. That is a stranger's program: it
runs in jinja2's sandbox, in bounds of time, memory and output, and what comes out of it is checked.

Does not know tokens, models or libraries: it is handed what compiles the template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from jinja2 import TemplateError

from models.chat import without_controls
from models.limit import TookTooLong, at_most, memory_at_most
from rag.errors import ModelError
from rag.ports import Message

Broken = TemplateError  # what a template raises that cannot be compiled or refuses
Turns = list[dict[str, str]]
# Templates in use take some milliseconds; a hundred times that is for a machine with other work.
SECONDS = 5.0
MEMORY = 256_000_000  # bytes that a template may take to write a question of one word
TRIAL_CHARACTERS = 100_000  # of that; templates that bring along rules and tools write some thousands
MOST_CHARACTERS = 8_000_000  # of any prompt: twice what fills a context of a million tokens
TRIAL = (Message("system", "a"), Message("user", "b"))


class TooMuch(Exception):
    """A template writes without an end."""


def joined(pieces: Iterable[str]) -> str:
    """Return the pieces that a template writes as one text.

    Raises:
        TooMuch: before they are longer than any prompt.
    """
    kept, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > MOST_CHARACTERS:
            raise TooMuch
        kept.append(piece)
    return "".join(kept)


class Template:
    """The template of the model called `name`. `compiled` returns a function of turns (role and content) whose result
    has a `prompt`; `controls` finds what no message may hold.

    Raises:
        ModelError: if it is no template.
    """

    def __init__(self, name: str, compiled: Callable[[], Callable[..., Any]], controls: re.Pattern[str]) -> None:
        self._name = name
        self._controls = controls
        try:
            self._run = compiled()
        except Broken as error:
            raise refused(self._name, error) from error

    def check(self) -> None:
        """Try the template on a question of one word, before any member's: it may be without an end.

        Raises:
            ModelError: if it is, or needs more memory or writes more than any honest one, or refuses.
        """
        with memory_at_most(MEMORY):
            try:
                written = self.prompt(TRIAL)
            except MemoryError as error:
                raise self._endless(f"plus de {MEMORY // 10**6} Mo", f"more than {MEMORY // 10**6} MB") from error
        if len(written) > TRIAL_CHARACTERS:
            raise self._endless(f"{len(written)} caractères", f"{len(written)} characters")

    def prompt(self, messages: Sequence[Message]) -> str:
        """Return the prompt. Where the template knows no "system", its text opens the first question.

        Raises:
            ModelError: if the template refuses the messages, leaves one out, or does not end.
        """
        turns = [{"role": m.role, "content": without_controls(m.text, self._controls)} for m in messages]
        try:
            with at_most(SECONDS):
                return self._either(turns)
        except TookTooLong as error:
            raise self._endless(f"plus de {SECONDS:.0f} s", f"more than {SECONDS:.0f} s") from error
        except TooMuch as error:
            size = MOST_CHARACTERS // 10**6
            raise self._endless(f"plus de {size} millions de caractères", f"more than {size} million characters") from (
                error
            )

    def _either(self, turns: Turns) -> str:
        try:
            return self._whole(turns)
        except (Broken, ValueError, TypeError, RecursionError) as error:
            try:
                return self._whole(_without_system(turns))
            except (Broken, ValueError, TypeError, RecursionError):
                raise refused(self._name, error) from error

    def _whole(self, turns: Turns) -> str:
        # enable_thinking: Qwen3 and SmolLM3 then answer without reasoning; other templates ignore it
        prompt: str = self._run(messages=turns, enable_thinking=False).prompt
        if not all(turn["content"].strip() in prompt for turn in turns):
            raise ValueError("a message is missing from the prompt")
        return prompt

    def _endless(self, fr: str, en: str) -> ModelError:
        return ModelError(
            f"Le gabarit de dialogue du modèle {self._name!r} ne s'arrête pas ({fr} pour une question) : ce fichier "
            "est défectueux ou piégé. Retirez-le du dossier des modèles et choisissez-en un autre.",
            f"The chat template of the model {self._name!r} does not end ({en} for one question): this file is "
            "defective or a trap. Take it out of the folder of models and choose another one.",
        )


def refused(name: str, error: Exception) -> ModelError:
    """Return what is said of a template of the model called `name` that fails."""
    return ModelError(
        f"Le gabarit de dialogue du modèle {name!r} refuse la question : {error}. Choisissez un autre modèle, de type "
        "« instruct ».",
        f"The chat template of the model {name!r} refuses the question: {error}. Choose another model, of the "
        "“instruct” kind.",
    )


def _without_system(turns: Turns) -> Turns:
    if len(turns) < 2 or turns[0]["role"] != "system":
        return turns
    first = {**turns[1], "content": f"{turns[0]['content']}\n\n{turns[1]['content']}"}
    return [first, *turns[2:]]
