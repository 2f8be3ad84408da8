"""The texts of an indexing, of its reports, and of the way back to the index before."""

from __future__ import annotations

from dataclasses import dataclass

from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class IndexingTexts:
    """The texts of one language."""

    ingestion: str
    start: str
    start_hint: str
    running: str
    stopping: str
    cancel: str
    reload: str
    published: str
    nothing_new: str
    cancelled: str
    failed: str
    progress: str
    stage_hash: str
    stage_read: str
    stage_embed: str
    stage_index: str
    stage_prove: str
    report: str
    history: str
    history_title: str
    history_hint: str
    live: str
    not_live: str
    figures: str
    news: str
    no_news: str
    rollback: str
    rollback_hint: str
    rollback_none: str
    report_title: str
    to_do: str
    nothing_to_do: str
    to_know: str
    versions: str
    all_files: str
    no_report: str
    passages: str
    message: str
    done_started: str
    done_cancel: str
    done_rollback: str


INDEXING = pair(
    IndexingTexts(
        ingestion="Indexation",
        start="Indexer maintenant",
        start_hint="Les changements servent aux réponses après une indexation. Le service continue pendant ce temps.",
        running="Indexation en cours depuis {seconds} s.",
        stopping="Annulation en cours…",
        cancel="Annuler",
        reload="Actualiser la page",
        published="Dernière indexation terminée : nouvel index en service ({counts}).",
        nothing_new="Dernière indexation terminée : rien n'avait changé.",
        cancelled="L'indexation a été annulée ; l'index en service n'a pas changé.",
        failed="L'indexation n'a pas abouti. {reason}",
        progress="Avancement",
        stage_hash="Comparaison des fichiers",
        stage_read="Lecture des PDF",
        stage_embed="Calcul des vecteurs",
        stage_index="Construction de l'index",
        stage_prove="Vérification de l'index",
        report="Rapport de l'index en service",
        history="Historique et retour en arrière",
        history_title="Historique des index",
        history_hint="Deux index sont gardés. Chacun est complet : revenir au précédent prend effet tout de suite.",
        live="en service",
        not_live="gardé",
        figures="{files:fichier|fichiers}, {pages:page|pages}, {passages:passage|passages}",
        news="Ce qui a changé",
        no_news="Aucun fichier nouveau, modifié ou retiré.",
        rollback="Revenir à l'index précédent",
        rollback_hint="Les fichiers du corpus ne bougent pas : la prochaine indexation reprendra leurs changements. "
        "Un document retiré depuis sert de nouveau aux réponses, sans ses pages. "
        "Un document déplacé depuis vers un dossier fermé reste fermé : le lit qui peut lire l'ancien et le nouveau "
        "dossier.",
        rollback_none="Il n'y a pas d'index plus ancien.",
        report_title="Rapport d'indexation du {date}",
        to_do="À faire ({count})",
        nothing_to_do="Rien à faire.",
        to_know="À savoir ({count})",
        versions="Versions d'un même document ({count})",
        all_files="Tous les fichiers ({count})",
        no_report="Il n'y a pas encore d'index : lancez une indexation.",
        passages="Passages",
        message="Message",
        done_started="Indexation lancée.",
        done_cancel="Annulation demandée.",
        done_rollback="De nouveau en service : {generation}.",
    ),
    IndexingTexts(
        ingestion="Indexing",
        start="Index now",
        start_hint="Changes answer questions after an indexing. The service goes on meanwhile.",
        running="Indexing for {seconds} s.",
        stopping="Being cancelled…",
        cancel="Cancel",
        reload="Reload the page",
        published="Last indexing done: a new index is live ({counts}).",
        nothing_new="Last indexing done: nothing had changed.",
        cancelled="The indexing was cancelled; the live index has not changed.",
        failed="The indexing failed. {reason}",
        progress="Progress",
        stage_hash="Comparing files",
        stage_read="Reading PDFs",
        stage_embed="Computing vectors",
        stage_index="Building the index",
        stage_prove="Checking the index",
        report="Report of the live index",
        history="History and rolling back",
        history_title="History of indexes",
        history_hint="Two indexes are kept. Each is complete: going back to the previous one takes effect at once.",
        live="live",
        not_live="kept",
        figures="{files:file|files}, {pages:page|pages}, {passages:passage|passages}",
        news="What changed",
        no_news="No file came, changed or went.",
        rollback="Go back to the previous index",
        rollback_hint="Files of the corpus stay where they are: the next indexing takes their changes up again. "
        "A document that was removed since serves answers again, without its pages. "
        "A document that was moved to a closed folder since stays closed: who may read both the old and the new "
        "folder reads it.",
        rollback_none="There is no older index.",
        report_title="Indexing report of {date}",
        to_do="To do ({count})",
        nothing_to_do="Nothing to do.",
        to_know="To know ({count})",
        versions="Versions of one document ({count})",
        all_files="All files ({count})",
        no_report="There is no index yet: start an indexing.",
        passages="Passages",
        message="Message",
        done_started="Indexing started.",
        done_cancel="Asked to cancel.",
        done_rollback="Live again: {generation}.",
    ),
)
