"""Tells text from what a broken character map makes of it. Pure; looks at characters, never at the page's picture.

Knows French and English words and the pairs of letters usual in them, which other European languages share. Does *not*
mend anything: a garbled layer is no text, and the page goes where scans go.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable

from ingest.raw import RawPage

SAMPLE = 2_000
"""Characters of a page that are looked at."""
UNKNOWN = 0.15
"""Share of private, control or unassigned characters."""
DAMAGED = 0.05
"""Share of words with such a character amid their letters: accents go first, and a fifth of French words has one."""
SYMBOLS = 0.3
COMMON = 0.1
"""Share of function words from which a text is taken as read: pages of the open corpus have 0.19 or more."""
PAIRS = 0.28
"""Least share of usual pairs of letters. 840 pages of the open corpus have 0.45 or more, Polish and Hungarian 0.36;
each shift of the alphabet gives less than 0.23."""
ENOUGH = 100
"""Pairs of letters below which there is too little to tell."""

PICTURE_SHARE = 0.05
"""A page without text whose pictures cover less than this is taken as blank (a rule, a logo), not as a scan."""
SCAN_SHARE = 0.5
SCAN_LETTERS = 15
"""A page mostly covered by a picture with fewer letters than this (a stamped number) is a scan."""

_KNOWN_SYMBOLS = frozenset("€$£%§°&@#*+=<>/\\|()[]{}«»“”\"'’‘`.,;:!?…–—-‑‐•·●■□▪◦○✓→←↑↓_~^²³©®™×÷≤≥±")
_FUNCTION_WORDS = frozenset(
    "de la le les et des en un une du dans est que pour qui sur par au ou ne pas ce se avec il son sa aux d l "
    "the of and to in is for that on with as are be or by this from at not it".split()
)
# The 60 commonest of the open corpus with the English sample sheet counted half, accents folded.
_USUAL_PAIRS = frozenset(
    "es re on de er te le en ti an nt in th he or ne it at la is et ar io st nd co se li ou me ve ri ur ce ra ie tr un "
    "pa em al ns ec qu ai rs ue pe ee ac ca pr ed ch as ta ss il ut po".split()
)
_SUSPECT = re.compile("[^\\x20-\\x7e\\xc0-\\u017f’«»–…€°]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-z]{2,}")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+")
_DAMAGED = re.compile("[^\\W\\d_]+[\ufffd\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff]+")
# UTF-8 read as Latin-1 or Windows-1252: é is Ã©, ’ is â€™.
_MISREAD = re.compile("[ÃÂ][\u0080-\u00bf\u2018-\u203a\u0152-\u0192]|â€")


def lacks_text(page: RawPage) -> bool:
    """Return whether the page shows something that its text does not say: a scan, a garbled layer, a failure.

    A blank page lacks nothing.
    """
    if not page.readable:
        return True
    text = " ".join(word for line in page.lines for word, _, _ in line.words)
    letters = sum(map(len, _WORD.findall(text[:SAMPLE])))
    if not text:
        return page.image_share >= PICTURE_SHARE
    return (page.image_share >= SCAN_SHARE and letters < SCAN_LETTERS) or is_garbled(text)


def is_garbled(text: str) -> bool:
    """Return whether `text` cannot be what the page shows: a broken character map gives private or unknown
    characters, symbols instead of letters, or letters in pairs that no language has. Short texts get the benefit of
    the doubt."""
    text = text[:SAMPLE]
    if _SUSPECT.search(text) is not None and _has_odd_characters(text):
        return True
    words = _LATIN.findall(text)
    # Most pages are told here, and nearly for nothing.
    if sum(word in _FUNCTION_WORDS for word in words) > COMMON * len(words):
        return False
    return _is_symbols(text) or _is_cipher(text)


def _share(counts: Counter[str], kind: Callable[[str], bool]) -> float:
    return sum(count for ch, count in counts.items() if kind(ch)) / max(1, counts.total())


def _has_odd_characters(text: str) -> bool:
    counts = Counter("".join(text.split()))
    unknown = _share(counts, lambda ch: ch == "\ufffd" or unicodedata.category(ch) in ("Cc", "Co", "Cn"))
    if unknown > UNKNOWN and unknown * counts.total() > 5:
        return True
    words = len(_WORD.findall(text))
    damaged, misread = len(_DAMAGED.findall(text)), len(_MISREAD.findall(text))
    return max(damaged, misread) >= max(5, DAMAGED * words)


def _is_symbols(text: str) -> bool:
    counts = Counter("".join(text.split()))
    if counts.total() < 60:
        return False
    odd = _share(counts, lambda ch: not (ch.isalnum() or ch in _KNOWN_SYMBOLS or unicodedata.combining(ch)))
    known = _share(counts, lambda ch: ch in _KNOWN_SYMBOLS and ch not in "._")
    return odd > SYMBOLS or known > 2 * _share(counts, str.isalpha) + 0.5


def _is_cipher(text: str) -> bool:
    """Return whether the Latin letters stand in pairs that none has; acronyms and addresses are not looked at."""
    words = _LATIN.findall(_ADDRESS.sub(" ", text))
    pairs = [
        word[index : index + 2] for word in (word.lower() for word in words if not word.isupper())
        for index in range(len(word) - 1)
    ]  # fmt: skip
    return len(pairs) >= ENOUGH and sum(pair in _USUAL_PAIRS for pair in pairs) < PAIRS * len(pairs)
