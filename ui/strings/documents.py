"""The texts of the documents' pages."""

from __future__ import annotations

from dataclasses import dataclass

from rag.library import Entry
from rag.types import Language
from ui.strings.amounts import calendar
from ui.strings.base import pair


@dataclass(frozen=True, slots=True)
class DocumentTexts:
    """The texts of one language; what stands in braces is filled in."""

    title: str
    search_label: str
    by_title: str
    in_text: str
    folder: str
    all_folders: str
    root_folder: str
    sort: str
    by_path: str
    by_name: str
    by_date: str
    apply: str
    found: str
    nothing: str
    no_title: str
    passages_of: str
    no_passages: str
    pages: str
    dated_title: str
    dated_name: str
    dated_page: str
    dated_file: str
    numbered: str
    newer: str
    older: str
    newest: str
    previous: str
    next: str
    paging: str
    page_of: str
    page: str
    ask_here: str
    ask_folder: str
    summary: str
    open_pdf: str
    download: str
    outline: str
    no_outline: str
    versions: str
    this_one: str
    compare: str
    compare_with: str
    pages_title: str
    page_number: str
    show: str
    page_picture: str
    marked: str
    not_found: str
    not_found_title: str
    not_ready: str
    back: str
    back_to_document: str
    path: str
    date: str
    length: str
    short: str
    long: str
    short_now: str
    long_now: str
    extract_note: str
    no_summary: str
    write_summary: str
    write_changes: str
    write_note: str
    writing: str
    written_by: str
    struck: str
    struck_note: str
    see: str
    compare_title: str
    before: str
    after: str
    changed: str
    added: str
    removed: str
    moved: str
    same: str
    no_change: str
    counts: str
    choose_two: str
    choose_one: str
    figures_changed: str
    words_changed: str
    minor_changed: str
    both: str
    amounts: str
    rates: str
    dates: str
    durations: str
    measures: str
    numbers: str
    sections_added: str
    sections_removed: str
    sentences_added: str
    sentences_removed: str
    sentences_changed: str
    sentences_moved: str
    moved_from: str
    moved_hidden: str
    too_many: str


