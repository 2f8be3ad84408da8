"""Whether files still hold what was indexed: one that was uploaded again, or only touched, has not changed.

Files are read here, each once for its size and time. This module does *not* know reports.
"""

from __future__ import annotations

from ingest.discover import Found
from rag.files import sha256_of


class Contents:
    """Remembers hashes of files of a corpus; safe to share between threads, as two of them at most count one twice."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, int, str]] = {}  # size in bytes, time in ns, SHA-256; by path

    def same(self, file: Found, sha256: str) -> bool:
        """Return whether the bytes of a file have this SHA-256; False where it cannot be read."""
        known = self._known.get(file.path)
        if known is None or known[:2] != (file.size, file.mtime_ns):
            try:
                known = file.size, file.mtime_ns, sha256_of(file.file)
            except OSError:  # it went away: the next look at the folder says so
                return False
            self._known[file.path] = known
        return known[2] == sha256
