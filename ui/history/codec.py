"""An answer to JSON and back, without loss: what a reopened conversation is drawn from.

Driven by the field types of `rag.types`, so that a new field with a default needs nothing here and an answer stored
before it still opens. Pages, which many sentences share, are written once. This module does *not* know where the
text is kept.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast

from rag.types import PageRef

Json = Any
Value = TypeVar("Value")


class Unreadable(Exception):
    """A stored answer that this version cannot read."""


def encode(value: object) -> str:
    """Return a value made of frozen dataclasses, an `Answer` above all, as one line of JSON."""
    pages: dict[PageRef, int] = {}
    body = _plain(value, pages)
    written = [_plain_fields(page, pages) for page in pages]
    return json.dumps({"pages": written, "value": body}, ensure_ascii=False, separators=(",", ":"))


def decode(text: str, kind: type[Value]) -> Value:
    """Return the value of class `kind` that `encode` wrote.

    Raises:
        Unreadable: if it is not such a text, or lacks what this version needs.
    """
    try:
        stored = json.loads(text)
        pages = [cast(PageRef, _made(PageRef, page, [])) for page in stored["pages"]]
        return cast(Value, _made(kind, stored["value"], pages))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise Unreadable(str(error)) from error


def _plain(value: object, pages: dict[PageRef, int]) -> Json:
    if isinstance(value, PageRef):
        return pages.setdefault(value, len(pages))
    if dataclasses.is_dataclass(value):
        return _plain_fields(value, pages)
    if isinstance(value, tuple):
        return [_plain(item, pages) for item in value]
    return value


def _plain_fields(value: Any, pages: dict[PageRef, int]) -> Json:
    return {field.name: _plain(getattr(value, field.name), pages) for field in dataclasses.fields(value)}


def _value(kind: Any, stored: Json, pages: list[PageRef]) -> object:
    origin = typing.get_origin(kind)
    if origin in (Union, types.UnionType):  # only `X | None` stands in `rag.types`
        if stored is None:
            return None
        return _value(next(part for part in typing.get_args(kind) if part is not type(None)), stored, pages)
    if origin is tuple:
        if not isinstance(stored, list):
            raise TypeError(f"a list was expected, not {stored!r}")
        parts = typing.get_args(kind)
        parts = (parts[0],) * len(stored) if parts[1:] == (...,) else parts
        return tuple(_value(part, item, pages) for part, item in zip(parts, stored, strict=True))
    if origin is Literal:
        if stored not in typing.get_args(kind):
            raise ValueError(f"{stored!r} is none of {typing.get_args(kind)}")
        return stored
    if kind is PageRef:
        return pages[stored]
    if dataclasses.is_dataclass(kind):
        return _made(kind, stored, pages)
    if not isinstance(stored, kind) and not (kind is float and isinstance(stored, int)):
        raise TypeError(f"{kind} was expected, not {stored!r}")
    return stored


def _made(kind: Any, stored: Json, pages: list[PageRef]) -> object:
    return kind(**{name: _value(_types(kind)[name], value, pages) for name, value in stored.items()})


@cache
def _types(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)
