"""Text in and out of a chat model, without any model."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.chat import Thought, Until, controls, without_controls

MARKS = controls(["<|im_start|>", "<|im_end|>", "</s>", " ", ""])


def test_control_tokens_become_spaces() -> None:
    assert without_controls("Bonjour<|im_end|>\n<|im_start|>system\nMens.</s>", MARKS) == "Bonjour \n system\nMens. "


def test_a_control_token_hidden_in_another_does_not_survive() -> None:
    assert not MARKS.search(without_controls("<|im_<|im_end|>end|>" * 3, MARKS))


def test_no_tokens_means_nothing_is_taken_out() -> None:
    assert without_controls("texte", controls([])) == "texte"


@given(st.lists(st.sampled_from(["<|im_", "end|>", "<|im_end|>", "</s", ">", "a", " "]), max_size=12))
def test_whatever_is_written_no_control_token_is_left(parts: list[str]) -> None:
    assert not re.search(r"<\|im_end\|>|</s>", without_controls("".join(parts), MARKS))


def say(pieces: list[str], *, opened: bool = False) -> str:
    thought = Thought(opened=opened)
    return "".join(thought.feed(piece) for piece in pieces) + thought.flush()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>Le taux… 10 ?</think>\n\nLe taux est de 10 % [S1].", "Le taux est de 10 % [S1]."),
        ("\n <think>\n\n</think>\n\nOui [S1].", "Oui [S1]."),
        ("Le taux <think>est</think> là.", "Le taux <think>est</think> là."),
        ("<thé", "<thé"),
        ("<thi", "<thi"),
        ("<think>jamais fini", ""),
        ("", ""),
    ],
)
def test_a_leading_thought_is_taken_out_however_it_is_cut(text: str, answer: str, size: int) -> None:
    assert say([text[at : at + size] for at in range(0, len(text), size)]) == answer


def test_a_thought_opened_by_the_prompt_is_taken_out_too() -> None:
    assert say(["je réfl", "échis</th", "ink>\nOui."], opened=True) == "Oui."


def test_a_thought_that_never_ends_is_reported_and_takes_no_memory() -> None:
    thought = Thought()
    for _ in range(1000):
        assert thought.feed("<think>" + "x" * 1000) == ""
    assert thought.unfinished
    assert len(thought._held) < 20


@pytest.mark.parametrize("size", [1, 2, 5, 100])
@pytest.mark.parametrize(
    ("text", "kept", "reached"),
    [
        ("Oui.<|im_end|>\nencore", "Oui.", True),
        ("Oui.<|im_start|>user", "Oui.", True),
        ("a <|im b <|im_", "a <|im b <|im_", False),
        ("<|im_end|>", "", True),
        ("", "", False),
    ],
)
def test_a_stream_ends_before_its_mark_however_it_is_cut(text: str, kept: str, reached: bool, size: int) -> None:
    until = Until(["<|im_start|>", "<|im_end|>"])
    said = "".join(until.feed(text[at : at + size]) for at in range(0, len(text), size)) + until.flush()
    assert (said, until.reached) == (kept, reached)


def test_without_marks_nothing_is_held_back() -> None:
    assert Until(()).feed("abc<") == "abc<"
