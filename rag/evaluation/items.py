"""Question sets as values: loose passages with their questions, and questions on PDF pages. Only reads files.

Formats, one JSON object a line:

- passages: `pid`, `text`, `title`?;
- questions on passages: `qid`, `question`, `gold_pids`, `answerable`?; or one JSON list of
  `{topic, queries: [...], gold_pids}`, where each query is a question;
- gold: `id`, `question`, `history`?, `answerable`, `gold: [{file, page, quote?}]`, `facts`, `kind`?.

Two questions of one file that have the same id are told apart: the second "a" is "a (2)".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Any, TypeVar

from rag.errors import QuestionError
from rag.files import read_json, read_lines, read_text
from rag.types import Turn


@dataclass(frozen=True, slots=True)
class LoosePassage:
    """A passage that belongs to no PDF; `pid` is its identity, `title` may be ""."""

    pid: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """A question on loose passages; `gold` holds the pids that answer it, none when nothing does. Questions of one
    `cluster` (paraphrases, one passage) hang together: they are drawn together when an interval is estimated."""

    id: str
    question: str
    gold: tuple[str, ...]
    cluster: str


@dataclass(frozen=True, slots=True)
class GoldPage:
    """A page that answers: path in the corpus, physical number from 1, the words that do ("" if not recorded)."""

    file: str
    page: int
    quote: str


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question on the corpus. `facts`: each must stand in a right answer, in one of its variants."""

    id: str
    question: str
    history: tuple[Turn, ...]
    answerable: bool
    gold: tuple[GoldPage, ...]
    facts: tuple[tuple[str, ...], ...]
    kind: str


_Item = TypeVar("_Item", Query, GoldQuestion)


def read_passages(files: Iterable[Path]) -> tuple[LoosePassage, ...]:
    """Return the passages of all files; one that is repeated word for word counts once.

    Raises:
        QuestionError: if a file cannot be read, a line is no passage, or two that differ have the same `pid`.
    """
    found: dict[str, LoosePassage] = {}
    for file in files:
        for number, item in read_lines(file):
            passage = _passage(file, number, item)
            if found.setdefault(passage.pid, passage) != passage:
                raise QuestionError(
                    f"{file}, ligne {number} : un autre passage s'appelle déjà {passage.pid!r}. Renommez-le.",
                    f"{file}, line {number}: another passage is called {passage.pid!r}. Rename it.",
                )
    return tuple(found.values())


def _passage(file: Path, number: int, item: Any) -> LoosePassage:
    try:
        pid, text, title = item["pid"], item["text"], item.get("title") or ""
        if not (isinstance(pid, str) and isinstance(text, str) and isinstance(title, str) and text.strip()):
            raise TypeError
        return LoosePassage(pid, title, text)
    except (KeyError, TypeError, AttributeError) as error:
        raise _bad_line(file, number, "pid", "text") from error


def read_queries(file: Path) -> tuple[Query, ...]:
    """Return the questions of a file, in either format.

    Raises:
        QuestionError: if the file cannot be read or an entry is no question.
    """
    if read_text(file).lstrip().startswith("["):
        return _told_apart(_of_topics(file, read_json(file)))
    return _told_apart(_query(file, number, item) for number, item in read_lines(file))


def _of_topics(file: Path, topics: Sequence[Any]) -> Iterator[Query]:
    for number, item in enumerate(topics, 1):
        try:
            topic, queries, gold = item["topic"], item["queries"], _strings(item["gold_pids"])
            for place, question in enumerate(_strings(queries), 1):
                yield Query(f"{topic}#{place}", question, gold, str(topic))
        except (KeyError, TypeError) as error:
            raise QuestionError(
                f"{file}, élément {number} : il faut « topic », « queries » et « gold_pids ».",
                f"{file}, item {number}: “topic”, “queries” and “gold_pids” are needed.",
            ) from error


def _query(file: Path, number: int, item: Any) -> Query:
    try:
        id_, question, gold = str(item["qid"]), item["question"], _strings(item["gold_pids"])
        if not isinstance(question, str):
            raise TypeError
        if not item.get("answerable", True):
            gold = ()
        return Query(id_, question, gold, gold[0] if gold else id_)
    except (KeyError, TypeError, AttributeError) as error:
        raise _bad_line(file, number, "qid", "question", "gold_pids") from error


def _strings(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError
    return tuple(values)


def read_gold(file: Path) -> tuple[GoldQuestion, ...]:
    """Return the questions of a gold file.

    Raises:
        QuestionError: if the file cannot be read or a line is no such question.
    """
    return _told_apart(_gold_question(file, number, item) for number, item in read_lines(file))


def _told_apart(items: Iterable[_Item]) -> tuple[_Item, ...]:
    """Give each question an id of its own: two runs are compared question by question, by id."""
    found: dict[str, _Item] = {}
    for item in items:
        names = chain([item.id], (f"{item.id} ({number})" for number in count(2)))
        own = next(name for name in names if name not in found)
        found[own] = replace(item, id=own)
    return tuple(found.values())


def _gold_question(file: Path, number: int, item: Any) -> GoldQuestion:
    try:
        gold = tuple(GoldPage(page["file"], int(page["page"]), page.get("quote") or "") for page in item["gold"])
        question, answerable = item["question"], item["answerable"]
        if not isinstance(question, str) or not isinstance(answerable, bool) or answerable != bool(gold):
            raise TypeError
        return GoldQuestion(
            id=str(item["id"]),
            question=question,
            history=tuple(Turn(turn["role"], turn["content"]) for turn in item.get("history") or []),
            answerable=answerable,
            gold=gold,
            facts=tuple(tuple(fact.split("|")) for fact in _strings(item["facts"])),
            kind=str(item.get("kind") or ""),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _bad_line(file, number, "id", "question", "answerable", "gold", "facts") from error


def _bad_line(file: Path, number: int, *names: str) -> QuestionError:
    return QuestionError(
        f"{file}, ligne {number} : il faut un objet JSON avec {', '.join(f'« {name} »' for name in names)}.",
        f"{file}, line {number}: a JSON object with {', '.join(f'“{name}”' for name in names)} is needed.",
    )
