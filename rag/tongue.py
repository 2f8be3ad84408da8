"""Whether a text is English rather than French, by the words that each has and the other has not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH = frozenset("the of and to in is are for that with by or be this which from must shall not it as at".split())
_FRENCH = frozenset(
    "le la les de des du et en un une est sont pour que qui par ou dans au aux sur ne pas ce il".split()
)


def is_english(texts: Iterable[str]) -> bool:
    """Return whether more words are English ones than French ones; False where neither has the most."""
    words = [word for text in texts for word in _WORD.findall(text.lower())]
    return sum(word in _ENGLISH for word in words) > sum(word in _FRENCH for word in words)
