"""How the sentences of a chunk are read: after what leads them in, as items of which list, as rows of which table.

A list is led in by a sentence, or else by the heading that it stands under. Headings, captions, head rows, printed
questions and editors' notes are told apart: they say nothing by themselves. Knows nothing of what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from rag.continuation import ITEM, is_row
from rag.text import collapse, fold
from rag.types import Chunk, Sentence

# Shorter ones are headings, list markers and fragments: they cannot answer by themselves.
FEWEST_WORDS = 4
# Sentences after a printed question that are read as its answer.
REPLIES = 2
# Sentences that an item may have beside its first one, before the next item goes on with the list.
OF_ITEM = 2
# A line of at most these many words that ends in a colon may be a run-in heading: "Visite de reprise :".
LONGEST_TERM = 6

_CAPTION = re.compile(
    r"(?:tableau|figure|fig\.|schema|graphique|illustration|photo|encadre|table)\s*(?:n[°o]\s*)?"
    r"(?:[a-z]\.)?\d*(?:\.\d+)*\s?[–—:.-]\s?"
)
_NUMBER = re.compile(r"(?:\d{1,2}(?:\.\d{1,2})*[.)°]?|[IVX]{1,5}[.)]|[A-Za-z][.)])\s+(?=\S)")
# what publishers of law write between the lines ("Créé par Avenant n° 2…"), and lines of a table of contents
_NOTE = re.compile(
    r"(?:cree|modifie|remplace|complete|abroge|annule|etendu)e?s? par (?:l'|le |la |les )?(?:avenant|accord|arrete"
    r"|lettre|decret|loi|ordonnance|convention)|en vigueur(?: non)? etendu|.*\(signatures?\)|.*(?:\.\s?){5,}\s*\d{1,4}$"
)


# What a sentence begins with that cannot be understood without the one before it.
_LEANS = re.compile(
    r"(?:cette|ces|cet|ce (?!qui|que|sont|document|guide|texte|chapitre)|cel(?:ui|le)-ci|ce(?:ux|lles)-ci|elles?|ils?"
    r"(?! (?:faut|existe|y a|convient|s'agit|appartient|suffit|importe)\b| est (?:\w+ ){1,3}(?:de|d'|que|qu')\b)"
    r"|dans ce(?:tte|s)?|a defaut|sinon|dans le cas contraire|sa|son|ses|leurs?|ladite|ledit|lesdit\w+|l'interesse"
    r"|a ce(?:t|tte)? \w+|de plus(?=,))\b"
)
_FINISHED = (".", ";", ":", "!", "?", "…")
_SAYS = re.compile(r"[^\W\d_]{2,}")

Kind = Literal["prose", "item", "row", "silent"]
"""A silent one says nothing by itself: a caption, a head row, a question."""


@dataclass(frozen=True, slots=True)
class Read:
    """A sentence as it is read: after `lead`, the sentence that leads its list in, if any, and after `context`, all
    that goes before it in meaning. Items of one list and rows of one table share `part`; `label` is what a row or item
    stands under where no sentence leads it in."""

    sentence: Sentence
    lead: Sentence | None = None
    context: str = ""
    part: str = ""
    label: str = ""
    kind: Kind = "prose"


@dataclass(slots=True)
class _Place:
    """Where in a chunk the reading is."""

    section: str
    lead: Sentence | None
    caption: str = ""
    head: list[str] = field(default_factory=list)
    # what leads in `lead`, where that leans; the list under way and the one around it, by the signs of their items
    prior: Sentence | None = None
    listed: tuple[str, Sentence | None] = "", None
    outer: tuple[str, Sentence | None] = "", None
    since: int = 0
    term: str = ""
    before: Sentence | None = None
    reply: str = ""
    replies: int = 0


def read(chunk: Chunk, before: Chunk | None) -> Iterator[Read]:
    """Yield the sentences of a chunk as they are read, without headings, fragments and editors' notes; `before` is the
    chunk that it goes on from, if any."""
    place = _begin(chunk, before)
    for sentence in chunk.sentences:
        found = _read(sentence, chunk, place)
        if found is not None:
            yield found


def _begin(chunk: Chunk, before: Chunk | None) -> _Place:
    headings = [collapse(heading) for heading in chunk.heading]
    head = [headings.pop()] if headings and _repeats_head(chunk) else []
    place = _Place(_plain(headings[-1]) if headings else "", None, head=head)
    if before is not None:
        left = _Place("", None)
        for sentence in before.sentences:
            _read(sentence, before, left)
        place.term, place.before = left.term, left.before
        if ITEM.match(chunk.sentences[0].text.lstrip()):
            place.lead, place.prior, place.listed, place.outer = left.lead, left.prior, left.listed, left.outer
            place.since = left.since
    return place


def goes_on(before: str, text: str) -> bool:
    """Return whether a text is the rest of a sentence that `before` leaves unfinished, as the end of a page does."""
    return text[:1].islower() and not ITEM.match(text) and not before.rstrip().endswith(_FINISHED)


def _is_heading(sentence: Sentence, chunk: Chunk) -> bool:
    text = collapse(sentence.text)
    return sentence.role == "heading" or text in chunk.heading or text == chunk.page.source.title


def _read(sentence: Sentence, chunk: Chunk, place: _Place) -> Read | None:
    """Return a sentence as it is read, None for what is not read, and go on to the place behind it."""
    text = collapse(sentence.text)
    if _is_heading(sentence, chunk):
        place.section, place.caption, place.head, place.term, place.before = _plain(text), "", [], "", None
        place.lead, place.prior = sentence if text.endswith(":") else None, None
        place.listed = place.outer = "", None
        return None
    if _NOTE.match(fold(text)):
        return None
    if (named := _CAPTION.match(fold(text))) and not text.endswith((".", ";")):
        place.lead, place.caption, place.head = None, text[named.end() :], []
        return Read(sentence, kind="silent")
    if sentence.role == "head":
        place.head.append(text)
        return Read(sentence, kind="silent")
    if sentence.role != "row" and not (place.head or place.lead or _SAYS.search(text)):
        return None  # the number of a page, of a figure
    if sentence.role == "row" or is_row(text):
        place.before, place.term = None, ""
        return _row(sentence, chunk, place)
    if ITEM.match(text):
        place.before, place.term = sentence, ""
        return _item(sentence, text, chunk, place)
    return _prose(sentence, text, place)


def _row(sentence: Sentence, chunk: Chunk, place: _Place) -> Read:
    lead = place.lead if place.lead and place.lead.text.endswith(":") else None
    head = " ".join(place.head) or (place.lead.text if place.lead and lead is None else "")
    title = place.caption or ("" if lead else place.section)
    label = " – ".join(part for part in (title, "" if sentence.cells else collapse(head)) if part)
    context = collapse(f"{lead.text if lead else title} {head}")
    # text alone cannot tell the row of a table from a line with figures
    if sentence.role != "row" and not head:
        return Read(sentence, lead, context, label=label)
    return Read(sentence, lead, context, f"{_section(chunk)}|{head}", label, "row")


def _item(sentence: Sentence, text: str, chunk: Chunk, place: _Place) -> Read:
    sign = _sign(text)
    if place.outer[0] == sign:
        place.lead, place.outer = place.outer[1], ("", None)
    elif place.lead is None and place.listed[0] == sign and place.since <= OF_ITEM:
        place.lead = place.listed[1]
    lead = place.lead
    place.listed, place.since = (sign, lead), 0
    if text.endswith(":"):  # leads in a list of its own
        place.outer, place.lead, place.prior = (sign, lead), sentence, None
    if lead is None:
        return Read(sentence, None, place.section, _section(chunk), place.section, "item")
    prior = place.prior.text if place.prior is not None and lead is place.lead else ""
    part = f"{lead.page.number}|{lead.start}|{_key(lead.text)}"
    return Read(sentence, lead, collapse(f"{prior} {lead.text}"), part, kind="item")


def _sign(text: str) -> str:
    """Return what kind of sign an item begins with: "1" for any number, "a" for any letter, else the sign."""
    return "1" if text[0].isdigit() else "a" if text[0].isalpha() else text[0]


def _prose(sentence: Sentence, text: str, place: _Place) -> Read | None:
    place.caption, place.head = "", []
    # a head row that nobody saw as one ends like a heading: with no sign at all
    ends = text.endswith((".", ";", "!", "?"))
    place.lead, place.prior, place.outer = sentence if not ends else None, None, ("", None)
    place.since += 1
    if text.endswith("?"):
        place.reply, place.replies = text, REPLIES
        return Read(sentence, kind="silent")
    if place.before is not None and goes_on(place.before.text, text):
        before, place.before, place.term = place.before, sentence, ""
        return Read(sentence, before, collapse(before.text))
    if len(text.split()) < FEWEST_WORDS and not any(map(str.isdigit, text)):
        place.term = text.rstrip(".") if not text.endswith((";", "!")) else ""
        return None
    context = place.reply if place.replies else ""
    place.replies -= place.replies > 0
    term, place.term = place.term, ""
    if text.endswith(":") and len(text.split()) <= LONGEST_TERM:
        place.term = text.rstrip(" :")
    if term:
        place.before = sentence
        return Read(sentence, None, collapse(f"{term} {context}"), label=term)
    if place.before is not None and _LEANS.match(fold(text)):
        place.prior = place.before if text.endswith(":") else None
        return Read(sentence, place.before, collapse(place.before.text))
    place.before = sentence
    return Read(sentence, None, context)


def _repeats_head(chunk: Chunk) -> bool:
    """Return whether the last heading of a chunk is the head row of the table that it begins in the middle of."""
    first = chunk.sentences[0]
    if first.role != "row" and not is_row(first.text):
        return False
    names = {word for title, _ in first.cells for word in title.split()}
    return not names or names <= set(chunk.heading[-1].split())


def _section(chunk: Chunk) -> str:
    return "\0".join((chunk.page.source.path, *(chunk.heading[:-1] if _repeats_head(chunk) else chunk.heading)))


def _plain(heading: str) -> str:
    """Return a heading without its number: "3.2 Pièces à joindre" says "Pièces à joindre"."""
    number = _NUMBER.match(heading)
    return heading[number.end() :] if number else heading


def _key(text: str) -> str:
    return collapse(text).casefold()
