"""Reads the small markup of `texts/*.txt` into blocks.

Knows the markup; does not know fonts, pages or PDF. The file opens with `key: value` lines up to a blank line:
title, subject, date (ISO), running (running head), ref (reference in the footer), layout (book or letter),
columns (1 or 2), font (serif or sans), lang (fr or en). Then, separated by blank lines:

    # Heading        ## Sub-heading     ### Run-in heading
    - bullet         1. numbered item   > boxed note
    @kind text       display text (kicker, title, subtitle, right, small)
    !order argument  front, body, wide, columns, page, toc, figure, sign, table, fields
    | a | b |        rows, below `!table widths alignments caption` or `!fields widths`
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

_ITEM = re.compile(r"(- |\d+\. )")


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a document: `kind` names it, `rows` is empty but for tables."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed text: its header and its blocks."""

    name: str
    header: dict[str, str]
    blocks: tuple[Block, ...] = field(default=())


def read(path: Path) -> Source:
    """Parse one file; raises ValueError on a header line without a colon."""
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    header = {}
    for line in head.splitlines():
        key, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"{path.name}: header line without a colon: {line!r}")
        header[key.strip()] = value.strip()
    paragraphs = [part for part in re.split(r"\n\s*\n", body) if part.strip()]
    return Source(path.stem, header, tuple(block for part in paragraphs for block in _blocks(part.strip("\n"))))


def _blocks(part: str) -> list[Block]:
    lines = part.splitlines()
    first = lines[0]
    if first.startswith("!"):
        kind, _, argument = first[1:].partition(" ")
        rows = tuple(tuple(cell.strip() for cell in line.strip("| ").split("|")) for line in lines[1:])
        return [Block(kind, argument.strip(), rows)]
    if first.startswith("@"):
        kind, _, text = " ".join(line.strip() for line in lines)[1:].partition(" ")
        return [Block(kind, text.strip())]
    if heading := re.match(r"(#{1,3}) ", first):
        rest = " ".join(lines)
        return [Block(f"h{len(heading.group(1))}", rest[heading.end() :].strip())]
    if first.startswith("> "):
        return [Block("note", " ".join(line.removeprefix("> ").strip() for line in lines))]
    if _ITEM.match(first):
        return _items(lines)
    return [Block("p", " ".join(line.strip() for line in lines))]


def _items(lines: list[str]) -> list[Block]:
    items: list[list[str]] = []
    for line in lines:
        if _ITEM.match(line):
            items.append([line.strip()])
        else:
            items[-1].append(line.strip())
    return [Block("li", " ".join(item)) for item in items]
