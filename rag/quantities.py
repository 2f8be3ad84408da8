"""What a text says there is how much of: numbers with their units, in one notation for each kind of unit.

Pure; knows nothing of claims. "2 ans" and "24 mois" are the same, "30 jours" and "30 jours ouvrés" are not; a number
without a unit that is known here is *bare*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from rag.numbers import Stated, stated

# pattern, unit, how many of the unit one is. Longer spellings first.
_UNITS = tuple(
    (re.compile(pattern + r"(?![a-z])"), unit, Decimal(factor))
    for pattern, unit, factor in (
        (r"k\s?(?:€|euros?)", "€", "1000"), (r"m\s?€", "€", "1000000"), (r"€|euros?|eur", "€", "1"),
        (r"centimes?(?: d'euros?)?", "€", "0.01"),
        (r"k\s?\$", "$", "1000"), (r"m\s?\$", "$", "1000000"), (r"\$|dollars?|usd", "$", "1"),
        (r"£|livres? sterling|pounds?|gbp", "£", "1"), (r"francs? suisses?|chf", "chf", "1"),
        (r"francs?", "franc", "1"),
        (r"%|pour\s?cents?|per\s?cent|percent", "%", "1"), (r"‰|pour mille", "‰", "1"), (r"points?", "point", "1"),
        (r"(?:jours?|days?|j)\s+(?:ouvrables?)", "jour ouvrable", "1"),
        (r"(?:jours?|days?|j)\s+(?:ouvres?)", "jour ouvré", "1"),
        (r"(?:jours?)\s+(?:calendaires?|francs?)|calendar days?|jours?|days?|j", "jour", "1"),
        (r"(?:working|business) days?", "jour ouvr*", "1"),
        (r"semaines?|weeks?", "jour", "7"), (r"quinzaines?|fortnights?", "jour", "15"),
        (r"mois|months?", "mois", "1"), (r"ans?|annees?|years?", "mois", "12"),
        (r"trimestres?|quarters?", "mois", "3"), (r"semestres?", "mois", "6"),
        (r"heures?|hours?|hrs?|h", "h", "1"), (r"minutes?|min|mn", "h", "1/60"), (r"secondes?|seconds?", "s", "1"),
        (r"fois|times", "fois", "1"),
        (r"mm2|mm²", "mm²", "1"), (r"cm2|cm²", "cm²", "1"),
        (r"km2|km²", "km²", "1"), (r"m2|m²|metres? carres?|square metres?", "m²", "1"),
        (r"m3|m³|metres? cubes?|cubic metres?", "m³", "1"),
        (r"millimetres?|mm", "mm", "1"), (r"centimetres?|cm", "mm", "10"),
        (r"kilometres?|km", "mm", "1000000"), (r"metres?|m", "mm", "1000"),
        (r"kilogrammes?|kilos?|kg", "g", "1000"), (r"tonnes?|t", "g", "1000000"), (r"grammes?|g", "g", "1"),
        (r"millilitres?|ml", "l", "0.001"), (r"litres?|l", "l", "1"),
        (r"mpa", "pa", "1000000"), (r"kpa", "pa", "1000"), (r"hpa", "pa", "100"), (r"pascals?|pa", "pa", "1"),
        (r"kn", "n", "1000"), (r"dan", "n", "10"), (r"n", "n", "1"), (r"bars?", "bar", "1"),
        (r"db(?:\([a-z]\))?|decibels?", "db", "1"), (r"kwh", "wh", "1000"), (r"wh", "wh", "1"),
        (r"mw", "w", "1000000"), (r"kw", "w", "1000"), (r"watts?|w", "w", "1"), (r"volts?|v", "v", "1"),
        (r"°\s?c|degres? celsius|degres?|°", "°", "1"), (r"lux", "lux", "1"),
    )
    for factor in (factor if factor != "1/60" else str(Decimal(1) / 60),)
)  # fmt: skip
_TIMES = {"millier": 10**3, "milliers": 10**3, "million": 10**6, "millions": 10**6,
          "milliard": 10**9, "milliards": 10**9, "billion": 10**9}  # fmt: skip
_MULTIPLIER = re.compile(rf"\s*({'|'.join(_TIMES)})\b(?:\s+(?:d'|de\b|d')\s?)?")
_OF = re.compile(r"[\s-]*(?:d'|of )?")
_MINUTES = re.compile(r"\s?(?:(?:et|and)\s)?([0-5]\d)(?:\s?(?:min|mn|minutes?))?(?![\d.,])")
_AND_A_HALF = re.compile(r"\s(?:et demie?|and a half)\b")
# "1 demi-heure", "deux demi-journées", "half an hour"
_HALF = re.compile(
    r"\b(?:(?P<times>\d+|une?|deux|trois|quatre|one|two)\s)?(?:demie?[- ](?P<unit>heure|journee)s?"
    r"|half (?:an?[- ])?(?P<english>hour|day))\b"
)
_HALVES = {"deux": 2, "two": 2, "trois": 3, "quatre": 4}
_PER = re.compile(
    r"\s*(?:bruts?|nets?|hors taxes|ht|ttc)?\s*(?:par|/|per|a|each|every|de(?=\sl'heure))\s*(?:l[ea]\s|l')?"
    r"(?P<per>heure|h|jour|semaine|mois|an|annee|trimestre|repas|nuit|nuitee|km|kilometre|enfant|trajet|deplacement|m2|m²"
    r"|hour|day|week|month|year|quarter|meal|night|child)\b"
)
_PERIODS = {"h": "heure", "hour": "heure", "day": "jour", "week": "semaine", "month": "mois", "year": "an",
            "annee": "an", "quarter": "trimestre", "nuitee": "nuit", "kilometre": "km", "m²": "m2",
            "meal": "repas", "night": "nuit", "child": "enfant"}  # fmt: skip
# words that are numbers before a unit only: "un", "neuf" (new), "four" (a furnace)
_ONE = re.compile(
    r"\b(?P<word>une?|one|neuf|four)\s+"
    r"(?=(?:mois|ans?|annees?|semaines?|heures?|trimestres?|semestres?|fois par|jours? ouvr\w+|"
    r"months?|years?|weeks?|working days?)\b)"
)
_ONES = {"neuf": "9", "four": "4"}
_ORDINAL = re.compile(r"\s?(?:ers?|res?|es?|emes?|nde?|st|nd|rd|th)\b")
# "la troisième absence"; not "dans un premier temps", "en second lieu"
_RANKED = re.compile(
    r"\b(?P<rank>premiere?|deuxieme|seconde?|troisieme|quatrieme|cinquieme|sixieme|septieme|huitieme|neuvieme|dixieme)"
    r"(?!\s(?:temps|lieu|ministre|plan|secours|abord|fois|page|partie)\b)\b"
)
_RANKS = {"premier": 1, "premiere": 1, "second": 2, "seconde": 2} | {
    word: rank
    for rank, word in enumerate(
        "deuxieme troisieme quatrieme cinquieme sixieme septieme huitieme neuvieme dixieme".split(), 2
    )
}
_FRACTION = re.compile(
    r"\b(?:(?P<times>deux|trois|quatre)\s|(?:les?|du|au|un|une|la|par)\s)(?P<part>tiers|quarts?|moitie|cinquiemes?|dixiemes?)"
    r"(?=\s(?:d[eu']s?\b|au\b|lorsqu|si\b|tous\b)|[.,;]|$)"
)
_PARTS = {"tiers": 3, "quart": 4, "moitie": 2, "cinquieme": 5, "dixieme": 10}
_NOUN = re.compile(r"\s+(?!(?:et|ou|au|aux|de|du|des|la|le|les|en|par|pour|sur|dans|a|si)\b)[a-z]{3,}")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number at `[start, end)`: `raw` as it stands, `value` in its `unit` ("" when bare), `per` which period.

    `counts`: a bare number of some noun ("12 membres"); `article`: "un mois", which may state no number at all;
    `factor`: how many of `unit` one of `raw` is.
    """

    raw: str
    value: str
    unit: str
    per: str
    start: int
    end: int
    parts: tuple[str, ...] = ()
    counts: bool = False
    article: bool = False
    factor: Decimal = Decimal(1)

    def same_unit(self, other: Quantity) -> bool:
        """Return whether both count the same: "working days" may stand for either of the two French kinds."""
        pair = {self.unit, other.unit}
        return self.unit == other.unit or (
            "jour ouvr*" in pair and pair <= {"jour ouvr*", "jour ouvrable", "jour ouvré"}
        )


