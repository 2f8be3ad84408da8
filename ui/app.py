"""The chat page: Gradio components wired to `ui/chat.py`.

The only module that imports Gradio, and late: that import takes eight seconds, which neither `--help` nor the
message that a port is taken should wait for. It does *not* know how an answer is found, nor what HTML it
becomes.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, MutableMapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, cast

from rag.errors import GreffierError
from rag.settings import Settings
from rag.types import Language
from ui.chat import Chat, View
from ui.desk import Desk
from ui.server import Server
from ui.strings import strings, typeset
from ui.view import footer_html, header_html, panel_html, status_html

EXAMPLES = 3
WAITING = 64  # questions that may wait at once; the next one is turned away
STATUS_SECONDS = 1.0  # how often the page asks whether the assistant is ready, until it is
Update = dict[str, Any]


def prepare_environment(environ: MutableMapping[str, str]) -> None:
    """Switch off what Gradio would do on its own: look outside, keep questions in the browser, run Node.

    Must be called before the first import of Gradio, which reads these once.
    """
    environ.update(
        GRADIO_ANALYTICS_ENABLED="False",
        GRADIO_RUN_HISTORY="False",
        GRADIO_SSR_MODE="False",
        GRADIO_MCP_SERVER="False",
        HF_HUB_OFFLINE="1",
    )


def mount(server: Server, desk: Desk, settings: Settings) -> Server:
    """Return the server with the chat page at `/`."""
    gr = _gradio()
    language: Language = "en" if settings.language == "en" else "fr"
    page = _Page(gr, Chat(desk, language), desk, settings, language)
    blocks = page.build()
    blocks.queue(max_size=WAITING, default_concurrency_limit=None, api_open=False)
    mounted = gr.mount_gradio_app(
        server, blocks, path="/", theme=_theme(gr), footer_links=[], run_history=False, ssr_mode=False,
        show_error=False, max_file_size=1, allowed_paths=[], enable_monitoring=False, pwa=False, mcp_server=False,
    )  # fmt: skip
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
    language: Language
    parts: dict[str, Any] = field(default_factory=dict)

    def build(self) -> Any:
        gr, texts = self.gr, strings(self.language)
        with gr.Blocks(title=f"{self.settings.association} · {texts.title}", analytics_enabled=False) as blocks:
            with gr.Row(elem_id="top"):
                self._html("header", header_html(self.settings.association, self.language))
                self.parts["language"] = gr.Button(texts.other_language, elem_id="language", size="sm", scale=0)
            self._html("status", status_html(None, None, self.language))
            with gr.Row(elem_id="desk", equal_height=False):
                with gr.Column(elem_id="talk", scale=3, min_width=300):
                    self._talk()
                with gr.Column(elem_id="proof", scale=2, min_width=300):
                    self._html("panel", panel_html(self.language))
            self.parts["timer"] = gr.Timer(STATUS_SECONDS)
            self._wire(blocks)
        return blocks

    def _html(self, name: str, value: str = "") -> None:
        self.parts[name] = self.gr.HTML(value, elem_id=name, js_on_load=None, apply_default_css=False)

    def _talk(self) -> None:
        gr, texts, view = self.gr, strings(self.language), self.chat.show("")
        with gr.Column(elem_id="conversation"):
            self._html("earlier", view.earlier or "")
            self._html("current", view.current)
        with gr.Column(elem_id="examples"):
            for index in range(EXAMPLES):
                self.parts[f"example{index}"] = gr.Button("", visible=False, elem_classes="example")
        with gr.Column(elem_id="ask"):
            self._html("notice")
            with gr.Row(elem_id="line", equal_height=True):
                self.parts["box"] = gr.Textbox(
                    label=texts.question, placeholder=texts.placeholder, elem_id="question", show_label=False,
                    container=False, lines=1, max_lines=6, autofocus=True, scale=1,
                )  # fmt: skip
                self.parts["send"] = gr.Button(texts.send, variant="primary", elem_id="send", scale=0)
                self.parts["stop"] = gr.Button(texts.stop, variant="stop", elem_id="stop", scale=0, visible=False)
        with gr.Row(elem_id="under"):
            self._html("footer", footer_html(self.language))
            self.parts["clear"] = gr.Button(texts.clear, size="sm", elem_id="clear", scale=0, visible=False)

    def _wire(self, blocks: Any) -> None:
        parts = self.parts

        async def ask(question: str, who: Any) -> AsyncGenerator[list[Update], None]:
            async with contextlib.aclosing(self.chat.ask(_key(who), question)) as views:
                async for view in views:
                    yield self._shown(view)

        async def stop(who: Any) -> None:
            self.chat.stop(_key(who))

        async def clear(who: Any) -> list[Update]:
            return self._shown(self.chat.clear(_key(who)))

        async def show(who: Any) -> list[Update]:
            return self._labels(self.chat.conversation(_key(who)).language)

        async def switch(who: Any) -> list[Update]:
            language = self.chat.switch_language(_key(who))
            return [*self._labels(language), *self._shown(self.chat.show(_key(who)))]

        shown, labels = self._outputs(_SHOWN), self._outputs(_LABELS)
        examples = self._outputs(_EXAMPLES)
        self._on([parts["box"].submit, parts["send"].click], ask, parts["box"], shown)
        for button in examples:
            self._on([button.click], ask, button, shown)
        self._on([parts["stop"].click], stop, None, None, queue=False)
        self._on([parts["clear"].click], clear, None, shown, queue=False)
        self._on([parts["language"].click], switch, None, [*labels, *shown], queue=False)
        self._on([parts["timer"].tick, blocks.load], show, None, labels, queue=False)

    def _on(
        self, triggers: list[Any], handler: Callable[..., Any], inputs: Any, outputs: Any, queue: bool = True
    ) -> None:
        # Gradio hands the request to parameters of this type; as a late import it cannot stand in a signature
        handler.__annotations__["who"] = self.gr.Request
        self.gr.on(
            triggers, handler, inputs, outputs, queue=queue, show_progress="hidden", api_visibility="private",
            concurrency_limit=None, trigger_mode="once",
        )  # fmt: skip

    def _outputs(self, names: tuple[str, ...]) -> list[Any]:
        return [self.parts[name] for name in names]

    def _shown(self, view: View) -> list[Update]:
        """Return one update for each of `_SHOWN`."""
        update, skip = self.gr.update, self.gr.skip
        asked = view.busy or bool(view.earlier) or 'class="exchange' in view.current
        return [
            skip() if view.earlier is None else update(value=view.earlier),
            update(value=view.current),
            update(value=view.notice),
            skip() if view.box is None else update(value=view.box),
            update(visible=not view.busy),
            update(visible=view.busy),
            update(visible=asked and not view.busy),
            *(update(elem_classes=["example", "away"] if asked else ["example"]) for _ in _EXAMPLES),
        ]

    def _labels(self, language: Language) -> list[Update]:
        """Return one update for each of `_LABELS`; the timer goes on until the assistant is there."""
        update, texts = self.gr.update, strings(language)
        model, error, problem, examples = self._state()
        # made from the corpus, which is French whatever the page's language
        questions = [*(typeset(example, "fr") for example in examples), *[""] * EXAMPLES][:EXAMPLES]
        return [
            update(value=header_html(self.settings.association, language)),
            update(value=texts.other_language),
            update(value=status_html(model, error, language, problem, self.settings.model_servers)),
            update(value=panel_html(language)),
            update(label=texts.question, placeholder=texts.placeholder),
            update(value=texts.send),
            update(value=texts.stop),
            update(value=texts.clear),
            update(value=footer_html(language)),
            update(active=model is None),
            *(update(value=question, visible=bool(question)) for question in questions),
        ]

    def _state(self) -> tuple[str | None, GreffierError | None, GreffierError | None, tuple[str, ...]]:
        """Return the model, why there is no assistant, why its model does not write, and questions."""
        found = self.desk.look()
        if found is None or isinstance(found, GreffierError):
            return None, found, None, ()
        try:
            health = found.health()
            return found.model, None, health.problem if health else None, found.examples(EXAMPLES)
        except GreffierError as error:
            return None, error, None, ()


_EXAMPLES = tuple(f"example{index}" for index in range(EXAMPLES))
_SHOWN = ("earlier", "current", "notice", "box", "send", "stop", "clear", *_EXAMPLES)
_LABELS = (
    "header", "language", "status", "panel", "box", "send", "stop", "clear", "footer", "timer", *_EXAMPLES,
)  # fmt: skip


def _key(request: Any) -> str:
    return str(request.session_hash)
