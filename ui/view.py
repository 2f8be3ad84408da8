"""Values to HTML that is safe to show: pure functions, no state, no server, no Gradio.

Every text from a member, a document or a model goes through `escape` before it meets markup, and the only
addresses are our own `/page/…` and `/document/…`: nothing from a PDF or a model can become a link, a picture
or a script. This module does *not* know how the HTML reaches the browser, nor what the browser does with it
(`ui/static/greffier.js` opens a `.evidence` block when the button that names it is pressed).
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from rag.asked import APPROVED
from rag.errors import GreffierError
from rag.types import Answer, Box, Citation, Claim, Language, PageRef, Passage, Source
from ui.exchange import Exchange
from ui.strings import THIN, Strings, strings, typeset
from ui.waiting import progress

NEAREST = 3  # passages named under a refusal
SNIPPET = 220  # characters of a passage shown in a list
# Characters that mean something to HTML, to a template engine or to Markdown, wherever the text may end up.
_ACTIVE = str.maketrans({c: f"&#{ord(c)};" for c in "`${}[]()*_!\\"})


def escape(text: str) -> str:
    """Return `text` as HTML that shows exactly these characters and does nothing else."""
    # control and format characters include those that reverse the direction of what follows
    visible = "".join(c for c in text if c in "\n\t" or not unicodedata.category(c).startswith("C"))
    return html.escape(visible, quote=True).translate(_ACTIVE)


def page_name(page: PageRef, texts: Strings) -> str:
    """Return « page 12 (imprimée : iv) », or « page 12 » when no other number is printed on it."""
    if page.label and page.label != str(page.number):
        return texts.page_label.format(number=page.number, label=page.label)
    return texts.page.format(number=page.number)


def page_address(page: PageRef, language: Language) -> str:
    """Return the address of the page's picture."""
    return f"{_pages(page)}/{page.number}{_query(language)}"


def document_address(page: PageRef, language: Language) -> str:
    """Return the address of the PDF, opened at this page by the browser's viewer."""
    return f"/document/{quote(page.source.path, safe='/')}{_query(language)}#page={page.number}"


def exchange_html(exchange: Exchange, language: Language) -> str:
    """Return one question with its answer, as an article."""
    texts = strings(language)
    done = "done" if exchange.over else "busy"
    busy = "false" if exchange.over else "true"
    return (
        f'<article class="exchange {done}" id="exchange-{exchange.number}" aria-busy="{busy}">'
        f'<div class="asked"><h2 class="sr">{escape(texts.you)}</h2><p>{escape(exchange.question)}</p></div>'
        f'<div class="said"><h2 class="sr">{escape(texts.assistant)}</h2>{_body(exchange, texts)}</div></article>'
    )


def exchanges_html(exchanges: Iterable[Exchange], language: Language) -> str:
    """Return several exchanges, oldest first."""
    return "".join(exchange_html(exchange, language) for exchange in exchanges)


def header_html(association: str, language: Language) -> str:
    """Return the top of the page: a link past it, the association's name, what this is."""
    texts = strings(language)
    return (
        f'<header data-language="{language}"><a class="skip" href="#question">{escape(texts.skip)}</a>'
        f"<h1>{escape(association)}</h1><p>{escape(texts.title)}</p></header>"
    )


def welcome_html(language: Language) -> str:
    """Return what stands where the conversation will be."""
    texts = strings(language)
    return f'<div class="welcome"><p>{escape(texts.welcome)}</p><p>{escape(texts.examples)}</p></div>'


def status_html(
    model: str | None,
    error: GreffierError | None,
    language: Language,
    problem: GreffierError | None = None,
    servers: str = "",
) -> str:
    """Return the line that says who answers: `model` None and no error means that it is getting ready.

    `problem` says why the language model does not write, where there is one; `servers` are the addresses of the
    other machines that it runs on, "" when it runs on this one.
    """
    texts = strings(language)
    if error is not None:
        reason = typeset(error.text(language), language)
        return f'<p class="status problem" role="alert">{escape(texts.not_ready.format(reason=reason))}</p>'
    if model is None:
        return f'<p class="status busy" role="status">{escape(texts.preparing)}</p>'
    if problem is not None and model == "extracts":
        reason = typeset(problem.text(language), language)
        return f'<p class="status problem" role="status">{escape(texts.fallback.format(reason=reason))}</p>'
    line = texts.extracts if model == "extracts" else texts.model.format(model=model)
    if servers and model != "extracts":
        line = f"{line} {texts.servers.format(servers=servers)}"
    return f'<p class="status" role="status">{escape(line)}</p>'


def notice_html(error: GreffierError | None, language: Language) -> str:
    """Return the message under the question, or nothing."""
    if error is None:
        return ""
    return f'<p class="notice" role="alert">{escape(typeset(error.text(language), language))}</p>'


