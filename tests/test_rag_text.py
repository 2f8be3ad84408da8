"""The French analyser: what a question and a page must agree on."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import text as rag_text
from rag.families import FAMILIES
from rag.text import STOP_WORDS, analyse, collapse, fold, index_terms, normalise, pieces


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("L’article L. 1234-5", ["articl", "l1234-5", "1234-5"]),
        ("jusqu'au 31 décembre", ["31", "decembr"]),
        ("d'assurance", ["assur"]),
        ("qu'elle aujourd'hui", ["aujourd", "hui"]),
        ("DTU 39 P5", ["dtu", "39", "p5"]),
        ("article 44.2", ["articl", "44.2"]),
        ("44,2", ["44.2"]),
        ("1 200,50 €", ["1200.50"]),
        ("C4 220 E10 155", ["c4", "220", "e10", "155"]),
        ("1\u202f200 ou 1\u00a0200", ["1200", "1200"]),
        ("2024 2025", ["2024", "2025"]),
        ("12 345 678 vitrages", ["12345678", "vitrag"]),
        ("R.4323-58", ["r4323-58", "4323-58"]),
        ("une main-d’œuvre", ["main", "oeuvr"]),
    ],
)
def test_the_analyser_gives_these_terms(text: str, terms: list[str]) -> None:
    assert analyse(text) == terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("durée de l'apprentissage", "DUREE DE L’APPRENTISSAGE"),
        ("les cotisations", "la cotisation"),
        ("l'œuvre", "l'oeuvre"),
        ("L. 1234-5", "L1234-5"),
        ("L 1234-5", "l. 1234-5"),
        ("1 200,50", "1200,50"),
        ("procès‑verbal", "proces-verbal"),
        ("e\u0301lu", "élu"),
    ],
)
def test_two_ways_to_write_the_same_meet(one: str, other: str) -> None:
    assert analyse(one) == analyse(other) != []


def test_what_is_typed_in_a_hurry_asks_for_the_same() -> None:
    assert analyse("bjr c koi le preavis svp") == analyse("c'est quoi le préavis ?")


def test_a_law_article_is_found_by_its_number_alone() -> None:
    assert set(analyse("1234-5")) < set(analyse("article L. 1234-5"))


def test_neighbouring_numbers_are_not_thousands() -> None:
    assert analyse("lots 12 et 2005") == ["lot", "12", "2005"]
    assert analyse("page 3 1200 exemplaires")[:3] == ["pag", "3", "1200"]


def test_negation_is_kept_because_it_carries_meaning() -> None:
    assert {"pas", "san", "non"} >= set(analyse("pas sans non")) != set()


@given(st.lists(st.sampled_from(sorted(STOP_WORDS)), min_size=1))
def test_stop_words_alone_leave_nothing(words: list[str]) -> None:
    assert analyse(" ; ".join(word for word in words if "-" not in word)) == []


@given(st.text())
def test_any_text_gives_terms_that_are_no_stop_words_and_have_no_spaces(text: str) -> None:
    for term in analyse(text):
        assert term and term == "".join(term.split())


@pytest.mark.parametrize("text", ["", "   ", "?!…", "de la et les", "€ % §"])
def test_nothing_to_search_for_gives_no_terms(text: str) -> None:
    assert analyse(text) == []


def test_folding_loses_accents_case_and_ligatures_only() -> None:
    assert fold("Œuvre À l’été — Ça") == "oeuvre a l'ete - ca"
    assert normalise("Été") == "été"


@given(st.text())
def test_collapsing_is_final(text: str) -> None:
    once = collapse(text)
    assert collapse(once) == once
    assert "  " not in once and "\n" not in once


def test_a_hyphen_that_does_not_break_lines_is_a_hyphen() -> None:
    assert analyse("est\u2011elle L. 1234\u20115") == analyse("est-elle L. 1234-5") == ["l1234-5", "1234-5"]


def test_pieces_are_four_characters_with_the_bounds_of_words() -> None:
    assert pieces("La prime") == ["~_pri", "~prim", "~rime", "~ime_"]
    assert pieces("n° 9") == ["~_9_"]
    assert pieces("de la") == []


@pytest.mark.parametrize(
    ("one", "other"), [("licenciement", "licencier"), ("profesionnel", "professionnel"), ("prudhommes", "prud'hommes")]
)
def test_words_of_one_family_or_misspelt_share_pieces(one: str, other: str) -> None:
    shared = set(pieces(one)) & set(pieces(other))
    assert len(shared) >= len(set(pieces(one))) / 2


def test_no_piece_can_be_taken_for_a_term() -> None:
    text = "Le prix de 44,2 euros (art. L. 1234-5) et son bail"
    assert not set(pieces(text)) & set(analyse(text))


def test_title_and_headings_count_twice() -> None:
    terms = index_terms("Statuts\nCotisation", "La cotisation est due.")
    assert [terms.count(term) for term in ("statut", "cotis", "du", "~_cot")] == [2, 3, 1, 3]


def test_members_who_ask_at_once_do_not_spoil_each_others_words() -> None:
    roots = ("travaill", "salari", "vitr", "indemn", "cotis", "fabric", "assur", "mainten", "rembours", "adher")
    endings = ("ements", "ations", "euses", "issants", "eraient", "ables", "iquement", "ateurs", "ites", "ances")
    words = " ".join(root + ending for root in roots for ending in endings)
    alone = analyse(words)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            for _ in range(3):
                rag_text._term.cache_clear()
                assert list(pool.map(analyse, [words] * 8)) == [alone] * 8
    finally:
        sys.setswitchinterval(before)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("adhérer", "l'adhésion"), ("élire", "les élections"), ("payé", "paiement"), ("exclu", "exclusion"),
        ("convoqués", "la convocation"), ("épais", "épaisseur"), ("chômeur", "chômage"),
    ],
)  # fmt: skip
def test_a_verb_and_its_noun_are_one_term(one: str, other: str) -> None:
    assert analyse(one) == analyse(other)


def test_no_word_is_of_two_families() -> None:
    words = [word for family in FAMILIES for word in family]
    assert len(words) == len(set(words)) and words == [fold(word) for word in words]
    heads = {analyse(family[0])[0] for family in FAMILIES}
    assert len(heads) == len(FAMILIES)
    assert analyse("employeur") != analyse("employé")


def test_how_one_asks_is_no_term() -> None:
    assert analyse("Je voudrais savoir comment on devient adhérent") == analyse("adhérent")
