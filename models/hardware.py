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
INSTRUCTIONS = ("avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimd")


@dataclass(frozen=True, slots=True)
class Machine:
    """Cores are physical ones that this process may use; memory is in MB (10^6 bytes): `memory` all that it
    may use, `free` what is available now, `gpu_memory` of the largest NVIDIA GPU, 0 without one."""

    system: str
    cores: int
    memory: int
    free: int
    instructions: tuple[str, ...]
    gpu: str = ""
    gpu_memory: int = 0


def inspect() -> Machine:
    """Return what the machine is now."""
    gpu, gpu_memory = _gpu()
    memory, free = _memory()
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        cores=physical_cores(),
        memory=memory,
        free=free,
        instructions=instructions(_read("/proc/cpuinfo")),
        gpu=gpu,
        gpu_memory=gpu_memory,
    )


def fit(need: int, machine: Machine) -> tuple[bool, str]:
    """Return whether a model of `need` MB runs here, and why, in French."""
    on_gpu, in_memory = int(USABLE * machine.gpu_memory), int(USABLE * machine.memory)
    if machine.gpu_memory and need <= on_gpu:
        return True, f"tient sur la carte graphique ({need} Mo sur {on_gpu} utilisables)"
    if need <= in_memory:
        beside = ", sans carte graphique" if not machine.gpu_memory else ", en partie hors de la carte graphique"
        return True, f"tient en mémoire vive ({need} Mo sur {in_memory} utilisables){beside}"
    return False, f"trop grand : il faut {need} Mo, {max(on_gpu, in_memory)} sont utilisables"


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


def parse_gpus(text: str) -> tuple[str, int]:
    """Return name and memory in MB of the largest GPU in nvidia-smi's CSV lines "name, MiB"."""
    best = ("", 0)
    for line in text.splitlines():
        name, _, size = line.rpartition(",")
        if size.strip().isdigit():
            best = max(best, (name.strip(), int(size) * 1024 * 1024 // MEGABYTE), key=lambda gpu: gpu[1])
    return best


def _gpu() -> tuple[str, int]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return "", 0
    query = [program, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "", 0  # a driver that does not answer is a GPU that cannot be used
    return parse_gpus(done.stdout) if done.returncode == 0 else ("", 0)


def _memory() -> tuple[int, int]:
    total, free = meminfo(_read("/proc/meminfo"))
    limit = _read("/sys/fs/cgroup/memory.max").strip()
    if limit.isdigit():
        used = _read("/sys/fs/cgroup/memory.current").strip()
        room = int(limit) // MEGABYTE
        total = min(total, room)
        free = min(free, room - (int(used) // MEGABYTE if used.isdigit() else 0))
    return total, max(0, free)


def _quota() -> int | None:
    """Return the whole cores a container is allowed, None without a limit."""
    quota, _, period = _read("/sys/fs/cgroup/cpu.max").strip().partition(" ")
    return max(1, int(quota) // int(period)) if quota.isdigit() and period.isdigit() else None


def _read(file: str | Path) -> str:
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""  # another system than Linux, or a kernel that does not tell
