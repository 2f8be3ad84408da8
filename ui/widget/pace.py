"""How fast strangers may ask: so many questions a minute from one address, and so many with one token.

Knows neither pages nor questions.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict, deque

QUESTIONS = 6  # of one address
TOKEN_QUESTIONS = 30  # with one token, from however many addresses
SECONDS = 60.0  # in so many seconds
KEYS = 5000  # addresses or tokens remembered; the one that asked longest ago goes first
HOME = 64  # bits of an IPv6 address that are one house's; the rest its owner picks at will


class Pace:
    """Counts the questions of each key; may be asked from any thread."""

    def __init__(self, questions: int = QUESTIONS) -> None:
        self._questions = questions
        self._lock = threading.Lock()
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    def allows(self, key: str) -> bool:
        """Count a question and return True, or return False if this key must wait."""
        now = time.monotonic()
        with self._lock:
            times = self._asked.setdefault(key, deque())
            self._asked.move_to_end(key)
            while len(self._asked) > KEYS:
                self._asked.popitem(last=False)
            while times and now - times[0] >= SECONDS:
                times.popleft()
            if len(times) >= self._questions:
                return False
            times.append(now)
            return True


def house_of(peer: str) -> str:
    """Return what the addresses of one household share: an IPv4 address whole, of an IPv6 address its network."""
    try:
        found = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.IPv6Network((found, HOME), strict=False))
    return str(found)
