"""Do the words of a claim say what its evidence says: must or may, yes or no, who, and about what?

Works on `Facts`, on words and their neighbours: no syntax, no model. What it cannot see is a false sentence made of the
evidence's own words; `rag.ports.Entailer` is for that, where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag import additions, exceptions, opposites, order, quantifiers, substitutes
from rag.bounds import limit_words
from rag.facts import Facts
from rag.modality import Force, Marker
from rag.names import Name, spelt_out
from rag.objection import Kind, Objection
from rag.wording import Term, alike, missing, weight

# What the evidence may say for a claim to be borne out. Nothing at all bears out "must" and "may": a legal text
# commands in the present tense ("le salarié adresse").
_BORNE_OUT: dict[Force, frozenset[Force]] = {
    "must": frozenset(("must", "only")),
    "may": frozenset(("may", "optional", "only")),
    "forbidden": frozenset(("forbidden", "not", "only")),
    "optional": frozenset(("optional", "may", "not")),
    "not": frozenset(("not", "forbidden", "optional", "only")),
    "only": frozenset(("only", "not", "forbidden")),
}
_DENIES: frozenset[Force] = frozenset(("forbidden", "not", "optional"))
# words that deny without a verb
_DENIAL = re.compile(
    r"\b(?:sans|sauf|hors|hormis|excepte\w*|exception|exclu\w*|refus\w*|impossib\w*|absence|defaut|dispens\w*|exoner\w*|"
    r"exempt\w*|interdi\w+|insuffisan\w*|inutil\w*|incompetent\w*|irrecevab\w*|nulle?s?|perd\w*|cess\w+|supprim\w+|ni|"
    r"without|except\w*|unless|no|none|exclud\w*|exempt\w*|faute|contraire|limit\w*|reserve\w*)\b"
)
_NO_NOUN = re.compile(r"(?:aucune?|nulle?|no)\s")
# Share of the claim's words, by weight, that the evidence must have; and how many in a row it may lack.
LEAST_COVERED = 0.45
MOST_MISSING_IN_A_ROW = 3
_FIGURE = 8  # weight of a number among the words


def objections(claim: Facts, evidence: Sequence[Facts], question: Facts, titles: Facts) -> Iterator[Objection]:
    """Yield what speaks against the words of a claim."""
    yield from _modality(claim, evidence)
    if _translates(claim, evidence):
        yield from _names(claim, (*evidence, question, titles), acronyms_only=True)
        return
    for part in (opposites, quantifiers, exceptions, order):
        yield from part.objections(claim, evidence)
    yield from substitutes.objections(claim, evidence, question, titles)
    yield from additions.objections(claim, evidence, question)
    yield from _names(claim, (*evidence, question, titles), acronyms_only=claim.language == "en")
    yield from _content(claim, (*evidence, question, titles))


def _translates(claim: Facts, evidence: Sequence[Facts]) -> bool:
    """Return whether claim and evidence are surely of two languages."""
    mine, its = claim.language, next((facts.language for facts in evidence if facts.language), None)
    return None not in (mine, its) and mine != its


def _modality(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    if _translates(claim, evidence):
        yield from _translated(claim, evidence)
        return
    known = [(facts, marker) for facts in evidence for marker in facts.markers]
    set_apart = exceptions.set_apart(claim, evidence)
    for marker in claim.markers:
        if marker.force in _DENIES and (set_apart or _of_opposite(claim, marker, evidence)):
            continue
        against = _against(claim, marker, known, evidence)
        if against is not None:
            kind: Kind = "negation" if marker.force in _DENIES else "modality"
            yield Objection(kind, _phrase(claim, marker), against)
    yield from _denied(claim, evidence)
    yield from _unlimited(claim, evidence)


def _of_opposite(claim: Facts, marker: Marker, evidence: Sequence[Facts]) -> bool:
    """Return whether a claim denies a word whose opposite the evidence has."""
    return opposites.denied(claim.plain[marker.end : marker.end + 40].lstrip(), evidence)


def _unlimited(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection when "ne doit pas être inférieur" has become "doit être inférieur"."""
    for facts in evidence:
        for word, phrase in limit_words(facts.plain):
            found = re.search(rf"\b{word}\w*", claim.plain)
            if found and not claim.limits and not any(marker.force in _DENIES for marker in claim.markers):
                yield Objection("negation", claim.text[slice(*found.span())], facts.text[slice(*phrase)])
                return


