"""Open French texts to what the encoder learns from: a question, the text that answers it, one that nearly does.

Of service-public and the fiches of the labour ministry: questions with the windows of their answers, headings with
what stands below them, sentences with what stands around them; real queries of CDTN with the documents they were sent
to; packages' short descriptions with their long ones. One document, question or topic in a few is kept away for
measuring (`held_out`); PIAF, CNIL and the questions on PDFs take no part at all.
"""

from __future__ import annotations

import json
import random
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bm25s
import numpy as np

from rag.lexical import K1, B
from rag.text import analyse
from tests.bench.french.parallel import Pair

MOST_A_TOPIC = 16
"""Queries taken of one CDTN topic: some have a hundred spellings of the same words."""
MOST_DESCRIBED = 7000
"""Packages' descriptions taken."""
SIZES = (180, 300, 420)
"""Characters of a window: members' chunks are of all lengths."""
_BOUND = re.compile(r"(?<=[.!?;:])\s+|\n+")
_NEAR = 30


@dataclass(frozen=True, slots=True)
class Text:
    """A window of a passage under its title ("" where the title would give the question away), and whose it is."""

    title: str
    body: str
    document: str

    def __str__(self) -> str:
        return f"{self.title}\n{self.body}" if self.title else self.body


@dataclass(frozen=True, slots=True)
class Example:
    """A question, what answers it, and perhaps what nearly does."""

    question: str
    right: Text
    wrong: Text | None = None


def held_out(name: str, share: int = 5) -> bool:
    """Return whether a document or topic is kept for measuring: one in `share`, by its name."""
    return zlib.crc32(name.encode()) % share == 0


def kept_topic(name: str) -> bool:
    """Return whether a topic of CDTN is kept for measuring: two in five."""
    return zlib.crc32(name.encode()) % 5 < 2


def examples(folder: Path, titled: Sequence[tuple[Pair, Pair]], seed: int = 0) -> list[Example]:
    """Return all examples, in no particular order; `titled` are short and long descriptions in both languages."""
    dice = random.Random(seed)
    library = Library(folder)
    return [
        *(example for _ in range(2) for example in _asked(library, _questions(folder), 3, dice)),
        *(example for _ in range(2) for example in _asked(library, _queries(folder), 1, dice)),
        *_headed(library, dice),
        *_torn(library, dice),
        *_described(dice.sample(titled, min(MOST_DESCRIBED, len(titled))), dice),
    ]


def held_out_questions(folder: Path) -> list[dict[str, Any]]:
    """Return what training does not see, as `rag evaluate --questions` reads it."""
    questions = [item for item in lines(folder / "spf_questions.jsonl") if held_out(item["gold_pids"][0])]
    found = [{"qid": item["qid"], "question": item["question"], "gold_pids": item["gold_pids"]} for item in questions]
    for topic in _topics(folder):
        if kept_topic(topic["topic"]):
            found += [
                {"qid": f"{topic['topic']}-{number}", "question": query, "gold_pids": topic["gold_pids"]}
                for number, query in enumerate(topic["queries"][:MOST_A_TOPIC])
            ]
    return found


class Library:
    """The passages by id, cut into windows, with a search for those that nearly answer."""

    def __init__(self, folder: Path) -> None:
        self.texts: dict[str, Text] = {}
        for item in lines(folder / "fiches_travail_passages.jsonl"):
            title = item["title"] if item["title"] == item["section"] else f"{item['title']}\n{item['section']}"
            self.texts[item["pid"]] = Text(title, item["text"], item["pid"])
        for name in ("spf_passages.jsonl", "spf_distractors.jsonl"):
            for item in lines(folder / name):  # without its title: on service-public the title is the question
                self.texts[item["pid"]] = Text("", item["text"], item["pid"])
        self._windows = [
            Text(text.title, body, text.document)
            for text in self.texts.values()
            for body in windows(text.body, SIZES[zlib.crc32(text.document.encode()) % len(SIZES)])
        ]
        terms = [analyse(str(window)) or ["\0"] for window in self._windows]
        self._frequency = Counter(term for row in terms for term in set(row))
        self._index = bm25s.BM25(method="lucene", k1=K1, b=B)
        self._index.index(terms, show_progress=False)

    def best(self, question: str, parts: Sequence[str], count: int) -> list[str]:
        """Return the parts that share the rarest terms with the question, best first, early ones before late ones."""
        asked = set(analyse(question))
        worth = [
            sum(np.log(1 + len(self._windows) / (1 + self._frequency[term])) for term in asked & set(analyse(part)))
            - 0.05 * place
            for place, part in enumerate(parts)
        ]
        return [parts[place] for place in np.argsort(worth)[::-1][:count]]

    def near(self, question: str, gold: Sequence[str], dice: random.Random) -> Text | None:
        """Return a window that the search ranks high and that belongs to no document of `gold`."""
        terms = [term for term in analyse(question) if term in self._index.vocab_dict]
        if not terms:
            return None
        scores = self._index.get_scores(terms)
        rows = np.argpartition(-scores, _NEAR)[:_NEAR]
        found = [self._windows[row] for row in rows[np.argsort(-scores[rows])]]
        others = [window for window in found if window.document not in gold][2:]
        return others[min(int(dice.expovariate(1 / 6)), len(others) - 1)] if others else None


