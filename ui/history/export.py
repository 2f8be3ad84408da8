"""A conversation as a document: its parts in order, with numbered sources, and those parts as Markdown.

The sources of all answers are numbered through, so that [4] means one thing in the whole document. This module does
*not* know PDF (`ui/history/pdf.py`), nor who may read what: it is given what may be shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rag.asked import APPROVED
from rag.library import Entry
from rag.types import Answer, Language, Sentence
from ui.exchange import Exchange
from ui.strings import bound, strings, typeset
from ui.strings.amounts import calendar
from ui.strings.documents import dated
from ui.strings.evidence import EVIDENCE
from ui.strings.history import HISTORY

Kind = Literal["title", "note", "question", "answer", "struck", "heading", "source"]


@dataclass(frozen=True, slots=True)
class Part:
    """One paragraph; `text` is plain, `number` that of a source, `quote` what stands there word for word."""

    kind: Kind
    text: str
    number: int = 0
    quote: str = ""


def parts(title: str, exchanges: Sequence[Exchange], language: Language, now: datetime) -> Iterator[Part]:
    """Yield the conversation: title, then each question with its answer, then the sources, with the dates that the
    standing of the exchanges gives."""
    texts = HISTORY.of(language)
    yield Part("title", title)
    yield Part("note", texts.exported.format(date=calendar(f"{now:%Y-%m-%d}", language)))
    numbers: dict[Sentence, int] = {}
    for exchange in exchanges:
        yield Part("question", exchange.question)
        yield from _exchange(exchange, numbers, language)
    if numbers:
        known = {path: entry for exchange in exchanges for path, entry in exchange.standing.entries.items()}
        yield Part("heading", texts.sources)
        for sentence, number in numbers.items():
            yield _source(sentence, number, known, language)


def _exchange(exchange: Exchange, numbers: dict[Sentence, int], language: Language) -> Iterator[Part]:
    texts = strings(language)
    if exchange.withheld:
        yield Part("note", texts.withheld)
        return
    if exchange.answer is not None:
        yield from _answer(exchange.answer, numbers, language)
    elif exchange.draft.strip():
        yield Part("struck", exchange.draft.strip())
        yield Part("note", texts.stopped)
    else:
        yield Part("note", texts.stopped_before if exchange.phase == "stopped" else texts.failed)


def _answer(answer: Answer, numbers: dict[Sentence, int], language: Language) -> Iterator[Part]:
    texts = strings(language)
    if answer.standalone and answer.standalone != answer.question:
        yield Part("note", texts.understood.format(question=answer.standalone))
    if answer.status == "refused":
        yield Part("note", texts.refused)
    cited = {citation.number: citation.sentence for citation in answer.citations}
    written = [
        bound(claim.text) + "".join(_mark(cited[n], numbers) for n in claim.citations if n in cited)
        for claim in answer.claims
        if claim.verdict == "supported"
    ]
    if answer.model == "extracts":
        yield from (Part("answer", text) for text in written)
    elif written:
        yield Part("answer", " ".join(written))
    for claim in answer.claims:
        if claim.verdict == "unsupported":
            yield Part("struck", claim.text, quote=texts.struck.format(reason=claim.reason))
    if answer.status == "refused":  # nobody wrote what stands there
        return
    known = {"extracts": texts.by_extracts, APPROVED: texts.approved}
    yield Part("note", known.get(answer.model) or texts.by_model.format(model=answer.model))


def _mark(sentence: Sentence, numbers: dict[Sentence, int]) -> str:
    return f"\xa0[{numbers.setdefault(sentence, len(numbers) + 1)}]"


def _source(sentence: Sentence, number: int, known: Mapping[str, Entry], language: Language) -> Part:
    page, texts = sentence.page, strings(language)
    name = (
        texts.page_label.format(number=page.number, label=page.label)
        if page.label and page.label != str(page.number)
        else texts.page.format(number=page.number)
    )
    entry = known.get(page.source.path)
    # another exchange may rest on the file as it was before
    date = dated(entry, language) if entry is not None and entry.source.sha256 == page.source.sha256 else ""
    told = f". {EVIDENCE.of(language).dated.format(date=date)}" if date else ""
    text = f"{page.source.title}, {name} ({page.source.path}){told}"
    return Part("source", text, number, bound(" ".join(sentence.text.split())))


def quoted(text: str, language: Language) -> str:
    """Return a quote between the language's quotation marks; its own words are left alone."""
    before, after = typeset("« {} »", language).split("{}") if language == "fr" else ("“", "”")
    return f"{before}{text}{after}"


def markdown(found: Sequence[Part], language: Language) -> str:
    """Return the parts as Markdown, every character of a text escaped that would mean something there."""
    return "\n\n".join(_paragraph(part, language) for part in found) + "\n"


def _paragraph(part: Part, language: Language) -> str:
    text = _escaped(part.text)
    match part.kind:
        case "title":
            return f"# {text}"
        case "question":
            return f"## {text}"
        case "heading":
            return f"## {text}"
        case "note":
            return f"*{text}*"
        case "struck":
            return f"~~{text}~~" + (f"  \n*{_escaped(part.quote)}*" if part.quote else "")
        case "source":
            return f"{part.number}. {text}\n\n    > {_escaped(quoted(part.quote, language))}"
        case "answer":
            return text


def _escaped(text: str) -> str:
    line = re.sub(r"([\\`*_{}\[\]<>#|~!&])", r"\\\1", " ".join(re.split(r"[\n\r\t ]+", text.strip())))
    # an address that is written out would become a link
    line = re.sub(r"(?i)\b(https?|ftp|mailto|javascript|data|www)(?=[:.])", "\\1\u200b", line)
    return re.sub(r"^([-+]|\d+[.)])(?= )", r"\\\1", line)
