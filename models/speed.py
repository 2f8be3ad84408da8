"""How fast a model could write on this machine: an estimate, before anything is downloaded.

Each token written reads all weights and the cache once, so memory sets the pace: tokens a second are at most bandwidth
over bytes a token. A processor with few cores stays below it. Does not know any model's quality.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
BLOCK = 32_000_000  # bytes a thread copies; larger than what caches of desktop processors hold for one core
COPIES = 4
LOOKS = 3  # measurements whose best counts where much hangs on it: other work only ever makes a memory look slower


def bandwidth(threads: int) -> float:
    """Return the bytes a second that `threads` copies side by side read and write, measured in about 0.1 s."""
    pairs = [(np.ones(BLOCK, np.uint8), np.zeros(BLOCK, np.uint8)) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        best = min(_seconds(pool, pairs) for _ in range(COPIES))  # the first one also touches the pages
    return 2 * BLOCK * threads / best


def best_bandwidth(threads: int) -> float:
    """Return the best of some measurements of `bandwidth`, in about half a second."""
    return max(bandwidth(threads) for _ in range(LOOKS))


def tokens_a_second(megabytes: int, cache_megabytes: int, bytes_a_second: float) -> float:
    """Return the most tokens a second that this bandwidth allows, with a cache that is half full."""
    return bytes_a_second / ((megabytes + cache_megabytes / 2) * 1e6)


def _seconds(pool: ThreadPoolExecutor, pairs: Sequence[tuple[Bytes, Bytes]]) -> float:
    began = time.perf_counter()
    list(pool.map(lambda pair: np.copyto(pair[1], pair[0]), pairs))  # numpy lets go of the interpreter's lock here
    return time.perf_counter() - began
