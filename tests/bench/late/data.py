"""Open French question sets to training groups: a question, the text that answers it, texts that nearly do.

Reads the formats of the evaluation sets (see docs/quality.md). The right text is the window of the passage that holds
the answer where the set says it, else the one that shares most with the question. The first wrong text comes from the
same passage where that can be known, the others from the passages that the search ranks highest. What is kept away
from training for measuring is decided here, in `held_out` and by the names of the sets.
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

from rag.fuse import Scores, weighted_sum
from rag.lexical import K1, B
from rag.ports import Embedder
from rag.text import analyse, fold

SETS = ("piaf", "spf", "cdtn", "fiches")
WRONG = 3  # wrong texts kept for each question
MOST_A_TOPIC = 6  # questions taken of one CDTN topic: some have a hundred spellings of the same words
_BOUND = re.compile(r"(?<=[.!?;:])\s+|\n+")
_LONGEST_TEXT = 8000  # characters of a passage that are looked at


@dataclass(frozen=True, slots=True)
class Text:
    """A passage, or a window of one, under its title ("" where the title would give the question away)."""

    title: str
    body: str

    def __str__(self) -> str:
        return f"{self.title}\n{self.body}" if self.title else self.body


@dataclass(frozen=True, slots=True)
class Group:
    """One question of training, with the text that answers it and texts that do not."""

    origin: str
    question: str
    right: Text
    wrong: tuple[Text, ...]


def groups(folder: Path, sets: Sequence[str], embedder: Embedder, seed: int = 0) -> list[Group]:
    """Return the groups of the named sets, shuffled."""
    found: list[Group] = []
    dice = random.Random(seed)
    if "piaf" in sets:
        found += _piaf(folder, embedder, dice)
    labour = _labour(folder)
    if "spf" in sets:
        found += _linked(labour, "spf", lines(folder / "spf_questions.jsonl"), dice)
    if "cdtn" in sets:
        found += _linked(labour, "cdtn", _topics(folder), dice)
    if "fiches" in sets:
        found += _sections(labour, dice)
    dice.shuffle(found)
    return found


def held_out_questions(folder: Path) -> list[dict[str, Any]]:
    """Return the PIAF questions that training does not see, as `rag evaluate --questions` reads them."""
    documents = {item["pid"]: item["doc"] for item in lines(folder / "piaf_passages.jsonl")}
    questions = lines(folder / "piaf_questions.jsonl")
    return [item for item in questions if held_out(documents[item["gold_pids"][0]])]


def held_out(document: str) -> bool:
    """Return whether a PIAF document is kept for measuring: one in five, by its name."""
    return zlib.crc32(document.encode()) % 5 == 0


def windows(text: str, size: int, most: int = 20) -> list[str]:
    """Return runs of whole sentences of at most about `size` characters."""
    found, current = [], ""
    for sentence in (" ".join(part.split()) for part in _BOUND.split(text)):
        while len(sentence) > 1.5 * size:
            cut = sentence.rfind(" ", 0, size)
            cut = cut if cut > 0 else size
            found += [current] * bool(current) + [sentence[:cut]]
            current, sentence = "", sentence[cut:].strip()
        if current and len(current) + len(sentence) + 1 > size:
            found.append(current)
            current = sentence
        else:
            current = f"{current} {sentence}".strip()
    return [*found, current][:most] if current else found[:most] or [""]


class Collection:
    """Passages with a BM25 index, and vectors if there is an embedder. `rows` says the place of each id."""

    def __init__(self, ids: Sequence[str], texts: Sequence[Text], embedder: Embedder | None = None) -> None:
        self.rows = {id_: row for row, id_ in enumerate(ids)}
        self.ids, self.texts = ids, texts
        terms = [analyse(str(text)) or ["\0"] for text in texts]
        self._index = bm25s.BM25(method="lucene", k1=K1, b=B)
        self._index.index(terms, show_progress=False)
        self._frequency = Counter(term for row in terms for term in set(row))
        self._embedder = embedder
        self._vectors = None if embedder is None else embedder.embed_passages([str(text) for text in texts])

    def nearest(self, question: str, count: int) -> tuple[list[int], Scores]:
        """Return the rows that the search ranks highest, best first, and their scores."""
        terms = [term for term in analyse(question) if term in self._index.vocab_dict]
        lexical = self._index.get_scores(terms) if terms else np.zeros(len(self.texts), dtype=np.float32)
        rows = np.argsort(-lexical, kind="stable")[:100]
        fused: Scores = lexical[rows]
        if self._embedder is not None and self._vectors is not None:
            dense = self._vectors @ self._embedder.embed_question(question)
            rows = np.union1d(rows, np.argsort(-dense)[:100])
            fused = weighted_sum(lexical[rows], dense[rows], 0.7)
        order = np.argsort(-fused, kind="stable")[:count]
        return [int(row) for row in rows[order]], fused[order]

    def best(self, question: str, parts: Sequence[str]) -> int:
        """Return the place of the part that shares the rarest terms with the question, early ones first."""
        asked = set(analyse(question))
        worth = [
            sum(np.log(1 + len(self.texts) / (1 + self._frequency[term])) for term in asked & set(analyse(part)))
            - 0.01 * place
            for place, part in enumerate(parts)
        ]
        return int(np.argmax(worth))

    def wrong(self, question: str, gold: set[int], skip: int, dice: random.Random) -> Iterator[Text]:
        """Yield windows of passages that are not gold: high ranks more often than low ones."""
        near = [row for row in self.nearest(question, 40)[0] if row not in gold][skip:]
        while near:
            row = near.pop(min(int(dice.expovariate(1 / 4)), len(near) - 1))
            parts = windows(self.texts[row].body, _size(dice))
            yield Text(self.texts[row].title, parts[self.best(question, parts)])


def _size(dice: random.Random) -> int:
    # members' chunks are of all lengths
    return dice.choice((160, 260, 400))


def _piaf(folder: Path, embedder: Embedder, dice: random.Random) -> Iterator[Group]:
    passages = lines(folder / "piaf_passages.jsonl")
    texts = [Text(item["doc"], item["text"]) for item in passages]
    collection = Collection([item["pid"] for item in passages], texts, embedder)
    for item in lines(folder / "piaf_questions.jsonl"):
        gold = {collection.rows[id_] for id_ in item["gold_pids"]}
        text = texts[min(gold)]
        parts = windows(text.body, _size(dice))
        answers = [fold(answer) for answer in item["answers"]]
        holds = [any(answer in fold(part) for answer in answers) for part in parts]
        if held_out(text.title) or not any(holds):
            continue
        others = [part for part, right in zip(parts, holds, strict=True) if not right]
        near = [Text(text.title, others[collection.best(item["question"], others)])] if others else []
        near += _first(collection.wrong(item["question"], gold, 0, dice), WRONG - len(near))
        yield Group("piaf", item["question"], Text(text.title, parts[holds.index(True)]), tuple(near))


def _linked(collection: Collection, name: str, items: Sequence[dict[str, Any]], dice: random.Random) -> Iterator[Group]:
    """Yield groups of a set that names passages but not where in them the answer stands."""
    for item in items:
        gold = {collection.rows[id_] for id_ in item["gold_pids"] if id_ in collection.rows}
        if not gold:
            continue
        text = collection.texts[dice.choice(sorted(gold))]
        parts = windows(text.body, _size(dice))
        if name == "spf":  # these answers begin with the answer
            parts = parts[:4]
        # of CDTN's nearest passages many answer too, though the set does not say so
        near = collection.wrong(item["question"], gold, 5 if name == "cdtn" else 0, dice)
        right = Text(text.title, parts[collection.best(item["question"], parts)])
        yield Group(name, item["question"], right, tuple(_first(near, WRONG)))


def _sections(collection: Collection, dice: random.Random) -> Iterator[Group]:
    """Yield the title of each section of the fiches as a question that its text answers."""
    rows = [row for row, id_ in enumerate(collection.ids) if id_.startswith("ft-")]
    for row in rows:
        text = collection.texts[row]
        if len(text.title) < 20 or len(text.body) < 100:
            continue
        others = dice.sample([other for other in rows if collection.texts[other].title != text.title], WRONG)
        right, *wrong = (
            Text("", dice.choice(windows(collection.texts[place].body, 300)[:4])) for place in (row, *others)
        )
        yield Group("fiches", text.title.splitlines()[-1], right, tuple(wrong))


def _labour(folder: Path) -> Collection:
    ids, texts = [], []
    for item in lines(folder / "fiches_travail_passages.jsonl"):
        title = item["title"] if item["title"] == item["section"] else f"{item['title']}\n{item['section']}"
        ids.append(item["pid"])
        texts.append(Text(title, item["text"]))
    for name in ("spf_passages.jsonl", "spf_distractors.jsonl"):
        for item in lines(folder / name):  # without its title: on service-public the title is the question
            ids.append(item["pid"])
            texts.append(Text("", item["text"][:_LONGEST_TEXT]))
    return Collection(ids, texts)


def _topics(folder: Path) -> list[dict[str, Any]]:
    topics = json.loads((folder / "cdtn_requests_mapped.json").read_text(encoding="utf-8"))
    return [
        {"question": query, "gold_pids": topic["gold_pids"]}
        for topic in topics
        for query in topic["queries"][:MOST_A_TOPIC]
    ]


def _first(texts: Iterator[Text], count: int) -> list[Text]:
    return [text for text, _ in zip(texts, range(count), strict=False)]


def lines(file: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
