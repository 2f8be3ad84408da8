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
    own_data: str
    admin: str
    about: str
    sign_out: str
    other_language: str
    other_code: str
    admin_menu: str
    admin_overview: str
    admin_corpus: str
    admin_questions: str
    admin_answers: str
    admin_health: str
    admin_audit: str
    admin_users: str
    admins_only: str
    to_start: str


PAGES = pair(
    PageTexts(
        skip="Aller au contenu",
        menu="Menu",
        ask="Poser une question",
        documents="Documents",
        account="Mon compte",
        own_data="Mes données : voir, télécharger, effacer",
        admin="Administration",
        about="À propos et données",
        sign_out="Se déconnecter",
        other_language="English",
        other_code="en",
        admin_menu="Administration",
        admin_overview="Vue d'ensemble",
        admin_corpus="Documents",
        admin_questions="Questions",
        admin_answers="Réponses validées",
        admin_health="Usage et santé",
        admin_audit="Journal",
        admin_users="Comptes",
        admins_only="Page réservée",
        to_start="Revenir aux questions",
    ),
    PageTexts(
        skip="Go to the content",
        menu="Menu",
        ask="Ask a question",
        documents="Documents",
        account="My account",
        own_data="My data: see, download, erase",
        admin="Administration",
        about="About and data",
        sign_out="Sign out",
        other_language="Français",
        other_code="fr",
        admin_menu="Administration",
        admin_overview="Overview",
        admin_corpus="Documents",
        admin_questions="Questions",
        admin_answers="Approved answers",
        admin_health="Use and health",
        admin_audit="Log",
        admin_users="Accounts",
        admins_only="For administrators",
        to_start="Back to the questions",
    ),
)
