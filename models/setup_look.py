"""What set-up must know of the machine and the network. Standard library only; changes nothing.

Does not know what follows from it: see `setup_plan`.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from models.setup_plan import Machine

PATIENCE = 5  # seconds for an index to answer before the next way is tried


def look() -> Machine:
    """Return what this machine offers."""
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        compiler=shutil.which(os.environ.get("CXX", "g++")) or shutil.which("clang++") or "",
        cuda=_driver_cuda(),
        nvcc=shutil.which("nvcc") is not None,
        tag=_tag(),
    )


def _tag() -> str:
    """Return Python, system and processor in one word; a natively built wheel dies on a lesser processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())
    processor = hashlib.sha256(flags.encode()).hexdigest()[:8]
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return f"{python}-{platform.system().lower()}_{platform.machine()}-{processor}"


def _driver_cuda() -> str:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    try:
        done = subprocess.run([program], capture_output=True, text=True, timeout=15, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"CUDA Version:\s*([\d.]+)", done.stdout)
    return found.group(1) if done.returncode == 0 and found else ""


def answers(address: str) -> bool:
    """Return whether a package index answers within a few seconds (through the proxy, if one is set)."""
    request = urllib.request.Request(address, method="HEAD")  # noqa: S310  (constant https addresses)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE):  # noqa: S310
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False
