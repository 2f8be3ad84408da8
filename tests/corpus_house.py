"""A server over an empty corpus folder, as an admin's browser meets it: for the tests of the admin's pages."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from starlette.testclient import TestClient

from rag.errors import NoStore
from rag.settings import Settings
from ui.database import Database
from ui.desk import Assistant, Desk
from ui.server import build_server, guarded

ADDRESS = "http://127.0.0.1:7860"


def pdf(*lines: str) -> bytes:
    """Return a PDF of one page with these lines."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Helvetica", 12)
    for number, line in enumerate(lines):
        canvas.drawString(72, 760 - 24 * number, line)
    canvas.save()
    return out.getvalue()


class CorpusHouse:
    """The real routes over the folders `corpus`, `store` and `data` in `folder`, without an assistant."""

    def __init__(self, folder: Path, megabytes: int = 1, assistant: Assistant | None = None) -> None:
        self.corpus = folder / "corpus"
        self.corpus.mkdir()
        self.settings = Settings(
            corpus=self.corpus, store=folder / "store", data=folder / "data", file_megabytes=megabytes
        )
        self.database = Database.open(None)

        def open_assistant() -> Assistant:
            if assistant is None:
                raise NoStore("Aucun index.", "No index.")
            return assistant

        self.desk = Desk(open_assistant)
        server = build_server(self.desk, self.settings, lambda *_: b"", self.database)
        self.client = TestClient(guarded(server, self.settings), base_url=ADDRESS)

    def upload(self, *files: tuple[str, bytes], **values: str) -> Any:
        """Send files as the form does; return the page that comes after."""
        parts: Sequence[tuple[str, tuple[str, bytes, str]]] = [
            ("files", (name, content, "application/pdf")) for name, content in files
        ]
        return self.client.post("/admin/corpus/upload", files=parts, data=values)

    def post(self, address: str, /, **values: str) -> Any:
        """Send a form; return the page that comes after."""
        return self.client.post(address, data=values)

    def paths(self) -> list[str]:
        """Return all that stands in the corpus, folders left out."""
        return sorted(file.relative_to(self.corpus).as_posix() for file in self.corpus.rglob("*") if not file.is_dir())

    def actions(self) -> list[tuple[str, str]]:
        """Return the log, oldest first, as action and object."""
        return [(row["action"], row["object"]) for row in self.database.rows("SELECT * FROM audit ORDER BY id")]
