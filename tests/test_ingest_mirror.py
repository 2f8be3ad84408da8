"""The index is the folder, whatever was done to it. Run: python -m pytest tests/test_ingest_mirror.py"""

import functools
import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ingest import neighbours, publish, run
from ingest import prove as proof
from ingest.ocr import Engine
from ingest.plan import GOOD
from ingest.progress import Silent
from ingest.raw import Reading
from ingest.read import read_pdf
from ingest.seal import check_seal
from rag import dense
from rag.errors import CorpusError, NoStore
from rag.retrieve import retrieve
from rag.settings import Settings
from rag.store import Generation, LiveStore
from tests import pdfs
from tests.fakes import WordEmbedder

QUESTIONS = ("Combien de temps dure le joint ?", "le quorum du bureau", "glace de vingt kilos")
NAMES = ("avis-2023.pdf", "avis-2024.pdf", "b.pdf", "bureau/avis-2023.pdf", "bureau/c.pdf", "public/z.pdf")
VERSIONS = range(5)
WITHOUT_OCR = Engine("program")
names = st.sampled_from(NAMES)
versions = st.sampled_from(VERSIONS)

_read: dict[tuple[str, str, Settings], Reading] = {}


@functools.cache
def pdf(version: int) -> bytes:
    """Return the bytes of a small PDF; the last of `VERSIONS` is a scan."""
    sentences = [
        "Le joint dure dix ans.",
        "Le joint dure douze ans.",
        "Le quorum est du quart.",
        "La glace pèse vingt kilos.",
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "file.pdf")
        if version == len(sentences):
            return pdfs.image_only(file).read_bytes()
        common = "Le vitrage repose sur deux cales."
        return pdfs.text(file, [[sentences[version], common], [common, f"Annexe {version}."]]).read_bytes()


def read_each(files: Iterable[Path | None], settings: Settings, *_: object) -> Iterator[Reading | None]:
    return (read_once(file, settings) if file else None for file in files)


def read_once(file: Path, settings: Settings) -> Reading:
    """Read as always, but the same bytes under the same name once: a child process costs half a second."""
    key = (hashlib.sha256(file.read_bytes()).hexdigest(), file.name, replace(settings, corpus=Path(), store=Path()))
    if key not in _read:
        _read[key] = read_pdf(file, settings, WITHOUT_OCR)
    return _read[key]


def prove_here(folder: Path) -> None:
    check_seal(folder, hashes=True)
    generation = Generation(folder)
    proof.prove(generation)
    generation.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(run, "find", lambda _: WITHOUT_OCR)
    monkeypatch.setattr(run, "read_ahead", read_each)
    monkeypatch.setattr(run, "prove", prove_here)
    monkeypatch.setattr(publish, "_sync", lambda _: None)  # durability is another test's; a busy disk makes it slow
    yield
    _read.clear()


def told(store: Path) -> dict[str, Any]:
    """Return all that a reader can be told: reports, chunks in order, vectors, what is found for each question."""
    live = LiveStore(store, WordEmbedder.id)
    with live.pin() as generation:
        documents = generation.documents
        reports = {
            path: replace(report, status="added" if report.status in GOOD else report.status)
            for path, report in documents.reports().items()
        }
        found = {
            (question, groups): [
                (passage.chunk.id, round(passage.score, 4), passage.found.rank_lexical)
                for passage in retrieve(question, generation, WordEmbedder(), 10, groups)
            ]
            for question in QUESTIONS
            for groups in (None, frozenset({"bureau"}))
        }
        chunks = [documents.chunk(row) for row in range(generation.manifest.chunks)]
        editions = documents.editions()
        counts = (generation.manifest.sources, generation.manifest.pages, generation.manifest.chunks)
        vectors = generation.vectors.tolist()
    live.close()
    return {
        "reports": reports,
        "chunks": chunks,
        "found": found,
        "vectors": vectors,
        "counts": counts,
        "editions": editions,
    }


