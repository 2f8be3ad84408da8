"""What this machine is made of, as far as models care. Standard library only; reads, never changes anything.

Does not know any model.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1_000_000
USABLE = 0.85  # share of the memory that a model may take: the system and the index need the rest
# instruction sets that llama.cpp and torch use, in the names of /proc/cpuinfo, best last
INSTRUCTIONS = (
    "avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8",
    "asimd", "asimddp", "sve",
)  # fmt: skip
APPLE_SHARE = 0.67  # of the memory that Metal lets a program use at once (recommendedMaxWorkingSetSize)
AMD = "0x1002"  # PCI vendor

Gpu = tuple[str, int, int]  # name, MB, MB free (0 where not told)
NONE: Gpu = ("", 0, 0)


@dataclass(frozen=True, slots=True)
class Machine:
    """Cores are physical ones that this process may use; memory is in MB (10^6 bytes): `memory` all that it
    may use, `free` what is available now; `gpu_memory` of the largest GPU (NVIDIA, AMD, Apple), 0 without one, and
    `gpu_free` what of it is free now, 0 where that is not told. `gpu_served`: whether the library in question was
    built for a GPU; with one that was not, the card is as absent."""

    system: str
    cores: int
    memory: int
    free: int
    instructions: tuple[str, ...]
    gpu: str = ""
    gpu_memory: int = 0
    gpu_free: int = 0
    gpu_served: bool = True

    @property
    def gpu_usable(self) -> int:
        """MB that a model may take on the GPU."""
        if not self.gpu_served:
            return 0
        share = int(USABLE * self.gpu_memory)
        return min(share, self.gpu_free) if self.gpu_free else share


def inspect() -> Machine:
    """Return what the machine is now."""
    memory, free = _memory()
    gpu, gpu_memory, gpu_free = max(_nvidia(), amd_gpu(), _apple(memory), key=lambda found: found[1])
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        cores=physical_cores(),
        memory=memory,
        free=free,
        instructions=instructions(_read("/proc/cpuinfo")),
        gpu=gpu,
        gpu_memory=gpu_memory,
        gpu_free=gpu_free,
    )


def fit(need: int, machine: Machine) -> tuple[bool, str]:
    """Return whether a model of `need` MB runs here when nothing else does, and why, in French."""
    on_gpu, in_memory = machine.gpu_usable, int(USABLE * machine.memory)
    if on_gpu and need <= on_gpu:
        return True, f"tient sur la carte graphique ({need} Mo sur {on_gpu} utilisables)"
    if need <= in_memory:
        return True, f"tient en mémoire vive ({need} Mo sur {in_memory} utilisables){_beside(machine)}"
    return False, f"trop grand : il faut {need} Mo, {max(on_gpu, in_memory)} sont utilisables"


def fit_now(need: int, machine: Machine) -> tuple[bool, str]:
    """Return whether a model of `need` MB can be opened in what is free at this moment, and why, in French."""
    on_gpu, in_memory = machine.gpu_usable, int(USABLE * machine.free)
    if on_gpu and need <= on_gpu:
        return True, f"tient sur la carte graphique ({need} Mo sur {on_gpu} utilisables)"
    if need <= in_memory:
        return True, f"tient dans la mémoire libre ({need} Mo sur {in_memory} utilisables){_beside(machine)}"
    card = f", {on_gpu} sur la carte graphique" if on_gpu else ""
    return False, (
        f"trop grand pour la mémoire libre : il faut {need} Mo, {in_memory} sont utilisables en ce moment "
        f"({machine.free} libres sur {machine.memory}){card}"
    )


def _beside(machine: Machine) -> str:
    if not machine.gpu_memory:
        return ", sans carte graphique"
    return ", en partie hors de la carte graphique" if machine.gpu_served else ", sans la carte graphique"


def physical_cores(devices: Path = Path("/sys/devices/system/cpu")) -> int:
    """Return the number of physical cores that this process may run on, at least 1.

    Two threads on one core share its arithmetic units, so counting them as two slows matrix products down.
    """
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    cores = {_read(devices / f"cpu{number}" / "topology" / "thread_siblings_list") or str(number) for number in usable}
    return max(1, min(len(cores), _quota() or len(cores)))


def instructions(cpuinfo: str) -> tuple[str, ...]:
    """Return the useful instruction sets named by the text of /proc/cpuinfo."""
    flags: set[str] = set()
    for line in cpuinfo.splitlines():
        if line.startswith(("flags", "Features")):
            flags.update(line.partition(":")[2].split())
            break
    return tuple(name for name in INSTRUCTIONS if name in flags)


def meminfo(text: str) -> tuple[int, int]:
    """Return total and available memory in MB from the text of /proc/meminfo, zeros if it does not say."""
    values = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        if rest.strip():
            values[name] = int(rest.split()[0]) * 1024 // MEGABYTE
    return values.get("MemTotal", 0), values.get("MemAvailable", values.get("MemFree", 0))


def parse_gpus(text: str) -> Gpu:
    """Return the largest GPU in nvidia-smi's CSV lines "name, MiB, free MiB"."""
    best: Gpu = NONE
    for line in text.splitlines():
        name, *sizes = (part.strip() for part in line.rsplit(",", 2))
        if len(sizes) == 2 and all(size.isdigit() for size in sizes):
            total, free = (int(size) * 1024 * 1024 // MEGABYTE for size in sizes)
            best = max(best, (name, total, free), key=lambda gpu: gpu[1])
    return best


def amd_gpu(cards: Path = Path("/sys/class/drm")) -> Gpu:
    """Return the largest AMD GPU by the files of its driver (kernel: gpu/amdgpu/driver-misc.rst)."""
    best: Gpu = NONE
    for device in sorted(cards.glob("card*/device")):
        total = _read(device / "mem_info_vram_total")
        if _read(device / "vendor") == AMD and total.isdigit():
            used = _read(device / "mem_info_vram_used")
            free = int(total) - int(used) if used.isdigit() else 0
            name = _read(device / "product_name") or "AMD"
            best = max(best, (name, int(total) // MEGABYTE, free // MEGABYTE), key=lambda gpu: gpu[1])
    return best


def _apple(memory: int) -> Gpu:
    """Apple's processors share their memory with the GPU in them."""
    if (platform.system(), platform.machine()) != ("Darwin", "arm64"):
        return NONE
    return "Apple", int(APPLE_SHARE * memory), 0


def _nvidia() -> Gpu:
    program = shutil.which("nvidia-smi")
    if program is None:
        return NONE
    query = [program, "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return NONE  # a driver that does not answer is a GPU that cannot be used
    return parse_gpus(done.stdout) if done.returncode == 0 else NONE


def _memory() -> tuple[int, int]:
    total, free = meminfo(_read("/proc/meminfo"))
    if total == 0 and hasattr(os, "sysconf"):  # no Linux
        total = free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MEGABYTE
    for limit, used in cgroup_memory(_read("/proc/self/cgroup")):
        total, free = min(total, limit), min(free, limit - used)
    return total, max(0, free)


def cgroup_memory(text: str, root: Path = Path("/sys/fs/cgroup")) -> list[tuple[int, int]]:
    """Return limit and use in MB of each limited control group around a process, whose /proc/self/cgroup is `text`.

    Version 2 (one tree; a container sees its own group as the root) and version 1 (a tree for memory alone).
    """
    own = next((line.removeprefix("0::/") for line in text.splitlines() if line.startswith("0::/")), "")
    folders = [root / own, *(root / own).parents] if own else [root]
    inside = [folder for folder in folders if folder.is_relative_to(root)]
    files = [(folder / "memory.max", folder / "memory.current") for folder in inside]
    files.append((root / "memory/memory.limit_in_bytes", root / "memory/memory.usage_in_bytes"))
    found = []
    for file, usage in files:
        limit, used = _read(file), _read(usage)
        if limit.isdigit():  # "max" is none; version 1 writes an enormous number, which limits nothing
            found.append((int(limit) // MEGABYTE, int(used) // MEGABYTE if used.isdigit() else 0))
    return found


def _quota() -> int | None:
    """Return the whole cores a container is allowed, None without a limit."""
    quota, _, period = _read("/sys/fs/cgroup/cpu.max").strip().partition(" ")
    return max(1, int(quota) // int(period)) if quota.isdigit() and period.isdigit() else None


def _read(file: str | Path) -> str:
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""  # another system than Linux, or a kernel that does not tell
