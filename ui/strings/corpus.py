"""The texts of the admin's corpus pages: files, their folders and the trash."""

from __future__ import annotations

from dataclasses import dataclass

from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class CorpusTexts:
    """The texts of one language."""

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
    done_upload: str
    done_replaced: str
    done_waiting: str
    done_kept: str
    done_removed: str
    done_moved: str
    done_restored: str
    done_destroyed: str
    no_choice: str
    bad_form: str


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
        trash_hint="Ces fichiers ne sont plus dans le corpus. « Supprimer » les efface pour de bon. Leur texte reste "
        "dans les réponses déjà données et dans l'index précédent, tant qu'une autre indexation ne l'a pas remplacé.",
        trash_empty="La corbeille est vide.",
        removed_why="retiré",
        replaced_why="remplacé",
        restore="Remettre",
        destroy="Supprimer",
        destroy_hint="Effacer pour de bon ?",
        done_upload="« {path} » est ajouté. Lancez une indexation pour qu'il serve aux réponses.",
        done_replaced="« {path} » est remplacé ; l'ancien est à la corbeille, et répond encore jusqu'à la "
        "prochaine indexation.",
        done_waiting="« {path} » existe déjà : choisissez ci-dessous.",
        done_kept="« {path} » reste comme il était.",
        done_removed="« {path} » est à la corbeille. Son texte répond encore jusqu'à la prochaine indexation.",
        done_moved="Déplacé : « {path} ». Les mêmes personnes qu'avant le lisent jusqu'à la prochaine indexation.",
        done_restored="« {path} » est de retour.",
        done_destroyed="« {path} » est effacé pour de bon.",
        no_choice="Choisissez au moins un fichier PDF.",
        bad_form="L'envoi est incomplet ou trop grand : recommencez avec moins de fichiers.",
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
        trash_hint="These files are no longer in the corpus. “Delete” erases them for good. Their text stays in "
        "answers that were given and in the index before, until another indexing has replaced that.",
        trash_empty="The trash is empty.",
        removed_why="removed",
        replaced_why="replaced",
        restore="Put back",
        destroy="Delete",
        destroy_hint="Erase for good?",
        done_upload="“{path}” was added. Start an indexing to have it used in answers.",
        done_replaced="“{path}” was replaced; the old one is in the trash, and answers until the next indexing.",
        done_waiting="“{path}” exists already: choose below.",
        done_kept="“{path}” stays as it was.",
        done_removed="“{path}” is in the trash. Its text still answers until the next indexing.",
        done_moved="Moved: “{path}”. The same people as before read it until the next indexing.",
        done_restored="“{path}” is back.",
        done_destroyed="“{path}” was erased for good.",
        no_choice="Choose at least one PDF file.",
        bad_form="What was sent is incomplete or too large: try again with fewer files.",
    ),
)
