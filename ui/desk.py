"""Where the page finds the assistant: opened once, in the background, and tried again after a failure.

The first page must not wait for a model to load, and a server started before the first `make ingest` must
answer as soon as that has run. This module does *not* know how an assistant is made: it is handed a function.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from rag.differences import Differences
from rag.errors import GreffierError, ServerError
from rag.library import Document, Entry
from rag.ports import Health, Vectors
from rag.scope import Scope
from rag.summary import Length, Summary
from rag.types import Event, Language, Page, PageRef, Passage, Sentence, Timings, Turn

RETRY_SECONDS = 3.0  # pause between two attempts to open, so that a missing store costs next to nothing

_log = logging.getLogger(__name__)


class Library(Protocol):
    """What the pages need of `rag.library.Library`; `groups` None: all. What may not be read is as absent."""

    def documents(self, groups: frozenset[str] | None) -> tuple[Entry, ...]:
        """Return the documents, by path."""

    def dated(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """Return entries with dates from first pages where title and name bear none."""

    def entries(self, paths: Iterable[str], groups: frozenset[str] | None) -> dict[str, Entry]:
        """Return what is known of documents, by path, with dates from first pages; without those not there."""

    def document(self, path: str, groups: frozenset[str] | None) -> Document | None:
        """Return a document, None if it is not there."""

    def sentence(self, path: str, page: int, start: int, groups: frozenset[str] | None) -> Sentence | None:
        """Return the sentence that begins at `start` of a page, None if it is not there."""

    def summary(
        self, path: str, length: Length, groups: frozenset[str] | None, language: Language = "fr"
    ) -> Summary | None:
        """Return the sentences that say most of a document, None if it is not there."""

    def differences(self, old: str, new: str, groups: frozenset[str] | None) -> Differences | None:
        """Return what differs between two documents, None if one is not there."""


class Assistant(Protocol):
    """What the page needs of `rag.assistant.Assistant`."""

    @property
    def model(self) -> str:
        """ "extracts", or the name of the language model."""

    @property
    def generation(self) -> str:
        """Id of the live generation."""

    @property
    def waiting(self) -> int:
        """How many questions wait for the language model."""

    @property
    def library(self) -> Library:
        """The documents, to browse."""

    def health(self) -> Health | None:
        """Return how the language model fares, None if there is none."""

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        groups: frozenset[str] | None = None,
        language: Language = "fr",
        member: str = "",
        scope: Scope | None = None,
    ) -> Iterator[Event]:
        """Yield events; the last is `Finished`. `member` is whose turn it is in the line for the model;
        `scope` is the document or folder that the question is limited to.

        Raises:
            QuestionError: if the question is empty or too long, too many wait, or the scope is not there.
            GreffierError: if anything else is in the way.
        """

    def compose(
        self,
        request: str,
        sentences: Sequence[Sentence],
        *,
        groups: frozenset[str] | None = None,
        language: Language = "fr",
        member: str = "",
    ) -> Iterator[Event]:
        """Have the model do what `request` says with these sentences alone; events and errors as of `ask`."""

    def search(
        self, question: str, count: int, groups: frozenset[str] | None = None, scope: Scope | None = None
    ) -> tuple[str, tuple[Passage, ...], Timings]:
        """Return the generation's id, the best passages, and the time it took."""

    def examples(
        self, count: int = 3, groups: frozenset[str] | None = None, scope: Scope | None = None
    ) -> tuple[str, ...]:
        """Return questions that the documents of `groups` (None: all) in `scope` answer; may take seconds."""

    def page(self, path: str, number: int, groups: frozenset[str] | None = None) -> PageRef | None:
        """Return a page of the live generation, None if it has no such page that `groups` may read."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return the embedder's vectors of questions, float32 of shape (len(texts), dimensions), rows of length 1."""

    def read(self, path: str, number: int) -> tuple[Page | None, tuple[Sentence, ...]]:
        """Return a page of the live generation with its sentences; None and none if it has no such page."""


class Desk:
    """Opens the assistant and keeps it; every method may be called from any thread."""

    def __init__(self, open_assistant: Callable[[], Assistant], retry_seconds: float = RETRY_SECONDS) -> None:
        self._open = open_assistant
        self._retry_seconds = retry_seconds
        self._lock = threading.Lock()
        self._assistant: Assistant | None = None
        self._error: GreffierError | None = None
        self._opening = False
        self._tried = float("-inf")

    def look(self) -> Assistant | GreffierError | None:
        """Return the assistant, or why there is none, or None while the first attempt lasts. Never blocks.

        Each call starts an attempt when none is under way and the last one failed long enough ago.
        """
        with self._lock:
            if self._assistant is None and not self._opening and self._due():
                self._opening = True
                threading.Thread(target=self._attempt, name="open-assistant", daemon=True).start()
            return self._assistant or self._error

    def _due(self) -> bool:
        return time.monotonic() - self._tried >= self._retry_seconds

    def _attempt(self) -> None:
        assistant, error = None, None
        try:
            assistant = self._open()
        except GreffierError as known:
            error = known
        except Exception as unknown:  # noqa: BLE001 - the thread's edge: nobody above could see it
            _log.exception("the assistant did not open")
            error = ServerError(
                f"L'assistant ne s'ouvre pas ({type(unknown).__name__}) ; l'administrateur trouvera le détail "
                "dans le journal du serveur.",
                f"The assistant does not open ({type(unknown).__name__}); the administrator finds the details "
                "in the server's log.",
            )
        with self._lock:
            self._assistant, self._error = assistant, error
            self._tried = time.monotonic()
            self._opening = False
