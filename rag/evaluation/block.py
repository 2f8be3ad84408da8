"""Tables in a document: a command fills the block it is told to, and stands in it. Knows no measure."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from rag.console import Parser
from rag.errors import QuestionError
from rag.files import read_text, write_text

# Where a result goes, or what makes it come sooner, is no part of how it was made.
_ASIDE = ("--write", "--block", "--output", "--cache", "--work")


def add_options(parser: Parser | argparse.ArgumentParser) -> None:
    """Declare the options that name a block."""
    parser.add_argument("--write", type=Path, metavar="FICHIER", help="remplir un bloc d'un document Markdown")
    parser.add_argument("--block", metavar="NOM", help="bloc à remplir : <!-- evaluate: NOM -->")


def check(options: argparse.Namespace) -> None:
    """Check that the options go together.

    Raises:
        QuestionError: if one lacks the other.
    """
    if bool(options.write) != bool(options.block):
        raise QuestionError(
            "--write et --block vont ensemble : donnez les deux.", "--write and --block go together: give both."
        )


def command(module: str, arguments: Sequence[str]) -> str:
    """Return the command line that makes a result."""
    kept: list[str] = []
    left = iter(arguments)
    for argument in left:
        if argument in _ASIDE:
            next(left, None)
        else:
            kept.append(argument)
    return shlex.join(["python", "-m", module, *kept])


def fill(options: argparse.Namespace, text: str, typed: str) -> None:
    """Fill the block that the options name, if they name one.

    Raises:
        QuestionError: if the document cannot be read or written, or has no such block.
    """
    if options.write:
        write_text(options.write, replaced(read_text(options.write), options.block, text, typed))


def replaced(document: str, block: str, text: str, typed: str) -> str:
    """Return the Markdown `document` with its block filled: what stands from `<!-- evaluate: NAME -->` to
    `<!-- end -->`. The command that made it stands in it.

    Raises:
        QuestionError: if the document has no such block, or several.
    """
    begin, end = f"<!-- evaluate: {block} -->", "<!-- end -->"
    pattern = re.compile(re.escape(begin) + r".*?" + re.escape(end), re.DOTALL)
    found = pattern.findall(document)
    if len(found) != 1:
        raise QuestionError(
            f"Le document doit avoir une fois « {begin} » et « {end} » ({len(found)} trouvé).",
            f"The document must have “{begin}” and “{end}” once ({len(found)} found).",
        )
    filled = f"{begin}\n`{typed}`\n\n{text}\n{end}"
    return pattern.sub(lambda _: filled, document)
