"""A question from end to end over a real small store, with models that can be reasoned about."""

from __future__ import annotations

from collections.abc import Generator as PythonGenerator
from pathlib import Path
from typing import cast

import pytest

from rag.assistant import Assistant
from rag.errors import ContextOverflow, NoStore, QuestionError
from rag.ports import Health
from rag.settings import Settings
from rag.store import LiveStore
from rag.types import Answer, Event, Finished, Retrieved, Token, Turn
from tests.fakes import Contradicting, ScriptedGenerator, WordEmbedder, make_store

DOCUMENTS = {
    "statuts.pdf": [
        "Montant des cotisations dues\nLa cotisation annuelle est de 120 euros.\nElle est due avant le 31 janvier.",
        "Le quorum est du quart des membres.",
    ],
    "bureau/notes.pdf": ["La cotisation annuelle du trésorier est oubliée."],
}
QUESTION = "Quel est le montant de la cotisation annuelle ?"
COTISATION = "La cotisation annuelle est de 120 euros."
NOWHERE = "xylophone baroque polyphonique"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assistant")
    make_store(folder, DOCUMENTS)
    return folder


def assistant_of(store: Path, generator: ScriptedGenerator | None = None) -> Assistant:
    return Assistant(LiveStore(store, "words"), WordEmbedder(), Settings(), generator)


def label_of(store: Path, text: str) -> str:
    """Return the label that the prompt gives to the sentence `text`."""
    spy = ScriptedGenerator("rien")
    assistant_of(store, spy).answer(QUESTION)
    (line,) = [line for line in spy.prompts[0][1].text.splitlines() if line.endswith(f"] {text}")]
    return line.split(" ")[0]


def written(store: Path, text: str) -> tuple[Answer, ScriptedGenerator]:
    """Return the answer when the model says `text`, where {C} stands for the label of the fee's sentence."""
    generator = ScriptedGenerator(text.replace("{C}", label_of(store, COTISATION)))
    return assistant_of(store, generator).answer(QUESTION), generator


def test_extracts_are_sentences_of_the_documents_with_their_proof(store: Path) -> None:
    answer = assistant_of(store).answer(QUESTION)
    assert (answer.status, answer.model, answer.generation, answer.refusal) == ("answered", "extracts", "gen-1", "")
    assert answer.text.startswith(f"{COTISATION} [1]")
    for claim, citation in zip(answer.claims, answer.citations, strict=True):
        assert claim.text == citation.sentence.text and claim.citations == (citation.number,)
        assert claim.verdict == "supported"
    first = answer.citations[0]
    assert (first.number, first.sentence.page.source.path, first.sentence.page.number) == (1, "statuts.pdf", 1)
    assert first.sentence.boxes == ((50.0, 50.0, 300.0, 62.0),)


def test_extracts_answer_without_tokens(store: Path) -> None:
    events = list(assistant_of(store).ask(QUESTION))
    assert [type(event) for event in events] == [Retrieved, Finished]
    assert assistant_of(store).answer(QUESTION).timings.first_token is None


def test_a_question_that_no_document_answers_is_refused(store: Path) -> None:
    answer = assistant_of(store).answer(NOWHERE)
    assert (answer.status, answer.refusal) == ("refused", "no_evidence")
    assert answer.text == "Les documents ne répondent pas à cette question."
    assert (answer.claims, answer.citations) == ((), ())
    assert answer.passages != ()


def test_a_refusal_speaks_the_reader_s_language(store: Path) -> None:
    assert assistant_of(store).answer(NOWHERE, language="en").text == "The documents do not answer this question."


def test_the_model_is_not_asked_when_the_gate_is_shut(store: Path) -> None:
    generator = ScriptedGenerator("La cotisation est de 120 euros [S1].")
    assert assistant_of(store, generator).answer(NOWHERE).refusal == "no_evidence"
    assert generator.prompts == []


def test_a_written_answer_cites_the_sentence_its_label_names(store: Path) -> None:
    answer, generator = written(store, "Elle est de 120 euros {C}.")
    assert (answer.status, answer.model) == ("answered", "scripted")
    assert answer.text == "Elle est de 120 euros. [1]"
    assert [claim.verdict for claim in answer.claims] == ["supported"]
    assert [citation.sentence.text for citation in answer.citations] == [COTISATION]
    assert answer.timings.first_token is not None
    assert answer.timings.retrieve <= answer.timings.first_token <= answer.timings.total
    assert generator.limits == [Settings().answer_tokens]


