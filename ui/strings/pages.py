"""The texts of the frame round every page that is made on the server."""

from __future__ import annotations

from dataclasses import dataclass

from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class PageTexts:
    """The texts of one language."""

    skip: str
    menu: str
    ask: str
    documents: str
    account: str
    admin: str
    about: str
    sign_out: str
    other_language: str
    other_code: str


PAGES = pair(
    PageTexts(
        skip="Aller au contenu",
        menu="Menu",
        ask="Poser une question",
        documents="Documents",
        account="Mon compte",
        admin="Administration",
        about="À propos et données",
        sign_out="Se déconnecter",
        other_language="English",
        other_code="en",
    ),
    PageTexts(
        skip="Go to the content",
        menu="Menu",
        ask="Ask a question",
        documents="Documents",
        account="My account",
        admin="Administration",
        about="About and data",
        sign_out="Sign out",
        other_language="Français",
        other_code="fr",
    ),
)
