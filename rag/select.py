"""Passages to evidence: which sentences answer the question. Knows nothing of prompts or of how answers look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag import rows
from rag.continuation import ITEM, following, preceding
from rag.ports import Embedder
from rag.reading import Kind, leads, read
from rag.retrieve import coverage, question_terms, setting
from rag.store import Generation
from rag.text import analyse, collapse, fold
from rag.types import Chunk, Passage, Sentence

# Weights of what a sentence is judged by, all between 0 and 1; see docs/decisions.md, "Extracts".
TERMS, MEANING, SETTING, FIGURE = 1.0, 1.0, 0.5, 0.3
# What a sentence is worth more when it begins with who does something, and that is asked for.
WHO = 0.5
# A sentence answers when it is at least this share as good as the best one.
NEAR_BEST = 0.76
MOST_EXTRACTS = 5
# Items of a list that are shown together, as one extract.
MOST_ITEMS = 12
# Passages whose continuation is read: further down it is seldom what answers.
CONTINUED = 3
# A list that no sentence leads in is shown whole up to this many characters: longer ones are numbered paragraphs.
LONGEST_LIST = 1200
# Of the rows of a table, those are shown that name at least this share of what the best one names of the question.
ROW_SHARE = 0.7

_ASKS_FIGURE = re.compile(
    r"\b(?:combien|dur(?:ee|e|ent)|delais?|montant|taux|pourcentage|prix|tarif|salaire|age|quand|date|annee|seuil|minim\w+"
    r"|maxim\w+|min|max|longueur|hauteur|largeur|epaisseur|how (?:much|many|long|old)|when)\b"
)
_FIGURE = re.compile(
    r"\d|\b(?:deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante|cinquante|soixante"
    r"|cent|mille|moitie|demi|tiers|quart|\w+aine)\b"
)
_ASKS_WHO = re.compile(r"^(?:et )?qui (?!sont\b|est (?:le|la|l')\b)|\b(?:a|par|de) qui\b|^who (?!is\b|are\b)")
_ACTS = re.compile(
    r"(?:\W|\d+[.)°]\s)*(?:(?:seuls?|seules?|tout|toute|tous|toutes|le|la|les|un|une|chaque|ce|ces|l'|nul|aucune?) ?)*"
    r"(?:membres?|adherent\w*|salarie\w*|employe\w*|employeur\w*|entreprises?|societes?|personnes?|titulaires?|apprenti\w*"
    r"|president\w*|tresori\w*|secretaire\w*|directeur\w*|directrice\w*|delegue\w*|representants?|administrateur\w*"
    r"|bureau|conseil|commission|comite|assemblee|federation|syndicats?|association|organisme\w*|prefet|maire|ministre\w*"
    r"|client\w*|assureur\w*|assurance|proprietaire\w*|locataire\w*|candidat\w*|parent\w*|medecin\w*|juge|tribunal"
    r"|peuvent|peut|nul)\b"
)
_ASKS_SEVERAL = re.compile(
    r"\b(?:quel(?:le)?s\b|lesquel(?:le)?s|liste|enumer\w*|qui sont|que (?:doit|doivent|faut|contient|comprend|fournir)"
    r"|quoi (?:fournir|mettre|joindre)|a quoi\b|qu'est-ce qu|what are|which \w+s\b|list\b)"
)
# what a scan leaves at the ends of a line: "+ Travée 9", "| 19", a quotation mark that nothing closes
_SPECKS_BEFORE = re.compile(r"^(?:[+|~^=_¦¬\\*'`´‘:;,.][ ]+|[|¦_~]+(?=\w)|«\s?(?=[^»]*$)|“(?=[^”]*$))+")
_BULLET = re.compile(r"^[-–—•▪◦●○■□►‣➢✓]\s+")
_SPECKS_AFTER = re.compile(r"(?:\s+[+|~^=_¦¬\\*'`´‘-])+$")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence with its worth as an answer (0 to 3.3, comparable within one question), the 0-based rank of its
    passage, and what it goes on from: the sentence before a list, if it is an item of one.

    `kind`, `part` and `label` are as it was read. `keys` counts the numbers and codes of the question that stand in it,
    `own` is the share of the question's weighted terms that do, 0 to 1, both without what it goes on from.
    """

    sentence: Sentence
    worth: float
    rank: int
    lead: Sentence | None = None
    kind: Kind = "prose"
    part: str = ""
    label: str = ""
    keys: int = 0
    own: float = 0.0


