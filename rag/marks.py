"""What dates and numbers a short text bears: "Avenant n° 12 du 3 mars 2025 (v2)" to 2025-03-03, 12 and 2. Pure.

Reads titles, file names, the top of a first page and questions, French and English alike. Knows nothing of which
documents are versions of each other, nor whether a date is one of edition, of effect or of something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.text import fold

# Year, year and month, or year, month and day; other numbers as they are written, "1.2" as (1, 2).
Numbers = tuple[int, ...]
BEFORE = 60

_NAMES = """janvier january janv jan|fevrier february fevr fev feb|mars march mar|avril april avr apr|mai may
|juin june jun|juillet july juil jul|aout august aug|septembre september sept sep|octobre october oct
|novembre november nov|decembre december dec""".split("|")
_MONTHS = {name: month for month, names in enumerate(_NAMES, 1) for name in names.split()}
_ORDINALS = {"premiere": 1, "deuxieme": 2, "seconde": 2, "troisieme": 3, "quatrieme": 4, "cinquieme": 5, "first": 1,
             "second": 2, "third": 3, "fourth": 4, "fifth": 5}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
# a figure that counts something is no year: "2000 euros"
_FOUR = r"(?:19[5-9]\d|20\d\d)"
_YEAR = _FOUR + r"(?!\d)(?!\s*(?:€|euros?\b|%|[hm]\b|km\b|kg\b|mm\b|heures?\b|personnes?\b))"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_TH = r"(?:er|st|nd|rd|th)?"
_DATE = re.compile(
    "|".join((
        rf"(?<!\w)(?:(?P<d1>{_DAY}){_TH}[\s.-]*)?(?<![^\W\d])(?P<m1>{_MONTH})\.?[\s,.-]*(?P<y1>{_YEAR})",
        rf"(?<!\w)(?P<m2>{_MONTH})\.?\s+(?P<d2>{_DAY}){_TH},?\s+(?P<y2>{_YEAR})",
        rf"(?<!\d)(?P<y3>{_FOUR})[-./](?P<m3>0[1-9]|1[0-2])(?:[-./](?P<d3>{_DAY}))?(?!\d)",
        rf"(?<!\d)(?P<y4>{_FOUR})(?P<m4>0[1-9]|1[0-2])(?P<d4>0[1-9]|[12]\d|3[01])(?!\d)",
        rf"(?<!\d)(?P<d5>{_DAY})[-./](?P<m5>0?[1-9]|1[0-2])[-./](?P<y5>{_YEAR})",
        rf"(?<!\d)(?P<m6>0[1-9]|1[0-2])[-./](?P<y6>{_YEAR})",
        rf"(?<!\d)(?<!\d[.,])(?P<y7>{_YEAR})(?:[-/]\d\d(?!\d))?",
    ))
)  # fmt: skip
_NO = r"(?:n[°o]s?|numero|num|number|nr)[\s.-]*"
# "n° 2025-02" is the second of 2025, and so is "n° 02/2025"
_NUMBER_OF_YEAR = re.compile(rf"\b{_NO}(?:(?P<y1>{_YEAR})[-/](?P<n1>\d{{1,3}})|(?P<n2>\d{{1,3}})[-/](?P<y2>{_YEAR}))\b")
_SERIAL = re.compile(
    rf"\b(?:{_NO}|(?<=avenant )|(?<=avenant-)|(?<=circulaire )|(?<=circulaire-))(\d{{1,5}})\b(?![.,]\d)"
)
_VERSION = re.compile(
    r"(?<![^\W_])(?:versions?|vers|ver|v|revision|rev|indice|edition|ed)[\s.-]*(?:n[°o][\s.-]*)?"
    r"(\d{1,3}(?:\.\d{1,3})*)(?![^\W_])"
)
_LETTER = re.compile(r"\b(?:indice|revision|rev)[\s.-]+([a-h])\b")
_NTH = re.compile(
    rf"\b(?:(\d{{1,2}})(?:e|eme|ere|re|nde?|rd|th|st)|({'|'.join(_ORDINALS)}))[\s-]+(?:edition|version|revision)\b"
)
# Numbers of what is another document, not another version: "annexe 2", "lot n° 3", "IDCC 2098", "loi n° 2018-771".
_PART = re.compile(
    r"\b(annexe?|appendix|article|art|lot|chapitre|chapter|titre|partie|part|tome|volume|vol|fiche|formulaire|form|cerfa"
    r"|departement|region|zone|niveau|categorie|coefficient|college|groupe|module|phase|tranche|section)s?"
    rf"[\s-]*(?:{_NO})?((?!{_FOUR}\b)\d{{1,6}}(?:[.-]\d{{1,3}}\b)?)"
    rf"|\b(idcc|brochure|loi|decret|ordonnance|arrete|directive|norme|iso|nf|dtu)[\s-]*(?:{_NO})?(\d+(?:-\d{{1,4}})?)"
)
_COPY = re.compile(r"\(\d{1,2}\)|[\s-]cop(?:ie|y)\b")
_LAST = re.compile(r"[\s(.,-]*\b(final|finale|definitif|definitive|signee?|signed"
                   r"|brouillon|draft|projet|provisoire|ancienne?|old|obsolete|archive)[\s).,-]*$")  # fmt: skip
_IN_FORCE = re.compile(
    r"(vigueur|applicables?|compter du|prend effet|effet|effective|in force|as of|mise? a jour|a jour au|edition"
    r"|version)\W(?:\w*\W){0,4}$"
)
# Characters of a first page that are looked at for a date.
TOP = 3000
_DONE = frozenset({"final", "finale", "definitif", "definitive", "signe", "signee", "signed"})


@dataclass(frozen=True, slots=True)
class Dated:
    """A date and the folded text before it, at most `BEFORE` characters."""

    date: Numbers
    before: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What a text bears, each in the order of the text: `dates`, `serials` ("n° 12"), `versions` ("v1.2"), `parts`
    ("annexe 2"), `state` (-1 a draft or a former one, 1 final, 0 unsaid) and the folded `rest` of the text."""

    dates: tuple[Numbers, ...]
    serials: tuple[Numbers, ...]
    versions: tuple[Numbers, ...]
    parts: frozenset[str]
    state: int
    rest: str


