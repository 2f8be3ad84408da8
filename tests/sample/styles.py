"""The federation's house style: paragraph styles, colours and table rules.

Knows reportlab; does not know blocks, page templates or what the documents say.
"""

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import TableStyle

TEAL, GREY, PALE, INK = HexColor("#0b4f6c"), HexColor("#5f6b73"), HexColor("#eaf2f5"), HexColor("#1b1b1b")
ALIGNMENTS = {"l": TA_LEFT, "c": TA_CENTER, "r": TA_RIGHT}

RULED = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.4, GREY),
        ("BACKGROUND", (0, 0), (-1, 0), PALE),
        ("LINEBELOW", (0, 0), (-1, 0), 1.0, TEAL),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 2.2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.8),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ]
)
TIGHT = TableStyle([(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("TOP", "BOTTOM", "LEFT", "RIGHT")])
PLAIN = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ]
)


def make_styles(font: str, columns: int) -> dict[str, ParagraphStyle]:
    """One style for each block kind; `font` is "serif" or "sans", `columns` 1 or 2 sets the sizes."""
    face = "Times-Roman" if font == "serif" else "Helvetica"
    size = (9.8 if columns == 2 else 11.2) if font == "serif" else (8.8 if columns == 2 else 9.8)
    base = ParagraphStyle(
        "base",
        fontName=face,
        fontSize=size,
        leading=size * 1.4,
        alignment=TA_JUSTIFY,
        spaceAfter=size * 0.55,
        textColor=INK,
        embeddedHyphenation=1,
        spaceShrinkage=0,
        allowWidows=0,
        allowOrphans=0,
    )
    kinds = {**_running(face, size), **_headings(size, 1.0 if columns == 1 else 0.84), **_tables(), **_display()}
    return {name: ParagraphStyle(name, base, **options) for name, options in kinds.items()}


def _running(face: str, size: float) -> dict[str, dict[str, Any]]:
    return {
        "p": {"spaceBefore": size * 0.5},
        "li": {
            "leftIndent": 14,
            "bulletIndent": 1,
            "bulletFontName": face,
            "bulletFontSize": size,
            "spaceAfter": size * 0.3,
        },
        "note": {
            "backColor": PALE,
            "borderColor": TEAL,
            "borderWidth": 0.6,
            "borderPadding": 5,
            "leftIndent": 7,
            "rightIndent": 7,
            "spaceBefore": 11,
            "spaceAfter": 14,
        },
        "right": {"alignment": TA_RIGHT},
        "small": {"fontSize": 8.4, "leading": 11, "textColor": GREY},
    }


def _headings(size: float, grow: float) -> dict[str, dict[str, Any]]:
    def heading(points: float, leading: float, before: float, after: float) -> dict[str, Any]:
        return {
            **_sans(points, leading, bold=True),
            "textColor": TEAL,
            "keepWithNext": 1,
            "spaceBefore": before,
            "spaceAfter": after,
        }

    return {
        "h1": heading(14.5 * grow, 18 * grow, 13 * grow, 6 * grow),
        "h2": heading(11.6 * grow, 14.5 * grow, 9 * grow, 4 * grow),
        "h3": heading(size, size * 1.3, 5, 2),
    }


def _tables() -> dict[str, dict[str, Any]]:
    caption = {"fontName": "Helvetica-Oblique", "spaceBefore": 6, "spaceAfter": 3, "keepWithNext": 1}
    return {
        "caption": {**_sans(8.2, 10), **caption},
        "cell": {**_sans(8, 9.8), "spaceAfter": 0},
        "head": {**_sans(8, 9.8, bold=True), "spaceAfter": 0, "alignment": TA_CENTER},
        "field": {"alignment": TA_LEFT, "spaceAfter": 0},
        "toc0": {**_sans(9.4, 12), "spaceBefore": 3, "spaceAfter": 1},
        "toc1": {**_sans(8.6, 10.8), "leftIndent": 12, "spaceAfter": 0},
    }


def _display() -> dict[str, dict[str, Any]]:
    return {
        "kicker": {**_sans(11, 14), "textColor": GREY},
        "title": {**_sans(27, 33, bold=True), "textColor": TEAL, "spaceBefore": 6, "spaceAfter": 10},
        "subject": {**_sans(15, 19, bold=True), "textColor": TEAL, "spaceBefore": 4, "spaceAfter": 10},
        "subtitle": _sans(13, 18),
    }


def _sans(points: float, leading: float, *, bold: bool = False) -> dict[str, Any]:
    face = "Helvetica-Bold" if bold else "Helvetica"
    return {"fontName": face, "fontSize": points, "leading": leading, "alignment": TA_LEFT}
