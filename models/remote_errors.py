"""What is said when a server of language models cannot serve: one sentence each, its address in it, its key never.

Pure; knows status codes and nothing of connections.
"""

from __future__ import annotations

from collections.abc import Iterable

from rag.errors import ContextOverflow, ModelError

LONGEST_SAID = 200  # characters of a server's own words


class Unavailable(ModelError):
    """This server cannot serve now: another may, or the same one later. `pause`: seconds that it asks to be left."""

    def __init__(self, fr: str, en: str, pause: float = 0.0) -> None:
        super().__init__(fr, en)
        self.pause = pause


class Refusals:
    """The sentences of the server at `url`; `key` is struck out of whatever it says."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key

    def unreachable(self, fr: str, en: str) -> Unavailable:
        """Return the error of a server that does not answer, for this reason."""
        return Unavailable(
            f"Le serveur de modèles {self._url} est injoignable ({fr}). Vérifiez qu'il est allumé et le réglage "
            "generator_urls.",
            f"The model server {self._url} cannot be reached ({en}). Check that it runs, and generator_urls.",
        )

    def silent(self, seconds: float) -> Unavailable:
        """Return the error of a server that says nothing any more."""
        return Unavailable(
            f"Le serveur de modèles {self._url} ne dit plus rien depuis {seconds:.0f} s. Reposez la question ; si cela "
            "se répète, prévenez l'administrateur.",
            f"The model server {self._url} has said nothing for {seconds:.0f} s. Ask again; if it happens again, tell "
            "the administrator.",
        )

    def cut(self) -> Unavailable:
        """Return the error of an answer that broke off."""
        return Unavailable(
            f"Le serveur de modèles {self._url} a coupé la connexion avant la fin de la réponse. Reposez la question.",
            f"The model server {self._url} closed the connection before the end of the answer. Ask again.",
        )

    def failed(self, said: str) -> Unavailable:
        """Return the error of a server that says, in the middle of an answer, that it failed."""
        return Unavailable(
            f"Le serveur de modèles {self._url} s'est interrompu{self._words(said)}. Reposez la question.",
            f"The model server {self._url} broke off{self._words(said)}. Ask again.",
        )

    def nonsense(self) -> Unavailable:
        """Return the error of something that is no such server."""
        return Unavailable(
            f"{self._url} ne répond pas comme un serveur compatible OpenAI. Vérifiez l'adresse : elle finit "
            "d'ordinaire par /v1.",
            f"{self._url} does not answer like an OpenAI-compatible server. Check the address: it often ends in /v1.",
        )

    def unknown_model(self, wanted: str, there: Iterable[str]) -> Unavailable:
        """Return the error of a server without the model."""
        names = ", ".join(there)
        return Unavailable(
            f"Le serveur de modèles {self._url} n'a pas de modèle {wanted!r}. Il a : {names or 'aucun'}. Corrigez le "
            "réglage generator.",
            f"The model server {self._url} has no model {wanted!r}. It has: {names or 'none'}. Correct the setting "
            "generator.",
        )

    def overflow(self, said: str) -> ContextOverflow:
        """Return the error of a prompt that is too long for the server."""
        return ContextOverflow(
            f"La question et ses extraits dépassent le contexte du serveur {self._url}{self._words(said)}. Réduisez "
            "context_tokens ou evidence_passages.",
            f"The question and its passages exceed the context of the server {self._url}{self._words(said)}. Lower "
            "context_tokens or evidence_passages.",
        )

    def status(self, status: int, said: str, retry_after: str) -> ModelError:
        """Return the error of an answer with this HTTP status; `retry_after` is that header, in seconds or ""."""
        words, url = self._words(said), self._url
        if 300 <= status < 400:
            return Unavailable(
                f"Le serveur de modèles {url} renvoie vers une autre adresse ; Greffier n'y va pas. Donnez l'adresse "
                "finale dans generator_urls.",
                f"The model server {url} redirects elsewhere; Greffier does not follow. Give the final address in "
                "generator_urls.",
            )
        if status in (401, 403):  # its words may hold a part of the key
            return Unavailable(
                f"Le serveur de modèles {url} refuse la clé (code {status}). Vérifiez le réglage generator_key.",
                f"The model server {url} refuses the key (status {status}). Check the setting generator_key.",
            )
        if status == 404:
            return Unavailable(
                f"Le serveur de modèles {url} ne connaît pas ce modèle ou cette adresse (code 404){words}. Vérifiez "
                "generator_urls et generator.",
                f"The model server {url} does not know this model or address (status 404){words}. Check "
                "generator_urls and generator.",
            )
        if status == 429:
            return Unavailable(
                f"Le serveur de modèles {url} est saturé (code 429). Reposez la question dans un moment.",
                f"The model server {url} has too much to do (status 429). Ask again in a while.",
                pause=float(retry_after) if retry_after.isascii() and retry_after.isdecimal() else 0.0,
            )
        kind = Unavailable if status >= 500 else ModelError
        return kind(
            f"Le serveur de modèles {url} a échoué (code {status}){words}. Reposez la question ; si cela se répète, "
            "prévenez l'administrateur.",
            f"The model server {url} failed (status {status}){words}. Ask again; if it happens again, tell the "
            "administrator.",
        )

    def _words(self, said: str) -> str:
        plain = " ".join((said.replace(self._key, "…") if self._key else said).split())[:LONGEST_SAID]
        return f" : {plain.rstrip('.')}" if plain else ""
