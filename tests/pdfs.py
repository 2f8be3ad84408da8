"""Small PDFs for tests, made on the spot: each function writes one file and returns its path."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText, Text
from pypdf.constants import PageLabelStyle, UserAccessPermissions
from pypdf.generic import DecodedStreamObject, NameObject
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 595.0, 842.0
LEADING = 14.0


def draw_lines(canvas: Canvas, lines: Sequence[str], x: float = 60, top: float = 90, size: float = 10) -> None:
    """Write lines below each other; `top` is the baseline of the first, in points from the top."""
    canvas.setFont("Helvetica", size)
    for index, line in enumerate(lines):
        canvas.drawString(x, HEIGHT - top - index * LEADING, line)


def text(file: Path, pages: Sequence[Sequence[str]], title: str = "", head: str = "", numbered: bool = False) -> Path:
    """One page for each list of lines; `head` runs at the top of all, `numbered` puts "Page n" at the bottom."""
    canvas = Canvas(str(file), pagesize=(WIDTH, HEIGHT))
    if title:
        canvas.setTitle(title)
    for number, lines in enumerate(pages, 1):
        if head:
            draw_lines(canvas, [head], top=40, size=8)
        draw_lines(canvas, lines)
        if numbered:
            draw_lines(canvas, [f"Page {number}"], x=280, top=810, size=8)
        canvas.showPage()
    canvas.save()
    return file


def with_tiny_print(file: Path, lines: Sequence[str], tiny: Sequence[str]) -> Path:
    """A page of text, and below it some in type of 0.8 points, which nobody can read."""
    canvas = Canvas(str(file), pagesize=(WIDTH, HEIGHT))
    draw_lines(canvas, lines)
    draw_lines(canvas, tiny, top=400, size=0.8)
    canvas.save()
    return file


def two_columns(file: Path, left: Sequence[str], right: Sequence[str]) -> Path:
    """A page with two columns, written one after the other."""
    canvas = Canvas(str(file), pagesize=(WIDTH, HEIGHT))
    draw_lines(canvas, left, x=50)
    draw_lines(canvas, right, x=310)
    canvas.save()
    return file


def outlined(file: Path, headings: Sequence[str], body: Sequence[str]) -> Path:
    """One page a heading, in bold 14 pt and with a bookmark, labelled i, ii then 1, 2…; `body` in 10 pt below."""
    canvas = Canvas(str(file), pagesize=(WIDTH, HEIGHT))
    for number, heading in enumerate(headings):
        canvas.setFont("Helvetica-Bold", 14)
        canvas.drawString(60, HEIGHT - 60, heading)
        draw_lines(canvas, body)
        canvas.bookmarkPage(f"p{number}")
        canvas.addOutlineEntry(heading, f"p{number}", level=0)
        canvas.showPage()
    canvas.save()
    writer = PdfWriter(clone_from=file)
    writer.set_page_label(0, min(1, len(headings) - 1), style=PageLabelStyle.LOWERCASE_ROMAN)
    if len(headings) > 2:
        writer.set_page_label(2, len(headings) - 1, style=PageLabelStyle.DECIMAL)
    writer.write(file)
    return file


def rotated(file: Path, lines: Sequence[str], angle: int) -> Path:
    """A page of text with /Rotate."""
    text(file, [lines])
    writer = PdfWriter(clone_from=file)
    writer.pages[0].rotate(angle)
    writer.write(file)
    return file


def image_only(file: Path, pages: int = 1, words: str = "") -> Path:
    """Pages covered by a grey picture, as a scanner makes them; `words` are text on the last one, over a picture that
    covers its lower part only."""
    picture = io.BytesIO()
    Image.new("L", (120, 170), 200).save(picture, "PNG")
    canvas = Canvas(str(file), pagesize=(WIDTH, HEIGHT))
    for number in range(pages):
        last = bool(words) and number == pages - 1
        canvas.drawImage(ImageReader(picture), 0, 0, WIDTH, 0.7 * HEIGHT if last else HEIGHT)
        if last:
            draw_lines(canvas, [words])
        canvas.showPage()
    canvas.save()
    return file


def encrypted(file: Path, user_password: str) -> Path:
    """A page of text; an empty user password leaves only the owner's restriction (no copying)."""
    text(file, [["Texte derrière un mot de passe."]])
    writer = PdfWriter(clone_from=PdfReader(file))
    writer.encrypt(user_password, "proprietaire", algorithm="AES-256", permissions_flag=UserAccessPermissions.PRINT)
    writer.write(file)
    return file