def panel_html(language: Language) -> str:
    """Return the empty evidence panel, with the texts that the script in the browser needs."""
    texts = strings(language)
    return (
        f'<aside id="evidence" role="region" aria-label="{escape(texts.evidence)}" tabindex="-1">'
        f'<button type="button" class="close">{escape(texts.close)}</button>'
        f'<div class="shown"><p class="hint">{escape(texts.evidence_empty)}</p></div></aside>'
        f'<p class="hint" id="no-evidence" hidden>{escape(texts.evidence_empty)}</p>'
    )


def footer_html(language: Language) -> str:
    """Return the line that says what this is and that it can be wrong."""
    return f'<p class="caution">{escape(strings(language).caution)}</p>'


def _pages(page: PageRef) -> str:
    return f"/page/{quote(page.source.path, safe='/')}"


def _query(language: Language) -> str:
    return "?lang=en" if language == "en" else ""


def _body(exchange: Exchange, texts: Strings) -> str:
    if exchange.error is not None:
        message = typeset(exchange.error.text(texts.language), texts.language)
        return f'<p class="problem" role="alert">{escape(message)}</p>'
    if exchange.answer is not None:
        return _answer(exchange.number, exchange.answer, texts)
    if exchange.phase == "stopped":
        return _draft(exchange.draft) + f'<p class="meta">{escape(texts.stopped)}</p>'
    return _draft(exchange.draft) + f'<p class="progress" role="status">{escape(progress(exchange, texts))}</p>'


def _draft(draft: str) -> str:
    return f'<p class="draft">{escape(draft)}</p>' if draft.strip() else ""


def _answer(number: int, answer: Answer, texts: Strings) -> str:
    sources = {citation.number: citation for citation in answer.citations}
    parts = []
    if answer.standalone and answer.standalone != answer.question:
        parts.append(f'<p class="meta">{escape(texts.understood.format(question=answer.standalone))}</p>')
    if answer.status == "refused":
        parts.append(_refusal(number, answer, texts))
    else:
        parts.append(_claims(number, answer, sources, texts))
        parts.append(_notes(answer, texts))
        parts.append(_unused(number, answer, texts))
    parts += [_cited(f"e{number}-c{citation.number}", citation, texts) for citation in answer.citations]
    return "".join(parts)


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
        return f'<span class="claim">{escape(claim.text)}{THIN}{buttons}</span>'
    reason = escape(texts.struck.format(reason=claim.reason))
    struck = f'<s class="claim" tabindex="0" title="{reason}">{escape(claim.text)}</s>'
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


def _notes(answer: Answer, texts: Strings) -> str:
    known = {"extracts": texts.by_extracts, APPROVED: texts.approved}
    notes = [known.get(answer.model) or texts.by_model.format(model=answer.model)]
    notes += [texts.cached] * answer.cached
    seconds = f"{answer.timings.total / 1000:.1f}".replace(".", texts.decimal)
    notes.append(texts.seconds.format(seconds=seconds))
    line = " · ".join(notes)
    struck = any(claim.verdict == "unsupported" for claim in answer.claims)
    warnings = [texts.some_struck] * struck + [texts.truncated] * answer.truncated
    warnings += _older_sources(answer, texts)
    warned = "".join(f'<p class="warning">{escape(text)}</p>' for text in warnings)
    return f'{warned}<p class="meta">{escape(line)}</p>'


def _older_sources(answer: Answer, texts: Strings) -> list[str]:
    """Return a warning for each old version that is cited, at its first citation."""
    first = {c.sentence.page.source.path: c for c in reversed(answer.citations) if c.newer is not None}
    return [
        texts.cites_older.format(number=c.number, title=c.newer.title) for c in first.values() if c.newer is not None
    ]


def _refusal(number: int, answer: Answer, texts: Strings) -> str:
    reasons = {
        "no_evidence": _lacking(answer, texts),
        "model_abstained": texts.model_abstained,
        "nothing_supported": texts.nothing_supported,
        "": "",
    }
    nearest = answer.passages[:NEAREST]
    near = f"<p>{escape(texts.nearest)}</p>{_passage_list(number, nearest, texts)}" if nearest else ""
    struck = [claim for claim in answer.claims if claim.verdict == "unsupported"]
    withdrawn = "".join(
        f"<li><s>{escape(claim.text)}</s><br><small>{escape(claim.reason)}</small></li>" for claim in struck
    )
    details = f"<details><summary>{escape(texts.struck_list)}</summary><ul>{withdrawn}</ul></details>" if struck else ""
    return (
        f'<div class="refusal"><p class="lead">{escape(texts.refused)}</p><p>{escape(reasons[answer.refusal])}</p>'
        f'{near}<p class="meta">{escape(texts.suggestion)}</p>{details}</div>'
    )


