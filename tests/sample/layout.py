"""Lays blocks out on pages: page templates, running heads, printed labels, outline, contents.

Knows reportlab and the house style; does not know what the documents say.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import TimeStamp
from reportlab.platypus import BaseDocTemplate, NextPageTemplate, PageBreak, Paragraph, Spacer, Table
from reportlab.platypus.doctemplate import PageTemplate
from reportlab.platypus.frames import Frame
from reportlab.platypus.tableofcontents import TableOfContents

from .figures import FIGURES
from .markup import Block, Source
from .styles import ALIGNMENTS, GREY, PLAIN, RULED, TEAL, TIGHT, make_styles
from .typo import inline, plain

AUTHOR = "Fédération des vitriers et miroitiers de Valmère"
DISCLAIMER = {
    "fr": "Document fictif, fourni comme exemple avec Greffier",
    "en": "Fictitious document, supplied as an example with Greffier",
}
WIDTH, HEIGHT = A4
LEFT = RIGHT = 24 * mm
TOP, BOTTOM = 27 * mm, 23 * mm
ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii")


def set_date(canvas: Any, iso_day: str) -> None:
    """Give the PDF its own date instead of the year 2000 of reportlab's invariant mode, which has no option for it."""
    day = datetime.fromisoformat(iso_day).replace(hour=9, tzinfo=UTC)
    stamp = TimeStamp(invariant=1)
    stamp.t, stamp.lt, stamp.YMDhms = day.timestamp(), tuple(day.timetuple()), tuple(day.timetuple())[:6]
    canvas._doc._timeStamp = stamp


