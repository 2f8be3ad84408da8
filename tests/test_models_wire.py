"""Messages between two processes: whole, in order, and nothing else gets through."""

import json
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.wire import (
    LENGTH,
    MOST_BYTES,
    Alive,
    Began,
    Counted,
    Failed,
    Load,
    Message,
    Ready,
    Stop,
    Wire,
    Write,
    Wrote,
)

TEXT = st.text(max_size=200)
MESSAGES = st.one_of(
    st.just(Alive()),
    st.builds(Ready, st.integers(0, 10**6)),
    st.builds(Counted, st.integers(1), st.integers(0)),
    st.builds(Began, st.integers(1), st.integers(1)),
    st.builds(Wrote, st.integers(1), TEXT, st.sampled_from([None, "stop", "length"])),
    st.builds(Failed, st.integers(0), TEXT, TEXT, st.booleans()),
    st.builds(Stop, st.integers(1)),
)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, Wire]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, Wire(theirs)


@given(st.lists(MESSAGES, max_size=10))
def test_messages_arrive_as_they_were_sent(messages: list[Message]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender, receiver = Wire(ours), Wire(theirs)
        for message in messages:
            sender.send(message)
        assert [receiver.receive(1) for _ in messages] == messages


def test_prompts_and_orders_to_load_arrive_too(ends: tuple[socket.socket, Wire]) -> None:
    sender = Wire(ends[0])
    load = Load("/m.gguf", "m", 4096, 2, 0, (0.1, 0.9, 40, 0.05, 1.0), "Réponds.", "")
    sender.send(load)
    sender.send(Write(3, (("user", "É" * 100_000),), 5))
    received, written = ends[1].receive(1), ends[1].receive(1)
    assert isinstance(received, Load) and (received.instructions, list(received.sampling)) == (
        "Réponds.", list(load.sampling),
    )  # fmt: skip
    assert isinstance(written, Write) and list(written.messages[0]) == ["user", "É" * 100_000]


def test_a_message_that_comes_in_parts_is_waited_for_and_kept(ends: tuple[socket.socket, Wire]) -> None:
    end, wire = ends
    content = json.dumps({"kind": "Ready", "context": 7}).encode()
    whole = LENGTH.pack(len(content)) + content
    end.sendall(whole[:10])
    with pytest.raises(TimeoutError):
        wire.receive(0.05)
    threading.Timer(0.05, end.sendall, [whole[10:]]).start()
    assert wire.receive(5) == Ready(7)


def test_the_other_side_s_end_is_noticed(ends: tuple[socket.socket, Wire]) -> None:
    ends[0].close()
    with pytest.raises(EOFError):
        ends[1].receive(1)


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[1]", b"{}", b"\xff", b'{"kind": "Nothing"}', b'{"kind": "Ready"}', b'{"kind": ["Ready"]}',
     b'{"kind": "Ready", "context": 1, "more": 2}', b"[" * 100_000,
     b'{"kind": "Ready", "context": "4096"}', b'{"kind": "Ended", "call": [1]}',
     b'{"kind": "Wrote", "call": 1, "text": 5, "finish": null}', b'{"kind": "Began", "call": true, "batches": 1}'],
)  # fmt: skip
def test_what_is_no_message_is_refused(ends: tuple[socket.socket, Wire], content: bytes) -> None:
    ends[0].sendall(LENGTH.pack(len(content)) + content)
    with pytest.raises(ValueError):
        ends[1].receive(1)


def test_an_endless_message_is_refused_before_it_is_read(ends: tuple[socket.socket, Wire]) -> None:
    ends[0].sendall(LENGTH.pack(MOST_BYTES + 1))
    with pytest.raises(ValueError, match="bytes"):
        ends[1].receive(1)
