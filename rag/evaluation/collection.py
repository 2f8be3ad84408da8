"""Loose passages to a small generation in a temporary folder, so that they are searched by the product's own code.

A passage is a source of one page; its text is cut into runs of whole sentences that fit the embedder, as ingestion
does with a section, but by a plain rule: there is no layout here to know better. The ingestion is not known here.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

import numpy as np

from rag import dense, lexical
from rag.documents import DocumentsWriter
from rag.evaluation.items import LoosePassage
from rag.ports import Embedder
from rag.retrieve import setting
from rag.store import CHROMA, DOCUMENTS, FORMAT, LEXICAL, VECTORS, Generation, Manifest
from rag.text import index_terms
from rag.types import Chunk, Page, PageRef, Passage, Sentence, Source

Document = tuple[Sequence[Page], Sequence[Chunk]]
"""All pages of a source, and its chunks."""
Parts = Callable[[Chunk], tuple[str, str]]
"""A chunk's setting (title, headings) and its own text."""

_SENTENCE = re.compile(r"\S[^\n]*?(?:[.!?…]+(?=\s)|(?=\n|\Z))")
# A4, in points: a loose passage has no page to be shown on
_WIDTH, _HEIGHT = 595.0, 842.0


@contextmanager
def collection(passages: Iterable[LoosePassage], embedder: Embedder, limit: int) -> Iterator[Generation]:
    """Give a generation of `passages`, in chunks of at most `limit` tokens, for the length of a `with` block."""
    sources = [_source(passage, embedder, limit) for passage in passages]
    with (
        tempfile.TemporaryDirectory(prefix="greffier-") as folder,
        closing(written(Path(folder) / "gen-passages", sources, embedder)) as generation,
    ):
        yield generation


def pids(passages: Iterable[Passage]) -> list[str]:
    """Return which loose passages were found, best first, each once."""
    return list(dict.fromkeys(unquote(passage.chunk.page.source.path) for passage in passages))


def setting_and_text(chunk: Chunk) -> tuple[str, str]:
    """Return the two parts of a chunk that are indexed and embedded, as ingestion does."""
    return setting(chunk), chunk.text


def written(
    folder: Path, sources: Sequence[Document], embedder: Embedder, parts_of: Parts = setting_and_text
) -> Generation:
    """Write sources, their pages and chunks, as a generation into `folder`, a new one, and open it."""
    folder.mkdir()
    chunks = [chunk for _, own in sources for chunk in own]
    parts = [parts_of(chunk) for chunk in chunks]
    with closing(DocumentsWriter(folder / DOCUMENTS)) as writer:
        for pages, own in sources:
            writer.add_source(pages[0].ref.source, pages, own)
    vectors = embedder.embed_passages(["\n".join(part) for part in parts])
    np.save(folder / VECTORS, vectors)
    lexical.build(folder / LEXICAL, (index_terms(*part) for part in parts))
    dense.build(folder / CHROMA, [chunk.id for chunk in chunks], vectors, [None] * len(chunks))
    count = sum(len(pages) for pages, _ in sources)
    Manifest(
        FORMAT, folder.name, "", embedder.id, embedder.dimensions, "passages", len(sources), count, len(chunks)
    ).write(folder)
    return Generation(folder)


def _source(passage: LoosePassage, embedder: Embedder, limit: int) -> Document:
    text = unicodedata.normalize("NFC", passage.text)
    # a slash would make the path's first part a reading group
    source = Source(quote(passage.pid, safe=""), hashlib.sha256(text.encode()).hexdigest(), passage.title)
    page = Page(PageRef(source, 1, None, _WIDTH, _HEIGHT), text, ())
    sentences = [Sentence(page.ref, m.start(), m.end(), m.group(), ()) for m in _SENTENCE.finditer(text)]
    counts = embedder.count_tokens([passage.title, *(sentence.text for sentence in sentences)])
    runs = _runs(sentences, counts[1:], max(1, min(limit, embedder.max_tokens) - counts[0]))
    return [page], tuple(_chunk(text, run) for run in runs)


def _runs(sentences: Sequence[Sentence], counts: Sequence[int], room: int) -> Iterator[tuple[Sentence, ...]]:
    run: list[Sentence] = []
    used = 0
    for sentence, count in zip(sentences, counts, strict=True):
        if run and used + count > room:
            yield tuple(run)
            run, used = [], 0
        run.append(sentence)
        used += count
    if run:
        yield tuple(run)


def _chunk(text: str, sentences: tuple[Sentence, ...]) -> Chunk:
    start, end, page = sentences[0].start, sentences[-1].end, sentences[0].page
    id_ = hashlib.sha256(f"{page.source.path}\0{start}\0{end}\0{text[start:end]}".encode()).hexdigest()
    return Chunk(id_, page, sentences, (), text[start:end])
