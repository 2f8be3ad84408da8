"""Models whose behaviour can be worked out by hand, and small real stores of plain texts."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from ingest.raw import RawLine, RawPage, Reading
from ingest.versions import find as find_versions
from rag import dense, lexical
from rag.documents import DocumentsWriter
from rag.ports import Health, Message, Piece, Vectors
from rag.retrieve import indexed_text, setting
from rag.settings import Settings
from rag.store import CHROMA, CURRENT, DOCUMENTS, FORMAT, LEXICAL, VECTORS, Manifest
from rag.text import fold, index_terms
from rag.types import Chunk, FileReport, Page, PageRef, Sentence, Source, group_of

DIMENSIONS = 64


class WordEmbedder:
    """Each word is one of 64 directions: texts with the same words are alike, with no word in common they are
    not (but for words that share a direction)."""

    id = "words"
    dimensions = DIMENSIONS
    max_tokens = 50

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return np.array([self.embed_question(text) for text in texts], dtype=np.float32).reshape(-1, DIMENSIONS)

    def embed_question(self, text: str) -> Vectors:
        vector = np.zeros(DIMENSIONS, dtype=np.float32)
        for word in re.findall(r"\w+", fold(text)):
            vector[zlib.crc32(word.encode()) % DIMENSIONS] += 1
        return vector / max(float(np.linalg.norm(vector)), 1e-9)


class ScriptedGenerator:
    """Says `text` in pieces of `size` characters whatever it is asked; keeps the prompts it got."""

    id = "scripted"

    def __init__(
        self, text: str, *, size: int = 5, context_tokens: int = 4096, finish: Literal["stop", "length"] = "stop"
    ) -> None:
        self.text = text
        self.size = size
        self.context_tokens = context_tokens
        self.finish = finish
        self.prompts: list[tuple[Message, ...]] = []
        self.limits: list[int] = []
        self.closed = 0

    def health(self) -> Health:
        return Health("ready", 0.0)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.text.split()) for message in messages)

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[Piece]:
        self.prompts.append(tuple(messages))
        self.limits.append(max_tokens)
        try:
            for start in range(0, len(self.text), self.size):
                yield Piece(self.text[start : start + self.size])
            yield Piece("", self.finish)
        finally:
            self.closed += 1


class Contradicting:
    """An entailer that objects to each claim that holds `word`; notes what it was asked."""

    id = "contradicting"

    def __init__(self, word: str) -> None:
        self.word = word
        self.asked: list[tuple[str, str]] = []

    def contradicts(self, premise: str, hypothesis: str) -> bool:
        self.asked.append((premise, hypothesis))
        return self.word in hypothesis


def page_ref(path: str = "statuts.pdf", number: int = 1, title: str = "") -> PageRef:
    """Return an A4 page of a file whose version hashes its path."""
    source = Source(path, hashlib.sha256(path.encode()).hexdigest(), title or Path(path).stem)
    return PageRef(source, number, str(number), 595.0, 842.0)


def sentence(text: str, page: PageRef | None = None, start: int = 0) -> Sentence:
    """Return a sentence that stands at `start` of its page, in one box."""
    return Sentence(page or page_ref(), start, start + len(text), text, ((50.0, 50.0, 300.0, 62.0),))


def chunk_of(text: str, page: PageRef, begins: int = 0) -> Chunk:
    """Return a page, or the part of it that `begins` there, as one chunk: each line a sentence; a first line without
    a full stop is also its heading."""
    lines = list(re.finditer(r"[^\n]+", text))
    heading = () if lines[0].group().endswith(".") else (lines[0].group(),)
    sentences = tuple(sentence(line.group(), page, begins + line.start()) for line in lines)
    id_ = hashlib.sha256(f"{page.source.path}\0{page.number}\0{text}".encode()).hexdigest()
    return Chunk(id_, page, sentences, heading, text[lines[0].start() : lines[-1].end()])


def chunks_of(text: str, page: PageRef) -> list[Chunk]:
    """Return the chunks of a page, which form feeds part."""
    parts = re.finditer(r"[^\f]+", text)
    return [chunk_of(part.group(), page, part.start()) for part in parts]


def make_store(folder: Path, documents: Mapping[str, Sequence[str]], generation: str = "gen-1") -> Path:
    """Write a generation of `documents` (path to the text of each page) into the store `folder`, make it the live
    one, and return its folder. A page is one chunk, as in `chunk_of`, or several that a form feed parts; an empty page
    has none. Versions are found as an ingestion does."""
    target = folder / generation
    target.mkdir(parents=True)
    writer = DocumentsWriter(target / DOCUMENTS)
    chunks: list[Chunk] = []
    for path, texts in documents.items():
        pages = [Page(page_ref(path, number), text, ()) for number, text in enumerate(texts, 1)]
        own = [chunk for page in pages for chunk in chunks_of(page.text, page.ref)]
        source = page_ref(path).source
        writer.add_source(source, pages, own)
        writer.add_report(FileReport(path, source.sha256, "added", len(pages), len(own), 0, len(own)))
        chunks += own
    writer.add_editions(find_versions([page_ref(path).source for path in documents], writer.texts))
    writer.close()
    embedder = WordEmbedder()
    vectors = embedder.embed_passages([indexed_text(chunk) for chunk in chunks])
    np.save(target / VECTORS, vectors)
    dense.build(
        target / CHROMA, [chunk.id for chunk in chunks], vectors, [group_of(chunk.page.source.path) for chunk in chunks]
    )
    lexical.build(target / LEXICAL, (index_terms(setting(chunk), chunk.text) for chunk in chunks))
    pages_total = sum(len(texts) for texts in documents.values())
    Manifest(
        FORMAT, generation, "2025-01-01T00:00:00Z", embedder.id, DIMENSIONS, "pages", len(documents), pages_total,
        len(chunks),
    ).write(target)  # fmt: skip
    (folder / CURRENT).write_text(f"{generation}\n", encoding="ascii")
    return target


def reading_of(file: Path, _: Settings) -> Reading:
    """Read a text file as if it were a PDF, in the place of `ingest.read.read_pdf`: a form feed ends a page."""
    pages = file.read_text(encoding="utf-8").split("\f")
    raw = tuple(_raw_page(number, page.splitlines()) for number, page in enumerate(pages, 1))
    return Reading("added", file.stem, len(raw), raw, (), "")


def readings_of(files: Iterable[Path | None], settings: Settings, *_: object) -> Iterator[Reading | None]:
    """Stand in for `ingest.read.read_ahead` with `reading_of`."""
    return (reading_of(file, settings) if file else None for file in files)


def _raw_page(number: int, lines: Sequence[str]) -> RawPage:
    rows = []
    for row, text in enumerate(lines):
        top = 200.0 + 14 * row  # below where running heads are looked for
        words = tuple((word, 60.0 + 30 * place, 85.0 + 30 * place) for place, word in enumerate(text.split()))
        rows.append(RawLine(words, top, top + 10, 10.0, bold=False, hyphen=False))
    return RawPage(number, str(number), 595.0, 842.0, 0.0, tuple(rows))
