"""Chat messages to the text of a prompt, by the template that a GGUF brings along. That is a stranger's program: it
runs in jinja2's sandbox, and what comes out of it is checked.

Does not know tokens, models or libraries: it is handed what compiles the template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from jinja2 import TemplateError

from models.chat import without_controls
from rag.errors import ModelError
from rag.ports import Message

Broken = TemplateError  # what a template raises that cannot be compiled or refuses
Turns = list[dict[str, str]]


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

    def prompt(self, messages: Sequence[Message]) -> str:
        """Return the prompt. Where the template knows no "system", its text opens the first question.

        Raises:
            ModelError: if the template refuses the messages, or leaves one out.
        """
        turns = [{"role": m.role, "content": without_controls(m.text, self._controls)} for m in messages]
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