class _Document(BaseDocTemplate):  # type: ignore[misc]  # reportlab ships no types
    """One PDF: counts front pages, prints labels, fills the outline and the contents."""

    def __init__(self, path: Path, source: Source) -> None:
        header = source.header
        self.source, self.header_of = source, header
        self.lang = header.get("lang", "fr")
        self.front_pages = 0
        super().__init__(
            str(path),
            pagesize=A4,
            invariant=1,
            lang=self.lang,
            title=plain(header["title"], lang=self.lang),
            author=AUTHOR,
            subject=plain(header["subject"], lang=self.lang),
            creator="tests.sample.build",
            keywords=DISCLAIMER[self.lang],
        )
        inner, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        gap = 7 * mm
        half = (inner - gap) / 2
        one = [Frame(LEFT, BOTTOM, inner, height, 0, 0, 0, 0, id="one")]
        two = [Frame(LEFT + i * (half + gap), BOTTOM, half, height, 0, 0, 0, 0, id=f"column{i}") for i in (0, 1)]
        first = [Frame(LEFT, BOTTOM, inner, height - 16 * mm, 0, 0, 0, 0, id="first")]
        cover = [Frame(LEFT + 12 * mm, 40 * mm, inner - 20 * mm, HEIGHT - 130 * mm, 0, 0, 0, 0, id="cover")]
        self.addPageTemplates(
            [
                PageTemplate("cover", cover, onPage=self._cover),
                PageTemplate("front", one, onPage=self._front),
                PageTemplate("first", first, onPage=self._letterhead),
                PageTemplate("body", one, onPage=self._body),
                PageTemplate("two", two, onPage=self._body),
            ]
        )

    def _label_of(self, page: int) -> str:
        if page <= self.front_pages:
            return ROMAN[page - 1]
        return str(page - self.front_pages)

    def _cover(self, canvas: Any, _: Any) -> None:
        set_date(canvas, self.header_of["date"])
        canvas.addPageLabel(0, "ROMAN_LOWER", 1)
        canvas.saveState()
        canvas.setFillColor(TEAL)
        canvas.rect(0, 0, 16 * mm, HEIGHT, stroke=0, fill=1)
        _emblem(canvas, LEFT + 12 * mm, HEIGHT - 62 * mm, 26 * mm)
        canvas.setFont("Helvetica-Bold", 12)
        canvas.drawString(LEFT + 44 * mm, HEIGHT - 48 * mm, "Fédération des vitriers")
        canvas.drawString(LEFT + 44 * mm, HEIGHT - 54 * mm, "et miroitiers de Valmère")
        canvas.setFillColor(GREY)
        canvas.setFont("Helvetica", 7.5)
        canvas.drawString(LEFT + 12 * mm, 20 * mm, DISCLAIMER[self.lang])
        canvas.restoreState()

    def _front(self, canvas: Any, _: Any) -> None:
        self.front_pages = canvas.getPageNumber()
        self._furniture(canvas, ROMAN[canvas.getPageNumber() - 1])

    def _letterhead(self, canvas: Any, _: Any) -> None:
        set_date(canvas, self.header_of["date"])
        canvas.saveState()
        _emblem(canvas, LEFT, HEIGHT - 35 * mm, 18 * mm)
        canvas.setFillColor(TEAL)
        canvas.setFont("Helvetica-Bold", 12.5)
        canvas.drawString(LEFT + 24 * mm, HEIGHT - 23 * mm, AUTHOR)
        canvas.setFillColor(GREY)
        canvas.setFont("Helvetica", 8.5)
        canvas.drawString(LEFT + 24 * mm, HEIGHT - 28.5 * mm, "Maison du verre, 4, quai des Miroitiers, Valmère")
        canvas.drawString(LEFT + 24 * mm, HEIGHT - 33 * mm, "secretariat@fvmv.example")
        canvas.setStrokeColor(TEAL)
        canvas.line(LEFT, HEIGHT - 38 * mm, WIDTH - RIGHT, HEIGHT - 38 * mm)
        self._footer(canvas, "1")
        canvas.drawCentredString(WIDTH / 2, 8 * mm, DISCLAIMER[self.lang])
        canvas.restoreState()

    def _body(self, canvas: Any, _: Any) -> None:
        page = canvas.getPageNumber()
        if self.front_pages and page == self.front_pages + 1:
            canvas.addPageLabel(self.front_pages, "ARABIC", 1)
        self._furniture(canvas, self._label_of(page))

    def _furniture(self, canvas: Any, label: str) -> None:
        canvas.saveState()
        canvas.setFillColor(GREY)
        canvas.setStrokeColor(GREY)
        canvas.setLineWidth(0.4)
        canvas.setFont("Helvetica", 8)
        canvas.drawString(LEFT, HEIGHT - 17 * mm, AUTHOR)
        canvas.drawRightString(WIDTH - RIGHT, HEIGHT - 17 * mm, plain(self.header_of["running"], lang=self.lang))
        canvas.line(LEFT, HEIGHT - 19 * mm, WIDTH - RIGHT, HEIGHT - 19 * mm)
        self._footer(canvas, label)
        canvas.restoreState()

    def _footer(self, canvas: Any, label: str) -> None:
        canvas.setFillColor(GREY)
        canvas.setFont("Helvetica", 8)
        canvas.drawString(LEFT, 13 * mm, self.header_of["ref"])
        canvas.drawRightString(WIDTH - RIGHT, 13 * mm, label)

    def beforeDocument(self) -> None:  # reportlab's hook, called before each pass
        self.headings = 0

    def afterFlowable(self, flowable: Any) -> None:  # reportlab's hook
        level = getattr(flowable, "outline_level", None)
        if level is None:
            return
        self.headings += 1
        key = f"heading-{self.headings}"
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(flowable.outline_text, key, level, level > 0)
        if self.page > self.front_pages:
            self.notify("TOCEntry", (level, flowable.outline_text, self.page - self.front_pages, key))


def _emblem(canvas: Any, x: float, y: float, size: float) -> None:
    """Four panes in a lozenge."""
    canvas.saveState()
    canvas.translate(x + size / 2, y + size / 2)
    canvas.rotate(45)
    pane = size * 0.32
    for i, (dx, dy) in enumerate(((0, 0), (-1, 0), (0, -1), (-1, -1))):
        canvas.setFillColor(TEAL if i in (0, 3) else "#8fc1d4")
        canvas.rect(dx * pane + 1 * dx + 0.5, dy * pane + 1 * dy + 0.5, pane, pane, stroke=0, fill=1)
    canvas.restoreState()


