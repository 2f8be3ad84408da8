"""The texts of the page about the programming interface, of the widget, and of what goes wrong there."""

from __future__ import annotations

from dataclasses import dataclass

from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class ApiTexts:
    """The texts of one language."""

    title: str
    intro: str
    token: str
    document: str
    method: str
    path: str
    purpose: str
    example: str
    mistake: str
    one_answer: str
    unknown_model: str
    widget: str
    question: str
    placeholder: str
    ask: str
    sources: str
    page: str
    checked: str
    no_widget: str
    too_wide: str
    too_fast: str
    asking: str


API = pair(
    ApiTexts(
        title="Interface pour les programmes",
        intro="Un programme peut poser les mêmes questions que vous, et reçoit les mêmes réponses vérifiées, avec vos "
        "dossiers.",
        token="Il lui faut un jeton, que vous créez sur la page de votre compte et qu'il envoie dans l'en-tête "
        "Authorization.",
        document="La description complète est un document OpenAPI :",
        method="Méthode",
        path="Adresse",
        purpose="À quoi elle sert",
        example="Exemple",
        mistake="Demande incomplète ou mal formée, voyez ces champs : {fields}.",
        one_answer="Greffier ne donne qu'une réponse : demandez n = 1.",
        unknown_model="Le modèle {name!r} n'existe pas : demandez {model!r}.",
        widget="Question à l'assistant",
        question="Votre question",
        placeholder="Posez une question sur nos documents",
        ask="Demander",
        sources="Sources",
        page="page {number}",
        checked="Réponse d'une machine, dont chaque phrase a été confrontée à la source indiquée.",
        no_widget="Cette fenêtre n'est pas ouverte au public : son jeton manque, ne vaut plus, ou est d'une "
        "autre sorte. L'administrateur du site trouvera comment faire dans docs/access.md.",
        too_wide="Ce jeton ne convient pas à une page publique : son compte administre ou lit tous les dossiers. Créez "
        "un compte de service qui ne lit que ce qui est public.",
        too_fast="Trop de questions en peu de temps : attendez une minute.",
        asking="L'assistant lit les documents, cela peut prendre une minute…",
    ),
    ApiTexts(
        title="Interface for programs",
        intro="A program can ask the same questions as you, and gets the same checked answers, with your folders.",
        token="It needs a token, which you make on the page of your account and which it sends in the header "
        "Authorization.",
        document="The full description is an OpenAPI document:",
        method="Method",
        path="Address",
        purpose="What it is for",
        example="Example",
        mistake="The request is incomplete or malformed, see these fields: {fields}.",
        one_answer="Greffier gives one answer only: ask for n = 1.",
        unknown_model="The model {name!r} does not exist: ask for {model!r}.",
        widget="Ask the assistant",
        question="Your question",
        placeholder="Ask a question about our documents",
        ask="Ask",
        sources="Sources",
        page="page {number}",
        checked="Answer of a machine, each sentence of which was compared with the source beside it.",
        no_widget="This window is not open to the public: its token is missing, no longer valid, or of "
        "another kind. The site's administrator finds what to do in docs/access.md.",
        too_wide="This token will not do for a public page: its account administers or reads all folders. Make a "
        "service account that reads only what is public.",
        too_fast="Too many questions in a short time: wait a minute.",
        asking="The assistant is reading the documents, this can take a minute…",
    ),
)
