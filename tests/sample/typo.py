"""Typography: French spacing, curly apostrophes, soft hyphens and inline markup for reportlab.

Knows characters; does not know blocks, fonts or pages.
"""

import re
from xml.sax.saxutils import escape

NBSP = "\u00a0"
SOFT_HYPHEN = "\u00ad"

_UNITS = r"(?:mm|cm|m|km|m²|mm²|kg|g|W|Pa|kN|N|dB|h|min|ans?|mois|jours?|heures?|€|%|°C)"
_VOWELS = "aeiouyàâäéèêëîïôöùûüœ"
_INSEPARABLE = frozenset("bl br ch cl cr dr fl fr gl gn gr ph pl pr th tr vr qu gu".split())
_WORD = re.compile(r"[a-zàâäéèêëîïôöùûüçœ]{7,}")


def french(text: str) -> str:
    """Put the non-breaking spaces that French typesetting asks for."""
    text = re.sub(r" ([;:!?»])", NBSP + r"\1", text)
    text = text.replace("« ", "«" + NBSP)
    text = re.sub(r"(?<=\d) (?=\d{3}(?!\d))", NBSP, text)
    text = re.sub(rf"(?<=\d) (?={_UNITS}(?![\w]))", NBSP, text)
    return re.sub(
        r"\b(n°|art\.|p\.|Article|article|Tableau|tableau|Annexe|annexe|zone) (?=\d|[A-F]\b)", rf"\1{NBSP}", text
    )


def hyphenate(text: str) -> str:
    """Put soft hyphens in long lower-case words, by the syllable rule V-CV and VC-CV."""
    return _WORD.sub(lambda match: _soft(match.group()), text)


def _soft(word: str) -> str:
    points = []
    for i in range(3, len(word) - 3):
        before, here, after = word[i - 1], word[i], word[i + 1]
        pair = here + after
        if here in _VOWELS or before + here in _INSEPARABLE:
            continue
        opens_with_vowel = after in _VOWELS and not word[i:].startswith(("que", "gue"))
        opens_with_pair = pair in _INSEPARABLE and i + 2 < len(word) and word[i + 2] in _VOWELS
        # "nt" + vowel as in the mute ending of verbs would be wrong in speech but is right in print.
        if (opens_with_vowel or opens_with_pair) and any(letter in _VOWELS for letter in word[:i]):
            points.append(i)
    parts = [word[a:b] for a, b in zip([0, *points], [*points, len(word)], strict=True)]
    return SOFT_HYPHEN.join(parts)


def inline(text: str, *, lang: str, soft: bool = False) -> str:
    """Turn `**bold**` and `*italic*` into reportlab markup, with the typography of `lang` ("fr" or "en")."""
    text = text.replace("'", "’")
    if lang == "fr":
        text = french(text)
    if soft:
        text = hyphenate(text)
    text = escape(text).replace("&lt;br/&gt;", "<br/>")
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    return re.sub(r"(?<!\*)\*(?!\*)(.+?)\*", r"<i>\1</i>", text)


def plain(text: str, *, lang: str) -> str:
    """The same text without any markup, for outline entries."""
    text = text.replace("'", "’").replace("**", "")
    return french(text) if lang == "fr" else text
