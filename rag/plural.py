"""Numbers with the noun that goes with them. Pure: "1 page", "2 pages", "0 page" in French and "0 pages" in English."""

from __future__ import annotations

from rag.types import Language


def is_one(count: float, language: Language) -> bool:
    """Return whether a noun behind `count` is singular: in French below 2, in English for 1 alone."""
    return abs(count) < 2 if language == "fr" else count == 1


def counted(count: float, one: str, many: str, language: Language = "fr") -> str:
    """Return « 1 page » or « 3 pages »; `one` and `many` are the two forms of the noun, and of what agrees with it."""
    return f"{count} {one if is_one(count, language) else many}"
