"""The sentences of a document that say most of it, as they stand there: an extract, no model needed.

A sentence counts by four things. How central its passage is: the product of the passage's vector, which the index has
already, with the mean of all (the centroid of Radev et al. 2004, "Centroid-based summarization of multiple
documents"). How much of the document's own vocabulary it holds: terms frequent here and rare in the corpus. Whether
it opens its section. Whether it rules, defines or gives figures. Each sentence that is taken makes others of its
section less wanted, and one that says the same unwanted. Knows nothing of language models; `REQUEST` is what one is
asked about these sentences.
"""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rag.asked import EXTRACTS, Asked, answered, refused
from rag.store import Generation
from rag.text import analyse, collapse, fold
from rag.types import Answer, Chunk, Claim, Language, Sentence

Length = Literal["short", "long"]
# Weights of what a sentence is judged by, each between 0 and 1; see docs/decisions.md, "Summaries".
CENTRAL, TERMS, LEAD, CUE = 1.0, 1.0, 0.4, 0.6
# Fewest and most sentences.
SENTENCES: dict[Length, tuple[int, int]] = {"short": (3, 7), "long": (6, 20)}
# What another sentence of a section is worth for each one taken there already.
AGAIN: dict[Length, float] = {"short": 0.6, "long": 0.8}
FEWEST_WORDS, MOST_WORDS = 7, 60
SAME = 0.5  # share of common terms (Jaccard) from which two sentences say the same
REQUEST: dict[Language, str] = {
    "fr": "Résume ce document : dis l'essentiel de ces extraits, dans leur ordre, une phrase courte par point.",
    "en": "Summarise this document: say what matters in these extracts, in their order, one short sentence a point.",
}
_QUESTION: dict[Language, str] = {"fr": "Résumé de « {title} »", "en": "Summary of “{title}”"}

_RULES = re.compile(
    r"\b(doi(?:t|vent)|devra|oblig\w+|interdit\w*|tenue?s? de|peu(?:t|vent) (?:pas )?exceder|au (?:plus|moins)|minim\w+"
    r"|maxim\w+|est fixee?|s'eleve|est due?|a droit|ont droit|exclu\w*|applicable|responsable|must|shall|required"
    r"|prohibited|entitled)\b"
)
_DEFINES = re.compile(
    r"\b(on entend par|designe|se definit|est defini\w*|a pour (?:objet|but|mission)|vise a|consiste|permet|means"
    r"|is defined|aims? (?:to|at)|purpose)\b"
)
_FIGURE = re.compile(r"\d+(?:[.,]\d+)?\s?(?:€|euros?|%|ans?\b|mois|jours?|heures?|h\b|mm|cm|m\b|km|kg|m²)")
# What leans on the sentence before, and says little without it.
_LEANS = re.compile(
    r"(?:elles?|ils?|celui-ci|celle-ci|ceux-ci|celles-ci|ce (?:dernier|qui)|cette (?:derniere)|cela|ceci|toutefois"
    r"|cependant|neanmoins|ainsi|en effet|par ailleurs|en outre|de plus|or|donc|mais|aussi|dans ce cas|they|it|this"
    r"|leurs?|sa|son|ses|however|therefore|moreover|thus|but|also)\b"
)
_MANNERS = re.compile(
    r"\b(madame, monsieur|veuillez agreer|vous prions? d'agreer|salutations|fait a \w+, le|cher(?:e)? confrere|yours"
    r"|dear (?:sir|madam)|copyright|tous droits reserves|table des matieres|sommaire|isbn|issn)\b"
    r"|\.{4,}|…{2,}|https?:|^(?:tableau|figure|table|fig\.?) \d"
)
_LIST = re.compile(r"(?:[-–—•▪◦*·]|\d{1,2}[.)°]|[a-z]\))\s")


@dataclass(frozen=True, slots=True)
class Summary:
    """An answer whose claims are whole sentences of the document, in its order; `headings` has the section of each."""

    answer: Answer
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    sentence: Sentence
    section: str
    terms: frozenset[str]
    worth: float


def summary(
    generation: Generation, path: str, length: Length, groups: frozenset[str] | None, language: Language = "fr"
) -> Summary:
    """Return the summary of a document of the generation; a refusal when no sentence of it can stand alone."""
    began = time.perf_counter()
    rows = generation.rows(path)
    chunks = [generation.documents.chunk(row) for row in rows]
    chosen = _chosen(_weighed(chunks, generation, rows), length)
    title = chunks[0].page.source.title if chunks else path
    asked_as = _QUESTION[language].format(title=title)
    asked = Asked(
        asked_as, asked_as, language, generation, EXTRACTS, (), groups, began, time.perf_counter()
    )  # fmt: skip
    if not chosen:
        return Summary(refused(asked, "no_evidence"), ())
    claims = tuple(Claim(collapse(item.sentence.text), (number,), "supported") for number, item in enumerate(chosen, 1))
    answer = answered(asked, claims, [item.sentence for item in chosen])
    return Summary(answer, tuple(item.section for item in chosen))


