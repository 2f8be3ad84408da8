"""A part of the corpus that a question is limited to: one document, or one folder with all below it.

Knows paths alone; whether they exist, and who may read them, is said by the generation that is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from rag.errors import UnknownScope


@dataclass(frozen=True, slots=True)
class Scope:
    """`path` of a document or folder, relative to the corpus, with `/` and without one at its ends."""

    path: str

    def covers(self, path: str) -> bool:
        """Return whether the document at `path` belongs to it."""
        return path == self.path or path.startswith(f"{self.path}/")


def scope_of(text: str) -> Scope | None:
    """Return the scope that a member or a command names, None for "": the whole corpus."""
    path = text.strip().strip("/")
    return Scope(path) if path else None


def unknown(scope: Scope) -> UnknownScope:
    """Return what to say when nothing in a scope is indexed, or may be read: the two are not told apart."""
    return UnknownScope(
        f"« {scope.path} » n'est ni un document ni un dossier que vous pouvez interroger : choisissez-en un dans la "
        "liste des documents.",
        f"“{scope.path}” is neither a document nor a folder that you can ask about: choose one from the documents.",
    )