class _Story:
    """Turns blocks into flowables."""

    def __init__(self, source: Source) -> None:
        header = source.header
        self.lang = header.get("lang", "fr")
        self.columns = int(header.get("columns", "1"))
        self.styles = make_styles(header.get("font", "serif"), 1)
        self.narrow = make_styles(header.get("font", "serif"), self.columns)
        self.current = self.styles

    def _paragraph(self, text: str, style: ParagraphStyle, **options: Any) -> Paragraph:
        soft = self.current is self.narrow and self.columns == 2 and style.name in {"p", "li"}
        return Paragraph(inline(text, lang=self.lang, soft=soft), style, **options)

    def flowables(self, block: Block) -> Iterator[Any]:
        """Yield the flowables of one block."""
        special: dict[str, Callable[[Block], Iterator[Any]]] = {
            "table": self._table,
            "fields": self._fields,
            "sign": self._sign,
            "figure": self._figure,
            "li": self._item,
            "h1": self._heading,
            "h2": self._heading,
            "toc": self._contents,
        }
        if block.kind in {"front", "body", "wide", "columns", "page"}:
            yield from self._turn(block.kind)
        elif block.kind == "space":
            yield Spacer(1, float(block.text) * mm)
        elif block.kind in special:
            yield from special[block.kind](block)
        else:
            yield self._paragraph(block.text, self.current[block.kind])

    def _turn(self, kind: str) -> Iterator[Any]:
        if kind == "page":
            yield PageBreak()
            return
        two = self.columns == 2 and kind in {"body", "columns"}
        self.current = self.narrow if two else self.styles
        yield NextPageTemplate("two" if two else "front" if kind == "front" else "body")
        yield PageBreak()

    def _heading(self, block: Block) -> Iterator[Any]:
        made = self._paragraph(block.text, self.current[block.kind])
        made.outline_level = int(block.kind[1]) - 1
        made.outline_text = plain(block.text, lang=self.lang)
        yield made

    def _item(self, block: Block) -> Iterator[Any]:
        mark, _, text = block.text.partition(" ")
        yield self._paragraph(text, self.current["li"], bulletText="•" if mark == "-" else mark)

    def _contents(self, _: Block) -> Iterator[Any]:
        contents = TableOfContents(dotsMinLevel=0)
        contents.tableStyle = TIGHT
        contents.levelStyles = [self.styles["toc0"], self.styles["toc1"]]
        yield contents

    def _table(self, block: Block) -> Iterator[Any]:
        widths, alignments, *caption = block.text.split(" ", 2)
        if caption:
            yield self._paragraph(caption[0], self.current["caption"])
        cells = [
            ParagraphStyle(f"cell-{mark}", self.current["cell"], alignment=ALIGNMENTS[mark]) for mark in alignments
        ]
        head = [self._paragraph(text, self.current["head"]) for text in block.rows[0]]
        rows = [
            [self._paragraph(text, style) for text, style in zip(row, cells, strict=True)] for row in block.rows[1:]
        ]
        yield Table([head, *rows], [f"{width}%" for width in widths.split(",")], repeatRows=1, style=RULED)
        yield Spacer(1, 9)

    def _fields(self, block: Block) -> Iterator[Any]:
        style = self.current["field"]
        rows = [[self._paragraph(text, style) for text in row] for row in block.rows]
        yield Table(rows, [f"{width}%" for width in block.text.split(",")], hAlign="LEFT", style=PLAIN)
        yield Spacer(1, 8)

    def _sign(self, block: Block) -> Iterator[Any]:
        cells = [self._paragraph(text.strip(), self.current["field"]) for text in block.text.split("|")]
        yield Spacer(1, 10)
        yield Table([cells], [f"{100 / len(cells):.2f}%"] * len(cells), hAlign="LEFT", style=PLAIN)

    def _figure(self, block: Block) -> Iterator[Any]:
        name, _, caption = block.text.partition(" ")
        drawing = FIGURES[name]()
        drawing.hAlign = "CENTER"
        yield drawing
        style = ParagraphStyle("figure-caption", self.current["caption"], spaceBefore=2, spaceAfter=9, keepWithNext=0)
        yield self._paragraph(caption, style)


def write(source: Source, path: Path) -> None:
    """Write one PDF; the same source gives the same bytes."""
    story = _Story(source)
    book = source.header["layout"] == "book"
    flowables: list[Any] = [] if book else [NextPageTemplate("body")]
    for block in source.blocks:
        flowables.extend(story.flowables(block))
    document = _Document(path, source)
    document.pageTemplates.sort(key=lambda template: template.id != ("cover" if book else "first"))
    document.multiBuild(flowables)