@dataclass(frozen=True, slots=True)
class Extract:
    """A sentence as an answer shows it: `text` is the sentence on one line, the cells of a row behind the names of
    their columns, after what it stands under where no sentence says it."""

    text: str
    sentence: Sentence


def weigh(
    question: str, passages: Sequence[Passage], generation: Generation, embedder: Embedder
) -> tuple[Evidence, ...]:
    """Return the sentences of `passages`, and of what goes on with the best ones, in reading order, best passage
    first, each with its worth."""
    candidates = [
        (rank, passage, item)
        for rank, passage in enumerate(passages)
        for chunk in _with_continuation(rank, passages, generation)
        for item in read(chunk, _lead_before(chunk, generation))
    ]
    if not candidates:
        return ()
    terms = question_terms(question, generation)
    keys = {term for term in terms if any(map(str.isdigit, term))}
    vector = embedder.embed_question(question)
    texts = [collapse(f"{item.context} {item.sentence.text}") for _, _, item in candidates]
    nearness = embedder.embed_passages(texts) @ vector
    wants_figure = _ASKS_FIGURE.search(fold(question)) is not None
    wants_who = _ASKS_WHO.search(fold(question)) is not None
    return tuple(
        Evidence(
            item.sentence,
            # a sentence is read in its setting: the subject is often named in the heading alone
            TERMS * coverage(terms, f"{setting(passage.chunk)}\n{text}", generation)
            + MEANING * max(0.0, float(near))
            + SETTING * passage.found.coverage / (1 + rank)
            + FIGURE * (wants_figure and _FIGURE.search(fold(item.sentence.text)) is not None)
            + WHO * (wants_who and _ACTS.match(fold(item.sentence.text)) is not None),
            rank,
            item.lead,
            item.kind,
            item.part,
            item.label,
            len(keys.intersection(analyse(item.sentence.text))),
            coverage(terms, item.sentence.text, generation),
        )
        for (rank, passage, item), text, near in zip(candidates, texts, nearness, strict=True)
    )


def _with_continuation(rank: int, passages: Sequence[Passage], generation: Generation) -> Iterator[Chunk]:
    """Yield the chunk of a passage, after the one before when it begins in the middle of a list of that, and before
    the one behind when that goes on with it; none that is a passage itself."""
    chunk = passages[rank].chunk
    if rank >= CONTINUED:
        yield chunk
        return
    known = {passage.chunk.id for passage in passages}
    before = preceding(chunk, generation) if ITEM.match(chunk.sentences[0].text.lstrip()) else None
    for one in (before, chunk, following(chunk, generation)):
        if one is not None and (one is chunk or one.id not in known):
            yield one


def _lead_before(chunk: Chunk, generation: Generation) -> Sentence | None:
    """Return what leads in the list that `chunk` begins in the middle of, None when it does not."""
    before = preceding(chunk, generation) if ITEM.match(chunk.sentences[0].text.lstrip()) else None
    return None if before is None else leads(before)


def asks_several(question: str) -> bool:
    """Return whether a question asks for several things, as a list has them."""
    return _ASKS_SEVERAL.search(fold(question)) is not None


