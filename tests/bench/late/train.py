"""`python -m tests.bench.late.train EVAL OUT`: tune the embedded encoder for late interaction on open French pairs.

EVAL holds the question sets (format: docs/commands.md, "rag evaluate"). OUT gets `state.pt` after every 40 steps, and
`held_out.jsonl`: the PIAF questions kept for measuring. Each process is one of `--workers`; they average their weights
every few steps (local SGD), because on a busy machine two processes of one thread are faster than one of two. One pass
over all sets takes about half an hour on two shared cores.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, distributed
from torch.nn import functional

from rag.build import open_embedder
from rag.console import say
from rag.settings import load
from tests.bench.late.data import SETS, Group, groups, held_out_questions
from tests.bench.late.network import LateEncoder, encode, inner, maxsim, read_tokenizer, stack

QUESTION_TOKENS, TEXT_TOKENS = 40, 130
BATCH = 16  # questions at once; each is compared with all texts of the batch
FROZEN = 2  # layers left as they are, with the word embeddings: a third of the time saved
RATE, WEIGHT_RATE = 8e-5, 2e-3
SHARPNESS, MEAN_SHARPNESS = 30.0, 20.0  # what cosines are multiplied by before the softmax
MEAN_SHARE = 0.5  # of the loss of the mean vectors: keeps the encoder good as an embedder too
MEETING = "meeting"  # file by which the workers find each other
AVERAGE_EVERY, SAVE_EVERY, SAY_EVERY = 8, 40, 20


@dataclass(frozen=True, slots=True)
class Row:
    """A group in tokens; `texts[0]` is the right one."""

    group: Group
    question: list[int]
    texts: list[list[int]]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.late.train")
    parser.add_argument("eval", type=Path, help="folder of the question sets")
    parser.add_argument("out", type=Path, help="folder for state.pt")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--passes", type=float, default=1.0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    kept = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in held_out_questions(options.eval))
    (options.out / "held_out.jsonl").write_text(kept, encoding="utf-8")
    found = groups(options.eval, options.sets, open_embedder(load(os.environ)))
    say(f"{len(found)} questions", sys.stdout)
    (options.out / MEETING).unlink(missing_ok=True)  # of a run before: torch would wait for its workers
    spawn = multiprocessing.get_context("spawn")
    shared = (found, options.passes, options.workers, options.out)
    processes = [spawn.Process(target=_work, args=(rank, *shared)) for rank in range(options.workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return max(abs(process.exitcode or 0) for process in processes)


def _work(rank: int, found: Sequence[Group], passes: float, workers: int, out: Path) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    distributed.init_process_group(
        "gloo", init_method=f"file://{out.resolve()}/{MEETING}", rank=rank, world_size=workers
    )
    network = LateEncoder()
    network.body.embeddings.requires_grad_(False)
    for layer in network.body.encoder.layer[:FROZEN]:
        layer.requires_grad_(False)
    rows = _rows(found[rank::workers])
    batches = list(_batches(rows, int(passes * len(rows) / BATCH), random.Random(rank)))
    _train(network, batches, rank, workers, out)


def _train(network: LateEncoder, batches: Sequence[Sequence[Row]], rank: int, workers: int, out: Path) -> None:
    learnt = [parameter for parameter in network.parameters() if parameter.requires_grad]
    body = [parameter for parameter in network.body.parameters() if parameter.requires_grad]
    parts = [{"params": body, "lr": RATE}, {"params": network.weight.parameters(), "lr": WEIGHT_RATE}]
    optimiser = torch.optim.AdamW(parts, weight_decay=0.01)
    warm = max(1, int(0.08 * len(batches)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min((s + 1) / warm, max(0.02, (len(batches) - s) / max(1, len(batches) - warm)))
    )
    network.train()
    began, total, right = time.perf_counter(), 0.0, 0
    for step, rows in enumerate(batches, 1):
        loss, hits = _loss(network, rows)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        optimiser.step()
        schedule.step()
        total, right = total + loss.item(), right + hits
        if step % AVERAGE_EVERY == 0 or step == len(batches):
            _average(learnt, workers)
        if rank == 0 and step % SAY_EVERY == 0:
            share, seconds = right / (SAY_EVERY * BATCH), time.perf_counter() - began
            say(f"{step}/{len(batches)} loss {total / SAY_EVERY:.3f} first {share:.3f} {seconds:.0f} s", sys.stdout)
            total, right = 0.0, 0
        if rank == 0 and (step % SAVE_EVERY == 0 or step == len(batches)):
            torch.save(network.state_dict(), out / "state.pt")


def _loss(network: LateEncoder, rows: Sequence[Row]) -> tuple[Tensor, int]:
    """Return the loss of a batch, and for how many questions the right text comes first."""
    ids, mask = stack([row.question for row in rows])
    text_ids, text_mask = stack([text for row in rows for text in row.texts])
    asked, weights, asked_mean = network.with_mean(ids, mask)
    states, _, mean = network.with_mean(text_ids, text_mask)
    places = [sum(len(row.texts) for row in rows[:place]) for place in range(len(rows))]
    right = torch.tensor(places)
    twins = torch.zeros(len(rows), len(text_ids), dtype=torch.bool)
    for place, row in enumerate(rows):  # another question's right text is no wrong one where it is the same
        for other, at in enumerate(places):
            twins[place, at] = other != place and rows[other].group.right == row.group.right
    scores = maxsim(asked, weights, inner(mask), states, inner(text_mask)).masked_fill(twins, -1.0)
    cosines = (asked_mean @ mean.T).masked_fill(twins, -1.0)
    loss = functional.cross_entropy(SHARPNESS * scores, right)
    loss = loss + MEAN_SHARE * functional.cross_entropy(MEAN_SHARPNESS * cosines, right)
    return loss, int((scores.argmax(1) == right).sum())


def _average(learnt: Sequence[Tensor], workers: int) -> None:
    with torch.no_grad():
        flat = torch.cat([parameter.reshape(-1) for parameter in learnt])
        distributed.all_reduce(flat)
        parts = torch.split(flat / workers, [parameter.numel() for parameter in learnt])
        for parameter, mean in zip(learnt, parts, strict=True):
            parameter.copy_(mean.view_as(parameter))


def _rows(found: Sequence[Group]) -> list[Row]:
    tokenizer = read_tokenizer()
    return [
        Row(
            group,
            encode(tokenizer, group.question, QUESTION_TOKENS),
            [encode(tokenizer, str(text), TEXT_TOKENS) for text in (group.right, *group.wrong[:1])],
        )
        for group in found
    ]


def _batches(rows: Sequence[Row], count: int, dice: random.Random) -> Iterator[list[Row]]:
    """Yield `count` batches of texts of like length, in random order."""
    while count > 0:
        mixed = dice.sample(rows, len(rows))
        for start in range(0, len(mixed), 16 * BATCH):
            block = sorted(mixed[start : start + 16 * BATCH], key=lambda row: max(map(len, row.texts)))
            batches = [block[place : place + BATCH] for place in range(0, len(block), BATCH)]
            for batch in dice.sample(batches, len(batches))[:count]:
                yield batch
                count -= 1


if __name__ == "__main__":
    sys.exit(main())
