"""The same question on the same index is not written twice, and never shown to whom it does not belong."""

from __future__ import annotations

from dataclasses import replace

from rag.answer_cache import AnswerCache, AnswerKey
from rag.types import Answer, Timings

KEY = AnswerKey("Quel taux ?", "gen-1", "m", frozenset({"bureau"}), "fr")


def answer(text: str) -> Answer:
    return Answer("q", "q", "answered", text, (), (), (), "gen-1", "m", Timings(1.0, 2.0))


def test_an_answer_is_found_by_all_that_it_depends_on() -> None:
    cache = AnswerCache(10)
    cache.put(KEY, answer("5 %"))
    assert cache.get(replace(KEY)) == answer("5 %")
    for other in (
        replace(KEY, question="Quel taux"),
        replace(KEY, generation="gen-2"),
        replace(KEY, model="n"),
        replace(KEY, groups=frozenset()),
        replace(KEY, groups=None),
        replace(KEY, language="en"),
    ):
        assert cache.get(other) is None


def test_the_one_unused_for_longest_goes_first() -> None:
    cache = AnswerCache(2)
    one, two, three = (replace(KEY, question=text) for text in ("1", "2", "3"))
    cache.put(one, answer("1"))
    cache.put(two, answer("2"))
    cache.get(one)
    cache.put(three, answer("3"))
    assert [cache.get(key) is not None for key in (one, two, three)] == [True, False, True]


def test_an_answer_that_ends_on_the_old_index_leaves_those_of_the_new_one() -> None:
    cache = AnswerCache(10)
    new = replace(KEY, generation="gen-2")
    cache.put(new, answer("6 %"))
    cache.put(KEY, answer("5 %"))
    assert cache.get(new) == answer("6 %")


def test_size_zero_keeps_nothing() -> None:
    cache = AnswerCache(0)
    cache.put(KEY, answer("5 %"))
    assert cache.get(KEY) is None
