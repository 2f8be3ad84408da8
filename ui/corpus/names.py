"""Names that a file or a folder of the corpus may get from a browser. Pure: knows no disk.

Everything that could lead elsewhere or deceive a reader is refused with a sentence, never quietly changed; only the
spelling of accents is (NFC), as identities of files are.
"""

from __future__ import annotations

import re
import unicodedata

from rag.errors import CorpusError

LONGEST = 150  # characters of a name
LONGEST_BYTES = 240  # of its UTF-8: file systems allow 255, and the hidden name while it is written is longer
DEEPEST = 4  # folders inside each other
# What file shares of other systems do not take, and separators
_FORBIDDEN = re.compile(r'[<>:"|?*/\\]')
# Controls, formatting (directions of writing, invisible joiners), private use, halves of characters, separators
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_SPACES = re.compile(r"\s")


def file_name(raw: str) -> str:
    """Return the name that an uploaded file gets.

    Raises:
        CorpusError: if it is no name that the corpus can hold.
    """
    name = _checked(raw)
    if not name.lower().endswith(".pdf") or len(name) <= len(".pdf"):
        raise _refused(raw, "il doit finir par .pdf", "it must end in .pdf")
    return name


def folder_path(raw: str) -> str:
    """Return the path, relative to the corpus and with `/`, of a folder that an admin names; "" for the corpus itself.

    Raises:
        CorpusError: if a part of it is no name that the corpus can hold, or it lies too deep.
    """
    parts = [part for part in raw.strip().strip("/").split("/") if part] if raw.strip() else []
    if len(parts) > DEEPEST:
        raise _refused(raw, f"{DEEPEST} dossiers l'un dans l'autre au plus", f"at most {DEEPEST} folders deep")
    return "/".join(_checked(part) for part in parts)


def key(name: str) -> str:
    """Return what two names share that some file system takes for one: capitals and accents' spelling put aside."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())


def _checked(raw: str) -> str:
    name = unicodedata.normalize("NFC", raw).strip(" ")
    if any(unicodedata.category(char) in _INVISIBLE for char in name):
        raise _refused(raw, "il contient un caractère invisible", "it has an invisible character")
    if _FORBIDDEN.search(name):
        raise _refused(raw, 'les signes < > : " | ? * / \\ ne sont pas permis', 'no < > : " | ? * / \\ in it')
    if not name.strip(". ") or name.startswith((".", "~$")) or name.endswith("."):
        raise _refused(raw, "il ne doit ni commencer ni finir par un point", "no dot at its beginning or end")
    if len(name) > LONGEST or len(name.encode("utf-8")) > LONGEST_BYTES:
        raise _refused(raw, f"{LONGEST} caractères au plus", f"at most {LONGEST} characters")
    return _SPACES.sub(" ", name)


def shown(raw: str) -> str:
    """Return a name that came from outside so that it can stand in a sentence: short, nothing invisible in it."""
    plain = "".join("\ufffd" if unicodedata.category(char) in _INVISIBLE else char for char in raw)
    return plain if len(plain) <= 80 else f"{plain[:79]}…"


def _refused(raw: str, fr: str, en: str) -> CorpusError:
    name = shown(raw)
    return CorpusError(
        f"Le nom « {name} » n'est pas accepté : {fr}. Renommez, puis recommencez.",
        f"The name “{name}” is not accepted: {en}. Rename it and try again.",
    )
