"""Text levelled for comparing, without moving a character: offsets into the result are offsets into the text.

`rag.text.fold` writes œ out as two letters and so loses places; what is read here is shown to members as it was
written, so places matter. Knows nothing of numbers, dates or claims.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_SAME = str.maketrans(
    {"’": "'", "ʼ": "'", "‘": "'", "‐": "-", "‑": "-", "–": "-", "—": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " "}
)  # fmt: skip


def composed(text: str) -> str:
    """Return text in NFC, one character a letter: what the offsets of `level` count in."""
    return unicodedata.normalize("NFC", text)


def level(text: str) -> str:
    """Return NFC text in lower case, without accents, with one kind of apostrophe, hyphen and space; same length."""
    return "".join(map(_letter, text.translate(_SAME)))


@lru_cache(maxsize=4096)
def _letter(char: str) -> str:
    if char in "²³°":  # m², m³, °C: NFKD would make them figures
        return char
    bare = unicodedata.normalize("NFKD", char.lower())
    if len(bare) > 1 and bare[0].isdigit():  # "½" is no 1
        return char
    return bare[0] if bare else char