def _lacking(answer: Answer, texts: Strings) -> str:
    if answer.missing:
        return texts.not_named.format(names=", ".join((*map(str, answer.missing_years), *answer.missing)))
    if answer.missing_years:
        return texts.no_years.format(years=", ".join(map(str, answer.missing_years)))
    return texts.no_evidence


def _unused(number: int, answer: Answer, texts: Strings) -> str:
    cited = {(c.sentence.page.source.path, c.sentence.page.number, c.sentence.start) for c in answer.citations}
    unused = [
        passage
        for passage in answer.passages
        if not any((s.page.source.path, s.page.number, s.start) in cited for s in passage.chunk.sentences)
    ]
    if not unused:
        return ""
    summary = escape(texts.unused.format(count=len(unused)))
    return f'<details class="unused"><summary>{summary}</summary>{_passage_list(number, unused, texts)}</details>'


def _passage_list(number: int, passages: Sequence[Passage], texts: Strings) -> str:
    items = []
    for index, passage in enumerate(passages, start=1):
        page, target = passage.chunk.page, f"e{number}-p{index}"
        text = " ".join(passage.chunk.text.split())
        snippet = text if len(text) <= SNIPPET else text[:SNIPPET].rsplit(" ", 1)[0] + "…"
        boxes = [box for sentence in passage.chunk.sentences for box in sentence.boxes]
        items.append(
            f'<li><button type="button" class="passage" data-evidence="{target}">'
            f"<strong>{escape(page.source.title)}</strong>, {escape(page_name(page, texts))}"
            f"<small>{escape(snippet)}</small></button>"
            f"{_evidence(target, page, boxes, snippet, texts.read_passage, texts)}</li>"
        )
    return f'<ul class="passages">{"".join(items)}</ul>'


def _cited(target: str, citation: Citation, texts: Strings) -> str:
    sentence = citation.sentence
    heading = f"{texts.quote} [{citation.number}]"
    versions = _version(citation.newer, texts.newer, texts) + _version(citation.older, texts.older, texts)
    return _evidence(target, sentence.page, sentence.boxes, sentence.text, heading, texts, versions)


def _version(source: Source | None, says: str, texts: Strings) -> str:
    if source is None:
        return ""
    link = escape(f"/document/{quote(source.path, safe='/')}{_query(texts.language)}")
    name = escape(says.format(title=source.title))
    return f'<p class="version"><a href="{link}" target="_blank" rel="noopener">{name}</a></p>'


def _evidence(
    target: str, page: PageRef, boxes: Sequence[Box], text: str, heading: str, texts: Strings, versions: str = ""
) -> str:  # fmt: skip
    name = page_name(page, texts)
    alternative = escape(texts.picture.format(title=page.source.title, page=name))
    quoted = texts.quoted.format(text=" ".join(text.split()))
    link = escape(document_address(page, texts.language))
    return (
        f'<div class="evidence" id="{target}" data-number="{page.number}" data-pages="{escape(_pages(page))}" '
        f'data-query="{_query(texts.language)}" data-name="{escape(texts.page)}" hidden>'
        f'<h3 tabindex="-1">{escape(page.source.title)}</h3>'
        f'<p class="where"><span class="file">{escape(page.source.path)}</span>, '
        f'<span class="name">{escape(name)}</span></p>{versions}'
        f'<blockquote><span class="sr">{escape(heading)}</span>{escape(quoted)}</blockquote>'
        f'<figure style="aspect-ratio:{page.width:.2f}/{page.height:.2f}">'
        f'<img data-src="{escape(page_address(page, texts.language))}" alt="{alternative}">{marks_html(page, boxes)}'
        f'<figcaption class="wait" role="status" data-none="{escape(texts.no_such_page)}">{escape(texts.loading)}'
        f"</figcaption></figure>"
        f'<nav><button type="button" data-step="-1">{escape(texts.previous_page)}</button>'
        f'<button type="button" data-step="0" hidden>{escape(texts.cited_page)}</button>'
        f'<button type="button" data-step="1">{escape(texts.next_page)}</button></nav>'
        f'<p><a class="pdf" href="{link}" target="_blank" rel="noopener">{escape(texts.open_pdf)}</a></p></div>'
    )


def marks_html(page: PageRef, boxes: Sequence[Box]) -> str:
    """Return the highlight as a drawing laid over the picture: `boxes` in points, whatever the picture's size."""
    rectangles = "".join(
        f'<rect class="mark" x="{x0:.2f}" y="{y0:.2f}" width="{max(x1 - x0, 0):.2f}" height="{max(y1 - y0, 0):.2f}"/>'
        for x0, y0, x1, y1 in boxes
    )
    return (
        f'<svg viewBox="0 0 {page.width:.2f} {page.height:.2f}" preserveAspectRatio="none" aria-hidden="true">'
        f"{rectangles}</svg>"
    )
