"""The texts of the chat page. Plain texts with `{name}` where a value goes; `ui/view/` escapes them."""

from __future__ import annotations

from dataclasses import dataclass

from rag.types import Language
from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class Strings:
    """The texts of one language."""

    language: Language
    title: str
    skip: str
    preparing: str
    extracts: str
    fallback: str
    model: str
    servers: str
    not_ready: str
    conversation: str
    welcome: str
    examples: str
    question: str
    placeholder: str
    send: str
    stop: str
    clear: str
    caution: str
    you: str
    assistant: str
    not_yet: str
    starting: str
    searching: str
    waiting: str
    about_seconds: str
    about_minutes: str
    reading: str
    provisional: str
    stopped: str
    stopped_before: str
    failed: str
    again: str
    withheld: str
    refused: str
    no_years: str
    not_named: str
    no_evidence: str
    model_abstained: str
    nothing_supported: str
    nearest: str
    suggestion: str
    struck: str
    struck_list: str
    some_struck: str
    truncated: str
    understood: str
    follows: str
    sources: str
    by_extracts: str
    by_model: str
    approved: str
    cached: str
    unused: str
    open_citation: str
    newer: str
    older: str
    cites_older: str
    cites_changed: str
    page: str
    page_label: str
    evidence: str
    evidence_empty: str
    close: str
    previous_page: str
    next_page: str
    cited_page: str
    open_pdf: str
    picture: str
    loading: str
    no_such_page: str
    quote: str
    quoted: str
    read_passage: str
    seconds: str
    decimal: str
    crashed: str
    session_ended: str
    server_away: str
    not_sent: str
    no_conversation: str
    not_stored: str
    unknown_document: str
    unknown_page: str
    changed: str
    replaced: str
    foreign: str
    bad_host: str
    forged: str
    foreign_tab: str
    closed: str
    too_much: str
    sign_in_first: str
    unknown_proxy: str
    admins_only: str
    ask_admin: str


