"""Stops llama.cpp inside one call, from another thread.

llama.cpp asks a C function, before each of the some twenty operations of a layer, whether it should give up. A Python
function there costs 0.25 µs each time, while all other cores wait: 1.5 % of a small model's speed on a large machine.
So the function is C's own `strlen`, which says "yes" (not 0) once the text that it is pointed at is no longer empty.
Knows no model.
"""

from __future__ import annotations

import ctypes
from typing import Any


class Brake:
    """Pressed by one thread, felt by the native call of another. Released at first."""

    def __init__(self) -> None:
        self._text = ctypes.create_string_buffer(2)

    @property
    def pressed(self) -> bool:
        """Whether the work under way should be given up."""
        return bool(self._text.value)

    def press(self) -> None:
        """Have the work under way given up: at the next operation on a CPU, at the next batch on a GPU."""
        self._text.value = b"x"

    def release(self) -> None:
        """Let work go on."""
        self._text.value = b""

    def connect(self, library: Any, context: Any) -> None:
        """Have the llama.cpp `context` obey; the brake must live as long as that."""
        question = ctypes.cast(ctypes.CDLL(None).strlen, library.ggml_abort_callback)
        library.llama_set_abort_callback(context, question, ctypes.cast(self._text, ctypes.c_void_p))
