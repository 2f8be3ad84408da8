"""The gates that `rag calibrate` fitted: a TOML file, one table for each embedder and reranker.

`gates.toml` beside this module is shipped; one in the store holds what an association calibrated on its own
questions, and goes first. Knows nothing of fitting.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import SettingsError
from rag.gate import FIRST, SIGNALS, Gate

FILE = "gates.toml"
SHIPPED = Path(__file__).with_name(FILE)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A gate with what it was fitted for, when (date, UTC) and on how many questions. `reranker` is "" for none."""

    embedder: str
    reranker: str
    gate: Gate
    signals: tuple[str, ...] = SIGNALS
    made: str = ""
    questions: int = 0


def choose(store: Path, embedder: str, reranker: str) -> Gate:
    """Return the gate for these models: the store's own, else the shipped one, else the first one ever fitted.

    Values for other models, or for signals of another version of Greffier, do not apply.

    Raises:
        SettingsError: if a file of gates is not one.
    """
    for fitted in (*read(store / FILE), *read(SHIPPED)):
        if (fitted.embedder, fitted.reranker, fitted.signals) == (embedder, reranker, SIGNALS):
            return fitted.gate
    return FIRST


def read(file: Path) -> tuple[Fitted, ...]:
    """Return the gates of a file, none when there is no such file.

    Raises:
        SettingsError: if it is no file of gates.
    """
    if not file.is_file():
        return ()
    try:
        return tuple(_fitted(item) for item in tomllib.loads(file.read_text(encoding="utf-8"))["gate"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"Le fichier {file} n'est pas un réglage du refus ({error}). Supprimez-le ou relancez « rag calibrate ».",
            f"The file {file} holds no gates ({error}). Remove it or run “rag calibrate” again.",
        ) from error


def _fitted(item: Mapping[str, Any]) -> Fitted:
    names, weights = tuple(item["signals"]), tuple(float(weight) for weight in item["weights"])
    if len(names) != len(weights):
        raise ValueError(f"{len(names)} signals, {len(weights)} weights")
    gate = Gate(weights, float(item["bias"]), float(item["threshold"]))
    return Fitted(
        str(item["embedder"]), str(item["reranker"]), gate, names, str(item["made"]), int(item["questions"])
    )  # fmt: skip


def added(known: Sequence[Fitted], fitted: Fitted) -> tuple[Fitted, ...]:
    """Return the gates with `fitted` in the place of the one for the same models, if there is one."""
    others = (other for other in known if (other.embedder, other.reranker) != (fitted.embedder, fitted.reranker))
    return (*others, fitted)


def as_toml(gates: Sequence[Fitted]) -> str:
    """Return the text of a file of gates."""
    return "# Made by « python -m rag calibrate ».\n" + "".join(_table(fitted) for fitted in gates)


def _table(fitted: Fitted) -> str:
    values = {
        "embedder": fitted.embedder,
        "reranker": fitted.reranker,
        "made": fitted.made,
        "questions": fitted.questions,
        "signals": list(fitted.signals),
        "weights": [round(weight, 4) for weight in fitted.gate.weights],
        "bias": round(fitted.gate.bias, 4),
        "threshold": round(fitted.gate.threshold, 4),
    }
    # a JSON string, number or list of them is written the same in TOML
    return "\n[[gate]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
