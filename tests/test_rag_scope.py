"""Questions limited to one document or folder: inside both searches, whole, and closed to other groups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag import retrieve as retrieving
from rag.assistant import Assistant
from rag.errors import UnknownScope
from rag.gate import Gate
from rag.retrieve import retrieve
from rag.scope import Scope, scope_of
from rag.settings import Settings
from rag.store import Generation, LiveStore
from tests.fakes import WordEmbedder, make_store

ALWAYS = Gate((0.0, 0.0, 0.0), 9.0, 0.5)
WORDS = "pose vitrage prime repas verre colle joint cale mousse mastic".split()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def pages(seed: int, count: int) -> list[str]:
        draw = np.random.default_rng(seed)
        return [" ".join(draw.choice(WORDS, 6)) + f" {seed}-{page}." for page in range(count)]

    folder = tmp_path_factory.mktemp("scope")
    make_store(
        folder,
        {
            "bureau/budget.pdf": ["La prime de repas du bureau est de 99 euros."],
            "guides/pose.pdf": [*pages(1, 60), "La prime de repas est de 11 euros."],
            "guides/neuf/verre.pdf": pages(2, 60),
            "guides-anciens.pdf": pages(3, 60),
            "statuts-2019.pdf": ["Article 4\nLa cotisation annuelle est de 80 euros."],
            "statuts-2023.pdf": ["Article 4\nLa cotisation annuelle est de 90 euros."],
        },
    )
    return folder


@pytest.fixture
def generation(store: Path) -> Iterator[Generation]:
    opened = Generation(store / "gen-1")
    yield opened
    opened.close()


def _paths(question: str, generation: Generation, scope: str, groups: frozenset[str] | None = None) -> set[str]:
    found = retrieve(question, generation, WordEmbedder(), 50, groups, scope=scope_of(scope))
    return {passage.chunk.page.source.path for passage in found}


def test_a_document_or_a_folder_is_all_that_is_searched(generation: Generation) -> None:
    assert _paths("prime de repas", generation, "guides/neuf/verre.pdf") == {"guides/neuf/verre.pdf"}
    assert _paths("prime de repas", generation, "/guides/") == {"guides/pose.pdf", "guides/neuf/verre.pdf"}
    assert "guides-anciens.pdf" in _paths("prime de repas", generation, "")


@pytest.mark.parametrize("exact", [0, 1_000_000])
def test_every_near_passage_of_a_scope_is_found_by_either_way(
    generation: Generation, exact: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrieving, "EXACT_ROWS", exact)
    for scope in ("guides", "guides/pose.pdf", "guides-anciens.pdf"):
        found = retrieve("mousse et mastic", generation, WordEmbedder(), 10, scope=Scope(scope))
        ranks = [passage.found.rank_dense for passage in found if passage.found.rank_dense]
        vector = WordEmbedder().embed_question("mousse et mastic")
        rows = [row for row, path in enumerate(generation.documents.paths()) if Scope(scope).covers(path)]
        nearest = max(float(generation.vectors[row] @ vector) for row in rows)
        first = next(passage for passage in found if passage.found.rank_dense == min(ranks))
        assert first.found.dense == pytest.approx(nearest, abs=1e-5)


def test_an_older_version_that_is_named_by_its_path_is_taken_as_named(generation: Generation) -> None:
    found = retrieve("Quelle est la cotisation ?", generation, WordEmbedder(), 5, scope=Scope("statuts-2019.pdf"))
    assert "80 euros" in found[0].chunk.text
    everywhere = retrieve("Quelle est la cotisation ?", generation, WordEmbedder(), 5)
    assert "90 euros" in everywhere[0].chunk.text


def test_a_scope_of_another_group_is_as_unknown_as_one_that_is_not_there(store: Path) -> None:
    assistant = Assistant(LiveStore(store, "words"), WordEmbedder(), Settings(), gate=ALWAYS)
    try:
        for path in ("bureau", "bureau/budget.pdf", "nulle-part.pdf"):
            with pytest.raises(UnknownScope) as caught:
                assistant.answer("prime de repas", groups=frozenset({"guides"}), scope=Scope(path))
            assert str(caught.value).replace(path, "X").startswith("« X » n'est ni un document ni un dossier")
        mine = assistant.answer("prime de repas", groups=frozenset({"bureau"}), scope=Scope("bureau"))
        assert {citation.sentence.page.source.path for citation in mine.citations} == {"bureau/budget.pdf"}
    finally:
        assistant.close()
