"""`/admin/questions…` and `/admin/answers…`: what members asked in vain, and what the secretariat answers to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from rag.errors import GreffierError, QuestionError
from rag.text import collapse
from ui.audit import audit
from ui.desk import Assistant
from ui.identity import member_of
from ui.notices import Notices
from ui.questions.approvals import ApprovedAnswers, Draft, Entry, check
from ui.questions.grouping import by_meaning, by_words
from ui.questions.inbox import Group, grouped, open_questions, reports, set_done
from ui.questions.sheet import as_csv
from ui.record import Kind
from ui.services import Services
from ui.strings import typeset
from ui.strings.amounts import day
from ui.strings.questions import QUESTIONS, QuestionTexts
from ui.web import language_of

HOME, ANSWERS = "/admin/questions", "/admin/answers"
KINDS: tuple[Kind, ...] = ("not_in_corpus", "not_supported")
LONGEST_PAGE = 7  # figures of a page number
Text = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class _House:
    services: Services
    approved: ApprovedAnswers
    notices: Notices

    def texts(self, request: Request) -> QuestionTexts:
        return QUESTIONS.of(language_of(request, self.services.settings))

    def assistant(self) -> Assistant | None:
        """Return the assistant if it is open and its index can be used."""
        found = self.services.desk.look()
        if found is None or isinstance(found, GreffierError):
            return None
        try:
            _ = found.generation
        except GreffierError:
            return None
        return found

    def page(self, request: Request, template: str, **values: Any) -> Response:
        notices = self.notices.take(member_of(request.scope))
        return self.services.web.page(request, template, t=self.texts(request), notices=notices, **values)

    def say(self, request: Request, text: str) -> None:
        self.notices.put(member_of(request.scope), "done", text)

    def complain(self, request: Request, error: GreffierError) -> None:
        language = language_of(request, self.services.settings)
        self.notices.put(member_of(request.scope), "problem", typeset(error.text(language), language))

    def groups(self, done: bool) -> tuple[dict[Kind, list[Group]], bool]:
        """Return the groups of each kind, that of the most put to the secretariat first, and whether they were made by
        words alone."""
        questions, assistant = open_questions(self.services.database, done=done), self.assistant()

        def group(texts: Sequence[str]) -> list[list[int]]:
            return by_words(texts) if assistant is None else by_meaning(texts, assistant.vectors(texts))

        found = {kind: grouped(questions, kind, group) for kind in KINDS}
        return dict(sorted(found.items(), key=_put_to_secretariat, reverse=True)), assistant is None


def _put_to_secretariat(found: tuple[Kind, list[Group]]) -> int:
    return sum(group.asked for group in found[1])


def router(services: Services) -> APIRouter:
    """Return the routes over the database of the services."""
    house = _House(services, ApprovedAnswers(services.database), Notices())
    routes = APIRouter()
    _inbox(routes, house)
    _answers(routes, house)
    _change(routes, house)
    return routes


def _inbox(routes: APIRouter, house: _House) -> None:
    database, settings = house.services.database, house.services.settings

    @routes.get(HOME)
    def questions(request: Request, done: str = "") -> Response:
        groups, by_words_only = house.groups(bool(done))
        return house.page(
            request, "questions.html", groups=groups, by_words=by_words_only, done=bool(done),
            reports=reports(database, done=bool(done)), keeps=settings.keep_questions_days > 0,
        )  # fmt: skip

    @routes.get(f"{HOME}/export.csv")
    def export(request: Request) -> Response:
        texts = house.texts(request)
        rows = _sheet(house.groups(False)[0], texts, language_of(request, settings))
        disposition = 'attachment; filename="questions.csv"'
        return Response(as_csv(rows), media_type="text/csv", headers={"content-disposition": disposition})

    @routes.post(f"{HOME}/done")
    def mark(request: Request, ids: Text, table: Text = "open_questions", state: Text = "done") -> Response:
        numbers = [int(number) for number in ids.split(",") if number.isdecimal() and len(number) < 16]
        if table in ("open_questions", "feedback"):
            set_done(database, table, numbers, state == "done")
            house.say(request, house.texts(request).done_marked)
        return RedirectResponse(HOME, 303)


def _answers(routes: APIRouter, house: _House) -> None:
    @routes.get(ANSWERS)
    def answers(request: Request) -> Response:
        assistant = house.assistant()
        checked = [(entry, check(entry, assistant)) for entry in house.approved.all()]
        checked.sort(key=lambda item: item[1] in ("ok", "unknown"))
        return house.page(request, "answers.html", entries=checked)

    @routes.get(f"{ANSWERS}/edit")
    def edit(
        request: Request, id: str = "", question: str = "", path: str = "", page: str = "", group: str = ""
    ) -> Response:
        entry = house.approved.get(int(id)) if id.isdecimal() and len(id) < 16 else None
        if entry is not None:
            draft = Draft(entry.question, entry.answer, entry.path, entry.page, entry.quote)
            return _form(house, request, draft, entry)
        wordings = _wordings(house, group) or question
        return _form(house, request, Draft(wordings, "", path, _number(page) or 1, ""), None)


def _change(routes: APIRouter, house: _House) -> None:
    database = house.services.database

    @routes.post(f"{ANSWERS}/save")
    def save(
        request: Request, question: Text = "", answer: Text = "", path: Text = "", page: Text = "", quote: Text = "",
        chosen: Text = "", id: Text = "", act: Text = "draft",
    ) -> Response:  # fmt: skip
        draft = Draft(question.strip(), answer.strip(), path.strip(), _number(page) or 0, collapse(chosen or quote))
        entry = house.approved.get(int(id)) if id.isdecimal() and len(id) < 16 else None
        if act == "look":
            return _form(house, request, draft, entry)
        member = member_of(request.scope)
        try:
            if not draft.page:
                raise QuestionError(QUESTIONS.fr.bad_page, QUESTIONS.en.bad_page)
            state = "live" if act == "live" else "draft"
            number = house.approved.save(
                draft, "live" if act == "live" else "draft", house.assistant(), member.id, entry.id if entry else None
            )
        except GreffierError as error:
            house.complain(request, error)
            return _form(house, request, draft, entry, 400)
        audit(database, member.name, "answer_approved" if state == "live" else "answer_draft", str(number))
        texts = house.texts(request)
        house.say(request, texts.done_live if state == "live" else texts.done_saved)
        return RedirectResponse(ANSWERS, 303)

    @routes.post(f"{ANSWERS}/delete")
    def delete(request: Request, id: Text) -> Response:
        if id.isdecimal() and len(id) < 16:
            house.approved.delete(int(id))
            audit(database, member_of(request.scope).name, "answer_deleted", id)
            house.say(request, house.texts(request).done_deleted)
        return RedirectResponse(ANSWERS, 303)


def _form(house: _House, request: Request, draft: Draft, entry: Entry | None, status: int = 200) -> Response:
    assistant = house.assistant()
    sentences: tuple[str, ...] = ()
    looked = bool(draft.path and draft.page)
    if assistant is not None and looked:
        sentences = tuple(collapse(sentence.text) for sentence in assistant.read(draft.path, draft.page)[1])
    return house.page(
        request, "answer_edit.html", draft=replace(draft, page=draft.page or 1), entry=entry, sentences=sentences,
        looked=looked and assistant is not None, why=check(entry, assistant) if entry else "ok", status=status,
    )  # fmt: skip


def _wordings(house: _House, group: str) -> str:
    """Return the questions of a group of open ones, one a line."""
    wanted = {int(number) for number in group.split(",") if number.isdecimal() and len(number) < 16}
    found = (one.question for one in open_questions(house.services.database) if one.id in wanted)
    return "\n".join(dict.fromkeys(map(collapse, found)))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_PAGE and int(text) else None


def _sheet(groups: dict[Kind, list[Group]], t: QuestionTexts, language: str) -> Iterable[tuple[object, ...]]:
    yield (
        t.csv_kind, t.csv_question, t.csv_count, t.csv_asked, t.csv_newest, t.csv_nearest, t.csv_page, t.csv_wordings,
        t.csv_words,
    )  # fmt: skip
    for kind, found in groups.items():
        for group in found:
            near = group.first.nearest[0] if group.first.nearest else None
            yield (
                getattr(t, kind), group.first.question, len(group.questions), group.asked, day(group.newest, language),
                near.path if near else "", near.page if near else "", " | ".join(group.wordings[1:]),
                " | ".join(group.words),
            )  # fmt: skip
