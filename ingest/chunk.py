"""Sentences to chunks within pages, headings and the embedder's limit: the only importer of langchain's splitters.

The splitters are run over the *numbers* of sentences (or words), with a length function that looks up token counts,
so offsets stay exact and no text has to be searched for. Does *not* know which embedder counts, nor the store.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.headings import Heading, follow
from ingest.sentences import cut, split
from ingest.tables import Head, tables
from rag.types import Chunk, Page, PageRef, Sentence

Counter = Callable[[Sequence[str]], list[int]]
HEADING_SHARE = 0.3
"""Most of the limit that title and headings may take; the outermost headings give way first."""
HEAD_ROW_SHARE = 0.4
"""Most of what is left for text that a repeated head row may take; a longer one is not repeated."""
HEADING_CHARACTERS = 160
SMALLEST = 16
"""Tokens; a limit that leaves less for text than this is a mistake of the settings."""


@dataclass(frozen=True, slots=True)
class _Section:
    """A run of sentences of one page under one heading path; `heads` has the head row that goes with each, or ""."""

    page: Page
    path: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    heads: tuple[str, ...]


def chunk_id(page: PageRef, start: int, end: int, text: str) -> str:
    """Return the id of a chunk: a hash of path, version, page, span and text."""
    parts = (page.source.path, page.source.sha256, str(page.number), str(start), str(end), text)
    return "c1:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def chunk(
    pages: Sequence[Page], headings: Sequence[Heading], count_tokens: Counter, limit: int, overlap: int
) -> tuple[Chunk, ...]:
    """Return the chunks of one document, in reading order; each holds whole sentences of one page and one section.

    Args:
        pages: all pages of the document.
        headings: of all pages, in reading order.
        count_tokens: lengths of texts in the embedder's tokens; called four times at most.
        limit: longest chunk in tokens, title and headings included. A sentence that is longer is cut at words.
        overlap: tokens of whole sentences repeated between neighbours of one section.

    Raises:
        ValueError: if `limit` is below 16 tokens or `overlap` not below it.
    """
    if limit < SMALLEST or not 0 <= overlap < limit:
        raise ValueError(f"limit {limit} (at least {SMALLEST}) and overlap {overlap} (below it) do not go together")
    sections = list(_sections(pages, headings))
    lengths = _Lengths(count_tokens)
    paths, rooms = _fit_paths(sections, lengths, limit)
    sections = _fit_sentences(sections, rooms, lengths)
    texts = [sentence.text for section in sections for sentence in section.sentences]
    counts = lengths.of([*texts, *(head for section in sections for head in section.heads)])
    chunks = []
    for section, path, room in zip(sections, paths, rooms, strict=True):
        sizes = [counts[sentence.text] for sentence in section.sentences]
        runs = _merge(sizes, room, min(overlap, room - 1))
        cost = max((counts[head] + 1 for run in runs if (head := section.heads[run[0]])), default=0)
        if cost > HEAD_ROW_SHARE * room or cost + max(sizes) > room:
            section = replace(section, heads=("",) * len(sizes))
        elif cost:
            runs = _merge(sizes, room - cost, min(overlap, room - cost - 1))
        chunks += [_chunk(section, path, run) for run in runs]
    return tuple(chunks)


def _sections(pages: Sequence[Page], headings: Sequence[Heading]) -> Iterator[_Section]:
    path: list[Heading] = []
    by_page: defaultdict[int, list[Heading]] = defaultdict(list)
    for heading in headings:
        by_page[heading.page].append(heading)
    last: Head | None = None
    for page in pages:
        own = by_page[page.ref.number]
        starts = {heading.start: heading for heading in own}
        known = tables(page, split(page, own), last)
        heads, last = known.heads, known.last
        sentences = [_titled(sentence) if sentence.start in starts else sentence for sentence in known.sentences]
        begin = 0
        only_headings = True
        for index, sentence in enumerate(sentences):
            met = starts.get(sentence.start)
            # Headings that follow each other directly stay with the text below them.
            if met is not None and index > begin and not only_headings:
                yield _section(page, path, sentences[begin:index], heads[begin:index])
                begin, only_headings = index, True
            path = follow(path, met) if met is not None else path
            only_headings = only_headings and met is not None
        if sentences:
            yield _section(page, path, sentences[begin:], heads[begin:])


def _titled(sentence: Sentence) -> Sentence:
    return replace(sentence, role="heading", cells=())


def _section(page: Page, path: Sequence[Heading], sentences: Sequence[Sentence], heads: Sequence[str]) -> _Section:
    texts = tuple(heading.text[:HEADING_CHARACTERS] for heading in path)
    return _Section(page, texts, tuple(sentences), tuple(heads))


class _Lengths:
    """Lengths of texts in tokens, each counted once: counting is a quarter of all work after reading."""

    def __init__(self, count_tokens: Counter) -> None:
        self._count = count_tokens
        self._known: dict[str, int] = {}

    def of(self, texts: Iterable[str]) -> Mapping[str, int]:
        """Return the lengths of `texts`, among others."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._count(new), strict=True))
        return self._known


