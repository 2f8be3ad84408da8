"""What the page says while a question is under way. Plain text; `ui/view/` makes HTML of it."""

from __future__ import annotations

import math

from ui.exchange import Exchange
from ui.strings import Strings

MINUTES_FROM = 90  # seconds of waiting that are said in minutes


def progress(exchange: Exchange, texts: Strings) -> str:
    """Return the line under a question that has no answer yet."""
    match exchange.phase:
        case "preparing":
            line = texts.not_yet
        case "starting":
            line = texts.starting
        case "waiting":
            return _line_up(exchange, texts)
        case "reading":
            line = texts.reading
        case "writing":
            return texts.provisional
        case _:
            line = texts.searching
    # the first seconds need no clock; after that a still page looks dead
    return f"{line} {texts.seconds.format(seconds=exchange.elapsed)}" if exchange.elapsed >= 2 else line


def _line_up(exchange: Exchange, texts: Strings) -> str:
    line = texts.waiting.format(position=exchange.position)
    if exchange.wait is None:
        return f"{line}…"
    if exchange.wait >= MINUTES_FROM:
        return line + texts.about_minutes.format(minutes=round(exchange.wait / 60))
    # to 5 s, upwards: a count-down by the second promises more than an average of past answers holds
    return line + texts.about_seconds.format(seconds=max(5, 5 * math.ceil(exchange.wait / 5)))
