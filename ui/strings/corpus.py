"""The texts of the admin's corpus pages."""

from __future__ import annotations

from dataclasses import dataclass

from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class CorpusTexts:
    """The texts of one language; `state_…` name what became of a file, `todo_…` what to do about it."""

    title: str
    groups_hint: str
    upload: str
    upload_hint: str
    choose: str
    into: str
    root_folder: str
    new_folder: str
    new_folder_hint: str
    send: str
    too_much: str
    replace_here: str
    waiting_title: str
    waiting_text: str
    replace: str
    keep_old: str
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
    trash: str
    files: str
    summary: str
    filter: str
    folder: str
    all_folders: str
    words: str
    problems_only: str
    show: str
    no_file: str
    none_found: str
    path: str
    group: str
    for_all: str
    size: str
    date: str
    pages: str
    state: str
    todo: str
    manage: str
    manage_label: str
    previous: str
    next: str
    page_of: str
    back: str
    open: str
    move: str
    move_to: str
    move_hint: str
    replace_title: str
    replace_hint: str
    remove: str
    remove_hint: str
    remove_confirm: str
    trash_title: str
    trash_hint: str
    trash_empty: str
    removed_why: str
    replaced_why: str
    restore: str
    destroy: str
    destroy_hint: str
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
    done_upload: str
    done_replaced: str
    done_waiting: str
    done_kept: str
    done_removed: str
    done_moved: str
    done_restored: str
    done_destroyed: str
    done_started: str
    done_cancel: str
    done_rollback: str
    no_choice: str
    bad_form: str
    state_new: str
    state_modified: str
    state_refused: str
    state_added: str
    state_updated: str
    state_unchanged: str
    state_removed: str
    state_duplicate: str
    state_partial: str
    state_encrypted: str
    state_needs_ocr: str
    state_damaged: str
    state_not_pdf: str
    state_empty: str
    state_timeout: str
    state_too_big: str
    state_crashed: str
    state_changing: str
    todo_new: str
    todo_modified: str


