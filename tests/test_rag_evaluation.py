"""Questions asked of a real small index: what counts as found, cited, stated, refused, and what a search is worth."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.assistant import Assistant
from rag.errors import QuestionError
from rag.evaluation.cache import caching
from rag.evaluation.collection import collection, pids
from rag.evaluation.gold import ask, citation_values
from rag.evaluation.items import GoldPage, GoldQuestion, LoosePassage, Query
from rag.evaluation.ranking import Stopwatch, rank, timed
from rag.ports import Vectors
from rag.retrieve import retrieve
from rag.settings import Settings
from rag.store import LiveStore
from rag.types import Passage, Turn
from tests.fakes import WordEmbedder, make_store, page_ref, sentence

DOCUMENTS = {
    "statuts.pdf": ["La cotisation annuelle est de 120 euros.", "Le quorum est du quart des membres."],
    "guide.pdf": ["Le vitrage est calé avec des cales."],
}


def silent(done: int, total: int) -> None:
    assert 0 < done <= total


def item(question: str, *gold: tuple[str, int], facts: tuple[str, ...] = (), **more: Any) -> GoldQuestion:
    pages = tuple(GoldPage(file, page, "") for file, page in gold)
    made = GoldQuestion(
        "1", question, (), bool(gold), pages, tuple(tuple(fact.split("|")) for fact in facts), "lookup"
    )  # fmt: skip
    return dataclasses.replace(made, **more)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("evaluation")
    make_store(folder, DOCUMENTS)
    return Assistant(LiveStore(folder, "words"), WordEmbedder(), Settings())


def values(assistant: Assistant, asked: GoldQuestion) -> dict[str, float]:
    result = ask("set", [asked], assistant, None, silent)
    return {name: value for name, value in result.outcomes[0].values.items() if not name.endswith("_ms")}


def test_a_right_answer_counts_in_each_measure(assistant: Assistant) -> None:
    asked = item("Quelle cotisation annuelle ?", ("statuts.pdf", 1), facts=("120 EUROS|120 €", "cotisation"))
    assert values(assistant, asked) == {
        "page@1": 1, "page@5": 1, "page@10": 1, "cited_page": 1, "citation_precision": 1, "citation_recall": 1,
        "facts": 1, "right": 1, "refused": 0,
    }  # fmt: skip


def test_a_page_of_another_number_or_a_missing_fact_does_not_count(assistant: Assistant) -> None:
    asked = item("Quelle cotisation annuelle ?", ("statuts.pdf", 7), ("statuts.pdf", 2), facts=("cotisation", "130"))
    found = values(assistant, asked)
    assert (found["page@1"], found["cited_page"], found["facts"], found["right"]) == (0, 0, 0, 0)


def test_refusals_count_apart_and_a_refusal_cites_nothing(assistant: Assistant) -> None:
    refused = values(assistant, item("xylophone baroque polyphonique", ("guide.pdf", 1)))
    assert (refused["refused"], refused["right"]) == (1, 0)
    assert not {"cited_page", "citation_precision", "facts"} & refused.keys()
    assert values(assistant, item("cithare romantique")) == {"answered": 0}
    assert values(assistant, item("Quelle cotisation annuelle ?")) == {"answered": 1}


def test_a_follow_up_is_asked_with_its_history(assistant: Assistant) -> None:
    history = (Turn("user", "Quel est le quorum des membres ?"),)
    assert values(assistant, item("Et alors ?", ("statuts.pdf", 2), history=history))["page@1"] == 1


def test_times_are_kept_with_the_outcome(assistant: Assistant) -> None:
    (outcome,) = ask(
        "set", [item("Quelle cotisation annuelle ?", ("statuts.pdf", 1))], assistant, None, silent
    ).outcomes
    assert outcome.values["total_ms"] >= outcome.values["retrieve_ms"] > 0


def test_questions_about_other_documents_are_not_measured(assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match=r"par exemple ailleurs.pdf\). Ingérez ce corpus"):
        ask("set", [item("Combien ?", ("ailleurs.pdf", 1))], assistant, None, silent)


QUOTED = item("Combien ?", facts=("trois|3",), answerable=True,
              gold=(GoldPage("a.pdf", 2, "Nul ne peut détenir plus de trois pouvoirs"),
                    GoldPage("a.pdf", 3, "Le vote par correspondance est admis")))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "page", "precision", "recall"),
    [
        ("Un membre présent ne peut détenir plus de trois pouvoirs.", 2, 1, 0.5),
        ("Ne peut détenir plus de", 2, 1, 0.5),  # a part of the quote
        ("Il en faut 3.", 2, 1, 0.5),  # the fact
        ("Nul ne peut détenir plus de trois pouvoirs", 4, 0, 0),  # on another page
        ("Les pouvoirs sont écrits et remis au bureau avant la séance.", 2, 0, 0),  # one word of it
    ],
)
def test_a_cited_sentence_is_right_by_quote_or_fact_on_the_page(
    text: str, page: int, precision: float, recall: float
) -> None:
    found = citation_values(QUOTED, [sentence(text, page_ref("a.pdf", page))])
    assert found == {"citation_precision": precision, "citation_recall": recall}


def test_precision_is_by_cited_and_recall_by_expected_sentence() -> None:
    cited = [
        sentence("Plus de trois pouvoirs", page_ref("a.pdf", 2)),
        sentence("Nul ne peut détenir plus de trois pouvoirs", page_ref("a.pdf", 2)),
        sentence("Le vote par correspondance est admis", page_ref("a.pdf", 3)),
        sentence("La séance est publique", page_ref("a.pdf", 3)),
    ]
    assert citation_values(QUOTED, cited) == {"citation_precision": 0.75, "citation_recall": 1.0}
    assert citation_values(QUOTED, []) == {"citation_precision": 0.0, "citation_recall": 0.0}


PASSAGES = (
    LoosePassage("a/1", "Cotisation", "Elle est de 120 euros. Le trésorier la perçoit chaque année en janvier."),
    LoosePassage("a/2", "", "Le quorum est du quart des membres."),
    LoosePassage("b", "Vitrage", "Il est calé.\nDes cales de bois dur le tiennent."),
)


def test_loose_passages_are_searched_by_the_product_s_own_code() -> None:
    embedder = WordEmbedder()
    with collection(PASSAGES, embedder, 8) as generation:
        found = retrieve("cotisation perçue en janvier", generation, embedder, 10)
        assert pids(found)[0] == "a/1"
        assert {passage.chunk.page.source.group for passage in found} == {None}
        texts = [chunk.text for row in range(generation.manifest.chunks) if (chunk := generation.documents.chunk(row))]
    assert texts == [
        "Elle est de 120 euros.", "Le trésorier la perçoit chaque année en janvier.",
        "Le quorum est du quart des membres.", "Il est calé.", "Des cales de bois dur le tiennent.",
    ]  # fmt: skip


def found_in_order(*names: str) -> tuple[Passage, ...]:
    embedder = WordEmbedder()
    with collection([LoosePassage(name, "", f"mot {name}") for name in names], embedder, 50) as generation:
        return tuple(p for name in names for p in retrieve(f"mot {name}", generation, embedder, 1))


def test_ranks_are_those_of_passages_not_of_their_chunks() -> None:
    ranked = found_in_order("alpha", "beta", "gamma")
    queries = [
        Query("1", "?", ("beta", "elsewhere"), "beta"), Query("2", "?", ("elsewhere",), "elsewhere"),
        Query("3", "?", (), "3"),
    ]  # fmt: skip
    repeated = (ranked[0], ranked[0], ranked[1])
    result = rank("set", queries, {"alpha", "beta", "gamma"}, lambda _: repeated, silent)
    assert result.left_out == 2
    (outcome,) = result.outcomes
    assert (outcome.id, outcome.cluster) == ("1", "beta")
    assert outcome.values == {
        "recall@1": 0, "recall@5": 1, "recall@10": 1, "mrr@10": 0.5, "ndcg@10": pytest.approx(1 / np.log2(3)),
    }  # fmt: skip


def test_times_are_taken_of_questions_spread_over_the_set() -> None:
    queries = [Query(str(n), "mot", ("alpha",), "alpha") for n in range(250)]
    result = rank("set", queries, {"alpha"}, lambda _: (), silent)
    watch = Stopwatch(WordEmbedder())
    measured = timed(result, queries, lambda text: watch.embed_question(text) is None or (), watch)  # type: ignore[arg-type,return-value]
    times = [outcome.values for outcome in measured.outcomes if "search_ms" in outcome.values]
    assert len(times) == 84
    assert all(0 <= values["search_ms"] < values["retrieve_ms"] for values in times)
    assert measured.outcomes[0].values["recall@1"] == 0


class Counting(WordEmbedder):
    """Notes what it was asked to embed."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.seen += texts
        return np.array([super(Counting, self).embed_question(text) for text in texts], dtype=np.float32)

    def embed_question(self, text: str) -> Vectors:
        self.seen.append("? " + text)
        return super().embed_question(text)


