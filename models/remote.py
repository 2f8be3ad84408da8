"""One OpenAI-compatible server over HTTP: what it serves, how long a prompt is, chat messages to a stream of text.

The only importer of httpx. Knows llama-server, vLLM and llama-cpp-python by what they offer beside the common
interface. Does not know of other servers or of threads (`models.fleet`), nor where its address and key come from.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from models.address import Address, refuse_plain
from models.catalogue import Sampling
from models.chat import Thought, only_thought, without_controls
from models.remote_errors import Refusals
from rag.ports import Message, Piece

CONNECT_SECONDS = 5.0
LOOK_SECONDS = 10.0  # for one health check, all its requests together
LONGEST_LINE = 1_000_000  # bytes of one server-sent event; a token takes about 300
SEED = 20_220  # as in models.generator
# Tokens that a chat template adds, where only the bare text can be counted. ChatML writes 5 a message; the template
# of Llama 3 adds a date of 25 tokens to the first one.
TEMPLATE_TOKENS, MESSAGE_TOKENS = 32, 8
# What servers say when prompt and answer do not fit: vLLM and OpenAI; llama-server; llama-cpp-python
OVERFLOWS = ("maximum context length", "exceeds the available context", "exceed context window", "exceed_context")
# Control tokens of the families in use (ChatML, Llama, Mistral, Gemma, DeepSeek): a server does not tell its own, and
# would obey one that stands in a document.
CONTROLS = re.compile(r"<[|｜][^<>|｜]{1,40}[|｜]>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>|</?think>")
Counting = Literal["vllm", "llama-server", "llama-cpp-python", "none"]
# what those that draw as llama.cpp does call the penalty on repetition; the others know temperature and top_p
REPEAT_PENALTY = {"vllm": "repetition_penalty", "llama-server": "repeat_penalty", "llama-cpp-python": "repeat_penalty"}
COUNTINGS: tuple[Counting, ...] = ("vllm", "llama-server", "llama-cpp-python")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server serves: the `model` as it calls it; its `context` in tokens, None when it does not say; and
    by which interface it counts tokens."""

    model: str
    context: int | None
    counting: Counting


