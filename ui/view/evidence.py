"""What proves an answer: the panel, and one hidden block for each source, which the script shows there.

Pure; see `ui/view/__init__.py`. A block says what is cited and where; the panel round it has the buttons that all
of them share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.types import Box, Citation, Language, PageRef, Passage, Source
from ui.exchange import Standing
from ui.strings import bound, strings
from ui.strings.documents import dated
from ui.strings.evidence import EVIDENCE
from ui.view.text import (
    Reader,
    document_address,
    escape,
    page_address,
    page_name,
    page_query,
    pages_address,
    under_heading,
)

SNIPPET = 220  # characters of a passage shown in a list
A4 = (595.28, 841.89)  # points: the shape of a page before its picture has come


@dataclass(frozen=True, slots=True)
class Proof:
    """One page that is shown: `boxes` are marked on it, `quote` stands above it, "" for none; `versions` is markup."""

    target: str
    page: PageRef
    boxes: Sequence[Box]
    quote: str
    heading: str
    versions: str = ""


def panel_html(language: Language) -> str:
    """Return the empty evidence panel, with the texts and buttons that the script in the browser needs."""
    texts, more = strings(language), EVIDENCE.of(language)

    def button(name: str, says: str, shown: str = "") -> str:
        label = f' aria-label="{escape(says)}" title="{escape(says)}"' if shown else ""
        return f'<button type="button" data-do="{name}"{label}>{escape(shown or says)}</button>'

    return (
        f'<dialog id="evidence" aria-label="{escape(texts.evidence)}" data-of="{escape(more.of)}">'
        f'<div class="bar"><span class="turns" hidden>{button("earlier", more.previous_source, "‹")}'
        f'<span class="which" role="status"></span>{button("later", more.next_source, "›")}</span>'
        f'<button type="button" class="close">{escape(texts.close)}</button></div>'
        f'<div class="shown"><p class="hint">{escape(texts.evidence_empty)}</p></div>'
        f'<div class="tools" role="toolbar" aria-label="{escape(more.tools)}" hidden>'
        f"{button('back', texts.previous_page, '←')}{button('cited', texts.cited_page)}"
        f'{button("on", texts.next_page, "→")}<span class="zoom">{button("out", more.smaller, "−")}'
        f"{button('fit', more.fit)}{button('in', more.larger, '+')}</span></div>"
        f'<button type="button" class="others" data-do="others" hidden>{escape(more.others)}</button></dialog>'
        f'<p class="hint" id="no-evidence" hidden>{escape(texts.evidence_empty)}</p>'
    )


def passage_list_html(number: int, passages: Sequence[Passage], standing: Standing, reader: Reader) -> str:
    """Return passages as a list of buttons, each with its block; `number` is the exchange's."""
    texts, items = reader.texts, []
    for index, passage in enumerate(passages, start=1):
        page, target = passage.chunk.page, f"e{number}-p{index}"
        text = under_heading(passage.chunk)
        snippet = text if len(text) <= SNIPPET else text[:SNIPPET].rsplit(" ", 1)[0] + "…"
        boxes = [box for sentence in passage.chunk.sentences for box in sentence.boxes]
        items.append(
            f'<li><button type="button" class="passage" data-evidence="{target}">'
            f"<strong>{escape(page.source.title)}</strong>, {escape(page_name(page, texts))}"
            f"<small>{escape(bound(snippet))}</small></button>"
            f"{proof_html(Proof(target, page, boxes, snippet, texts.read_passage), standing, reader)}</li>"
        )
    return f'<ul class="passages">{"".join(items)}</ul>'


def cited_html(target: str, citation: Citation, standing: Standing, reader: Reader, heading: str) -> str:
    """Return the block of a citation, and those of the document's other versions."""
    sentence, texts = citation.sentence, reader.texts
    versions = blocks = ""
    for source, name, says in ((citation.newer, "n", texts.newer), (citation.older, "o", texts.older)):
        if source is not None:
            versions += _version(f"{target}{name}", source, says)
            first = PageRef(source, 1, None, *A4)
            blocks += proof_html(Proof(f"{target}{name}", first, (), "", texts.evidence), standing, reader)
    proof = Proof(target, sentence.page, sentence.boxes, sentence.text, heading, versions)
    return proof_html(proof, standing, reader) + blocks


def _version(target: str, source: Source, says: str) -> str:
    name = escape(says.format(title=source.title))
    return f'<p class="version"><button type="button" class="link" data-evidence="{target}">{name}</button></p>'


def proof_html(proof: Proof, standing: Standing, reader: Reader) -> str:
    """Return one block: the document, its date, the quote, and the page with its highlight; no page where the file
    is no longer the one that was cited, as the highlight could lie over other words."""
    page, texts, more = proof.page, reader.texts, EVIDENCE.of(reader.language)
    name = page_name(page, texts)
    known = standing.entries.get(page.source.path)
    date = dated(known, reader.language) if known else ""
    told = f'<span class="dated">{escape(more.dated.format(date=date))}</span>' if date else ""
    quoted = texts.quoted.format(text=bound(" ".join(proof.quote.split())))
    quote = (
        f'<blockquote><span class="sr">{escape(proof.heading)}</span>{escape(quoted)}</blockquote>'
        if proof.quote
        else ""
    )
    changed = page.source.path in standing.changed
    shown = f'<p class="warning changed">{escape(more.changed)}</p>' if changed else _picture(proof, reader)
    link = escape(document_address(page, reader.language))
    saved = escape(document_address(page, reader.language).partition("#")[0])
    return (
        f'<div class="evidence" id="{proof.target}" data-number="{page.number}" '
        f'data-pages="{escape(pages_address(page))}" data-query="{escape(page_query(page, reader.language))}" '
        f'data-name="{escape(texts.page)}" hidden><h3 tabindex="-1">{escape(page.source.title)}</h3>'
        f'<p class="where"><span class="file">{escape(page.source.path)}</span>, '
        f'<span class="name">{escape(name)}</span>{told}</p>{proof.versions}{quote}{shown}'
        f'<p class="files"><a class="pdf" href="{link}" target="_blank" rel="noopener">{escape(texts.open_pdf)}</a> '
        f'<a class="pdf" href="{saved}" download>{escape(more.download)}</a></p></div>'
    )


def _picture(proof: Proof, reader: Reader) -> str:
    page, texts = proof.page, reader.texts
    says = texts.picture if proof.boxes else EVIDENCE.of(reader.language).plain_picture
    alternative = escape(says.format(title=page.source.title, page=page_name(page, texts)))
    view = escape(EVIDENCE.of(reader.language).view)
    return (
        f'<div class="view" tabindex="0" role="group" aria-label="{view}">'
        f'<figure style="aspect-ratio:{page.width:.2f}/{page.height:.2f}">'
        f'<img data-src="{escape(page_address(page, texts.language))}" alt="{alternative}">'
        f"{marks_html(page, proof.boxes)}"
        f'<figcaption class="wait" role="status" data-none="{escape(texts.no_such_page)}">{escape(texts.loading)}'
        f"</figcaption></figure></div>"
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
