"""The pages that an answer rests on, as a list under it: which document, and of when. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Citation
from ui.exchange import Standing
from ui.strings.amounts import calendar
from ui.view.text import Reader, escape, page_name


def sources_html(number: int, citations: Sequence[Citation], standing: Standing, reader: Reader) -> str:
    """Return one button a page, in the order of the citations, with the numbers that lead to it; "" without citations.
    `number` is the exchange's. Each opens the block of its first citation."""
    pages: dict[tuple[str, str, int], list[Citation]] = {}
    for citation in citations:
        page = citation.sentence.page
        pages.setdefault((page.source.path, page.source.sha256, page.number), []).append(citation)
    rows = "".join(_row(number, cited, standing, reader) for cited in pages.values())
    return f'<ul class="sources" aria-label="{escape(reader.texts.sources)}">{rows}</ul>' if rows else ""


def _row(number: int, cited: Sequence[Citation], standing: Standing, reader: Reader) -> str:
    page = cited[0].sentence.page
    numbers = ", ".join(str(citation.number) for citation in cited)
    known = standing.entries.get(page.source.path)
    date = f" · {calendar(known.date, reader.language)}" if known and known.date else ""
    return (
        f'<li><button type="button" class="source" data-evidence="e{number}-c{cited[0].number}">'
        f'<span class="numbers">{numbers}</span><span><strong>{escape(page.source.title)}</strong>'
        f"<small>{escape(page_name(page, reader.texts) + date)}</small></span></button></li>"
    )
