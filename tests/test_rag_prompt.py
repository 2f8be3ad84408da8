"""The prompt: evidence is labelled data, and it always leaves room for the answer."""

import math
import random
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.generator import LlamaGenerator
from rag.ports import Generator
from rag.prompt import ABSTAIN, INSTRUCTIONS, _longest, fit, label, messages
from rag.select import Evidence
from tests.fakes import ScriptedGenerator, page_ref, sentence
from tests.tiny_gguf import babbler

WORDS = st.integers(1, 40).map(lambda count: " ".join(["mot"] * count))
EVIDENCE = st.lists(
    st.builds(
        lambda text, worth, number: Evidence(sentence(text, page_ref(number=number)), worth, 0),
        WORDS,
        st.floats(0, 2.5),
        st.integers(1, 3),
    ),
    max_size=12,
)


def evidence(*worths: float) -> list[Evidence]:
    return [Evidence(sentence(f"Phrase {place}"), worth, 0) for place, worth in enumerate(worths)]


@settings(deadline=None)
@given(EVIDENCE, st.integers(1, 500), st.integers(1, 200), WORDS, st.integers(1, 200))
def test_the_prompt_never_exceeds_the_budget(
    items: list[Evidence], context: int, answer_tokens: int, question: str, evidence_tokens: int
) -> None:
    generator = ScriptedGenerator("", context_tokens=context)
    chosen = fit(question, items, generator, answer_tokens, evidence_tokens)
    if chosen:
        length, bare = (generator.count_tokens(messages(question, some)) for some in (chosen, ()))
        assert length + answer_tokens <= context
        assert len(chosen) == 1 or length <= bare + evidence_tokens


@settings(deadline=None)
@given(EVIDENCE, st.integers(100, 500))
def test_what_is_left_out_is_worth_no_more_than_what_is_kept(items: list[Evidence], context: int) -> None:
    chosen = fit("question", items, ScriptedGenerator("", context_tokens=context), 50, 150)
    kept = {id(item) for item in chosen}
    left = [item.worth for item in items if id(item) not in kept]
    assert max(left, default=0.0) <= min((item.worth for item in chosen), default=2.5)
    places = [next(place for place, item in enumerate(items) if item is one) for one in chosen]
    assert places == sorted(places)


def test_everything_is_kept_when_there_is_room() -> None:
    items = evidence(0.1, 2.0, 1.0)
    assert fit("question", items, ScriptedGenerator(""), 400, 600) == tuple(items)


def test_the_most_worthy_evidence_is_kept_in_reading_order() -> None:
    items = evidence(1.0, 0.1, 2.0)
    generator = ScriptedGenerator("")
    generator.context_tokens = generator.count_tokens(messages("question", [items[0], items[2]])) + 10
    assert fit("question", items, generator, 10, 600) == (items[0], items[2])


def test_the_budget_keeps_the_best_and_a_sentence_longer_than_all_of_it() -> None:
    items = evidence(1.0, 2.0, 1.5)
    assert fit("question", items, ScriptedGenerator(""), 10, 14) == (items[1], items[2])
    assert fit("question", items, ScriptedGenerator(""), 10, 1) == (items[1],)


@pytest.mark.parametrize("context", [1, 50, 100])
def test_a_context_too_small_for_any_evidence_keeps_none(context: int) -> None:
    assert fit("question", evidence(1.0), ScriptedGenerator("", context_tokens=context), 10, 600) == ()


def test_evidence_is_labelled_by_document_and_page() -> None:
    first, second = page_ref("a.pdf", 1, "Statuts"), page_ref("a.pdf", 2, "Statuts")
    items = [
        Evidence(sentence("Une.", first), 1, 0),
        Evidence(sentence("Deux\n sur deux lignes.", first), 1, 0),
        Evidence(sentence("Trois.", second), 1, 1),
    ]
    system, user = messages("  Combien\n de membres ? ", items)
    assert (system.role, system.text, user.role) == ("system", INSTRUCTIONS, "user")
    assert user.text == (
        "Extraits :\n<<<\n"
        "Document « Statuts », page 1 :\n[S1] Une.\n[S2] Deux sur deux lignes.\n"
        "Document « Statuts », page 2 :\n[S3] Trois.\n"
        ">>>\n\nQuestion : Combien de membres ?"
    )


def test_the_instructions_name_the_labels_and_how_to_abstain() -> None:
    assert f"[{label(1)}]" in INSTRUCTIONS
    assert ABSTAIN in INSTRUCTIONS


def test_one_token_too_many_leaves_the_last_sentence_out() -> None:
    items = evidence(2.0, 1.0)
    generator = ScriptedGenerator("")
    exact = generator.count_tokens(messages("question", items)) + 10
    generator.context_tokens = exact
    assert fit("question", items, generator, 10, 600) == tuple(items)
    generator.context_tokens = exact - 1
    assert fit("question", items, generator, 10, 600) == (items[0],)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> LlamaGenerator:
    file = babbler(tmp_path_factory.mktemp("weights") / "bavard.gguf", context=2048)
    return LlamaGenerator(file, name="bavard", context=2048, threads=1)


@given(
    st.lists(st.builds(Evidence, st.text(max_size=300).map(sentence), st.floats(0, 2.5), st.just(0)), max_size=25),
    st.text(max_size=200),
    st.integers(1, 1500),
)
@settings(max_examples=60, deadline=None)
def test_a_prompt_never_overflows_a_real_model_s_context(
    real: LlamaGenerator, items: list[Evidence], question: str, answer_tokens: int
) -> None:
    chosen = fit(question, items, cast(Generator, real), answer_tokens, 10_000)
    if chosen:
        assert real.count_tokens(messages(question, chosen)) + answer_tokens <= real.context_tokens
        real.stream(messages(question, chosen), max_tokens=answer_tokens)  # would raise ContextOverflow


def test_few_counts_find_how_many_sentences_fit() -> None:
    """Each count is a question to the model's process, which on a busy machine waits longer than it works."""
    rng = random.Random(3)
    for _ in range(500):
        lengths = [rng.choice((5, 20, 60, 300)) for _ in range(rng.randrange(0, 25))]
        asked: list[int] = []

        def length(count: int, lengths: list[int] = lengths, asked: list[int] = asked) -> int:
            asked.append(count)
            return 200 + sum(lengths[:count])

        limit = rng.randrange(150, 900)
        fits = [count for count in range(len(lengths) + 1) if 200 + sum(lengths[:count]) <= limit]
        assert _longest(length, limit, 200, len(lengths)) == max(fits, default=0)
        assert len(asked) <= 1 + 2 * math.ceil(math.log2(max(2, len(lengths))))