_FR = Strings(
    language="fr",
    title="Assistant documentaire",
    skip="Aller à la question",
    preparing="L'assistant se prépare… Vous pouvez déjà écrire votre question.",
    extracts="Réponse par extraits : aucun modèle de langue n'est installé, les phrases sont citées telles quelles.",
    fallback="Réponse par extraits, les phrases sont citées telles quelles. {reason}",
    model="Modèle : {model}. Chaque phrase est vérifiée sur les documents.",
    servers="Le modèle tourne sur {servers}.",
    not_ready="L'assistant ne peut pas répondre pour l'instant. {reason}",
    conversation="Conversation",
    welcome="Posez une question sur les documents de l'association. Chaque phrase de la réponse porte un numéro : "
    "touchez-le pour voir la page d'où elle vient.",
    examples="Par exemple :",
    question="Votre question",
    placeholder="Écrivez votre question…",
    send="Envoyer",
    stop="Arrêter",
    clear="Nouvelle conversation",
    caution="Un programme répond à partir des documents et peut se tromper : vérifiez la page citée.",
    you="Votre question",
    assistant="Réponse",
    not_yet="L'assistant se prépare ; votre question part dès qu'il est prêt.",
    starting="Les passages sont trouvés ; le modèle de langue démarre encore.",
    searching="Recherche dans les documents…",
    waiting="{position:question|questions} avant la vôtre",
    about_seconds=", environ {seconds} s",
    about_minutes=", environ {minutes} min",
    reading="Lecture des passages trouvés…",
    provisional="Brouillon, pas encore vérifié",
    stopped="Réponse arrêtée. Ce qui est écrit n'a pas été vérifié.",
    stopped_before="Réponse arrêtée.",
    failed="Cette question n'a pas eu de réponse.",
    again="Reposer la question",
    withheld="Cette réponse s'appuyait sur des documents que vous ne pouvez plus lire : elle n'est plus montrée.",
    refused="Je n'ai pas trouvé la réponse dans les documents.",
    not_named="Les passages trouvés ne parlent pas de : {names}. La réponse y porterait sur autre chose.",
    no_years="Les passages trouvés ne parlent pas de {years} : la réponse y serait celle d'une autre année.",
    no_evidence="Aucun passage n'est assez proche de votre question.",
    model_abstained="Des passages parlent du sujet, mais ne répondent pas à la question.",
    nothing_supported="Une réponse a été écrite, mais les documents ne la confirment pas : elle est retirée.",
    nearest="Les passages les plus proches :",
    suggestion="Essayez avec les mots du document, ou une question plus courte ; sinon, demandez au secrétariat.",
    struck="Phrase retirée, les documents ne la confirment pas : {reason}",
    struck_list="Ce qui a été retiré, et pourquoi",
    some_struck="Les phrases barrées ne sont pas confirmées par les documents.",
    truncated="La réponse a été coupée à la longueur permise.",
    understood="Question comprise ainsi : {question}",
    follows="Comprise comme la suite de : « {question} »",
    sources="Sources de la réponse",
    by_extracts="Phrases des documents, citées telles quelles",
    by_model="Modèle : {model}",
    approved="Réponse validée par le secrétariat",
    cached="réponse déjà écrite pour la même question",
    unused="Autres passages lus ({count})",
    newer="Une version plus récente existe : {title}",
    older="Une version plus ancienne existe : {title}",
    cites_older="Source d'une ancienne version : {numbers}. Une version plus récente existe : {title}.",
    cites_changed="Le document a changé depuis cette réponse (source {numbers}) : reposez la question pour une réponse "
    "à jour.",
    open_citation="Source {number} : {title}, {page}. Voir la page.",
    page="page\xa0{number}",
    page_label="page\xa0{number} (imprimée : {label})",
    evidence="Source",
    evidence_empty="Touchez un numéro dans la réponse : la page du document s'affiche ici, la phrase surlignée.",
    close="Fermer",
    previous_page="Page précédente",
    next_page="Page suivante",
    cited_page="Revenir à la page citée",
    open_pdf="Ouvrir le PDF à cette page",
    picture="{title}, {page}, le passage cité est surligné",
    loading="Chargement de la page…",
    no_such_page="Il n'y a pas d'autre page dans ce document.",
    quote="Phrase citée",
    quoted="« {text} »",
    read_passage="Passage lu",
    seconds="{seconds} s",
    decimal=",",
    crashed="Une erreur imprévue a empêché de répondre. Recommencez ; si cela continue, prévenez l'administrateur.",
    session_ended="Vous n'êtes plus connecté : la question n'est pas partie.",
    server_away="Le serveur ne répond pas. La page revient d'elle-même dès qu'il est là ; votre question est gardée.",
    not_sent="La question n'est pas partie. Envoyez-la encore une fois.",
    no_conversation="Cette conversation n'existe pas ou n'existe plus : en voici une nouvelle.",
    not_stored="La conversation n'a pas pu être enregistrée : prévenez l'administrateur. Vous pouvez continuer.",
    unknown_document="Ce document n'est pas dans l'index : {path}. S'il vient d'être ajouté, il y sera "
    "après la prochaine mise à jour de l'index.",
    unknown_page="Ce document n'a pas de page {number} : {path}.",
    changed="Le document a changé depuis l'indexation : {path}. Sa page sera montrée après la prochaine mise à jour de "
    "l'index, que lance l'administrateur.",
    replaced="Le document a changé depuis cette réponse : {path}. Reposez la question.",
    foreign="Demande refusée : elle vient d'un autre site ({origin}).",
    bad_host="Demande refusée : nom de serveur inconnu ({host}). Ouvrez la page par http://127.0.0.1, "
    "ou ajoutez ce nom au réglage server_names.",
    forged="Demande refusée : elle ne vient pas d'une page de ce serveur. Rouvrez la page et recommencez.",
    foreign_tab="Demande refusée : cet onglet est celui d'un autre membre. Rechargez la page.",
    closed="Cette adresse est fermée.",
    too_much="Demande trop grande : {limit:octet|octets} au plus.",
    sign_in_first="Connectez-vous d'abord : ouvrez la page /sign-in, ou envoyez votre jeton.",
    unknown_proxy="Cette demande passe par un serveur mandataire que Greffier ne connaît pas, et personne ne "
    "s'identifie ici : donnez son adresse dans le réglage trusted_proxies et créez un compte d'administrateur "
    "(python -m ui accounts add NOM --admin).",
    admins_only="Cette page est réservée aux administrateurs.",
    ask_admin="Prévenez l'administrateur : il peut y remédier.",
)

