"""Settings to a language model on other machines. Reads the key; knows neither HTTP nor who answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from models.address import read_address, refuse_plain
from models.catalogue import read_catalogue, sampling_for
from models.fleet import RemoteGenerator
from models.remote import Server
from rag.errors import SettingsError
from rag.settings import ROOT, Settings


def open_remote(settings: Settings, name: str | None, environ: Mapping[str, str]) -> RemoteGenerator:
    """Return the model called `name` (None: what the settings say) of the servers at `generator_urls`.

    Servers that cannot be reached raise nothing: they may come later, and `health` says what is wrong.

    Raises:
        SettingsError: if an address or the key cannot be read.
        ModelError: if text would cross a public network unencrypted.
    """
    addresses = [read_address(url) for url in settings.generator_urls]
    if not settings.generator_plain_http:
        for address in addresses:
            refuse_plain(address)
    key = _key(settings.generator_key, environ)
    return RemoteGenerator(
        [Server(address, key, plain=settings.generator_plain_http) for address in addresses],
        wanted=name or settings.generator,
        context=settings.context_tokens,
        patience=settings.model_seconds,
        sampling=partial(sampling_for, read_catalogue()),
    )


def _key(place: str, environ: Mapping[str, str]) -> str:
    """Return the key that stands at `place`. Errors do not repeat `place`: it may be the key, put there by mistake."""
    if not place:
        return ""
    try:
        if place.startswith("$"):
            key = environ[place[1:]].strip()
        else:
            key = (ROOT / Path(place).expanduser()).read_text(encoding="ascii").strip()
    except (OSError, KeyError, ValueError):
        key = ""
    if not key or not (key.isascii() and key.isprintable() and " " not in key):
        raise SettingsError(
            "Le réglage generator_key ne mène à aucune clé : donnez le chemin d'un fichier lisible dont la clé est le "
            "seul contenu, ou $NOM d'une variable d'environnement.",
            "The setting generator_key leads to no key: give the path of a readable file that holds the key and "
            "nothing else, or $NAME of an environment variable.",
        )
    return key