def test_tokens_show_the_reader_s_numbers_and_end_in_the_checked_answer(store: Path) -> None:
    generator = ScriptedGenerator(f"Elle est de 120 euros {label_of(store, COTISATION)}.", size=3)
    events = list(assistant_of(store, generator).ask(QUESTION))
    assert isinstance(events[0], Retrieved) and isinstance(events[-1], Finished)
    assert "".join(event.text for event in events if isinstance(event, Token)) == "Elle est de 120 euros [1]."


def test_an_invented_number_is_struck_out_and_the_rest_stays(store: Path) -> None:
    answer, _ = written(store, "Elle est de 120 euros {C}. Elle sera de 990 euros {C}.")
    assert answer.text == "Elle est de 120 euros. [1]"
    assert [(claim.verdict, claim.reason) for claim in answer.claims] == [
        ("supported", ""),
        ("unsupported", "« 990 euros » : le passage cité dit « 120 euros »"),
    ]


def test_an_entailer_strikes_out_what_the_rules_let_through_and_is_asked_about_nothing_else(store: Path) -> None:
    said = "Elle est de 120 euros {C}. La cotisation annuelle est de 120 euros {C}. Elle sera de 990 euros {C}."
    generator = ScriptedGenerator(said.replace("{C}", label_of(store, COTISATION)))
    entailer = Contradicting("annuelle")
    live = LiveStore(store, "words")
    answer = Assistant(live, WordEmbedder(), Settings(), generator, entailer=entailer).answer(QUESTION)
    assert [(claim.verdict, claim.reason) for claim in answer.claims] == [
        ("supported", ""),
        ("unsupported", "le passage cité dit autre chose"),
        ("unsupported", "« 990 euros » : le passage cité dit « 120 euros »"),
    ]
    assert entailer.asked == [(COTISATION, "Elle est de 120 euros."), (COTISATION, COTISATION)]


def test_an_answer_with_nothing_but_invented_numbers_is_refused(store: Path) -> None:
    answer, _ = written(store, "Elle sera de 990 euros {C}.")
    assert (answer.status, answer.refusal, answer.citations) == ("refused", "nothing_supported", ())
    assert [(claim.text, claim.citations, claim.verdict) for claim in answer.claims] == [
        ("Elle sera de 990 euros.", (), "unsupported")
    ]


@pytest.mark.parametrize("label", ["", "[S99]", "[S0]", "[2]"])
def test_a_true_sentence_whose_label_is_missing_or_invented_is_traced_to_its_evidence(store: Path, label: str) -> None:
    answer, _ = written(store, f"La cotisation annuelle est de 120 euros {label}. Elle est de 120 euros {{C}}.")
    assert [(claim.citations, claim.verdict) for claim in answer.claims] == [((1,), "supported"), ((1,), "supported")]
    assert [citation.sentence.text for citation in answer.citations] == [COTISATION]


@pytest.mark.parametrize("text", ["La cotisation annuelle est de 990 euros.", "La cotisation annuelle n'est pas due."])
def test_a_false_sentence_without_a_label_finds_no_evidence(store: Path, text: str) -> None:
    answer, _ = written(store, text)
    assert (answer.status, answer.refusal, answer.claims[0].reason) == (
        "refused", "nothing_supported", "aucun passage cité",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["Elle est de 120 euros.", "Elle est de 120 euros [S99].", "Elle est de 120 [S0]."])
def test_an_answer_without_a_real_citation_is_refused(store: Path, text: str) -> None:
    answer, _ = written(store, text)
    assert (answer.status, answer.refusal) == ("refused", "nothing_supported")
    assert answer.text == "Les documents ne répondent pas à cette question."
    assert answer.claims[0].reason == "aucun passage cité"


@pytest.mark.parametrize("text", ["AUCUNE RÉPONSE", "Aucune réponse.", "aucune reponse", "", "   ", "[S1]"])
def test_a_model_that_abstains_is_believed(store: Path, text: str) -> None:
    answer, _ = written(store, text)
    assert (answer.status, answer.refusal, answer.claims) == ("refused", "model_abstained", ())


def test_a_model_cut_at_its_limit_says_so(store: Path) -> None:
    text = f"Elle est de 120 euros {label_of(store, COTISATION)}. Elle est"
    answer = assistant_of(store, ScriptedGenerator(text, finish="length")).answer(QUESTION)
    assert answer.truncated
    assert answer.text == "Elle est de 120 euros. [1]"
    whole, _ = written(store, "Elle est de 120 euros {C}.")
    assert not whole.truncated


def test_a_context_with_no_room_for_evidence_is_said_and_not_taken_for_a_silence_of_the_documents(store: Path) -> None:
    generator = ScriptedGenerator("Elle est de 120 euros [S1].", context_tokens=450)
    with pytest.raises(ContextOverflow, match="dans les 450 unités du modèle, dont 400 pour la réponse"):
        assistant_of(store, generator).answer(QUESTION)
    assert generator.prompts == []


