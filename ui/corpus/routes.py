"""`/admin/corpus…`: the pages and forms of the corpus. The guard lets admins in alone."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from ingest.publish import locked, rollback
from rag.errors import CorpusError, GreffierError
from rag.types import Language
from ui.audit import audit
from ui.corpus import history
from ui.corpus.contents import Contents
from ui.corpus.files import Files, Placed
from ui.corpus.job import Job, Run
from ui.corpus.listing import page_of, rows
from ui.corpus.places import folders
from ui.identity import Member, member_of
from ui.notices import Notices
from ui.services import Services
from ui.strings import typeset
from ui.strings.amounts import index
from ui.strings.corpus import CORPUS, CorpusTexts
from ui.strings.indexing import INDEXING, IndexingTexts
from ui.strings.states import STATES
from ui.web import language_of

HOME = "/admin/corpus"
UPLOADS = 50  # files of one form
MEGABYTE = 1 << 20
Text = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class _House:
    """What the routes share."""

    services: Services
    files: Files
    job: Job
    notices: Notices
    contents: Contents

    def language(self, request: Request) -> Language:
        return language_of(request, self.services.settings)

    def texts(self, request: Request) -> CorpusTexts:
        return CORPUS.of(self.language(request))

    def indexing(self, request: Request) -> IndexingTexts:
        return INDEXING.of(self.language(request))

    def say(self, request: Request, text: str, path: str = "") -> None:
        self.notices.put(member_of(request.scope), "done", text.format(path=path))

    def complain(self, request: Request, error: GreffierError) -> None:
        language = self.language(request)
        self.notices.put(member_of(request.scope), "problem", typeset(error.text(language), language))

    def log(self, member: Member, action: str, object: str) -> None:
        audit(self.services.database, member.name, action, object)

    def page(self, request: Request, template: str, **values: Any) -> Response:
        notices = self.notices.take(member_of(request.scope))
        texts: dict[str, Any] = {
            "t": self.texts(request),
            "i": self.indexing(request),
            "s": STATES.of(self.language(request)),
        }
        return self.services.web.page(request, template, notices=notices, **texts, **values)


def router(services: Services) -> APIRouter:
    """Return the routes over the corpus and the store of the settings."""
    settings = services.settings

    def published(actor: str, run: Run) -> None:
        told = ", ".join(f"{status} {count}" for status, count in run.counts)
        audit(services.database, actor, "publish", f"{run.generation} : {told}")

    files = Files(settings.corpus, settings.data, settings.file_megabytes * MEGABYTE)
    house = _House(services, files, Job(settings, published), Notices(), Contents())
    routes = APIRouter()
    _show(routes, house)
    _put(routes, house)
    _change(routes, house)
    _ingest(routes, house)
    _look_back(routes, house)
    return routes


def _show(routes: APIRouter, house: _House) -> None:
    settings = house.services.settings

    @routes.get(HOME)
    def table(request: Request, folder: str = "", q: str = "", problems: str = "", page: str = "1") -> Response:
        error, found = None, []
        try:
            found = house.files.all()
        except CorpusError as problem:
            error = problem
        everything = rows(found, history.live_report(settings.store), house.contents.same)
        number = int(page) if page.isdecimal() and len(page) < 7 else 1
        listing = page_of(everything, folder=folder, words=q, problems=bool(problems), number=number)
        return house.page(
            request, "corpus.html", listing=listing, folders=folders(settings.corpus), folder=folder, q=q,
            problems=bool(problems), waiting=house.files.waiting(), trash=len(house.files.trash()), error=error,
            limit=settings.file_megabytes * MEGABYTE, job=_job(house, request), turn=_turn(folder, q, problems),
        )  # fmt: skip

    @routes.get(f"{HOME}/file")
    def file(request: Request, path: str) -> Response:
        everything = rows(house.files.all(), history.live_report(settings.store), house.contents.same)
        row = next((row for row in everything if row.path == path), None)
        if row is None:
            return RedirectResponse(HOME, 303)
        return house.page(
            request, "corpus_file.html", row=row, folders=folders(settings.corpus),
            limit=settings.file_megabytes * MEGABYTE,
        )  # fmt: skip

    @routes.get(f"{HOME}/trash")
    def trash(request: Request) -> Response:
        return house.page(request, "corpus_trash.html", trash=house.files.trash())


def _put(routes: APIRouter, house: _House) -> None:
    @routes.post(f"{HOME}/upload")
    async def upload(request: Request) -> Response:
        try:
            async with request.form(max_files=UPLOADS, max_fields=8) as form:
                await run_in_threadpool(_store, house, request, form)
        except HTTPException:  # no form, or too many parts
            error = GreffierError(CORPUS.fr.bad_form, CORPUS.en.bad_form)
            house.complain(request, error)
        return RedirectResponse(HOME, 303)

    @routes.post(f"{HOME}/decide")
    def decide(request: Request, token: Text, choice: Text) -> Response:
        member, texts = member_of(request.scope), house.texts(request)
        try:
            placed = house.files.decide(token, replace=choice == "replace", actor=member.name)
            house.say(request, texts.done_replaced if placed.replaced else texts.done_kept, placed.path)
            if placed.replaced:
                house.log(member, "replace", placed.path)
        except CorpusError as error:
            house.complain(request, error)
        return RedirectResponse(HOME, 303)


def _store(house: _House, request: Request, form: FormData) -> None:
    member, texts = member_of(request.scope), house.texts(request)
    uploads = [part for part in form.getlist("files") if isinstance(part, UploadFile) and part.filename]
    if not uploads:
        house.complain(request, CorpusError(CORPUS.fr.no_choice, CORPUS.en.no_choice))
    target = str(form.get("new_folder") or form.get("folder") or "")
    as_name, replace = str(form.get("as") or ""), bool(form.get("replace"))
    for upload in uploads:
        try:
            name = as_name or upload.filename or ""
            placed = house.files.put(upload.file, upload.size or 0, name, target, member.name)
            if placed.waiting and replace:
                placed = house.files.decide(placed.waiting, replace=True, actor=member.name)
        except CorpusError as error:
            house.complain(request, error)
            continue
        house.say(request, _told(placed, texts), placed.path)
        if not placed.waiting:
            house.log(member, "replace" if placed.replaced else "upload", placed.path)


def _told(placed: Placed, texts: CorpusTexts) -> str:
    if placed.waiting:
        return texts.done_waiting
    return texts.done_replaced if placed.replaced else texts.done_upload


def _change(routes: APIRouter, house: _House) -> None:
    @routes.post(f"{HOME}/remove")
    def remove(request: Request, path: Text) -> Response:
        def act() -> None:
            house.files.remove(path, member_of(request.scope).name)
            house.say(request, house.texts(request).done_removed, path)
            house.log(member_of(request.scope), "remove", path)

        return _done(house, request, act, HOME)

    @routes.post(f"{HOME}/move")
    def move(request: Request, path: Text, target: Text = "") -> Response:
        def act() -> None:
            new = house.files.move(path, target)
            house.say(request, house.texts(request).done_moved, new)
            house.log(member_of(request.scope), "move", f"{path} → {new}")

        return _done(house, request, act, HOME)

    @routes.post(f"{HOME}/restore")
    def restore(request: Request, token: Text) -> Response:
        def act() -> None:
            path = house.files.restore(token)
            house.say(request, house.texts(request).done_restored, path)
            house.log(member_of(request.scope), "restore", path)

        return _done(house, request, act, f"{HOME}/trash")

    @routes.post(f"{HOME}/destroy")
    def destroy(request: Request, token: Text) -> Response:
        def act() -> None:
            path = house.files.destroy(token)
            house.say(request, house.texts(request).done_destroyed, path)
            house.log(member_of(request.scope), "destroy", path)

        return _done(house, request, act, f"{HOME}/trash")


def _ingest(routes: APIRouter, house: _House) -> None:
    @routes.post(f"{HOME}/ingest")
    def start(request: Request) -> Response:
        def act() -> None:
            house.job.start(member_of(request.scope).name)
            house.say(request, house.indexing(request).done_started)

        return _done(house, request, act, HOME)

    @routes.post(f"{HOME}/cancel")
    def cancel(request: Request) -> Response:
        house.job.cancel()
        house.say(request, house.indexing(request).done_cancel)
        return RedirectResponse(HOME, 303)

    @routes.get(f"{HOME}/status")
    def status(request: Request) -> dict[str, Any]:
        run = house.job.look()
        told = _job(house, request)
        return {"running": run.going_on, "done": run.done, "total": run.total, "text": told["text"]}


def _look_back(routes: APIRouter, house: _House) -> None:
    store = house.services.settings.store

    @routes.get(f"{HOME}/history")
    def reports(request: Request) -> Response:
        found = history.history(store)
        live = next((report.generation for report in found if report.live), "")
        older = any(report.generation < live for report in found)
        return house.page(request, "corpus_history.html", reports=found, older=older)

    @routes.get(f"{HOME}/report")
    def report(request: Request, generation: str = "") -> Response:
        found = history.history(store)
        chosen = next((one for one in found if one.generation == generation or (not generation and one.live)), None)
        return house.page(request, "corpus_report.html", report=chosen)

    @routes.post(f"{HOME}/rollback")
    def back(request: Request) -> Response:
        def act() -> None:
            with locked(store):
                generation = rollback(store)
            house.say(
                request,
                house.indexing(request).done_rollback.format(generation=index(generation, house.language(request))),
            )
            house.log(member_of(request.scope), "rollback", generation)

        return _done(house, request, act, f"{HOME}/history")


def _done(house: _House, request: Request, act: Any, back: str) -> Response:
    try:
        act()
    except GreffierError as error:
        house.complain(request, error)
    return RedirectResponse(back, 303)


def _job(house: _House, request: Request) -> dict[str, Any]:
    """Return how the ingestion fares, in words."""
    run, texts, language = house.job.look(), house.indexing(request), house.language(request)
    states = STATES.of(language)
    reason = typeset(run.problem.text(language), language) if run.problem else ""
    counts: dict[str, int] = {}
    for status, count in run.counts:
        name = str(getattr(states, f"state_{status}"))
        counts[name] = counts.get(name, 0) + count
    told = {
        "never": "",
        "running": _running(run, texts),
        "stopping": texts.stopping,
        "done": texts.published.format(counts=", ".join(f"{name} {count}" for name, count in counts.items()))
        if run.published
        else texts.nothing_new,
        "failed": texts.failed.format(reason=reason),
        "cancelled": texts.cancelled,
    }
    return {"run": run, "text": told[run.state], "is_problem": run.state == "failed"}


def _running(run: Run, texts: IndexingTexts) -> str:
    text = texts.running.format(seconds=round(time.time() - run.began))
    with suppress(AttributeError):  # before the first line, and for a stage of a newer ingestion
        text += f" {getattr(texts, f'stage_{run.stage}')} : {run.done} / {run.total}."
    return text


def _turn(folder: str, q: str, problems: str) -> str:
    """Return the address of the table without the page's number."""
    return f"{HOME}?folder={quote(folder, safe='')}&q={quote(q, safe='')}{'&problems=1' if problems else ''}&page="
