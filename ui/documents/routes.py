"""`/documents`: the list, one document, its summary, two documents compared. Pages made on the server, without script.

Whatever the member's groups may not read is answered as if it did not exist. This module knows addresses and templates;
what a document says comes from `rag/library.py`, by way of the desk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from rag import differences as differing
from rag import summary as summing
from rag.asked import EXTRACTS
from rag.errors import GreffierError
from rag.scope import scope_of
from rag.summary import Length, Summary
from rag.types import Answer, Event, Passage, Sentence
from ui.desk import Assistant
from ui.documents.browse import ROOT, chosen, counted, cut, dated, folders
from ui.documents.compared import SHOWN, compared, pieces
from ui.documents.written import in_two_parts
from ui.identity import Member, member_of
from ui.services import Services
from ui.strings.documents import DOCUMENTS
from ui.view.text import reason
from ui.web import language_of

FOUND = 20  # passages shown by a search of the texts


def router(services: Services) -> APIRouter:
    """Return the routes of the documents' pages."""
    routes, shown = APIRouter(), _Shown(services)

    @routes.get("/documents")
    def documents(request: Request) -> Response:
        return shown.with_assistant(request, shown.list)

    # before /documents/PATH: no PDF is named like these
    @routes.get("/documents/summary")
    def summary(request: Request, path: str = "", length: str = "short") -> Response:
        return shown.with_assistant(request, partial(shown.summary, path=path, length=_length(length), write=False))

    @routes.post("/documents/summary")
    def written_summary(request: Request, path: str = "", length: str = "short") -> Response:
        return shown.with_assistant(request, partial(shown.summary, path=path, length=_length(length), write=True))

    @routes.get("/documents/compare")
    def compare(request: Request, old: str = "", new: str = "") -> Response:
        return shown.with_assistant(request, partial(shown.compare, old=old, new=new, write=False))

    @routes.post("/documents/compare")
    def written_comparison(request: Request, old: str = "", new: str = "") -> Response:
        return shown.with_assistant(request, partial(shown.compare, old=old, new=new, write=True))

    @routes.get("/documents/{path:path}")
    def document(request: Request, path: str, page: str = "1", mark: str = "") -> Response:
        return shown.with_assistant(request, partial(shown.document, path=path, number=_number(page), mark=mark))

    return routes


