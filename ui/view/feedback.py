"""What a member can say of an answer, and the way to the secretariat. Pure; see `ui/view/__init__.py`."""

from __future__ import annotations

from urllib.parse import quote

from ui.exchange import Exchange
from ui.feedback.store import WORD
from ui.strings.feedback import FEEDBACK
from ui.view.text import Reader, escape


def feedback_html(exchange: Exchange, reader: Reader) -> str:
    """Return the buttons under an answer; the one that was chosen is pressed. Who is not content is led to the
    secretariat (`.further`, which the style shows then)."""
    texts = FEEDBACK.of(reader.language)
    kinds = (
        ("useful", texts.useful),
        ("not_useful", texts.not_useful),
        ("wrong_source", texts.wrong_source),
        ("out_of_date", texts.out_of_date),
    )
    buttons = "".join(
        f'<button type="button" class="vote" data-kind="{kind}" '
        f'aria-pressed="{"true" if kind == exchange.reported else "false"}">{escape(says)}</button>'
        for kind, says in kinds
    )
    field = f"word-{exchange.number}"
    return (
        f'<div class="feedback" role="group" aria-label="{escape(texts.heading)}"><span>{escape(texts.heading)}</span>'
        f'{buttons}<form class="word" hidden><label for="{field}">{escape(texts.word)}</label>'
        f'<input id="{field}" name="word" maxlength="{WORD}" autocomplete="off">'
        f"<button>{escape(texts.send_word)}</button></form>{_says(reader)}"
        f'<div class="further">{secretariat_html(exchange, reader)}</div></div>'
    )


def secretariat_html(exchange: Exchange, reader: Reader) -> str:
    """Return what leads from a question without an answer, or with a bad one, to the secretariat, "" where nothing
    does."""
    texts = FEEDBACK.of(reader.language)
    if exchange.sent:
        return f'<p class="sent" role="status">{escape(texts.sent)}</p>'
    form = _form(exchange, reader) if reader.sends else ""
    mail = ""
    if reader.secretariat:
        written = f"?subject={quote(texts.mail_subject)}&body={quote(exchange.question)}"
        address = escape(f"mailto:{quote(reader.secretariat, safe='@')}{written}")
        mail = f'<p><a class="mail" href="{address}">{escape(texts.mail)}</a></p>'
    if not form and not mail:
        return ""
    return (
        f'<details class="secretariat"><summary class="button">{escape(texts.ask)}</summary>{form}{mail}</details>'
        f"{_says(reader)}"
    )


def _form(exchange: Exchange, reader: Reader) -> str:
    texts, field = FEEDBACK.of(reader.language), f"ask-{exchange.number}"
    named = (
        f'<label class="tick"><input type="checkbox" name="named"> {escape(texts.with_name)}</label>'
        if reader.signed_in
        else ""
    )
    return (
        f'<form class="to-secretariat"><p class="meta">{escape(texts.ask_what)}</p>'
        f'<label for="{field}">{escape(texts.ask_word)}</label>'
        f'<textarea id="{field}" name="word" rows="2" maxlength="{WORD}"></textarea>{named}'
        f"<button>{escape(texts.ask_send)}</button></form>"
    )


def _says(reader: Reader) -> str:
    texts = FEEDBACK.of(reader.language)
    return (
        f'<p class="says" role="status" data-thanks="{escape(texts.thanks)}" data-removed="{escape(texts.removed)}" '
        f'data-sent="{escape(texts.sent)}" data-failed="{escape(texts.failed)}"></p>'
    )
