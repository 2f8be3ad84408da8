"""Texts and addresses as HTML can hold them, and for whom it is made. This module does *not* know any markup."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, fields
from urllib.parse import quote

from rag.errors import GreffierError
from rag.settings import Settings
from rag.types import Chunk, Language, PageRef
from ui.strings import Strings, strings, typeset

VERSION = 16  # characters of a file's hash that an address carries
# Characters that mean something to HTML, to a template engine or to Markdown, wherever the text may end up.
_ACTIVE = str.maketrans({c: f"&#{ord(c)};" for c in "`${}[]()*_!\\"})


_SETTINGS = "|".join(field.name for field in fields(Settings) if "_" in field.name)
_FOR_ADMINS = re.compile(rf"\bmake [a-z]|python -m|\br.glages?\b|\bsettings?\b|\b(?:{_SETTINGS})\b")


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a page is drawn: `secretariat` is an address to write to, "" for none; `sends` whether questions may
    be kept for the secretariat; `signed_in` whether the reader has a name to give, `admin` whether they administer."""

    language: Language = "fr"
    secretariat: str = ""
    sends: bool = True
    signed_in: bool = False
    admin: bool = True

    @property
    def texts(self) -> Strings:
        """The texts of the chat page in the reader's language."""
        return strings(self.language)


def reason(error: GreffierError, language: Language, admin: bool) -> str:
    """Return what is wrong in the reader's words: a command or a setting helps who may use it, and nobody else."""
    text = typeset(error.text(language), language)
    return text if admin or not _FOR_ADMINS.search(text) else strings(language).ask_admin


def escape(text: str) -> str:
    """Return `text` as HTML that shows exactly these characters and does nothing else."""
    # control and format characters include those that reverse the direction of what follows
    visible = "".join(c for c in text if c in "\n\t" or not unicodedata.category(c).startswith("C"))
    return html.escape(visible, quote=True).translate(_ACTIVE)


def under_heading(chunk: Chunk) -> str:
    """Return the text of a chunk without the headings that it begins with, on one line."""
    text = " ".join(chunk.text.split())
    for heading in chunk.heading:
        rest = text.removeprefix(" ".join(heading.split())).strip()
        text = rest or text
    return text


def page_name(page: PageRef, texts: Strings) -> str:
    """Return « page 12 (imprimée : iv) », or « page 12 » when no other number is printed on it."""
    if page.label and page.label != str(page.number):
        return texts.page_label.format(number=page.number, label=page.label)
    return texts.page.format(number=page.number)


def pages_address(page: PageRef) -> str:
    """Return the address that the pictures of a document's pages stand under."""
    return f"/page/{quote(page.source.path, safe='/')}"


def page_query(page: PageRef, language: Language) -> str:
    """Return what follows the address of a picture: the version that is meant, so that no other is shown."""
    return f"?v={page.source.sha256[:VERSION]}" + ("&lang=en" if language == "en" else "")


def page_address(page: PageRef, language: Language) -> str:
    """Return the address of the page's picture."""
    return f"{pages_address(page)}/{page.number}{page_query(page, language)}"


def file_address(path: str, language: Language) -> str:
    """Return the address of a PDF."""
    return f"/document/{quote(path, safe='/')}" + ("?lang=en" if language == "en" else "")


def document_address(page: PageRef, language: Language) -> str:
    """Return the address of the PDF, opened at this page by the browser's viewer."""
    return f"{file_address(page.source.path, language)}#page={page.number}"
