"""Turns a PDF into what a tired office scanner makes of it: grey, tilted, speckled pictures without text.

Knows pypdfium2, Pillow and reportlab's canvas; does not know the documents.
"""

import io
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from .layout import AUTHOR, DISCLAIMER, HEIGHT, WIDTH, set_date
from .markup import Source

DPI = 150
PAPER, NOISE, QUALITY = 246, 4.0, 38
TILTS = (0.55, -0.4)
SEED = 2025


def replace_by_pictures(path: Path, source: Source) -> None:
    """Rewrite the PDF at `path` so that each page is one greyscale JPEG."""
    rng = np.random.default_rng(SEED)
    with pdfium.PdfDocument(path) as document:
        pages = [page.render(scale=DPI / 72, grayscale=True).to_pil() for page in document]
    pictures = [_scan(page, TILTS[i % len(TILTS)], rng) for i, page in enumerate(pages)]
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), invariant=1)
    canvas.setTitle(source.header["title"])
    canvas.setAuthor(AUTHOR)
    canvas.setSubject(source.header["subject"])
    canvas.setCreator("tests.sample.build")
    canvas.setKeywords(DISCLAIMER["fr"])
    set_date(canvas, source.header["date"])
    for picture in pictures:
        canvas.drawImage(ImageReader(io.BytesIO(picture)), 0, 0, WIDTH, HEIGHT)
        canvas.showPage()
    canvas.save()


def _scan(page: Image.Image, tilt: float, rng: np.random.Generator) -> bytes:
    tilted = page.convert("L").rotate(tilt, resample=Image.Resampling.BICUBIC, fillcolor=255)
    grey = np.asarray(tilted, dtype=np.float32) * (PAPER / 255)
    shadow = np.linspace(-9, 0, grey.shape[1], dtype=np.float32)[None, :]
    noisy = grey + shadow + rng.normal(0, NOISE, grey.shape).astype(np.float32)
    picture = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(picture, "JPEG", quality=QUALITY, dpi=(DPI, DPI))
    return picture.getvalue()
