"""Values to HTML that is safe to show, split by what is drawn: pure functions, no state, no server, no Gradio.

Every text from a member, a document or a model goes through `escape` before it meets markup, and the only
addresses are our own: nothing from a PDF or a model can become a link, a picture or a script. This package does *not*
know how the HTML reaches the browser, nor what the browser does with it (`ui/static/greffier.js`).
"""

from ui.view.answer import exchange_html, exchanges_html
from ui.view.evidence import marks_html, panel_html
from ui.view.frame import footer_html, header_html, notice_html, place_html, status_html, welcome_html
from ui.view.history import drawer_html, entries_html
from ui.view.text import Reader, document_address, escape, page_address, page_name

__all__ = [
    "Reader", "document_address", "drawer_html", "entries_html", "escape", "exchange_html", "exchanges_html",
    "footer_html", "header_html", "marks_html", "notice_html", "page_address", "page_name", "panel_html",
    "place_html", "status_html", "welcome_html",
]  # fmt: skip
