"""The texts of the list of conversations, and of an exported one."""

from __future__ import annotations

from dataclasses import dataclass

from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class HistoryTexts:
    """The texts of one language."""

    heading: str
    close: str
    new: str
    search: str
    find: str
    kept: str
    not_kept: str
    failed: str
    none: str
    none_found: str
    today: str
    earlier: str
    actions: str
    rename: str
    new_title: str
    save: str
    as_pdf: str
    as_markdown: str
    delete: str
    sure: str
    keep: str
    unknown: str
    bad_title: str
    exported: str
    within: str
    everywhere: str
    question: str
    answer: str
    sources: str
    struck: str


HISTORY = pair(
    HistoryTexts(
        heading="Conversations",
        close="Fermer",
        new="Nouvelle conversation",
        search="Chercher dans mes conversations",
        find="Chercher…",
        kept="Vos conversations, visibles de vous seul, sont gardées {days:jour|jours}.",
        not_kept="Les conversations ne sont pas gardées ici.",
        failed="La liste ne vient pas. Rechargez la page.",
        none="Pas encore de conversation.",
        none_found="Aucune conversation ne contient ces mots.",
        today="Aujourd'hui",
        earlier="Plus tôt",
        actions="Actions :",
        rename="Renommer",
        new_title="Nouveau titre",
        save="Enregistrer",
        as_pdf="Exporter en PDF",
        as_markdown="Exporter en Markdown",
        delete="Supprimer",
        sure="Supprimer cette conversation pour toujours ?",
        keep="Garder",
        unknown="Cette conversation n'existe pas.",
        bad_title="Le titre est vide : écrivez-en un.",
        exported="Exporté le {date}. Réponses rédigées par un programme : vérifiez les pages citées.",
        within="Questions limitées à :",
        everywhere="Tout interroger",
        question="Question",
        answer="Réponse",
        sources="Sources",
        struck="Phrases retirées",
    ),
    HistoryTexts(
        heading="Conversations",
        close="Close",
        new="New conversation",
        search="Search my conversations",
        find="Search…",
        kept="Your conversations, which only you see, are kept for {days:day|days}.",
        not_kept="Conversations are not kept here.",
        failed="The list does not come. Reload the page.",
        none="No conversation yet.",
        none_found="No conversation holds these words.",
        today="Today",
        earlier="Earlier",
        actions="Actions:",
        rename="Rename",
        new_title="New title",
        save="Save",
        as_pdf="Export as PDF",
        as_markdown="Export as Markdown",
        delete="Delete",
        sure="Delete this conversation for good?",
        keep="Keep",
        unknown="This conversation does not exist.",
        bad_title="The title is empty: write one.",
        exported="Exported on {date}. Answers written by a program: check the cited pages.",
        within="Questions limited to:",
        everywhere="Ask all documents",
        question="Question",
        answer="Answer",
        sources="Sources",
        struck="Withdrawn sentences",
    ),
)
