"""Limits: whether a number or a date is a most, a least, a before or an after. Pure.

"au plus 3 mois", "ne peut excéder 3 mois" and "3 mois maximum" say the same. Knows nothing of claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

Bound = Literal["", "most", "least", "before", "after"]
_LIMIT = r"n(?:e\s|')(?:\w+\s+){0,2}?(?:pas\s+|en\s+aucun\s+cas\s+|jamais\s+)?(?:etre\s+)?"
_BEFORE_NUMBER: tuple[tuple[str, Bound], ...] = (
    (rf"{_LIMIT}(?:exced\w+|depass\w+|superieure?s?(?:\s+a)?)", "most"),
    (rf"{_LIMIT}(?:inferieure?s?(?:\s+a)?|etre\s+moindre\w*)", "least"),
    (r"\bn(?:e\s|')[^.;:]{0,45}?\bplus\s+d[e']", "most"),
    (r"pas\s+plus\s+d[e']|sans\s+(?:pouvoir\s+)?(?:exceder|depasser)|no\s+more\s+than|not\s+exceed(?:ing)?", "most"),
    (r"pas\s+moins\s+d[e']|no\s+less\s+than|not\s+less\s+than", "least"),
    (r"au\s+plus\s+tard|avant|d'ici|before|by|no\s+later\s+than|jusqu'(?:au?|en)|until", "before"),
    (r"a\s+(?:compter|partir)\s+d[ue']|des\s+l[ea']|des|apres|depuis|after|from|since|starting", "after"),
    (r"au\s+plus|au\s+maximum|maxim\w+|max|inferieure?s?|moins\s+d[e']|dans\s+la\s+limite\s+d[e']|plafonn\w+|≤|<|at\s+most|"
     r"up\s+to|less\s+than|under|maximum", "most"),
    (r"au\s+moins|au\s+minimum|minim\w+|min|superieure?s?|plus\s+d[e']|≥|>|at\s+least|more\s+than|over|minimum|"
     r"exced\w+|depass\w+", "least"),
)  # fmt: skip
_AFTER_NUMBER: tuple[tuple[str, Bound], ...] = (
    (r"au\s+plus\s+tard|at\s+the\s+latest", "most"),
    (r"au\s+plus|au\s+maximum|maxim\w+|max\b|at\s+most|ou\s+moins", "most"),
    (r"au\s+moins|au\s+minimum|minim\w+|min\b|at\s+least|ou\s+plus", "least"),
)
_LEADING = tuple(
    (re.compile(rf"\b(?:{pattern})(?P<gap>[^.;:!?\d]{{0,28}})$"), bound) for pattern, bound in _BEFORE_NUMBER
)
_TRAILING = tuple((re.compile(rf"\s*(?:[a-z]+\s+){{0,2}}?(?:{pattern})"), bound) for pattern, bound in _AFTER_NUMBER)
_FARTHEST = 3  # words between a limit and its number
_PHRASES = re.compile(
    r"\bn(?:e\s|')(?:\w+\s+)?(?:peu\w+|pourr\w+|sau\w+|doi\w+|devr\w+)\s+(?:pas\s+|en\s+aucun\s+cas\s+|jamais\s+)?"
    r"(?:exceder|depasser|etre\s+(?:superieur|inferieur)\w*|\w+\s+plus\s+d[e'])"
    r"|\bn(?:e\s|')(?:depass|exced)\w+\s+(?:pas|jamais)\b"
)


def bound(plain: str, start: int, end: int) -> Bound:
    """Return which limit the number or date at `[start, end)` of a levelled text is."""
    window = plain[max(0, start - 60) : start]
    nearest: tuple[int, Bound] = (_FARTHEST + 1, "")
    for pattern, kind in _LEADING:
        match = pattern.search(window)
        if match and len(match["gap"].split()) < nearest[0]:
            nearest = len(match["gap"].split()), kind
    for pattern, kind in _TRAILING:
        if nearest[1] == "" and pattern.match(plain, end):
            return kind
    return nearest[1]


def without_limits(plain: str) -> str:
    """Return the text with "ne peut excéder" and its like blanked: they deny nothing. Same length."""
    return _PHRASES.sub(lambda match: " " * len(match.group()), plain)


def limit_words(plain: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the verb or adjective of each phrase that sets a limit ("exced", "inferieur"), and where the phrase is."""
    for match in _PHRASES.finditer(plain):
        if word := re.search(r"exced|depass|superieur|inferieur", match.group()):
            yield word.group(), match.span()