DOCUMENTS = pair(
    DocumentTexts(
        title="Documents",
        search_label="Mots à chercher",
        by_title="Filtrer par titre",
        in_text="Chercher dans le texte",
        folder="Dossier",
        all_folders="Tous",
        root_folder="(sans dossier)",
        sort="Trier par",
        by_path="dossier, nom",
        by_name="titre",
        by_date="date",
        apply="Appliquer",
        found="{count:document|documents}",
        nothing="Aucun document ne porte ces mots dans son titre ou son chemin. « Chercher dans le "
        "texte » lit aussi les pages.",
        no_title="Aucun titre ne porte ces mots : voici ce que disent les textes.",
        passages_of="Passages les plus proches de « {words} »",
        no_passages="Aucun passage ne parle de cela dans les documents choisis. Essayez d'autres mots, "
        "ou tous les dossiers.",
        pages="{count:page|pages}",
        dated_title="d'après le titre",
        dated_name="d'après le nom du fichier",
        dated_page="lue en première page",
        dated_file="date du fichier, le document n'en porte pas",
        numbered="version {number}",
        newer="Une version plus récente existe :",
        older="Version la plus récente ; une plus ancienne existe :",
        newest="la plus récente",
        previous="Précédente",
        next="Suivante",
        paging="Pages de la liste",
        page_of="Page {number} sur {count}",
        page="page {number}",
        ask_here="Poser une question sur ce document",
        ask_folder="Poser une question sur ce dossier",
        summary="Résumé",
        open_pdf="Ouvrir le PDF",
        download="Télécharger",
        outline="Plan du document",
        no_outline="Ce document n'a pas de titres reconnus.",
        versions="Versions",
        this_one="ce document",
        compare="Comparer",
        compare_with="Comparer avec celle-ci",
        pages_title="Pages",
        page_number="Aller à la page",
        show="Afficher",
        page_picture="Page {number} de « {title} »",
        marked="La phrase citée est surlignée : « {text} »",
        not_found="Ce document n'est pas dans l'index, ou n'est pas ouvert à votre compte. Cherchez-le "
        "dans la liste.",
        not_found_title="Document introuvable",
        not_ready="Greffier n'est pas encore prêt : rechargez cette page dans un instant.",
        back="Retour à la liste",
        back_to_document="Retour au document",
        path="Chemin",
        date="Date",
        length="Longueur",
        short="Plus court",
        long="Plus long",
        short_now="Résumé court",
        long_now="Résumé long",
        extract_note="Ce résumé est fait de phrases du document, telles quelles, choisies par calcul. "
        "Ouvrez une page pour les "
        "voir à leur place.",
        no_summary="Aucune phrase de ce document ne se comprend seule : c'est peut-être un formulaire "
        "ou un tableau. Lisez-le "
        "par ses pages.",
        write_summary="Rédiger un résumé",
        write_changes="Rédiger ce qui a changé",
        write_note="Rédigé par {model} à partir des phrases ci-dessous, puis vérifié phrase par phrase. "
        "Cela peut prendre une "
        "minute.",
        writing="Rédaction en cours…",
        written_by="Rédigé par {model}, vérifié",
        struck="Phrase rayée : {reason}",
        struck_note="Les phrases rayées ne sont pas portées par le document.",
        see="voir page {number}",
        compare_title="Comparer deux documents",
        before="Avant",
        after="Après",
        changed="Modifié",
        added="Ajouté",
        removed="Supprimé",
        moved="Déplacé",
        same="{count:phrase identique|phrases identiques}",
        no_change="Aucune différence de texte.",
        counts="En bref",
        choose_two="Choisissez deux documents à comparer.",
        choose_one="Choisir un document…",
        figures_changed="Chiffres modifiés",
        words_changed="Phrases ajoutées, supprimées ou réécrites",
        minor_changed="Dates et titres modifiés",
        both="Voir dans les documents",
        amounts="{count:montant modifié|montants modifiés}",
        rates="{count:taux modifié|taux modifiés}",
        dates="{count:date modifiée|dates modifiées}",
        durations="{count:durée modifiée|durées modifiées}",
        measures="{count:mesure modifiée|mesures modifiées}",
        numbers="{count:nombre modifié|nombres modifiés}",
        sections_added="{count:section ajoutée|sections ajoutées}",
        sections_removed="{count:section supprimée|sections supprimées}",
        sentences_added="{count:phrase ajoutée|phrases ajoutées}",
        sentences_removed="{count:phrase supprimée|phrases supprimées}",
        sentences_changed="{count:phrase modifiée|phrases modifiées}",
        sentences_moved="{count:phrase déplacée|phrases déplacées}",
        moved_from="de la page {old} à la page {new}",
        moved_hidden="Phrases déplacées sans changement",
        too_many="{count:différence montrée|différences montrées}, sur {total}.",
    ),
    DocumentTexts(
        title="Documents",
        search_label="Words to look for",
        by_title="Filter by title",
        in_text="Search the text",
        folder="Folder",
        all_folders="All",
        root_folder="(no folder)",
        sort="Sort by",
        by_path="path",
        by_name="title",
        by_date="date",
        apply="Apply",
        found="{count:document|documents}",
        nothing="No document has these words in its title or path. “Search the text” reads the pages too.",
        no_title="No title has these words: this is what the texts say.",
        passages_of="Passages nearest to “{words}”",
        no_passages="No passage speaks of this in the chosen documents. Try other words, or all folders.",
        pages="{count:page|pages}",
        dated_title="from the title",
        dated_name="from the file's name",
        dated_page="read on the first page",
        dated_file="date of the file, the document bears none",
        numbered="version {number}",
        newer="A newer version exists:",
        older="Newest version; an older one exists:",
        newest="the newest",
        previous="Previous",
        next="Next",
        paging="Pages of the list",
        page_of="Page {number} of {count}",
        page="page {number}",
        ask_here="Ask a question about this document",
        ask_folder="Ask a question about this folder",
        summary="Summary",
        open_pdf="Open the PDF",
        download="Download",
        outline="Outline",
        no_outline="No headings were recognised in this document.",
        versions="Versions",
        this_one="this document",
        compare="Compare",
        compare_with="Compare with this one",
        pages_title="Pages",
        page_number="Go to page",
        show="Show",
        page_picture="Page {number} of “{title}”",
        marked="The cited sentence is highlighted: “{text}”",
        not_found="This document is not in the index, or not open to your account. Look for it in the list.",
        not_found_title="Document not found",
        not_ready="Greffier is not ready yet: load this page again in a moment.",
        back="Back to the list",
        back_to_document="Back to the document",
        path="Path",
        date="Date",
        length="Length",
        short="Shorter",
        long="Longer",
        short_now="Short summary",
        long_now="Long summary",
        extract_note="This summary consists of sentences of the document as they stand, chosen by "
        "calculation. Open a page to "
        "see them in their place.",
        no_summary="No sentence of this document can be understood alone: it may be a form or a table. "
        "Read it by its pages.",
        write_summary="Write a summary",
        write_changes="Write what changed",
        write_note="Written by {model} from the sentences below, then checked sentence by sentence. It "
        "may take a minute.",
        writing="Writing…",
        written_by="Written by {model}, checked",
        struck="Struck out: {reason}",
        struck_note="What is struck out is not carried by the document.",
        see="see page {number}",
        compare_title="Compare two documents",
        before="Before",
        after="After",
        changed="Changed",
        added="Added",
        removed="Removed",
        moved="Moved",
        same="{count:sentence is|sentences are} the same",
        no_change="The texts do not differ.",
        counts="In short",
        choose_two="Choose two documents to compare.",
        choose_one="Choose a document…",
        figures_changed="Changed figures",
        words_changed="Sentences added, removed or rewritten",
        minor_changed="Changed dates and headings",
        both="See in the documents",
        amounts="{count:amount changed|amounts changed}",
        rates="{count:rate changed|rates changed}",
        dates="{count:date changed|dates changed}",
        durations="{count:duration changed|durations changed}",
        measures="{count:measure changed|measures changed}",
        numbers="{count:number changed|numbers changed}",
        sections_added="{count:section added|sections added}",
        sections_removed="{count:section removed|sections removed}",
        sentences_added="{count:sentence added|sentences added}",
        sentences_removed="{count:sentence removed|sentences removed}",
        sentences_changed="{count:sentence changed|sentences changed}",
        sentences_moved="{count:sentence moved|sentences moved}",
        moved_from="from page {old} to page {new}",
        moved_hidden="Sentences moved without a change",
        too_many="{count:difference|differences} shown, of {total}.",
    ),
)  # fmt: skip


def dated(entry: Entry, language: Language) -> str:
    """Return the date that a document bears with where it stands, « 1er mars 2025 (d'après le titre) », else the number
    that orders its versions; "" if there is neither."""
    texts = DOCUMENTS.of(language)
    if not entry.date:
        return texts.numbered.format(number=entry.number) if entry.number else ""
    where = {"title": texts.dated_title, "name": texts.dated_name, "page": texts.dated_page}.get(entry.place, "")
    date = calendar(entry.date, language)
    return f"{date} ({where})" if where else date
