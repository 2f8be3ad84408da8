"""The numbers that a French text states, in figures or in words. Pure; knows nothing of claims or of what they count.

A text is read in two ways. What a *claim* states is read strictly, one reading each. What *evidence* states is read
generously, every reading a person could have: a row "2024 100 500" states 2024, 100, 500 and also 100500.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.plain import composed, level

_SPACE = " "
_FIGURES = re.compile(rf"(?<![\d.,])\d{{1,3}}(?:{_SPACE}\d{{3}})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[a-z]+|\S")
# Before a number: "-5 °C", "moins 5 °C"; not "3-5", "au moins 5".
_MINUS = re.compile(r"(?:(?<![^\s(\[<>=])[-\u2212]|(?<!\bau )(?<!\bou )(?<!\bdu )\bmoins )$")
# Before that: "5 % -10 %" is a range, "+/-5" a tolerance, and "baisse de -5 %" is one of 5 %.
_NO_MINUS = re.compile(
    r"(?:[\d%‰€°+±/]|\bou|"
    r"\b(?:baisse|diminution|reduction|recul|remise|abattement|decote|rabais|perte)s?(?: de| ?:)?)\s*$"
)
# After it: measures may be below zero, "-5 cales" is an item of a list.
_MEASURE = re.compile(
    r"(?:\s?(?:a|et|to|and)\s?[-\u2212]?\d+(?:[.,]\d+)?)?"
    r"\s?(?:[%‰€°]|(?:degres?|pour ?cents?|percent|points?|euros?|db)\b)"
)

_SMALL = {
    word: value
    for value, word in enumerate(
        "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize".split()
    )
} | {"une": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
     "twelve": 12, "fifteen": 15}  # fmt: skip
_TENS = {"vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60,
         "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
         "septante": 70, "huitante": 80, "octante": 80, "nonante": 90}  # fmt: skip
_SCALES = {"cent": 100, "cents": 100, "mille": 1000}
# Articles, an adjective, a furnace: alone they state no number that a claim could be held to.
_AMBIGUOUS = frozenset({"un", "une", "neuf", "zero", "four"})
_ORDINALS = {"premier": 1, "premiere": 1, "second": 2, "seconde": 2}
_MONTHS = {
    month: value
    for value, month in enumerate(
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre".split(), 1
    )
}


@dataclass(frozen=True, slots=True)
class Stated:
    """One number of a text, written at `[start, end)` of its NFC form: `value` in one notation, `parts` its groups of
    figures ("1 200" has 1 and 200). A measure below zero has its sign."""

    value: str
    parts: tuple[str, ...]
    start: int
    end: int


def stated(text: str) -> tuple[Stated, ...]:
    """Return the numbers that a text states, strictly: "1 200,50" is 1200.5, "trente-deux" is 32, "un" is nothing."""
    plain = level(composed(text))
    words = [word for word in _words(plain) if plain[word.start : word.end] not in _AMBIGUOUS]
    numbers = sorted((*_figures(plain), *words), key=lambda number: number.start)
    return tuple(_signed(number, plain) for number in numbers)


def readings(text: str) -> frozenset[str]:
    """Return all that a text may be taken to state: figures apart and joined, number words, ordinals and months."""
    plain = level(composed(text))
    found: set[str] = set()
    for number in _figures(plain):
        written = plain[number.start : number.end]
        found |= {
            number.value,
            _signed(number, plain).value,
            *number.parts,
            written.replace(_SPACE, "").replace(",", "."),
        }
    found |= {_signed(number, plain).value for number in _words(plain)}
    for word in re.findall(r"[a-z]+", plain):
        value = _ORDINALS.get(word) or _MONTHS.get(word) or _ordinal(word)
        if value:
            found.add(str(value))
    return frozenset(found)


def _figures(plain: str) -> Iterator[Stated]:
    for match in _FIGURES.finditer(plain):
        groups = match.group().split(_SPACE)
        parts = tuple(map(_canonical, groups)) if len(groups) > 1 else ()
        yield Stated(_canonical("".join(groups)), parts, match.start(), match.end())


def _signed(number: Stated, plain: str) -> Stated:
    """Return a number with its sign, if it has one."""
    minus = _MINUS.search(plain, max(0, number.start - 10), number.start)
    if minus is None or number.value == "0" or not _MEASURE.match(plain, number.end):
        return number
    if _NO_MINUS.search(plain, max(0, minus.start() - 20), minus.start()):
        return number
    return replace(number, value=f"-{number.value}", parts=(), start=minus.start())


def _canonical(number: str) -> str:
    whole, mark, decimals = number.partition("," if "," in number else ".")
    if "." in decimals or "," in decimals:  # 1.2.3 is a reference
        return number
    whole = whole.lstrip("0") or "0"
    # "5,50" is the quantity 5,5 and "1200.50" an amount; "44.20" is not the reference "44.2"
    if mark == "," or (decimals in {"00", "50"} and len(whole) > 2):
        decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


def _ordinal(word: str) -> int | None:
    if not word.endswith("ieme"):
        return None
    stem = {"cinqu": "cinq", "neuv": "neuf", "quatr": "quatre", "onz": "onze", "douz": "douze", "treiz": "treize",
            "quatorz": "quatorze", "quinz": "quinze", "seiz": "seize"}.get(word[:-4], word[:-4])  # fmt: skip
    return _SMALL.get(stem)


def _words(plain: str) -> Iterator[Stated]:
    """Yield each number written in words: "quatre-vingt-deux" is 82."""
    total = current = start = end = count = 0
    last = ""
    terms = [(match.group(), *match.span()) for match in _WORD.finditer(plain.replace("-", " "))]
    for term, begins, ends in (*terms, ("", len(plain), len(plain))):
        if count and not _continues(term, last, current):
            if term == "et" and last in _TENS:
                continue
            yield Stated(str(total + current), (), start, end)
            total, current, last, count = 0, 0, "", 0
        if term == "cent" and last == "pour":
            last = term
            continue
        total, current, took = _add(term, last, total, current)
        start, end = (begins if not count else start), (ends if took else end)
        count += took
        last = term


def _add(term: str, last: str, total: int, current: int) -> tuple[int, int, int]:
    if term in _SMALL:
        return total, current + _SMALL[term], 1
    if term in _TENS:
        # quatre-vingt: four times twenty
        return total, current + (_TENS[term] if last != "quatre" else 76), 1
    if term in {"cent", "cents"}:
        hundreds = current % 100 or 1
        return total, current - current % 100 + hundreds * 100, 1
    if term == "mille":
        return total + (current or 1) * 1000, 0, 1
    return total, current, 0


def _continues(term: str, last: str, current: int) -> bool:
    """Return whether `term` goes on with the number that `last` belongs to."""
    if term in _SCALES:
        return last in _SMALL or (term == "mille" and last in {*_TENS, "cent", "cents"})
    if term in _TENS:
        return last in _SCALES or (last == "quatre" and term.startswith("vingt"))
    if term in _SMALL:
        value = _SMALL[term]
        if last in _TENS:
            return value < 10 or current % 100 in (60, 80)
        return last in _SCALES or (last == "dix" and value in (7, 8, 9))
    return False
