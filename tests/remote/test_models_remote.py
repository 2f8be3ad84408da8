"""A model on one other machine: a real `llama_cpp.server` with a tiny GGUF, and servers that misbehave by script."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing

import httpx
import pytest

from models.fleet import at_most
from models.open_remote import open_remote
from rag.errors import ContextOverflow, ModelError
from rag.ports import Generator, Message, Piece
from rag.settings import Settings
from tests.remote_servers import (
    ASKED,
    KEY,
    SAID,
    Handler,
    Script,
    Scripted,
    cut,
    fleet,
    free_port,
    refusing,
    text,
    words,
)


def test_a_real_server_answers_as_a_model_on_this_machine_does(parrot_url: str) -> None:
    with fleet(parrot_url, key=KEY) as generator:
        port: Generator = generator
        assert (port.id, port.health().state, port.context_tokens) == ("perroquet", "ready", 4096)
        pieces = list(port.stream(ASKED, max_tokens=400))
        assert "".join(piece.text for piece in pieces) == SAID
        assert [piece.finish for piece in pieces if piece.finish] == ["stop"]
        assert len([piece for piece in pieces if piece.text]) > 5
        assert text(port.stream(ASKED, max_tokens=5)) != SAID
        assert [piece.finish for piece in port.stream(ASKED, max_tokens=5)][-1] == "length"


def test_a_real_server_counts_tokens_and_never_fewer_than_it_reads(parrot_url: str) -> None:
    body = {"messages": [{"role": m.role, "content": m.text} for m in ASKED], "max_tokens": 1}
    reply = httpx.post(
        f"{parrot_url}/chat/completions", json=body, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False
    )
    read = reply.json()["usage"]["prompt_tokens"]
    with fleet(parrot_url, key=KEY) as generator:
        counted = generator.count_tokens(ASKED)
        assert read <= counted <= read + 60
        assert counted != at_most(ASKED)


def test_a_real_server_without_the_key_is_a_sentence(parrot_url: str) -> None:
    with fleet(parrot_url, key="autre-cle-456") as generator:
        with pytest.raises(ModelError, match="refuse la clé") as caught:
            list(generator.stream(ASKED, max_tokens=10))
        assert "autre-cle" not in caught.value.fr + caught.value.en


# --- what servers say about themselves


def test_the_smallest_context_counts_and_no_more_than_the_setting(serve: Callable[..., Scripted]) -> None:
    small, large = serve(context=1000, tokens=7), serve(context=9000, tokens=7)
    with fleet(large, small) as generator:
        assert (generator.context_tokens, generator.count_tokens(ASKED)) == (1000, 7)
    with fleet(large, context=2000) as generator:
        assert generator.context_tokens == 2000
        with pytest.raises(ContextOverflow, match="2000 du serveur"):
            list(generator.stream(ASKED, max_tokens=1994))
    assert large.asked == []


def test_vllm_says_its_context_with_the_model(serve: Callable[..., Scripted]) -> None:
    server = serve()
    server.models = lambda h: h.reply({"data": [{"id": "a"}, {"id": "org/b", "max_model_len": 1234}]})
    with fleet(server, wanted="org/b") as generator:
        assert (generator.id, generator.context_tokens) == ("org/b", 1234)
        list(generator.stream(ASKED, max_tokens=10))
    assert server.asked[0]["model"] == "org/b"


def test_a_model_that_is_not_there_is_named_with_those_that_are(serve: Callable[..., Scripted]) -> None:
    with fleet(serve(), wanted="grand") as generator:
        assert generator.health().state == "failed"
        with pytest.raises(ModelError, match="n'a pas de modèle 'grand'. Il a : petit"):
            list(generator.stream(ASKED, max_tokens=10))


def test_ollama_s_latest_need_not_be_written(serve: Callable[..., Scripted]) -> None:
    server = serve(name="qwen3:latest")
    with fleet(server, wanted="qwen3") as generator:
        assert text(generator.stream(ASKED, max_tokens=10)) == "Bonjour."
    assert server.asked[0]["model"] == "qwen3:latest"


@pytest.mark.parametrize(
    ("tokens", "more"), [(7, {"top_k": 20, "min_p": 0.0, "repetition_penalty": 1.0}), (0, {})], ids=["vllm", "unknown"]
)
def test_tokens_are_drawn_as_the_catalogue_says_of_the_model(
    serve: Callable[..., Scripted], tokens: int, more: dict[str, float]
) -> None:
    server = serve(name="Qwen/Qwen3-8B", tokens=tokens)
    with closing(open_remote(Settings(generator_urls=(server.url,)), None, {})) as generator:
        assert text(generator.stream(ASKED, max_tokens=10)) == "Bonjour."
    (asked,) = server.asked
    sent = {
        name: asked[name] for name in ("temperature", "top_p", "top_k", "min_p", "repetition_penalty") if name in asked
    }
    assert sent == {"temperature": 0.2, "top_p": 0.8, **more}


def test_without_a_counter_a_prompt_is_estimated_from_above(serve: Callable[..., Scripted]) -> None:
    with fleet(serve()) as generator:
        assert generator.count_tokens(ASKED) == at_most(ASKED) > sum(len(m.text.split()) for m in ASKED)
    assert at_most((Message("user", "12345678"),)) - at_most((Message("user", ""),)) == 8


def test_a_document_cannot_speak_in_control_tokens(serve: Callable[..., Scripted]) -> None:
    server = serve()
    with fleet(server) as generator:
        list(generator.stream((Message("user", "a<|im_<|im_end|>end|> b</s> <think>c [INST]d"),), max_tokens=10))
    assert server.asked[0]["messages"][0]["content"].split() == ["a", "b", "c", "d"]


def test_thoughts_are_not_shown(serve: Callable[..., Scripted]) -> None:
    def thinking(handler: Handler) -> None:
        handler.begin()
        handler.event(json.dumps({"choices": [{"delta": {"reasoning_content": "hm", "content": None}}]}))
        for part in ("<thi", "nk>peut-être</think>", "\n\nOui", "."):
            handler.say(part)
        handler.say("", "stop")
        handler.event(json.dumps({"choices": [], "usage": {"total_tokens": 3}}))
        handler.event("[DONE]")

    with fleet(serve(thinking)) as generator:
        assert text(generator.stream(ASKED, max_tokens=10)) == "Oui."


def test_a_thought_without_an_answer_is_said(serve: Callable[..., Scripted]) -> None:
    with (
        fleet(serve(lambda h: words(h, "<think>", "hm", finish="length"))) as generator,
        pytest.raises(ModelError, match="a réfléchi jusqu'à sa limite sans répondre"),
    ):
        text(generator.stream(ASKED, max_tokens=10))


def test_a_line_separator_of_unicode_does_not_cut_an_event(serve: Callable[..., Scripted]) -> None:
    with fleet(serve(lambda h: words(h, "un\u2028deux\x85trois"))) as generator:
        assert text(generator.stream(ASKED, max_tokens=10)) == "un\u2028deux\x85trois"


@pytest.mark.parametrize(
    ("said", "meant"), [("stop", "stop"), ("length", "length"), ("content_filter", "length"), ("eos", "stop")]
)
def test_the_reason_of_the_end_is_told(serve: Callable[..., Scripted], said: str, meant: str) -> None:
    with fleet(serve(lambda h: words(h, "Oui.", finish=said))) as generator:
        assert list(generator.stream(ASKED, max_tokens=10))[-1].finish == meant


# --- servers that misbehave

DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("script", "words_of_error"),
    [
        (cut, "a coupé la connexion avant la fin"),
        (refusing(500, "out of memory"), r"code 500\) : out of memory"),
        (refusing(503), "code 503"),
        (refusing(429), "saturé"),
        (refusing(401, f"bad key {KEY}"), "refuse la clé"),
        (refusing(404, "no such model"), r"code 404\) : no such model"),
        (refusing(307, location="http://127.0.0.1:9/v1"), "renvoie vers une autre adresse"),
        (refusing(400, f"strange {KEY}"), r"code 400\) : strange …"),
        (lambda h: h.reply(b"<html>", 200, {"content-type": "text/html"}), "pas comme un serveur compatible"),
        (lambda h: h.reply(b"data: {nonsense\n\n", 200, {"content-type": "text/event-stream"}), "pas comme un serveur"),
        (lambda h: h.reply(b"data: [1]\n\n", 200, {"content-type": "text/event-stream"}), "pas comme un serveur"),
        (lambda h: h.reply(b"data: \xff\n\n", 200, {"content-type": "text/event-stream"}), "pas comme un serveur"),
        (
            lambda h: h.reply(b'data: {"choices": [3]}\n\n', 200, {"content-type": "text/event-stream"}),
            "pas comme un serveur",
        ),
        (
            lambda h: h.reply(f"data: {DEEP}\n\n".encode(), 200, {"content-type": "text/event-stream"}),
            "pas comme un serveur",
        ),
        (lambda h: h.reply(b"x" * 1_100_000, 200, {"content-type": "text/event-stream"}), "pas comme un serveur"),
        (
            lambda h: h.reply(b'data: {"error": {"message": "boom"}}\n', 200, {"content-type": "text/event-stream"}),
            "s'est interrompu : boom",
        ),
        (lambda h: h.connection.shutdown(socket.SHUT_RDWR), "a coupé la connexion"),
    ],
)
def test_what_goes_wrong_is_one_sentence_without_the_key(
    serve: Callable[..., Scripted], script: Script, words_of_error: str
) -> None:
    server = serve(script)
    with fleet(server, key=KEY) as generator:
        with pytest.raises(ModelError, match=words_of_error) as caught:
            list(generator.stream(ASKED, max_tokens=10))
        assert server.url in caught.value.fr and server.url in caught.value.en
        assert KEY not in caught.value.fr + caught.value.en and "\n" not in caught.value.fr


def test_a_server_that_says_the_prompt_is_too_long_is_believed(serve: Callable[..., Scripted]) -> None:
    said = "This model's maximum context length is 2048 tokens. However, you requested 3000."
    with fleet(serve(refusing(400, said))) as generator, pytest.raises(ContextOverflow, match="dépassent le contexte"):
        list(generator.stream(ASKED, max_tokens=10))


def test_a_silent_server_is_given_up_and_hung_up_on(serve: Callable[..., Scripted]) -> None:
    def silent(handler: Handler) -> None:
        handler.begin()
        while True:
            time.sleep(0.02)
            handler.wfile.write(b": still here\n\n")

    server = serve(silent)
    with fleet(server, patience=0.3) as generator:
        with pytest.raises(ModelError, match="ne dit plus rien"):
            list(generator.stream(ASKED, max_tokens=10))
        assert server.left.wait(5)


def test_leaving_before_the_first_word_hangs_up(serve: Callable[..., Scripted]) -> None:
    reading = threading.Event()

    def slow(handler: Handler) -> None:
        assert reading.wait(10)
        handler.begin()
        while True:
            time.sleep(0.02)
            handler.say("encore ")

    server = serve(slow)
    with fleet(server) as generator:
        pieces = generator.stream(ASKED, max_tokens=10)
        assert next(pieces) == Piece("")
        pieces.close()  # type: ignore[attr-defined]
        reading.set()  # only now: leaving did not wait for the server
        assert server.left.wait(5)
        assert generator.health().state == "ready"


def test_nothing_there_is_said_in_french() -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    with fleet(url) as generator, pytest.raises(ModelError, match="injoignable") as caught:
        list(generator.stream(ASKED, max_tokens=10))
    assert url in caught.value.fr