def _translated(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    """Compare forces alone: words of two languages do not meet."""
    mine = {marker.force for marker in claim.markers}
    known = [(facts, marker) for facts in evidence for marker in facts.markers]
    theirs = {marker.force for _, marker in known}
    denied = any(_DENIAL.search(facts.plain) or facts.limits for facts in evidence)
    if mine & _DENIES and not denied and not theirs & {*_DENIES, "only"}:
        marker = next(marker for marker in claim.markers if marker.force in _DENIES)
        yield Objection("negation", _phrase(claim, marker))
    elif mine & {"must", "may"} and not mine & _DENIES and theirs and theirs <= {"forbidden", "not"}:
        yield Objection("negation", _phrase(claim, claim.markers[0]), _phrase(*known[0]))


def _against(
    claim: Facts, marker: Marker, known: Sequence[tuple[Facts, Marker]], evidence: Sequence[Facts]
) -> str | None:
    """Return what the evidence says instead, "" when it says nothing of the kind, None when it bears the claim out."""
    restricted = any(own.force == "only" for own in claim.markers) and marker.force != "only"
    fitting = [other for _, other in known if _bears_out(other, marker) and not (restricted and other.force == "only")]
    if any(other.same_head(marker) for other in fitting):
        return None
    if marker.force in _DENIES and any(_denies_noun(facts, other, marker) for facts, other in known):
        return None
    if claim.plain.startswith("ni ", marker.start) and any(other.force in _DENIES for _, other in known):
        return None  # "ni l'un ni l'autre": which of the two is a matter of the other words
    denials = _new_denials(evidence, claim)
    if marker.force in _DENIES and _said_plainly(marker, claim, evidence):
        return ""
    if marker.force == "not" and claim.plain.startswith(("sans", "without", "non"), marker.start):
        return None  # "sans délai", "non exécuté" (inexécution): many words say so
    ranked = sorted(known, key=lambda item: -item[1].about(marker))
    best = ranked[0][1].about(marker) if ranked else 0
    near = [(facts, other) for facts, other in ranked if other.about(marker) >= max(2, best - 1)]
    if any(other in fitting for _, other in near):
        return None
    sure = [(facts, other) for facts, other in near if other.surely_about(marker)]
    if sure and not (marker.force == "only" and denials):
        return _phrase(*sure[0])
    if marker.force in ("must", "may") or fitting or denials or any(facts.limits for facts in evidence):
        return None
    return ""


def _denies_noun(facts: Facts, known: Marker, claimed: Marker) -> bool:
    """Return whether "aucune clause n'est applicable" bears out "la clause ne s'applique pas"."""
    return _NO_NOUN.match(facts.plain, known.start) is not None and known.bears_on(*claimed.governed[:1])


def _new_denials(texts: Sequence[Facts], other: Facts) -> set[str]:
    return {word for facts in texts for word in _DENIAL.findall(facts.plain)} - set(_DENIAL.findall(other.plain))


def _bears_out(known: Marker, claimed: Marker) -> bool:
    if known.conditional and claimed.force in ("must", "only", "may"):
        return True  # "ne peut partir sans accord": the agreement is a must
    if claimed.conditional and known.force in ("must", "only") and not known.same_head(claimed):
        return True
    return known.force in _BORNE_OUT[claimed.force]


def _said_plainly(marker: Marker, claim: Facts, evidence: Sequence[Facts]) -> bool:
    """Return whether the evidence has the word that a negation bears on, and nowhere denies it."""
    for stem in marker.governed[:1]:
        clauses = [(facts, bounds) for facts in evidence for bounds in facts.clauses_with(stem)]
        said = [set(_DENIAL.findall(facts.plain[first:last])) for facts, (first, last) in clauses]
        allowed = set(_DENIAL.findall(claim.plain))
        if said and not any(words - allowed for words in said) and not _denied_uses(stem, evidence):
            return True
    return False


def _plain_uses(stem: str, texts: Sequence[Facts]) -> int:
    return sum(alike(stem, word.stem) for facts in texts for word in facts.words) - _denied_uses(stem, texts)


def _denied_uses(stem: str, texts: Sequence[Facts]) -> int:
    deny = [marker for facts in texts for marker in facts.markers if marker.force in _DENIES]
    return sum(any(alike(stem, word) for word in marker.governed[:3]) for marker in deny)


def _denied(claim: Facts, evidence: Sequence[Facts]) -> Iterator[Objection]:
    """Yield an objection when the claim states without a negation what the evidence denies."""
    if _new_denials([claim], evidence[0]) - {word for facts in evidence for word in _DENIAL.findall(facts.plain)}:
        return
    said = claim.stems
    for facts in evidence:
        for marker in facts.markers:
            if marker.force not in _DENIES or not marker.governed:
                continue
            head, *objects = marker.governed
            around = [stem for stem in marker.around if stem != head]
            shared = sum(any(alike(stem, word) for word in said) for stem in around)
            if not any(alike(head, word) for word in said) or shared < 0.6 * len(around):
                continue
            denying = [own for own in claim.markers if own.force in (*_DENIES, "only")]
            if any(own.speaks_of(head) or _denies_noun(facts, marker, own) for own in denying):
                continue
            more = _plain_uses(head, [claim]) > max(0, _plain_uses(head, evidence))
            if more or not _said_of(head, objects[:1], evidence, marker):
                yield Objection("negation", _words_of(claim, head), _phrase(facts, marker))
                return


def _said_of(head: str, objects: Sequence[str], evidence: Sequence[Facts], denied: Marker) -> bool:
    """Return whether the evidence says a word of an object somewhere else than where it denies it."""
    for facts in evidence:
        for first, last in facts.clauses_with(head):
            own = [word.stem for word in facts.words if first <= word.start < last]
            if not first <= denied.start < last and all(any(alike(one, stem) for stem in own) for one in objects):
                return True
    return False


def _names(claim: Facts, known: Sequence[Facts], acronyms_only: bool) -> Iterator[Objection]:
    text = " ".join(facts.plain for facts in known)
    words = re.findall(r"[^\W_]+", text)
    stems = frozenset(stem for facts in known for stem in facts.stems)
    taken = [(it.start, it.end) for it in claim.figures]
    for name in claim.names:
        if acronyms_only and not name.acronym:
            continue
        if any(start <= name.start < end for start, end in taken) or _stands(name, claim, words, stems):
            continue
        yield Objection("name", name.text)


def _stands(name: Name, claim: Facts, words: Sequence[str], stems: frozenset[str]) -> bool:
    plain = claim.plain[name.start : name.end]
    parts = [part for part in re.findall(r"[^\W_]+", plain) if len(part) > 1]
    if all(part in words for part in parts):
        return True
    if name.acronym:
        return spelt_out(name.text, words)
    own = [word.stem for word in claim.words if name.start <= word.start < name.end]
    # "Comité" for "comités": a common noun with a capital; a proper name must be there to the letter
    if own and all(stem in stems for stem in own):
        return True
    return not own


def _content(claim: Facts, known: Sequence[Facts]) -> Iterator[Objection]:
    stems = frozenset(stem for facts in known for stem in facts.stems)
    lacking = missing(claim.words, stems)
    # numbers, dates and references were found in the evidence when this is asked
    figures = _FIGURE * (len(claim.quantities) + len(claim.dates) + len(claim.references))
    whole = weight(claim.words) + figures
    if len(lacking) > 1 and weight(lacking) > (1 - LEAST_COVERED) * whole:
        yield Objection("content", _span(claim, max(_runs(claim, lacking), key=len)))
        return
    longest = max(_runs(claim, lacking), key=len, default=[])
    if len(longest) > MOST_MISSING_IN_A_ROW:
        yield Objection("content", _span(claim, longest))


def _runs(claim: Facts, lacking: Sequence[Term]) -> list[list[Term]]:
    """Return the words that are lacking, those in a row together."""
    runs: list[list[Term]] = [[]]
    places = {word: place for place, word in enumerate(claim.words)}
    for word in lacking:
        if runs[-1] and places[word] != places[runs[-1][-1]] + 1:
            runs.append([])
        runs[-1].append(word)
    return [run for run in runs if run]


def _span(facts: Facts, words: Sequence[Term]) -> str:
    return facts.text[words[0].start : words[-1].end]


def _phrase(facts: Facts, marker: Marker) -> str:
    """Return a marker with the word it bears on, as written."""
    after = [word.end for word in facts.words if word.start >= marker.end][:1]
    end = after[0] if after and after[0] - marker.end < 30 else marker.end
    return facts.text[marker.start : end]


def _words_of(claim: Facts, head: str) -> str:
    place = next(number for number, word in enumerate(claim.words) if alike(word.stem, head))
    return _span(claim, claim.words[max(0, place - 1) : place + 2])
