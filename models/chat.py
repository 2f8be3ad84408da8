"""Text on its way to and from a chat model: no control tokens in, no private reasoning out. Pure functions.

Does not know any model, library or template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.errors import ModelError

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] }}"
    "{{ '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
CHATML_MARKS = ("<|im_start|>", "<|im_end|>")
OPEN, CLOSE = "<think>", "</think>"


def controls(tokens: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the control tokens, the longest first. Empty tokens are left out."""
    texts = sorted({token for token in tokens if token.strip()}, key=lambda token: (-len(token), token))
    return re.compile("|".join(re.escape(text) for text in texts) or r"(?!)")


def without_controls(text: str, pattern: re.Pattern[str]) -> str:
    """Replace each control token in `text` by a space, until none is left.

    Once is not enough: taking `<|im_end|>` out of `<|im_<|im_end|>end|>` could leave one.
    """
    while pattern.search(text):
        text = pattern.sub(" ", text)
    return text


class Thought:
    """Takes leading space and a leading `<think>…</think>` block out of a stream, wherever the pieces are cut.

    `opened` says that the prompt itself ends in `<think>`. Holds back at most the few characters that may
    become a mark, so its memory does not grow with the thought.
    """

    def __init__(self, *, opened: bool = False) -> None:
        self._state = "inside" if opened else "before"
        self._held = ""

    @property
    def unfinished(self) -> bool:
        """Whether the stream is still inside the thought."""
        return self._state == "inside"

    def feed(self, text: str) -> str:
        """Return what of `text` and of what was held back belongs to the answer."""
        self._held += text
        if self._state == "before":
            start = self._held.lstrip()
            if start.startswith(OPEN):
                self._state, self._held = "inside", start[len(OPEN) :]
            elif not OPEN.startswith(start):
                self._state, self._held = "answer", start
        if self._state == "inside":
            _, mark, after = self._held.partition(CLOSE)
            if mark:
                self._state, self._held = "after", after
            else:
                self._held = self._held[-len(CLOSE) + 1 :]
        if self._state == "after" and self._held.strip():
            self._state, self._held = "answer", self._held.lstrip()
        if self._state == "answer":
            text, self._held = self._held, ""
            return text
        return ""

    def flush(self) -> str:
        """Return what is still held back at the end of the stream, if it is part of the answer."""
        text, self._held = self._held, ""
        return text.lstrip() if self._state == "before" else ""


class Until:
    """Ends a stream of text before the first of some marks, wherever the pieces are cut."""

    def __init__(self, marks: Iterable[str]) -> None:
        self._marks = tuple(marks)
        self._held = ""
        self.reached = False

    def feed(self, text: str) -> str:
        """Return what of the text so far certainly stands before a mark; nothing once one was reached."""
        if self.reached:
            return ""
        self._held += text
        found = [at for at in (self._held.find(mark) for mark in self._marks) if at >= 0]
        if found:
            self.reached = True
            text, self._held = self._held[: min(found)], ""
            return text
        keep = max((_overlap(self._held, mark) for mark in self._marks), default=0)
        text, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return text

    def flush(self, text: str = "") -> str:
        """Return the end of the stream: `text` and what was held back, up to a mark."""
        text = self.feed(text)
        rest, self._held = self._held, ""
        return text + rest


def only_thought(name: str) -> ModelError:
    """Return what a member reads when the model called `name` reasoned up to its limit and answered nothing."""
    return ModelError(
        f"Le modèle de langue {name!r} a réfléchi jusqu'à sa limite sans répondre. Reposez la question autrement ; si "
        "cela se répète, augmentez answer_tokens ou choisissez un modèle sans raisonnement.",
        f"The language model {name!r} reasoned up to its limit and gave no answer. Ask in other words; if it happens "
        "again, raise answer_tokens or choose a model that does not reason.",
    )


def _overlap(text: str, mark: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of `mark`."""
    return next((size for size in range(min(len(text), len(mark) - 1), 0, -1) if text.endswith(mark[:size])), 0)
