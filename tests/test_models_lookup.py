"""Guessed tokens never change what is written, and save steps where an answer copies its evidence."""

import threading
from contextlib import closing
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, cast

import pytest

from models import lookup
from models.generator import LlamaGenerator
from models.lookup import SAME, Copied, drawn
from rag.ports import Message
from tests.tiny_gguf import babbler, parrot

SAID = "Le taux est de 5,5 % en œuvre [S1]. L'été, le taux réduit est de 10 % [S2] !"
AGAIN = (Message("user", "le taux est de dix, le taux est de cent, le taux est de mille. " * 4),)


def test_an_answer_that_copies_is_the_same_in_fewer_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = LlamaGenerator(parrot(tmp_path / "perroquet.gguf", SAID), name="perroquet", context=2048)
    llama, prompt = model._llama, model._tokens(model._prompt((Message("user", "Quel est le taux ?"),)))
    plain = list(takewhile(lambda token: not model._vocabulary.ends(token), llama.generate(prompt, temp=0.0)))
    assert len(plain) > 8
    count, decode = list[Any](), llama._ctx.decode

    def counted(batch: Any) -> None:
        count.append(batch)
        decode(batch)

    monkeypatch.setattr(llama._ctx, "decode", counted)
    guessing = drawn(llama, [*plain, *prompt], 3, temp=0.0)
    assert list(islice(guessing, len(plain))) == plain
    assert len(count) <= 1 + SAME + -(-(len(plain) - SAME) // 4)  # the prompt, the first tokens, then four at a time


@pytest.mark.parametrize("ahead", [1, 3, 10])
def test_without_chance_every_token_is_the_same_be_guesses_right_or_wrong(
    tmp_path: Path, ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = LlamaGenerator(babbler(tmp_path / "bavard.gguf"), name="bavard", context=2048)
    llama, prompt, asked, most = model._llama, model._tokens(model._prompt(AGAIN)), list[int](), 150
    real = lookup._evaluate

    def counted(llama: Any, batch: list[int]) -> None:
        asked.append(len(batch) - 1)
        real(llama, batch)

    monkeypatch.setattr(lookup, "_evaluate", counted)
    plain = list(islice(llama.generate(prompt, temp=0.0), most))
    assert list(islice(drawn(llama, prompt, ahead, temp=0.0), most)) == plain
    right = most - 1 - len(asked)  # each step writes one token and those that were guessed
    assert 0 < right < sum(asked)
    # what lies in its memory now is the text: a prompt that goes on from there is read as by a model that never guessed
    longer = [*prompt, *plain[:-1], *prompt[-40:]]
    after = list(islice(drawn(llama, longer, ahead, temp=0.0), 20))
    llama.reset()
    assert list(islice(llama.generate(longer, temp=0.0), 20)) == after


@pytest.mark.parametrize("ahead", [1, 3, 10])
def test_wrong_guesses_change_nothing_and_leave_nothing_behind(tmp_path: Path, ahead: int) -> None:
    file = babbler(tmp_path / "bavard.gguf", context=1024)
    plain, guessing = (LlamaGenerator(file, name="bavard", context=1024, ahead=number) for number in (0, ahead))
    expected = "".join(piece.text for piece in plain.stream(AGAIN, max_tokens=60))
    for _ in range(2):  # the second time the prompt is known, and its memory must end where the first answer left it
        assert "".join(piece.text for piece in guessing.stream(AGAIN, max_tokens=60)) == expected
    with closing(cast(Any, guessing.stream(AGAIN, max_tokens=60))) as left:
        for _ in range(12):
            next(left)
    assert "".join(piece.text for piece in guessing.stream(AGAIN, max_tokens=60)) == expected


def test_guesses_stop_at_the_end_of_the_context(tmp_path: Path) -> None:
    model = LlamaGenerator(babbler(tmp_path / "bavard.gguf", context=512), name="bavard", context=512, ahead=10)
    room = model.context_tokens - model.count_tokens(AGAIN)
    *_, last = model.stream(AGAIN, max_tokens=room)
    assert last.finish in ("length", "stop") and model._llama.n_tokens <= model.context_tokens


def test_the_brake_stops_a_guessing_model_and_leaves_it_usable(tmp_path: Path) -> None:
    model = LlamaGenerator(babbler(tmp_path / "bavard.gguf", context=8192), name="bavard", context=8192, ahead=3)
    expected = "".join(piece.text for piece in model.stream(AGAIN, max_tokens=20))
    stream = cast(Any, model.stream(AGAIN, max_tokens=7000))
    for _ in range(10):
        next(stream)
    threading.Timer(0.1, model.brake.press).start()
    assert sum(1 for _ in stream) < 7000
    model.brake.release()
    assert "".join(piece.text for piece in model.stream(AGAIN, max_tokens=20)) == expected


def test_what_followed_the_same_tokens_last_is_guessed() -> None:
    copied = Copied([*range(1, 9), *range(1, SAME + 1)], 3)
    assert copied.guess() == [4, 5, 6]
    copied.add(4)
    assert copied.guess() == [5, 6, 7]
    copied.add(99)
    assert copied.guess() == []
    assert Copied([1, 2], 3).guess() == []
