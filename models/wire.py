"""What Greffier and its inference process say to each other: JSON objects, each behind its length, over a socket pair.

Every message is one of the frozen values below; anything else closes the conversation. JSON, because the other side
has read a file that somebody downloaded: what it sends may be wrong, and must not become code. Knows neither models
nor processes.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from typing import Any, Literal

LENGTH = struct.Struct("!I")
MOST_BYTES = 16_000_000  # a prompt that fills the longest context there is (a million tokens) has 4 MB
SEND_SECONDS = 10.0  # a side that reads nothing for so long is gone; the socket's buffer takes 200 kB before that


@dataclass(frozen=True, slots=True)
class Load:
    """To the process, first and once: which weights, and how. `instructions` is the text that opens each prompt;
    `state` is the file in which its evaluation is kept between runs, "" for nowhere. `sampling` is the fields of
    `models.catalogue.Sampling` in their order; `batch`: tokens read at once, 0 for the usual number;
    `ahead`: tokens guessed, 0 for none."""

    file: str
    name: str
    context: int
    threads: int
    gpu_layers: int
    sampling: tuple[float, ...]
    instructions: str
    state: str
    batch: int = 0
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """To the process: how many tokens are these messages (role, text)?"""

    call: int
    messages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Write:
    """To the process: answer these messages (role, text)."""

    call: int
    messages: tuple[tuple[str, str], ...]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Stop:
    """To the process: nobody waits for this call any more."""

    call: int


@dataclass(frozen=True, slots=True)
class Alive:
    """From the process, about once a second when there is nothing else to say."""


@dataclass(frozen=True, slots=True)
class Ready:
    """From the process: the weights are loaded; `context` is the room for prompt and answer in tokens."""

    context: int


@dataclass(frozen=True, slots=True)
class Counted:
    """From the process: the answer to `Count`."""

    call: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Began:
    """From the process: it reads the prompt, and will be heard again after `batches` batches at the latest."""

    call: int
    batches: int


@dataclass(frozen=True, slots=True)
class Wrote:
    """From the process: a piece of the answer; "" after a batch of the prompt, or a token that is not shown."""

    call: int
    text: str
    finish: Literal["stop", "length"] | None


@dataclass(frozen=True, slots=True)
class Ended:
    """From the process: nothing more comes of this call, which was finished or stopped."""

    call: int


@dataclass(frozen=True, slots=True)
class Failed:
    """From the process: this call failed, or with `call` 0 the load; `overflow` marks a `ContextOverflow`."""

    call: int
    fr: str
    en: str
    overflow: bool = False


Message = Load | Count | Write | Stop | Alive | Ready | Counted | Began | Wrote | Ended | Failed
KINDS: dict[str, Any] = {
    kind.__name__: kind for kind in (Load, Count, Write, Stop, Alive, Ready, Counted, Began, Wrote, Ended, Failed)
}
# Types of fields that are checked: who keeps calls by number must not be handed a list.
_PLAIN: dict[str, type] = {"int": int, "str": str, "bool": bool}


class Wire:
    """One end of the conversation. Any thread may send; one thread receives."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._end.settimeout(SEND_SECONDS)
        self._sending = threading.Lock()
        self._heard = bytearray()
        self._poll = select.poll()
        self._poll.register(end, select.POLLIN)

    def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            OSError: if the other side is gone, or has read nothing for ten seconds (`TimeoutError`).
        """
        content = json.dumps({"kind": type(message).__name__, **asdict(message)}, ensure_ascii=False).encode()
        with self._sending:
            self._end.sendall(LENGTH.pack(len(content)) + content)

    def receive(self, seconds: float) -> Message:
        """Return the next message.

        Raises:
            TimeoutError: if none was complete after `seconds`; what has come of it is kept.
            EOFError: if the other side is gone.
            ValueError: if what it says is no message.
            OSError: if the socket fails.
        """
        until = time.monotonic() + seconds
        while (message := self._take()) is None:
            left = until - time.monotonic()
            if left <= 0 or not self._poll.poll(left * 1000):
                raise TimeoutError(f"no message in {seconds} s")
            received = self._end.recv(65_536)
            if not received:
                raise EOFError
            self._heard += received
        return message

    def close(self) -> None:
        """Close this end; the other side notices."""
        self._end.close()

    def _take(self) -> Message | None:
        if len(self._heard) < LENGTH.size:
            return None
        (size,) = LENGTH.unpack_from(self._heard)
        if size > MOST_BYTES:
            raise ValueError(f"a message of {size} bytes")
        end = LENGTH.size + size
        if len(self._heard) < end:
            return None
        content, self._heard = bytes(self._heard[LENGTH.size : end]), self._heard[end:]
        return _decode(content)


def _decode(content: bytes) -> Message:
    try:
        fields = json.loads(content)
        message: Message = KINDS[fields.pop("kind")](**fields)
        for field in dataclass_fields(message):
            expected = _PLAIN.get(str(field.type))
            if expected is not None and type(getattr(message, field.name)) is not expected:
                raise TypeError(field.name)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no message: {content[:100]!r}") from error
    return message
