"""How an ingestion tells how far it is: a port, and a silent implementation. Knows no terminal."""

from __future__ import annotations

from typing import Literal, Protocol

Stage = Literal["hash", "read", "embed", "index", "prove"]


class Progress(Protocol):
    """Told when a stage begins and as its parts get done. Stages do not overlap."""

    def begin(self, stage: Stage, total: int) -> None:
        """Begin a stage of `total` parts (files, or chunks when embedding); ends the one before."""

    def extend(self, count: int) -> None:
        """Count more parts to do: pages that turn out to need OCR when reading."""

    def advance(self, count: int) -> None:
        """Count parts of the stage as done."""


class Silent:
    """Tells nobody."""

    def begin(self, stage: Stage, total: int) -> None:
        """Ignore the stage."""

    def extend(self, count: int) -> None:
        """Ignore the parts."""

    def advance(self, count: int) -> None:
        """Ignore the parts."""
