"""Texts whose nouns follow their numbers: `{count:page|pages}` becomes « 1 page » or « 1 234 pages ».

A text keeps its language, so that who fills it in need not think of it. Pure; knows none of the texts.
"""

from __future__ import annotations

import string
from typing import Any

from rag.plural import counted
from rag.types import Language

THIN = "\u202f"  # narrow no-break space
WIDE = "\xa0"  # no-break space, which French puts before a colon


def number(value: float, language: str, digits: int = 0) -> str:
    """Return a number with its thousands apart: "1 234,5"."""
    text = f"{value:,.{digits}f}"
    return text if language == "en" else text.replace(",", THIN).replace(".", ",")


class _Filling(string.Formatter):
    """Fills in a text of `language`."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return the number with the noun that fits it, where `format_spec` gives two; else as any text does."""
        one, both, many = format_spec.partition("|")
        if not both:
            return str(format(value, format_spec))
        noun = counted(value, one, many, self._language).partition(" ")[2]
        return f"{number(value, self._language)} {noun}"


class French(str):
    """A French text with numbers and nouns."""

    __slots__ = ()
    language: Language = "fr"

    def format(self, *args: object, **values: object) -> str:
        """Return the text with its values."""
        return _Filling(self.language).vformat(str(self), args, values)


class English(French):
    """An English one."""

    __slots__ = ()
    language: Language = "en"
