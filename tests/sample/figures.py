"""The line drawings of the technical guide.

Knows reportlab shapes; does not know the documents.
"""

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import HexColor

_INK = HexColor("#1d2b36")
_GLASS = HexColor("#b9dbe6")
_DARK = HexColor("#5b6b75")


def _label(drawing: Drawing, x: float, y: float, text: str, anchor: str = "start") -> None:
    drawing.add(String(x, y, text, fontName="Helvetica", fontSize=6.8, fillColor=_INK, textAnchor=anchor))


def _pointer(drawing: Drawing, x0: float, y0: float, x1: float, y1: float) -> None:
    drawing.add(Line(x0, y0, x1, y1, strokeColor=_INK, strokeWidth=0.4))


def insulating_unit() -> Drawing:
    """Section through the foot of an insulating unit, with its parts named."""
    d = Drawing(210, 120)
    for x in (70, 104):
        d.add(Rect(x, 22, 10, 92, fillColor=_GLASS, strokeColor=_INK, strokeWidth=0.6))
    d.add(Rect(80, 30, 24, 12, fillColor=HexColor("#d8d8d8"), strokeColor=_INK, strokeWidth=0.6))
    d.add(Rect(80, 22, 24, 8, fillColor=_DARK, strokeColor=_INK, strokeWidth=0.6))
    d.add(Rect(66, 10, 52, 8, fillColor=HexColor("#8a6d3b"), strokeColor=_INK, strokeWidth=0.6))
    for y, text, x in ((98, "Verre extérieur", 72), (70, "Face 2", 80)):
        _label(d, 4, y - 2, text)
        _pointer(d, 56, y, x, y)
    for y, text, x in ((98, "Verre intérieur", 112), (70, "Lame d’argon", 95)):
        _label(d, 138, y - 2, text)
        _pointer(d, 136, y, x, y)
    _label(d, 138, 36, "Intercalaire et dessiccant")
    _pointer(d, 136, 38, 98, 36)
    _label(d, 138, 23, "Barrière de scellement")
    _pointer(d, 136, 25, 98, 26)
    _label(d, 138, 10, "Cale d’assise")
    _pointer(d, 136, 12, 112, 14)
    return d


def setting_blocks() -> Drawing:
    """Where the setting blocks stand in a fixed, a side-hung and a sliding frame."""
    d = Drawing(220, 96)
    for i, (name, blocks) in enumerate(
        (
            ("Châssis fixe", ((10, 0), (40, 0))),
            ("Ouvrant à la française", ((4, 0), (46, 66))),
            ("Coulissant", ((8, 0), (42, 0), (8, 66), (42, 66))),
        )
    ):
        x = 8 + i * 74
        d.add(Rect(x, 18, 56, 72, fillColor=None, strokeColor=_INK, strokeWidth=1.4))
        d.add(Rect(x + 4, 22, 48, 64, fillColor=_GLASS, strokeColor=_INK, strokeWidth=0.5))
        for bx, by in blocks:
            d.add(Rect(x + bx, 19 + by, 8, 4, fillColor=_INK, strokeColor=_INK, strokeWidth=0.2))
        _label(d, x + 28, 7, name, "middle")
    return d


FIGURES = {"insulating-unit": insulating_unit, "setting-blocks": setting_blocks}
