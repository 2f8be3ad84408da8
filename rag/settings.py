"""Settings: one frozen value, read once, from `GREFFIER_*` variables over `greffier.toml` over defaults.

Nothing is read at import time and nothing here opens anything but the settings file. An unknown name is an
error in both places: a typing mistake that is silently ignored costs an admin an afternoon.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from rag.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "GREFFIER_"
FILE = ROOT / "greffier.toml"
# Smallest value of each number. A chunk below 16 tokens has no room for text beside its headings.
_LEAST = {
    "chunk_tokens": 16, "chunk_overlap": 0, "passages": 1, "evidence_passages": 1, "evidence_tokens": 50,
    "question_characters": 20, "context_tokens": 1, "answer_tokens": 1, "gpu_layers": -1, "threads": 0,
    "batch_tokens": 0, "guessed_tokens": 0, "model_seconds": 1, "waiting_questions": 1, "model_slots": 1,
    "cached_answers": 0, "read_seconds": 1, "read_megabytes": 1, "read_pages": 1, "ocr_dpi": 70, "ocr_seconds": 1,
    "file_megabytes": 1, "workers": 0, "settle_seconds": 1, "session_days": 1, "keep_questions_days": 0,
    "keep_audit_days": 1, "keep_conversations_days": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be chosen. The comment behind each field is its documentation in `docs/settings.md`."""

    corpus: Path = ROOT / "corpus"  # folder of the PDF files; first-level folders are reading groups
    store: Path = ROOT / "store"  # folder of the index
    weights: Path = ROOT / "models" / "weights"  # folder of the model files
    data: Path = ROOT / "data"  # folder of accounts, conversations and what members reported
    language: str = "fr"  # language of messages and of the first page: fr or en
    association: str = "Greffier"  # name shown at the top of the page

    embedder: str = "all-minilm-l6-fr"  # name in models/catalogue.toml
    embed_backend: str = "auto"  # "auto" (ONNX where it was made and there is no GPU), "torch", "onnx" or "int8"
    generator: str = "auto"  # "auto" (best GGUF that fits here), "extracts", a catalogue name or a file name
    generator_urls: tuple[str, ...] = ()  # OpenAI-compatible servers that write instead; `generator` is the name there
    generator_key: str = ""  # their key: path of a file that holds it, or $NAME of a variable; never the key itself
    generator_plain_http: bool = False  # allow unencrypted http to a server outside of the private network
    model_slots: int = 4  # questions that those servers answer at once; a model on this machine answers one
    reranker: str = "auto"  # "auto" (the one found in weights), "none", or a catalogue name
    entailer: str = "auto"  # model that re-reads what was written: "auto" (found in weights), "none", a catalogue name

    chunk_tokens: int = 140  # longest chunk, in the embedder's tokens, heading included
    chunk_overlap: int = 0  # tokens repeated between neighbouring chunks
    passages: int = 10  # passages returned by a search
    evidence_passages: int = 6  # passages whose sentences may be cited
    evidence_tokens: int = 600  # of them in a prompt, in the model's tokens
    question_characters: int = 2000  # longest question

    context_tokens: int = 4096  # context given to the language model, prompt and answer together
    answer_tokens: int = 400  # longest answer, in the model's tokens
    gpu_layers: int = -1  # layers on the GPU: -1 all that a GPU can take, 0 none
    batch_tokens: int = 0  # prompt tokens read between two chances to stop; 0: 128, on a GPU 512
    threads: int = 0  # threads of the language model; 0: the number of physical cores
    guessed_tokens: int = 3  # tokens of an answer guessed from its evidence and checked in one step; 0: none
    model_seconds: int = 120  # longest silence of the language model over one batch or token before it is replaced
    waiting_questions: int = 60  # questions that may wait for the language model, of all members together
    cached_answers: int = 200  # written answers kept in memory for the same question on the same index; 0: none

    read_seconds: int = 120  # wall time for one PDF
    read_megabytes: int = 2048  # memory for one PDF
    read_pages: int = 5000  # pages read of one PDF
    file_megabytes: int = 500  # largest PDF
    ocr: str = "auto"  # reading of scanned pages: "auto" (when Tesseract is installed) or "off"
    ocr_dpi: int = 300  # dots per inch of the picture that is read
    ocr_seconds: int = 60  # wall time for the OCR of one page
    workers: int = 0  # PDFs read at the same time; 0: one for each core
    executor: str = "threads"  # where files are read and embedded: threads, dask://local or dask://HOST:PORT
    settle_seconds: int = 5  # --watch: a file whose size and date stood still this long is complete

    host: str = "127.0.0.1"  # address the web server listens on
    port: int = 7860  # port the web server listens on
    tls_certificate: str = ""  # PEM file of the server's own certificate and those that vouch for it; "": plain http
    tls_key: str = ""  # PEM file of its private key, without a password
    server_names: tuple[str, ...] = ()  # names that browsers may use for this server; []: any, on loopback only its own
    sign_in: str = (
        "auto"  # "auto" (accounts; on loopback nobody signs in until one exists), "accounts", "header", "open"
    )
    open_network: bool = False  # allow a non-loopback host although nobody signs in
    session_days: int = 14  # days without a visit after which one signs in again
    trusted_proxies: tuple[str, ...] = ()  # addresses or networks of the reverse proxies whose headers are believed
    user_header: str = "Remote-User"  # sign_in = header: the header with the member's name
    groups_header: str = "Remote-Groups"  # sign_in = header: the header with their groups, separated by commas
    admin_group: str = "greffier-admin"  # sign_in = header: whoever is in this group administers
    widget_origins: tuple[str, ...] = ()  # sites that may show /widget in a frame, such as https://www.example.org

    keep_questions_days: int = 365  # days that questions without an answer and what members reported are kept; 0: none
    keep_audit_days: int = 365  # days that the log of sign-ins, files and publications is kept
    keep_names: bool = False  # keep who asked a question without an answer, or reported something
    responsible: str = ""  # who answers for this assistant, named on the page "about": a person or an office
    contact_email: str = ""  # their address, for questions about data and for what is wrong
    keep_conversations_days: int = 90  # days that a conversation stays in its member's list; 0: none is kept
    secretariat_email: str = (
        ""  # where "ask the secretariat" also writes, by the member's own mail program; "": nowhere
    )
    accent_colour: str = ""  # the association's colour, such as "#7a1f3d"; it is made legible where it is not
    logo: str = ""  # path of the association's logo, an SVG or PNG file; "": none

    @property
    def model_servers(self) -> str:
        """Addresses of the other machines that the language model runs on, "" when it runs on this one or not."""
        addresses = (url.rpartition("@")[2] for url in self.generator_urls)  # a password there is refused later
        return "" if self.generator == "extracts" else ", ".join(addresses)