def test_closing_the_iterator_stops_the_model(store: Path) -> None:
    generator = ScriptedGenerator("Une longue réponse " * 50)
    live = LiveStore(store, "words")
    events = cast(
        PythonGenerator[Event, None, None],
        Assistant(live, WordEmbedder(), Settings(), generator).ask(QUESTION),
    )
    next(events)
    assert isinstance(next(events), Token)
    assert generator.closed == 0
    events.close()
    assert generator.closed == 1
    assert list(live._readers.values()) == [0]


@pytest.mark.parametrize("question", ["", "   ", "\n\t"])
def test_an_empty_question_is_said_in_french(store: Path, question: str) -> None:
    assistant = assistant_of(store)
    with pytest.raises(QuestionError, match=r"^La question est vide : écrivez-la puis envoyez\.$"):
        assistant.answer(question)
    with pytest.raises(QuestionError):
        assistant.search(question, 3)


def test_a_question_of_20_000_characters_is_said_in_french(store: Path) -> None:
    with pytest.raises(
        QuestionError, match=r"^La question compte 20000 caractères, le maximum est 2000 : raccourcissez-la\.$"
    ):
        assistant_of(store).answer("x" * 20_000)


def test_the_longest_question_allowed_is_taken_and_white_space_does_not_count(store: Path) -> None:
    assert assistant_of(store).answer("x" * 2000 + " " * 500).status == "refused"


def test_a_question_is_searched_with_the_apostrophe_that_it_lost(store: Path) -> None:
    answer = assistant_of(store).answer("montant cotisation lannuelle")
    assert answer.question == "montant cotisation lannuelle"
    assert answer.standalone == "montant cotisation l'annuelle"
    assert COTISATION in answer.text


@pytest.mark.parametrize(
    "question", ["Quel est le montant de la cotisation chez Mandrillon ?", "montant cotisation dabricotier"]
)
def test_how_a_question_is_understood_tells_nothing_of_closed_documents(tmp_path: Path, question: str) -> None:
    def told(closed: str, *groups: str) -> tuple[object, ...]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        make_store(folder, {**DOCUMENTS, "bureau/canari.pdf": [closed]})
        answer = assistant_of(folder).answer(question, groups=frozenset(groups))
        return answer.status, answer.text, answer.standalone, answer.missing

    canary = "La cotisation chez Mandrillon est celle d'un abricotier."
    assert told(canary) == told("Rien de tout cela ne s'y trouve.")
    assert told(canary, "bureau") != told(canary)


def test_a_follow_up_is_searched_with_the_question_before(store: Path) -> None:
    history = [Turn("user", QUESTION), Turn("assistant", "120 euros.")]
    answer = assistant_of(store).answer("Et elle est due quand ?", history=history)
    assert answer.question == "Et elle est due quand ?"
    assert answer.standalone == f"Et elle est due quand ? ({QUESTION})"
    assert "Elle est due avant le 31 janvier." in answer.text


def test_forty_turns_keep_their_thread_and_never_outgrow_the_context(store: Path) -> None:
    text = f"Elle est due avant le 31 janvier {label_of(store, 'Elle est due avant le 31 janvier.')}."
    generator = ScriptedGenerator(text, context_tokens=700)
    assistant = assistant_of(store, generator)
    history: list[Turn] = []
    for turn in range(40):
        question = QUESTION if turn % 10 == 0 else "Et elle est due quand ?"
        answer = assistant.answer(question, history=history)
        assert answer.status == "answered" and QUESTION in answer.standalone
        history += [Turn("user", question), Turn("assistant", answer.text)]
    lengths = [generator.count_tokens(prompt) for prompt in generator.prompts]
    assert max(lengths) + generator.limits[0] <= 700
    assert max(lengths[20:]) == max(lengths[:20])  # a conversation costs no more as it grows


def test_half_a_character_in_the_conversation_harms_nobody(store: Path) -> None:
    answer = assistant_of(store).answer("Et elle est due quand ?", history=[Turn("user", QUESTION + " \ud83d")])
    assert answer.standalone == f"Et elle est due quand ? ({QUESTION} ?)"
    assert answer.standalone.encode()


def test_a_member_never_gets_another_group_s_text(store: Path) -> None:
    question = "La cotisation annuelle est de combien, oubliée ?"
    everything = assistant_of(store).answer(question)
    assert "oubliée" in everything.text
    generator = ScriptedGenerator("rien [S1]")
    for assistant in (assistant_of(store), assistant_of(store, generator)):
        seen = assistant.answer(question, groups=frozenset({"public"}))
        assert "oubliée" not in repr(seen).replace(question, "")
        assert {p.chunk.page.source.path for p in seen.passages} == {"statuts.pdf"}
    prompt = generator.prompts[0][1].text.replace(question, "")
    assert "trésorier" not in prompt and "oubliée" not in prompt


