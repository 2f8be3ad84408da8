"""What says the same in French and English: a dictionary, descriptions of packages, and the words that align in them.

Reads two dictionaries of FreeDict as `dictd` keeps them and two `Translation-*` files as apt keeps them. Knows nothing
of encoders.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.text import fold

_HEAD = re.compile(r"^(?P<word>[^/<\n]+?) (?:/[^/]*/|<[^>]*>)")
_SENSE = re.compile(r"^\d+\. ")
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|<[^>]*>")
_WORD = re.compile(r"[^\W\d_]{2,}")
_SENTENCE = re.compile(r"(?<=[.!?;:])\s+")
ROUNDS = 5
"""Passes of the alignment."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same in two languages."""

    french: str
    english: str


def dictionary(french_english: Path, english_french: Path) -> list[Pair]:
    """Return the entries of two dictionaries of FreeDict, uncompressed, one translation a pair."""
    found = [Pair(word, other) for word, others in _entries(french_english) for other in others]
    found += [Pair(other, word) for word, others in _entries(english_french) for other in others]
    return list(dict.fromkeys(found))


def _entries(file: Path) -> Iterator[tuple[str, list[str]]]:
    word = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if head := _HEAD.match(line):
            word = head["word"].strip()
        elif word and line.strip() and not line.startswith(" "):
            parts = re.split(r"[,;]", _ASIDE.sub("", _SENSE.sub("", line)))
            yield word, [part.strip() for part in parts if part.strip()]


def descriptions(french: Path, english: Path) -> list[Pair]:
    """Return pairs of short and long descriptions of packages, by paragraph, and by sentence where they match."""
    theirs = {md5: parts for md5, parts in _packages(english)}
    found: list[Pair] = []
    for md5, parts in _packages(french):
        other = theirs.get(md5, [])
        if len(parts) == len(other):
            for mine, its in zip(parts, other, strict=True):
                found += _sentences(mine, its)
    return [pair for pair in dict.fromkeys(found) if pair.french != pair.english and len(pair.french) > 8]


def titled(french: Path, english: Path) -> list[tuple[Pair, Pair]]:
    """Return the short description of each package, in both languages, with the first paragraph of the long one."""
    theirs = {md5: parts for md5, parts in _packages(english)}
    found = {}
    for md5, parts in _packages(french):
        other = theirs.get(md5, [])
        if len(parts) > 1 and len(other) > 1 and len(parts[1]) > 80:
            found[parts[1]] = (Pair(parts[0], other[0]), Pair(parts[1], other[1]))
    return list(found.values())


def _packages(file: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the MD5 of the English text and its paragraphs, the short description first."""
    for block in file.read_text(encoding="utf-8").split("\n\n"):
        md5, parts, lines = "", [], list[str]()
        for line in block.splitlines():
            if line.startswith("Description-md5: "):
                md5 = line.split()[1]
            elif line.startswith("Description-"):
                parts.append(line.partition(": ")[2].strip())
            elif line == " .":
                parts.append(" ".join(lines))
                lines = []
            elif line.startswith(" "):
                lines.append(line.strip())
        if lines:
            parts.append(" ".join(lines))
        yield md5, [part for part in parts if part]


def _sentences(french: str, english: str) -> list[Pair]:
    mine, its = _SENTENCE.split(french), _SENTENCE.split(english)
    if len(mine) == len(its):
        return [Pair(one, other) for one, other in zip(mine, its, strict=True)]
    return [Pair(french, english)]


def words(text: str) -> list[str]:
    """Return the words of a text as the encoder's vocabulary writes them: small letters without accents."""
    return _WORD.findall(fold(text))


def aligned(pairs: Sequence[Pair], longest: int = 40) -> dict[str, dict[str, float]]:
    """Return for French words the English ones they stand beside, with probabilities: IBM model 1 (Brown et al. 1993).

    Only words seen three times, and only shares of a tenth and more.
    """
    names: tuple[dict[str, int], dict[str, int]] = ({}, {})
    links: list[tuple[int, int, int]] = []  # sentence's English place, French word, English word
    slot = 0
    for pair in pairs:
        mine, its = words(pair.french), words(pair.english)
        if len(mine) > longest or len(its) > longest:
            continue
        french = [names[0].setdefault(word, len(names[0])) for word in mine]
        for word in its:
            english = names[1].setdefault(word, len(names[1]))
            links += [(slot, one, english) for one in french]
            slot += 1
    slots, french_at, english_at = np.array(links, dtype=np.int64).T
    keys, inverse = np.unique(french_at * len(names[1]) + english_at, return_inverse=True)
    left = keys // len(names[1])
    chance = np.ones(len(keys))
    for _ in range(ROUNDS):
        share = chance[inverse]
        share /= np.bincount(slots, share)[slots]
        counts = np.bincount(inverse, share)
        chance = counts / np.bincount(left, counts)[left]
    spelt = list(names[0]), list(names[1])
    seen = np.bincount(left, counts)
    result: dict[str, dict[str, float]] = defaultdict(dict)
    for key in np.flatnonzero((chance > 0.1) & (seen[left] >= 3)):
        result[spelt[0][left[key]]][spelt[1][keys[key] % len(names[1])]] = float(chance[key])
    return dict(result)
