"""The texts of the admin's pages on questions without an answer, reports and approved answers."""

from __future__ import annotations

from dataclasses import dataclass

from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class QuestionTexts:
    """The texts of one language."""

    title: str
    intro: str
    not_in_corpus: str
    not_in_corpus_hint: str
    not_supported: str
    not_supported_hint: str
    none_open: str
    times: str
    asked: str
    newest: str
    nearest: str
    page: str
    also: str
    words: str
    write_answer: str
    mark_done: str
    reopen: str
    export: str
    show_done: str
    show_open: str
    by_words: str
    kept_none: str
    reports: str
    reports_hint: str
    none_reported: str
    not_useful: str
    wrong_source: str
    out_of_date: str
    answer_given: str
    sources: str
    answers: str
    answers_intro: str
    none_approved: str
    new: str
    edit: str
    live: str
    draft: str
    review: str
    why_changed: str
    why_gone: str
    why_unknown: str
    question: str
    question_hint: str
    answer: str
    source: str
    document: str
    document_hint: str
    quote: str
    quote_hint: str
    sentences: str
    no_sentences: str
    look_up: str
    choose: str
    save_draft: str
    save_live: str
    delete: str
    delete_confirm: str
    back: str
    back_answers: str
    done_saved: str
    done_live: str
    done_deleted: str
    done_marked: str
    bad_page: str
    csv_kind: str
    csv_question: str
    csv_count: str
    csv_asked: str
    csv_newest: str
    csv_nearest: str
    csv_page: str
    csv_wordings: str
    csv_words: str


