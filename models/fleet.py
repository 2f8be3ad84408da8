"""The `rag.ports.Generator` whose model runs on other machines: which server answers, and what if one fails.

One thread runs an event loop with all connections: the server that is least busy writes; one that fails before its
first word is replaced by the next; each is looked at in the background. Does not know HTTP (`models.remote`).
"""

from __future__ import annotations

import asyncio
import logging
import queue
import re
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from time import monotonic
from typing import Any, TypeVar

from models.catalogue import Sampling
from models.remote import MESSAGE_TOKENS, TEMPLATE_TOKENS, Offer, Server
from models.remote_errors import Refusals, Unavailable
from rag.errors import ContextOverflow, ModelError
from rag.ports import Health, Message, Piece

LOG = logging.getLogger(__name__)
T = TypeVar("T")
POLL = 0.25  # seconds without news after which the caller gets the chance to leave
TOKEN_SECONDS = 30.0  # longest silence once the answer has begun
TICK = 0.25  # between two looks at who must be looked at
HEALTHY_SECONDS = 30.0  # between two looks at a server that serves
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # before looking again at one that failed; doubles
AUTO = "auto"
_LETTERS = re.compile(r"[^\W\d_]|\s")


class Post:
    """One server as the fleet sees it. Guarded by the fleet's lock."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.offer: Offer | None = None  # None: it does not serve
        self.problem: ModelError | None = None
        self.failures = 0  # since the last answer, or the second look in a row that went well
        self.due = 0.0  # `monotonic()` of the next look
        self.calls = 0


class RemoteGenerator:
    """A chat model that `servers` offer; several calls at once. `wanted`: its name there, "auto" for the first.

    `context`: most tokens that prompt and answer may have together, less where a server says so. `patience`: seconds
    until the first word. `sampling` returns how tokens are drawn, by the model's name on the server. Looks at all
    servers before it returns, and raises nothing: `health` says what is wrong.
    """

    def __init__(
        self,
        servers: Sequence[Server],
        *,
        wanted: str = AUTO,
        context: int = 4096,
        patience: float = 120.0,
        sampling: Callable[[str], Sampling] = lambda _: Sampling(),
    ) -> None:
        self._posts = [Post(server) for server in servers]
        self._name = wanted
        self._context = context
        self._patience = patience
        self._sampling = sampling
        self._lock = threading.Lock()  # guards the posts and all below
        self._health = Health("failed", monotonic())
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model-servers", daemon=True)
        self._thread.start()
        self._run(self._look_at_all()).result()
        self._watch = self._run(self._look_for_ever())

    @property
    def id(self) -> str:
        """Name of the model, as shown to the reader."""
        with self._lock:
            offers = [post.offer for post in self._posts if post.offer]
        if self._name != AUTO or not offers:
            return self._name
        return offers[0].model.rpartition("/")[2] if offers[0].model.startswith("/") else offers[0].model

    @property
    def context_tokens(self) -> int:
        """Room for prompt and answer together: of the smallest server, since any may answer."""
        with self._lock:
            told = [post.offer.context for post in self._posts if post.offer and post.offer.context]
        return min([self._context, *told])

    def health(self) -> Health:
        """Return how the servers fare together: "failed" when none serves."""
        with self._lock:
            return self._health

    def close(self) -> None:
        """Close all connections and end the thread."""
        self._watch.cancel()
        with suppress(CancelledError):
            self._watch.result()
        self._run(self._close_all()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the length of the prompt, template included: counted by a server, or else not underestimated."""
        with self._lock:
            post = next((post for post in self._posts if post.offer), None)
            offer = post.offer if post else None
        if post is not None and offer is not None:
            try:
                counted = self._run(post.server.count(offer, messages)).result()
            except Unavailable as error:
                self._failed(post, error)
            else:
                if counted is not None:
                    return counted
        return at_most(messages)

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[Piece]:
        """Yield pieces as they come, at least four a second, some without text; closing the iterator hangs up.

        Raises:
            ContextOverflow: if prompt and `max_tokens` do not fit into the context.
            ModelError: if no server can answer, or one fails after its first word.
        """
        if (tokens := self.count_tokens(messages)) + max_tokens > self.context_tokens:
            raise ContextOverflow(
                f"La question et ses extraits font {tokens} unités ; avec {max_tokens} pour la réponse, cela dépasse "
                f"les {self.context_tokens} du serveur. Augmentez context_tokens ou réduisez evidence_passages.",
                f"The question and its passages are {tokens} tokens; with {max_tokens} for the answer that is more "
                f"than the server's {self.context_tokens}. Raise context_tokens or lower evidence_passages.",
            )
        tried: list[Post] = []
        while True:
            post, offer = self._take(tried)
            begun = False
            try:
                for piece in self._pieces(post.server, offer, messages, max_tokens):
                    begun = begun or bool(piece.text)
                    yield piece
                self._succeeded(post)
                return
            except Unavailable as error:
                self._failed(post, error)
                tried.append(post)
                if begun or not self._others(tried):
                    raise
            finally:
                self._leave(post)

    def _pieces(self, server: Server, offer: Offer, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        pieces: queue.SimpleQueue[Piece | None] = queue.SimpleQueue()

        async def listen() -> None:
            async for piece in server.stream(offer, messages, max_tokens, self._sampling(offer.model)):
                pieces.put(piece)

        future = self._run(listen())
        future.add_done_callback(lambda _: pieces.put(None))
        limit, heard = self._patience, monotonic()
        try:
            while True:
                try:
                    piece = pieces.get(timeout=POLL)
                except queue.Empty:
                    if monotonic() - heard > limit:
                        raise Refusals(server.url, "").silent(limit) from None
                    yield Piece("")
                    continue
                if piece is None:
                    future.result()  # raises what went wrong
                    return
                limit, heard = min(self._patience, TOKEN_SECONDS), monotonic()
                yield piece
        finally:
            future.cancel()  # closes the connection, by which a server knows that nobody reads any more

    def _take(self, tried: Sequence[Post]) -> tuple[Post, Offer]:
        """Choose the server that is least busy, the first of the settings among equals.

        Raises:
            ModelError: if none serves.
        """
        with self._lock:
            serving = [(post, post.offer) for post in self._posts if post.offer and post not in tried]
            if not serving:
                problem = next((post.problem for post in self._posts if post.problem), None)
                raise problem or Refusals(self._posts[0].server.url, "").cut()  # they came back, but were tried
            post, offer = min(serving, key=lambda pair: pair[0].calls)
            post.calls += 1
            self._judge()
            return post, offer

    def _leave(self, post: Post) -> None:
        with self._lock:
            post.calls -= 1
            self._judge()

    def _others(self, tried: Sequence[Post]) -> bool:
        with self._lock:
            return any(post.offer and post not in tried for post in self._posts)

    def _succeeded(self, post: Post) -> None:
        with self._lock:
            post.failures = 0

    def _failed(self, post: Post, error: ModelError) -> None:
        with self._lock:
            if post.offer is None and post.due > monotonic():
                return  # another call found it out before
            if post.problem is None:
                LOG.warning("%s", error)
            post.offer, post.problem = None, error
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**post.failures)
            post.failures = min(post.failures + 1, 10)
            post.due = monotonic() + max(pause, min(LONGEST_PAUSE, getattr(error, "pause", 0.0)))
            self._judge()

    def _serves(self, post: Post, offer: Offer) -> None:
        with self._lock:
            if post.problem is not None:
                LOG.warning("%s : de nouveau disponible", post.server.url)
            elif post.offer is not None:
                post.failures = 0  # it has served for a while
            post.offer, post.problem = offer, None
            post.due = monotonic() + HEALTHY_SECONDS
            self._judge()

    def _judge(self) -> None:
        """Keep the state of the whole, and since when it is so. With the lock held."""
        if not any(post.offer for post in self._posts):
            problem = next((post.problem for post in self._posts if post.problem), None)
            if self._health.state != "failed" or self._health.problem != problem:
                self._health = Health("failed", monotonic(), problem)
            return
        busy = any(post.calls for post in self._posts)
        if self._health.state != ("busy" if busy else "ready"):
            self._health = Health("busy" if busy else "ready", monotonic())

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            await self._look_at_all()

    async def _look_at_all(self) -> None:
        now = monotonic()
        # one that writes for us serves, though some of them answer nothing else meanwhile
        due = [post for post in self._posts if post.due <= now and not (post.offer and post.calls)]
        await asyncio.gather(*(self._look(post) for post in due))

    async def _look(self, post: Post) -> None:
        try:
            offer = await post.server.look(self._name)
        except ModelError as error:
            self._failed(post, error)
        else:
            self._serves(post, offer)

    async def _close_all(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for post in self._posts:
            await post.server.close()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)


def at_most(messages: Sequence[Message]) -> int:
    """Return a number of tokens that a prompt of European text does not exceed, template included.

    Two bytes of letters and spaces a token, one of anything else: many vocabularies have a token a digit.
    """
    total = TEMPLATE_TOKENS
    for message in messages:
        soft = "".join(_LETTERS.findall(message.text))
        hard = len(message.text.encode("utf-8", "replace")) - len(soft.encode("utf-8", "replace"))
        total += MESSAGE_TOKENS + hard + -(-len(soft.encode("utf-8", "replace")) // 2)
    return total
