"""What stands round a conversation: the top of the page, who answers, messages. Pure; see `ui/view/__init__.py`."""

from __future__ import annotations

from rag.errors import GreffierError
from rag.types import Language
from ui.identity import Member
from ui.strings import strings, typeset
from ui.strings.access import ACCESS
from ui.strings.history import HISTORY
from ui.strings.pages import PAGES
from ui.view.text import escape, reason

_LIST = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 6h16M4 12h16M4 18h10"/></svg>'


def header_html(association: str, language: Language, member: Member | None = None, logo: bool = False) -> str:
    """Return the top of the page: a link past it, the association's name, what this is, and the menu; `member` None
    before the page knows who looks."""
    texts, frame = strings(language), PAGES.of(language)
    picture = '<img class="logo" src="/greffier/logo" alt="">' if logo else ""
    return (
        f'<header data-language="{language}"><a class="skip" href="#question">{escape(texts.skip)}</a>'
        f'<button type="button" class="tool" id="to-drawer" aria-haspopup="dialog">{_LIST}'
        f'<span class="sr">{escape(HISTORY.of(language).heading)}</span></button>'
        f'{picture}<div class="brand"><h1>{escape(association)}</h1><p>{escape(texts.title)}</p></div>'
        f'<button type="button" class="tool" id="to-menu" aria-expanded="false" aria-controls="menu">'
        f"{escape(frame.menu)}</button>"
        f'<nav id="menu" aria-label="{escape(frame.menu)}"><ul>{_links(language, member)}</ul>'
        f"{_sign_out(language, member)}</nav></header>"
    )


def _links(language: Language, member: Member | None) -> str:
    frame = PAGES.of(language)
    links = [("/documents", frame.documents)] if member else []
    links += [("/admin", frame.admin)] if member and member.role == "admin" else []
    links += [("/account", frame.account)] if member and member.id else []
    links += [("/about", frame.about)]
    listed = "".join(f'<li><a href="{address}">{escape(name)}</a></li>' for address, name in links)
    code = frame.other_code
    return (
        f'{listed}<li><a id="language" href="/language/{code}" lang="{code}" hreflang="{code}">'
        f"{escape(frame.other_language)}</a></li>"
    )


def _sign_out(language: Language, member: Member | None) -> str:
    if member is None or not member.id:
        return ""
    says = f"{PAGES.of(language).sign_out} ({member.name})"
    return f'<form method="post" action="/sign-out"><button class="quiet">{escape(says)}</button></form>'


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
    admin: bool = True,
) -> str:
    """Return the line that says who answers: `model` None and no error means that it is getting ready.

    `problem` says why the language model does not write, where there is one; `servers` are the addresses of the
    other machines that it runs on, "" when it runs on this one. Who does not administer (`admin`)
    is sent to the administrator where a command is needed.
    """
    texts = strings(language)
    if error is not None:
        why = reason(error, language, admin)
        return f'<p class="status problem" role="alert">{escape(texts.not_ready.format(reason=why))}</p>'
    if model is None:
        return f'<p class="status busy" role="status">{escape(texts.preparing)}</p>'
    if problem is not None and model == "extracts":
        why = reason(problem, language, admin)
        return f'<p class="status problem" role="status">{escape(texts.fallback.format(reason=why))}</p>'
    line = texts.extracts if model == "extracts" else texts.model.format(model=model)
    if servers and model != "extracts":
        line = f"{line} {texts.servers.format(servers=servers)}"
    return f'<p class="status" role="status">{escape(line)}</p>'


def notice_html(error: GreffierError | None, language: Language) -> str:
    """Return the message under the question, or nothing."""
    if error is None:
        return ""
    return f'<p class="notice" role="alert">{escape(typeset(error.text(language), language))}</p>'


def footer_html(language: Language) -> str:
    """Return the line that says what this is and that it can be wrong, and a hidden one for when a question cannot be
    sent (`trouble.js`)."""
    texts = strings(language)
    return (
        f'<p class="notice" id="trouble" role="alert" hidden data-ended="{escape(texts.session_ended)}" '
        f'data-away="{escape(texts.server_away)}" data-again="{escape(texts.not_sent)}"><span></span> '
        f'<a href="/sign-in" hidden>{escape(ACCESS.of(language).sign_in)}</a></p>'
        f'<p class="caution">{escape(texts.caution)}</p>'
    )


def place_html(conversation: str, title: str, within: str = "", language: Language = "fr") -> str:
    """Return where one is, for the script that keeps the page's address: `conversation` "" in a new one; and, to be
    seen, the document or folder that the questions are limited to."""
    place = f'<span id="here" data-conversation="{escape(conversation)}" data-title="{escape(title)}" hidden></span>'
    if not within:
        return place
    texts = HISTORY.of(language)
    says = f'<p class="within">{escape(texts.within)} <strong>{escape(within)}</strong> '
    return f'{place}{says}<a href="/">{escape(texts.everywhere)}</a></p>'
