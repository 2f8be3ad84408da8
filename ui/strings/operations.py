"""The texts of the admin's overview, of use and health, and of the log."""

from __future__ import annotations

from dataclasses import dataclass

from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class OperationTexts:
    """The texts of one language; `action_…` name entries of the log."""

    title: str
    problems: str
    no_problem: str
    problem_assistant: str
    preparing: str
    problem_model: str
    problem_disk: str
    problem_files: str
    problem_review: str
    problem_asked: str
    problem_reports: str
    problem_responsible: str
    see: str
    last_days: str
    questions: str
    refused: str
    struck: str
    useful: str
    reported: str
    open_questions: str
    health_title: str
    per_day: str
    answered: str
    day: str
    as_table: str
    times: str
    total_p50: str
    total_p95: str
    waited_p50: str
    waited_p95: str
    approved: str
    cached: str
    machine: str
    model: str
    no_model: str
    model_state: str
    state_starting: str
    state_ready: str
    state_busy: str
    state_restarting: str
    state_failed: str
    model_memory: str
    restarts: str
    memory: str
    machine_memory: str
    of: str
    disk: str
    store: str
    data: str
    generation: str
    documents: str
    waiting: str
    energy: str
    energy_value: str
    not_measured: str
    energy_per_question: str
    metrics_hint: str
    seconds: str
    percent: str
    audit_title: str
    audit_hint: str
    action: str
    all_actions: str
    actor: str
    object: str
    when: str
    filter: str
    show: str
    this_machine: str
    empty: str
    older: str
    newest: str


