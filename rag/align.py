"""Two texts, cut into sentences, laid side by side: which sentence of the one is which of the other.

Equal sentences first, in order (difflib's longest matching blocks); then, between two equal ones, the pairing that
keeps the order and shares most words (dynamic programming); then what moved, wherever it stands. Sentences that only
were cut otherwise count as equal. Pure; knows nothing of pages, of figures or of what a difference means.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rag.text import fold

LIKE = 0.5  # share of common words (Dice) from which sentences at the same place are one, changed
LIKE_ELSEWHERE = 0.75  # from which they are, at different places
MOVED_WORDS = 4  # fewest words of a sentence that is said to have moved: shorter ones stand anywhere
MOST_PAIRS = 250_000  # pairs between two equal sentences that are compared; beyond, only rare words lead to pairs
RARE = 12  # a word in at most this many sentences leads from one to the others
_MONTHS = frozenset(
    """janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre january february march april
    may june july august september october november december""".split()
)
_NOTE = re.compile(r"(?<=[^\W\d_]{4})\d{1,3}\b")
_WORD = re.compile(r"\w+(?:[.,/-]\w+)*|[%€°²]")
_MARK = re.compile(
    r"^(?:(?:article|art\.?|chapitre|titre|section|annexe)\s+)?(?:[-–—•▪◦*·]|[ivxlc]+\.|\d+(?:\.\d+)*[.)°]?|[a-z]\))\s+[-–—:.]?\s*"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Places (from 0) of one sentence in both texts; None: it is not in that text. `moved`: order was broken."""

    old: int | None
    new: int | None
    equal: bool
    moved: bool = False


def words(text: str) -> tuple[str, ...]:
    """Return the words of a sentence as they are compared: folded, without the number or mark it begins with and
    without the numbers of footnotes, which print as part of a word."""
    plain = _NOTE.sub("", " ".join(fold(text).split()))
    return tuple(_WORD.findall(_MARK.sub("", plain) or plain))


def align(old: Sequence[tuple[str, ...]], new: Sequence[tuple[str, ...]]) -> list[Pair]:
    """Return the pairs of two lists of sentences (each as its `words`): all of `new` in its order, what is only in
    `old` after the sentence it followed."""
    pairs: list[Pair] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pairs += [Pair(a + step, c + step, equal=True) for step in range(b - a)]
        else:
            pairs += _between(old, new, range(a, b), range(c, d))
    return _settled(_elsewhere(pairs, old, new), old, new)


def _between(
    old: Sequence[tuple[str, ...]], new: Sequence[tuple[str, ...]], left: range, right: range
) -> Iterator[Pair]:
    partners = dict(_in_order(old, new, left, right)) if len(left) * len(right) <= MOST_PAIRS else {}
    taken = set(partners.values())
    rest = iter(right)
    for place in left:
        if (partner := partners.get(place)) is None:
            yield Pair(place, None, equal=False)
            continue
        for other in rest:
            yield Pair(place if other == partner else None, other, equal=False)
            if other == partner:
                break
    yield from (Pair(None, other, equal=False) for other in rest if other not in taken)


def _in_order(
    old: Sequence[tuple[str, ...]], new: Sequence[tuple[str, ...]], left: range, right: range
) -> list[tuple[int, int]]:
    """Return the pairs that keep the order of both and whose likeness sums to most."""
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    bags_old, bags_new = [_bags(old[place]) for place in left], [_bags(new[place]) for place in right]
    like = [[_alike(one, other) for other in bags_new] for one in bags_old]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            pair = like[i][j] + best[i + 1][j + 1] if like[i][j] >= LIKE else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], pair)
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if like[i][j] >= LIKE and best[i][j] == like[i][j] + best[i + 1][j + 1]:
            found.append((left[i], right[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _bags(said: tuple[str, ...]) -> tuple[Counter[str], Counter[str]]:
    # figures and months count as themselves and as any: two prices of one thing are one price, changed
    return Counter(said), Counter("#" if word[0].isdigit() or word in _MONTHS else word for word in said)


def _alike(one: tuple[Counter[str], Counter[str]], other: tuple[Counter[str], Counter[str]]) -> float:
    return (_dice(one[0], other[0]) + _dice(one[1], other[1])) / 2


def _dice(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def _elsewhere(pairs: Sequence[Pair], old: Sequence[tuple[str, ...]], new: Sequence[tuple[str, ...]]) -> list[Pair]:
    """Pair what is left on both sides, wherever it stands."""
    gone = [
        pair.old for pair in pairs if pair.new is None and pair.old is not None and len(old[pair.old]) >= MOVED_WORDS
    ]
    come = [
        pair.new for pair in pairs if pair.old is None and pair.new is not None and len(new[pair.new]) >= MOVED_WORDS
    ]
    index: dict[str, list[int]] = defaultdict(list)
    for place in come:
        for word in set(new[place]):
            index[word].append(place)
    ranked: list[tuple[float, int, int]] = []
    for place in gone:
        near = {other for word in set(old[place]) if len(index[word]) <= RARE for other in index[word]}
        bag = Counter(old[place])
        ranked += [
            (like, place, other) for other in near if (like := _dice(bag, Counter(new[other]))) >= LIKE_ELSEWHERE
        ]
    from_new: dict[int, int] = {}
    for _, place, other in sorted(ranked, key=lambda item: (-item[0], abs(item[1] - item[2]))):
        if other not in from_new and place not in from_new.values():
            from_new[other] = place
    moved = set(from_new.values())
    return [
        pair
        if pair.new is None or pair.new not in from_new
        else Pair(from_new[pair.new], pair.new, old[from_new[pair.new]] == new[pair.new], moved=True)
        for pair in pairs
        if not (pair.new is None and pair.old in moved)
    ]


def _settled(pairs: Sequence[Pair], old: Sequence[tuple[str, ...]], new: Sequence[tuple[str, ...]]) -> list[Pair]:
    """Take as equal what stands whole in the other text, cut into sentences otherwise."""
    before, after = _stream(old), _stream(new)

    def kept(pair: Pair) -> bool:
        gone = pair.old is not None and _stream([old[pair.old]]) not in after
        come = pair.new is not None and _stream([new[pair.new]]) not in before
        return gone or come

    return [
        pair if pair.equal or kept(pair) else Pair(pair.old, pair.new, equal=True, moved=pair.moved)
        for pair in pairs
    ]  # fmt: skip


def _stream(sentences: Sequence[tuple[str, ...]]) -> str:
    return f" {' '.join(word for sentence in sentences for word in sentence)} "
