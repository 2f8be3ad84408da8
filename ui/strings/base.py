"""How the texts of the interface are kept: one frozen dataclass an area, one value of it a language.

Both languages then have the same texts by construction, and a wrong name is a type error. French spaces before
`:;!?%` and inside « » are made non-breaking here, once. This module does *not* know HTML, nor what the texts say.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rag.types import Language
from ui.strings.counted import THIN, WIDE, English, French

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Texts = TypeVar("Texts", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Pair(Generic[Texts]):
    """The texts of one area in both languages."""

    fr: Texts
    en: Texts

    def of(self, language: str) -> Texts:
        """Return the texts of `language`; French for anything that is not "en"."""
        return self.en if language == "en" else self.fr


def pair(fr: Texts, en: Texts) -> Pair[Texts]:
    """Return both, the French one typeset; nouns follow the numbers before them (`ui/strings/counted.py`)."""
    return Pair(_changed(typeset_all(fr), French), _changed(en, English))


def typeset(text: str, language: Language) -> str:
    """Return `text` with the spaces and apostrophes that French typography asks for; English comes back as it is.

    For our own texts only: a quote from a document is never retouched.
    """
    if language != "fr":
        return text
    text = re.sub(r"(?<=\w)'(?=[\w{«])", "’", text)  # an elision; a quotation mark stands beside a space
    text = re.sub(r" (?=[;!?%])", THIN, text)
    text = re.sub(r" (?=:)", WIDE, text)
    return re.sub(r"(?<=«) | (?=»)", THIN, text)


def bound(text: str) -> str:
    """Return a text of a document with no-break spaces where it has spaces that no line may end in: a colon would begin
    the next one, or a number be torn at its thousands. Not one sign is added."""
    return re.sub(r"(?<=«) | (?=[:;!?%€»])|(?<=\d) (?=\d{3}(?!\d))", WIDE, text)


def typeset_all(texts: Texts) -> Texts:
    """Return French `texts` with every field that is a text typeset."""
    return _changed(texts, lambda text: typeset(text, "fr"))


def _changed(texts: Texts, change: Callable[[str], str]) -> Texts:
    values: dict[str, Any] = {
        field.name: change(value) for field in fields(texts) if isinstance(value := getattr(texts, field.name), str)
    }
    return replace(texts, **values)
