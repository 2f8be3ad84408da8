"""A scripted assistant over one small PDF, and the real server round it: what the interface's tests drive.

`python -m tests.browser.scripted FOLDER PORT` serves until killed.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from rag.differences import Differences
from rag.errors import ModelError, NoStore, QuestionError
from rag.library import Document, Entry, Section
from rag.ports import Health, Vectors
from rag.scope import Scope
from rag.settings import Settings
from rag.summary import Length, Summary
from rag.text import pieces
from rag.types import (
    Answer,
    Box,
    Chunk,
    Citation,
    Claim,
    Event,
    Finished,
    Found,
    Language,
    Page,
    PageRef,
    Passage,
    Refusal,
    Retrieved,
    Sentence,
    Source,
    Timings,
    Token,
    Turn,
)
from ui import app, bounds, server
from ui.access import accounts
from ui.access.recognise import Recognise
from ui.database import FILE, Database
from ui.desk import Desk

PATH = "public/règles de pose.pdf"
TITLE = "Règles de pose des vitrages"
QUOTE = "Le calage du vitrage se fait avec des cales de 5 mm."
TYPE = 14
LEFT, BASE = 90.0, 500.0  # of the quoted line, in points from the page's bottom-left corner
PAGES = 3
ADMIN, PASSWORD = "Camille", "verre feuilleté 44.2"
HOSTILE = "Voir <img src=x onerror=alert(1)> ![](http://exfil.example/p.png) [a](javascript:alert(1)) www.exfil.example"


def make_pdf(file: Path) -> Box:
    """Write a PDF of three pages, the quote on page 2; return the quote's box, from the page's top-left."""
    file.parent.mkdir(parents=True, exist_ok=True)
    canvas = Canvas(str(file), pagesize=A4)
    width = 0.0
    for number in range(1, PAGES + 1):
        canvas.setFont("Helvetica", TYPE)
        canvas.drawString(LEFT, 760, f"{TITLE}, feuille {number}")
        if number == 2:
            canvas.drawString(LEFT, BASE, QUOTE)
            width = canvas.stringWidth(QUOTE, "Helvetica", TYPE)
        canvas.showPage()
    canvas.save()
    return (LEFT, A4[1] - BASE - TYPE, LEFT + width, A4[1] - BASE + 4)


def draw(file: Path, number: int, width: int, settings: Settings) -> bytes:
    """Return a page as JPEG, without the guarded child of `ingest.picture`."""
    with pypdfium2.PdfDocument(file) as document:
        page = document[number - 1]
        picture = page.render(scale=width / page.get_width()).to_pil()
        out = io.BytesIO()
        picture.convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


class ScriptedLibrary:
    """The one document of the assistant, as pages show it."""

    def __init__(self, sentence: Sentence, answer: Answer) -> None:
        self._sentence = sentence
        self._answer = answer
        self._entry = Entry(sentence.page.source, PAGES, "2025-03-01", "title")

    def documents(self, groups: frozenset[str] | None) -> tuple[Entry, ...]:
        """Return the document, if `groups` may read it."""
        return (self._entry,) if self._entry.source.open_to(groups) else ()

    def dated(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """Return the entries as they are."""
        return tuple(entries)

    def entries(self, paths: Iterable[str], groups: frozenset[str] | None) -> dict[str, Entry]:
        """Return the document, if it is asked for and `groups` may read it."""
        return {entry.source.path: entry for entry in self.documents(groups) if entry.source.path in set(paths)}

    def document(self, path: str, groups: frozenset[str] | None) -> Document | None:
        """Return the document with an outline of one heading."""
        known = path == PATH and self._entry.source.open_to(groups)
        return Document(self._entry, (Section(TITLE, 1),), ()) if known else None

    def sentence(self, path: str, page: int, start: int, groups: frozenset[str] | None) -> Sentence | None:
        """Return the quote."""
        found = self._sentence
        known = (path, page, start) == (PATH, found.page.number, found.start) and found.page.source.open_to(groups)
        return found if known else None

    def summary(
        self, path: str, length: Length, groups: frozenset[str] | None, language: Language = "fr"
    ) -> Summary | None:
        """Return the quote as the summary."""
        known = path == PATH and self._entry.source.open_to(groups)
        return Summary(self._answer, (TITLE,)) if known else None

    def differences(self, old: str, new: str, groups: frozenset[str] | None) -> Differences | None:
        """Return that nothing differs, if both are the document."""
        known = old == new == PATH and self._entry.source.open_to(groups)
        return Differences(self._entry.source, self._entry.source, (), 1, "gen-test") if known else None


class ScriptedAssistant:
    """Answers by what the question contains; see `ask`."""

    def __init__(
        self, corpus: Path, box: Box, model: str = "modele-test", pause: float = 0.03, closings: Path | None = None
    ) -> None:
        self._closings = closings
        self._loading = closings.with_name("loading") if closings else None
        file = corpus / PATH
        self.source = Source(PATH, hashlib.sha256(file.read_bytes()).hexdigest(), TITLE)
        self._model = model
        self.generation = "gen-test"
        self.pause = pause
        self.closed = 0
        self.histories: list[tuple[Turn, ...]] = []
        self.members: list[str] = []
        self.scopes: list[Scope | None] = []
        page = PageRef(self.source, 2, "ii", A4[0], A4[1])
        self.sentence = Sentence(page, 0, len(QUOTE), QUOTE, (box,))
        other = PageRef(self.source, 1, "i", A4[0], A4[1])
        unread = Sentence(other, 0, 10, f"{TITLE}, feuille 1", ((LEFT, 68.0, 400.0, 86.0),))
        self.passages = (_passage(self.sentence), _passage(unread))

    @property
    def model(self) -> str:
        """Return the model's name once it is loaded."""
        return "extracts" if self.health().state == "starting" else self._model

    @property
    def waiting(self) -> int:
        """Return that nobody waits."""
        return 0

    @property
    def library(self) -> ScriptedLibrary:
        """Return the one document."""
        claims = (Claim(QUOTE, (1,), "supported"),)
        return ScriptedLibrary(self.sentence, self._answer(TITLE, claims, (Citation(1, self.sentence),)))

    def compose(
        self,
        request: str,
        sentences: Sequence[Sentence],
        *,
        groups: frozenset[str] | None = None,
        language: Language = "fr",
        member: str = "",
    ) -> Iterator[Event]:
        """Write the quote, and one sentence that is struck out."""
        self.members.append(member)
        yield Finished(self._answered(request, QUOTE))

    def search(
        self, question: str, count: int, groups: frozenset[str] | None = None, scope: Scope | None = None
    ) -> tuple[str, tuple[Passage, ...], Timings]:
        """Return both passages, if they may be read and lie within the scope."""
        known = self.source.open_to(groups) and (scope is None or scope.covers(PATH))
        return self.generation, self.passages[:count] if known else (), Timings(1.0, 1.0)

    def health(self) -> Health:
        """Return that the model is well, or is loading while there is a file named `loading`."""
        if self._loading is not None and self._loading.exists():
            return Health("starting", time.monotonic(), ModelError("Le modèle se charge encore.", "It is loading."))
        return Health("ready", time.monotonic(), pid=12)

    def page(self, path: str, number: int, groups: frozenset[str] | None = None) -> PageRef | None:
        """Return one of the three pages."""
        if path != PATH or not 1 <= number <= PAGES or not self.source.open_to(groups):
            return None
        return PageRef(self.source, number, "i" * number, A4[0], A4[1])

    def examples(
        self, count: int = 3, groups: frozenset[str] | None = None, scope: Scope | None = None
    ) -> tuple[str, ...]:
        """Return three questions, within a scope one."""
        if scope is not None:
            return ("Qui pose le vitrage ?",)
        questions = ("Quelle est l'épaisseur des cales ?", "Quel est le prix du verre ?", "Qui pose le vitrage ?")
        return questions[:count]

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        groups: frozenset[str] | None = None,
        language: Language = "fr",
        member: str = "",
        scope: Scope | None = None,
    ) -> Iterator[Event]:
        """« prix »: refused · « longue »: writes for a minute · « hostile »: markup · « canari »: says it again.

        Else: two claims, one struck.
        """
        if not question.strip():
            raise QuestionError("La question est vide : écrivez-la puis envoyez.", "The question is empty: write it.")
        if len(question) > 2000:
            raise QuestionError("La question est trop longue : raccourcissez-la.", "The question is too long.")
        self.histories.append(tuple(history))
        self.scopes.append(scope)
        self.members.append(member)
        try:
            yield Retrieved(question, self.passages)
            if "prix" in question:
                yield Finished(self._refused(question))
                return
            if "hostile" in question:
                yield Token(HOSTILE)
                yield Finished(self._answered(question, HOSTILE))
                return
            if "canari" in question:
                for word in question.split():
                    yield Token(f"{word} ")
                    time.sleep(self.pause)
                yield Finished(self._answered(question, question))
                return
            for word in ("mot " * 2000 if "longue" in question else QUOTE + " Elles sont rouges.").split(" "):
                time.sleep(self.pause)
                yield Token(word + " ")
            yield Finished(self._answered(question, QUOTE))
        finally:
            self.closed += 1
            if self._closings is not None:
                self._closings.write_text(str(self.closed))

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return a vector of letters' runs for each text: what is spelt alike is near."""
        rows = np.zeros((len(texts), 512), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for piece in pieces(text) or ["?"]:
                row[int(hashlib.md5(piece.encode()).hexdigest(), 16) % 512] += 1
        norms: Vectors = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / norms

    def read(self, path: str, number: int) -> tuple[Page | None, tuple[Sentence, ...]]:
        """Return the text of page 2, which is the quote."""
        if self.page(path, number) is None:
            return None, ()
        return (Page(self.sentence.page, QUOTE, ()), (self.sentence,)) if number == 2 else (None, ())

    def _answered(self, question: str, text: str) -> Answer:
        claims = (
            Claim(text, (1,), "supported"),
            Claim("Elles sont rouges.", (), "unsupported", "aucune source ne parle de couleur"),
        )
        return self._answer(question, claims, (Citation(1, self.sentence),))

    def _refused(self, question: str) -> Answer:
        return self._answer(question, (), (), "no_evidence")

    def _answer(
        self, question: str, claims: tuple[Claim, ...], citations: tuple[Citation, ...], refusal: Refusal = ""
    ) -> Answer:
        return Answer(
            question=question,
            standalone=question,
            status="refused" if refusal else "answered",
            text=" ".join(claim.text for claim in claims),
            claims=claims if self.model != "extracts" else claims[:1],
            citations=citations,
            passages=self.passages,
            generation=self.generation,
            model=self.model,
            timings=Timings(retrieve=12.0, total=1234.0),
            refusal=refusal,
        )


def _passage(sentence: Sentence) -> Passage:
    chunk = Chunk(f"c{sentence.page.number}", sentence.page, (sentence,), (TITLE,), sentence.text)
    return Passage(chunk, 1.0, Found(1.0, 0.5, 0.5, 1, 1))


def _with_admin(file: Path) -> Database:
    """Make a database with one administrator, who has chosen a password."""
    database = Database.open(file)
    once = accounts.create(database, ADMIN, "admin")
    accounts.choose_password(database, accounts.named(database, ADMIN), once, PASSWORD)
    return database


def main(folder: Path, port: int) -> None:
    """Serve the scripted assistant on loopback, with its files in `folder`.

    A file named `no-store` there stands for a missing store, `loading` for a model that loads, `accounts` makes an
    admin; `closings` tells how many answers have ended. Accounts are those of its folder `data`: nobody signs in until
    there is one.
    """
    corpus = folder / "corpus"
    box = make_pdf(corpus / PATH)
    settings = Settings(corpus=corpus, store=folder / "store", data=folder / "data", port=port)
    settings = replace(settings, association="Fédération d'essai")

    def open_assistant() -> ScriptedAssistant:
        if (folder / "no-store").exists():
            raise NoStore("Aucun document n'est indexé : lancez make ingest.", "Nothing is indexed: run make ingest.")
        return ScriptedAssistant(corpus, box, pause=0.08, closings=folder / "closings")

    listening = server.listen(settings)
    bounds.prepare_environment(os.environ)
    desk = Desk(open_assistant, retry_seconds=0.5)
    file = settings.data / FILE
    database = _with_admin(file) if (folder / "accounts").exists() else Database.open(file)
    mounted = app.mount(server.build_server(desk, settings, draw, database), desk, settings)
    server.serve(server.guarded(mounted, settings, Recognise(database, settings)), listening)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
