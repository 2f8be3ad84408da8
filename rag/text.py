"""French text for searching and comparing: normalise, fold, analyse. Pure functions.

What comes out is for indexes and comparisons only; nothing here is ever shown to a reader, and nothing here
knows about documents, scores or languages other than French (English words merely pass through unharmed).
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from typing import Any

import snowballstemmer

from rag.families import FAMILIES

# Raise it whenever `index_terms` gives other terms: an index must be asked in the terms it was built with.
ANALYSER = 5

# Function words only: articles, pronouns, prepositions, conjunctions, auxiliaries, and the words that turn a
# statement into a question. Written folded (no accents). "pas", "sans", "non" stay: they carry meaning.
STOP_WORDS = frozenset(
    """
    a ai aie ait alors apres as au aucun aussi autre aux avant avec avoir avons avez avait aura c ca car ce ceci
    cela celle celles celui ces cet cette ceux chaque ci comme comment d dans de des deja depuis donc dont du elle
    elles en encore entre es est et etait etant ete etes etre eu eux fait faire faut fais font il ils j je l la le
    les leur leurs lors lorsque lui m ma mais me meme mes moi mon n ne ni nos notre nous on ont ou par parce peut
    peux peuvent plus pour pourquoi puis puisque qu quand que quel quelle quelles quels qui quoi s sa se sera serait
    seront ses si soi soit son sont sous suis sur t ta te tes toi ton tous tout toute toutes tres tu un une vers
    voici voila vos votre vous y combien doit doivent dois puis-je est-ce
    deviens devient devenez devenir sais savez savoir veux veut voulez vouloir voudrais vais va vont chose choses truc
    koi kel kels kelle kelles ke ki pk pq pkoi pr qd jai cest ya svp stp bjr slt bonjour bonsoir salut merci
    the of and is are to in for what how does do it
    """.split()
)

_APOSTROPHES = str.maketrans(
    {"’": "'", "ʼ": "'", "‘": "'", "‐": "-", "‑": "-", "–": "-", "—": "-", "œ": "oe", "æ": "ae"}
)
_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|presqu)'(?=\w)")
# "1 200", but not "C4 220": a code and a figure
_THOUSANDS = re.compile(r"(?<![^\W\d_]\d)(?<![^\W\d_]\d\d)(?<=\d)[\s\u00a0\u202f](?=\d{3}(?!\d))")
_LAW = re.compile(r"\b([lrd])\s?\.?\s?(\d{1,4}(?:-\d+)*)\b")
# Length of a word's pieces: 4 beat 3 and 5, see docs/decisions.md, "Pieces of words".
_PIECE = 4
_WORD = re.compile(r"[a-z0-9]+")
_TOKEN = re.compile(r"[^\W\d_]+(?:\d+(?:-\d+)*)?|\d+(?:[.,]\d+)*(?:-\d+)*")


def normalise(text: str) -> str:
    """Return text lower-cased, NFKC, with one kind of apostrophe and hyphen, and œ/æ written out."""
    return unicodedata.normalize("NFKC", text).lower().translate(_APOSTROPHES)


def fold(text: str) -> str:
    """Return normalised text without accents: "Durée" and "duree" become the same."""
    decomposed = unicodedata.normalize("NFD", normalise(text))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def collapse(text: str) -> str:
    """Return text with every run of white space made one space."""
    return " ".join(text.split())


def analyse(text: str) -> list[str]:
    """Return the index terms of a text, in order, duplicates kept.

    "L'article L. 1234-5 (44.2, 1 200,50 €)" gives articl, l1234-5, 1234-5, 44.2, 1200.50. Numbers are kept exact with a
    decimal point, thousands joined; words lose elision, accents and ending (Snowball French, applied after
    folding, so that a question typed without accents meets the same stems).
    """
    plain = _THOUSANDS.sub("", _ELISION.sub(" ", fold(text)))
    plain = _LAW.sub(r"\1\2 \2", plain)
    return [term for word in _TOKEN.findall(plain) if (term := _term(word))]


def pieces(text: str) -> list[str]:
    """Return the runs of four characters of a text's words, word bounds counted: "prime" gives ~_pri ~prim ~rime ~ime_.

    They make words meet that are misspelt, put together, or of one family under different stems ("licencier",
    "licenciement"). The sign before each keeps them apart from terms. Stop words have none.
    """
    return [piece for word in _WORD.findall(fold(text)) for piece in _pieces(word)]


def index_terms(setting: str, text: str) -> list[str]:
    """Return what a passage is found by: its terms and pieces, those of its `setting` (title, headings) twice."""
    whole = f"{setting}\n{setting}\n{text}"
    return [*analyse(whole), *pieces(whole)]


@lru_cache(maxsize=200_000)
def _pieces(word: str) -> tuple[str, ...]:
    if word in STOP_WORDS:
        return ()
    bounded = f"_{word}_"
    return tuple(f"~{bounded[at : at + _PIECE]}" for at in range(max(1, len(bounded) - _PIECE + 1)))


@lru_cache(maxsize=200_000)
def _term(word: str) -> str:
    if word[0].isdigit():
        return word.replace(",", ".")
    if word in STOP_WORDS:
        return ""
    if any(char.isdigit() for char in word):
        return word
    # Snowball keeps the s of "euros" and "lois": without it, singular and plural would not meet
    stem = _stem(word)
    return _heads().get(stem, stem)


def _stem(word: str) -> str:
    singular = word[:-1] if len(word) > 3 and word[-1] in "sx" and word[-2] != "s" else word
    return str(_OWN.stemmer().stemWord(singular))


@lru_cache(maxsize=1)
def _heads() -> dict[str, str]:
    """Return the stem that stands for a family, by each stem of one."""
    return {_stem(word): _stem(family[0]) for family in FAMILIES for word in family}


class _Own(threading.local):
    """A stemmer a thread: one keeps the word it works on in itself, so that two threads would spoil each other's."""

    def __init__(self) -> None:
        self._made: Any = None

    def stemmer(self) -> Any:
        self._made = self._made or snowballstemmer.stemmer("french")
        return self._made


_OWN = _Own()
