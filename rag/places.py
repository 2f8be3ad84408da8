"""Where each file stands by now: a ledger kept beside the generations, which says who may read what rests on a file.

A generation says where a file lay when it was built, an answer where it lay when it was given. Neither changes when the
file is moved to a closed folder; this does. Keyed by SHA-256, as a move changes the path. A file that left the corpus
keeps its last place: what was closed does not open again because the file was replaced or deleted. Only reads; the
ingestion writes (`ingest/publish.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import StoreDamaged
from rag.types import FileReport, Source, group_of

LEDGER = "places.json"
FORM = 1

Groups = frozenset[str | None]
"""Reading groups of the folders in which one file lies; None among them: it also lies outside of any, open to all."""

UNKNOWN = Source("", "", "")
"""Stands for a file of which nobody can say where it lies: open to who may read everything."""


@dataclass(frozen=True, slots=True)
class Places:
    """By SHA-256 the groups in which a file lies; where several accounts of it are given, each of them must let one in.
    `sound` False: nobody can say where anything lies, so that only who may read everything reads."""

    known: Mapping[str, tuple[Groups, ...]] = field(default_factory=dict)
    sound: bool = True

    def open_to(self, source: Source, groups: frozenset[str] | None) -> bool:
        """Return whether members of `groups` (None: all) may read today what rests on this file.

        The place that the source itself names counts only for a file that no account knows.
        """
        if groups is None:
            return True
        if not self.sound or not source.path:
            return False
        accounts = self.known.get(source.sha256)
        if accounts is None:
            return source.open_to(groups)
        return all(None in lies or not lies.isdisjoint(groups) for lies in accounts)

    def since(self, path: str, sha256: str) -> tuple[str, ...]:
        """Return the groups of which a reader needs one besides that of `path`, as the file has moved since; none when
        it still lies there too, or lies open to all."""
        needed: set[str] = set()
        for lies in self.known.get(sha256, ()):
            if None not in lies and group_of(path) not in lies:
                needed.update(group for group in lies if group is not None)
        return tuple(sorted(needed))

    def beside(self, others: Mapping[str, Groups]) -> Places:
        """Return these places with another account of some files."""
        both = {
            sha256: (*self.known.get(sha256, ()), lies)
            for sha256, lies in others.items()
            if lies not in self.known.get(sha256, ())
        }
        return Places({**self.known, **both}, self.sound)


def places_of(files: Iterable[Source | FileReport]) -> dict[str, Groups]:
    """Return the groups in which each file lies, by SHA-256; files that could not be read have none."""
    found: dict[str, Groups] = {}
    for file in files:
        if file.sha256:
            found[file.sha256] = found.get(file.sha256, frozenset()) | {group_of(file.path)}
    return found


def read_ledger(store: Path) -> dict[str, Groups] | None:
    """Return the ledger of a store, None if none was written yet.

    Raises:
        StoreDamaged: if it cannot be read.
    """
    try:
        told = json.loads((store / LEDGER).read_text(encoding="utf-8"))
        if told["form"] != FORM:
            raise ValueError(f"form {told['form']}")
        return {sha256: frozenset(lies) for sha256, lies in told["files"].items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreDamaged(
            f"Le fichier {LEDGER} de l'index, qui dit à qui les documents sont ouverts, est illisible ({error})."
            " Remettez celui d'une sauvegarde, ou retirez-le puis lancez « make ingest ».",
            f"The index's file {LEDGER}, which says to whom documents are open, cannot be read ({error})."
            " Put back that of a backup, or remove it and run “make ingest”.",
        ) from error


def places_in(store: Path) -> Places:
    """Return the places of a store's ledger, none known without one; raises what `read_ledger` raises."""
    return Places({sha256: (lies,) for sha256, lies in (read_ledger(store) or {}).items()})


def written_ledger(files: Mapping[str, Groups]) -> str:
    """Return the text of a ledger; the same files give the same text."""
    lies = {sha256: sorted(groups, key=lambda group: group or "") for sha256, groups in sorted(files.items())}
    return json.dumps({"form": FORM, "files": lies}, ensure_ascii=False, separators=(",", ":")) + "\n"
