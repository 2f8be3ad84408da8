"""From OpenAI's messages to a question, and from an answer to OpenAI's completion. Pure.

What an answer cites stands in `annotations` without its text, and whole in the extension field `greffier`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from rag import as_json
from rag.errors import QuestionError
from rag.types import Answer, Turn
from ui.api.forms import Chat, ChatMessage

MODEL = "greffier"
Json = dict[str, Any]
_READ = frozenset({"messages", "model", "stream", "n"})
_NUMBER = re.compile(r"\[(\d+)\]")


def question_of(chat: Chat) -> tuple[str, tuple[Turn, ...], list[str]]:
    """Return the question, the turns before it, and what of the request was not read.

    Raises:
        QuestionError: if there is no message of a user.
    """
    places = [place for place, message in enumerate(chat.messages) if message.role == "user"]
    if not places:
        raise QuestionError(
            "Il n'y a pas de question : envoyez un message dont le rôle est « user ».",
            "There is no question: send a message with the role “user”.",
        )
    before = [message for message in chat.messages[: places[-1]] if message.role in ("user", "assistant")]
    history = tuple(
        Turn("user" if message.role == "user" else "assistant", text) for message in before if (text := _text(message))
    )
    unread = {message.role for message in chat.messages} - {"user", "assistant"}
    fields = set(chat.model_extra or {}) - _READ
    ignored = [f"messages:{role}" for role in sorted(unread)] + sorted(fields)
    return _text(chat.messages[places[-1]]), history, ignored


def completion(answer: Answer, id_: str, created: int, base: str, ignored: Sequence[str]) -> Json:
    """Return the whole reply; `base` is the address of this server."""
    message = {"role": "assistant", "content": answer.text, "refusal": None, "annotations": cited_at(answer, base)}
    choice = {"index": 0, "message": message, "finish_reason": _finish(answer), "logprobs": None}
    return {
        "id": id_, "object": "chat.completion", "created": created, "model": MODEL, "choices": [choice],
        "greffier": {**as_json.answer(answer), "ignored": list(ignored)},
    }  # fmt: skip


def chunk(id_: str, created: int, delta: Json, finish: str | None = None, greffier: Json | None = None) -> Json:
    """Return one piece of a streamed reply."""
    made: Json = {
        "id": id_, "object": "chat.completion.chunk", "created": created, "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}],
    }  # fmt: skip
    return made if greffier is None else {**made, "greffier": greffier}


def last_chunks(answer: Answer, id_: str, created: int, base: str, ignored: Sequence[str]) -> list[Json]:
    """Return the chunks of a finished answer: its sentences, then its citations and why it ends."""
    pieces = re.findall(r".+?(?:\[\d+\](?=\s)\s*|$)", answer.text, re.DOTALL)
    told = {**as_json.answer(answer), "ignored": list(ignored)}
    return [
        *(chunk(id_, created, {"content": piece}) for piece in pieces),
        chunk(id_, created, {"annotations": cited_at(answer, base)}, _finish(answer), told),
    ]


def cited_at(answer: Answer, base: str) -> list[Json]:
    """Return where the text cites what: OpenAI's `url_citation`, which leads to the page of the document."""
    cited = {citation.number: citation.sentence.page for citation in answer.citations}
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": found.start(),
                "end_index": found.end(),
                "title": page.source.title or page.source.path,
                "url": f"{base}/document/{quote(page.source.path)}#page={page.number}",
            },
        }
        for found in _NUMBER.finditer(answer.text)
        if (page := cited.get(int(found[1]))) is not None
    ]


def _finish(answer: Answer) -> str:
    return "length" if answer.truncated else "stop"


def _text(message: ChatMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    parts = [part.get("text") for part in message.content or [] if part.get("type") == "text"]
    return "\n".join(text for text in parts if isinstance(text, str))
