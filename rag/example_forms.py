"""What stands in a document, turned round into the question that it answers: French text to French text.

By rule and from the document's own words alone: a sentence that states a figure or a definition, a heading, the caption
of a table. Whatever fits no rule gives no question. This module does *not* know whether a question is really answered
(`rag/examples.py` has that tried).
"""

from __future__ import annotations

import re

from rag.text import analyse, collapse

_LONGEST = 90  # characters of a question
_FEWEST_TERMS = 2  # of a subject: "le délai" alone says nothing of what it is the delay of

# "Article 12 - ", "3.2 ", "IV. ", "Chapitre 2 : ", "a) "
_NUMBERING = re.compile(
    r"^(?:(?:article|art\.|chapitre|titre|section|annexe|partie)\s+(?:\d+|[IVXL]+|[A-Z]|premier|1er)"
    r"|\d+(?:\.\d+)*|[IVXL]+|[A-Za-z](?=[.)]))(?:\s*[.):–—-]+\s*|\s+)",
    re.IGNORECASE,
)
_CAPTION = re.compile(r"^tableau\s+\w{1,4}\s*[.:–—-]\s*(?P<subject>.+)$", re.IGNORECASE)
_QUESTION = re.compile(r"^(?:comment|quand|où|pourquoi|combien|qui|quel(?:le)?s?|que faire)\b", re.IGNORECASE)

# "Le jeu latéral entre le verre et la feuillure est de 3 mm", "L'effectif est limité à quarante apprentis"
_STATED = re.compile(
    r"^(?P<subject>(?:Le|La|Les|L['’])\s?[^,;:.()«»\d]{3,60}?)\s(?P<verb>(?:est|sont)(?:\s(?P<set>"
    r"fixée?s?|limitée?s?|portée?s?|plafonnée?s?)\sà|\sde|\sd['’])|s['’]élève(?:nt)?\sà)\s(?P<figure>.+)$"
)
_FIGURE = re.compile(
    r"^(?:environ |au moins |au plus )?(?:\d[\d\s]*(?:[.,]\d+)?|(?:une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix"
    r"|onze|douze|quinze|vingt|trente|quarante|cinquante|soixante|cent)\b(?:[ -]\w+)??)\s?(?P<unit>[€%°]|[^\W\d]+[²³]?)"
)
# "Le jeu périphérique désigne…", "On appelle parclose…"
_DEFINED = re.compile(
    r"^(?P<subject>(?:Le|La|Les|L['’]|Un|Une)\s?[^,;:.()«»\d]{3,50}?)\s(?:désigne(?:nt)?|s['’]entend(?:ent)?\s(?:de|d['’]|par|comme))"
)
# what would make a question hang on the sentence before, or be none
_LEANS = re.compile(
    r"\b(?:qui|que|qu['’]|dont|où|il|ils|elle|elles|ne|n['’]|ce|cet|cette|ces|son|sa|ses|leur|leurs|même|présente?s?|autre"
    r"|précédente?s?|suivante?s?|derni(?:er|ère)s?|deuxième|second|seconde|reste|est|sont|a|ont|total)\b",
    re.IGNORECASE,
)
# "Durée et litiges": a heading of two halves is no one's question
_HALVES = re.compile(r"\b(?:et|ou)\s(?!(?:de|du|des|d['’]|à|au|aux|l['’]|la|le|les)\b)", re.IGNORECASE)
_END = re.compile(r"\s*\([^)]*\)$|\s*[.:;–—-]+$")

# First nouns of headings with their article; "" for a plural is said by "les". Only nouns of which "quel est le …" is a
# question that somebody asks.
_NOUNS = {
    "le": (
        "barème bulletin budget calendrier coefficient coût délai format minimum montant maximum niveau nombre plafond "
        "préavis prix quorum rythme rôle salaire seuil tarif taux"
    ),
    "la": (
        "composition cotisation définition durée franchise garantie hauteur largeur limite longueur masse méthode "
        "majoration pression prime procédure profondeur rémunération règle surface température valeur"
    ),
    "l’": "âge allocation amende ancienneté avance épaisseur horaire indemnité objet ordre",
    "les": (
        "activités amendes attributions barèmes causes conditions congés cotisations critères délais dimensions dates "
        "documents droits effets étapes exclusions exceptions franchises garanties horaires indemnités instances "
        "justificatifs limites majorations membres minima missions modalités montants motifs moyens obligations "
        "objectifs organes peines pièces pouvoirs pressions primes principes règles réserves ressources risques "
        "salaires sanctions sections seuils tarifs taux tolérances valeurs"
    ),
}
_FEMININE = frozenset(
    "activités amendes attributions causes conditions cotisations dates dimensions étapes exclusions exceptions "
    "franchises garanties indemnités instances limites majorations missions modalités obligations peines pièces "
    "pressions primes règles réserves ressources sanctions sections tolérances valeurs allocation amende ancienneté "
    "avance épaisseur indemnité".split()
)
_ARTICLE = {noun: article for article, nouns in _NOUNS.items() for noun in nouns.split()}
_WHICH = {"le": "Quel est le", "la": "Quelle est la"}
# "du véhicule personnel" in the text says that the heading "Véhicule personnel" is "le véhicule personnel"
_SEEN = {
    "le": "le",
    "du": "le",
    "au": "le",
    "la": "la",
    "les": "les",
    "des": "les",
    "aux": "les",
    "l'": "l’",
    "l’": "l’",
}