def blank(file: Path, pages: int = 1) -> Path:
    """Pages without anything on them."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(WIDTH, HEIGHT)
    writer.write(file)
    return file


def broken(file: Path) -> Path:
    """The header of a PDF and nothing sound after it."""
    file.write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 9 0 R >>\nendobj\ntrailer << >>\n")
    return file


def bomb(file: Path, operators: int) -> Path:
    """A small file whose page holds `operators` text operators once unpacked."""
    writer = PdfWriter(clone_from=text(file, [["Un mot."]]))
    stream = DecodedStreamObject()
    stream.set_data(b"BT /F1 10 Tf 60 700 Td " + b"(abcdefghij) Tj " * operators + b"ET")
    page = writer.pages[0]
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    writer.write(file)
    return file


def with_hidden(file: Path, lines: Sequence[str], hidden: Sequence[str], how: str) -> Path:
    """A page of text, and `hidden` below it: "invisible" (render mode 3), "white", "transparent", "white on dark"
    (visible), or "layer": render mode 3 over a picture of the whole page, as OCR programs leave it."""
    canvas = Canvas(str(file), pagesize=(WIDTH, HEIGHT))
    if how == "layer":
        picture = io.BytesIO()
        Image.new("L", (120, 170), 200).save(picture, "PNG")
        canvas.drawImage(ImageReader(picture), 0, 0, WIDTH, HEIGHT)
    draw_lines(canvas, lines)
    if how == "white on dark":
        canvas.setFillGray(0.1)
        canvas.rect(50, HEIGHT - 460, 400, 80, stroke=0, fill=1)
    if how.startswith("white"):
        canvas.setFillGray(1)
    if how == "transparent":
        canvas.setFillAlpha(0)
    for index, line in enumerate(hidden):
        written = canvas.beginText(60, HEIGHT - 400 - index * LEADING)
        written.setFont("Helvetica", 10)
        written.setTextRenderMode(3 if how in ("invisible", "layer") else 0)
        written.textOut(line)
        canvas.drawText(written)
    canvas.save()
    return file


def printed_over(file: Path, words: str) -> Path:
    """A page covered by a grey picture, with text printed over it."""
    scan = PdfReader(image_only(file)).pages[0]
    writer = PdfWriter()
    page = writer.add_page(scan)
    page.merge_page(PdfReader(text(file.with_suffix(".text.pdf"), [[words]])).pages[0])
    writer.write(file)
    return file


def scanned(file: Path, lines: Sequence[str], size: float = 12) -> Path:
    """A page of text as a scanner at 200 dpi would send it: one picture, no text."""
    canvas = Canvas(str(file), pagesize=(WIDTH, HEIGHT))
    draw_lines(canvas, lines, size=size)
    canvas.save()
    with pypdfium2.PdfDocument(file) as document:
        picture = document[0].render(scale=200 / 72).to_pil()
    canvas = Canvas(str(file), pagesize=(WIDTH, HEIGHT))
    canvas.drawImage(ImageReader(picture), 0, 0, WIDTH, HEIGHT)
    canvas.save()
    return file


def filled_form(file: Path, lines: Sequence[str]) -> Path:
    """A page of lines beside which fields stand at x 150, 16 points high: the first filled with "Jeanne Martin", the
    second a choice that shows "Ouvrier", the third a password, the fourth hidden, the fifth a ticked box."""
    canvas = Canvas(str(file), pagesize=(WIDTH, HEIGHT))
    draw_lines(canvas, lines)
    form, y = canvas.acroForm, [HEIGHT - 93 - index * LEADING for index in range(5)]
    form.textfield(name="nom", value="Jeanne Martin", x=150, y=y[0], width=150, height=16)
    options = [("Ouvrier", "cat_3"), ("Cadre", "cat_9")]
    form.choice(name="categorie", value="cat_3", options=options, x=150, y=y[1], width=150, height=16)
    form.textfield(name="code", value="ouvretoi", x=150, y=y[2], width=150, height=16, fieldFlags="password")
    form.textfield(name="cache", value="invisible", x=150, y=y[3], width=150, height=16, annotationFlags="hidden")
    form.checkbox(name="case", checked=True, x=150, y=y[4], size=14)
    canvas.save()
    return file


def annotated(file: Path, lines: Sequence[str], typed: str, note: str, attachments: Sequence[str] = ()) -> Path:
    """A page of lines with `typed` put on it at 200 to 400 points from the left, 300 to 330 from the top, a comment
    that opens on a click, and attached files of these names."""
    writer = PdfWriter(clone_from=text(file, [lines]))
    writer.add_annotation(0, FreeText(text=typed, rect=(200, HEIGHT - 330, 400, HEIGHT - 300)))
    writer.add_annotation(0, Text(text=note, rect=(500, 500, 520, 520)))
    for name in attachments:
        writer.add_attachment(name, b"contenu")
    writer.write(file)
    return file


ODD_TEXT = "Le quorum est fixé au quart des membres."
_CATALOG = b"<< /Type /Catalog /Pages 2 0 R %s >>"
_PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
_PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
    b"/Resources << /Font << /F1 5 0 R >> /XObject << /X 6 0 R >> >> %s >>"
)
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
_SHOW = b"BT /F1 10 Tf 60 700 Td (" + ODD_TEXT.encode("cp1252") + b") Tj ET"


def _stream(data: bytes, keys: bytes = b"", length: int | None = None) -> bytes:
    size = len(data) if length is None else length
    return b"<< /Length %d %s >>\nstream\n" % (size, keys) + data + b"\nendstream"


def _raw(*objects: bytes, trailer: bytes = b"") -> bytes:
    """The bytes of a PDF with these objects, numbered from 1, the first being the catalogue."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        out + b"xref\n0 %d\n0000000000 65535 f \n" % size + table
        + b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, len(out))
    )  # fmt: skip


