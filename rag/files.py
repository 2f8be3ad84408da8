"""Files: text and JSON that a person hands to a command, said in one line when they cannot be read; and their hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.errors import QuestionError


def read_text(file: Path) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark.

    Raises:
        QuestionError: if it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(
            f"Impossible de lire {file} ({error}). Vérifiez le chemin et l'encodage UTF-8.",
            f"Cannot read {file} ({error}). Check the path and the UTF-8 encoding.",
        ) from error


def read_json(file: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        QuestionError: if it cannot be read or is not JSON.
    """
    try:
        return json.loads(read_text(file))
    except ValueError as error:
        raise QuestionError(f"{file} n'est pas du JSON : {error}.", f"{file} is not JSON: {error}.") from error


def read_lines(file: Path) -> Iterator[tuple[int, Any]]:
    """Yield each line of a JSON-lines file that is not blank, with its number from 1; None where it is not JSON.

    Raises:
        QuestionError: if the file cannot be read.
    """
    # not splitlines(): JSON may hold U+2028 and the like as they are, and they end no line there
    for number, line in enumerate(read_text(file).split("\n"), 1):
        if line.strip():
            yield number, _parsed(line)


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of the bytes of `file`, in hexadecimal. Raises OSError if it cannot be read."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def write_text(file: Path, text: str) -> None:
    """Write a UTF-8 file.

    Raises:
        QuestionError: if it cannot be written.
    """
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise unwritable(file, error) from error


def unwritable(file: Path, error: OSError) -> QuestionError:
    """Return what to say of an output file that cannot be written."""
    return QuestionError(
        f"Impossible d'écrire {file} : {error.strerror}. Choisissez un autre fichier de sortie.",
        f"Cannot write {file}: {error.strerror}. Choose another output file.",
    )
