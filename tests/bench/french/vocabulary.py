"""French words in the vocabulary of the English encoder, each beginning as the mean of its translations.

A word that was four pieces becomes one token: texts get shorter, and the layers, which know English, read a gloss.
The places come from the pieces of scripts that French and English do not use, and from a few rows more; words that
are French only ("pour", "dans") keep their place and change their meaning. Needs `wordfreq` beside Greffier.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

from rag.text import analyse, fold
from tests.bench.french.parallel import words

MORE = 3478
"""Rows beside the 30,522 there were: 34,000 make weights of one byte stay below 25 MB."""
GENERAL, OWN = 0.5, 0.5
"""Shares of general French and of the texts of training in what counts as frequent."""
FOREIGN = 0.05
"""A word this much rarer in English than in French is a French word."""


def reworked(content: dict[str, Any], embeddings: Tensor, texts: Iterable[str],
             glosses: Mapping[str, Mapping[str, float]]) -> tuple[dict[str, Any], Tensor]:  # fmt: skip
    """Return a `tokenizer.json` with French words, and the embeddings to it, shape (rows, dimensions).

    Args:
        content: the `tokenizer.json` there was.
        embeddings: of its tokens, float32.
        texts: French ones, of training.
        glosses: French words with English ones and the probability of each.
    """
    vocabulary: dict[str, int] = content["model"]["vocab"]
    pieces = _Pieces(content, embeddings)
    french, english = _folded("fr"), _folded("en")
    wanted = _frequencies(french, texts)
    means = _by_stem(glosses)
    result = torch.cat([embeddings, torch.zeros(MORE, embeddings.shape[1])])
    free = [*sorted(vocabulary[token] for token in vocabulary if _unused(token)), *range(len(embeddings), len(result))]
    changed = {at: token for token, at in vocabulary.items() if not _unused(token)}
    typical = embeddings.norm(dim=1).median()
    for word, _ in wanted.most_common():
        gloss = glosses.get(word) or means.get(_stem(word), {})
        known = word in vocabulary
        if (known and not (gloss and english[word] < FOREIGN * french[word])) or (not known and not free):
            continue
        place = vocabulary[word] if known else free.pop(0)
        changed[place] = word
        meaning = pieces.gloss(gloss) if gloss else pieces.mean(word)
        result[place] = meaning / meaning.norm() * typical
    assert not free, "fewer French words than places"
    model = {**content["model"], "vocab": {token: at for at, token in sorted(changed.items())}}
    return {**content, "model": model, "truncation": None, "padding": None}, result


class _Pieces:
    """Words as the tokenizer of before reads them."""

    def __init__(self, content: dict[str, Any], embeddings: Tensor) -> None:
        self._tokenizer = Tokenizer.from_str(json.dumps({**content, "truncation": None, "padding": None}))
        self._embeddings = embeddings

    def mean(self, word: str) -> Tensor:
        return self._embeddings[self._tokenizer.encode(word, add_special_tokens=False).ids].mean(0)

    def gloss(self, chances: Mapping[str, float]) -> Tensor:
        parts = [chance * self.mean(word) for word, chance in chances.items()]
        return torch.stack(parts).sum(0)


def _unused(token: str) -> bool:
    bare = token.removeprefix("##")
    strange = all(char.isalpha() and not unicodedata.name(char, "").startswith(("LATIN", "GREEK")) for char in bare)
    return token.startswith("[unused") or (bool(bare) and strange)


def _folded(language: str) -> Counter[str]:
    # late: only training needs it, and it is not among the project's dependencies
    from wordfreq import get_frequency_dict

    found: Counter[str] = Counter()
    for word, frequency in get_frequency_dict(language, wordlist="best").items():
        found[fold(word)] += frequency
    return found


def _frequencies(french: Mapping[str, float], texts: Iterable[str]) -> Counter[str]:
    own = Counter(word for text in texts for word in words(text))
    total = own.total()
    found: Counter[str] = Counter()
    for word in sorted(french.keys() | own.keys()):
        if word.isalpha() and word.isascii() and (own[word] >= 3 or french.get(word, 0) > 2e-6):
            found[word] = GENERAL * french.get(word, 0.0) + OWN * own[word] / total  # type: ignore[assignment]
    return found


def _stem(word: str) -> str:
    return next(iter(analyse(word)), word)


def _by_stem(glosses: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for word, chances in glosses.items():
        for other, chance in chances.items():
            found[_stem(word)][other] += chance
    return {stem: dict(chances) for stem, chances in found.items()}


def read(folder: Path) -> dict[str, Any]:
    """Return the content of `tokenizer.json`."""
    content: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    return content
