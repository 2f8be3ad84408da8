"""A long journal in two columns whose reading order is known: articles with headings and tables across the columns,
footnotes, a running head and page numbers. Made on the spot, the same each time."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 595.0, 842.0
LEFT, GUTTER, COLUMN = 50.0, 15.0, 240.0
TOP, FOOT = 780.0, 110.0
LEADING, SIZE = 12.0, 10.0
FONT, BOLD = "Times-Roman", "Times-Bold"
HEAD = "Bulletin de la fédération des vitriers"

_WHO = "Le salarié|L'employeur|La commission|Le conseil|Chaque adhérent|Le syndicat|La branche|Un apprenti".split("|")
_DOES = "reçoit|examine|conteste|transmet|approuve|demande|conserve|publie|renouvelle|signe".split("|")
_WHAT = (
    "la prime de panier|le relevé des heures|la convention révisée|un avis motivé|le barème des salaires|"
    "la liste des candidats|les frais de déplacement|le contrat de formation|le procès-verbal de séance"
).split("|")
_WHEN = (
    "avant la fin du mois|au premier janvier|dans un délai de huit jours|après accord des parties|"
    "sans autre formalité|lorsque le quorum est atteint|pendant toute la durée du chantier|sur simple demande"
).split("|")
_PLACES = "Lyon Nantes Lille Rennes Dijon Nancy Tours Metz Pau Brest Nice Caen".split()


@dataclass(slots=True)
class Journal:
    """What the pages say: each article as one text, and apart from these headings, notes and rows of tables."""

    articles: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    pages: int = 0


def write(file: Path, pages: int, *, across: bool) -> Journal:
    """Write at least `pages` pages. With `across`, the lines of both columns are drawn in turn, row by row; without,
    the left column is drawn first."""
    chance = random.Random(7)
    press = _Press(Canvas(str(file), pagesize=(WIDTH, HEIGHT)), across)
    journal = press.journal
    while journal.pages < pages:
        number = len(journal.articles) + 1
        heading = f"Article {number} Des règles applicables à {chance.choice(_PLACES)} et dans sa région"
        text = " ".join(_sentences(chance, chance.randint(25, 90)))
        journal.headings.append(heading)
        journal.articles.append(text)
        press.heading(heading)
        press.columns(simpleSplit(text, FONT, SIZE, COLUMN))
        if number % 3 == 0:
            press.table(
                [(f"{city} {number}", "Ouvrier", f"{chance.randint(1500, 2900)} euros") for city in _PLACES[:5]]
            )
    press.close()
    return journal


def _sentences(chance: random.Random, count: int) -> Iterator[str]:
    for _ in range(count):
        parts = [chance.choice(_WHO), chance.choice(_DOES), chance.choice(_WHAT), chance.choice(_WHEN)]
        if chance.random() < 0.5:
            parts.append(f"à {chance.choice(_PLACES)}, et {chance.choice(_DOES)} {chance.choice(_WHAT)}")
        yield " ".join(parts) + f" sous le numéro {chance.randint(10_000, 99_999)}."


class _Press:
    """Sets what comes down the pages."""

    def __init__(self, canvas: Canvas, across: bool) -> None:
        self.journal = Journal()
        self._canvas = canvas
        self._across = across
        self._notes = _sentences(random.Random(11), 1_000)
        self._y = TOP
        self._open()

    def close(self) -> None:
        self._end()
        self._canvas.save()

    def heading(self, text: str) -> None:
        if self._y < FOOT + 12 * LEADING:
            self._turn()
        self._y -= 10
        self._put(LEFT, self._y, text, BOLD, 13)
        self._y -= 22

    def columns(self, lines: Sequence[str]) -> None:
        while lines:
            room = int((self._y - FOOT) / LEADING) + 1
            left = min(room, -(-len(lines) // 2))
            right = min(room, len(lines) - left)
            self._set(lines[:left], lines[left : left + right], last=left + right == len(lines))
            lines = lines[left + right :]
            self._y -= left * LEADING
            if lines:
                self._turn()

    def table(self, rows: Sequence[tuple[str, ...]]) -> None:
        if self._y < FOOT + (len(rows) + 3) * 16:
            self._turn()
        self._y -= 12
        rows = [("Ville", "Emploi", "Salaire minimal"), *rows]
        for row in rows:
            for x, cell in zip((LEFT, 230, 400), row, strict=True):
                self._put(x, self._y, cell, FONT, SIZE)
            self._y -= 16
        self.journal.rows += [" ".join(row) for row in rows]

    def _set(self, left: Sequence[str], right: Sequence[str], *, last: bool) -> None:
        sides = [
            [(LEFT + side * (COLUMN + GUTTER), self._y - row * LEADING, text) for row, text in enumerate(lines)]
            for side, lines in enumerate((left, right))
        ]
        end = sides[1][-1] if sides[1] else sides[0][-1]
        order = [each for pair in zip_longest(*sides) for each in pair] if self._across else sides[0] + sides[1]
        for line in order:
            if line is not None:
                self._justified(*line, full=not (last and line == end))

    def _justified(self, x: float, y: float, text: str, *, full: bool) -> None:
        spare = COLUMN - stringWidth(text, FONT, SIZE)
        self._canvas.setFont(FONT, SIZE)
        self._canvas.drawString(x, y, text, wordSpace=spare / max(1, text.count(" ")) if full else 0)

    def _open(self) -> None:
        self.journal.pages += 1
        self._put(LEFT, HEIGHT - 35, HEAD, FONT, 8)
        self._y = TOP

    def _end(self) -> None:
        number = self.journal.pages
        note = f"({number}) {next(self._notes)}"
        self._canvas.line(LEFT, 88, LEFT + 100, 88)
        self._put(LEFT, 76, note, FONT, 7)
        self.journal.notes.append(note)
        self._put(WIDTH / 2, 35, str(number), FONT, 8)

    def _turn(self) -> None:
        self._end()
        self._canvas.showPage()
        self._open()

    def _put(self, x: float, y: float, text: str, font: str, size: float) -> None:
        self._canvas.setFont(font, size)
        self._canvas.drawString(x, y, text)
