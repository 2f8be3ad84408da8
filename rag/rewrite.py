"""A follow-up to a question that stands alone, by rules. Knows nothing of documents or models."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.text import analyse, collapse, fold, normalise
from rag.types import Turn

# All patterns read folded text; the counts of terms are explained in docs/decisions.md, "Follow-ups".
_ASKS = (
    r"(?:qu(?:i|e|el|elle|els|elles|and|oi)\b|qu'|combien|comment|pourquoi|ou\b|est-ce|y a-t-il|faut-il"
    r"|peut-on|puis-je)"
)
_OPENS = re.compile(
    r"^(?:et|ou(?! (?:est|sont|se|s'|doi|peu|puis|faut|en|trouv|envoy|adress))|mais|sinon|donc|alors|aussi|ok|d'accord"
    r"|oui|non|idem|pareil|meme chose|and|what about|how about)\b(?!-)"
)
_NEW_SUBJECT = re.compile(
    r"^(?:autre (?:question|sujet|chose)|(?:on )?change(?:ons)? de sujet|rien a voir|par ailleurs|(?:et )?sinon)\b.*"
    + _ASKS
)
_FULL = re.compile(rf"^\w+,? (?:a |de |pour |dans |en |sur |avec |par )?{_ASKS}")
# "pour les cadres ?", "en cas de démission ?": a place in a sentence that is missing
_FRAGMENT = re.compile(
    r"^(?:pour|en|avec|sans|chez|a|au|aux|dans|depuis|apres|avant|des|si|s'|meme|uniquement|seulement)\b"
)
_INVERTED = re.compile(r"-(?:t-)?(?:il|elle|ils|elles|on|je|tu|nous|vous|ce)\b|\best-ce\b")
_POINTS = re.compile(
    r"\b(?:celui|celle|ceux|celles|celui-ci|celle-ci|ceux-ci|celles-ci|la-dessus|cela|ca)\b"
    r"|\b(?:le|la|les) memes?\b|\b(?:le|la|les|du|des|au|aux)quel(?:le)?s?\b"
    r"|\bc'est\b(?! quoi)|^est-ce (?!qu)"
    r"|\b(?:ce|cet|cette|ces) (?!(?:annee|mois|semaine|jour|soir|matin|ete|qui|que|qu|sont)\b)\w+"
)
_IMPERSONAL = re.compile(
    r"\b(?:faut|faudra(?:it)?|fallait|y a-t|existe(?:-t)?|s'agit|suffit|se passe(?:-t)?|arrive(?:-t)?)-il\b"
    r"|\bqu'?il (?:faut|y a|existe|suffit|s'agit)|^il (?:faut|y a|existe|suffit)|\best-il (?:\w+ )?(?:de|d'|que|qu')"
    r"|\b(?:est|peut|doit)-il (?:possible|obligatoire|interdit|necessaire|permis|autorise|y avoir)\b(?! \?)(?= \w)"
)
_PRONOUN = re.compile(r"\b(?:il|elle|ils|elles)\b")
_POSSESSIVE = re.compile(r"\b(?:son|sa|ses|leur|leurs)\b")
# "comment payer ses impôts": those of whoever asks
_ANYONE = re.compile(r"\b(?:on|\w+(?:er|ir|re))\b.*\b(?:son|sa|ses|leurs?)\b")
# "comment l'obtenir", "peut-on la renouveler", "qui y a droit"
_OBJECT = re.compile(
    r"\b(?:comment|ou|quand|pourquoi|(?:peu[tx]|puis|doi[ts]|devons|faut|faudra)(?:-\w+)?)"
    r" (?:l'|(?:le|la|les|lui|leur|en|y) )\w+(?:er|ir|re)\b|\bqui (?:y|en) \w+"
)
_OF_ASKING = re.compile(r"\b(?:quel(?:le)?s?|combien de|combien d') ?\w+")
# "dans quel délai ?", "avec quels papiers ?": for what? ("quel quorum ?" says enough)
_OF_WHAT = re.compile(r"^(?:a|au|avec|dans|de|depuis|en|jusqu'a|par|pour|sous|sur) quel(?:le)?s? \w+$")
_FIGURE = re.compile(r"(?<![\w.,/-])[A-Za-z]{0,3}\d+(?:[.,-]\d+)*(?![\w/])")
STAFF = re.compile(
    r"\b(?:cadres?|ouvrie?re?s?|employee?s?|techniciens?|techniciennes?|apprentie?s?|stagiaires?|interimaires?|alternants?"
    r"|retraitee?s?|benevoles?|saisonnie?re?s?|vrp|pigistes?|agents? de maitrise)\b"
)
"""Categories of staff, in folded text."""
_OF_STAFF = re.compile(rf" (?:pour |a |d'|de |aux |au |des |du |chez )?(?:l'|les |le |la |un |une )?{STAFF.pattern}")
_SHORT = 3
_ENOUGH = 6
_LONGEST_CHAIN = 3


def standalone(question: str, history: Sequence[Turn]) -> str:
    """Return the question as it should be searched: itself, or followed by the questions it leans on, oldest first."""
    plain = collapse(question)
    asked = [collapse(turn.text) for turn in history if turn.role == "user"]
    if not asked or not _leans(plain):
        return plain
    # back to the question that the others lean on, however many came since; of those the last ones
    root = next((place for place in reversed(range(len(asked))) if not _leans(asked[place])), 0)
    context = [asked[root], *asked[root + 1 :][-(_LONGEST_CHAIN - 1) :]]
    whole = _exchanged(plain, context[0]) if len(context) == 1 else ""
    return whole or f"{plain} ({' '.join(_without_staff(plain, context))})"


def _exchanged(question: str, last: str) -> str:
    """Return the last question with its figure or code exchanged when that is all that this one names ("et le 250 ?"
    after "salaire mini coef 230"); "" when it is not."""
    own = analyse(question)
    new, old = _FIGURE.findall(question), _FIGURE.findall(last)
    if len(new) != 1 or len(old) != 1 or _shape(new[0]) != _shape(old[0]):
        return ""
    words = {word for word in own if not any(map(str.isdigit, word))}
    return last.replace(old[0], new[0]) if words <= set(analyse(last)) else ""


def _shape(figure: str) -> str:
    """Return what a figure is like: a year, a code or a number."""
    if not figure.isdigit():
        return "code"
    return "year" if re.fullmatch(r"(?:19|20)\d\d", figure) else "number"


def _without_staff(question: str, context: Sequence[str]) -> list[str]:
    """Return the questions before without the category of staff in whose place this one names another."""
    if not STAFF.search(fold(question)):
        return list(context)
    found = []
    for text in context:
        plain = fold(text)
        same = len(plain) == len(text)  # else offsets of one are not those of the other
        at = [match.span() for match in _OF_STAFF.finditer(plain)] if same else []
        for start, end in reversed(at):
            text = f"{text[:start]}{text[end:]}"
        found.append(collapse(text))
    return found


def _leans(question: str) -> bool:
    """Return whether a question cannot be understood without what was said before."""
    plain = fold(question).strip(" ?!.…")
    own = len(analyse(question))
    if own >= _ENOUGH or _NEW_SUBJECT.search(plain):
        return False
    # "où" must not become "ou"
    if _OPENS.search(plain) and not normalise(question).startswith("où"):
        return _POINTS.search(plain) is not None or not (own >= _SHORT and _FULL.search(plain))
    if own == 0 or _OF_WHAT.search(plain):
        return True
    if _FRAGMENT.search(plain) and own <= _SHORT and not re.search(_ASKS, plain) and not _INVERTED.search(plain):
        return True
    return _without_noun(plain)


def _without_noun(plain: str) -> bool:
    """Return whether "il", "l'", "son", "celui"… stands in `plain` with no noun before it that it could mean."""
    patterns = [(_POINTS, 1), (_OBJECT, 0)]
    if not _IMPERSONAL.search(plain):
        patterns.append((_PRONOUN, 0))
        if not _ANYONE.search(plain):
            patterns.append((_POSSESSIVE, 1))
    return any(
        (met := pattern.search(plain)) is not None and _nouns(plain[: met.start()]) <= most
        for pattern, most in patterns
    )


def _nouns(before: str) -> int:
    # the verb that is tied to a pronoun ("coûte-t-elle") is no noun; nor is what is asked for ("quel âge")
    return len(analyse(_OF_ASKING.sub(" ", re.sub(r"\S+-$", "", before))))
