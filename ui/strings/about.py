"""The texts of the page for everybody, and of a member's page on their own data.

Sources of what must be said: GDPR articles 13 to 17, EU AI Act (Regulation 2024/1689) article 50(1).
"""

from __future__ import annotations

from dataclasses import dataclass

from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class AboutTexts:
    """The texts of one language."""

    title: str
    name: str
    is_ai: str
    can_title: str
    can: str
    cannot: str
    check: str
    approved: str
    model_title: str
    model: str
    no_model: str
    not_ready: str
    embedder: str
    corpus: str
    corpus_date: str
    no_corpus: str
    responsible_title: str
    responsible: str
    no_responsible: str
    contact: str
    kept_title: str
    kept_conversations: str
    kept_none: str
    kept_refused: str
    kept_reports: str
    kept_figures: str
    kept_nothing: str
    kept_names: str
    kept_no_names: str
    kept_log: str
    kept_cookies: str
    leaves_title: str
    leaves_nothing: str
    leaves_servers: str
    rights_title: str
    rights: str
    rights_own: str
    rights_who: str
    rights_cnil: str
    data_title: str
    data_intro: str
    data_none: str
    data_what: str
    data_count: str
    account: str
    sessions: str
    tokens: str
    conversations: str
    exchanges: str
    reports: str
    questions_without_answer: str
    log: str
    download: str
    delete_title: str
    delete_hint: str
    delete: str
    delete_confirm: str
    deleted: str
    back: str