_EN = Strings(
    language="en",
    title="Document assistant",
    skip="Go to the question",
    preparing="The assistant is getting ready… You can already write your question.",
    extracts="Answers by extracts: no language model is installed, sentences are quoted as they stand.",
    fallback="Answers by extracts, sentences are quoted as they stand. {reason}",
    model="Model: {model}. Each sentence is checked against the documents.",
    servers="The model runs on {servers}.",
    not_ready="The assistant cannot answer for now. {reason}",
    conversation="Conversation",
    welcome="Ask about the association's documents. Each sentence of the answer carries a number: "
    "touch it to see the page it comes from.",
    examples="For example:",
    question="Your question",
    placeholder="Write your question…",
    send="Send",
    stop="Stop",
    clear="New conversation",
    caution="A program answers from the documents and can be wrong: check the cited page.",
    you="Your question",
    assistant="Answer",
    not_yet="The assistant is getting ready; your question goes off as soon as it is.",
    starting="The passages are found; the language model is still starting.",
    searching="Searching the documents…",
    waiting="{position:question|questions} before yours",
    about_seconds=", about {seconds} s",
    about_minutes=", about {minutes} min",
    reading="Reading the passages found…",
    provisional="Draft, not checked yet",
    stopped="Answer stopped. What is written was not checked.",
    stopped_before="Answer stopped.",
    failed="This question got no answer.",
    again="Ask again",
    withheld="This answer rested on documents that you may no longer read: it is no longer shown.",
    refused="I did not find the answer in the documents.",
    not_named="The passages found say nothing of: {names}. An answer would be about something else.",
    no_years="The passages found say nothing of {years}: an answer would be that of another year.",
    no_evidence="No passage is close enough to your question.",
    model_abstained="Passages mention the subject but do not answer the question.",
    nothing_supported="An answer was written, but the documents do not confirm it: it was withdrawn.",
    nearest="The nearest passages:",
    suggestion="Try the document's own words, or a shorter question; otherwise ask the secretariat.",
    struck="Withdrawn, the documents do not confirm it: {reason}",
    struck_list="What was withdrawn, and why",
    some_struck="Struck-out sentences are not confirmed by the documents.",
    truncated="The answer was cut at the permitted length.",
    understood="Question understood as: {question}",
    follows="Understood as going on with: “{question}”",
    sources="Sources of the answer",
    by_extracts="Sentences of the documents, quoted as they stand",
    by_model="Model: {model}",
    approved="Answer approved by the secretariat",
    cached="written before, for the same question",
    unused="Other passages read ({count})",
    newer="A newer version exists: {title}",
    older="An older version exists: {title}",
    cites_older="Source from an older version: {numbers}. A newer one exists: {title}.",
    cites_changed="The document has changed since this answer (source {numbers}): ask again to be up to date.",
    open_citation="Source {number}: {title}, {page}. See the page.",
    page="page\xa0{number}",
    page_label="page\xa0{number} (printed: {label})",
    evidence="Source",
    evidence_empty="Touch a number in the answer: the document's page is shown here, with the sentence highlighted.",
    close="Close",
    previous_page="Previous page",
    next_page="Next page",
    cited_page="Back to the cited page",
    open_pdf="Open the PDF at this page",
    picture="{title}, {page}, the cited passage is highlighted",
    loading="Loading the page…",
    no_such_page="There is no other page in this document.",
    quote="Cited sentence",
    quoted="“{text}”",
    read_passage="Passage read",
    seconds="{seconds} s",
    decimal=".",
    crashed="An unexpected error prevented an answer. Try again; if it goes on, tell the administrator.",
    session_ended="You are no longer signed in: the question was not sent.",
    server_away="The server does not answer. The page comes back by itself once it does; your question is kept.",
    not_sent="The question was not sent. Send it once more.",
    no_conversation="This conversation does not exist, or no longer: here is a new one.",
    not_stored="The conversation could not be stored: tell the administrator. You can go on.",
    unknown_document="This document is not in the index: {path}. If it was just added, it will be after "
    "the next update of the index.",
    unknown_page="This document has no page {number}: {path}.",
    changed="The document has changed since it was indexed: {path}. Its page will be shown after the next update of "
    "the index, which the administrator starts.",
    replaced="The document has changed since this answer: {path}. Ask the question again.",
    foreign="Request refused: it comes from another site ({origin}).",
    bad_host="Request refused: unknown server name ({host}). Open the page at http://127.0.0.1, or add "
    "this name to the setting server_names.",
    forged="Request refused: it does not come from a page of this server. Open the page again and retry.",
    foreign_tab="Request refused: this tab is another member's. Load the page again.",
    closed="This address is closed.",
    too_much="Request too large: {limit:byte|bytes} at most.",
    sign_in_first="Sign in first: open the page /sign-in, or send your token.",
    unknown_proxy="This request comes through a reverse proxy that Greffier does not know, and nobody signs in here: "
    "name its address in the setting trusted_proxies and make an administrator's account "
    "(python -m ui accounts add NAME --admin).",
    admins_only="This page is for administrators only.",
    ask_admin="Tell the administrator, who can put it right.",
)


_BOTH = pair(_FR, _EN)
FRENCH, ENGLISH = _BOTH.fr, _BOTH.en


def strings(language: str) -> Strings:
    """Return the texts of `language`; French for anything that is not "en"."""
    return _BOTH.of(language)