def from_sentence(text: str) -> str:
    """Return the question that a sentence answers by a figure or a definition, "" if it is not of that kind."""
    line = collapse(text)
    if (found := _STATED.match(line)) and (figure := _FIGURE.match(found["figure"])):
        return _how_much(found, figure["unit"])
    if found := _DEFINED.match(line):
        que = "qu’" if found["subject"].startswith("Un") else "que "
        return _asked(f"Qu’est-ce {que}{_lower(found['subject'])}", found["subject"])
    if found := _CAPTION.match(line):
        subject = _END.sub("", found["subject"])
        return "" if _HALVES.search(subject) else _which(subject)
    return ""


def from_heading(heading: str, text: str) -> str:
    """Return the question that a section answers, "" if its heading gives none; `text` is what stands under it."""
    subject = _END.sub("", _NUMBERING.sub("", collapse(heading))).strip()
    if any(sign in subject for sign in ";:/|•") or re.search(r"\d", subject):
        return ""
    if _QUESTION.match(subject):
        return _asked(subject.rstrip(" ?"), subject.partition(" ")[2]) if len(subject.split()) > 2 else ""
    if _titled(subject) or _LEANS.search(subject) or _HALVES.search(subject):
        return ""
    return _which(subject) or _rules(subject, text)


def _how_much(found: re.Match[str], unit: str) -> str:
    subject, verb, past = _lower(found["subject"]), found["verb"], found["set"]
    plural = subject.startswith("les ")
    article = subject.partition(" ")[0]
    if past:
        return _asked(f"À combien {'sont' if plural else 'est'} {past} {subject}", subject)
    if unit in ("€", "euro", "euros") or verb.startswith("s"):
        return _asked(f"À combien s’élève{'nt' if plural else ''} {subject}", subject)
    if article in _WHICH:
        return _asked(f"{_WHICH[article].rpartition(' ')[0]} {subject}", subject)
    bare = re.sub(r"^les |^l['’]", "", subject)
    return _which(bare) or _asked(f"De combien {'sont' if plural else 'est'} {subject}", subject)


def _which(subject: str) -> str:
    """Return « Quelle est la durée de… ? » for a subject whose first noun is known, "" for any other."""
    subject = _lower(subject)
    noun = re.split(r"[\s’']", subject, maxsplit=1)[0]
    article = _ARTICLE.get(noun, "")
    if article == "les":
        return _asked(f"Quel{'le' * (noun in _FEMININE)}s sont les {subject}", subject)
    if article == "l’":
        return _asked(f"Quel{'le' * (noun in _FEMININE)} est l’{subject}", subject)
    return _asked(f"{_WHICH[article]} {subject}", subject) if article else ""


def _rules(subject: str, text: str) -> str:
    """Return « Quelles sont les règles pour le véhicule personnel ? » where the text says the article."""
    named = re.search(rf"\b(les?|la|du|des|aux?|l['’])\s?{re.escape(_lower(subject))}\b", collapse(text), re.IGNORECASE)
    article = _SEEN[named[1].lower()] if named else ""
    if not article or (article == "les" and subject.split()[0][-1] not in "sx"):
        return ""
    return _asked(f"Quelles sont les règles pour {article}{'' if article == 'l’' else ' '}{_lower(subject)}", subject)


def _asked(question: str, subject: str) -> str:
    vague = bool(subject) and (_LEANS.search(subject) is not None or len(analyse(subject)) < _FEWEST_TERMS)
    return "" if vague or len(question) > _LONGEST else f"{question} ?"


def _titled(subject: str) -> bool:
    """Return whether it is written as a name or the head row of a table: several capitals, or nothing else."""
    return subject.isupper() or sum(word[0].isupper() for word in subject.split()) > 1


def _lower(subject: str) -> str:
    return subject[:1].lower() + subject[1:]
