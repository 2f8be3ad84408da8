"""How fast strangers may ask: so many questions a minute from one address. Knows neither pages nor questions."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque

QUESTIONS = 6  # of one address
SECONDS = 60.0  # in so many seconds
ADDRESSES = 5000  # remembered; the one that asked longest ago goes first


class Pace:
    """Counts the questions of each address; may be asked from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    def allows(self, peer: str) -> bool:
        """Count a question and return True, or return False if this address must wait."""
        now = time.monotonic()
        with self._lock:
            times = self._asked.setdefault(peer, deque())
            self._asked.move_to_end(peer)
            while len(self._asked) > ADDRESSES:
                self._asked.popitem(last=False)
            while times and now - times[0] >= SECONDS:
                times.popleft()
            if len(times) >= QUESTIONS:
                return False
            times.append(now)
            return True
