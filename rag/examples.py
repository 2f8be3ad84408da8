"""Example questions for an empty chat, drawn from the headings of the corpus. Deterministic; writes no prose."""

from __future__ import annotations

import re

from rag.store import Generation
from rag.text import analyse, collapse

# "Article 12 - ", "3.2 ", "IV. ", "Chapitre 2 : "
_NUMBERING = re.compile(
    r"^(?:(?:article|art\.|chapitre|titre|section|annexe|partie)\s+(?:\d+|[IVXL]+|premier|1er)"
    r"|\d+(?:\.\d+)*|[IVXL]+|[A-Z])\s*[.):–—-]*\s+",
    re.IGNORECASE,
)
_LONGEST = 60
_SAMPLED_CHUNKS = 400


def examples(generation: Generation, count: int) -> tuple[str, ...]:
    """Return up to `count` questions, each about a heading of another document, spread over the corpus."""
    questions: dict[str, str] = {}
    total = generation.manifest.chunks
    for row in range(0, total, max(1, total // _SAMPLED_CHUNKS)):
        chunk = generation.documents.chunk(row)
        source = chunk.page.source
        if source.path in questions or not chunk.heading:
            continue
        subject = _NUMBERING.sub("", collapse(chunk.heading[-1])).strip(" .:–—-")
        if len(analyse(subject)) >= 2 and len(subject) <= _LONGEST:
            questions[source.path] = f"Que disent les documents sur « {subject[0].lower() + subject[1:]} » ?"
    found = list(questions.values())
    step = max(1, len(found) // max(1, count))
    return tuple(found[::step][:count])