QUESTIONS = pair(
    QuestionTexts(
        title="Questions sans réponse",
        intro="Les questions auxquelles les documents n'ont pas répondu, regroupées par sens. Celles que des membres "
        "ont adressées au secrétariat viennent en premier.",
        not_in_corpus="Absent des documents",
        not_in_corpus_hint="Aucun passage n'en parle : ajoutez un document, ou validez une réponse.",
        not_supported="Trouvé, mais pas confirmé",
        not_supported_hint="Des passages en parlent sans permettre une réponse vérifiée : précisez le document, ou "
        "validez une réponse.",
        none_open="Aucune question en attente.",
        times="posée {count:fois|fois}",
        asked="adressée au secrétariat ({count})",
        newest="dernière le {date}",
        nearest="Document le plus proche :",
        page="page\xa0{number}",
        also="Autres formulations",
        words="Précisions des membres",
        write_answer="Rédiger une réponse",
        mark_done="Marquer comme traitée",
        reopen="Rouvrir",
        export="Exporter (CSV)",
        show_done="Voir les questions traitées",
        show_open="Voir les questions en attente",
        by_words="L'assistant n'est pas prêt : les questions sont regroupées par leurs mots seulement.",
        kept_none="Le réglage keep_questions_days vaut 0 : aucun texte de question n'est conservé.",
        reports="Signalements",
        reports_hint="Ce que des membres ont signalé sur une réponse.",
        none_reported="Aucun signalement en attente.",
        not_useful="Pas utile",
        wrong_source="Mauvaise source",
        out_of_date="Plus à jour",
        answer_given="Réponse donnée",
        sources="Sources citées",
        answers="Réponses validées",
        answers_intro="Une réponse validée est donnée en premier, telle quelle et marquée « Réponse validée par le "
        "secrétariat », à qui pose la même question et peut lire sa source. Si la source change, elle n'est plus "
        "donnée et revient ici.",
        none_approved="Aucune réponse validée pour l'instant.",
        new="Nouvelle réponse",
        edit="Modifier",
        live="en service",
        draft="brouillon",
        review="à revoir",
        why_changed="Le document a changé depuis la validation : vérifiez la réponse et la citation, puis validez de "
        "nouveau.",
        why_gone="Le document ou la page n'est plus dans l'index : choisissez une autre source.",
        why_unknown="L'assistant n'est pas prêt : la source n'a pas pu être vérifiée.",
        question="Question",
        question_hint="Une formulation par ligne. La réponse n'est donnée qu'à une question qui dit la même chose "
        "avec les mêmes mots importants : ajoutez les formulations courantes.",
        answer="Réponse",
        source="Source",
        document="Document",
        document_hint="Chemin dans le corpus, par exemple bureau/statuts.pdf",
        quote="Citation",
        quote_hint="Mot pour mot comme sur la page.",
        sentences="Phrases de cette page",
        no_sentences="Cette page n'a pas de texte dans l'index en service : vérifiez le document et le numéro de page.",
        look_up="Afficher les phrases de la page",
        choose="Choisir",
        save_draft="Enregistrer comme brouillon",
        save_live="Valider et mettre en service",
        delete="Supprimer",
        delete_confirm="Oui, supprimer cette réponse",
        back="Retour aux questions",
        back_answers="Retour aux réponses validées",
        done_saved="Brouillon enregistré.",
        done_live="La réponse est en service.",
        done_deleted="La réponse est supprimée.",
        done_marked="C'est noté.",
        bad_page="Le numéro de page est un nombre à partir de 1.",
        csv_kind="Catégorie",
        csv_question="Question",
        csv_count="Nombre",
        csv_asked="Adressée au secrétariat",
        csv_newest="Dernière fois",
        csv_nearest="Document le plus proche",
        csv_page="Page",
        csv_wordings="Autres formulations",
        csv_words="Précisions",
    ),
    QuestionTexts(
        title="Questions without an answer",
        intro="Questions that the documents did not answer, grouped by meaning. Those that members put to the "
        "secretariat come first.",
        not_in_corpus="Not in the documents",
        not_in_corpus_hint="No passage speaks of it: add a document, or approve an answer.",
        not_supported="Found, but not confirmed",
        not_supported_hint="Passages speak of it without a checked answer: make the document clearer, or approve an "
        "answer.",
        none_open="No question waits.",
        times="asked {count:time|times}",
        asked="put to the secretariat ({count})",
        newest="last on {date}",
        nearest="Nearest document:",
        page="page\xa0{number}",
        also="Other wordings",
        words="What members added",
        write_answer="Write an answer",
        mark_done="Mark as done",
        reopen="Reopen",
        export="Export (CSV)",
        show_done="See questions that are done",
        show_open="See questions that wait",
        by_words="The assistant is not ready: questions are grouped by their words alone.",
        kept_none="The setting keep_questions_days is 0: no text of a question is kept.",
        reports="Reports",
        reports_hint="What members reported about an answer.",
        none_reported="No report waits.",
        not_useful="Not useful",
        wrong_source="Wrong source",
        out_of_date="Out of date",
        answer_given="Answer given",
        sources="Cited sources",
        answers="Approved answers",
        answers_intro="An approved answer is given first, as it stands and marked “Approved by the secretariat”, to "
        "who asks the same question and may read its source. When the source changes it is no longer given and comes "
        "back here.",
        none_approved="No approved answer yet.",
        new="New answer",
        edit="Edit",
        live="live",
        draft="draft",
        review="to be reviewed",
        why_changed="The document has changed since the answer was approved: check answer and quote, then approve "
        "again.",
        why_gone="The document or page is no longer in the index: choose another source.",
        why_unknown="The assistant is not ready: the source could not be checked.",
        question="Question",
        question_hint="One wording a line. The answer is given only to a question that says the same with the same "
        "important words: add the usual wordings.",
        answer="Answer",
        source="Source",
        document="Document",
        document_hint="Path in the corpus, for example board/statutes.pdf",
        quote="Quote",
        quote_hint="Word for word as on the page.",
        sentences="Sentences of this page",
        no_sentences="This page has no text in the live index: check document and page number.",
        look_up="Show the page's sentences",
        choose="Choose",
        save_draft="Save as a draft",
        save_live="Approve and put into service",
        delete="Delete",
        delete_confirm="Yes, delete this answer",
        back="Back to the questions",
        back_answers="Back to the approved answers",
        done_saved="Draft saved.",
        done_live="The answer is live.",
        done_deleted="The answer was deleted.",
        done_marked="Noted.",
        bad_page="The page number is a number from 1.",
        csv_kind="Kind",
        csv_question="Question",
        csv_count="Count",
        csv_asked="Put to the secretariat",
        csv_newest="Last time",
        csv_nearest="Nearest document",
        csv_page="Page",
        csv_wordings="Other wordings",
        csv_words="What was added",
    ),
)
