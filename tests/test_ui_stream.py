"""What stands between the page and the assistant: a stream that ticks, a desk that opens."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator

import pytest

from rag.errors import GreffierError
from tests.chatting import until
from ui.desk import Assistant, Desk
from ui.stream import stream


def test_a_silent_stream_still_ticks() -> None:
    release = threading.Event()

    def slow() -> Iterator[int]:
        release.wait(5)
        yield 1

    async def collect() -> list[int | None]:
        values: list[int | None] = []
        async for value in stream(slow, threading.Event(), tick=0.02):
            values.append(value)
            if len(values) == 3:
                release.set()
        return values

    values = asyncio.run(collect())
    assert values[:3] == [None, None, None] and values[-1] == 1


def test_a_stream_s_error_reaches_the_reader() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise GreffierError("cassé", "broken")

    async def collect() -> None:
        async for _ in stream(failing, threading.Event(), tick=1):
            pass

    with pytest.raises(GreffierError, match="cassé"):
        asyncio.run(collect())


def test_the_desk_reports_an_unforeseen_failure(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Assistant:
        raise ImportError("no such library")

    desk = Desk(broken)

    async def look() -> None:
        await until(lambda: desk.look() is not None)

    with caplog.at_level(logging.ERROR):
        asyncio.run(look())
    found = desk.look()
    assert isinstance(found, GreffierError)
    assert "ImportError" in found.fr and "no such library" in caplog.text
