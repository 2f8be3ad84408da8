"""What the admin is told of one file that was read: its status, and in French what is wrong and what to do. Pure.

Does *not* know how files are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.clean import is_hidden
from ingest.headings import title_of
from ingest.ocr import Engine, Missing
from ingest.raw import Heard, RawPage, Reading
from rag.settings import Settings
from rag.types import FileStatus

NAMES = 5
"""Attached files that are named in a message."""


def judge(heard: Heard, settings: Settings, engine: Engine) -> Reading:
    """Return the reading of a file; `engine` is what its pages without text were, or were not, recognised with."""
    without = tuple(page for page in heard.pages if page.lacks_text)
    numbers = {page.number for page in without}
    some_text = any(_says(page) for page in heard.pages if page.number not in numbers)
    status, message = _status(heard, without, some_text, settings, engine)
    remarks = _remarks(heard) if some_text or status == "empty" else ()
    title = title_of(heard.head.title, heard.pages[:1], heard.name)
    message = " ".join((message, *remarks)).strip()
    return Reading(status, title, heard.head.page_count, heard.pages, heard.head.outline, message)


def emptied(reading: Reading) -> Reading:
    """Return the reading of a file of whose text nothing is worth searching: signs without a word."""
    return replace(reading, status="empty", message=f"{_NO_WORDS_LEFT} {reading.message}".strip())


def _says(page: RawPage) -> bool:
    """Return whether a page has a line that a reader can see."""
    return any(not is_hidden(line, page) for line in page.lines)


def _status(
    heard: Heard, without: tuple[RawPage, ...], some_text: bool, settings: Settings, engine: Engine
) -> tuple[FileStatus, str]:
    unread = [page.number for page in heard.pages if page.over_picture and page.origin != "ocr"]
    lacking = _lacking([page.number for page in without], unread, settings, engine)
    read, total = len(heard.pages), heard.head.page_count
    if heard.broken is not None:
        why = _MESSAGES[heard.broken].format(settings)
        if not some_text:
            return heard.broken, why
        return "partial", f"Lu jusqu'à la page {read} sur {total} seulement. {why} {lacking}".strip()
    if heard.plain and some_text:
        return "partial", f"{_PLAIN} {lacking}".strip()
    if heard.head.dynamic:
        return "partial", f"{_DYNAMIC} {lacking}".strip()
    if read < total:
        return "partial", (
            f"Lu jusqu'à la page {read} sur {total} seulement : "
            f"augmentez le réglage read_pages ou découpez le fichier. {lacking}"
        ).strip()
    if some_text:
        return ("partial", lacking) if lacking else ("added", "")
    if not without:
        return "empty", _no_text(heard)
    if not any(page.readable for page in without):
        return "damaged", _MESSAGES["damaged"]
    return "needs_ocr", lacking


def _no_text(heard: Heard) -> str:
    if any(page.lines for page in heard.pages):
        return _NO_WORDS_LEFT
    return _NO_WORDS if any(page.origin == "ocr" for page in heard.pages) else _NO_TEXT


def _lacking(without: Sequence[int], unread: Sequence[int], settings: Settings, engine: Engine) -> str:
    """Say which pages have no text, and which have a picture under theirs; "" if there are none."""
    whats = []
    if without:
        whats.append(f"Page{'s' if len(without) > 1 else ''} {_ranges(without)} sans texte lisible")
    if unread:
        whats.append(f"Image sous le texte non lue (page {_ranges(unread)})")
    return f"{' ; '.join(whats)} : {_OCR[engine.missing].format(settings)}" if whats else ""


def _remarks(heard: Heard) -> Iterator[str]:
    """Yield what stands in the file and is not indexed, though nothing went wrong."""
    pages = heard.pages
    hidden = [page.number for page in pages if page.hidden or any(is_hidden(line, page) for line in page.lines)]
    if hidden:
        yield _HIDDEN.format(_ranges(hidden))
    wordless = [page.number for page in pages if page.origin == "ocr" and not page.lines]
    if wordless:
        yield f"Image sans texte reconnu (page {_ranges(wordless)})."
    noted = [page.number for page in pages if page.notes]
    if noted:
        yield f"Commentaires laissés de côté (page {_ranges(noted)})."
    attached = [*heard.head.attached, *(name for page in pages for name in page.attached)]
    names = list(dict.fromkeys(name for name in attached if name))
    if names:
        more = " …" if len(names) > NAMES else ""
        yield f"Pièces jointes non lues : {', '.join(names[:NAMES])}{more}."


def _ranges(numbers: Sequence[int]) -> str:
    """Return "1, 3-5" for 1, 3, 4, 5; the first ten ranges only."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    texts = [str(a) if a == b else f"{a}-{b}" for a, b in ranges[:10]]
    return ", ".join(texts) + (" …" if len(ranges) > 10 else "")


_NO_TEXT = "Aucune page ne contient de texte ni d'image : vérifiez que c'est le bon fichier."
_NO_WORDS_LEFT = "Aucun mot lisible dans le texte de ce fichier : ouvrez-le pour vérifier que c'est le bon."
_DYNAMIC = (
    "Formulaire dynamique (XFA), dont seul Adobe Reader montre le contenu : imprimez-le en PDF et remplacez le fichier."
)
_PLAIN = (
    "Le lecteur de PDF s'est arrêté sur ce fichier ; seul le texte imprimé a pu être lu, ni les champs remplis ni les"
    " signets : ouvrez-le et réenregistrez-le en PDF."
)
_HIDDEN = "Texte caché ignoré p. {} (invisible, blanc sur blanc, trop petit ou hors de la page) : vérifiez ce document."
_MESSAGES: dict[FileStatus, str] = {
    "encrypted": "Protégé par un mot de passe ou un certificat : enregistrez une copie sans protection dans le corpus.",
    "damaged": "PDF endommagé ou illisible : ouvrez-le et réenregistrez-le en PDF, ou demandez l'original.",
    "not_pdf": "Ce n'est pas un PDF malgré son nom : convertissez le document en PDF.",
    "empty": "Fichier vide ou sans page : copiez-le de nouveau dans le corpus.",
    "too_big": "Trop gros pour les limites ({0.file_megabytes} Mo de fichier, {0.read_megabytes} Mo de mémoire) : "
    "découpez le fichier ou augmentez file_megabytes ou read_megabytes.",
    "timeout": "Lecture arrêtée après {0.read_seconds} s : réenregistrez le PDF, découpez-le ou augmentez "
    "read_seconds.",
    "crashed": "Le lecteur de PDF s'est arrêté sur ce fichier : ouvrez-le et réenregistrez-le en PDF.",
}
_NO_WORDS = (
    "Aucun texte reconnu sur les images (OCR) : numérisez de nouveau, plus nettement (300 ppp), ou demandez l'original."
)
_OCR: dict[Missing, str] = {
    "": "page endommagée, ou reconnaissance de caractères de plus de {0.ocr_seconds} s ; demandez l'original ou "
    "augmentez ocr_seconds.",
    "off": "la reconnaissance de caractères est désactivée ; mettez le réglage ocr à auto.",
    "program": "installez la reconnaissance de caractères (sudo apt install tesseract-ocr tesseract-ocr-fra), "
    "puis relancez l'ingestion.",
    "french": "le français manque à la reconnaissance de caractères (sudo apt install tesseract-ocr-fra) ; "
    "installez-le, puis relancez l'ingestion.",
}
