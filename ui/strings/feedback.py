"""The texts of what a member can say of an answer, and of the way to the secretariat."""

from __future__ import annotations

from dataclasses import dataclass

from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class FeedbackTexts:
    """The texts of one language."""

    heading: str
    useful: str
    not_useful: str
    wrong_source: str
    out_of_date: str
    word: str
    send_word: str
    thanks: str
    removed: str
    failed: str
    ask: str
    ask_what: str
    ask_word: str
    with_name: str
    ask_send: str
    sent: str
    mail: str
    mail_subject: str


FEEDBACK = pair(
    FeedbackTexts(
        heading="Cette réponse est :",
        useful="Utile",
        not_useful="Pas utile",
        wrong_source="Mauvaise source",
        out_of_date="Périmée",
        word="Un mot de plus, si vous voulez",
        send_word="Envoyer ce mot",
        thanks="Merci, c'est noté. Vous pouvez changer d'avis.",
        removed="Votre avis est retiré.",
        failed="Cela n'a pas été enregistré. Rechargez la page et réessayez.",
        ask="Poser la question au secrétariat",
        ask_what="Votre question sera transmise au secrétariat, sans votre nom sauf si vous le demandez.",
        ask_word="Précision (facultatif)",
        with_name="Joindre mon nom, pour recevoir une réponse",
        ask_send="Transmettre",
        sent="Question transmise au secrétariat.",
        mail="Écrire un courriel au secrétariat",
        mail_subject="Question sans réponse dans les documents",
    ),
    FeedbackTexts(
        heading="This answer is:",
        useful="Useful",
        not_useful="Not useful",
        wrong_source="Wrong source",
        out_of_date="Out of date",
        word="A word more, if you like",
        send_word="Send this word",
        thanks="Thank you, noted. You can change it.",
        removed="Your opinion is withdrawn.",
        failed="This was not stored. Reload the page and try again.",
        ask="Ask the secretariat",
        ask_what="Your question goes to the secretariat, without your name unless you ask for it.",
        ask_word="Details (optional)",
        with_name="Add my name, to get an answer",
        ask_send="Send",
        sent="Question sent to the secretariat.",
        mail="Write an e-mail to the secretariat",
        mail_subject="A question that the documents do not answer",
    ),
)
