"""Approved answers: given to their own question alone, with a quote that the page still carries, to who may read it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rag.approved import proof_of, quoted, read, wording
from rag.asked import APPROVED
from rag.assistant import Assistant
from rag.scope import Scope
from rag.settings import Settings
from rag.store import LiveStore
from rag.types import Answer, Approved, Finished, Retrieved, Turn
from tests.fakes import ScriptedGenerator, WordEmbedder, make_store
from tests.wordings import DIFF, SAME

DOCUMENTS = {
    "statuts.pdf": [
        "Montant des cotisations dues\nLa cotisation annuelle est de 120 euros.\nElle est due avant le 31 janvier."
    ],
    "bureau/notes.pdf": ["La cotisation annuelle du trésorier est oubliée."],
}
QUESTION = "Quel est le montant de la cotisation annuelle en 2025 ?"
TEXT = "La cotisation est de 120 €, à payer avant fin janvier."
QUOTE = "La cotisation annuelle est de 120 euros. Elle est due avant le 31 janvier."


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("approved")
    make_store(folder, DOCUMENTS)
    return folder


def approval(store: Path, path: str = "statuts.pdf", quote: str = QUOTE) -> Approved:
    with LiveStore(store, "words").pin() as generation:
        page = generation.documents.page(path, 1)
    assert page is not None
    return Approved((QUESTION, "Combien coûte l'adhésion ?"), TEXT, path, 1, quote, page.source.sha256)


def asked(store: Path, question: str, approved: Approved, **options: object) -> tuple[Answer, ScriptedGenerator]:
    generator = ScriptedGenerator("rien")
    assistant = Assistant(
        LiveStore(store, "words"), WordEmbedder(), Settings(), generator, approved=lambda: [approved]
    )  # fmt: skip
    return assistant.answer(question, **options), generator  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "question", [QUESTION, "montant de la cotisation annuelle en 2025", "Combien coute l'adhesion"]
)
def test_its_question_gets_the_approved_answer_and_no_model_is_asked(store: Path, question: str) -> None:
    answer, generator = asked(store, question, approval(store))
    assert (answer.status, answer.model, answer.text) == ("answered", APPROVED, f"{TEXT} [1] [2]")
    assert [citation.sentence.text for citation in answer.citations] == [
        "La cotisation annuelle est de 120 euros.", "Elle est due avant le 31 janvier.",
    ]  # fmt: skip
    assert answer.citations[0].sentence.boxes and generator.prompts == []


@pytest.mark.parametrize(
    "question",
    [
        "Quel est le montant de la cotisation annuelle en 2024 ?", "Quel est le montant de la cotisation annuelle ?",
        "Quel n'est pas le montant de la cotisation annuelle en 2025 ?",
        "Quel est le montant de la cotisation mensuelle en 2025 ?", "Quand est due la cotisation annuelle en 2025 ?",
    ],
)  # fmt: skip
def test_a_question_that_differs_by_a_word_is_searched(store: Path, question: str) -> None:
    assert asked(store, question, approval(store))[0].model != APPROVED


def test_it_is_not_given_to_who_may_not_read_its_source(store: Path) -> None:
    secret = approval(store, "bureau/notes.pdf", "La cotisation annuelle du trésorier est oubliée.")
    assert asked(store, QUESTION, secret, groups=frozenset({"bureau"}))[0].model == APPROVED
    answer, _ = asked(store, QUESTION, secret, groups=frozenset({"public"}))
    assert answer.model != APPROVED and TEXT not in answer.text


def test_it_is_not_given_once_its_source_changed_or_went(store: Path) -> None:
    known = approval(store)
    for gone in (
        replace(known, sha256="0" * 64), replace(known, page=9), replace(known, path="parti.pdf"),
        replace(known, quote="La cotisation annuelle est de 130 euros."),
    ):  # fmt: skip
        assert asked(store, QUESTION, gone)[0].model != APPROVED


def test_a_scope_or_a_follow_up_goes_past_it(store: Path) -> None:
    assert asked(store, QUESTION, approval(store), scope=Scope("statuts.pdf"))[0].model != APPROVED
    history = (Turn("user", "Parlons du quorum."), Turn("assistant", "Le quorum est du quart."))
    assert asked(store, "Et pour l'adhésion ?", approval(store), history=history)[0].model != APPROVED


def test_events_are_those_of_any_answer(store: Path) -> None:
    known = approval(store)
    assistant = Assistant(LiveStore(store, "words"), WordEmbedder(), Settings(), approved=lambda: [known])
    assert [type(event) for event in assistant.ask(QUESTION)] == [Retrieved, Finished]


def test_a_quote_is_found_word_for_word_whatever_its_spaces(store: Path) -> None:
    with LiveStore(store, "words").pin() as generation:
        page, sentences = read(generation.documents, "statuts.pdf", 1)
        assert quoted(page, sentences, "COTISATION  annuelle\nest de 120") == sentences[-2:-1]
        assert quoted(page, sentences, "est de 130 euros.") == () == quoted(page, sentences, "120 euros")
        assert quoted(page, sentences, ".*" * 9) == () == quoted(None, (), QUOTE)
        assert read(generation.documents, "statuts.pdf", 7) == (None, ())
        assert proof_of(approval(store), generation.documents, frozenset()) != ()


def test_no_pair_of_different_questions_is_taken_for_one_and_some_paraphrases_are() -> None:
    assert [pair for pair in DIFF if wording(pair[0]) == wording(pair[1])] == []
    assert sum(wording(one) == wording(other) for one, other in SAME) >= 5
    assert wording("???") == ()
