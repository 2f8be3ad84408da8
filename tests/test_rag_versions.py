"""What versions of one document mean for a reader. Run: python -m pytest tests/test_rag_versions.py"""

from __future__ import annotations

import numpy as np
import pytest

from rag.types import Chunk, Edition, Source
from rag.versions import OTHER_VERSION, Versions
from tests.fakes import page_ref, sentence

OLD, NEW, DRAFT = (
    Source(path, path, path) for path in ("grille-2024.pdf", "grille-2025.pdf", "bureau/grille-2026.pdf")
)
VERSIONS = (
    Edition(OLD, 0, 0, "2024-04-01", "9", "title"),
    Edition(NEW, 0, 1, "2025-03-01", "12", "title"),
    Edition(DRAFT, 0, 2, "2026-01-01", "14", "title"),
)
ALL = frozenset({"bureau"})
PUBLIC: frozenset[str] = frozenset()
TEXTS = (
    "Le salaire minimum mensuel du coefficient 185 est de 1 866 euros.",  # grille-2024
    "Le salaire minimum mensuel du coefficient 185 est de 1 908 euros.",  # grille-2025
    "Une prime de vacances est versée en juin à tous les ouvriers.",  # grille-2024 alone
    "Le bureau se réunit chaque mois au siège de la fédération.",  # another document
)
PATHS = (OLD.path, NEW.path, OLD.path, "statuts.pdf")
SCORES = np.array([2.0, 1.5, 1.0, 0.5], dtype=np.float32)


def chunk(text: str, heading: str = "") -> Chunk:
    return Chunk("", page_ref(), (sentence(text),), (heading,) if heading else (), text)


def preferred(question: str, groups: frozenset[str] | None = PUBLIC, texts: tuple[str, ...] = TEXTS,
              headings: tuple[str, ...] = ("",) * 4) -> list[float]:  # fmt: skip
    scores = Versions(VERSIONS, PATHS).prefer(
        question, range(4), SCORES, lambda row: chunk(texts[row], headings[row]), groups
    )
    return [float(score) for score in scores]


def test_what_only_repeats_an_older_version_leaves_and_its_newer_twin_takes_its_place() -> None:
    assert preferred("salaire minimum du coefficient 185 ?") == [-np.inf, 2.0, 1.0 - OTHER_VERSION, 0.5]


def test_the_scores_given_are_left_as_they_are() -> None:
    preferred("salaire minimum ?")
    assert SCORES.tolist() == [2.0, 1.5, 1.0, 0.5]


@pytest.mark.parametrize(
    "question",
    [
        "salaire minimum en 2024 ?", "salaire minimum en décembre 2024", "salaire minimum en février 2025 ?",
        "que dit l'avenant n° 9 ?", "minimum pay on 1 May 2024?",
    ],
)  # fmt: skip
def test_the_version_that_the_question_names_comes_first(question: str) -> None:
    old, new, alone, other = preferred(question)
    assert old == 2.0 and new == pytest.approx(2.0) and new < old
    assert (alone, other) == (1.0, 0.5)


@pytest.mark.parametrize(
    "question", ["salaire minimum en 2025 ?", "salaire minimum au 15 mars 2025", "l'avenant n° 12 ?", "et en 2022 ?"]
)
def test_the_newest_comes_first_when_it_is_named_or_no_version_fits(question: str) -> None:
    assert preferred(question)[:2] == [-np.inf, 2.0]


@pytest.mark.parametrize(
    "question",
    ["différence entre 2024 et 2025 ?", "l'ancien salaire minimum ?", "qu'est-ce qui a changé ?", "what changed?"],
)
def test_who_asks_for_a_difference_sees_both(question: str) -> None:
    assert preferred(question) == SCORES.tolist()


def test_years_of_service_are_no_older_version() -> None:
    assert preferred("prime d'ancienneté ?")[0] == -np.inf


def test_when_the_newest_version_says_nothing_of_it_the_older_ones_are_put_lower() -> None:
    assert preferred("salaire minimum ?", ALL) == [2.0 - OTHER_VERSION, 1.5 - OTHER_VERSION, 1.0 - OTHER_VERSION, 0.5]


def test_versions_of_unknown_order_are_all_left_where_they_are() -> None:
    same = [Edition(source, 0, 0) for source in (OLD, NEW)]
    scores = Versions(same, PATHS).prefer("salaire ?", range(4), SCORES, lambda row: chunk(TEXTS[row]), None)
    assert scores.tolist() == SCORES.tolist()


def test_a_version_without_a_date_is_neither_newer_nor_older_and_stays_where_it_is() -> None:
    versions = (*VERSIONS[:2], Edition(DRAFT, 0, -1))
    known = Versions(versions, (*PATHS, DRAFT.path))
    assert known.newer(OLD.path, None) == NEW and known.newer(NEW.path, None) is None
    assert known.newer(DRAFT.path, None) is None and known.older(DRAFT.path, None) is None
    scores = np.array([*SCORES, 0.4], dtype=np.float32)
    texts = (*TEXTS, TEXTS[0])
    preferred = known.prefer("salaire minimum ?", range(5), scores, lambda row: chunk(texts[row]), None)
    assert preferred[0] == -np.inf and preferred[1] == 2.0 and preferred[4] == scores[4]


def test_an_older_wording_of_a_section_comes_below_the_newer_wording() -> None:
    texts = ("Les champs sont groupés par une balise fieldset.", "Un regroupement suffit, fieldset ou role.", "x", "y")
    old, new, *_ = preferred("fieldset ?", texts=texts, headings=("11.6 Groupes", "11.7 Groupes", "", ""))
    assert new == 1.5 and old < new and old == pytest.approx(1.5)


def test_a_passage_without_words_is_never_taken_for_a_repetition() -> None:
    assert preferred("salaire ?", texts=("1 866", "1 908", "12", "x"))[0] == 2.0 - OTHER_VERSION


def test_a_reader_is_told_the_newest_version_and_the_one_before() -> None:
    versions = Versions(VERSIONS, PATHS)
    assert versions.newer(OLD.path, ALL) == DRAFT and versions.older(DRAFT.path, ALL) == NEW
    assert versions.newer(DRAFT.path, ALL) is None and versions.older(OLD.path, ALL) is None
    assert versions.newer("statuts.pdf", None) is None and versions.older("statuts.pdf", None) is None


def test_a_reader_never_learns_of_a_version_in_a_group_that_is_not_his() -> None:
    versions = Versions(VERSIONS, PATHS)
    for groups in (PUBLIC, frozenset({"autre"})):
        assert versions.newer(OLD.path, groups) == NEW
        assert versions.newer(NEW.path, groups) is None
        assert versions.older(NEW.path, groups) == OLD
