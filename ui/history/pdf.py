"""A conversation as a PDF. The only module of the interface that imports ReportLab.

ReportLab was chosen over fpdf2 because it brings a font of its own (Bitstream Vera, embedded in part), so that accents,
« », … and ² look the same wherever the file is opened and nothing has to be fetched; what Vera lacks (Greek, arrows)
comes from the Symbol font of every PDF reader. This module does *not* know what a conversation is: it is given parts.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

from rag.types import Language
from ui.history.export import Kind, Part, quoted

FONTS = {"Vera": "Vera.ttf", "Vera-Bold": "VeraBd.ttf", "Vera-Italic": "VeraIt.ttf"}
MARGIN = 56.0  # points
_INK, _SOFT = HexColor("#1a2233"), HexColor("#55607a")
# What Vera lacks: characters that look the same, and those that the Symbol font has, by their place in it.
_ALIKE = str.maketrans({"\u202f": "\xa0", "\u2011": "-", "\u2009": "\xa0", "\u2212": "-", "\u200b": "", "\xad": ""})
_SYMBOL = dict(zip("αβγδεζηθικλμνξοπρστυφχψωΔΣΩΦΨΘΛΠ→←↑↓", "abgdezhqiklmnxoprstufcywDSWFYQLP®¬\xad¯", strict=True))
_UNIT = re.compile(r"(?<=\d) (?=[€%°]|(?:[ckm]?m|[cm]?m[²³]|k?g|h|min|ans?|jours?|mois|euros?)\b)|(?<=\d) (?=\d{3}\b)")
LACKING = "?"  # stands for a character that neither font has


def pdf(found: Sequence[Part], language: Language, association: str) -> bytes:
    """Return the parts as a PDF on A4 pages, numbered, with the association's name under each."""
    _register()
    out = io.BytesIO()
    title = next((part.text for part in found if part.kind == "title"), association)
    template = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=title, author=association, lang="fr-FR" if language == "fr" else "en-GB",
    )  # fmt: skip

    def foot(canvas: Canvas, _: SimpleDocTemplate) -> None:
        canvas.setFont("Vera", 8)
        canvas.setFillColor(_SOFT)
        # as a paragraph, so that a name in Greek letters is written too
        line = Paragraph(_marked(f"{association} · {canvas.getPageNumber()}"), _style("note"))
        line.wrapOn(canvas, A4[0] - 2 * MARGIN, MARGIN)
        line.drawOn(canvas, MARGIN, MARGIN / 2)

    template.build([_paragraph(part, language) for part in found], onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _paragraph(part: Part, language: Language) -> Paragraph:
    text = _marked(part.text)
    if part.kind == "struck":
        text = f"<strike>{text}</strike>" + (f"<br/>{_marked(part.quote)}" if part.quote else "")
    if part.kind == "source":
        text = f"[{part.number}] {text}<br/>{_marked(quoted(part.quote, language))}"
    return Paragraph(text, _style(part.kind))


def _marked(text: str) -> str:
    """Return `text` as ReportLab's markup that shows exactly it, figures and their units on one line."""
    known = _characters()
    text = _UNIT.sub("\xa0", text)
    shown = []
    for character in unicodedata.normalize("NFC", text).translate(_ALIKE):
        if ord(character) in known or character in "\n\t":
            shown.append(escape(character).replace("\n", "<br/>"))
        elif character in _SYMBOL:
            shown.append(f'<font name="Symbol">{escape(_symbol(_SYMBOL[character]))}</font>')
        elif character.isprintable():
            shown.append(LACKING)
    return "".join(shown)


def _symbol(place: str) -> str:
    """Return the character that ReportLab writes as this place of the Symbol font, which it knows by its own code."""
    return place.encode("latin-1").decode("symbol")


@cache
def _characters() -> frozenset[int]:
    _register()
    return frozenset(pdfmetrics.getFont("Vera").face.charToGlyph)


@cache
def _register() -> None:
    folder = Path(reportlab.__file__).parent / "fonts"
    for name, file in FONTS.items():
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))


@cache
def _style(kind: Kind) -> ParagraphStyle:
    size = {"title": 16.0, "question": 12.0, "heading": 12.0, "note": 8.5, "source": 9.0}.get(kind, 10.0)
    font = {"title": "Vera-Bold", "question": "Vera-Bold", "heading": "Vera-Bold", "note": "Vera-Italic"}
    before = {"question": 14.0, "heading": 18.0, "source": 4.0}.get(kind, 2.0)
    return ParagraphStyle(
        kind, fontName=font.get(kind, "Vera"), fontSize=size, leading=size * 1.45, spaceBefore=before, spaceAfter=3,
        textColor=_SOFT if kind in ("note", "struck") else _INK, keepWithNext=kind in ("question", "heading"),
        splitLongWords=True,
    )  # fmt: skip