class _Shown:
    """Makes the pages; holds what all of them need."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def with_assistant(self, request: Request, show: Callable[[Request, Assistant, Member], Response]) -> Response:
        """Return the page, or why there is none."""
        found = self._services.desk.look()
        language = language_of(request, self._services.settings)
        admin = member_of(request.scope).role == "admin"
        if found is None or isinstance(found, GreffierError):
            texts = DOCUMENTS.of(language)
            why = texts.not_ready if found is None else reason(found, language, admin)
            return self._page(request, "documents-problem.html", 503, heading=texts.title, why=why)
        try:
            return show(request, found, member_of(request.scope))
        except GreffierError as error:
            why = reason(error, language, admin)
            return self._page(
                request, "documents-problem.html", 400, heading=DOCUMENTS.of(language).title, why=why
            )  # fmt: skip

    def _page(self, request: Request, template: str, status: int = 200, **values: object) -> HTMLResponse:
        language = language_of(request, self._services.settings)
        return self._services.web.page(
            request, template, status, texts=DOCUMENTS.of(language), reading=language, **values
        )  # fmt: skip

    def _absent(self, request: Request) -> Response:
        texts = DOCUMENTS.of(language_of(request, self._services.settings))
        return self._page(
            request, "documents-problem.html", 404, heading=texts.not_found_title, why=texts.not_found
        )  # fmt: skip

    def list(self, request: Request, assistant: Assistant, member: Member) -> Response:
        """Return the list, filtered by title, or passages when the text is searched."""
        query = request.query_params
        words, folder, order = query.get("q", "").strip(), query.get("folder", ""), query.get("sort", "path")
        entries = assistant.library.documents(member.groups)
        language = language_of(request, self._services.settings)
        passages: tuple[Passage, ...] | None = None
        # in order of their dates those of first pages count too: a second in ten thousand documents, once
        named = chosen(assistant.library.dated(entries) if order == "date" else entries, words, folder, order)
        if words and (query.get("in") == "text" or not named):  # no title has them: some text may
            _, passages, _ = assistant.search(
                words, FOUND, member.groups, None if folder == ROOT else scope_of(folder)
            )  # fmt: skip
            found = cut(tuple(entries[:0]), 1)
        else:
            found = cut(named, _number(query.get("page", "1")))
        rows = [
            (one, dated(one, self._services.settings.corpus, language)) for one in assistant.library.dated(found.items)
        ]

        def at(page: int) -> str:
            kept = {name: value for name, value in query.items() if name in {"q", "folder", "sort"}}
            return f"/documents?{urlencode({**kept, 'page': page})}"

        return self._page(
            request, "documents.html", rows=rows, found=found, words=words, folder=folder, order=order, root=ROOT,
            folders=folders(entries), passages=passages, at=at, untitled=bool(words) and not named,
        )  # fmt: skip

    def document(
        self, request: Request, assistant: Assistant, member: Member, *, path: str, number: int, mark: str
    ) -> Response:
        """Return a document's page, with one of its pages as a picture; `mark` is where a sentence begins there."""
        found = assistant.library.document(path, member.groups)
        if found is None:
            return self._absent(request)
        number = min(max(1, number), found.entry.pages)
        ref = assistant.page(path, number, member.groups)
        start = int(mark) if mark.isascii() and mark.isdecimal() and len(mark) < 10 else -1
        marked = assistant.library.sentence(path, number, start, member.groups) if start >= 0 else None
        language = language_of(request, self._services.settings)
        when = dated(found.entry, self._services.settings.corpus, language)
        return self._page(request, "document.html", found=found, ref=ref, number=number, marked=marked, when=when)

    def summary(
        self, request: Request, assistant: Assistant, member: Member, *, path: str, length: Length, write: bool
    ) -> Response:
        """Return a summary by extracts and, with `write`, one that the model writes from the same sentences."""
        language = language_of(request, self._services.settings)
        found = assistant.library.summary(path, length, member.groups, language)
        document = assistant.library.document(path, member.groups)
        if found is None or document is None:
            return self._absent(request)
        page = self._page(
            request, "summary.html", entry=document.entry, parts=_by_section(found), answer=found.answer, length=length,
            model=_writer(assistant), write=write,
        )  # fmt: skip
        sentences = tuple(citation.sentence for citation in found.answer.citations)
        return self._written(request, assistant, member, page, summing.REQUEST[language], sentences) if write else page

    def compare(
        self, request: Request, assistant: Assistant, member: Member, *, old: str, new: str, write: bool
    ) -> Response:
        """Return the differences of two documents and, with `write`, the model's words for them."""
        if not old or not new:
            entries = assistant.library.documents(member.groups)
            return self._page(request, "compare-choose.html", entries=entries, old=old, new=new)
        found = assistant.library.differences(old, new, member.groups)
        if found is None:
            return self._absent(request)
        language = language_of(request, self._services.settings)
        page = self._page(
            request, "compare.html", found=found, counts=counted(found, DOCUMENTS.of(language)),
            model=_writer(assistant), shown=compared(found), most=SHOWN, pieces=pieces, write=write,
        )  # fmt: skip
        request_text = differing.REQUEST[language]
        return self._written(request, assistant, member, page, request_text, found.telling()) if write else page

    def _written(
        self, request: Request, assistant: Assistant, member: Member, page: HTMLResponse, text: str,
        sentences: tuple[Sentence, ...],
    ) -> Response:  # fmt: skip
        language = language_of(request, self._services.settings)

        def start() -> Iterator[Event]:
            return assistant.compose(text, sentences, groups=member.groups, language=language, member=member.key)

        def show(said: Answer | GreffierError) -> str:
            problem = reason(said, language, member.role == "admin") if isinstance(said, GreffierError) else ""
            answer = None if isinstance(said, GreffierError) else said
            return bytes(self._page(request, "_written.html", answer=answer, problem=problem).body).decode()

        return in_two_parts(page, start, show)


def _writer(assistant: Assistant) -> str:
    return "" if assistant.model == EXTRACTS else assistant.model


def _by_section(found: Summary) -> list[tuple[str, list[tuple[str, Sentence]]]]:
    """Return the sentences of a summary under their headings, in order."""
    parts: list[tuple[str, list[tuple[str, Sentence]]]] = []
    for claim, citation, heading in zip(found.answer.claims, found.answer.citations, found.headings, strict=True):
        if not parts or parts[-1][0] != heading:
            parts.append((heading, []))
        parts[-1][1].append((claim.text, citation.sentence))
    return parts


def _length(text: str) -> Length:
    return "long" if text == "long" else "short"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 7 else 1
