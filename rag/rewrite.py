"""A follow-up to a question that stands alone, by rules. Knows nothing of documents or models."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.text import analyse, collapse, fold, normalise
from rag.types import Turn

# Openings and pronouns that lean on what was said before.
_LEANS = re.compile(
    r"^(?:et|ou|mais|sinon|donc|alors|aussi|idem|pareil|meme chose|and|what about)\b"
    r"|\b(?:celui|celle|ceux|celles|celui-ci|celle-ci|ceux-ci|celles-ci|la-dessus|dans ce cas|cela|ca)\b"
    r"|\bc'est\b(?! quoi)"
)
# With fewer terms of its own, a question that leans cannot be searched alone;
# see docs/decisions.md, "Follow-ups and extracts"
_ENOUGH_TERMS = 6


def standalone(question: str, history: Sequence[Turn]) -> str:
    """Return the question as it should be searched: itself, or followed by the question it leans on."""
    asked = [turn.text for turn in history if turn.role == "user"]
    plain = collapse(question)
    # "où" must not become "ou"
    leans = not normalise(plain).startswith("où") and _LEANS.search(fold(plain)) is not None
    if not asked or not leans or len(analyse(plain)) >= _ENOUGH_TERMS:
        return plain
    return f"{plain} ({collapse(asked[-1])})"