def quantities(text: str, plain: str) -> tuple[Quantity, ...]:
    """Return the quantities of a text, in order; `plain` is `text` levelled, with what is not to be read blanked."""
    found: list[Quantity] = []
    numbers = stated(plain)
    for number in numbers:
        if found and number.start < found[-1].end:
            continue
        found.append(_read(number, text, plain))
    for match in _ONE.finditer(plain):
        if not any(quantity.start <= match.start() < quantity.end for quantity in found):
            one = Stated(_ONES.get(match["word"], "1"), (), match.start(), match.end() - 1)
            quantity = _read(one, text, plain)
            found.append(replace(quantity, article=match["word"] not in _ONES))
    halves = list(_half(plain))
    found = [it for it in found if not any(it.start < half.end and half.start < it.end for half in halves)]
    found += halves
    found += _in_words(plain, found)
    return _shared_units(sorted(found, key=lambda quantity: quantity.start), plain)


def _half(plain: str) -> Iterator[Quantity]:
    for match in _HALF.finditer(plain):
        times = match["times"] or "1"
        value = _decimal(times if times.isdigit() else str(_HALVES.get(times, 1)), Decimal("0.5"))
        unit = "h" if (match["unit"] or match["english"]) in ("heure", "hour") else "jour"
        per = _PER.match(plain, match.end())
        period = per["per"] if per else ""
        yield Quantity(value, value, unit, _PERIODS.get(period, period), match.start(), match.end())