def test_each_text_is_embedded_once_in_its_life(tmp_path: Path) -> None:
    embedder, file = Counting(), tmp_path / "new" / "cache.sqlite"
    texts = ["un deux", "trois", "un deux"]
    for _ in range(2):
        with caching(embedder, file, silent) as remembering:
            vectors = remembering.embed_passages(texts)
            question = remembering.embed_question("trois")
    assert embedder.seen == ["trois", "un deux", "? trois"]
    assert vectors.dtype == np.float32 and vectors.shape == (3, embedder.dimensions)
    assert np.array_equal(vectors, WordEmbedder().embed_passages(texts))
    assert np.array_equal(question, WordEmbedder().embed_question("trois"))


def test_vectors_of_another_embedder_are_never_taken(tmp_path: Path) -> None:
    first, second = Counting(), Counting()
    second.id = "other"
    for embedder in (first, second):
        with caching(embedder, tmp_path / "cache.sqlite", silent) as remembering:
            assert remembering.embed_passages([]).shape == (0, embedder.dimensions)
            remembering.embed_question("un")
    assert first.seen == second.seen == ["? un"]


def test_a_file_that_is_no_cache_is_said(tmp_path: Path) -> None:
    file = tmp_path / "cache.sqlite"
    file.write_text("Ceci n'est pas une base de données, mais un texte.")
    with pytest.raises(QuestionError, match="inutilisable.*--cache"), caching(WordEmbedder(), file, silent):
        pass
