"""The names that a text gives: capitalised words inside a sentence, and words in capitals. Pure; knows no gazetteer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(r"(?<!\w)[^\W\d_](?:[^\W_]|[-’'.](?=[^\W_]))*")
# "M. Durand" opens no sentence with "Durand"
_TITLE = re.compile(r"(?<!\w)(?:MM?|Dr|Pr|Me|St)\.\s*$")
_OPENING = re.compile(r"(?:^|[.!?:;…»«(\"]\s*|\n\s*)$")
_ELIDED = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)[’']", re.IGNORECASE)
_ROMAN = re.compile(r"[IVXLC]+(?:e|er|ère)?")
_LINKS = frozenset("de des du la le les l d et en sur pour a au aux".split())


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written at `[start, end)`."""

    text: str
    start: int
    end: int

    @property
    def acronym(self) -> bool:
        """Return whether it is written in capitals: "CSE", "NF"."""
        return len(self.text) > 1 and self.text.replace(".", "").isupper()


def names(text: str) -> tuple[Name, ...]:
    """Return the names in an NFC text, in order; a word that opens a sentence is one only when in capitals."""
    found = []
    for match in _WORD.finditer(text):
        elided = _ELIDED.match(match.group())
        start = match.start() + (elided.end() if elided else 0)
        word = text[start : match.end()]
        if not word[:1].isupper() or _ROMAN.fullmatch(word) or len(word) < 2:
            continue
        name = Name(word, start, match.end())
        before = text[max(0, match.start() - 4) : match.start()]
        if name.acronym or _TITLE.search(before) or not _OPENING.search(before):
            found.append(name)
    return tuple(found)


def spelt_out(acronym: str, words: Sequence[str]) -> bool:
    """Return whether an acronym is made of the first letters of consecutive `words` (levelled), small words apart."""
    letters = acronym.replace(".", "").lower()
    initials = "".join(word[0] for word in words if word not in _LINKS)
    return letters in initials or letters in "".join(word[0] for word in words)
