"""Is that a PDF, by what it holds? The name of a file and what a browser says of it prove nothing."""

from __future__ import annotations

from typing import BinaryIO

from rag.errors import CorpusError
from ui.corpus.names import shown

HEAD = 1024  # bytes within which the header must stand (PDF 1.7 reference, appendix H, note 13)
HEADER = b"%PDF-"
# Archives, programs, pictures and pages that carry a PDF's header inside are something else all the same.
_OTHERS = (b"PK", b"MZ", b"\x7fELF", b"#!", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z", b"\x1f\x8b", b"<")


def require_pdf(stream: BinaryIO, name: str) -> None:
    """Look at the beginning of `stream`, and leave it there again.

    Raises:
        CorpusError: if that is not the beginning of a PDF.
    """
    stream.seek(0)
    head = stream.read(HEAD)
    stream.seek(0)
    if HEADER in head and not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_OTHERS):
        return
    name = shown(name)
    if not head:
        raise CorpusError(
            f"« {name} » est vide (0 octet) : le fichier s'est sans doute mal copié. Reprenez-le à sa source.",
            f"“{name}” is empty (0 bytes): it was probably not copied whole. Take it from its source again.",
        )
    raise CorpusError(
        f"« {name} » n'est pas un PDF malgré son nom : enregistrez le document en PDF, puis déposez-le de nouveau.",
        f"“{name}” is no PDF in spite of its name: save the document as PDF and drop it again.",
    )
