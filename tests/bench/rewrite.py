"""Sentences to claims that say the same and claims that do not, by rules. Each rule returns "" where it has no hold.

A rule must not be true by accident: what it writes is looked for in the sentence first. Knows nothing of the verifier.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Rule = Callable[[str, random.Random], str]

_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
_WORDS = {2: "deux", 3: "trois", 4: "quatre", 5: "cinq", 6: "six", 7: "sept", 8: "huit", 10: "dix", 12: "douze",
          15: "quinze", 20: "vingt", 30: "trente", 45: "quarante-cinq", 60: "soixante"}  # fmt: skip
_NUMBER = re.compile(
    r"(?<![\w.,/°-])(?<!n° )(?<!article )(?<!articles )(?<!Article )(?<!\d )"
    r"\d{1,3}(?:[ \u00a0\u202f]\d{3})*(?:,\d+)?(?![\w/°-]|[.,]\d|[ \u00a0\u202f]\d)"
)
_UNIT = re.compile(
    r"(?<=\d)[ \u00a0\u202f]?"
    r"(€|euros|%|jours(?: ouvrables| ouvrés| calendaires)?|mois|ans|heures|semaines|m²|mm|cm|km|kg)(?!\w)"
)
_DATE = re.compile(rf"\b(\d{{1,2}}|1er) ({'|'.join(_MONTHS)})(?: ((?:19|20)\d\d))?\b")
_MONTH_YEAR = re.compile(rf"(?<!\d )(?<!1er )\b({'|'.join(_MONTHS)}) ((?:19|20)\d\d)\b")
_REFERENCE = re.compile(r"\b(articles? (?:[LRD]\. ?)?|DTU |NF EN |n° |avenant n° ?|[LRD]\. ?)(\d+(?:[-.]\d+)*)")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _end(text: str) -> str:
    return text.rstrip(" .;:,") + "."


def _once(pattern: str | re.Pattern[str], new: str | Callable[[re.Match[str]], str], text: str) -> str:
    changed = re.sub(pattern, new, text, count=1)
    return changed if changed != text else ""


# ------------------------------------------------------------------------------------------------ the same


def verbatim(text: str, _: random.Random) -> str:
    return text


def without_parentheses(text: str, _: random.Random) -> str:
    return _once(r"\s*\([^()]*\)", "", text)


def without_opening(text: str, _: random.Random) -> str:
    """ "En cas de litige, le juge décide." to "Le juge décide." """
    match = re.match(
        r"(?:En|Dans|Pour|Lors|À|Au|Depuis|Ainsi|Toutefois|Cependant|Par|Enfin|De plus|Si)\b[^,]{2,60}, ", text
    )
    rest = text[match.end() :] if match else ""
    return _upper(rest) if len(rest) > 30 else ""


def opening_last(text: str, _: random.Random) -> str:
    match = re.match(r"((?:En|Dans|Pour|Lors|Au|Depuis)\b[^,]{4,60}), ([^;:]+?)[.]?$", text)
    return _end(f"{_upper(match[2])} {_lower(match[1])}") if match and len(match[2]) > 25 else ""


def without_relative(text: str, _: random.Random) -> str:
    return _once(r", (?:qui|dont|où|lequel|laquelle)\b[^,;.]{5,80},", "", text)


def first_half(text: str, _: random.Random) -> str:
    match = re.match(r"([^;]{30,}?)(?: ;|, (?:mais|et|ainsi que|notamment)\b)", text)
    return _end(match[1]) if match and " " in match[1] else ""


def according_to(text: str, rng: random.Random) -> str:
    opening = rng.choice(("Selon le document,", "D'après le texte cité,", "Oui :", "En résumé,"))
    return f"{opening} {_lower(text)}" if re.match(r"(?:Le|La|Les|Un|Une|Il|Elle|Ce|Cette|Vous)\b", text) else ""


def figures_again(text: str, _: random.Random) -> str:
    """ "1 823,50 €" to "1823,50 euros", "trois mois" to "3 mois", "25 %" to "25 pour cent"."""
    changed = re.sub(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))", "", text)
    changed = re.sub(r"(?<=\d)[ \u00a0\u202f]?€", " euros", changed)
    changed = re.sub(r"(?<=\d)[ \u00a0\u202f]%", "\u202f%", changed)
    for number, word in _WORDS.items():
        changed = re.sub(rf"(?<![\w,.°-]){number} (?=(?:mois|jours|ans|semaines|heures)\b)", f"{word} ", changed)
    return changed if changed != text else ""


def words_as_figures(text: str, _: random.Random) -> str:
    changed = text
    for number, word in _WORDS.items():
        changed = re.sub(rf"(?<![\w-]){word} (?=(?:mois|jours|ans|semaines|heures)\b)", f"{number} ", changed)
    return changed if changed != text else ""


def date_again(text: str, rng: random.Random) -> str:
    def other(match: re.Match[str]) -> str:
        day, month = match[1].replace("1er", "1"), _MONTHS.index(match[2]) + 1
        if match[3] and rng.random() < 0.5:
            return f"{int(day):02d}/{month:02d}/{match[3]}"
        definite = match.string[: match.start()].rstrip().endswith(("le", "du", "au"))
        return f"{match[2]} {match[3]}" if match[3] and not definite else match.group().replace("1er ", "premier ")

    return _once(_DATE, other, text)


_SYNONYMS = (
    (r"\bdoit (?=[a-zé]+(?:er|ir|re|oir)\b)", "est tenu de "),
    (r"\bdoivent (?=[a-zé]+(?:er|ir|re|oir)\b)", "sont tenus de "),
    (r"(?<!ne )\bpeut (?=[a-zé]+(?:er|ir|re|oir)\b)", "a la possibilité de "),
    (r"(?<!ne )\bpeuvent (?=[a-zé]+(?:er|ir|re|oir)\b)", "ont le droit de "),
    (r"\bne peut pas (?!excéder|dépasser)(?=[a-zé]+(?:er|ir|re|oir)\b)", "n'a pas le droit de "),
    (r"\bne peuvent pas (?=[a-zé]+(?:er|ir|re|oir)\b)", "ne doivent pas "),
    (r"\b[Ii]l est interdit de\b", "il n'est pas permis de"), (r"\bn'est pas obligatoire\b", "est facultatif"),
    (r"\best obligatoire\b", "est exigé"), (r"\bil faut\b", "on doit"), (r"\bIl faut\b", "On doit"),
    (r"\bau moins\b", "au minimum"), (r"\bau plus(?! tard)\b", "au maximum"), (r"\bminimum de\b", "au moins"),
    (r"\bplus de (?=\d)", "au-delà de "), (r"\bà compter du\b", "à partir du"),
    (r"\bne peut excéder\b", "ne peut dépasser"),
    (r"\bn'est pas possible\b", "est impossible"), (r"\bsauf\b", "à l'exception de"),
    (r"\bavant le\b", "au plus tard avant le"),
)  # fmt: skip


def synonym(text: str, _: random.Random) -> str:
    for pattern, new in _SYNONYMS:
        if changed := _once(pattern, new, text):
            return changed.replace("de a", "d'a").replace("de é", "d'é").replace("de e", "d'e")
    return ""


SAME: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        verbatim, without_parentheses, without_opening, opening_last, without_relative, first_half, according_to,
        figures_again, words_as_figures, date_again, synonym,
    )
}  # fmt: skip

# -------------------------------------------------------------------------------------------------- not so


def number(text: str, rng: random.Random) -> str:
    found = list(_NUMBER.finditer(text))
    if not found:
        return ""
    match = rng.choice(found)
    plain = re.sub(r"[ \u00a0\u202f]", "", match.group())
    whole, _, decimals = plain.partition(",")
    joined = re.sub(r"(?<=\d)[ \u00a0\u202f](?=\d{3})", "", text)
    for _ in range(8):
        value = max(1, rng.choice((int(whole) + 1, int(whole) * 2, int(whole) + 10, int(whole) * 10, int(whole) // 2)))
        new = f"{value},{decimals}" if decimals else str(value)
        if new != plain and not re.search(rf"(?<!\d){new}(?!\d)", joined) and _WORDS.get(value, "\0") not in text:
            return text[: match.start()] + new + text[match.end() :]
    return ""


_OTHER_UNIT = {"€": "%", "euros": "%", "%": "€", "jours": "mois", "mois": "jours", "ans": "mois", "heures": "jours",
               "semaines": "mois", "m²": "m", "mm": "cm", "cm": "mm", "km": "m", "kg": "g", "jours ouvrables": "jours",
               "jours ouvrés": "jours ouvrables", "jours calendaires": "jours ouvrés"}  # fmt: skip


def unit(text: str, rng: random.Random) -> str:
    found = list(_UNIT.finditer(text))
    if not found:
        return ""
    match = rng.choice(found)
    new = f" {_OTHER_UNIT[match[1]]}"
    before = re.search(r"[\d\u00a0\u202f ,]+$", text[: match.start()])
    same = before is None or before.group().strip() + new in text
    return "" if same else text[: match.start()] + new + text[match.end() :]


def date(text: str, rng: random.Random) -> str:
    if match := _DATE.search(text):
        day, month, year = match.groups()
        choice = rng.choice(("day", "month", "year") if year else ("day", "month"))
        if choice == "day":
            day = str((int(day.replace("1er", "1")) + rng.randint(1, 20)) % 28 + 1)
        elif choice == "month":
            month = _MONTHS[(_MONTHS.index(month) + rng.randint(1, 11)) % 12]
        else:
            year = str(int(year) + rng.choice((-3, -1, 1, 2)))
        new = f"{day} {month}" + (f" {year}" if year else "")
        return "" if new in text or new == match.group() else text[: match.start()] + new + text[match.end() :]
    if match := _MONTH_YEAR.search(text):
        month = _MONTHS[(_MONTHS.index(match[1]) + rng.randint(1, 11)) % 12]
        return text[: match.start(1)] + month + text[match.end(1) :] if month not in text else ""
    years = [
        match for match in re.finditer(r"\b(?:19|20)\d\d\b(?!-)", text) if not text[: match.start()].endswith("n° ")
    ]
    if years:
        match = rng.choice(years)
        new = str(int(match.group()) + rng.choice((-2, -1, 1, 2, 10)))
        return text[: match.start()] + new + text[match.end() :] if new not in text else ""
    return ""


def reference(text: str, rng: random.Random) -> str:
    found = list(_REFERENCE.finditer(text))
    if not found:
        return ""
    match = rng.choice(found)
    parts = re.split(r"([-.])", match[2])
    parts[-1] = str(int(parts[-1]) + rng.choice((1, 2, 10)))
    new = "".join(parts)
    return "" if new in text else text[: match.start(2)] + new + text[match.end(2) :]


def negation_removed(text: str, _: random.Random) -> str:
    if len(re.findall(r"\bn[e'’]", text)) != 1 or re.search(
        r"\b(?:sans|excéder|dépasser|inférieur|supérieur|que|qu['’])\b", text
    ):
        return ""
    return _once(
        r"\b(?:ne |n['’])((?:[\wéèêàûîôç'’-]+ ){0,2}?[\wéèêàûîôç'’-]+) (?:pas|plus|jamais)\b(?! de\b)", r"\1", text
    )


def negation_added(text: str, _: random.Random) -> str:
    if re.search(r"\bn[e'’]|\bsans\b|\baucun", text):
        return ""
    verbs = "est|sont|a|ont|doit|doivent|peut|peuvent|permet|s'applique|bénéficie|donne"
    return _once(rf"(?<!qui )(?<!se )(?<!s')\b({verbs})\b(?! (?:-|pas|plus|lieu))",
                 lambda match: ("n'" if match[1][0] in "aeo" else "ne ") + match[1] + " pas", text)  # fmt: skip


_MODAL = (
    (r"(?<!ne )(?<!n')\bpeut\b(?! (?:être )?(?:pas|plus)| excéder| dépasser)", "doit"),
    (r"(?<!ne )\bpeuvent\b", "doivent"),
    (r"(?<!ne )\bdoit\b", "peut"), (r"(?<!ne )\bdoivent\b", "peuvent"), (r"\bobligatoire\b", "facultatif"),
    (r"\bfacultatif\b", "obligatoire"), (r"\best tenu de\b", "peut"), (r"\best interdit\b", "est possible"),
    (r"(?<!ne )\bpourra\b", "devra"), (r"(?<!ne )\bdevra\b", "pourra"), (r"\bIl faut\b", "Il est possible de"),
)  # fmt: skip


def modality(text: str, rng: random.Random) -> str:
    options = [changed for pattern, new in _MODAL if (changed := _once(pattern, new, text))]
    return rng.choice(options) if options else ""


_COMPARE = (
    (r"\bau moins\b", "au plus"), (r"\bau plus\b(?! tard| près)", "au moins"), (r"\bminimum\b", "maximum"),
    (r"\bmaximum\b", "minimum"), (r"\bmaximal", "minimal"), (r"\bminimal", "maximal"),
    (r"\bplus de (?=\d)", "moins de "), (r"\bmoins de (?=\d)", "plus de "), (r"\binférieur", "supérieur"),
    (r"\bsupérieur", "inférieur"), (r"\bavant (?=l[ea']|\d)", "après "), (r"\baprès (?=l[ea']|\d)", "avant "),
)  # fmt: skip


def comparator(text: str, rng: random.Random) -> str:
    options = [
        changed for pattern, new in _COMPARE if new.strip() not in text and (changed := _once(pattern, new, text))
    ]
    return rng.choice(options) if options else ""


def subject(text: str, rng: random.Random) -> str:
    """Two numbers of one unit change places."""
    found = [
        (match, match[1])
        for match in re.finditer(r"\b\d+(?:,\d+)?[ \u00a0\u202f](%|€|euros|jours|mois|ans|heures)", text)
    ]
    pairs = [
        (one, two) for (one, a), (two, b) in zip(found, found[1:], strict=False)
        if a == b and one.group() != two.group() and re.search(r"\w{4,}", text[one.end() : two.start()])
    ]  # fmt: skip
    if not pairs:
        return ""
    one, two = rng.choice(pairs)
    return text[: one.start()] + two.group() + text[one.end() : two.start()] + one.group() + text[two.end() :]


FALSE: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (number, unit, date, reference, negation_removed, negation_added, modality, comparator, subject)
}