def _in_words(plain: str, known: Sequence[Quantity]) -> Iterator[Quantity]:
    """Yield ranks and shares that are written out: "la troisième absence", "deux tiers des membres"."""
    taken = [(quantity.start, quantity.end) for quantity in known if quantity.unit]
    for match in _RANKED.finditer(plain):
        rank = str(_RANKS[match["rank"]])
        yield Quantity(rank, rank, "rang", "", match.start("rank"), match.end("rank"))
    for match in _FRACTION.finditer(plain):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        share = (
            Decimal(100 * {"deux": 2, "trois": 3, "quatre": 4}.get(match["times"], 1))
            / _PARTS[match["part"].rstrip("s") if match["part"] != "tiers" else "tiers"]
        )
        yield Quantity(match.group(), f"{round(share, 4).normalize():f}", "%", "", match.start(), match.end())


def _read(number: Stated, text: str, plain: str) -> Quantity:
    times, end = Decimal(1), number.end
    if multiplier := _MULTIPLIER.match(plain, end):
        times, end = Decimal(_TIMES[multiplier[1]]), multiplier.end()
    gap = _OF.match(plain, end)
    place = gap.end() if gap else end
    for pattern, unit, factor in _UNITS:
        match = pattern.match(plain, place)
        if match is None:
            continue
        end, extra = match.end(), Decimal(0)
        if unit == "h" and factor == 1 and (minutes := _MINUTES.match(plain, end)):
            extra, end = Decimal(minutes[1]) / 60, minutes.end()
        if more := _AND_A_HALF.match(plain, end):
            extra, end = extra + times * factor / 2, more.end()
        per = _PER.match(plain, end)
        period = per["per"] if per else ""
        value = _decimal(number.value, times * factor, extra)
        period = _PERIODS.get(period, period)
        return Quantity(number.value, value, unit, period, number.start, end, number.parts, factor=times * factor)
    value = _decimal(number.value, times)
    noun = _NOUN.match(plain, number.end)
    of_a_noun = noun is not None and text[noun.end() - len(noun.group().strip())].islower()
    counts = of_a_noun or _ORDINAL.match(plain, number.end) is not None
    raw = value if times != 1 else number.value
    return Quantity(raw, value, "", "", number.start, end if times != 1 else number.end, number.parts, counts)


def _shared_units(found: Sequence[Quantity], plain: str) -> tuple[Quantity, ...]:
    """Give "de 10 à 20 euros" and "3 ou 4 mois" their unit twice."""
    result = list(found)
    for place in range(len(result) - 2, -1, -1):
        first, second = result[place], result[place + 1]
        between = plain[first.end : second.start].strip()
        if first.unit or not second.unit or between not in {"a", "et", "ou", "-", "to", "or", "and", "/"}:
            continue
        value = _decimal(first.raw, second.factor)
        result[place] = replace(first, value=value, unit=second.unit, per=second.per, factor=second.factor)
    return tuple(result)


def _decimal(number: str, factor: Decimal = Decimal(1), extra: Decimal = Decimal(0)) -> str:
    try:
        value = round(Decimal(number) * factor + extra, 4)
    except InvalidOperation:  # 1.2.3 is a reference, thirty figures in a row are a bar code
        return number
    return f"{value.normalize():f}"
