"""The chat page: Gradio components wired to `ui/chat.py`.

The only module that imports Gradio, and late: that import takes eight seconds, which neither `--help` nor the
message that a port is taken should wait for. It does *not* know how an answer is found, nor what HTML it
becomes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, cast

from rag.errors import GreffierError
from rag.ports import Health
from rag.scope import scope_of
from rag.settings import Settings
from rag.types import Language
from ui.bounds import Leaving, bound
from ui.chat import Chat, View, Visitor
from ui.desk import Desk
from ui.identity import LANGUAGE_COOKIE, member_of
from ui.server import Server
from ui.services import Services
from ui.strings import Strings, strings, typeset
from ui.view import (
    drawer_html,
    footer_html,
    header_html,
    panel_html,
    place_html,
    status_html,
    welcome_html,
)

EXAMPLES = 3
WAITING = 64  # questions that may wait at once; the next one is turned away
STATUS_SECONDS = 1.0  # how often the page asks whether the assistant is ready, until it is
WITHIN = "within"  # names a document or folder there
CONVERSATION = "c"  # names the conversation in the page's address
WANTED = "() => [document.documentElement.dataset.wanted || '']"
Update = dict[str, Any]


def mount(server: Server, desk: Desk, settings: Settings) -> Server:
    """Return the server with the chat page at `/`; not to be called where an event loop runs."""
    return asyncio.run(_mounted(server, desk, settings))


async def _mounted(server: Server, desk: Desk, settings: Settings) -> Server:
    # a coroutine, as Gradio makes an event loop that it never closes for each lock for which it finds none running
    gr = _gradio()
    services: Services = server.state.services
    chat = Chat(
        desk, services.conversations, services.recorder, secretariat=settings.secretariat_email,
        sends=services.recorder.keeps_text, places=services.places,
    )  # fmt: skip
    page = _Page(gr, chat, desk, settings)
    blocks = page.build()
    blocks.queue(max_size=WAITING, default_concurrency_limit=None, api_open=False)
    bound(blocks)
    mounted = gr.mount_gradio_app(
        server, blocks, path="/", theme=_theme(gr), footer_links=[], run_history=False, ssr_mode=False,
        show_error=False, max_file_size=1, allowed_paths=[], enable_monitoring=False, pwa=False, mcp_server=False,
    )  # fmt: skip
    mounted.add_middleware(Leaving, blocks=blocks)
    return cast(Server, mounted)


def _gradio() -> ModuleType:
    import gradio  # noqa: PLC0415 - eight seconds; see the module's docstring

    return gradio


def _theme(gr: ModuleType) -> Any:
    blue, grey = gr.themes.colors.blue, gr.themes.colors.slate
    return gr.themes.Base(
        primary_hue=blue,
        neutral_hue=grey,
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
    )


@dataclass(slots=True)
class _Page:
    """The components of the page and what their events do. `parts` are filled by `build`."""

    gr: ModuleType
    chat: Chat
    desk: Desk
    settings: Settings
    parts: dict[str, Any] = field(default_factory=dict)

    def build(self) -> Any:
        gr, settings, language = self.gr, self.settings, _language(self.settings.language)
        texts = strings(language)
        with gr.Blocks(title=f"{settings.association} · {texts.title}", analytics_enabled=False) as blocks:
            self._html("header", header_html(settings.association, language, None, bool(settings.logo)))
            with gr.Row(elem_id="desk", equal_height=False):
                self._html("list", drawer_html(language, settings.keep_conversations_days))
                with gr.Column(elem_id="talk", scale=3, min_width=300):
                    self._talk(texts)
                self._html("proof", panel_html(language))
            self.parts["timer"] = gr.Timer(STATUS_SECONDS)
            # pressed by the script when another conversation is chosen; it gives the id as the only input
            self.parts["wanted"] = gr.Textbox(visible=False)
            self.parts["open"] = gr.Button("", elem_id="open", visible="hidden")
            self._wire(blocks)
        return blocks

    def _html(self, name: str, value: str = "") -> None:
        self.parts[name] = self.gr.HTML(value, elem_id=name, js_on_load=None, apply_default_css=False)

    def _talk(self, texts: Strings) -> None:
        gr = self.gr
        self._html("status", status_html(None, None, texts.language))
        with gr.Column(elem_id="conversation"):
            self._html("earlier", "")
            self._html("passed", '<div class="past"></div>')  # filled by the script, never by an update
            self._html("current", welcome_html(texts.language))
        with gr.Column(elem_id="examples"):
            for index in range(EXAMPLES):
                self.parts[f"example{index}"] = gr.Button("", visible=False, elem_classes="example")
        with gr.Column(elem_id="ask"):
            self._html("place", place_html("", ""))
            self._html("notice")
            with gr.Row(elem_id="line", equal_height=True):
                self.parts["box"] = gr.Textbox(
                    label=texts.question, placeholder=texts.placeholder, elem_id="question", show_label=False,
                    container=False, lines=1, max_lines=6, autofocus=True, scale=1,
                )  # fmt: skip
                self.parts["send"] = gr.Button(texts.send, variant="primary", elem_id="send", scale=0)
                self.parts["stop"] = gr.Button(texts.stop, variant="stop", elem_id="stop", scale=0, visible=False)
            self._html("footer", footer_html(texts.language))

    def _wire(self, blocks: Any) -> None:
        parts = self.parts

        async def ask(question: str, who: Any) -> AsyncGenerator[list[Update], None]:
            async with contextlib.aclosing(self.chat.ask(self._visitor(who), question)) as views:
                async for update in self._changes(views):
                    yield update

        async def stop(who: Any) -> None:
            self.chat.stop(self._visitor(who))

        async def arrive(who: Any) -> AsyncGenerator[list[Update], None]:
            visitor, within = self._visitor(who), str(dict(who.query_params).get(WITHIN, ""))
            async with contextlib.aclosing(self._opened(visitor, visitor.address, within)) as shown:
                async for update in shown:
                    yield update

        async def open_(wanted: str, who: Any) -> AsyncGenerator[list[Update], None]:
            async with contextlib.aclosing(self._opened(self._visitor(who), wanted)) as shown:
                async for update in shown:
                    yield update

        async def state(who: Any) -> list[Update]:
            return self._state_labels(self._visitor(who))

        # seconds in a large corpus the first time, so that it is no coroutine: Gradio gives it a thread
        def starters(who: Any) -> list[Update]:
            return self._starters(self._visitor(who), str(dict(who.query_params).get(WITHIN, "")))

        async def frame(who: Any) -> list[Update]:
            return self._frame_labels(self._visitor(who))

        shown, state_parts, frame_parts, examples = map(self._outputs, (_SHOWN, _STATE, _FRAME, _EXAMPLES))
        self._on([parts["box"].submit, parts["send"].click], ask, parts["box"], shown)
        for button in examples:
            self._on([button.click], ask, button, shown)
        self._on([parts["stop"].click], stop, None, None, queue=False)
        self._on([parts["open"].click], open_, parts["wanted"], shown, js=WANTED)
        self._on([blocks.load], frame, None, frame_parts, queue=False)
        self._on([blocks.load], arrive, None, shown)
        told = self._on([parts["timer"].tick, blocks.load], state, None, state_parts, queue=False)
        self._then(told, starters, examples)

    async def _opened(self, visitor: Visitor, wanted: str, within: str = "") -> AsyncGenerator[list[Update], None]:
        self.chat.open(visitor, wanted, within)
        async with contextlib.aclosing(self.chat.watch(visitor)) as views:
            async for update in self._changes(views):
                yield update

    async def _changes(self, views: AsyncGenerator[View, None]) -> AsyncGenerator[list[Update], None]:
        """Yield the updates of each view that the one before did not have: Gradio makes a component of each."""
        before: list[Update] = []
        async for view in views:
            shown = self._shown(view)
            yield [self.gr.skip() if update in before[at : at + 1] else update for at, update in enumerate(shown)]
            before = shown

    def _on(
        self,
        triggers: list[Any],
        handler: Callable[..., Any],
        inputs: Any,
        outputs: Any,
        queue: bool = True,
        js: str | None = None,
    ) -> Any:
        once = "once" if js is None else "multiple"
        return self.gr.on(
            triggers, self._requesting(handler), inputs, outputs, queue=queue, trigger_mode=once, js=js, **_QUIET
        )

    def _then(self, event: Any, handler: Callable[..., Any], outputs: Any) -> None:
        event.then(self._requesting(handler), None, outputs, queue=False, **_QUIET)

    def _requesting(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        # Gradio hands the request to parameters of this type; as a late import it cannot stand in a signature
        handler.__annotations__["who"] = self.gr.Request
        return handler

    def _outputs(self, names: tuple[str, ...]) -> list[Any]:
        return [self.parts[name] for name in names]

    def _visitor(self, request: Any) -> Visitor:
        chosen = dict(request.cookies).get(LANGUAGE_COOKIE, self.settings.language)
        named = str(dict(request.query_params).get(CONVERSATION, ""))
        return Visitor(str(request.session_hash), member_of(request.request.scope), _language(chosen), named)

    def _shown(self, view: View) -> list[Update]:
        """Return one update for each of `_SHOWN`."""
        update, skip = self.gr.update, self.gr.skip
        asked = view.busy or bool(view.earlier) or 'class="exchange' in view.current
        return [
            skip() if view.earlier is None else update(value=view.earlier),
            update(value=view.current),
            update(value=view.place),
            update(value=view.notice),
            skip() if view.box is None else update(value=view.box),
            update(visible=not view.busy),
            update(visible=view.busy),
            *(update(elem_classes=["example", "away"] if asked else ["example"]) for _ in _EXAMPLES),
        ]

    def _frame_labels(self, visitor: Visitor) -> list[Update]:
        """Return one update for each of `_FRAME`: what depends on who looks, and in which language."""
        update, settings, language = self.gr.update, self.settings, visitor.language
        texts = strings(language)
        return [
            update(value=header_html(settings.association, language, visitor.member, bool(settings.logo))),
            update(value=drawer_html(language, settings.keep_conversations_days)),
            update(value=panel_html(language)),
            update(label=texts.question, placeholder=texts.placeholder),
            update(value=texts.send),
            update(value=texts.stop),
            update(value=footer_html(language)),
        ]

    def _state_labels(self, visitor: Visitor) -> list[Update]:
        """Return one update for each of `_STATE`; the timer goes on until assistant and language model are there."""
        model, error, health = self._state()
        problem = health.problem if health else None
        status = status_html(
            model, error, visitor.language, problem, self.settings.model_servers, visitor.member.role == "admin"
        )
        awaited = model is None or (health is not None and health.state == "starting")
        return [self.gr.update(value=status), self.gr.update(active=awaited)]

    def _state(self) -> tuple[str | None, GreffierError | None, Health | None]:
        """Return the model, why there is no assistant, and how its model fares."""
        found = self.desk.look()
        if found is None or isinstance(found, GreffierError):
            return None, found, None
        try:
            return found.model, None, found.health()
        except GreffierError as error:
            return None, error, None

    def _starters(self, visitor: Visitor, within: str) -> list[Update]:
        """Return one update for each of `_EXAMPLES`: questions that are answered, or nothing yet."""
        found, update = self.desk.look(), self.gr.update
        questions: tuple[str, ...] = ()
        if found is not None and not isinstance(found, GreffierError):
            with contextlib.suppress(GreffierError):  # the status says what is wrong with the store
                questions = found.examples(EXAMPLES, visitor.member.groups, scope_of(within))
        # made from the corpus, which is French whatever the page's language
        shown = [*(typeset(question, "fr") for question in questions), *[""] * EXAMPLES][:EXAMPLES]
        return [update(value=question, visible=bool(question)) for question in shown]


_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
_EXAMPLES = tuple(f"example{index}" for index in range(EXAMPLES))
_SHOWN = ("earlier", "current", "place", "notice", "box", "send", "stop", *_EXAMPLES)
_STATE = ("status", "timer")
_FRAME = ("header", "list", "proof", "box", "send", "stop", "footer")


def _language(text: str) -> Language:
    return "en" if text == "en" else "fr"