def extracts(evidence: Sequence[Evidence], *, lists: bool = False) -> tuple[Extract, ...]:
    """Return the sentences that answer by themselves, none twice: those of the best one's passage first, each passage
    in reading order, the items of a list after the sentence that leads them in.

    At most five; with `lists`, a list that one of them leads in or is an item of is shown whole (up to 12 items), and
    counts as one. Of the rows of a table only those that name what the question names, when one does.
    """
    speaking = _fitting([item for item in evidence if item.kind != "silent"])
    best = max(speaking, key=lambda item: item.worth, default=None)
    if best is None:
        return ()
    whole = _lists(evidence) if lists else {}
    chosen: dict[str, tuple[int, Sentence]] = {}
    taken = 0
    for item in sorted(speaking, key=lambda item: -item.worth):
        if item.worth < NEAR_BEST * best.worth:
            break
        parts = whole.get(item.part or _key(item.sentence))
        cost = 1
        if parts is None:
            parts = tuple(part for part in (item.lead, item.sentence) if part is not None)
            cost = sum(_key(part) not in chosen for part in parts)
        if taken + cost > MOST_EXTRACTS:
            break
        new = {_key(part): (item.rank, part) for part in parts if _key(part) not in chosen}
        taken += cost if new else 0
        chosen |= new
    ordered = sorted(chosen.values(), key=lambda pair: (pair[0] != best.rank, pair[0], _place(pair[1])))
    return _shown([sentence for _, sentence in ordered], evidence)


def all_said(chosen: Sequence[Extract]) -> str:
    """Return all that extracts say, one a line."""
    return "\n".join(extract.text for extract in chosen)


def _fitting(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return all but the rows of a table of which another names more of the question: more of its numbers and codes,
    or, when none does, more of its words."""
    tables: dict[str, list[Evidence]] = {}
    for item in evidence:
        if item.kind == "row":
            tables.setdefault(item.part, []).append(item)
    most = {part: max(row.keys for row in rows) for part, rows in tables.items()}
    best = {part: max(row.own for row in rows) for part, rows in tables.items()}
    return [
        item
        for item in evidence
        if item.kind != "row"
        or (item.keys == most[item.part] and (item.keys > 0 or item.own >= ROW_SHARE * best[item.part]))
    ]


def _lists(evidence: Sequence[Evidence]) -> dict[str, tuple[Sentence, ...]]:
    """Return each list, the sentence that leads it in first, by its part; rows of a table are no items."""
    found: dict[str, tuple[Sentence, ...]] = {}
    for item in evidence:
        if item.kind == "item":
            found[item.part] = (*found.get(item.part, (item.lead,) if item.lead else ()), item.sentence)
    led = {item.part for item in evidence if item.lead is not None}
    return {
        part: sentences[: MOST_ITEMS + (part in led)]
        for part, sentences in found.items()
        if len(sentences) > 1 + (part in led)
        and (part in led or sum(len(sentence.text) for sentence in sentences) <= LONGEST_LIST)
    }


def _shown(sentences: Sequence[Sentence], evidence: Sequence[Evidence]) -> tuple[Extract, ...]:
    """Return sentences as they are shown: the first of a list or table after what it stands under."""
    known = {item.sentence: item for item in evidence}
    under = ""
    found = []
    for sentence in sentences:
        item = known.get(sentence)
        label = item.label if item is not None else ""
        part = item.part if item is not None else ""
        text = as_shown(sentence)
        if label and part != under:
            text = f"{label} : {_BULLET.sub('', text)}"
        found.append(Extract(text, sentence))
        under = part
    return tuple(found)


def as_shown(sentence: Sentence) -> str:
    """Return a sentence on one line, without the specks that a scan leaves at its ends; the cells of a row behind the
    names of their columns, where these are known."""
    if sentence.cells:
        return rows.shown(sentence)
    text = collapse(sentence.text)
    return _SPECKS_AFTER.sub("", _SPECKS_BEFORE.sub("", text)) or text


def _place(sentence: Sentence) -> tuple[str, int, int]:
    return sentence.page.source.path, sentence.page.number, sentence.start


def _key(sentence: Sentence) -> str:
    return collapse(sentence.text).casefold()
