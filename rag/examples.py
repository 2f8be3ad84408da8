"""Example questions for an empty chat, drawn from the headings of the corpus. Deterministic; writes no prose."""

from __future__ import annotations

import re
from collections import Counter

from rag.store import Generation
from rag.text import analyse, collapse

# "Article 12 - ", "3.2 ", "IV. ", "Chapitre 2 : "
_NUMBERING = re.compile(
    r"^(?:(?:article|art\.|chapitre|titre|section|annexe|partie)\s+(?:\d+|[IVXL]+|premier|1er)"
    r"|\d+(?:\.\d+)*|[IVXL]+|[A-Z])\s*[.):–—-]*\s+",
    re.IGNORECASE,
)
_LONGEST = 60
_FEWEST_TERMS = 2
_MOST_CAPITALS = 2
_SAMPLED_CHUNKS = 400


def examples(generation: Generation, count: int, groups: frozenset[str] | None = None) -> tuple[str, ...]:
    """Return up to `count` questions, each about a heading of another document, spread over what `groups` may read.

    Headings that several documents share (a letterhead, "Introduction") say nothing of any of them and are left out.
    """
    found = _subjects(generation, groups)
    owners = Counter(subject for subjects in found.values() for subject in subjects)
    own = [[subject for subject in subjects if owners[subject] == 1] for subjects in found.values()]
    # the middle of a document is what it is about; its first headings are often its title over again
    chosen = [subjects[len(subjects) // 2] for subjects in own if subjects]
    step = max(1, len(chosen) // max(1, count))
    return tuple(f"Que disent les documents sur « {subject} » ?" for subject in chosen[::step][:count])


def _subjects(generation: Generation, groups: frozenset[str] | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    total = generation.manifest.chunks
    for row in range(0, total, max(1, total // _SAMPLED_CHUNKS)):
        chunk = generation.documents.chunk(row)
        if not chunk.page.source.open_to(groups):
            continue
        subjects = found.setdefault(chunk.page.source.path, [])
        subject = _subject(chunk.heading[-1]) if chunk.heading else ""
        if subject and subject not in subjects:
            subjects.append(subject)
    return found


def _subject(heading: str) -> str:
    subject = _NUMBERING.sub("", collapse(heading)).strip(" .:–—-")
    if len(analyse(subject)) < _FEWEST_TERMS or len(subject) > _LONGEST or any(char.isdigit() for char in subject):
        return ""
    if sum(word[0].isupper() for word in subject.split()) > _MOST_CAPITALS:  # the head row of a table
        return ""
    return subject if subject.isupper() else subject[0].lower() + subject[1:]
