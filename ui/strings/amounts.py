"""Dates, sizes and numbers as they are read in French and in English. Pure; times in seconds since 1970, local zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ui.strings.counted import WIDE, number

_MONTHS = {
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
           "décembre"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"),
}  # fmt: skip
_BRIEF = {
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
# Generations are named by the second (UTC) in which they were begun
_GENERATION = re.compile(r"\bgen-(\d{8}T\d{6})\d*Z-[0-9a-f]+\b")
_INDEX = {"fr": "index du {date}", "en": "index of {date}"}
_UNITS = {"fr": ("o", "Ko", "Mo", "Go", "To"), "en": ("B", "KB", "MB", "GB", "TB")}


def calendar(date: str, language: str) -> str:
    """Return "2025-03-01" as « 1er mars 2025 » or "1 March 2025", "2025-03" as « mars 2025 »; else what is given."""
    parts = [int(part) for part in date.split("-") if part.isdecimal()]
    if not 2 <= len(parts) <= 3 or not 1 <= parts[1] <= 12:
        return date
    month = f"{_MONTHS['en' if language == 'en' else 'fr'][parts[1] - 1]} {parts[0]}"
    if len(parts) == 2:
        return month
    return f"{'1er' if parts[2] == 1 and language != 'en' else parts[2]}{WIDE}{month}"


def brief(date: str, language: str) -> str:
    """Return "2026-11-26" as « 26 nov. » or "26 Nov", for where there is little room; anything else as it is."""
    parts = [int(part) for part in date.split("-") if part.isdecimal()]
    if len(parts) != 3 or not 1 <= parts[1] <= 12:
        return date
    return f"{parts[2]}{WIDE}{_BRIEF['en' if language == 'en' else 'fr'][parts[1] - 1]}"


def day(seconds: float, language: str) -> str:
    """Return a date: « 25 novembre 2026 », "25 November 2026"."""
    return calendar(f"{datetime.fromtimestamp(seconds):%Y-%m-%d}", language)


def when(seconds: float, language: str) -> str:
    """Return a date with its time: « 25 novembre 2026 à 19:30 », "25 November 2026, 19:30"."""
    between = ", " if language == "en" else f" à{WIDE}"
    return f"{day(seconds, language)}{between}{datetime.fromtimestamp(seconds):%H:%M}"


def index(text: str, language: str) -> str:
    """Return a text with the identifiers of generations in words: « index du 25 novembre 2026 à 19:30 »."""

    def named(found: re.Match[str]) -> str:
        begun = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        return _INDEX.get(language, _INDEX["fr"]).format(date=when(begun.timestamp(), language))

    return _GENERATION.sub(named, text)


def size(count: float, language: str) -> str:
    """Return an amount of bytes, three figures at most: "1,4 Mo"."""
    units = _UNITS.get(language, _UNITS["fr"])
    for unit in units:
        if count < 1000 or unit == units[-1]:
            break
        count /= 1024
    digits = 1 if count < 10 and unit != units[0] else 0
    return f"{number(count, language, digits)}{WIDE}{unit}"