def windows(text: str, size: int) -> list[str]:
    """Return runs of whole sentences of at most about `size` characters."""
    found, current = [], ""
    for sentence in (" ".join(part.split()) for part in _BOUND.split(text)):
        if current and len(current) + len(sentence) + 1 > size:
            found.append(current)
            current = sentence[: 2 * size]
        else:
            current = f"{current} {sentence}".strip()
    return [*found, current] if current else found


def _asked(
    library: Library, items: Sequence[tuple[str, list[str]]], count: int, dice: random.Random
) -> Iterator[Example]:
    for question, pids in items:
        gold = [pid for pid in pids if pid in library.texts]
        if not gold:
            continue
        text = library.texts[dice.choice(gold)]
        parts = windows(text.body, dice.choice(SIZES))[:12]
        for part in library.best(question, parts, count):
            right = Text(text.title, part, text.document)
            yield Example(question, right, library.near(question, gold, dice))


def _questions(folder: Path) -> list[tuple[str, list[str]]]:
    items = lines(folder / "spf_questions.jsonl")
    return [(item["question"], item["gold_pids"]) for item in items if not held_out(item["gold_pids"][0])]


def _queries(folder: Path) -> list[tuple[str, list[str]]]:
    return [
        (query, topic["gold_pids"])
        for topic in _topics(folder)
        if not kept_topic(topic["topic"])
        for query in topic["queries"][:MOST_A_TOPIC]
    ]


def _headed(library: Library, dice: random.Random) -> Iterator[Example]:
    """Yield headings as questions that the text below them answers."""
    for text in library.texts.values():
        head, body = text.title, text.body
        if not head:
            *heads, body = body.split("\n\n")
            head = " ".join(heads[-2:]).replace("\n", " ")
        parts = windows(body, dice.choice(SIZES))
        if len(head) > 15 and len(body) > 100 and len(head) < 160:
            yield Example(head.replace("\n", " "), Text("", dice.choice(parts[:4]), text.document))


def _torn(library: Library, dice: random.Random) -> Iterator[Example]:
    """Yield sentences as questions about the window that they were torn out of (Lee et al. 2019, arXiv 1906.00300)."""
    for text in library.texts.values():
        for window in windows(text.body, 420)[:6]:
            parts = [part for part in _BOUND.split(window) if part]
            long = [part for part in parts if 40 < len(part) < 200]
            if len(parts) > 1 and long and len(window) > 200:
                part = dice.choice(long)
                yield Example(part, Text(text.title, window.replace(part, "").strip(), text.document))


def _described(titled: Sequence[tuple[Pair, Pair]], dice: random.Random) -> Iterator[Example]:
    """Yield short descriptions with long ones, mostly French with French, else across the languages."""
    for short, long in titled:
        question, body = dice.choice(
            ((short.french, long.french), (short.french, long.french), (short.french, long.english),
             (short.english, long.french))
        )  # fmt: skip
        yield Example(question, Text("", body[:420], long.english[:60]))


def _topics(folder: Path) -> list[dict[str, Any]]:
    topics: list[dict[str, Any]] = json.loads((folder / "cdtn_requests_mapped.json").read_text(encoding="utf-8"))
    return topics


def lines(file: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
