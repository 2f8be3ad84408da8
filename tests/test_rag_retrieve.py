"""A question to passages, over a real small store: order, reading groups, coverage, reranking."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.retrieve import coverage, indexed_text, question_terms, retrieve
from rag.store import Generation
from rag.text import analyse
from rag.tuning import Tuning
from rag.types import Passage
from tests.fakes import WordEmbedder, make_store

CANARY = "canari"
DOCUMENTS = {
    "statuts.pdf": ["Cotisations\nLa cotisation annuelle est de 120 euros.", "Le quorum est du quart des membres."],
    "bureau/secret.pdf": [f"Le mot secret du bureau est {CANARY}.", f"La cotisation du {CANARY} est cachée."],
    "public/guide.pdf": ["Le vitrage est calé avec des cales de 5 mm."],
    "région/note.pdf": ["La région verse une aide de 300 euros."],
}


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    return Generation(make_store(tmp_path_factory.mktemp("retrieve"), DOCUMENTS))


def paths(passages: Sequence[Passage]) -> set[str]:
    return {passage.chunk.page.source.path for passage in passages}


def search(generation: Generation, question: str, groups: frozenset[str] | None = None) -> tuple[Passage, ...]:
    return retrieve(question, generation, WordEmbedder(), 10, groups)


@pytest.mark.parametrize(
    ("question", "path", "page"),
    [
        ("Quel est le montant de la cotisation annuelle ?", "statuts.pdf", 1),
        ("quorum", "statuts.pdf", 2),
        ("cales de 5 mm", "public/guide.pdf", 1),
        ("AIDE DE LA REGION", "région/note.pdf", 1),
    ],
)
def test_the_best_passage_comes_first(generation: Generation, question: str, path: str, page: int) -> None:
    best = search(generation, question)[0].chunk
    assert (best.page.source.path, best.page.number) == (path, page)


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("je peux prendre la cotisation ?", "cotisation"),
        ("un gars de la boîte, sa cotisation", "cotisation"),
        ("on va prendre quoi ?", "prendre"),
        ("le quor annuel", "quorum annuel"),
        ("what is the quor?", "quor"),
    ],
)
def test_words_that_say_nothing_of_the_subject_do_not_weigh(generation: Generation, question: str, terms: str) -> None:
    assert question_terms(question, generation) == analyse(terms)


def test_scores_fall_and_ranks_count_from_one(generation: Generation) -> None:
    found = search(generation, "cotisation annuelle")
    scores = [passage.score for passage in found]
    assert scores == sorted(scores, reverse=True)
    assert found[0].found.rank_lexical == 1
    assert found[0].found.lexical > 0
    assert all(-1.001 <= passage.found.dense <= 1.001 for passage in found)
    assert [p.found.rank_lexical is None for p in found] == [p.found.lexical == 0 for p in found]


def test_no_more_than_asked_for_come_back(generation: Generation) -> None:
    assert len(retrieve("cotisation", generation, WordEmbedder(), 2)) == 2


def test_without_groups_given_everything_is_read(generation: Generation) -> None:
    assert paths(search(generation, CANARY)) == set(DOCUMENTS)
    assert search(generation, CANARY)[0].found.lexical > 0


@pytest.mark.parametrize("question", [CANARY, f"cotisation {CANARY}", "Le mot secret du bureau", "?"])
@pytest.mark.parametrize("groups", [frozenset[str](), frozenset({"public"}), frozenset({"public", "région", ""})])
def test_another_group_s_text_never_comes_back(generation: Generation, question: str, groups: frozenset[str]) -> None:
    found = search(generation, question, groups)
    assert "statuts.pdf" in paths(found)
    assert paths(found) <= {"statuts.pdf", *(path for path in DOCUMENTS if path.split("/")[0] in groups)}
    assert not any(CANARY in indexed_text(passage.chunk) for passage in found)


def test_a_group_finds_its_own_text_by_its_words(generation: Generation) -> None:
    found = search(generation, CANARY, frozenset({"bureau"}))
    assert paths(found) == {"statuts.pdf", "bureau/secret.pdf"}
    assert found[0].found.lexical > 0 and CANARY in found[0].chunk.text


def test_groups_do_not_change_the_lexical_score(generation: Generation) -> None:
    for groups in (frozenset({"public"}), frozenset[str]()):
        restricted = {p.chunk.id: p.found.lexical for p in search(generation, "cotisation annuelle", groups)}
        everything = {p.chunk.id: p.found.lexical for p in search(generation, "cotisation annuelle")}
        assert max(restricted.values()) > 0
        assert all(everything[id_] == score for id_, score in restricted.items())


def test_a_question_of_unknown_words_still_gives_neighbours_without_lexical_rank(generation: Generation) -> None:
    found = search(generation, "xylophone")
    assert found and all(p.found.rank_lexical is None and p.found.lexical == 0 for p in found)
    assert all(p.found.coverage == 0 for p in found)


def test_an_empty_generation_gives_nothing(tmp_path: Path) -> None:
    empty = Generation(make_store(tmp_path, {}))
    assert retrieve("cotisation", empty, WordEmbedder(), 10) == ()
    assert retrieve("cotisation", empty, WordEmbedder(), 10, frozenset()) == ()


def test_a_member_of_no_group_finds_nothing_where_nothing_is_open(tmp_path: Path) -> None:
    closed = Generation(make_store(tmp_path, {"bureau/a.pdf": ["La cotisation."]}))
    assert retrieve("cotisation", closed, WordEmbedder(), 10, frozenset()) == ()


def test_coverage_is_the_weighted_share_of_the_question_s_terms(generation: Generation) -> None:
    terms = ["quorum", "quart", "inconnu"]
    weights = [generation.lexical.idf(term) for term in terms]
    text = "Le quorum est du quart des membres."
    assert coverage(terms, text, generation) == pytest.approx((weights[0] + weights[1]) / sum(weights))
    assert coverage(["quorum"], text, generation) == 1
    assert coverage(["quorum", "quorum"], text, generation) == 1
    assert coverage(["inconnu"], text, generation) == 0
    assert coverage(analyse("démissionner"), "En cas de démission, le préavis est d'un mois.", generation) == 1
    assert coverage(analyse("contrôle"), "Le contrat est signé.", generation) == 0
    assert coverage([], text, generation) == 0


def test_title_and_headings_are_indexed_with_the_text(generation: Generation) -> None:
    chunk = generation.documents.chunk(0)
    assert indexed_text(chunk) == f"statuts\nCotisations\n{chunk.text}"


class LongestFirst:
    """Prefers long passages; keeps what it was asked."""

    id = "longest"

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        self.asked.append((question, len(passages)))
        return [float(len(passage)) for passage in passages]


def test_a_reranker_has_the_last_word(generation: Generation) -> None:
    reranker = LongestFirst()
    found = retrieve("quorum", generation, WordEmbedder(), 3, reranker=reranker)
    lengths = [len(indexed_text(passage.chunk)) for passage in found]
    assert lengths == sorted(lengths, reverse=True) and len(lengths) == 3
    assert [passage.score for passage in found] == [float(length) for length in lengths]
    assert reranker.asked == [("quorum", 6)]


def test_a_reranker_never_reads_another_group_s_text(generation: Generation) -> None:
    reranker = LongestFirst()
    retrieve(CANARY, generation, WordEmbedder(), 3, frozenset({"public"}), reranker)
    assert reranker.asked == [(CANARY, 3)]


def test_each_ranking_can_be_looked_at_alone(generation: Generation) -> None:
    question = "cotisation annuelle quorum"
    by_words = retrieve(question, generation, WordEmbedder(), 10, tuning=Tuning(fusion="lexical"))
    by_meaning = retrieve(question, generation, WordEmbedder(), 10, tuning=Tuning(fusion="dense"))
    assert [p.score for p in by_words] == [p.found.lexical for p in by_words]
    assert [p.score for p in by_meaning] == [p.found.dense for p in by_meaning]
    by_ranks = retrieve(question, generation, WordEmbedder(), 10, tuning=Tuning(fusion="rrf"))
    assert {p.chunk.id for p in by_ranks} == {p.chunk.id for p in by_words}


def test_fewer_candidates_give_fewer_passages(generation: Generation) -> None:
    found = retrieve("cotisation", generation, WordEmbedder(), 10, tuning=Tuning(candidates=1))
    assert 1 <= len(found) <= 2


def test_a_misspelt_word_is_found_by_its_pieces(generation: Generation) -> None:
    found = retrieve("cottisations anuelles", generation, WordEmbedder(), 1, tuning=Tuning(fusion="lexical"))
    assert "La cotisation annuelle" in found[0].chunk.text
    plain = Tuning(fusion="lexical", pieces_weight=0, spelling=False)
    assert retrieve("cottisations", generation, WordEmbedder(), 1, tuning=plain)[0].found.lexical == 0


def test_a_slip_does_not_hide_that_a_passage_has_the_words(generation: Generation) -> None:
    found = retrieve("quoruum", generation, WordEmbedder(), 1)
    assert found[0].found.coverage == 1
    assert retrieve("quoruum", generation, WordEmbedder(), 1, tuning=Tuning(spelling=False))[0].found.coverage == 0


def test_what_a_better_passage_says_already_is_left_out(tmp_path: Path) -> None:
    said = "Le vitrage est posé sur deux cales de bois dur, à dix centimètres de chaque angle du châssis. "
    said += "Elles laissent passer l'eau vers les drainages et ne bougent pas quand on ouvre la fenêtre."
    other = said.replace("Le vitrage est", "Un vitrage est")
    figures = ["Coefficient 185 : salaire 1 823,50 euros brut.", "Coefficient 190 : salaire 1 850,20 euros brut."]
    store = make_store(tmp_path, {"a.pdf": [said], "b.pdf": [other], "c.pdf": figures})
    generation = Generation(store)
    paths = [p.chunk.page.source.path for p in retrieve("cales du vitrage", generation, WordEmbedder(), 10)]
    assert sorted(paths) == ["a.pdf", "c.pdf", "c.pdf"] or sorted(paths) == ["b.pdf", "c.pdf", "c.pdf"]
    everything = retrieve("cales du vitrage", generation, WordEmbedder(), 10, tuning=Tuning(alike=2.0))
    assert len(everything) == 4