def test_search_tells_the_generation_and_the_time(store: Path) -> None:
    generation, passages, timings = assistant_of(store).search(QUESTION, 1)
    assert (generation, len(passages)) == ("gen-1", 1)
    assert timings.total == timings.retrieve >= 0


def test_an_answer_names_the_generation_it_began_with(store: Path, tmp_path: Path) -> None:
    make_store(tmp_path, DOCUMENTS)
    assistant = assistant_of(tmp_path, ScriptedGenerator("Elle est de 120 euros [S1]."))
    events = assistant.ask(QUESTION)
    next(events)
    make_store(tmp_path, {}, "gen-2")
    *_, last = events
    assert isinstance(last, Finished) and last.answer.generation == "gen-1"
    assert assistant.generation == "gen-2"
    assert assistant.answer(QUESTION).refusal == "no_evidence"
    assistant.close()


class Closing(ScriptedGenerator):
    """A model whose process ends when it is closed."""

    gone = False

    def close(self) -> None:
        self.gone = True


def test_closing_an_assistant_ends_its_model(store: Path) -> None:
    generator = Closing("Oui.")
    assistant_of(store, generator).close()
    assert generator.gone


class Absent(ScriptedGenerator):
    """No model was ever put there."""

    def health(self) -> Health:
        return Health("absent", 0.0)


def test_without_any_model_extracts_answer_and_nothing_is_wrong(store: Path) -> None:
    assistant = assistant_of(store, Absent("Jamais dit."))
    assert (assistant.model, assistant.health()) == ("extracts", None)
    assert assistant.answer(QUESTION).model == "extracts"


def test_without_a_store_the_assistant_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoStore, match="make ingest"):
        assistant_of(tmp_path / "store").answer(QUESTION)


def test_pages_and_examples_come_from_the_live_generation(store: Path) -> None:
    assistant = assistant_of(store)
    page = assistant.page("statuts.pdf", 2)
    assert page is not None and (page.number, page.label) == (2, "2")
    assert assistant.page("statuts.pdf", 9) is None
    assert assistant.page("../statuts.pdf", 1) is None
    assert len(assistant.examples()) == 1


def test_pages_of_a_group_are_shown_to_its_members_alone(store: Path) -> None:
    assistant = assistant_of(store)
    path = next(path for path in DOCUMENTS if "/" in path)
    group = path.split("/")[0]
    assert assistant.page(path, 1) is not None and assistant.page(path, 1, frozenset({group})) is not None
    assert assistant.page(path, 1, frozenset({"autre"})) is None
    assert assistant.page("statuts.pdf", 2, frozenset()) is not None


SCALE = "Le salaire minimum mensuel du coefficient 185 est de {} euros pour trente-cinq heures de travail."
YEARS = {"grille-2024.pdf": [SCALE.format(1866)], "grille-2025.pdf": [SCALE.format(1908)]}


@pytest.mark.parametrize(
    ("question", "cited", "newer", "older"),
    [
        ("salaire minimum du coefficient 185", "grille-2025.pdf", None, "grille-2024.pdf"),
        ("salaire minimum du coefficient 185 en 2024", "grille-2024.pdf", "grille-2025.pdf", None),
    ],
)
def test_the_version_asked_for_answers_and_the_other_is_named(
    tmp_path: Path, question: str, cited: str, newer: str | None, older: str | None
) -> None:
    make_store(tmp_path, YEARS)
    citation = assistant_of(tmp_path).answer(question).citations[0]
    assert citation.sentence.page.source.path == cited
    assert (citation.newer.path if citation.newer else None) == newer
    assert (citation.older.path if citation.older else None) == older


def test_a_version_in_a_group_that_is_not_the_reader_s_is_neither_preferred_nor_named(tmp_path: Path) -> None:
    make_store(
        tmp_path, {"grille-2024.pdf": YEARS["grille-2024.pdf"], "bureau/grille-2025.pdf": YEARS["grille-2025.pdf"]}
    )
    question = "salaire minimum du coefficient 185"
    public = assistant_of(tmp_path).answer(question, groups=frozenset())
    assert [c.sentence.page.source.path for c in public.citations] == ["grille-2024.pdf"]
    assert public.citations[0].newer is None
    board = assistant_of(tmp_path).answer(question, groups=frozenset({"bureau"}))
    assert [c.sentence.page.source.path for c in board.citations] == ["bureau/grille-2025.pdf"]