class Mirror(RuleBasedStateMachine):
    """Whatever happens to the folder, after an ingestion the store equals one that is built from scratch."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="mirror-"))
        self.settings = replace(Settings(), corpus=self.folder / "corpus", store=self.folder / "store", workers=1)
        self.changes = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def path(self, name: str) -> Path:
        file = self.settings.corpus / name
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    @initialize(name=names, version=versions)
    def begin(self, name: str, version: int) -> None:
        self.put(name, version)

    @rule(name=names, version=versions)
    def put(self, name: str, version: int) -> None:
        """Add or change a file; also to bytes that another one has."""
        self.path(name).write_bytes(pdf(version))
        self.changes += 1

    @rule(source=names, to=names)
    def move(self, source: str, to: str) -> None:
        """Rename a file, or move it to another reading group."""
        if self.path(source).is_file():
            shutil.move(self.path(source), self.path(to))
            self.changes += 1

    @rule(source=names, to=names)
    def copy(self, source: str, to: str) -> None:
        if source != to and self.path(source).is_file():
            shutil.copy(self.path(source), self.path(to))
            self.changes += 1

    @rule(name=names)
    def delete(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)
        self.changes += 1

    @rule(name=names)
    def corrupt(self, name: str) -> None:
        """Cut a file in the middle, as a copy that broke off."""
        if self.path(name).is_file():
            self.path(name).write_bytes(self.path(name).read_bytes()[:300])
            self.changes += 1

    @rule(name=names)
    def touch(self, name: str) -> None:
        """Change the date alone, which changes nothing."""
        if self.path(name).is_file():
            self.path(name).touch()

    @rule()
    def rollback(self) -> None:
        """Return to the generation before: the next ingestion goes on from there."""
        try:
            publish.rollback(self.settings.store)
            self.changes += 1
        except NoStore:
            pass

    @rule(rebuild=st.booleans())
    def ingest(self, rebuild: bool) -> None:
        self.path(".").mkdir(exist_ok=True)
        self.changes = 0
        try:
            first = run.run(self.settings, WordEmbedder(), Silent(), rebuild=rebuild)
        except CorpusError:  # an empty folder and no store
            assert not any(self.settings.corpus.rglob("*.pdf"))
            return
        again = run.run(self.settings, WordEmbedder(), Silent())
        assert (again.published, again.generation) == (False, first.generation)
        self.compare()

    @invariant()
    def two_changes_are_ingested(self) -> None:
        # left to chance alone, ingestions are too rare to find anything
        if self.changes >= 2:
            self.ingest(rebuild=False)

    def compare(self) -> None:
        scratch = replace(self.settings, store=self.folder / "scratch")
        shutil.rmtree(scratch.store, ignore_errors=True)
        mine = told(self.settings.store)
        if not any(self.settings.corpus.rglob("*.pdf")):
            assert mine["counts"] == (0, 0, 0)
            return
        run.run(scratch, WordEmbedder(), Silent())
        new = told(scratch.store)
        for part in mine:
            assert mine[part] == new[part], part


def check(examples: int, steps: int, *, derandomize: bool) -> None:
    run_state_machine_as_test(
        Mirror,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=derandomize, database=None,
            suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
        ),
    )  # fmt: skip


@pytest.fixture
def copying(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Have the vector index copied and changed however much is new; gives what was copied."""
    made: list[Path] = []
    update = dense.update
    monkeypatch.setattr(neighbours, "CHANGED", 100.0)
    monkeypatch.setattr(neighbours, "DELETED", 100.0)

    def noted(live: Path, *rest: Any) -> None:
        update(live, *rest)
        made.append(live)

    monkeypatch.setattr(dense, "update", noted)
    return made


@pytest.mark.usefixtures("quick")
def test_after_any_sequence_of_changes_a_copied_vector_index_equals_one_built_from_scratch(copying: list[Path]) -> None:
    check(8, 20, derandomize=True)
    assert len(copying) >= 8


@pytest.mark.usefixtures("quick")
def test_after_any_sequence_of_changes_the_store_equals_one_built_from_scratch() -> None:
    check(10, 20, derandomize=True)


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_after_any_long_sequence_of_changes_the_store_equals_one_built_from_scratch() -> None:
    check(150, 40, derandomize=False)
