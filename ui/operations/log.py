"""What the log's entries are about, in words: indexes by their date, outcomes of files as the corpus page names them.

The log keeps identifiers, which nobody mistakes; readers get dates. Pure.
"""

from __future__ import annotations

import re

from rag.types import Language
from ui.audit import Entry
from ui.strings.amounts import index
from ui.strings.states import STATES

_COUNT = re.compile(r"([a-z_]+) (\d+)")


def about(entry: Entry, language: Language) -> str:
    """Return the object of an entry as people read it."""
    name, colon, counts = entry.object.partition(" : ")
    if entry.action != "publish" or not colon:
        return index(entry.object, language)
    texts = STATES.of(language)
    said: dict[str, int] = {}
    for status, count in _COUNT.findall(counts):
        word = str(getattr(texts, f"state_{status}", status))
        said[word] = said.get(word, 0) + int(count)
    return f"{index(name, language)} ({', '.join(f'{word} {count}' for word, count in said.items())})"
