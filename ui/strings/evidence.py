"""The texts of the panel that shows what proves an answer."""

from __future__ import annotations

from dataclasses import dataclass

from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class EvidenceTexts:
    """The texts of one language."""

    of: str
    previous_source: str
    next_source: str
    tools: str
    smaller: str
    larger: str
    fit: str
    view: str
    plain_picture: str
    others: str
    download: str
    dated: str
    changed: str


EVIDENCE = pair(
    EvidenceTexts(
        of="Source {number} sur {count}",
        previous_source="Source précédente",
        next_source="Source suivante",
        tools="Page et zoom",
        smaller="Réduire",
        larger="Agrandir",
        fit="Ajuster",
        view="Image de la page",
        plain_picture="{title}, {page}",
        others="Autres passages lus",
        download="Télécharger",
        dated="Date : {date}",
        changed="Le document a changé depuis cette réponse : la page n'est pas montrée, la phrase "
        "citée pourrait ne plus y être. Ouvrez le PDF pour lire la version d'aujourd'hui.",
    ),
    EvidenceTexts(
        of="Source {number} of {count}",
        previous_source="Previous source",
        next_source="Next source",
        tools="Page and zoom",
        smaller="Zoom out",
        larger="Zoom in",
        fit="Fit",
        view="Picture of the page",
        plain_picture="{title}, {page}",
        others="Other passages read",
        download="Download",
        dated="Date: {date}",
        changed="The document has changed since this answer: its page is not shown, as the cited "
        "sentence may no longer be there. Open the PDF to read today's version.",
    ),
)