CORPUS = pair(
    CorpusTexts(
        title="Documents de l'association",
        groups_hint="Un dossier de premier niveau est un groupe de lecture : seuls ses membres lisent ce qu'il "
        "contient. Un fichier hors dossier se lit par tous.",
        upload="Ajouter des PDF",
        upload_hint="Déposez des fichiers ici, ou choisissez-les. {limit} au plus par envoi, 50 fichiers à la fois.",
        choose="Fichiers PDF",
        into="Dossier",
        root_folder="(aucun dossier : lisible par tous)",
        new_folder="ou nouveau dossier",
        new_folder_hint="Laissez vide pour garder le dossier choisi. Exemple : bureau/2025",
        send="Envoyer",
        too_much="Ces fichiers dépassent {limit} ensemble : envoyez-les en plusieurs fois.",
        replace_here="Remplacer sans demander les fichiers du même nom",
        waiting_title="Ces noms existent déjà",
        waiting_text="Faut-il remplacer le document en place ? L'ancien ira à la corbeille.",
        replace="Remplacer",
        keep_old="Garder l'ancien",
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
        trash="Corbeille ({count})",
        files="Fichiers",
        summary="{files:fichier|fichiers}, {problems} à traiter, {news} à indexer.",
        filter="Filtrer",
        folder="Dossier",
        all_folders="Tous les dossiers",
        words="Nom contenant",
        problems_only="Problèmes seulement",
        show="Afficher",
        no_file="Aucun PDF pour l'instant : déposez les premiers documents ci-dessus.",
        none_found="Aucun fichier ne répond à ce filtre.",
        path="Fichier",
        group="Lisible par",
        for_all="tous",
        size="Taille",
        date="Date",
        pages="Pages",
        state="État",
        todo="À faire",
        manage="Gérer",
        manage_label="Gérer {path}",
        previous="Page précédente",
        next="Page suivante",
        page_of="Page {number} sur {count}",
        back="Retour aux documents",
        open="Ouvrir le PDF",
        move="Déplacer",
        move_to="Vers le dossier",
        move_hint="Changer de dossier de premier niveau change qui peut lire ce document, dès la prochaine indexation. "
        "Les réponses déjà tirées de lui se ferment avec lui dans les conversations.",
        replace_title="Remplacer par une nouvelle version",
        replace_hint="Le fichier garde son nom ; l'ancien va à la corbeille.",
        remove="Retirer ce document",
        remove_hint="Il va à la corbeille et pourra être remis. Les réponses ne le citeront plus après l'indexation.",
        remove_confirm="Oui, le retirer",
        trash_title="Corbeille",
        trash_hint="Ces fichiers ne sont plus dans le corpus. « Supprimer » les efface pour de bon.",
        trash_empty="La corbeille est vide.",
        removed_why="retiré",
        replaced_why="remplacé",
        restore="Remettre",
        destroy="Supprimer",
        destroy_hint="Effacer pour de bon ?",
        history_title="Historique des index",
        history_hint="Deux index sont gardés. Chacun est complet : revenir au précédent prend effet tout de suite.",
        live="en service",
        not_live="gardé",
        figures="{files:fichier|fichiers}, {pages:page|pages}, {passages:passage|passages}",
        news="Ce qui a changé",
        no_news="Aucun fichier nouveau, modifié ou retiré.",
        rollback="Revenir à l'index précédent",
        rollback_hint="Les fichiers du corpus ne bougent pas : la prochaine indexation reprendra leurs changements. "
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
        done_upload="« {path} » est ajouté. Lancez une indexation pour qu'il serve aux réponses.",
        done_replaced="« {path} » est remplacé ; l'ancien est à la corbeille, et répond encore jusqu'à la "
        "prochaine indexation.",
        done_waiting="« {path} » existe déjà : choisissez ci-dessous.",
        done_kept="« {path} » reste comme il était.",
        done_removed="« {path} » est à la corbeille. Son texte répond encore jusqu'à la prochaine indexation.",
        done_moved="Déplacé : « {path} ». Les mêmes personnes qu'avant le lisent jusqu'à la prochaine indexation.",
        done_restored="« {path} » est de retour.",
        done_destroyed="« {path} » est effacé pour de bon.",
        done_started="Indexation lancée.",
        done_cancel="Annulation demandée.",
        done_rollback="De nouveau en service : {generation}.",
        no_choice="Choisissez au moins un fichier PDF.",
        bad_form="L'envoi est incomplet ou trop grand : recommencez avec moins de fichiers.",
        state_new="nouveau",
        state_modified="modifié",
        state_refused="écarté",
        state_added="indexé",
        state_updated="indexé",
        state_unchanged="indexé",
        state_removed="retiré",
        state_duplicate="doublon",
        state_partial="partiel",
        state_encrypted="protégé",
        state_needs_ocr="à océriser",
        state_damaged="endommagé",
        state_not_pdf="pas un PDF",
        state_empty="vide",
        state_timeout="trop long",
        state_too_big="trop gros",
        state_crashed="illisible",
        state_changing="en cours de copie",
        todo_new="Pas encore indexé : lancez une indexation.",
        todo_modified="Changé depuis la dernière indexation : relancez-la.",
    ),
    CorpusTexts(
        title="The association's documents",
        groups_hint="A first-level folder is a reading group: only its members read what it holds. "
        "A file outside of folders is for everybody.",
        upload="Add PDFs",
        upload_hint="Drop files here, or choose them. {limit} at most at once, 50 files at a time.",
        choose="PDF files",
        into="Folder",
        root_folder="(no folder: for everybody)",
        new_folder="or new folder",
        new_folder_hint="Leave empty to keep the chosen folder. Example: board/2025",
        send="Send",
        too_much="Together these files exceed {limit}: send them in several goes.",
        replace_here="Replace files of the same name without asking",
        waiting_title="These names exist already",
        waiting_text="Replace the document that is there? The old one goes to the trash.",
        replace="Replace",
        keep_old="Keep the old one",
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
        trash="Trash ({count})",
        files="Files",
        summary="{files:file|files}, {problems} to be looked at, {news} to be indexed.",
        filter="Filter",
        folder="Folder",
        all_folders="All folders",
        words="Name contains",
        problems_only="Problems only",
        show="Show",
        no_file="No PDF yet: drop the first documents above.",
        none_found="No file matches this filter.",
        path="File",
        group="Read by",
        for_all="everybody",
        size="Size",
        date="Date",
        pages="Pages",
        state="State",
        todo="To do",
        manage="Manage",
        manage_label="Manage {path}",
        previous="Previous page",
        next="Next page",
        page_of="Page {number} of {count}",
        back="Back to the documents",
        open="Open the PDF",
        move="Move",
        move_to="To the folder",
        move_hint="Another first-level folder means other readers, from the next indexing on. "
        "Answers already drawn from it are closed with it in conversations.",
        replace_title="Replace by a new version",
        replace_hint="The file keeps its name; the old one goes to the trash.",
        remove="Remove this document",
        remove_hint="It goes to the trash and can be put back. Answers no longer cite it after the next indexing.",
        remove_confirm="Yes, remove it",
        trash_title="Trash",
        trash_hint="These files are no longer in the corpus. “Delete” erases them for good.",
        trash_empty="The trash is empty.",
        removed_why="removed",
        replaced_why="replaced",
        restore="Put back",
        destroy="Delete",
        destroy_hint="Erase for good?",
        history_title="History of indexes",
        history_hint="Two indexes are kept. Each is complete: going back to the previous one takes effect at once.",
        live="live",
        not_live="kept",
        figures="{files:file|files}, {pages:page|pages}, {passages:passage|passages}",
        news="What changed",
        no_news="No file came, changed or went.",
        rollback="Go back to the previous index",
        rollback_hint="Files of the corpus stay where they are: the next indexing takes their changes up again. "
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
        done_upload="“{path}” was added. Start an indexing to have it used in answers.",
        done_replaced="“{path}” was replaced; the old one is in the trash, and answers until the next indexing.",
        done_waiting="“{path}” exists already: choose below.",
        done_kept="“{path}” stays as it was.",
        done_removed="“{path}” is in the trash. Its text still answers until the next indexing.",
        done_moved="Moved: “{path}”. The same people as before read it until the next indexing.",
        done_restored="“{path}” is back.",
        done_destroyed="“{path}” was erased for good.",
        done_started="Indexing started.",
        done_cancel="Asked to cancel.",
        done_rollback="Live again: {generation}.",
        no_choice="Choose at least one PDF file.",
        bad_form="What was sent is incomplete or too large: try again with fewer files.",
        state_new="new",
        state_modified="changed",
        state_refused="left out",
        state_added="indexed",
        state_updated="indexed",
        state_unchanged="indexed",
        state_removed="removed",
        state_duplicate="duplicate",
        state_partial="partial",
        state_encrypted="protected",
        state_needs_ocr="needs OCR",
        state_damaged="damaged",
        state_not_pdf="not a PDF",
        state_empty="empty",
        state_timeout="too slow",
        state_too_big="too big",
        state_crashed="unreadable",
        state_changing="being copied",
        todo_new="Not indexed yet: start an indexing.",
        todo_modified="Changed since the last indexing: run it again.",
    ),
)
