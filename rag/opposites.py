"""Words that exclude each other: "brut" and "net", "abrogé" and "en vigueur", said of the same thing.

Works on `Facts`, on words and their neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.facts import Facts
from rag.objection import Objection

_PERIODS = (
    "mensuel\\w*|(?:par|chaque) mois|tous les mois", "annuel\\w*|par an|chaque annee|tous les ans",
    "trimestriel\\w*|par trimestre|tous les trimestres", "hebdomadaires?|par semaine|chaque semaine",
    "quotidien\\w*|journali\\w+|par jour|chaque jour", "semestriel\\w*|par semestre",
)  # fmt: skip
_FIRST = "premiere?s?(?! (?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre))"
_MORE = "(?<!et )(?<!ou )(?<!au )plus(?! tard)"
_EVERY_SOME = (
    "tou(?:s|tes) les (?:\\d+|deux|trois|quatre|cinq|six|sept|huit|dix|douze) (?:ans|annees|mois|semaines|jours)"
)
_PAIRS = tuple(
    (re.compile(rf"\b(?:{one})\b"), re.compile(rf"\b(?:{other})\b"))
    for one, other in (
        ("avant", "(?<!d')apres"), ("au moins", "au plus"),
        ("sauf|hors|hormis|excepte|a l'exception", "y compris|inclus|incluse?s?"),
        ("inclus|incluse?s?|comprise?s?", "exclue?s?|non comprise?s?"),
        ("obligatoires?|obligatoirement", "facultati\\w+|optionnel\\w*|recommandee?s?|conseillee?s?"),
        ("brute?s?", "nette?s?"),
        ("ht|hors taxes?", "ttc|toutes taxes comprises"), ("gratuits?|gratuite\\w*", "payante?s?"),
        ("superieure?s?", "inferieure?s?"), ("maxim\\w+", "minim\\w+"), ("ouvrables?", "ouvres?"),
        ("augment\\w+", "diminu\\w+|redui\\w+|baiss\\w+"), ("hausse", "baisse"), ("autorise\\w*", "interdi\\w+"),
        ("toujours", "jamais"), ("debut", "fin"), (_FIRST, "derniere?s?"),
        *((one, other) for one in _PERIODS for other in _PERIODS if one < other),
        *((_EVERY_SOME, period) for period in _PERIODS),
        ("partiel\\w*", "total\\w*|complet\\w*|pleine?"),
        ("internes?", "externes?"), ("publi(?:c|cs|que|ques)", "privee?s?"), ("recevables?", "irrecevables?"),
        ("legal\\w*", "illegal\\w*"), ("suffisan\\w+", "insuffisan\\w+"), ("unanimite", "majorite"),
        ("directe?s?|directement", "indirecte?s?|indirectement"), ("determinee?", "indeterminee?"),
        ("accept\\w+|s'impos\\w+", "refus\\w+"), ("favorables?", "defavorables?"), ("nuit", "jour(?!s)"),
        (_MORE, "(?<!ou )(?<!au )(?<!du )moins"),
        ("before", "after"), ("included?", "excluded?"), ("mandatory", "optional"), ("with", "without"),
        ("minimum", "maximum"), ("gross", "net"),
        ("exoner\\w+|exempt\\w+|dispens\\w+", "redevables?|dues?|pai\\w+|pay\\w+|verse\\w*|soumis\\w*|assujetti\\w*"),
        ("exclu\\w*", "couver\\w+|comprise?s?|inclu\\w*"), ("secs?|seche?s?", "humides?|mouille\\w*"),
        ("interromp\\w*|interrompu\\w*|suspend\\w*|suspendu\\w*|arret\\w*", "continu\\w*|poursui\\w*|maintien\\w*"),
        ("reduction\\w*|diminution\\w*|abattement\\w*|remise\\w*|minoration\\w*",
         "majoration\\w*|augmentation\\w*|supplement\\w*"),
        ("comprise?s?|incluse?s?", "en sus|en plus|non comprise?s?|a part"), ("chaude?s?", "froide?s?"),
        ("simple majority|majorite simple", "two-thirds|three-quarters|deux tiers|trois quarts|qualifiee|absolue"),
        ("legers?|legeres?", "lourde?s?"), ("haute?s?", "basse?s?|bas"), ("longue?s?|longs?", "courte?s?"),
        ("neufs?|neuves?", "usages?|usagees?|occasion"), ("vides?", "pleine?s?"), ("benefices?", "deficits?|pertes?"),
        ("majeure?s?", "mineure?s?"), ("actifs?|actives?", "retraite\\w*"), ("reussi\\w*", "echou\\w*|echec\\w*"),
        ("proportionnel\\w*", "forfaitaires?"), ("rembours\\w+", "redevables?|acquise?s?"),
        ("double\\w*|twice", "half|moitie"),
        ("adopte\\w*|votee?s?|s'appliqu\\w+|promulgue\\w*",
         "projets? d[e'] ?(?:loi|accord|decret|arrete)|propositions? de loi|examine\\w*|en cours d'examen|envisag\\w+"
         "|a l'etude|en discussion"),
        ("supprimee?s?|abrogee?s?", "maintenue?s?|versee?s?|dues?|instituee?s?"),
        ("abolished|repealed", "maintained|paid|due|in force"),
        ("en vigueur|applicables?|maintenu\\w*|valables?",
         "abrog\\w+|annul\\w+|remplacee?s?|remplace(?=,? la |,? le )|supprim\\w+|caduc\\w*|cesse d'etre"),
        ("interieur\\w*", "exterieur\\w*"), ("acceptee?s?|acceptation|approuv\\w+", "rejet\\w*"),
        ("chome\\w*", "travaille\\w*"), ("secrets?", "main levee"), ("materiel\\w*", "immateriel\\w*"),
        ("horizontal\\w*|horizontaux", "vertical\\w*|verticaux"), ("gauche", "droite"),
        ("provisoires?", "definiti\\w+"), ("ouverte?s?|ouverture", "fermee?s?|fermeture"),
        ("individuel\\w*", "collecti\\w+"), ("titulaires?", "suppleante?s?"),
        ("presente?s?", "absente?s?"), ("anciens?|anciennes?", "nouve(?:l|lle|lles|au|aux)"),
        ("temporaires?", "permanente?s?"), ("volontaires?", "involontaires?"), ("aptes?", "inaptes?"),
        ("eligibles?", "ineligibles?"), ("compatibles?", "incompatibles?"), ("licites?", "illicites?"),
        ("indoors?", "outdoors?"), ("accepted|approved", "rejected"), ("provisional", "final"), ("open", "closed"),
    )
    for one, other in ((one, other), (other, one))
)  # fmt: skip
# Where what is said of one article ends.
_PART = re.compile(r"[;.!?\n]\s")
_NEGATED = re.compile(
    r"\bn(?:e\s|')(?:\w+\s+(?:pas|plus|jamais)\s+(?:\w+ment\s+)?|(?:l[ae]s?\s+|l'|y\s+|en\s+|lui\s+|leur\s+)?)$"
)
_ORDER = re.compile(r"avant|apres|before|after")
_NEAR = 4  # content words that say what an opposite is about


def objections(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection when a claim has the opposite of what the evidence says of the same thing."""
    for mine, other in _PAIRS:
        found = mine.search(claim.plain)
        if not found or _NEGATED.search(claim.plain[max(0, found.start() - 40) : found.start()]):
            continue
        if any(of_one(claim, found, facts, it) for facts in evidence for it in mine.finditer(facts.plain)):
            continue
        for facts in evidence:
            against = next((it for it in other.finditer(facts.plain) if of_one(claim, found, facts, it)), None)
            if against is not None:
                yield Objection("opposite", claim.text[slice(*found.span())], facts.text[slice(*against.span())])
                break


