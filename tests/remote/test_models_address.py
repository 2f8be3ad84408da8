"""Where text may go: addresses of model servers, plain http, proxies, and the key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import models.remote as remote_module
from models.address import read_address, refuse_plain
from models.open_remote import open_remote
from rag.errors import ModelError, SettingsError
from rag.settings import Settings
from tests.remote_servers import (
    ASKED,
    KEY,
    Handler,
    Scripted,
    fleet,
    free_port,
    text,
)


@pytest.mark.parametrize(
    ("text_of_setting", "url"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        (" https://ia.example.org/v1/ ", "https://ia.example.org/v1"),
        ("http://[::1]:8000/openai/v1", "http://[::1]:8000/openai/v1"),
    ],
)
def test_an_address_is_read(text_of_setting: str, url: str) -> None:
    assert read_address(text_of_setting).url == url


@pytest.mark.parametrize("wrong", ["", "127.0.0.1:8000", "ftp://a/v1", "http://", "http://a:0x/v1", "http://a/v1?k=1"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"generator_urls contient"):
        read_address(wrong)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match="mot de passe") as caught:
        read_address("https://moi:motdepasse@ia.example.org/v1")
    assert "motdepasse" not in caught.value.fr + caught.value.en


def test_plain_http_stays_in_private_networks() -> None:
    for url in ("http://127.0.0.1/v1", "http://10.0.0.5:8000", "http://[fd00::1]/v1", "https://8.8.8.8/v1"):
        refuse_plain(read_address(url))
    with pytest.raises(ModelError, match="lisible en chemin"):
        refuse_plain(read_address("http://8.8.8.8/v1"))
    with pytest.raises(ModelError, match="generator_plain_http"):
        open_remote(Settings(generator_urls=("http://8.8.8.8/v1",)), None, {})


def test_a_name_that_moves_out_of_the_private_network_is_not_followed(
    serve: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved(_: object) -> None:
        raise ModelError("parti", "gone")

    server = serve()
    monkeypatch.setattr(remote_module, "refuse_plain", moved)
    with fleet(server) as generator, pytest.raises(ModelError, match="parti"):
        list(generator.stream(ASKED, max_tokens=10))


@pytest.mark.parametrize("proxy", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_not_used(
    serve: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv(proxy, f"http://127.0.0.1:{free_port()}")
    with fleet(serve()) as generator:
        assert text(generator.stream(ASKED, max_tokens=10)) == "Bonjour."


def test_the_key_comes_from_a_file_or_a_variable(serve: Callable[..., Scripted], tmp_path: Path) -> None:
    server = serve()
    healthy = server.models
    seen: list[str] = []

    def watching(handler: Handler) -> None:
        seen.append(handler.headers["authorization"])
        healthy(handler)

    server.models = watching
    file = tmp_path / "cle"
    file.write_text(f"{KEY}\n", encoding="ascii")
    for place in (str(file), "$MA_CLE"):
        settings = Settings(generator_urls=(server.url,), generator_key=place)
        open_remote(settings, None, {"MA_CLE": KEY}).close()
    assert seen == [f"Bearer {KEY}"] * 2


@pytest.mark.parametrize("wrong", [KEY, "$ABSENTE", "$VIDE", "$DEUX"])
def test_a_key_that_is_not_there_is_not_repeated(wrong: str) -> None:
    settings = Settings(generator_urls=("http://127.0.0.1:9/v1",), generator_key=wrong)
    with pytest.raises(SettingsError, match="ne mène à aucune clé") as caught:
        open_remote(settings, None, {"VIDE": " ", "DEUX": "a\nb"})
    assert wrong not in caught.value.fr + caught.value.en