def load(environ: Mapping[str, str], file: Path = FILE) -> Settings:
    """Return the settings: variables over file over defaults.

    Raises:
        SettingsError: if a name is unknown, a value has the wrong kind, or the file is not TOML.
    """
    values = _from_file(file) if file.is_file() else {}
    for name, text in environ.items():
        if name.startswith(PREFIX):
            values[name.removeprefix(PREFIX).lower()] = text
    kinds = {field.name: field.type for field in fields(Settings)}
    for name in values:
        if name not in kinds:
            raise SettingsError(
                f"Réglage inconnu : {name!r}. Les réglages possibles sont : {', '.join(kinds)}.",
                f"Unknown setting: {name!r}. Possible settings: {', '.join(kinds)}.",
            )
    settings = Settings(**{name: _convert(name, str(kinds[name]), value) for name, value in values.items()})
    _validate(settings)
    return settings


def _from_file(file: Path) -> dict[str, Any]:
    try:
        # utf-8-sig: Windows' Notepad writes a byte order mark, which tomllib refuses
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"Le fichier de réglages {file.name} n'est pas du TOML valide : {error}. Corrigez cette ligne.",
            f"The settings file {file.name} is not valid TOML: {error}. Correct that line.",
        ) from error


def _convert(name: str, kind: str, value: object) -> Any:
    try:
        if kind == "Path":
            return (ROOT / Path(str(value)).expanduser()).resolve()
        if kind == "int":
            if isinstance(value, bool | float):
                raise ValueError
            return int(str(value))
        if kind == "tuple[str, ...]":
            listed = value if isinstance(value, list) else str(value).replace(",", " ").split()
            return tuple(str(item) for item in listed)
        if kind == "bool":
            return {"true": True, "1": True, "yes": True, "oui": True,
                    "false": False, "0": False, "no": False, "non": False}[str(value).lower()]  # fmt: skip
        return str(value)
    except (ValueError, KeyError) as error:
        fr, en = ("un nombre entier", "a whole number") if kind == "int" else ("true ou false", "true or false")
        raise SettingsError(
            f"Le réglage {name} vaut {value!r} ; il faut {fr}.",
            f"The setting {name} is {value!r}; {en} is needed.",
        ) from error


def _validate(settings: Settings) -> None:
    for name, least in _LEAST.items():
        if getattr(settings, name) < least:
            raise SettingsError(
                f"Le réglage {name} vaut {getattr(settings, name)} ; il doit être au moins {least}.",
                f"The setting {name} is {getattr(settings, name)}; it must be at least {least}.",
            )
    if settings.chunk_overlap >= settings.chunk_tokens:
        raise SettingsError(
            f"Le réglage chunk_overlap vaut {settings.chunk_overlap} ; il doit être inférieur à chunk_tokens"
            f" ({settings.chunk_tokens}).",
            f"The setting chunk_overlap is {settings.chunk_overlap}; it must be less than chunk_tokens"
            f" ({settings.chunk_tokens}).",
        )
    if settings.language not in ("fr", "en"):
        raise SettingsError(
            f"Le réglage language vaut {settings.language!r} ; il faut fr ou en.",
            f"The setting language is {settings.language!r}; fr or en is needed.",
        )
    if settings.embed_backend not in ("auto", "torch", "onnx", "int8"):
        raise SettingsError(
            f"Le réglage embed_backend vaut {settings.embed_backend!r} ; il faut auto, torch, onnx ou int8.",
            f"The setting embed_backend is {settings.embed_backend!r}; auto, torch, onnx or int8 is needed.",
        )
    if settings.sign_in not in ("auto", "accounts", "header", "open"):
        raise SettingsError(
            f"Le réglage sign_in vaut {settings.sign_in!r} ; il faut auto, accounts, header ou open.",
            f"The setting sign_in is {settings.sign_in!r}; auto, accounts, header or open is needed.",
        )
    if settings.ocr not in ("auto", "off"):
        raise SettingsError(
            f"Le réglage ocr vaut {settings.ocr!r} ; il faut auto ou off.",
            f"The setting ocr is {settings.ocr!r}; auto or off is needed.",
        )
    if not 0 < settings.port < 65536:
        raise SettingsError(
            f"Le réglage port vaut {settings.port} ; il faut un nombre entre 1 et 65535.",
            f"The setting port is {settings.port}; a number between 1 and 65535 is needed.",
        )