def odd(
    file: Path, *, catalog: bytes = b"", pages: bytes = _PAGES, page: bytes = b"", content: bytes | None = None,
    more: Sequence[bytes] = (), trailer: bytes = b"", before: bytes = b"", share: float = 1.0,
) -> Path:  # fmt: skip
    """A page that says `ODD_TEXT`, written byte by byte so that anything can be wrong with it.

    `catalog`, `page` and `trailer` are entries of these dictionaries, `pages` the page tree (object 2), `content` the
    stream of the page (object 4), `more` objects from 6 on; `before` stands before the header, and only the first
    `share` of the bytes is written.
    """
    objects = (_CATALOG % catalog, pages, _PAGE % page, content or _stream(_SHOW), _FONT, *more)
    data = before + _raw(*objects, trailer=trailer)
    file.write_bytes(data[: round(share * len(data))])
    return file


_FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X 6 0 R >> >>"
ODD: dict[str, tuple[dict[str, Any], str]] = {
    "as it should be": ({}, "added"),
    "two thousand million pages claimed": ({"pages": _PAGES.replace(b"/Count 1", b"/Count 2000000000")}, "added"),
    "a negative number of pages": ({"pages": _PAGES.replace(b"/Count 1", b"/Count -5")}, "added"),
    "a million pages claimed": ({"pages": _PAGES.replace(b"/Count 1", b"/Count 1000000")}, "partial"),
    "a page tree that holds itself": ({"pages": b"<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 2 >>"}, "partial"),
    "a page tree of nothing but itself": ({"pages": b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"}, "damaged"),
    "a box upside down": ({"page": b"/CropBox [595 842 0 0]"}, "added"),
    "a view beside the text": ({"page": b"/MediaBox [2000 2000 3000 3000]"}, "empty"),
    "a length that lies": ({"content": _stream(_SHOW, length=2_000_000_000)}, "added"),
    "a form in itself": ({"content": _stream(_SHOW + b" /X Do"), "more": [_stream(b"/X Do", _FORM)]}, "added"),
    "half a million states": ({"content": _stream(b"q " * 500_000 + _SHOW)}, "added"),
    "bookmarks in a ring": (
        {"catalog": b"/Outlines 6 0 R",
         "more": [b"<< /First 7 0 R /Last 7 0 R >>", b"<< /Title (A) /Parent 6 0 R /Next 7 0 R /First 7 0 R >>"]},
        "added",
    ),
    "labels in a ring, which crash PDFium": (
        {"catalog": b"/PageLabels 6 0 R", "more": [b"<< /Kids [6 0 R] /Limits [0 9] >>"]}, "partial"
    ),
    "attachments in a ring": (
        {"catalog": b"/Names << /EmbeddedFiles 6 0 R >>", "more": [b"<< /Kids [6 0 R 6 0 R] >>"]}, "added"
    ),
    "a script that runs for ever": ({"catalog": b"/OpenAction << /S /JavaScript /JS (while(1){}) >>"}, "added"),
    "a lock that nobody knows": (
        {"trailer": b"/Encrypt 6 0 R /ID [<00><00>]", "more": [b"<< /Filter /Acme.Secret /V 9 /R 9 >>"]}, "encrypted"
    ),
    "a lock with a certificate": (
        {"trailer": b"/Encrypt 6 0 R /ID [<00><00>]", "more": [b"<< /Filter /Adobe.PubSec /V 4 /R 4 >>"]}, "encrypted"
    ),
    "a form without pages of its own": (
        {"catalog": b"/NeedsRendering true /AcroForm << /Fields [] /XFA 6 0 R >>",
         "more": [_stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><template/></xdp:xdp>")]},
        "partial",
    ),
    "a kilobyte of something else first": ({"before": b"x" * 1_000}, "added"),
    "much of something else first": ({"before": b"x" * 5_000}, "not_pdf"),
    "half a download": ({"share": 0.5}, "damaged"),
    "a tail cut off": ({"share": 0.99}, "added"),
}  # fmt: skip
"""What `odd` is told for each oddity, and the status of the file."""
