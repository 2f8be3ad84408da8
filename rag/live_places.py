"""Where files lie today, as the live generation and the ledger beside it say: read once for each state of the two.

Asked for each page that shows a conversation, whether or not an assistant is open. Knows nothing of conversations.
"""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from pathlib import Path

from rag.documents import Documents
from rag.errors import NoStore, StoreError
from rag.places import LEDGER, Places, places_in, places_of
from rag.store import CURRENT, DOCUMENTS, held, stamp

_log = logging.getLogger(__name__)


class LivePlaces:
    """Says where files lie by now; may be called from any thread."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._read: tuple[object, Places] | None = None

    def __call__(self) -> Places:
        """Return the places of today. Of an index that cannot be read nothing is known, so nothing is open; without
        any index each source speaks for itself."""
        with self._lock:
            # as they were before they are read: what comes after is looked at the next time
            state = stamp(self._store / CURRENT), stamp(self._store / LEDGER)
            if self._read is None or self._read[0] != state:
                self._read = state, self._look()
            return self._read[1]

    def _look(self) -> Places:
        try:
            known = places_in(self._store)
            try:
                with held(self._store) as folder, closing(Documents(folder / DOCUMENTS)) as documents:
                    return known.beside(places_of(documents.sources()))
            except NoStore:
                return known
        except StoreError:
            _log.exception("nobody can say where the documents lie: answers that rest on any are withheld")
            return Places(sound=False)
