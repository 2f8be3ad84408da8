"""Values to the JSON of the command contract (`docs/commands.md`). Pure; times in milliseconds, boxes in points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rag.differences import Change, Differences
from rag.library import Entry
from rag.summary import Summary
from rag.text import collapse
from rag.types import (
    Answer,
    Citation,
    Claim,
    Event,
    Finished,
    Passage,
    Queued,
    Reading,
    Retrieved,
    Sentence,
    Source,
    Timings,
    Token,
)

Json = dict[str, Any]
# Stands for a line end while white space is collapsed; for private use, so in no text.
_BREAK = "\ue000"


def search(question: str, generation: str, passages: Sequence[Passage], timings: Timings) -> Json:
    """Return the result of `rag search`."""
    return {
        "question": question,
        "generation": generation,
        "passages": _passages(passages),
        "ms": _milliseconds(timings),
    }


def answer(value: Answer) -> Json:
    """Return the result of `rag ask`, and a line of `rag batch` less its id."""
    return {
        "question": value.question,
        "standalone": value.standalone,
        "status": value.status,
        "text": value.text,
        "claims": [_claim(claim) for claim in value.claims],
        "citations": [_citation(citation) for citation in value.citations],
        "passages": _passages(value.passages),
        "generation": value.generation,
        "model": value.model,
        "refusal": value.refusal,
        "truncated": value.truncated,
        "cached": value.cached,
        "missing_years": list(value.missing_years),
        "missing": list(value.missing),
        "ms": _milliseconds(value.timings),
    }


def event(value: Event) -> tuple[str, Json]:
    """Return the name of an event on the way to an answer, and what it says."""
    match value:
        case Queued(position, seconds):
            return "queued", {"position": position, "seconds": seconds}
        case Retrieved(standalone, passages):
            return "retrieved", {"standalone": standalone, "passages": _passages(passages)}
        case Reading():
            return "reading", {}
        case Token(text):
            return "token", {"text": text}
        case Finished(finished):
            return "finished", answer(finished)


def document(entry: Entry) -> Json:
    """Return a document of the list of documents."""
    source = entry.source
    return {
        "path": source.path,
        "title": source.title,
        "group": source.group,
        "sha256": source.sha256,
        "pages": entry.pages,
        "date": entry.date,
        "newer": _version(entry.newer),
        "older": _version(entry.older),
    }


def summary(value: Summary) -> Json:
    """Return the result of `rag summary`."""
    return {**answer(value.answer), "headings": list(value.headings)}


def differences(value: Differences) -> Json:
    """Return the result of `rag compare-versions`."""
    return {
        "old": _version(value.old),
        "new": _version(value.new),
        "same": value.same,
        "figures": dict(value.figures),
        "changes": [_change(change) for change in value.changes],
        "generation": value.generation,
    }


def _change(change: Change) -> Json:
    return {
        "kind": change.kind,
        "section": change.section,
        "heading": change.heading,
        "old": _side(change.old),
        "new": _side(change.new),
        "figures": [{"kind": figure.kind, "old": figure.old, "new": figure.new} for figure in change.figures],
    }


def _side(sentence: Sentence | None) -> Json | None:
    if sentence is None:
        return None
    page = sentence.page
    return {
        "page": page.number,
        "page_label": page.label,
        "quote": _quote(sentence),
        "boxes": [list(box) for box in sentence.boxes],
    }


def _claim(claim: Claim) -> Json:
    return {
        "text": claim.text,
        "citations": list(claim.citations),
        "verdict": claim.verdict,
        "reason": claim.reason,
    }


def _citation(citation: Citation) -> Json:
    sentence = citation.sentence
    return {
        "number": citation.number,
        "path": sentence.page.source.path,
        "page": sentence.page.number,
        "page_label": sentence.page.label,
        "quote": _quote(sentence),
        "boxes": [list(box) for box in sentence.boxes],
        "newer": _version(citation.newer),
        "older": _version(citation.older),
    }


def _version(source: Source | None) -> Json | None:
    return None if source is None else {"path": source.path, "title": source.title}


def _quote(sentence: Sentence) -> str:
    """Return the sentence as it stands on the page, on one line but where a line end breaks a word: a tool that looks
    for it there must find it."""
    if not sentence.printed:
        return collapse(sentence.text)
    return collapse(sentence.printed.replace("-\n", f"-{_BREAK}")).replace(_BREAK, "\n")


def _passages(passages: Sequence[Passage]) -> list[Json]:
    return [
        {
            "rank": rank,
            "score": round(passage.score, 4),
            "path": passage.chunk.page.source.path,
            "page": passage.chunk.page.number,
            "page_label": passage.chunk.page.label,
            "text": passage.chunk.text,
        }
        for rank, passage in enumerate(passages, 1)
    ]


def _milliseconds(timings: Timings) -> Json:
    return {"retrieve": timings.retrieve, "first_token": timings.first_token, "total": timings.total}
