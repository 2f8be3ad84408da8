"""How fast a model could write on this machine: an estimate, before anything is downloaded.

Each token written reads all weights and the cache once, so memory sets the pace, or on a processor with few cores the
arithmetic: tokens a second are at most bytes a second over bytes a token. Does not know any model's quality.
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
# Bytes of weights that one core multiplies a second. Measured: 2.3 GB of 4-bit weights at 4.6 tokens a second on two
# cores with AVX2, whose memory moves 27 GB/s; 8-bit weights are quicker a byte.
CORE = 5e9
MOST_COPIES = 16  # side by side: more fill memory (64 MB each) and move no more of it
LOOKS = 3  # measurements whose best counts where much hangs on it: other work only ever makes a memory look slower


def bandwidth(threads: int) -> float:
    """Return the bytes a second that `threads` copies side by side read and write, measured in about 0.1 s.

    By the processor time of each copy, so that waiting for other work on the machine's cores does not count.
    """
    pairs = [(np.ones(BLOCK, np.uint8), np.zeros(BLOCK, np.uint8)) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        best = min(_seconds(pool, pairs) for _ in range(COPIES))  # the first one also touches the pages
    return 2 * BLOCK * threads / best


def pace(threads: int) -> float:
    """Return the bytes of weights a second that `threads` cores get through: what the memory gives, in the best of some
    measurements (half a second), or what the cores can take."""
    return min(max(bandwidth(min(threads, MOST_COPIES)) for _ in range(LOOKS)), threads * CORE)


def tokens_a_second(megabytes: int, cache_megabytes: int, bytes_a_second: float) -> float:
    """Return the tokens a second that this pace allows, with a cache that is half full."""
    return bytes_a_second / ((megabytes + cache_megabytes / 2) * 1e6)


def _seconds(pool: ThreadPoolExecutor, pairs: Sequence[tuple[Bytes, Bytes]]) -> float:
    return max(pool.map(_copied, pairs))


def _copied(pair: tuple[Bytes, Bytes]) -> float:
    """Copy the first to the second; return the seconds of processor time that it took."""
    began = time.thread_time()
    np.copyto(pair[1], pair[0])  # numpy lets go of the interpreter's lock here
    return time.thread_time() - began
