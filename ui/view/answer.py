"""One question and its answer as an article. Pure; see `ui/view/__init__.py`."""

from __future__ import annotations

from collections.abc import Iterable

from rag.asked import APPROVED
from rag.types import Answer, Citation, Claim
from ui.exchange import Exchange
from ui.strings import THIN, Strings, bound
from ui.view.evidence import cited_html, passage_list_html
from ui.view.feedback import feedback_html, secretariat_html
from ui.view.sources import sources_html
from ui.view.text import Reader, escape, page_name, reason
from ui.waiting import progress

NEAREST = 3  # passages named under a refusal


def exchange_html(exchange: Exchange, reader: Reader, conversation: str = "") -> str:
    """Return one question with its answer, as an article; the page's script keeps those of one `conversation`."""
    texts = reader.texts
    done = "done" if exchange.over else "busy"
    busy = "false" if exchange.over else "true"
    return (
        f'<article class="exchange {done}" id="exchange-{exchange.number}" data-number="{exchange.number}" '
        f'data-conversation="{escape(conversation)}" aria-busy="{busy}">'
        f'<div class="asked"><h2 class="sr">{escape(texts.you)}</h2>'
        f"<p>{escape(exchange.question)}</p></div>"
        f'<div class="said"><h2 class="sr">{escape(texts.assistant)}</h2>{_body(exchange, reader)}</div></article>'
    )


def exchanges_html(exchanges: Iterable[Exchange], reader: Reader, conversation: str = "") -> str:
    """Return several exchanges, oldest first."""
    return "".join(exchange_html(exchange, reader, conversation) for exchange in exchanges)


def _body(exchange: Exchange, reader: Reader) -> str:
    texts = reader.texts
    if exchange.withheld:
        return f'<p class="meta">{escape(texts.withheld)}</p>{_again(exchange, texts)}'
    if exchange.error is not None:
        message = reason(exchange.error, reader.language, reader.admin)
        return f'<p class="problem" role="alert">{escape(message)}</p>{_again(exchange, texts)}'
    if exchange.answer is not None:
        return _answer(exchange, exchange.answer, reader)
    draft = f'<p class="draft">{escape(exchange.draft)}</p>' if exchange.draft.strip() else ""
    if exchange.over:
        stopped = texts.stopped if draft else texts.stopped_before
        says = stopped if exchange.phase == "stopped" else texts.failed
        return f'{draft}<p class="meta">{escape(says)}</p>{_again(exchange, texts)}'
    return f'{draft}<p class="progress" role="status">{escape(progress(exchange, texts))}</p>'


def _again(exchange: Exchange, texts: Strings) -> str:
    return (
        f'<button type="button" class="again" data-question="{escape(exchange.question)}">'
        f"{escape(texts.again)}</button>"
    )


def _answer(exchange: Exchange, answer: Answer, reader: Reader) -> str:
    number, texts = exchange.number, reader.texts
    sources = {citation.number: citation for citation in answer.citations}
    parts = []
    if answer.standalone and answer.standalone != answer.question:
        parts.append(f'<p class="meta">{escape(_understood(answer, texts))}</p>')
    if answer.status == "refused":
        parts.append(_refusal(exchange, answer, reader))
    else:
        parts.append(_claims(number, answer, sources, texts))
        parts.append(sources_html(number, answer.citations, exchange.standing, reader))
        parts.append(_notes(exchange, answer, texts))
        parts.append(_struck_list(answer, texts))
        parts.append(_unused(exchange, answer, reader))
        parts.append(feedback_html(exchange, reader))
    for citation in answer.citations:
        target, heading = f"e{number}-c{citation.number}", f"{texts.quote} [{citation.number}]"
        parts.append(cited_html(target, citation, exchange.standing, reader, heading))
    return "".join(parts)


def _understood(answer: Answer, texts: Strings) -> str:
    """Return how a follow-up was understood: as going on with the question before, where that was added behind it."""
    before = answer.standalone.removeprefix(f"{answer.question} (")
    if before != answer.standalone and before.endswith(")"):
        return texts.follows.format(question=before[:-1])
    return texts.understood.format(question=answer.standalone)


def _claims(number: int, answer: Answer, sources: dict[int, Citation], texts: Strings) -> str:
    claims = [_claim(number, claim, sources, texts) for claim in answer.claims]
    if answer.model == "extracts":
        return "".join(f'<p class="extract">{claim}</p>' for claim in claims)
    if answer.model == APPROVED:
        mark = f'<p class="approved">{escape(texts.approved)}</p>'
        return f'{mark}<p class="written">{" ".join(claims)}</p>'
    return f'<p class="written">{" ".join(claims)}</p>'


