"""Does the evidence carry the claim? Deterministic, cheapest first; a model for entailment comes last, where there is
one. Knows no store, and not where the claim came from.

A claim needs evidence; its numbers with units, dates and references must be the evidence's, and said of the same
thing; what must, may or must not be stays so; names and most words must be known. `docs/architecture.md` says what
this does not find, `python -m tests.bench.verifier` measures it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from rag import figures, meaning, rows
from rag.facts import read
from rag.objection import Objection
from rag.ports import Entailer
from rag.types import Language, Sentence


def check(
    claim: str, evidence: Sequence[Sentence], question: str, entailer: Entailer | None = None
) -> Objection | None:
    """Return the first thing that speaks against a claim, None when nothing does.

    Numbers and words of the question, and of the titles of the documents cited, may be repeated.

    Raises:
        ModelError: if the entailer fails.
    """
    return next(_objections(claim, evidence, question, entailer), None)


def objection(
    claim: str,
    evidence: Sequence[Sentence],
    question: str,
    language: Language,
    entailer: Entailer | None = None,
) -> str:
    """Return why the evidence does not carry the claim, in the reader's language; "" when nothing was found."""
    found = check(claim, evidence, question, entailer)
    return found.text(language) if found else ""


def _objections(
    claim: str, evidence: Sequence[Sentence], question: str, entailer: Entailer | None
) -> Iterator[Objection]:
    if not evidence:
        yield Objection("citation")
        return
    said, cited, asked = read(claim), [read(rows.shown(sentence)) for sentence in evidence], read(question)
    titles = read(" ; ".join(dict.fromkeys(sentence.page.source.title for sentence in evidence)))
    yield from chain(figures.objections(said, cited, asked, titles), meaning.objections(said, cited, asked, titles))
    if entailer is not None and entailer.contradicts(" ".join(facts.text for facts in cited), claim):
        yield Objection("entailment")