def denied(after: str, evidence: Sequence[Facts]) -> bool:
    """Return whether a text that stands behind a negation begins with a word whose opposite the evidence has: "n'est
    plus applicable" of what is abrogated."""
    return any(mine.match(after) and any(other.search(facts.plain) for facts in evidence) for mine, other in _PAIRS)


def of_one(claim: Facts, mine: re.Match[str], facts: Facts, other: re.Match[str]) -> bool:
    """Return whether two words are said of one thing: of the same article where both name one, else by their
    neighbours."""
    named, known = _references(claim, mine), _references(facts, other)
    if named and known:
        return not named.isdisjoint(known)
    if _ORDER.fullmatch(mine.group()) and _turned(claim, mine, facts, other):
        return False
    return not _near(claim, mine).isdisjoint(_near(facts, other))


def _turned(claim: Facts, mine: re.Match[str], facts: Facts, other: re.Match[str]) -> bool:
    """Return whether the two sides have changed places: heard before being expelled, expelled after being heard."""
    (left, right), (other_left, other_right) = _sides(claim, mine), _sides(facts, other)
    crossed, straight = (
        len(left & other_right) + len(right & other_left),
        len(left & other_left) + len(right & other_right),
    )
    return crossed > straight


def _references(facts: Facts, match: re.Match[str]) -> frozenset[str]:
    """Return the references of the part of a sentence that a word stands in."""
    first = max((it.end() for it in _PART.finditer(facts.plain, 0, match.start())), default=0)
    stop = _PART.search(facts.plain, match.end())
    last = stop.start() if stop else len(facts.plain)
    return frozenset(it.id for it in facts.references if first <= it.start < last)


def _near(facts: Facts, match: re.Match[str]) -> frozenset[str]:
    before, after = _sides(facts, match)
    numbers = [q.raw for q in facts.quantities if -20 < q.start - match.end() < 20 or -20 < match.start() - q.end < 20]
    return before | after | frozenset(numbers)


def _sides(facts: Facts, match: re.Match[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the beginnings of the content words before and behind a match, in its part of the sentence."""
    first = max((it.end() for it in _PART.finditer(facts.plain, 0, match.start())), default=0)
    stop = _PART.search(facts.plain, match.end())
    last = stop.start() if stop else len(facts.plain)
    words = [word for word in facts.words if first <= word.start < last]
    before = [word.stem[:5] for word in words if word.end <= match.start()][-_NEAR:]
    after = [word.stem[:5] for word in words if word.start >= match.end()][:_NEAR]
    return frozenset(before), frozenset(after)