def dates(text: str) -> tuple[Dated, ...]:
    """Return the dates of a text in its order; a span of years gives both."""
    plain = _plain(text)
    return tuple(
        Dated(_date(match), plain[max(0, match.start() - BEFORE) : match.start()]) for match in _DATE.finditer(plain)
    )


def marks(text: str) -> Marks:
    """Return what a title, a file name without its ending, or a question bears."""
    found: dict[str, list[Numbers]] = {"dates": [], "serials": [], "versions": []}
    parts: list[str] = []

    def take(kind: str, value: Numbers) -> str:
        found[kind].append(value)
        return " "

    def part(match: re.Match[str]) -> str:
        kind, number = match[1] or match[3], match[2] or match[4]
        parts.append(f"{kind} {number.lstrip('0')}")
        return " "

    def of_year(match: re.Match[str]) -> str:
        take("dates", (int(match["y1"] or match["y2"]),))
        return take("serials", (int(match["n1"] or match["n2"]),))

    rest = _PART.sub(part, _plain(text))
    rest = _NUMBER_OF_YEAR.sub(of_year, rest)
    rest = _DATE.sub(lambda match: take("dates", _date(match)), rest)
    rest = _NTH.sub(lambda match: take("versions", (int(match[1] or _ORDINALS[match[2]]),)), rest)
    rest = _VERSION.sub(lambda match: take("versions", tuple(map(int, match[1].split(".")))), rest)
    rest = _LETTER.sub(lambda match: take("versions", (ord(match[1]) - ord("a") + 1,)), rest)
    rest = _SERIAL.sub(lambda match: take("serials", (int(match[1]),)), rest)
    rest = _COPY.sub(" ", rest)
    last = _LAST.search(rest)
    state = 0 if last is None else 1 if last[1] in _DONE else -1
    return Marks(
        tuple(found["dates"]), tuple(found["serials"]), tuple(found["versions"]), frozenset(parts), state,
        _LAST.sub("", rest),
    )  # fmt: skip


def page_date(text: str) -> Numbers:
    """Return the date of effect or edition that a first page names, else its first date; empty if there is none."""
    found = dates(text[:TOP])
    in_force = [dated.date for dated in found if _IN_FORCE.search(dated.before)]
    return max(in_force) if in_force else found[0].date if found else ()


def written(numbers: Numbers) -> str:
    """Return a date as "2025-03-01", other numbers as "1.2"; "" if there are none."""
    if numbers and numbers[0] >= 1950:
        return "-".join(f"{number:02d}" for number in numbers)
    return ".".join(map(str, numbers))


def parsed(text: str) -> Numbers:
    """Return what `written` wrote."""
    return tuple(map(int, re.findall(r"\d+", text)))


def _plain(text: str) -> str:
    return fold(text).replace("_", "-")


def _date(match: re.Match[str]) -> Numbers:
    said = {name[0]: value for name, value in match.groupdict().items() if value}
    if "m" not in said:
        return (int(said["y"]),)
    month = _MONTHS.get(said["m"]) or int(said["m"])
    return (int(said["y"]), month, int(said["d"])) if "d" in said else (int(said["y"]), month)
