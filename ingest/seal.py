"""What a generation's files were when it was built: sizes and hashes, so that a later damage is seen.

Chroma writes a little to its own files each time it opens them, so of these only a loss is told, by size. Knows
nothing of what the files hold.
"""

from __future__ import annotations

import json
from pathlib import Path

from rag.errors import StoreDamaged
from rag.files import sha256_of
from rag.store import CHROMA

SEAL = "files.json"


def seal(folder: Path) -> None:
    """Record the files of a generation, before its manifest is written."""
    files = {
        path.relative_to(folder).as_posix(): [path.stat().st_size, "" if _is_chroma(path, folder) else sha256_of(path)]
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    (folder / SEAL).write_text(json.dumps(files, indent=1), encoding="utf-8")


def check_seal(folder: Path, *, hashes: bool) -> None:
    """Compare the files of a generation with what was recorded: their sizes (milliseconds), with `hashes` all bytes.

    Raises:
        StoreDamaged: naming the first file that is not as it was, or the record itself.
    """
    try:
        files = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        for name, (size, sha256) in files.items():
            path = folder / name
            found = path.stat().st_size
            if found < size or (found != size and not _is_chroma(path, folder)):
                raise _damaged(name)
            if hashes and sha256 and sha256_of(path) != sha256:
                raise _damaged(name)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise _damaged(str(error)) from error


def _is_chroma(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder / CHROMA)


def _damaged(what: str) -> StoreDamaged:
    return StoreDamaged(f"fichier endommagé : {what}", f"damaged file: {what}")