def _claim(number: int, claim: Claim, sources: dict[int, Citation], texts: Strings) -> str:
    buttons = "".join(_citation_button(number, sources[n], texts) for n in claim.citations if n in sources)
    if claim.verdict == "supported":
        return f'<span class="claim">{escape(bound(claim.text))}{THIN}{buttons}</span>'
    reason = escape(texts.struck.format(reason=claim.reason))
    struck = f'<s class="claim" title="{reason}">{escape(bound(claim.text))}</s>'
    return f'{struck}<span class="sr"> ({reason})</span>{THIN}{buttons}'


def _citation_button(number: int, citation: Citation, texts: Strings) -> str:
    page = citation.sentence.page
    name = texts.open_citation.format(
        number=citation.number, title=page.source.title, page=page_name(page, texts)
    )  # fmt: skip
    target = f"e{number}-c{citation.number}"
    return (
        f'<button type="button" class="cite" data-evidence="{target}" title="{escape(name)}" '
        f'aria-label="{escape(name)}">{citation.number}</button>'
    )


def _notes(exchange: Exchange, answer: Answer, texts: Strings) -> str:
    known = {"extracts": texts.by_extracts, APPROVED: texts.approved}
    notes = [known.get(answer.model) or texts.by_model.format(model=answer.model)]
    notes += [texts.cached] * answer.cached
    seconds = f"{answer.timings.total / 1000:.1f}".replace(".", texts.decimal)
    notes.append(texts.seconds.format(seconds=seconds))
    line = " · ".join(notes)
    struck = any(claim.verdict == "unsupported" for claim in answer.claims)
    warnings = [texts.some_struck] * struck + [texts.truncated] * answer.truncated
    warnings += _older_sources(answer, texts) + _changed_sources(exchange, answer, texts)
    warned = "".join(f'<p class="warning">{escape(text)}</p>' for text in warnings)
    return f'{warned}<p class="meta">{escape(line)}</p>'


def _older_sources(answer: Answer, texts: Strings) -> list[str]:
    """Return a warning for each newer version, with all citations of the older ones."""
    older: dict[str, list[str]] = {}
    for citation in answer.citations:
        if citation.newer is not None:
            older.setdefault(citation.newer.title, []).append(str(citation.number))
    return [texts.cites_older.format(numbers=", ".join(numbers), title=title) for title, numbers in older.items()]


def _changed_sources(exchange: Exchange, answer: Answer, texts: Strings) -> list[str]:
    numbers = [str(c.number) for c in answer.citations if c.sentence.page.source.path in exchange.standing.changed]
    return [texts.cites_changed.format(numbers=", ".join(numbers))] if numbers else []


def _struck_list(answer: Answer, texts: Strings) -> str:
    """Return what was struck out, each with its reason, for who cannot hover with a mouse."""
    struck = [claim for claim in answer.claims if claim.verdict == "unsupported"]
    if not struck:
        return ""
    listed = "".join(
        f"<li><s>{escape(claim.text)}</s><br><small>{escape(claim.reason)}</small></li>" for claim in struck
    )
    return f'<details class="struck"><summary>{escape(texts.struck_list)}</summary><ul>{listed}</ul></details>'


def _refusal(exchange: Exchange, answer: Answer, reader: Reader) -> str:
    number, texts = exchange.number, reader.texts
    reasons = {
        "no_evidence": _lacking(answer, texts),
        "model_abstained": texts.model_abstained,
        "nothing_supported": texts.nothing_supported,
        "": "",
    }
    nearest = answer.passages[:NEAREST]
    near = passage_list_html(number, nearest, exchange.standing, reader) if nearest else ""
    near = f'<p class="near">{escape(texts.nearest)}</p>{near}' if near else ""
    return (
        f'<div class="refusal"><p class="lead">{escape(texts.refused)}</p><p>{escape(reasons[answer.refusal])}</p>'
        f"<p>{escape(texts.suggestion)}</p>{secretariat_html(exchange, reader)}"
        f"{_struck_list(answer, texts)}{near}</div>"
    )


def _lacking(answer: Answer, texts: Strings) -> str:
    if answer.missing:
        return texts.not_named.format(names=", ".join((*map(str, answer.missing_years), *answer.missing)))
    if answer.missing_years:
        return texts.no_years.format(years=", ".join(map(str, answer.missing_years)))
    return texts.no_evidence


def _unused(exchange: Exchange, answer: Answer, reader: Reader) -> str:
    cited = {(c.sentence.page.source.path, c.sentence.page.number, c.sentence.start) for c in answer.citations}
    unused = [
        passage
        for passage in answer.passages
        if not any((s.page.source.path, s.page.number, s.start) in cited for s in passage.chunk.sentences)
    ]
    if not unused:
        return ""
    summary = escape(reader.texts.unused.format(count=len(unused)))
    listed = passage_list_html(exchange.number, unused, exchange.standing, reader)
    return f'<details class="unused"><summary>{summary}</summary>{listed}</details>'
