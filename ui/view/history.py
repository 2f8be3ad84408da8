"""The drawer of conversations and the list in it. Pure; see `ui/view/__init__.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from rag.types import Language
from ui.history.archive import TITLE, Entry
from ui.strings import typeset
from ui.strings.amounts import day
from ui.strings.history import HISTORY
from ui.view.text import escape


def drawer_html(language: Language, keeps: int) -> str:
    """Return the drawer, its list still empty; `keeps` is for how many days conversations are kept."""
    texts = HISTORY.of(language)
    kept = texts.kept.format(days=keeps) if keeps else texts.not_kept
    search = (
        f'<form role="search" class="find"><label class="sr" for="find">{escape(texts.search)}</label>'
        f'<input id="find" type="search" name="q" placeholder="{escape(texts.find)}" autocomplete="off"></form>'
        if keeps
        else ""
    )
    return (
        f'<dialog id="drawer" aria-label="{escape(texts.heading)}"><div class="bar">'
        f"<h2>{escape(texts.heading)}</h2>"
        f'<button type="button" class="close">{escape(texts.close)}</button></div>'
        f'<a class="new" href="/" data-open="">{escape(texts.new)}</a>{search}'
        f'<div class="list" data-failed="{escape(texts.failed)}"></div><p class="meta">{escape(kept)}</p></dialog>'
    )


def entries_html(entries: Sequence[Entry], language: Language, here: str, today: date, searched: bool) -> str:
    """Return the list: today's conversations, then earlier ones; `here` is the one that is open."""
    texts = HISTORY.of(language)
    if not entries:
        return f'<p class="meta" role="status">{escape(texts.none_found if searched else texts.none)}</p>'
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        is_today = datetime.fromtimestamp(entry.updated).date() >= today
        groups.setdefault(texts.today if is_today else texts.earlier, []).append(entry)
    return "".join(
        f"<h3>{escape(name)}</h3><ul>{''.join(_entry(entry, language, here, today) for entry in listed)}</ul>"
        for name, listed in groups.items()
    )


def _when(entry: Entry, language: Language, today: date) -> str:
    """Return the time of today, or the day: many conversations begin with the same question."""
    moment = datetime.fromtimestamp(entry.updated)
    return f"{moment:%H:%M}" if moment.date() >= today else day(entry.updated, language)


def _entry(entry: Entry, language: Language, here: str, today: date) -> str:
    texts, title = HISTORY.of(language), escape(typeset(entry.title, "fr"))
    current = ' aria-current="page"' if entry.id == here else ""
    exports = "".join(
        f'<a href="/conversations/{entry.id}/export.{kind}" download>{escape(says)}</a>'
        for kind, says in (("pdf", texts.as_pdf), ("md", texts.as_markdown))
    )
    field = f"title-{entry.id}"
    return (
        f'<li data-id="{entry.id}"><a class="entry" href="/?c={entry.id}" data-open="{entry.id}"{current}>'
        f"<span>{title}<small>{_when(entry, language, today)}</small></span></a>"
        f'<button type="button" class="more" aria-expanded="false" aria-label="{escape(texts.actions)} {title}">'
        f'<span aria-hidden="true">⋯</span></button><div class="actions" hidden>'
        f'<button type="button" data-rename>{escape(texts.rename)}</button>{exports}'
        f'<button type="button" data-delete>{escape(texts.delete)}</button></div>'
        f'<form class="rename" hidden><label for="{field}">{escape(texts.new_title)}</label>'
        f'<input id="{field}" name="title" required maxlength="{TITLE}" value="{escape(entry.title)}" '
        f'autocomplete="off">'
        f"<button>{escape(texts.save)}</button></form>"
        f'<div class="confirm" role="group" aria-label="{escape(texts.sure)}" hidden><p>{escape(texts.sure)}</p>'
        f'<button type="button" class="danger" data-sure>{escape(texts.delete)}</button>'
        f'<button type="button" data-keep>{escape(texts.keep)}</button></div></li>'
    )