ABOUT = pair(
    AboutTexts(
        title="À propos de cet assistant",
        name="{association} met à disposition cet assistant.",
        is_ai="C'est un programme d'intelligence artificielle. Ce n'est pas une personne qui vous répond.",
        can_title="Ce qu'il sait faire, et ce qu'il ne sait pas faire",
        can="Il cherche dans les documents de l'association et répond avec leurs phrases. Chaque phrase porte un "
        "numéro : touchez-le pour voir la page d'où elle vient. Une phrase que les documents ne confirment pas est "
        "barrée.",
        cannot="Il ne connaît rien d'autre que ces documents. Il peut se tromper, oublier une règle, ou citer un "
        "document dépassé. Il ne donne pas de conseil juridique et ne prend aucune décision.",
        check="Avant une décision, lisez la page citée, ou demandez au secrétariat.",
        approved="« Réponse validée par le secrétariat » : cette réponse-là a été écrite ou relue par une personne.",
        model_title="Le modèle et les documents",
        model="Les réponses sont rédigées par le modèle {model}.",
        no_model="Aucun modèle ne rédige : les réponses sont des phrases des documents, citées telles quelles.",
        not_ready="L'assistant n'est pas encore prêt.",
        embedder="La recherche utilise le modèle {embedder}.",
        corpus="Pour vous, il répond à partir de {count:document|documents}, dans leur état du {date}.",
        corpus_date="Il répond à partir de documents dans leur état du {date}.",
        no_corpus="Aucun document n'est encore indexé.",
        responsible_title="Qui en répond",
        responsible="{responsible}, pour {association}.",
        no_responsible="{association}.",
        contact="Pour toute question :",
        kept_title="Ce qui est conservé, et combien de temps",
        kept_conversations="Vos conversations, pour que vous les retrouviez : {days:jour|jours} après la dernière "
        "question. Vous pouvez les supprimer à tout moment.",
        kept_none="Vos conversations ne sont pas gardées : elles se perdent quand le serveur s'arrête.",
        kept_refused="Les questions restées sans réponse, pour compléter les documents : {days:jour|jours}.",
        kept_reports="Ce que vous signalez sur une réponse, avec la question et la réponse : {days:jour|jours}.",
        kept_figures="Des chiffres sans contenu (heure, durée, réponse ou non) : {days:jour|jours}.",
        kept_nothing="Des questions restées sans réponse et de vos signalements, aucun texte n'est conservé.",
        kept_names="Votre nom est noté avec les questions sans réponse et les signalements.",
        kept_no_names="Votre nom n'est pas noté avec les questions sans réponse ni avec les signalements.",
        kept_log="Un journal des connexions et des changements de documents : {days:jour|jours}. Jamais le contenu des "
        "questions.",
        kept_cookies="Deux cookies : la session et la langue. Aucune mesure d'audience, aucune publicité.",
        leaves_title="Ce qui quitte cette machine",
        leaves_nothing="Rien. Les questions, les documents et le modèle restent sur la machine de l'association.",
        leaves_servers="Chaque question, avec les phrases qui y répondent, est envoyée au serveur du modèle : "
        "{servers}. Rien d'autre ne sort.",
        rights_title="Vos droits",
        rights="Vous pouvez demander à voir, corriger ou effacer ce qui vous concerne (RGPD, articles 15 à 17), et "
        "vous opposer à son utilisation (article 21).",
        rights_own="Connecté, vous pouvez le faire vous-même :",
        rights_who="Pour le reste, adressez-vous à :",
        rights_cnil="Si la réponse ne vous convient pas, vous pouvez saisir la CNIL (cnil.fr).",
        data_title="Mes données",
        data_intro="Voici ce qui est conservé à votre nom. Vous pouvez le télécharger ou l'effacer.",
        data_none="Ici personne ne se connecte : rien n'est conservé à votre nom.",
        data_what="Quoi",
        data_count="Nombre",
        account="Compte",
        sessions="Connexions ouvertes",
        tokens="Jetons",
        conversations="Conversations",
        exchanges="Questions posées dans ces conversations",
        reports="Signalements à votre nom",
        questions_without_answer="Questions sans réponse à votre nom",
        log="Entrées du journal",
        download="Tout télécharger (JSON)",
        delete_title="Effacer",
        delete_hint="Vos conversations, vos signalements et vos questions sans réponse sont effacés pour de bon. Le "
        "compte et le journal restent : demandez au secrétariat pour le compte.",
        delete="Effacer mes données",
        delete_confirm="Oui, tout effacer",
        deleted="C'est effacé.",
        back="Retour à mon compte",
    ),
    AboutTexts(
        title="About this assistant",
        name="{association} offers this assistant.",
        is_ai="It is an artificial intelligence program. No person answers you.",
        can_title="What it can do, and what it cannot",
        can="It searches the association's documents and answers with their sentences. Each sentence carries a number: "
        "touch it to see the page it comes from. A sentence that the documents do not confirm is struck out.",
        cannot="It knows nothing but these documents. It can be wrong, miss a rule, or cite a document that is out of "
        "date. It gives no legal advice and takes no decision.",
        check="Before you decide, read the cited page, or ask the secretariat.",
        approved="“Answer approved by the secretariat”: a person wrote or read that answer.",
        model_title="The model and the documents",
        model="Answers are written by the model {model}.",
        no_model="No model writes: answers are sentences of the documents, quoted as they stand.",
        not_ready="The assistant is not ready yet.",
        embedder="The search uses the model {embedder}.",
        corpus="For you, it answers from {count:document|documents}, as of {date}.",
        corpus_date="It answers from documents as of {date}.",
        no_corpus="No document is indexed yet.",
        responsible_title="Who answers for it",
        responsible="{responsible}, for {association}.",
        no_responsible="{association}.",
        contact="For any question:",
        kept_title="What is kept, and for how long",
        kept_conversations="Your conversations, so that you find them again: {days:day|days} after the last "
        "question. You can delete them at any time.",
        kept_none="Your conversations are not kept: they are lost when the server stops.",
        kept_refused="Questions without an answer, to complete the documents: {days:day|days}.",
        kept_reports="What you report about an answer, with question and answer: {days:day|days}.",
        kept_figures="Figures without content (time, duration, answered or not): {days:day|days}.",
        kept_nothing="Of questions without an answer and of your reports, no text is kept.",
        kept_names="Your name is noted with questions without an answer and with reports.",
        kept_no_names="Your name is not noted with questions without an answer, nor with reports.",
        kept_log="A log of sign-ins and changes of documents: {days:day|days}. Never the content of questions.",
        kept_cookies="Two cookies: the session and the language. No audience measurement, no advertising.",
        leaves_title="What leaves this machine",
        leaves_nothing="Nothing. Questions, documents and model stay on the association's machine.",
        leaves_servers="Each question, with the sentences that answer it, is sent to the model's server: {servers}. "
        "Nothing else goes out.",
        rights_title="Your rights",
        rights="You can ask to see, correct or erase what concerns you (GDPR, articles 15 to 17), and object to its "
        "use (article 21).",
        rights_own="Signed in, you can do it yourself:",
        rights_who="For the rest, ask:",
        rights_cnil="If the reply does not satisfy you, you can turn to the CNIL (cnil.fr), the French authority.",
        data_title="My data",
        data_intro="This is what is kept in your name. You can download or erase it.",
        data_none="Nobody signs in here: nothing is kept in your name.",
        data_what="What",
        data_count="Count",
        account="Account",
        sessions="Open sign-ins",
        tokens="Tokens",
        conversations="Conversations",
        exchanges="Questions asked in these conversations",
        reports="Reports in your name",
        questions_without_answer="Questions without an answer in your name",
        log="Entries of the log",
        download="Download all (JSON)",
        delete_title="Erase",
        delete_hint="Your conversations, reports and questions without an answer are erased for good. Account and log "
        "stay: ask the secretariat about the account.",
        delete="Erase my data",
        delete_confirm="Yes, erase all",
        deleted="It is erased.",
        back="Back to my account",
    ),
)
