"""How a model runs on a machine: context, threads, batch and layers on the graphics card, each with its reason.

Pure arithmetic on the header, the machine and the settings; a setting always goes first.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.gguf_files import OVERHEAD, Candidate
from models.hardware import Machine
from rag.settings import Settings

# Prompt tokens evaluated between two chances to stop. llama-cpp-python also allocates batch x vocabulary
# floats: 512 would cost 300 MB with a vocabulary of 150,000.
BATCH_CPU, BATCH_GPU = 128, 512
NOT_SERVED = (
    "carte graphique : {gpu} est là, mais llama.cpp est installé sans elle : tout se calcule sur le processeur. "
    "Lancez « python3 -m models.setup --force », qui installe la version pour la carte (docs/commands.md)"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What llama.cpp is told: `context` and `batch` in tokens, `gpu_layers` -1 for all and 0 for none; `memory` in MB
    as estimated. `reasons` are French, one a choice."""

    context: int
    threads: int
    batch: int
    gpu_layers: int
    memory: int
    reasons: tuple[str, ...]


def plan(candidate: Candidate, machine: Machine, settings: Settings) -> Plan:
    """Return how this model runs here."""
    context, why_context = _context(candidate, settings)
    layers, why_layers = _layers(candidate, machine, settings)
    threads, why_threads = _threads(machine, settings)
    batch, why_batch = _batch(layers, machine, settings)
    memory = candidate.memory(context)
    shares = f"poids {candidate.megabytes} + cache {candidate.cache(context)} + tampons {OVERHEAD}"
    why_memory = f"mémoire : environ {memory} Mo ({shares})"
    return Plan(
        context, threads, batch, layers, memory, (why_memory, why_context, why_layers, why_threads, why_batch)
    )  # fmt: skip


def gpu_layers(candidate: Candidate, machine: Machine, settings: Settings) -> int:
    """Return how many layers go to the GPU: what the settings say, or for -1 all (-1) or the share that fits.

    Zero when the memory of the GPU is unknown would waste it, so then all are tried. A llama.cpp that was built
    without a GPU has no use for any.
    """
    need, usable = candidate.memory(settings.context_tokens), machine.gpu_usable
    if not machine.gpu_served:
        return 0
    if settings.gpu_layers != -1 or machine.gpu_memory == 0 or need <= usable:
        return settings.gpu_layers
    return int(candidate.header.layers * usable / need)


def _context(candidate: Candidate, settings: Settings) -> tuple[int, str]:
    trained, wanted = candidate.header.context, settings.context_tokens
    if trained and trained < wanted:
        return trained, f"contexte : {trained} unités, ce que le modèle a appris (réglage context_tokens : {wanted})"
    return wanted, f"contexte : {wanted} unités (réglage context_tokens)"


def _layers(candidate: Candidate, machine: Machine, settings: Settings) -> tuple[int, str]:
    layers, total = gpu_layers(candidate, machine, settings), candidate.header.layers
    if not machine.gpu_served and settings.gpu_layers != 0:
        return layers, NOT_SERVED.format(gpu=machine.gpu)
    if settings.gpu_layers != -1:
        return layers, f"carte graphique : {layers} couches sur {total} (réglage gpu_layers)"
    if not machine.gpu:
        return layers, "carte graphique : aucune trouvée, tout se calcule sur le processeur"
    if layers == -1:
        return layers, f"carte graphique : toutes les couches, {machine.gpu_usable} Mo y sont utilisables"
    return layers, f"carte graphique : {layers} couches sur {total}, ce qui tient dans {machine.gpu_usable} Mo"


def _threads(machine: Machine, settings: Settings) -> tuple[int, str]:
    if settings.threads:
        return settings.threads, f"fils : {settings.threads} (réglage threads)"
    return machine.cores, f"fils : {machine.cores}, un par cœur physique (deux sur un cœur se gênent)"


def _batch(layers: int, machine: Machine, settings: Settings) -> tuple[int, str]:
    if settings.batch_tokens:
        return settings.batch_tokens, f"lot : {settings.batch_tokens} unités (réglage batch_tokens)"
    if layers and machine.gpu:
        return BATCH_GPU, f"lot : {BATCH_GPU} unités, la carte graphique les lit ensemble"
    return BATCH_CPU, f"lot : {BATCH_CPU} unités, pour pouvoir s'arrêter vite"