OPERATIONS = pair(
    OperationTexts(
        title="Vue d'ensemble",
        problems="À voir d'abord",
        no_problem="Rien à signaler : tout fonctionne.",
        problem_assistant="L'assistant ne répond pas. {reason}",
        preparing="L'assistant se prépare.",
        problem_model="Le modèle de langue ne rédige pas, les réponses se font par extraits. {reason}",
        problem_disk="Il reste peu de place sur le disque : {free}.",
        problem_files="Fichiers du corpus qui ne sont pas indexés, ou pas entièrement : {count}.",
        problem_review="Réponses validées à revoir, parce que leur source a changé : {count}.",
        problem_asked="Questions adressées au secrétariat, en attente : {count}.",
        problem_reports="Signalements en attente : {count}.",
        problem_responsible="La page « À propos » ne dit pas qui répond de l'assistant : demandez à la personne qui a "
        "installé Greffier d'y inscrire un nom et une adresse électronique.",
        see="Voir",
        last_days="Les 30 derniers jours",
        questions="questions",
        refused="sans réponse",
        struck="phrases retirées",
        useful="jugées utiles",
        reported="signalements",
        open_questions="questions en attente",
        health_title="Usage et santé",
        per_day="Questions par jour",
        answered="avec réponse",
        day="Jour",
        as_table="Les mêmes chiffres en tableau",
        times="Délais",
        total_p50="réponse, médiane",
        total_p95="réponse, 95 % en moins de",
        waited_p50="attente dans la file, médiane",
        waited_p95="attente, 95 % en moins de",
        approved="réponses validées données",
        cached="réponses déjà écrites",
        machine="Machine et modèle",
        model="Modèle",
        no_model="aucun (réponses par extraits)",
        model_state="État du modèle",
        state_starting="démarre",
        state_ready="prêt",
        state_busy="écrit",
        state_restarting="redémarre",
        state_failed="en panne",
        model_memory="Mémoire du modèle",
        restarts="Redémarrages du modèle",
        memory="Mémoire du serveur",
        machine_memory="Mémoire libre",
        of="{free} sur {total}",
        disk="Disque libre",
        store="Index",
        data="Comptes, questions, corbeille",
        generation="Index en service",
        documents="Documents indexés",
        waiting="Questions dans la file",
        energy="Énergie depuis le démarrage",
        energy_value="{wh} Wh ({source})",
        not_measured="non mesuré",
        energy_per_question="Énergie par question",
        metrics_hint="Les mêmes chiffres pour Prometheus : /metrics (session ou jeton d'un administrateur).",
        seconds="{value} s",
        percent="{value} %",
        audit_title="Journal",
        audit_hint="Connexions, fichiers, publications, comptes. Jamais le contenu des questions. "
        "Gardé {days:jour|jours}.",
        action="Action",
        all_actions="Toutes les actions",
        actor="Qui",
        object="Objet",
        when="Quand",
        filter="Filtrer",
        show="Afficher",
        this_machine="cette machine",
        empty="Aucune entrée.",
        older="Entrées plus anciennes",
        newest="Les plus récentes",
    ),
    OperationTexts(
        title="Overview",
        problems="To be looked at first",
        no_problem="Nothing to report: everything works.",
        problem_assistant="The assistant does not answer. {reason}",
        preparing="The assistant is getting ready.",
        problem_model="The language model does not write, answers are made of extracts. {reason}",
        problem_disk="Little room is left on the disk: {free}.",
        problem_files="Files of the corpus that are not indexed, or not wholly: {count}.",
        problem_review="Approved answers to be reviewed, as their source has changed: {count}.",
        problem_asked="Questions put to the secretariat, waiting: {count}.",
        problem_reports="Reports waiting: {count}.",
        problem_responsible="The page “About” does not say who answers for the assistant: ask whoever installed "
        "Greffier to put a name and an e-mail address there.",
        see="See",
        last_days="The last 30 days",
        questions="questions",
        refused="without an answer",
        struck="sentences withdrawn",
        useful="found useful",
        reported="reports",
        open_questions="questions that wait",
        health_title="Use and health",
        per_day="Questions a day",
        answered="answered",
        day="Day",
        as_table="The same figures as a table",
        times="Times",
        total_p50="answer, median",
        total_p95="answer, 95% in less than",
        waited_p50="wait in the line, median",
        waited_p95="wait, 95% less than",
        approved="approved answers given",
        cached="answers written before",
        machine="Machine and model",
        model="Model",
        no_model="none (answers by extracts)",
        model_state="State of the model",
        state_starting="starting",
        state_ready="ready",
        state_busy="writing",
        state_restarting="restarting",
        state_failed="failed",
        model_memory="Memory of the model",
        restarts="Restarts of the model",
        memory="Memory of the server",
        machine_memory="Free memory",
        of="{free} of {total}",
        disk="Free disk",
        store="Index",
        data="Accounts, questions, trash",
        generation="Live index",
        documents="Indexed documents",
        waiting="Questions in the line",
        energy="Energy since the start",
        energy_value="{wh} Wh ({source})",
        not_measured="not measured",
        energy_per_question="Energy a question",
        metrics_hint="The same figures for Prometheus: /metrics (an administrator's session or token).",
        seconds="{value} s",
        percent="{value}%",
        audit_title="Log",
        audit_hint="Sign-ins, files, publications, accounts. Never the content of questions. Kept for {days:day|days}.",
        action="Action",
        all_actions="All actions",
        actor="Who",
        object="Object",
        when="When",
        filter="Filter",
        show="Show",
        this_machine="this machine",
        empty="No entry.",
        older="Older entries",
        newest="The newest",
    ),
)

# Actions of the log in words; one that is not here is shown as it is written.
ACTIONS: dict[str, tuple[str, str]] = {
    "sign_in": ("connexion", "sign-in"),
    "sign_in_failed": ("connexion refusée", "sign-in refused"),
    "sign_out": ("déconnexion", "sign-out"),
    "password_changed": ("mot de passe changé", "password changed"),
    "password_renewed": ("nouveau mot de passe donné", "new password given"),
    "user_created": ("compte créé", "account made"),
    "user_changed": ("compte modifié", "account changed"),
    "token_created": ("jeton créé", "token made"),
    "token_revoked": ("jeton révoqué", "token revoked"),
    "upload": ("fichier ajouté", "file added"),
    "replace": ("fichier remplacé", "file replaced"),
    "remove": ("fichier retiré", "file removed"),
    "move": ("fichier déplacé", "file moved"),
    "restore": ("fichier remis", "file put back"),
    "destroy": ("fichier effacé", "file erased"),
    "publish": ("index publié", "index published"),
    "rollback": ("retour à un index", "rolled back"),
    "answer_approved": ("réponse validée", "answer approved"),
    "answer_draft": ("brouillon de réponse", "draft of an answer"),
    "answer_deleted": ("réponse supprimée", "answer deleted"),
    "data_read": ("données personnelles téléchargées", "own data downloaded"),
    "data_deleted": ("données personnelles effacées", "own data erased"),
}
