"""Which GGUF the setting `generator = "auto"` takes on this machine at this moment, and why none of the others.

Pure arithmetic on headers, the machine and a measured pace; opens nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from models.gguf_files import Candidate
from models.hardware import Machine, fit_now
from models.plan import gpu_layers
from models.speed import tokens_a_second
from rag.errors import ModelError
from rag.settings import Settings

# Estimated tokens a second below which a smaller model is taken if there is one. A French word has some 1.5 tokens and
# one reads silently some 240 words a minute, 6 tokens a second: 5 is nearly as fast as one reads, and an answer of 100
# tokens takes 20 s. Guessing (`guessed_tokens`) makes answers that copy their evidence faster than the estimate.
READABLE = 5.0

# Tokens of context below which instructions, a question, its evidence and the answer have no room together.
ROOM = 1024

State = Literal["taken", "reserve", "slow", "narrow", "too_large"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What "auto" makes of one file: `speed` in tokens a second as estimated, None when all of it is on the graphics
    card or nothing was measured; `memory` in MB; `reason` is French."""

    candidate: Candidate
    state: State
    memory: int
    speed: float | None
    reason: str

    @property
    def fits(self) -> bool:
        """Whether it can be opened now."""
        return self.state != "too_large"

    def problem(self) -> ModelError:
        """Return what is said when no model can be opened because of this one's size."""
        return ModelError(
            f"Le modèle de langue {self.candidate.name!r} n'est pas chargé, {self.reason}. Libérez de la mémoire ou "
            "choisissez un modèle plus petit ; d'ici là, Greffier répond par extraits.",
            f"The language model {self.candidate.name!r} is not loaded: it needs {self.memory} MB, more than is free "
            "now. Free some memory or choose a smaller model; until then Greffier answers by extracts.",
        )


def judge(
    found: Sequence[Candidate], machine: Machine, settings: Settings, measure: Callable[[], float]
) -> list[Verdict]:
    """Return a verdict a file, in the order in which they are tried.

    First those that fit into what is free and write at a readable pace: of the catalogue, then large before small.
    Then those that fit and are slower, the fastest first: a slow model is better than none. Then those that were
    trained for so short a text that nearly every question would fail. Last what does not fit.
    `measure` returns the bytes a second that are got through, and is called only when there is something to choose.
    """
    judged = [_judged(one, machine, settings) for one in found]
    fitting = [one for one in judged if one.fits]
    if len(fitting) > 1:
        pace = measure()
        fitting = [replace(one, speed=_speed(one.candidate, machine, settings, pace)) for one in fitting]
    narrow = [one for one in fitting if 0 < one.candidate.header.context < ROOM]
    roomy = [one for one in fitting if one not in narrow]
    readable = [one for one in roomy if one.speed is None or one.speed >= READABLE]
    slow = [one for one in roomy if one not in readable]
    readable.sort(key=lambda one: (one.candidate.entry is None, -one.memory, one.candidate.name))
    slow.sort(key=lambda one: (-(one.speed or 0.0), one.candidate.name))
    narrow.sort(key=lambda one: (-one.candidate.header.context, one.candidate.name))
    ordered = [*readable, *slow, *narrow]
    return [
        *(_placed(one, ordered[0], is_slow=one in slow) for one in (*readable, *slow)),
        *(_narrow(one, ordered[0]) for one in narrow),
        *(one for one in judged if not one.fits),
    ]


def _judged(candidate: Candidate, machine: Machine, settings: Settings) -> Verdict:
    memory = candidate.memory(settings.context_tokens)
    fits, reason = fit_now(memory, machine)
    return Verdict(candidate, "reserve" if fits else "too_large", memory, None, reason)


def _speed(candidate: Candidate, machine: Machine, settings: Settings, pace: float) -> float | None:
    """Return the tokens a second, None when all is on the graphics card, whose memory's pace is not known."""
    layers = gpu_layers(candidate, machine, settings) if machine.gpu and machine.gpu_served else 0
    beside = 1 - layers / max(1, candidate.header.layers)  # what stays on the processor sets the pace
    if layers < 0 or beside <= 0:
        return None
    cache = candidate.cache(settings.context_tokens)
    return tokens_a_second(max(1, int(candidate.read_megabytes * beside)), int(cache * beside), pace)


def _placed(one: Verdict, first: Verdict, *, is_slow: bool) -> Verdict:
    written = "" if one.speed is None else f", environ {_tenth(one.speed)} unités/s"
    if one is first:
        why = f"{one.reason}{written}"
        if is_slow:
            why += (
                f" : c'est moins que les {READABLE:.0f} que l'on lit sans attendre, mais aucun autre n'est plus rapide"
            )
        return replace(one, state="taken", reason=why)
    if is_slow:
        why = f"trop lent{written} : on en lit {READABLE:.0f} par seconde sans attendre"
        return replace(one, state="slow", reason=why)
    other = (
        "hors catalogue"
        if one.candidate.entry is None and first.candidate.entry is not None
        else f"plus petit que {first.candidate.name}"
        if one.memory < first.memory
        else f"après {first.candidate.name} dans l'ordre des noms"
    )
    return replace(one, reason=f"en réserve, {other} : {one.reason}{written}")


def _narrow(one: Verdict, first: Verdict) -> Verdict:
    why = f"contexte trop court ({one.candidate.header.context} unités, il en faut {ROOM})"
    if one is first:
        return replace(one, state="taken", reason=f"{one.reason} : {why}, mais aucun autre n'est là")
    return replace(one, state="narrow", reason=why)


def _tenth(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")