def _fit_paths(sections: Sequence[_Section], lengths: _Lengths, limit: int) -> tuple[list[tuple[str, ...]], list[int]]:
    """Return for each section the headings that fit, innermost first, and the tokens left for text."""
    titles = {section.page.ref.source.title for section in sections}
    counts = lengths.of([*titles, *(text for section in sections for text in section.path)])
    paths, rooms = [], []
    for section in sections:
        used = min(counts[section.page.ref.source.title], round(HEADING_SHARE * limit))
        kept: list[str] = []
        for text in reversed(section.path):
            cost = counts[text] + 1  # the sign between headings
            left = round(HEADING_SHARE * limit) - used
            if cost > left:
                # The innermost one says most: rather cut than none.
                kept = kept or [_shortened(text, left / cost)]
                used = round(HEADING_SHARE * limit)
                break
            kept.insert(0, text)
            used += cost
        paths.append(tuple(kept))
        rooms.append(max(SMALLEST // 2, limit - used))
    return paths, rooms


def _shortened(text: str, share: float) -> str:
    """Return the first words of `text`, at most `share` of it, and a sign that there was more."""
    words = text[: int(share * len(text))].rsplit(" ", 1)[0].split()
    return " ".join([*words, "…"])


def _fit_sentences(sections: Sequence[_Section], rooms: Sequence[int], lengths: _Lengths) -> list[_Section]:
    """Return the sections with each sentence that is longer than its room cut between words."""
    counts = lengths.of(sentence.text for section in sections for sentence in section.sentences)
    long = [
        sentence
        for section, room in zip(sections, rooms, strict=True)
        for sentence in section.sentences
        if counts[sentence.text] > room
    ]
    if not long:
        return list(sections)
    words = lengths.of(word for sentence in long for word in sentence.text.split())
    fitted = []
    for section, room in zip(sections, rooms, strict=True):
        sentences: list[Sentence] = []
        heads: list[str] = []
        for sentence, head in zip(section.sentences, section.heads, strict=True):
            pieces: tuple[Sentence, ...] = (sentence,)
            if counts[sentence.text] > room:
                pieces = cut(section.page, sentence, _word_bounds(sentence, words, room))
            sentences += pieces
            heads += [head] * len(pieces)
        fitted.append(_Section(section.page, section.path, tuple(sentences), tuple(heads)))
    return fitted


def _word_bounds(sentence: Sentence, counts: Mapping[str, int], room: int) -> list[int]:
    """Return the offsets in the page where parts of a too long sentence begin."""
    words, places, at = sentence.text.split(), [], 0
    for word in words:
        at = sentence.text.index(word, at)
        places.append(sentence.start + at)
        at += len(word)
    runs = _merge([counts[word] for word in words], room, 0)
    return [places[run[0]] for run in runs[1:]]


def _merge(sizes: Sequence[int], room: int, overlap: int) -> list[list[int]]:
    """Return runs of neighbouring indexes whose sizes add up to at most `room` (a single larger one stands alone)."""
    # Importing costs 1.2 s, which no --help should wait for.
    from langchain_text_splitters import CharacterTextSplitter  # noqa: PLC0415

    splitter = CharacterTextSplitter(
        separator=" ", chunk_size=room, chunk_overlap=overlap,
        length_function=lambda index: min(room, sizes[int(index)]) if index.strip() else 0,
    )  # fmt: skip
    return [[int(index) for index in run.split()] for run in splitter.split_text(" ".join(map(str, range(len(sizes)))))]


def _chunk(section: _Section, path: tuple[str, ...], run: Sequence[int]) -> Chunk:
    sentences = tuple(section.sentences[index] for index in run)
    start, end = sentences[0].start, sentences[-1].end
    text = section.page.text[start:end]
    head = section.heads[run[0]]
    heading = (*path, head) if head else path
    return Chunk(chunk_id(section.page.ref, start, end, text), section.page.ref, sentences, heading, text)
