"""The values that flow through Greffier: frozen, slotted, standard library only.

`Source -> Page -> Sentence -> Chunk -> Passage -> Claim + Citation -> Answer`

They carry no behaviour beyond what can be derived from them, no score sits on a `Chunk` and no vector on
any of them. This module does *not* know where anything is stored, found or shown.

Units, everywhere: `page number` is 1-based and physical; `start`/`end` are half-open character offsets in
the page's text; a `Box` is `(x0, y0, x1, y1)` in PDF points from the page's top-left corner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Box = tuple[float, float, float, float]
Origin = Literal["text", "ocr"]
Role = Literal["", "heading", "head", "row"]
Verdict = Literal["supported", "unsupported"]
Language = Literal["fr", "en"]
FileStatus = Literal[
    "added", "updated", "unchanged", "removed", "duplicate", "partial", "encrypted", "needs_ocr",
    "damaged", "not_pdf", "empty", "timeout", "too_big", "crashed", "changing",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the corpus: `path` (relative, with `/`) is its identity, `sha256` of its bytes its version.

    `since` are the reading groups to which it has been moved since, in a newer index than the one that it was read
    from (`rag/places.py`): who reads it needs one of them too. Empty in the newest index."""

    path: str
    sha256: str
    title: str
    since: tuple[str, ...] = ()

    @property
    def group(self) -> str | None:
        """The reading group, which is the first-level folder; None for files at the root, open to all."""
        return group_of(self.path)

    def open_to(self, groups: frozenset[str] | None) -> bool:
        """Return whether members of `groups` may read it; None: all groups."""
        if groups is None:
            return True
        return (self.group is None or self.group in groups) and (not self.since or not groups.isdisjoint(self.since))


def group_of(path: str) -> str | None:
    """Return the reading group of a path relative to the corpus."""
    head, separator, _ = path.partition("/")
    return head if separator else None


@dataclass(frozen=True, slots=True)
class Edition:
    """A file that is one version among several of one document, which share `family`.

    `rank` 0 is the oldest; equal ranks: which is newer is unknown; -1: compared with none, as it bears no date where
    others do. `date` ("2025-03-01", "2025") and `number` ("12", "1.2") are what ordered it, "" if nothing, and `place`
    where that was found.
    """

    source: Source
    family: int
    rank: int
    date: str = ""
    number: str = ""
    place: Literal["title", "name", "page", ""] = ""


@dataclass(frozen=True, slots=True)
class PageRef:
    """Which page of which file: `number` counts from 1, `label` is what is printed on it ("iv", "12"), if any;
    `width` and `height` are in points, as the page is shown (rotation applied)."""

    source: Source
    number: int
    label: str | None
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters without spaces, `[start, end)` in the page text, from `x0` to `x1` points."""

    start: int
    end: int
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: its words, its vertical extent, the size of its type in points. `broken`: what stands on
    the page after its last word and not in the text, because that word goes on in the next line ("-" and a line end).
    """

    words: tuple[Word, ...]
    y0: float
    y1: float
    size: float
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as read: `text` is NFC and made of the words of `lines`; `origin` says if OCR typed it."""

    ref: PageRef
    text: str
    lines: tuple[Line, ...]
    origin: Origin = "text"


@dataclass(frozen=True, slots=True)
class Sentence:
    """The unit that is cited: `text` is the slice `[start, end)` of the stored page, never typed by a model.
    `printed` is the same with the line ends that break its words, as on the page; "" when none does. `role`: what the
    ingestion saw it is, a heading, the head of a table or a row of one; "" for all else. `cells` of a row, from left to
    right: what the column is called ("" if nothing is) and what stands in it; () where that is not clear."""

    page: PageRef
    start: int
    end: int
    text: str
    boxes: tuple[Box, ...]
    printed: str = ""
    role: Role = ""
    cells: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of sentences of one page. `id` hashes path, version, span and text: equal text in two files
    stays two chunks, and a changed file gets new ones. `heading` goes from the outermost title inwards."""

    id: str
    page: PageRef
    sentences: tuple[Sentence, ...]
    heading: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """How a passage was found. `lexical`: BM25, 0 or more; `dense`: cosine, -1 to 1; `coverage`: share of
    the question's weighted terms that stand in the passage, 0 to 1; `rank_*` count from 1, None if absent."""

    lexical: float
    dense: float
    coverage: float
    rank_lexical: int | None
    rank_dense: int | None


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk with its fused score (higher is better, comparable within one question only)."""

    chunk: Chunk
    score: float
    found: Found


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered proof: `number` counts from 1, as shown to the reader. `newer` is the newest version of the cited
    document, `older` the one before the cited, both among what the reader may read."""

    number: int
    sentence: Sentence
    newer: Source | None = None
    older: Source | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of the answer with the numbers of its citations; `reason` says why it is unsupported."""

    text: str
    citations: tuple[int, ...]
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds since the question was taken. `first_token` is None when nothing was written."""

    retrieve: float
    total: float
    first_token: float | None = None


Status = Literal["answered", "refused"]
Refusal = Literal["", "no_evidence", "model_abstained", "nothing_supported"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reader gets. `generation` and `model` say what it rests on; `refusal` why there is none;
    `truncated` that the model was cut at its limit; `cached` that it was written for the same question before;
    `missing_years` are those that the question asks about and that no passage found names: why it is refused;
    `missing` what else it names (an article, a code, a category of staff), as written there, and the kind of thing that
    it asks for in vain ("un montant")."""

    question: str
    standalone: str
    status: Status
    text: str
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    generation: str
    model: str
    timings: Timings
    refusal: Refusal = ""
    truncated: bool = False
    cached: bool = False
    missing_years: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Approved:
    """An answer that a person wrote for a recurrent question, in each of its wordings, with the `quote` that carries it
    on a page of a file; `sha256` is that of the file when it was approved."""

    questions: tuple[str, ...]
    text: str
    path: str
    page: int
    quote: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Queued:
    """The question waits for the language model: `position` questions go before it, the one under way included;
    `seconds` is an estimate from recent answers, None while there are none."""

    position: int
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The search is done; `standalone` is the question as it was searched."""

    standalone: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The language model reads the passages, or is still `starting`; comes a few times a second, so that the reader can
    leave."""

    starting: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer as the model writes it, not yet checked: show it as provisional."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The checked answer: always the last event."""

    answer: Answer


Event = Queued | Retrieved | Reading | Token | Finished


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file in an ingestion. `message` is for the admin and says what to do; "" when all is well."""

    path: str
    sha256: str
    status: FileStatus
    pages: int = 0
    pages_with_text: int = 0
    pages_ocr: int = 0
    chunks: int = 0
    message: str = ""
