"""A chat template is a stranger's program: it may be without an end, and must not take the process along."""

from __future__ import annotations

import re
import resource
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import models.template as template_module
from models.generator import LlamaGenerator
from models.limit import TookTooLong, at_most, memory_at_most
from models.process import ProcessGenerator
from models.sandbox import Sandbox
from models.template import Template
from rag.errors import ModelError
from rag.ports import Message
from tests.inference import ASKED, load, text
from tests.tiny_gguf import CHATML, babbler

NEVER = re.compile(r"(?!)")
LONG = "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}"
ENDS = "{% endfor %}" * 3
ENDLESS = {
    "silent": LONG + ENDS + CHATML,
    "loud": LONG + "{{ messages }}" + ENDS,
    "of a thousand words": LONG + "{{ a }} {{ b }} {{ c }}" + ENDS,
    "doubling": "{% set n = namespace(x='abcdefgh') %}{% for a in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "in a macro": "{% macro m() %}" + LONG + "x" + ENDS + "{% endmacro %}{{ m() }}",
}

# each is one step, which nothing interrupts; jinja2 would take it while it compiles
ONE_STEP = {
    "a power": "{{ 10 ** (10 ** 9) }}",  # without brackets from the left: ten to the 90th
    "a power of a power": "{% set n = 2 ** 2000 %}{{ n ** 2000 }}",
    "a product": "{% set n = namespace(x=3) %}{% for a in range(60) %}{% set n.x = n.x * n.x %}{% endfor %}",
    "a long text": "{{ 'a' * 10 ** 12 }}",
    "a long list": "{{ (10 ** 12 * ['a']) | length }}",
    "a wide text": "{{ 'a' | center(10 ** 12) }}",
    "a condition": "{% if ('a' | center(10 ** 12)) %}{% endif %}",
    "a switch": "{% autoescape 'a' | center(10 ** 12) %}{% endautoescape %}",
}


def template(source: str) -> Template:
    """Return a template run as llama-cpp-python runs them."""

    def compiled() -> Callable[..., Any]:
        made = Sandbox(trim_blocks=True, lstrip_blocks=True).from_string(source)
        return lambda **given: SimpleNamespace(prompt=made.render(add_generation_prompt=True, **given))

    return Template("piège", compiled, NEVER)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_module, "SECONDS", 0.5)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("source", ENDLESS.values(), ids=ENDLESS.keys())
def test_a_template_without_an_end_is_found_out_and_named(source: str) -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(
        ModelError, match=r"gabarit de dialogue du modèle 'piège' ne s'arrête pas \(.*Retirez-le"
    ) as told:
        template(source).check()
    assert "does not end" in told.value.en
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


@pytest.mark.parametrize("source", ONE_STEP.values(), ids=ONE_STEP.keys())
def test_one_step_that_would_take_for_ever_or_all_memory_is_not_taken(source: str) -> None:
    with pytest.raises(ModelError, match=r"gabarit de dialogue du modèle 'piège' (ne s'arrête pas|refuse la question)"):
        template(source + CHATML).check()


def test_what_templates_calculate_is_calculated() -> None:
    source = "{{ 3 * 4 }} {{ 2 ** 10 }} {{ '-' * 3 }} {{ 2 * 'ab' }} {{ 1.5 * 2 }} {{ 2 ** -1 }}\n"
    written = template(source + CHATML).prompt((Message("user", "b"),))
    assert written.startswith("12 1024 --- abab 3.0 0.5")


@pytest.mark.usefixtures("impatient")
def test_one_that_is_endless_for_some_questions_only_fails_these_in_any_thread() -> None:
    chosen = template("{% if 'long' in messages[0].content %}" + LONG + ENDS + "{% endif %}" + CHATML)
    chosen.check()
    told: list[str] = []

    def count() -> None:
        try:
            chosen.prompt([Message("user", "une question longue")])
        except ModelError as error:
            told.append(error.fr)

    thread = threading.Thread(target=count)
    thread.start()
    thread.join()
    assert "ne s'arrête pas (plus de 0 s" in told[0]
    assert chosen.prompt([Message("user", "courte")]) == "<|im_start|>user\ncourte<|im_end|>\n<|im_start|>assistant\n"


def test_one_that_writes_a_book_for_a_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match=r"ne s'arrête pas \(200\d+ caractères pour une question\)"):
        template("{{ 'x' * 200000 }}" + CHATML).check()
    monkeypatch.setattr(template_module, "MOST_CHARACTERS", 1000)
    with pytest.raises(ModelError, match="millions de caractères"):
        template("{% for a in range(9) %}{{ 'x' * 200 }}{% endfor %}").check()


def test_an_honest_template_passes_and_one_that_refuses_says_so() -> None:
    template(CHATML).check()
    with pytest.raises(ModelError, match="refuse la question"):
        template("{{ nobody.knows.this }}").check()


def test_who_comes_after_a_limit_is_not_struck_by_it() -> None:
    with at_most(60):
        pass
    with pytest.raises(TookTooLong), at_most(0.01):
        while True:
            pass
    for _ in range(200):  # the timer fires while the block ends, and at no other time
        try:
            with at_most(0.0005):
                sum(range(20_000))
        except TookTooLong:
            continue
    assert sum(range(1_000_000)) == 499_999_500_000


def test_a_time_that_is_over_at_once_does_not_strike_its_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    struck = []

    class Early(threading.Timer):
        """Is over before it has quite started, as on a machine that has no time for it."""

        def start(self) -> None:
            firing = threading.Thread(target=self.function)
            try:
                firing.start()
                firing.join(0.2)
                sum(1 for _ in range(1000))
            except (TookTooLong, KeyError):  # struck in the middle of the start, threading knows no more of its thread
                struck.append(self)
                raise

    monkeypatch.setattr(threading, "Timer", Early)
    with pytest.raises(TookTooLong), at_most(5.0):
        while True:
            pass
    assert not struck


def test_memory_has_a_limit_for_a_while() -> None:
    with pytest.raises(MemoryError), memory_at_most(50_000_000):
        bytearray(500_000_000)
    assert len(bytearray(100_000_000)) == 100_000_000


@pytest.mark.usefixtures("impatient")
def test_the_model_itself_finds_it_out_while_it_starts(tmp_path: Path) -> None:
    model = LlamaGenerator(babbler(tmp_path / "piège.gguf", template=ENDLESS["silent"]), name="piège", context=512)
    with pytest.raises(ModelError, match="ne s'arrête pas"):
        model.read_instructions("consignes", None)


@pytest.mark.parametrize(
    ("trap", "said"),
    [
        (ENDLESS["of a thousand words"], "ne s'arrête pas"),
        (ONE_STEP["a wide text"], "ne s'arrête pas"),
        (ONE_STEP["a power"], "refuse la question"),
    ],
    ids=["endless", "wide", "power"],
)
def test_the_process_says_it_at_its_first_start_and_is_not_started_again(tmp_path: Path, trap: str, said: str) -> None:
    with pytest.raises(ModelError, match=rf"modèle 'piège\.gguf' {said}"):
        ProcessGenerator(load(babbler(tmp_path / "piège.gguf", template=trap + CHATML)))
    with closing(ProcessGenerator(load(babbler(tmp_path / "bon.gguf")))) as generator:
        assert len(text(generator.stream(ASKED, max_tokens=5))) > 0
