"""The folders that an account may read: which there are, and that whoever makes an account must say which it gets.

An account that reads all folders reads those that are made later too; nobody should get that by forgetting to choose.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.errors import AccountError
from rag.settings import Settings

SHOWN = 8  # folders that a message names


def folders_of(settings: Settings) -> list[str]:
    """Return the first-level folders of the corpus, the reading groups; none if there is no corpus yet."""
    if not settings.corpus.is_dir():
        return []
    return sorted(one.name for one in settings.corpus.iterdir() if one.is_dir() and not one.name.startswith("."))


def not_chosen(name: str, folders: Sequence[str]) -> AccountError:
    """Return what is said at a terminal when nobody chose the folders of a new account."""
    shown = ", ".join(folders[:SHOWN]) + ("…" if len(folders) > SHOWN else "")
    return AccountError(
        f"Dites ce que {name} peut lire : --all (tous les dossiers, ceux à venir aussi) ou --groups avec des dossiers "
        f"parmi : {shown}. Les documents hors de tout dossier sont ouverts à tous.",
        f"Say what {name} may read: --all (all folders, later ones too) or --groups with folders among: {shown}. "
        "Documents outside of any folder are open to everybody.",
    )
