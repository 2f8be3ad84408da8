"""`python -m tests.bench.verifier [--shared DIR] [--part dev|test]`: how many false claims the verifier stops, how many
true ones it lets through, by kind, with 95 % Wilson intervals. No language model: claims are made by rule from real
sentences (`tests/bench/rewrite.py`), with a fixed seed.

`dev` (PIAF, service-public) served to choose rules and limits; `test` (the sample corpus, CNIL, fiches travail) did
not. Without `--shared` there is the sample corpus alone.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.evaluation import block
from rag.evaluation.intervals import wilson
from rag.facts import read
from rag.settings import ROOT
from rag.types import PageRef, Sentence, Source
from rag.verify import check
from rag.wording import missing, weight
from tests.bench.rewrite import FALSE, SAME

SEED = 20261122
SETS = {
    "dev": ("piaf_passages.jsonl", "spf_passages.jsonl"),
    "test": ("cnil_passages.jsonl", "fiches_travail_passages.jsonl"),
}
_BOUND = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀÉÈÊÎÔ«])|\n+")
_CAPITALISED = re.compile(r"(?<=[a-zé,] )(?:(?:[A-ZÉ][a-zéèêïîôç]{3,}|[A-Z]{3,6})\b)")


@dataclass(frozen=True, slots=True)
class Claim:
    """What the verifier is asked, and what it should say: `kind` is how the claim was made."""

    text: str
    evidence: tuple[str, ...]
    kind: str
    true: bool


@dataclass(frozen=True, slots=True)
class Text:
    """A passage of some document: its sentences."""

    document: str
    sentences: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.verifier")
    parser.add_argument("--shared", type=Path, help="folder with eval/*_passages.jsonl")
    parser.add_argument("--part", choices=sorted(SETS), default="test")
    parser.add_argument("--each", type=int, default=250, help="at most so many claims of a kind")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--wrong", type=int, default=0, help="show so many mistakes of each kind, on standard error")
    parser.add_argument("--work", type=Path, help="not used: nothing is worth keeping")
    block.add_options(parser)
    typed = sys.argv[1:] if arguments is None else arguments
    options = parser.parse_args(typed)
    block.check(options)
    made = claims(texts(options.shared, options.part), options.each)
    rates = measure(made, options.wrong)
    block.fill(options, as_markdown(rates).strip(), block.command("tests.bench.verifier", typed))
    sys.stdout.write(as_json(rates) if options.json else as_markdown(rates))
    return 0


def texts(shared: Path | None, part: str) -> tuple[Text, ...]:
    """Return the passages to make claims of."""
    found: list[Text] = []
    if part == "test":
        for file in sorted((ROOT / "tests" / "sample" / "texts").glob("*.txt")):
            found += _sample(file)
    for name in SETS[part] if shared else ():
        assert shared is not None
        for line in (shared / "eval" / name).read_text(encoding="utf-8").splitlines():
            passage = json.loads(line)
            found.append(Text(passage["doc"], _sentences(passage["text"])))
    return tuple(text for text in found if text.sentences)


def _sample(file: Path) -> Iterator[Text]:
    body = file.read_text(encoding="utf-8").split("\n\n", 1)[1]
    for paragraph in re.split(r"\n\n+", body):
        if paragraph[0] not in "#@!|":
            plain = re.sub(r"[*_]{2}|^[-+] ", "", paragraph.replace("\n", " "))
            yield Text(file.stem, _sentences(plain))


def _sentences(text: str) -> tuple[str, ...]:
    pieces = (" ".join(piece.split()) for piece in _BOUND.split(text))
    return tuple(piece for piece in pieces if 40 <= len(piece) <= 320 and piece[-1] in ".;" and piece[0].isupper())


def claims(passages: Sequence[Text], each: int) -> tuple[Claim, ...]:
    """Return claims of every kind, at most `each` of one; the same ones for the same passages."""
    rng = random.Random(SEED)
    found: dict[str, list[Claim]] = defaultdict(list)
    places = [(text, place) for text in passages for place in range(len(text.sentences))]
    rng.shuffle(places)
    for text, place in places:
        sentence = text.sentences[place]
        for claim in (*_true(text, place, rng), *_false(text, place, rng)):
            if len(found[claim.kind]) < each and (claim.true or claim.text != sentence):
                found[claim.kind].append(claim)
    for claim in _borrowed(places, rng):
        if len(found[claim.kind]) < each:
            found[claim.kind].append(claim)
    return tuple(claim for group in found.values() for claim in group)


def _evidence(text: Text, place: int, rng: random.Random) -> tuple[str, ...]:
    """Return the sentence, every other time with the one after it: answers often cite two."""
    return text.sentences[place : place + rng.choice((1, 2))]


def _true(text: Text, place: int, rng: random.Random) -> Iterator[Claim]:
    sentence = text.sentences[place]
    for name, rule in SAME.items():
        if made := rule(sentence, rng):
            yield Claim(made, _evidence(text, place, rng), name, True)
    if place + 1 < len(text.sentences):
        after = text.sentences[place + 1]
        if len(sentence) + len(after) < 320 and re.match(r"(?:Le|La|Les|Un|Une|Il|Elle|Ce|Cette|Vous)\b", after):
            merged = f"{sentence.rstrip('.;')}, et {after[0].lower()}{after[1:]}"
            yield Claim(merged, (sentence, after), "two sentences merged", True)


def _false(text: Text, place: int, rng: random.Random) -> Iterator[Claim]:
    for name, rule in FALSE.items():
        sentence = text.sentences[place]
        evidence = _evidence(text, place, rng)
        made = rule(sentence, rng)
        if made and not (len(evidence) > 1 and _only_there(made, sentence, evidence[1])):
            yield Claim(made, evidence, name, False)


def _only_there(made: str, sentence: str, neighbour: str) -> bool:
    """Return whether what a rule put in stands in the neighbour, which may make the claim true."""
    new = set(re.findall(r"\w+", made)) - set(re.findall(r"\w+", sentence))
    return bool(new) and new <= set(re.findall(r"\w+", neighbour))


def _borrowed(places: Sequence[tuple[Text, int]], rng: random.Random) -> Iterator[Claim]:
    """Yield claims that join what does not belong together: wrong passage, invented clause, other names."""
    stems = [(text, text.sentences[place], read(text.sentences[place]).stems) for text, place in places[:3000]]
    common = Counter(stem for _, _, own in stems for stem in own)
    by_stem: dict[str, list[int]] = defaultdict(list)
    for number, (_, _, own) in enumerate(stems):
        for stem in own:
            by_stem[stem].append(number)
    for number, (text, sentence, own) in enumerate(stems[:1200]):
        near = Counter(other for stem in own if common[stem] < 60 for other in by_stem[stem])
        for other, shared in near.most_common(12):
            if other == number or shared < 2 or _borne_out(sentence, stems[other][1]):
                continue
            yield Claim(sentence, (stems[other][1],), "wrong passage", False)
            break
        strange = stems[rng.randrange(len(stems))]
        clause = re.search(r", ((?:et|mais) )?([^,;.()]{45,110})\.$", strange[1])
        if strange[0].document != text.document and clause:
            yield Claim(f"{sentence.rstrip('.;')}, et {clause[2]}.", (sentence,), "invented clause", False)
        if strange[0].document != text.document:
            yield Claim(strange[1], (sentence,), "invented sentence", False)
        mine, its = _CAPITALISED.findall(sentence), _CAPITALISED.findall(strange[1])
        new = [name for name in its if name.lower() not in sentence.lower()]
        if mine and new:
            yield Claim(sentence.replace(mine[-1], new[0]), (sentence,), "name", False)


def _borne_out(sentence: str, evidence: str) -> bool:
    said = read(sentence)
    return weight(missing(said.words, read(evidence).stems)) < 0.25 * weight(said.words)


def sentence_of(text: str) -> Sentence:
    """Return a text as a sentence of some page."""
    page = PageRef(Source("document.pdf", "0" * 64, ""), 1, None, 595.0, 842.0)
    return Sentence(page, 0, len(text), text, ())


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `total`, with its 95 % Wilson score interval."""

    hits: int
    total: int

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound, 0 to 1; (0, 1) when nothing was counted."""
        return wilson(self.hits, self.total)

    def __str__(self) -> str:
        low, high = self.interval
        share = self.hits / self.total if self.total else 0.0
        return f"{share:.3f} ({self.hits}/{self.total}; {low:.2f}–{high:.2f})"


def measure(made: Sequence[Claim], wrong: int = 0) -> dict[tuple[bool, str], Rate]:
    """Return by kind how often the verifier objected; show up to `wrong` mistakes of each kind."""
    outcomes: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    shown: Counter[str] = Counter()
    for claim in made:
        objection = check(claim.text, [sentence_of(text) for text in claim.evidence], "")
        outcomes[claim.true, claim.kind].append(objection is not None)
        if (objection is None) != claim.true and shown[claim.kind] < wrong:
            shown[claim.kind] += 1
            reason = f"{objection.kind}: {objection.text('fr')}" if objection else "passed"
            sys.stderr.write(f"[{claim.kind}] {reason}\n  C {claim.text}\n  E {' || '.join(claim.evidence)}\n")
    return {key: Rate(sum(values), len(values)) for key, values in outcomes.items()}


def _rows(rates: dict[tuple[bool, str], Rate], true: bool) -> list[tuple[str, Rate]]:
    rows = [(kind.replace("_", " "), rate) for (is_true, kind), rate in sorted(rates.items()) if is_true is true]
    total = Rate(sum(rate.hits for _, rate in rows), sum(rate.total for _, rate in rows))
    return [*rows, ("all", total)]


def as_markdown(rates: dict[tuple[bool, str], Rate]) -> str:
    """Return two tables for docs/quality.md."""
    lines = ["| false claim | struck out (n; 95 % interval) |", "|---|---|"]
    lines += [f"| {kind} | {rate} |" for kind, rate in _rows(rates, False)]
    lines += ["", "| true claim | struck out all the same (n; 95 % interval) |", "|---|---|"]
    lines += [f"| {kind} | {rate} |" for kind, rate in _rows(rates, True)]
    return "\n".join(lines) + "\n"


def as_json(rates: dict[tuple[bool, str], Rate]) -> str:
    """Return the same as JSON."""
    both = {"detection": _rows(rates, False), "false_alarm": _rows(rates, True)}
    return json.dumps(
        {
            name: {kind: {"hits": r.hits, "total": r.total, "interval": r.interval} for kind, r in rows}
            for name, rows in both.items()
        },
        ensure_ascii=False,
    )


if __name__ == "__main__":
    sys.exit(main())
