"""The words of a text that carry its content, and how much of them another text has too.

Pure. French endings are taken off; words count as one when their stems begin alike ("renouvelé", "renouvellement").
Does not know synonyms, save those few that legal French uses for one another all the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rag.text import analyse

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# Their work is done by `rag.modality`.
_POLAR = frozenset("pas jamais non sans san point guere rien personne nul aucun".split())
_SHARED = 5  # letters at the beginning that make two longer stems one
# Stems that stand for each other: what an honest summary changes without changing what is said.
_ALIKE = (
    "salar employ travailleur collabor personnel", "employeur entrepris societ patron", "delai dure period temp",
    "montant somm valeur prix cout tarif", "verser vers pai payer percevoir percoit regl regler indemn",
    "licenci rupt romp", "demand sollicit reclam", "envoi adress transmet transm envoy", "loger hebergement log",
    "oblig oblige tenu impos requis exig exiger necessair imper devoir", "possibl permet perm autor facult droit",
    "interdit defendu prohib proscrit exclu", "beneficier benefici droit percevoir", "prevoir prevu prevoit fix",
    "correspondr correspond egal equivaloir equivaut sel", "maximum maximal plus plafond limit excedent exced depass",
    "minimum minimal moins", "contenir contient comport compos compren comprendr inclut", "debut commenc demarr",
    "fin termin achev expir", "obtenir obtient recevoir recoit", "sign conclur conclu", "an annuel anne",
    "mois mensuel", "jour quotidien journali", "heur horair", "hebdomadair semain", "medecin medical",
    "enfant mineur", "mari conjoint epoux", "voitur vehicul automobil", "loi legal", "ecrit courri lettr",
    "sans aucun", "utilis emploi usag servir sert", "concern applic appliqu s'appliqu vis",
    "effectu realis fair procede", "scrutin vot bulletin suffrag", "gard conserv stock entrepos rang",
    "arret interromp interrompu suspend", "manqu defaut absenc", "tuteur tutric tutorat",
)  # fmt: skip
_GROUP = {stem: number for number, stems in enumerate(_ALIKE) for stem in stems.split()}
# Words of statement that say nothing that evidence could hold.
_EMPTY = frozenset(
    """selon passag document extrait indiqu precis prevoir prevu prevoit article texte cit mention conform
    egal cas notam exempl donc ainsi alors afin part agit signif oui non bien suivant suiv ci-dessus dit appel nomm
    environ general principal different certain plusieur nombr repons question bref resum""".split()
)


@dataclass(frozen=True, slots=True)
class Term:
    """A content word of a text by its stem, at `[start, end)`."""

    stem: str
    start: int
    end: int


def terms(plain: str) -> tuple[Term, ...]:
    """Return the content words of a levelled text in order; numbers are not words."""
    found = []
    for match in _WORD.finditer(plain):
        stems = analyse(match.group())
        found += [Term(stem, match.start(), match.end()) for stem in stems if len(stem) > 1 and stem not in _POLAR]
    return tuple(found)


def alike(one: str, other: str) -> bool:
    """Return whether two stems stand for one word."""
    if one == other or (min(len(one), len(other)) >= _SHARED and one[:_SHARED] == other[:_SHARED]):
        return True
    group = _GROUP.get(one)
    return group is not None and group == _GROUP.get(other)


def missing(claimed: Iterable[Term], known: Iterable[str]) -> list[Term]:
    """Return the claimed words that have no like among the stems `known`."""
    stems = set(known)
    heads = {stem[:_SHARED] for stem in stems if len(stem) >= _SHARED}
    groups = {_GROUP[stem] for stem in stems if stem in _GROUP}
    return [
        term
        for term in claimed
        if term.stem not in stems
        and term.stem not in _EMPTY
        and not (len(term.stem) >= _SHARED and term.stem[:_SHARED] in heads)
        and _GROUP.get(term.stem) not in groups
    ]


def weight(found: Iterable[Term]) -> float:
    """Return how much words weigh together: longer ones say more."""
    return float(sum(min(len(term.stem), 8) for term in found if term.stem not in _EMPTY))
