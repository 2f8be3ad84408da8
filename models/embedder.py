"""Texts to vectors with a sentence-transformers folder, by torch or in exported form: implements `rag.ports.Embedder`.

Reads lengths and dimensions from the folder's small files, so that counting tokens never waits for torch;
the network is loaded by the first embedding. Does not know the catalogue, nor where the folder came from.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from models.integrity import fingerprint
from models.onnx import OnnxEncoder
from models.sentence import load_encoder
from rag.errors import ModelError
from rag.ports import Vectors

MODEL = "model.onnx"
BATCH = 16  # texts at once; measured on 2 cores: 16 to 32 is as fast as anything larger and smaller in memory


class SentenceEmbedder:
    """A bi-encoder in a folder. Safe to share between threads: one text batch is embedded at a time.

    `folder` holds `config.json`, `tokenizer.json` and `model.safetensors` (or `onnx` is given); `query_prompt` and
    `passage_prompt` are put before each question and passage ("" when the model wants none); `longest`
    caps the tokens read, special tokens included (None: what the folder says). `onnx` is the same encoder in
    exported form (see `models.optimise`), `small` says that its weights have 8 bits: then vectors differ a little,
    and so does the id.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        query_prompt: str = "",
        passage_prompt: str = "",
        longest: int | None = None,
        threads: int = 1,
        gpu: bool = False,
        onnx: Path | None = None,
        small: bool = False,
    ) -> None:
        self._folder = folder
        self.name = name
        self._onnx = onnx
        self._small = small
        self._query_prompt = query_prompt
        self._passage_prompt = passage_prompt
        self._threads = threads
        self._gpu = gpu
        self._lock = threading.Lock()
        self._network: Any = None
        self._tokenizer = _read_tokenizer(folder)
        self._longest = longest or _longest(folder)
        self._dimensions = _dimensions(folder)

    @cached_property
    def id(self) -> str:
        """Name and the first 12 hexadecimal digits of a SHA-256 over weights, tokenizer and configuration.

        Prompts are part of it: the same weights with another prompt give other vectors.
        """
        prompts = f"{self._query_prompt}\0{self._passage_prompt}\0{self._longest}" + "\0int8" * self._small
        return f"{self.name}@{fingerprint(self._folder, salt=prompts)[:12]}"

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._dimensions

    @property
    def max_tokens(self) -> int:
        """Longest passage the model reads whole, in its tokens, without prompt and special tokens."""
        special = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        prompt = self.count_tokens([self._passage_prompt])[0]
        return int(self._longest - special - prompt)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the length of each text in tokens, without special tokens."""
        return [
            len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        ]

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimensions), each row of length 1.

        Raises:
            ModelError: if the weights cannot be read or do not give numbers.
        """
        return self._embed([self._passage_prompt + text for text in texts])

    def embed_question(self, text: str) -> Vectors:
        """Return float32 of shape (dimensions,), of length 1.

        Raises:
            ModelError: if the weights cannot be read or do not give numbers.
        """
        row: Vectors = self._embed([self._query_prompt + text])[0]
        return row

    def _embed(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.empty((0, self._dimensions), dtype=np.float32)
        with self._lock:
            vectors = self._run_torch(texts) if self._onnx is None else self._run_onnx(self._onnx, texts)
        result = np.ascontiguousarray(vectors, dtype=np.float32)
        if result.shape != (len(texts), self._dimensions) or not np.isfinite(result).all():
            raise ModelError(
                f"Le modèle {self.name!r} a rendu des vecteurs inutilisables {result.shape}. "
                "Contrôlez ses fichiers avec « python -m models verify ».",
                f"The model {self.name!r} returned unusable vectors {result.shape}. "
                "Check its files with “python -m models verify”.",
            )
        return result

    def _run_torch(self, texts: list[str]) -> Vectors:
        if self._network is None:
            self._network = load_encoder(self._folder, threads=self._threads, gpu=self._gpu)
            self._network.max_seq_length = self._longest
        # prompt="" switches off a default prompt of the folder: ours are already in the texts;
        # encode sorts by length itself, so a batch holds texts of like length
        vectors: Vectors = self._network.encode(
            texts, prompt="", batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors

    def _run_onnx(self, file: Path, texts: list[str]) -> Vectors:
        if self._network is None:
            self._network = OnnxEncoder(file, threads=self._threads)
            self._cutting = _read_tokenizer(self._folder)
            self._cutting.enable_truncation(self._longest)
        vectors: Vectors = self._network.encode([cut.ids for cut in self._cutting.encode_batch(texts)])
        return vectors

    def exported(self, file: Path) -> SentenceEmbedder:
        """Return the same embedder, run from its exported form."""
        return SentenceEmbedder(
            self._folder, name=self.name, query_prompt=self._query_prompt, passage_prompt=self._passage_prompt,
            longest=self._longest, threads=self._threads, onnx=file,
        )  # fmt: skip


def exported_file(weights: Path, folder: Path, name: str, *, small: bool) -> Path:
    """Return where the exported form of the model in `folder` lies: the name follows the weights."""
    kind = "int8.onnx" if small else "onnx"
    return weights / "onnx" / f"{name}-{fingerprint(folder)[:12]}.{kind}"


def is_exported(folder: Path) -> bool:
    """Return whether the model in `folder` comes in exported form, and in no other."""
    return (folder / MODEL).is_file()


def _read_tokenizer(folder: Path) -> Tokenizer:
    file = folder / "tokenizer.json"
    if not file.is_file():
        raise _unreadable(folder, "tokenizer.json est absent", "tokenizer.json is missing")
    try:
        tokenizer = Tokenizer.from_file(str(file))
    # the Rust tokenizer raises bare Exception for every malformed file: there is nothing narrower to name
    except Exception as error:
        raise _unreadable(folder, f"tokenizer.json : {error}", f"tokenizer.json: {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(file.parent, f"{file.name} : {error}", f"{file.name}: {error}") from error
    return content if isinstance(content, dict) else {}


def _longest(folder: Path) -> int:
    own = folder / "sentence_bert_config.json"
    value = _read_json(own).get("max_seq_length") if own.is_file() else None
    if value is None:
        value = _read_json(folder / "config.json").get("max_position_embeddings")
    if not isinstance(value, int) or value < 8:
        raise _unreadable(folder, f"longueur maximale {value!r}", f"longest text {value!r}")
    return value


def _dimensions(folder: Path) -> int:
    projections = [_read_json(file).get("out_features") for file in sorted(folder.glob("*_Dense/config.json"))]
    value = projections[-1] if projections else _read_json(folder / "config.json").get("hidden_size")
    if not isinstance(value, int) or value < 1:
        raise _unreadable(folder, f"dimension {value!r}", f"dimension {value!r}")
    return value


def _unreadable(folder: Path, fr: str, en: str) -> ModelError:
    return ModelError(
        f"Le dossier {folder.name!r} n'est pas un modèle d'empreintes complet ({fr}). Recopiez-le en entier.",
        f"The folder {folder.name!r} is not a whole embedding model ({en}). Copy it again, all of it.",
    )