class Server:
    """One server. All its coroutines belong to one event loop. `key`: bearer token, "" for none."""

    def __init__(self, address: Address, key: str = "", *, plain: bool = False) -> None:
        self.url = address.url
        self._address = address
        self._plain = plain
        self._say = Refusals(self.url, key)
        self._client = httpx.AsyncClient(
            headers={"Accept-Encoding": "identity", **({"Authorization": f"Bearer {key}"} if key else {})},
            trust_env=False,  # neither a proxy nor a .netrc of the environment: what is sent goes there alone
            follow_redirects=False,
            verify=ssl.create_default_context(),  # the system's certificates, where an admin adds their own
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),  # silences are watched by the caller
            limits=httpx.Limits(max_keepalive_connections=0),  # a kept one may be dead when it is needed
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def look(self, wanted: str) -> Offer:
        """Return what is served under the name `wanted`, or first when it is "auto".

        Raises:
            Unavailable: if the server cannot be reached, refuses, talks nonsense, or has no such model.
        """
        with self._translated():
            async with asyncio.timeout(LOOK_SECONDS):
                if not self._plain:
                    await asyncio.to_thread(refuse_plain, self._address)
                response = await self._client.get(f"{self.url}/models")
                self._check(response.status_code, response)
                model, context = self._chosen(_json(response.content), wanted)
                for counting in COUNTINGS:
                    if await self._counted(counting, model, (Message("user", "a"),)) is not None:
                        return Offer(model, context or await self._slot_context(), counting)
                return Offer(model, context or await self._slot_context(), "none")

    async def count(self, offer: Offer, messages: Sequence[Message]) -> int | None:
        """Return the length of the prompt in tokens, template included; None where the server cannot say.

        Raises:
            Unavailable: if the server cannot be reached.
        """
        with self._translated():
            async with asyncio.timeout(LOOK_SECONDS):
                return await self._counted(offer.counting, offer.model, messages)

    async def stream(
        self, offer: Offer, messages: Sequence[Message], max_tokens: int, sampling: Sampling
    ) -> AsyncIterator[Piece]:
        """Yield pieces as they come; the last one has a `finish`. Cancelling closes the connection.

        Raises:
            ContextOverflow: if the server says that the prompt does not fit.
            Unavailable: if the server fails in a way that another one might not.
            ModelError: if it refuses the request itself.
        """
        body: dict[str, Any] = {
            "model": offer.model, "messages": _chat(messages), "max_tokens": max_tokens, "stream": True,
            "temperature": sampling.temperature, "top_p": sampling.top_p, "seed": SEED,
        }  # fmt: skip
        if repeat := REPEAT_PENALTY.get(offer.counting):  # strict servers refuse what they do not know
            body |= {"top_k": sampling.top_k, "min_p": sampling.min_p, repeat: sampling.repeat_penalty}
        if offer.counting in ("vllm", "llama-server"):
            body["chat_template_kwargs"] = {"enable_thinking": False}
        with self._translated():
            async with self._client.stream("POST", f"{self.url}/chat/completions", json=body) as response:
                if response.status_code != httpx.codes.OK:
                    await response.aread()
                self._check(response.status_code, response)
                if not response.headers.get("content-type", "").startswith("text/event-stream"):
                    raise self._say.nonsense()
                async for piece in self._pieces(response):
                    yield piece

    async def _pieces(self, response: httpx.Response) -> AsyncIterator[Piece]:
        thought, finish, done = Thought(), None, False
        async for data in _events(response):
            if done := data == "[DONE]":
                break
            event = _json(data)
            if isinstance(event, dict) and "error" in event:
                raise self._say.failed(_said(event))
            text, reason = _delta(event)
            finish = reason or finish
            yield Piece(thought.feed(text))
        if finish is None and not done:
            raise self._say.cut()
        if thought.unfinished:
            raise only_thought(self.url)
        # "content_filter" is the provider's scissors: to the reader the answer is cut
        yield Piece(thought.flush(), "length" if finish in ("length", "content_filter") else "stop")

    async def _counted(self, counting: Counting, model: str, messages: Sequence[Message]) -> int | None:
        root, chat = self._address.root, _chat(messages)
        match counting:
            case "vllm":
                kwargs = {"enable_thinking": False}
                body = {"model": model, "messages": chat, "chat_template_kwargs": kwargs}
                return _number(await self._offered(f"{root}/tokenize", body), "count")
            case "llama-server":
                prompt = (await self._offered(f"{root}/apply-template", {"messages": chat})).get("prompt")
                if not isinstance(prompt, str):
                    return None
                tokens = (await self._offered(f"{root}/tokenize", {"content": prompt, "add_special": True})).get(
                    "tokens"
                )
                return len(tokens) if isinstance(tokens, list) else None
            case "llama-cpp-python":
                text = "\n".join(message.text for message in messages)
                bare = _number(
                    await self._offered(f"{root}/extras/tokenize/count", {"model": model, "input": text}), "count"
                )
                return None if bare is None else bare + TEMPLATE_TOKENS + MESSAGE_TOKENS * len(messages)
            case "none":
                return None

    async def _slot_context(self) -> int | None:
        """Return the context that llama-server gives to one conversation."""
        settings = (await self._offered(f"{self._address.root}/props")).get("default_generation_settings")
        return _number(settings, "n_ctx")

    async def _offered(self, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the server says at an address that not every server has, {} where it has not."""
        response = await self._client.request("GET" if body is None else "POST", url, json=body)
        if response.status_code != httpx.codes.OK:
            return {}
        try:
            reply = json.loads(response.content)
        except (ValueError, RecursionError):
            return {}
        return reply if isinstance(reply, dict) else {}

    def _chosen(self, reply: object, wanted: str) -> tuple[str, int | None]:
        listed = reply.get("data") if isinstance(reply, dict) else None
        if not isinstance(listed, list):
            raise self._say.nonsense()
        models = {str(entry["id"]): entry for entry in listed if isinstance(entry, dict) and "id" in entry}
        for name, entry in models.items():
            if wanted in ("auto", name, name.removesuffix(":latest")):  # Ollama's name for "no version"
                return name, _number(entry, "max_model_len")
        raise self._say.unknown_model(wanted, models)

    def _check(self, status: int, response: httpx.Response) -> None:
        if status == httpx.codes.OK:
            return
        try:
            said = _said(json.loads(response.content))
        except (ValueError, RecursionError):
            said = ""
        if any(mark in said for mark in OVERFLOWS):
            raise self._say.overflow(said)
        raise self._say.status(status, said, response.headers.get("retry-after", ""))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (httpx.ConnectTimeout, TimeoutError) as error:
            raise self._say.unreachable("pas de réponse", "no answer") from error
        except httpx.ConnectError as error:
            raise self._say.unreachable(*[str(error) or type(error).__name__] * 2) from error
        except httpx.HTTPError as error:
            raise self._say.cut() from error
        # not JSON, not UTF-8, JSON a thousand brackets deep, or a line without end
        except (ValueError, RecursionError, httpx.InvalidURL) as error:
            raise self._say.nonsense() from error


async def _events(response: httpx.Response) -> AsyncIterator[str]:
    """Yield the data of each server-sent event.

    Cut at line feeds only: `aiter_lines` also cuts at U+2028 and its like, which JSON may hold as they are.
    """
    held = b""
    async for block in response.aiter_bytes():
        *lines, held = (held + block).split(b"\n")
        if len(held) > LONGEST_LINE:
            raise ValueError("a line without end")
        for line in lines:
            if line.startswith(b"data:"):
                yield line.removeprefix(b"data:").strip().decode()


def _delta(event: object) -> tuple[str, str | None]:
    """Return the text of a chunk and why it ends, if it does. Reasoning is no text: it is not shown."""
    choices = event.get("choices") if isinstance(event, dict) else None
    if not isinstance(choices, list):
        raise ValueError("no choices")
    choice = choices[0] if choices else {}  # a chunk that only counts tokens has none
    delta = choice.get("delta") or {} if isinstance(choice, dict) else None
    if not isinstance(delta, dict):
        raise ValueError("no delta")
    return str(delta.get("content") or ""), choice.get("finish_reason")


def _json(text: bytes | str) -> object:
    return json.loads(text)


def _said(reply: object) -> str:
    """Return the message of an error, whose shape differs from server to server."""
    error = reply.get("error", reply) if isinstance(reply, dict) else reply
    message = error.get("message", error.get("detail", "")) if isinstance(error, dict) else error
    return str(message)


def _number(value: object, name: str) -> int | None:
    number = value.get(name) if isinstance(value, dict) else None
    return number if isinstance(number, int) and number > 0 else None


def _chat(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": without_controls(message.text, CONTROLS)} for message in messages]
