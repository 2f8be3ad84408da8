"""The `rag.ports.Generator` of a server: the model opens in its own time, and is tried again when it could not.

Members get extracts meanwhile. Knows how to wait; is handed what opens a model and what tells that its files are
others, and knows neither.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from time import monotonic

from rag.errors import ModelError
from rag.ports import Closable, Generator, Health, Message, Piece

LOG = logging.getLogger(__name__)
WAIT_SECONDS = 20.0  # the first opening is waited for: most models are there by then, and nobody sees a change of mode
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 600.0  # seconds before the next try, doubling: each reads gigabytes
LOOK_SECONDS = 5.0  # between two looks at the files


class LateGenerator:
    """The generator that `open_one` returns, as soon as it does. Safe to share between threads.

    Until then, and while opening fails, it is "starting" or "failed" and says why; "absent" while there has been
    nothing to open. It is tried again after pauses that grow, and soon when `files` returns something else than at the
    last try and has stood still since. One that was opened and has failed is opened anew only when its files are
    others: it starts its own process again.
    """

    def __init__(
        self, open_one: Callable[[], Generator | None], files: Callable[[], Hashable], *, wait: float = WAIT_SECONDS
    ) -> None:
        self._open_one = open_one
        self._files = files
        self._changed = threading.Condition()  # guards all below
        self._inner: Generator | None = None
        self._health = Health("starting", monotonic(), _loading())
        self._closed = False
        self._had = False  # whether there was ever a model
        self._thread = threading.Thread(target=self._keep, name="open-model", daemon=True)
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._health.state != "starting", wait)

    @property
    def id(self) -> str:
        """Name of the weights, as shown to the reader; "extracts" while there are none."""
        inner = self._opened()
        return inner.id if inner else "extracts"

    @property
    def context_tokens(self) -> int:
        """Room for prompt and answer together, in the model's tokens; 0 while there is no model."""
        inner = self._opened()
        return inner.context_tokens if inner else 0

    def health(self) -> Health:
        """Return how the model fares, or why there is none yet."""
        with self._changed:
            inner, health = self._inner, self._health
        return inner.health() if inner else health

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the length of the whole prompt as the model will read it.

        Raises:
            ModelError: if there is no model, or it fails.
        """
        return self._needed().count_tokens(messages)

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[Piece]:
        """Yield pieces as they come; closing the iterator stops the model.

        Raises:
            ContextOverflow: if prompt and `max_tokens` do not fit into the context.
            ModelError: if there is no model, or it fails.
        """
        return self._needed().stream(messages, max_tokens=max_tokens)

    def close(self) -> None:
        """Give the model up; one that is being opened is closed as soon as it is there."""
        with self._changed:
            self._closed = True
            inner, self._inner = self._inner, None
            self._health = Health("failed", monotonic(), _closed())
            self._changed.notify_all()
        _close(inner)

    def _opened(self) -> Generator | None:
        with self._changed:
            return self._inner

    def _needed(self) -> Generator:
        with self._changed:
            if self._inner is not None:
                return self._inner
            raise self._health.problem or _gone()

    def _keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            files = self._seen()
            if self._try():
                pause = FIRST_PAUSE
                if not self._until_lost(files):
                    return
            else:
                if not self._until_due(files, pause):
                    return
                pause = min(LONGEST_PAUSE, 2 * pause)

    def _try(self) -> bool:
        """Open the model; return whether it is there."""
        try:
            inner = self._open_one()
            problem = inner.health().problem if inner is not None and _has_failed(inner) else None
        except ModelError as error:
            inner, problem = None, error
        except Exception as error:
            LOG.exception("the model did not open")
            inner, problem = None, _unexpected(error)
        with self._changed:
            taken = inner is not None and problem is None and not self._closed
            if taken:
                self._inner, self._had = inner, True
            if not self._closed:
                self._health = self._found(inner, problem)
                self._changed.notify_all()
        if not taken:
            _close(inner)
        return taken

    def _found(self, inner: Generator | None, problem: ModelError | None) -> Health:
        if problem is not None:
            return Health("failed", monotonic(), problem)
        if inner is not None:
            return Health("ready", monotonic())
        return Health("failed", monotonic(), _gone()) if self._had else Health("absent", monotonic())

    def _until_due(self, files: Hashable, pause: float) -> bool:
        """Wait until it is time for another try; return False when there will be none.

        Never while files are written: a copy that has its whole size from the start would be recorded half done.
        """
        until = monotonic() + pause
        before, still = files, True
        while (left := until - monotonic()) > 0 or not still:
            if not self._rest(min(LOOK_SECONDS, left) if left > 0 else LOOK_SECONDS):
                return False
            now = self._seen()
            still = now == before
            if still and now != files:  # others, and nobody is writing them any more
                break
            before = now
        return not self._closed

    def _until_lost(self, files: Hashable) -> bool:
        """Wait until the model has failed and its files are others; return False when it was closed before."""
        before = files
        while self._rest(LOOK_SECONDS):
            inner, now = self._opened(), self._seen()
            if inner is not None and now != files and now == before and _has_failed(inner):
                with self._changed:
                    if self._closed:
                        return False
                    self._inner, self._health = None, Health("starting", monotonic(), _loading())
                _close(inner)
                return True
            before = now
        return False

    def _seen(self) -> Hashable:
        """Return what the files are; a folder that cannot be read looks like no other, and `open_one` says why."""
        try:
            return self._files()
        except OSError as error:
            return error.errno

    def _rest(self, seconds: float) -> bool:
        """Wait; return whether to go on."""
        with self._changed:
            return not self._changed.wait_for(lambda: self._closed, seconds)


def _has_failed(generator: Generator) -> bool:
    return generator.health().state == "failed"


def _close(generator: Generator | None) -> None:
    if isinstance(generator, Closable):
        generator.close()


def _loading() -> ModelError:
    return ModelError(
        "Le modèle de langue se charge encore ; il écrira dès qu'il sera prêt.",
        "The language model is still loading; it will write as soon as it is ready.",
    )


def _gone() -> ModelError:
    return ModelError(
        "Il n'y a plus de modèle de langue dans le dossier des modèles ; celui que l'on y copiera sera pris tout seul.",
        "There is no language model in the folder of models any more; one that is copied there is taken by itself.",
    )


def _closed() -> ModelError:
    return ModelError("Le modèle de langue a été fermé.", "The language model was closed.")


def _unexpected(error: Exception) -> ModelError:
    return ModelError(
        f"Le modèle de langue ne s'ouvre pas ({type(error).__name__}) ; l'administrateur trouvera le détail dans le "
        "journal du serveur. Greffier réessaie de lui-même.",
        f"The language model does not open ({type(error).__name__}); the administrator finds the details in the "
        "server's log. Greffier tries again by itself.",
    )
