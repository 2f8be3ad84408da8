"""What programs send, as pydantic checks it and as the OpenAPI document shows it. No behaviour."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def writable(text: str) -> str:
    """Return `text`. Raises ValueError if it holds half a character ("\\ud800"), which nothing can write down."""
    text.encode("utf-8")
    return text


Text = Annotated[str, AfterValidator(writable)]

Language = Literal["fr", "en"]


class Message(BaseModel):
    """An earlier message of the conversation; roles other than user and assistant are not read."""

    role: Text
    content: Text


class Ask(BaseModel):
    """A question."""

    question: Text = Field(description="the question, in French")
    history: list[Message] = Field(default=[], description="earlier messages, oldest first; the last 80 are read")
    language: Language | None = Field(default=None, description="language of what Greffier itself says")
    scope: Text = Field(default="", description="path of the document or folder to answer from; empty: all")
    stream: bool = Field(default=False, description="send the events as they come (text/event-stream)")


class Search(BaseModel):
    """A search without an answer."""

    question: Text
    k: Annotated[int, Field(ge=1, le=50)] = 10
    scope: Text = ""


class ChatMessage(BaseModel):
    """A message in OpenAI's form; content may come in parts, of which the texts are read."""

    model_config = ConfigDict(extra="ignore")

    role: Text
    content: Text | list[dict[str, Any]] | None = None


class Chat(BaseModel):
    """A request of OpenAI's chat completions; fields that stand not here are not read, and named in the answer."""

    model_config = ConfigDict(extra="allow")

    messages: list[ChatMessage]
    model: Text = "greffier"
    stream: bool = False
    n: int = 1
