"""The federation's house style: paragraph styles, colours and table rules.

Knows reportlab; does not know blocks, page templates or what the documents say.
"""

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
    body = ParagraphStyle(
        "p",
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
    bold = {"fontName": "Helvetica-Bold", "alignment": TA_LEFT, "keepWithNext": 1, "textColor": TEAL, "parent": body}
    grow = 1.0 if columns == 1 else 0.84
    h1 = {"fontSize": 14.5 * grow, "leading": 18 * grow, "spaceBefore": 13 * grow, "spaceAfter": 6 * grow}
    h2 = {"fontSize": 11.6 * grow, "leading": 14.5 * grow, "spaceBefore": 9 * grow, "spaceAfter": 4 * grow}
    small = {"fontName": "Helvetica", "fontSize": 8, "leading": 9.8, "spaceAfter": 0}
    made = (
        body,
        ParagraphStyle("h1", **bold, **h1),
        ParagraphStyle("h2", **bold, **h2),
        ParagraphStyle("h3", **bold, fontSize=size, leading=size * 1.3, spaceBefore=5, spaceAfter=2),
        ParagraphStyle(
            "li", body, leftIndent=14, bulletIndent=1, bulletFontName=face, bulletFontSize=size, spaceAfter=size * 0.3
        ),
        ParagraphStyle(
            "note",
            body,
            backColor=PALE,
            borderColor=TEAL,
            borderWidth=0.6,
            borderPadding=5,
            leftIndent=7,
            rightIndent=7,
            spaceBefore=11,
            spaceAfter=14,
        ),
        ParagraphStyle(
            "caption",
            bold["parent"],
            fontName="Helvetica-Oblique",
            fontSize=8.2,
            leading=10,
            alignment=TA_LEFT,
            spaceBefore=6,
            spaceAfter=3,
            keepWithNext=1,
        ),
        ParagraphStyle("cell", body, **small, alignment=TA_LEFT),
        ParagraphStyle("head", body, **{**small, "fontName": "Helvetica-Bold"}, alignment=TA_CENTER),
        ParagraphStyle("field", body, spaceAfter=0, alignment=TA_LEFT),
        ParagraphStyle(
            "kicker", body, fontName="Helvetica", fontSize=11, leading=14, textColor=GREY, alignment=TA_LEFT
        ),
        ParagraphStyle(
            "title",
            body,
            fontName="Helvetica-Bold",
            fontSize=27,
            leading=33,
            textColor=TEAL,
            alignment=TA_LEFT,
            spaceBefore=6,
            spaceAfter=10,
        ),
        ParagraphStyle(
            "subject",
            body,
            fontName="Helvetica-Bold",
            fontSize=15,
            leading=19,
            textColor=TEAL,
            alignment=TA_LEFT,
            spaceBefore=4,
            spaceAfter=10,
        ),
        ParagraphStyle("subtitle", body, fontName="Helvetica", fontSize=13, leading=18, alignment=TA_LEFT),
        ParagraphStyle("right", body, alignment=TA_RIGHT),
        ParagraphStyle("small", body, fontSize=8.4, leading=11, textColor=GREY),
        ParagraphStyle(
            "toc0", body, fontName="Helvetica", fontSize=9.4, leading=12, alignment=TA_LEFT, spaceBefore=3, spaceAfter=1
        ),
        ParagraphStyle(
            "toc1",
            body,
            fontName="Helvetica",
            fontSize=8.6,
            leading=10.8,
            alignment=TA_LEFT,
            leftIndent=12,
            spaceAfter=0,
        ),
    )
    return {style.name: style for style in made}
