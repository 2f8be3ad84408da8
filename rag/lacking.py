"""What a question asks for by name or by kind and none of the passages found gives: then they answer another question.

Years, numbered things (an article, a coefficient), codes, acronyms, proper names, categories of staff, what a prime or
a leave is for; a telephone number, an address, a person's name, and the kinds of `rag/kinds.py`. Knows nothing of
models or of how a refusal is worded; likeness is the business of `rag/gate.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.facts import read
from rag.kinds import Kind, answers, asked, gives
from rag.marks import dates
from rag.names import names as names_in
from rag.names import spelt_out
from rag.plain import composed, level
from rag.references import references
from rag.retrieve import has_kin, indexed_text
from rag.rewrite import STAFF
from rag.spelling import corrected
from rag.text import analyse, fold
from rag.types import Passage
from rag.wording import alike

Wanted = Kind | Literal["phone", "mail", "person"]
"""What a question may ask for."""

# Passages that are searched for the years a question names; for what is rarer, all that were found.
YEARS_SOUGHT_IN = 5
# A year behind one of these tells something about the member: "je suis là depuis 2015".
_OWN = re.compile(r"\b(?:depuis|since|nee?|born|embauch\w*|engag\w*|entree?|arrivee?|hired|joined)\b[^.?!]*$")
# "P6B", "E5", "44.2A"; not "2h", "1er", "100km"
_CODE = re.compile(r"(?<![\w.,/-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w/])")
_MEASURE = re.compile(r"\d+(?:[a-z]{1,4}|h\d+|%)$|(?:covid|web|html|css|rgaa|wcag)-?\d+$", re.IGNORECASE)
_ACRONYM = re.compile(r"(?<![\w.])[A-Z]{3,6}(?![\w.]| ?:)")
_CONTACTS: dict[Wanted, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "phone": (
        re.compile(r"\btel\b|\btelephone\b|\bphone number\b|\bnumero (?:de tel\w*|pour (?:joindre|appeler))"),
        re.compile(r"\b0\d(?:[ .-]?\d\d){4}\b|\+\d\d|\b3\d ?\d\d\b|\b08\d\d\b"),
    ),
    # not "par mail", "la boîte mail"
    "mail": (
        re.compile(r"\b(?:adresse|quel|le|l'|son|votre) (?:e-?)?(?:mail|courriel)\b|^(?:e-?)?(?:mail|courriel) (?!pro)"
                   r"|\be-?mail address\b"),
        re.compile(r"@"),
    ),
    "person": (
        re.compile(r"\bc'est qui\b|\ble nom d[eu]|\bcomment s'appelle\w*|^who is\b|\bquelle boite\b"
                   r"|^qui est (?:le|la|l')\s?(?:presiden|tresori|secretaire|delegue|referent|direct|responsable)"),
        re.compile(r"\b(?:m\.|mm\.|mmes?|mlle|dr|me) |@"),
    ),
}  # fmt: skip
# Who asks for one of these kinds is not answered by passages without a single one.
_SOUGHT: tuple[Kind, ...] = ("share", "days", "sum")
UNITS_SOUGHT_IN = 3
# Shorter capitalised words, and more of them, are a way of writing: "la Fédé et le Bureau de la Section".
_SHORTEST_NAME, _MOST_NAMES = 4, 3
_PERSON = re.compile(r"\b(?:M\.|MM\.|Mmes?|Dr|Me)\s+[A-Z]|(?<=[a-z,;(] )[A-Z][a-zé-]+ (?:[A-Z]{2,}|[A-Z][a-zé]+)\b")


# What a question asks about, behind what it asks of it: "prime de vacances", "que dit l'accord sur le harcèlement", "y
# a-t-il un vidéoprojecteur". Other nouns may be a member's own words for what the documents call otherwise.
_OF = (
    r"\b(?:montant|indemnite|prime|taux|duree|delai|preavis|nombre|conge|majoration|prix|tarif|cout|part|pourcentage|salaire"
    r"|remuneration|allocation|contrat|clause|peine|sanction|amende|frais|travail|periode|aide|formation|absence|certificat"
    r"|attestation|autorisation|registre|visite)s? (?:\w+ )?(?:de |d'|du |des |en cas de |pour cause de )"
)
_ON = r"\b(?:dit|disent|prevoi\w+|parle\w*|regles?|dispositions?)\b.{0,40}?\b(?:sur|concernant|en matiere de) "
_ANY = r"\b(?:y a(?:-t-il)?|existe-t-il|a-t-on|on a|droit a) (?=une? )"
_THINGS = tuple(
    re.compile(rf"{begins}(?:la |l'|les |le |un |une |son |sa |leurs? )?([a-z][a-z-]{{3,}})")
    for begins in (_OF, _ON, _ANY)
)
_NO_THING = frozenset(
    """fois jour jours mois annee annees heure heures semaine plus moins autre autres base cas personne personnes chose
    point fait niveau type debut maniere suite quel quelle combien""".split()
)


@dataclass(frozen=True, slots=True)
class Lack:
    """What no passage found gives: years and names that the question asks about, and the `kind` of thing that it asks
    for in vain, "" for none."""

    years: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    kind: Wanted = ""

    def __bool__(self) -> bool:
        return bool(self.years or self.names or self.kind)


def lack(question: str, passages: Sequence[Passage], frequency: Callable[[str], int] | None = None) -> Lack:
    """Return what the question asks for and the passages found do not give; nothing, when there are none. `frequency`
    says how many passages of all hold a term; without it, names that stand in none are not looked for."""
    if not passages:
        return Lack()
    strangers = _strangers(question, frequency) if frequency is not None else ()
    named = *names(question, passages), *strangers
    return Lack(years(question, passages), tuple(dict.fromkeys(named)), unanswered(question, passages))


def years(question: str, passages: Sequence[Passage]) -> tuple[int, ...]:
    """Return the years that the question asks about and that none of the first passages names, titles included: what
    holds for another year is no answer. Years that say something about the member do not count."""
    asked = {item.date[0] for item in dates(question) if not _OWN.search(item.before)}
    text = _text(passages[:YEARS_SOUGHT_IN]) if asked else ""
    return tuple(sorted(year for year in asked if str(year) not in text))


def names(question: str, passages: Sequence[Passage]) -> tuple[str, ...]:
    """Return what the question names (as written there) and no passage has: a numbered thing, a code,
    an acronym, a category of staff, the thing that a sum, a leave, a rule is asked about."""
    text = _text(passages)
    found = (*_numbered(question, text), *_codes(question, text), *_staff(question, text), *_things(question, text))
    return tuple(dict.fromkeys(found))


def unanswered(question: str, passages: Sequence[Passage]) -> Wanted:
    """Return what the question asks for and no passage has: a telephone number, an e-mail address, somebody's name; or
    a share, days or a sum, and the best passages have none. "" if that is not so."""
    plain, text = fold(question), _text(passages)
    for wanted, (asks, there) in _CONTACTS.items():
        if asks.search(plain):
            found = there.search(fold(text)) or (wanted == "person" and _PERSON.search(text))
            return "" if found else wanted
    best = _text(passages[:UNITS_SOUGHT_IN])
    kind = asked(question)
    return kind if kind in _SOUGHT and not gives(kind, best) else ""


def unsaid(question: str, said: str) -> Lack:
    """Return the kind of thing that the question asks for and an answer of these words does not hold."""
    kind = asked(question)
    return Lack() if answers(kind, said) else Lack(kind=kind)


def _text(passages: Sequence[Passage]) -> str:
    return "\n".join(indexed_text(passage.chunk) for passage in passages)


def _numbered(question: str, text: str) -> Iterator[str]:
    whole = composed(question)
    for reference in references(whole, level(whole)):
        number = re.escape(reference.id.split()[-1])
        if any(map(str.isdigit, reference.id)) and not re.search(rf"(?<!\d){number}(?!\d)", fold(text)):
            yield whole[reference.start : reference.end]


def _codes(question: str, text: str) -> Iterator[str]:
    words = re.findall(r"[^\W_]+", fold(text))
    shouting = question.upper() == question
    for match in _CODE.finditer(question):
        if not _MEASURE.match(match.group()) and fold(match.group()) not in fold(text).replace(" ", ""):
            yield match.group()
    for match in () if shouting else _ACRONYM.finditer(question):
        if fold(match.group()) not in words and not spelt_out(match.group(), words):
            yield match.group()


def _staff(question: str, text: str) -> Iterator[str]:
    if any(not _MEASURE.match(match.group()) for match in _CODE.finditer(question)):
        return  # "un employé E6": the code says it, and stands in a table without the word
    if read(question).language == "en":
        return  # "employees" are all who work there, and French documents have another word
    found = list(STAFF.finditer(fold(question)))
    known = set(analyse(text)) if found else set()
    for match in found:
        if not any(has_kin(stem, known) for stem in analyse(match.group())):
            yield match.group()


def _things(question: str, text: str) -> Iterator[str]:
    """Yield what is asked about and stands in `text` in no word of its family and no synonym of `rag.wording`."""
    plain = fold(question)
    found = [match for pattern in _THINGS for match in pattern.finditer(plain)]
    known = set(analyse(text)) if found else set()  # ten passages are not analysed for a question that names no thing
    for match in found:
        stems = analyse(match[1])
        if match[1] in _NO_THING or not stems or any(has_kin(stem, known) or _meant(stem, known) for stem in stems):
            continue
        yield question[match.start(1) : match.end(1)] if len(plain) == len(question) else match[1]


def _strangers(question: str, frequency: Callable[[str], int]) -> Iterator[str]:
    """Yield the proper names of the question that stand in no passage at all: what holds in Belgium, at another firm.
    None of a question written with capitals throughout, and none of an English one, where months and peoples have
    them."""
    found = [name for name in names_in(question) if not name.acronym and len(name.text) >= _SHORTEST_NAME]
    if not found or len(found) > _MOST_NAMES or read(question).language == "en":
        return
    for name in found:
        stems = analyse(name.text)
        if stems and not any(map(frequency, corrected(stems, frequency))):
            yield name.text


def _meant(stem: str, known: set[str]) -> bool:
    return any(alike(stem, other) for other in known)
