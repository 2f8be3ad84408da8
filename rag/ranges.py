"""Numbers that a range covers: 25 km stand in "de 20 à 30 km". Pure; reads figures only."""

from __future__ import annotations

import re
from collections.abc import Collection

from rag.text import fold

_NUMBER = r"(\d+(?:[.,]\d+)?)"
# The end must not be a time ("de 9 h à 17 h"), and nothing but a unit stands between: "de 20 km à 30 km".
_RANGE = re.compile(rf"(?<![\w.,]){_NUMBER}(?: ?(?:km|m|mm|cm|ans?|mois|jours|salaries|%|€))? (?:a|et|to) {_NUMBER}\b")


def covered(text: str, numbers: Collection[str]) -> frozenset[str]:
    """Return which of some `numbers` (as `rag.text.analyse` writes them: "25", "1.5") a range of the text holds."""
    ranges = [tuple(float(end.replace(",", ".")) for end in match.groups()) for match in _RANGE.finditer(fold(text))]
    found = {number for number in numbers if re.fullmatch(r"\d+(?:\.\d+)?", number)}
    return frozenset(number for number in found if any(low <= float(number) <= high for low, high in ranges))