def _weighed(chunks: Sequence[Chunk], generation: Generation, rows: range) -> list[_Candidate]:
    if not chunks:
        return []
    vectors = np.asarray(generation.vectors[rows.start : rows.stop], dtype=np.float32)
    central = _scaled(vectors @ vectors.mean(axis=0))
    depth = _depth(chunks)
    known = [(place, chunk, item) for place, chunk in enumerate(chunks) for item in _once(chunk, chunks[:place][-1:])]
    terms = [frozenset(analyse(item.text)) for _, _, item in known]
    often = Counter(term for held in terms for term in held)
    weights = {term: np.log1p(count) * generation.lexical.idf(term) for term, count in often.items()}
    own = _scaled(np.array([_vocabulary(held, weights) for held in terms]))
    found: list[_Candidate] = []
    section, opened, previous = None, False, ""
    for (place, chunk, item), held, share in zip(known, terms, own, strict=True):
        if chunk.heading != section:
            section, opened = chunk.heading, False
        fit = _stands_alone(item, chunk, previous)
        previous = collapse(item.text)
        if not fit:
            continue
        worth = CENTRAL * central[place] + TERMS * share + LEAD * (not opened) + CUE * _cue(previous)
        opened = True
        found.append(_Candidate(item, _section(chunk, depth), held, float(worth)))
    return found


def _once(chunk: Chunk, before: Sequence[Chunk]) -> Sequence[Sentence]:
    """Return the sentences of a chunk that the one before does not have too."""
    seen = {(item.page.number, item.start) for other in before for item in other.sentences}
    return [item for item in chunk.sentences if (item.page.number, item.start) not in seen]


def _scaled(
    values: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return values stretched to 0 to 1, all 1 when they are equal."""
    if not len(values) or values.max() - values.min() < 1e-6:
        return np.ones(len(values), dtype=np.float32)
    return np.asarray((values - values.min()) / (values.max() - values.min()), dtype=np.float32)


def _vocabulary(terms: frozenset[str], weights: dict[str, float]) -> float:
    # by the square root of the length: a mean favours two words, a sum the longest sentence
    return sum(weights[term] for term in terms) / math.sqrt(max(1.0, len(terms)))


def _stands_alone(item: Sentence, chunk: Chunk, previous: str) -> bool:
    text, plain = collapse(item.text), fold(collapse(item.text))
    words = len(text.split())
    if not FEWEST_WORDS <= words <= MOST_WORDS or not text.endswith((".", "!", ".»", ". »", ".)", ".\u202f»")):
        return False
    if text in chunk.heading or text == chunk.page.source.title or _MANNERS.search(plain) or _LEANS.match(plain):
        return False
    if sum(char.isalpha() for char in text) < 0.6 * len(text.replace(" ", "")):
        return False  # a row of a table
    if _LIST.match(text) or previous.endswith("?"):
        return False  # an item says what its list says of it, an answer what was asked
    # a small letter goes on with what a page or a box has cut off
    return (
        text[0].isupper()
        or text[0] in '«“"'
        or text[0].isdigit()
        or (text[:2].lower() in {"l'", "d'"} and text[2:3].isupper())
    )


def _cue(text: str) -> float:
    plain = fold(text)
    return (bool(_RULES.search(plain)) + bool(_DEFINES.search(plain)) + bool(_FIGURE.search(plain))) / 3


def _depth(chunks: Sequence[Chunk]) -> int:
    """Return the level whose headings tell the parts of the document: the first with more than one."""
    for level in range(3):
        if len({chunk.heading[level] for chunk in chunks if len(chunk.heading) > level}) > 1:
            return level
    return 0


def _section(chunk: Chunk, depth: int) -> str:
    return collapse(chunk.heading[depth]) if len(chunk.heading) > depth else ""


def _chosen(candidates: Sequence[_Candidate], length: Length) -> list[_Candidate]:
    fewest, most = SENTENCES[length]
    wanted = min(most, max(fewest, round(len(candidates) ** 0.5 * (1.0 if length == "short" else 2.0))))
    taken: list[_Candidate] = []
    left = list(candidates)
    while left and len(taken) < wanted:
        count = Counter(item.section for item in taken)
        best = max(left, key=lambda item: item.worth * AGAIN[length] ** count[item.section])
        left.remove(best)
        if all(_same(best.terms, item.terms) < SAME for item in taken):
            taken.append(best)
    return sorted(taken, key=lambda item: (item.sentence.page.number, item.sentence.start))


def _same(terms: frozenset[str], others: frozenset[str]) -> float:
    together = terms | others
    return len(terms & others) / len(together) if together else 1.0
