"""Texts: both languages say the same things, French is typeset as French, and no text hides elsewhere."""

from __future__ import annotations

import ast
import re
import string
from dataclasses import fields
from pathlib import Path

import pytest

from rag.plural import counted
from ui.strings import ENGLISH, FRENCH, THIN, WIDE, Strings, strings, typeset
from ui.strings.access import ACCESS
from ui.strings.documents import DOCUMENTS

UI = Path(__file__).resolve().parent.parent / "ui"
NAMES = [field.name for field in fields(Strings)]
# Attributes whose value a person hears or sees
SPOKEN = re.compile(r'(?:aria-label|title|alt|placeholder)="([^"]*)"')
WORDS = re.compile(r"[A-Za-zÀ-ÿ]{2,}")


def _values(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_fill_in_the_same_values(name: str) -> None:
    french, english = getattr(FRENCH, name), getattr(ENGLISH, name)
    assert french and english
    assert _values(french) == _values(english)


def test_french_spaces_do_not_break() -> None:
    assert typeset("Quoi ? Non ! Oui : 5 % ; « mot »", "fr") == (
        f"Quoi{THIN}? Non{THIN}! Oui{WIDE}: 5{THIN}%{THIN}; «{THIN}mot{THIN}»"
    )
    assert typeset("Il n'y a rien pour l'{x} qu'« un » 'm.gguf'", "fr") == (
        f"Il n’y a rien pour l’{{x}} qu’«{THIN}un{THIN}» 'm.gguf'"
    )
    assert typeset("What's this ?", "en") == "What's this ?"
    for name in NAMES:
        assert not re.search(r" [:;!?%»]|« ", getattr(FRENCH, name)), name


def test_an_unknown_language_gets_french() -> None:
    assert strings("de") is FRENCH
    assert strings("en") is ENGLISH


def _texts(file: Path) -> list[str]:
    """Every string literal of a module but docstrings, f-strings with their values taken out."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
    } - {id(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)}  # fmt: skip
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found.append("".join(str(p.value) if isinstance(p, ast.Constant) else "0" for p in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings | inside:
            found.append(node.value)
    return found


@pytest.mark.parametrize(
    "module", [*sorted(file.stem for file in (UI / "view").glob("*.py")), "app", "chat", "exchange", "pages"]
)
def test_no_text_for_a_reader_stands_outside_the_strings(module: str) -> None:
    file = UI / "view" / f"{module}.py"
    for text in _texts(file if file.exists() else UI / f"{module}.py"):
        for spoken in SPOKEN.findall(text):
            assert not WORDS.search(spoken), text
        shown = re.sub(r"<[^>]*>?|^[^<]*>", " ", text)
        if "<" in text:
            assert not WORDS.search(re.sub(r"&\w+;", " ", shown)), text
        else:
            # bare literals: names, attributes and addresses, never a sentence
            assert not re.search(r"[A-Za-zÀ-ÿ]{2,} [A-Za-zÀ-ÿ]{2,} [A-Za-zÀ-ÿ]{2,}", text) or "=" in text, text
            assert not re.search(r"[À-ÿ«»]", text), text


def test_the_script_and_the_style_hold_no_text() -> None:
    script = (UI / "static" / "greffier.js").read_text(encoding="utf-8")
    literals = re.findall(r'"([^"\n]*)"|`([^`\n]*)`', re.sub(r"//.*", "", script))
    assert len(literals) > 20
    for literal in map("".join, literals):
        assert not re.search(r"[a-zà-ÿ]{3,} [a-zà-ÿ]{3,} [a-zà-ÿ]{3,}|[À-ÿ]", literal.replace("use strict", "")), (
            literal
        )
    style = (UI / "static" / "greffier.css").read_text(encoding="utf-8")
    assert set(re.findall(r'content: "([^"]*)"', style)) <= {""}
    assert "http" not in script + style


@pytest.mark.parametrize(
    ("count", "fr", "en"), [(0, "0 page", "0 pages"), (1, "1 page", "1 page"), (2, "2 pages", "2 pages"),
                            (1234, "1\u202f234 pages", "1,234 pages")],
)  # fmt: skip
def test_nouns_follow_their_numbers(count: int, fr: str, en: str) -> None:
    assert DOCUMENTS.fr.pages.format(count=count) == fr
    assert DOCUMENTS.en.pages.format(count=count) == en


def test_the_members_who_wait_are_counted_in_words() -> None:
    assert ACCESS.fr.wait.format(seconds=1) == f"Trop d’essais{WIDE}: attendez 1 seconde avant le prochain."
    assert ACCESS.en.wait.format(seconds=1) == "Too many attempts: wait 1 second before the next one."
    assert counted(1, "question attend", "questions attendent") == "1 question attend"
    assert counted(0, "question is", "questions are", "en") == "0 questions are"


NUMBERS = "count|days|files|pages|passages|seconds|minutes|limit|position|problems|news|total|most"


def test_no_text_has_a_number_before_a_noun_of_one_form() -> None:
    texts = [text for file in (UI / "strings").glob("*.py") for text in _texts(file)]
    assert len(texts) > 800
    for text in texts:
        # "{count} pages" would be said of one page; « Page {number} sur {count} » and « {value} s » are none
        assert not re.search(rf"\{{(?:{NUMBERS})\}} (?!is\b)[A-Za-zà-ÿ]+s\b", text), text
