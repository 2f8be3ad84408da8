"""A model's words to claims: which sentence, with which labels. Model output is untrusted input.

Labels are 1-based and checked against the evidence; whatever else the model types in brackets is dropped. Quotes
are never taken from here: they are sliced from the store.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_GROUP = r"\[\s*S?\d+(?:\s*[,;]\s*S?\d+)*\s*\]"
_LABELS = re.compile(_GROUP, re.IGNORECASE)
# "Phrase. [S1] Suite" belongs together as "Phrase [S1]. Suite"; the line break after it stays, it may end a list item
_LATE = re.compile(rf"\s*([.!?…]+)\s*({_GROUP}(?:\s*{_GROUP})*)[.]?", re.IGNORECASE)
_BOUND = re.compile(r"(?<=[.!?…])\s+(?=[«\"(]?\s?[A-ZÀ-ÖØ-ÞŒ0-9])|\n+")
# also the number of a list item, "1."
_ABBREVIATION = re.compile(r"(?:^\s*\d{1,2}|\b(?:art|al|p|cf|ex|n°|M|Mme|env|max|min|L|R|D)|\b[A-Z])\.$", re.IGNORECASE)
_MARKUP = re.compile(r"^\s*(?:[-*•]\s+|#+\s+|\d+[.)]\s+(?=\D))|\*\*|__|`+")
_MOST_DIGITS = 4
# What could still become a label
_UNFINISHED = re.compile(r"\[[\sS\d,;]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """One sentence as the model wrote it, without its labels, and the evidence numbers (1-based) it names."""

    text: str
    labels: tuple[int, ...]


def drafts(text: str, evidence_count: int) -> tuple[Draft, ...]:
    """Return the sentences of a model's answer with the labels that exist, each label once, in order."""
    moved = _LATE.sub(r" \2\1 ", text)
    return tuple(
        Draft(plain, _numbers(sentence, evidence_count))
        for sentence in _sentences(moved)
        if (plain := _plain(sentence))
    )


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for bound in _BOUND.finditer(text):
        piece = text[start : bound.start()]
        if "\n" not in bound.group() and _ABBREVIATION.search(piece):
            continue
        yield piece
        start = bound.end()
    yield text[start:]


def _numbers(sentence: str, evidence_count: int) -> tuple[int, ...]:
    # without the letter, "[2]" is a footnote mark that came along from a document: shown to nobody, proof of nothing
    groups = [group for group in _LABELS.findall(sentence) if "s" in group.lower()]
    named = [int(digits) for group in groups for digits in re.findall(r"\d+", group) if len(digits) <= _MOST_DIGITS]
    return tuple(dict.fromkeys(number for number in named if 1 <= number <= evidence_count))


def _plain(sentence: str) -> str:
    text = " ".join(_MARKUP.sub("", _LABELS.sub("", sentence)).split())
    text = re.sub(r"\s+([.,…])", r"\1", text)
    return text if re.search(r"\w", text) else ""


class LabelFilter:
    """Turns labels into the reader's citation numbers while text streams: "[S4]" becomes "[1]" if S4 is the first
    one named. Holds back what may still become a label; drops labels that do not exist."""

    def __init__(self, evidence_count: int) -> None:
        self._count = evidence_count
        self._held = ""
        self._order: dict[int, int] = {}

    def feed(self, text: str) -> str:
        """Return what can be shown so far of all that was fed."""
        self._held += text
        unfinished = _UNFINISHED.search(self._held)
        end = unfinished.start() if unfinished else len(self._held)
        ready, self._held = self._held[:end], self._held[end:]
        return self._shown(ready)

    def flush(self) -> str:
        """Return what was held back; to be called once, at the end."""
        held, self._held = self._held, ""
        return self._shown(held)

    def _shown(self, text: str) -> str:
        def number(match: re.Match[str]) -> str:
            labels = _numbers(match.group(), self._count)
            return "".join(f"[{self._order.setdefault(label, len(self._order) + 1)}]" for label in labels)

        return _LABELS.sub(number, text)


def numbering(labels: Iterable[Sequence[int]]) -> dict[int, int]:
    """Return the reader's number (from 1) of each evidence number, by first use."""
    used = dict.fromkeys(label for group in labels for label in group)
    return {label: number for number, label in enumerate(used, 1)}
