"""Energy as the machine's own counters tell it: measured, or not stated.

- A meter of the whole machine (the ACPI power meter of servers, RAPL's `psys`) counts alone.
- Else: RAPL's packages and memory, and the power of NVIDIA and AMD graphics cards, each where it can be read.

A wall plug shows more: power supply, disks and fans are in the first case only. Units: RAPL's `energy_uj` is
microjoules and starts again from 0 after `max_energy_range_uj` (kernel: power/powercap/powercap.rst); hwmon's
`power1_average` and `power1_input` are microwatts (kernel: hwmon/sysfs-interface.rst). Reads, never changes anything.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

POWERCAP, HWMON = Path("/sys/class/powercap"), Path("/sys/class/hwmon")
SECONDS_BETWEEN = 0.25  # of power readings; a RAPL counter runs round in half an hour at 150 W
WHOLE_MACHINE = ("power_meter",)  # hwmon names
GRAPHICS = ("amdgpu",)
ABSENT = "aucun compteur d'énergie (RAPL, carte graphique ou sonde) sur cette machine"
ABSENT_EN = "no energy counter (RAPL, graphics card or probe) on this machine"
REFUSED_EN = "RAPL's counters are root's alone: sudo chmod a+r /sys/class/powercap/intel-rapl*/energy_uj"
REFUSED = "les compteurs RAPL sont réservés à root : sudo chmod a+r /sys/class/powercap/intel-rapl*/energy_uj"

Watts = Callable[[], float | None]


@dataclass(frozen=True, slots=True)
class Zone:
    """A counter of joules: its name, its file, and the value in µJ after which it starts again (0: unknown)."""

    name: str
    file: Path
    range: int


@dataclass(frozen=True, slots=True)
class Probe:
    """A sensor of power: its name and what reads it in watts (None: not now)."""

    name: str
    watts: Watts


@dataclass(frozen=True, slots=True)
class Counters:
    """What can be read here. Nothing in either: `reason` says why, in French, and `reason_en` in English."""

    zones: tuple[Zone, ...] = ()
    probes: tuple[Probe, ...] = ()
    reason: str = ""
    reason_en: str = ""

    @property
    def names(self) -> str:
        """What the figures cover, "" when there are none."""
        return " + ".join([zone.name for zone in self.zones] + [probe.name for probe in self.probes])


class Meter:
    """Adds up joules since it was opened by `measure`."""

    def __init__(self, counters: Counters) -> None:
        self.source, self.reason, self.reason_en = counters.names, counters.reason, counters.reason_en
        self._zones, self._probes = counters.zones, counters.probes
        self._lock = threading.Lock()
        self._at = time.monotonic()
        self._last = [read_zone(zone) for zone in self._zones]
        self._power = [probe.watts() for probe in self._probes]
        self._joules = 0.0
        self._lost = False

    def joules(self) -> float | None:
        """Return the joules so far, None where nothing can be read, or a counter that could be fell silent."""
        if not self._zones and not self._probes:
            return None
        with self._lock:
            self._add()
            return None if self._lost else self._joules

    def wh(self) -> float | None:
        """Return the watt-hours so far, None as above."""
        joules = self.joules()
        return None if joules is None else joules / 3600

    def _add(self) -> None:
        now = time.monotonic()
        for place, zone in enumerate(self._zones):
            before, value = self._last[place], read_zone(zone)
            if before is None or value is None:
                self._lost = True
            else:
                self._joules += spent(before, value, zone.range) / 1e6
            self._last[place] = value
        for place, probe in enumerate(self._probes):
            before_watts, watts = self._power[place], probe.watts()
            if before_watts is None or watts is None:
                self._lost = True
            else:
                self._joules += (before_watts + watts) / 2 * (now - self._at)  # trapezoid
            self._power[place] = watts
        self._at = now


@contextmanager
def measure(counters: Counters | None = None, every: float = SECONDS_BETWEEN) -> Iterator[Meter]:
    """Give a meter for the length of a `with` block; it reads sensors each `every` seconds."""
    meter = Meter(find_counters() if counters is None else counters)
    over = threading.Event()

    def watch() -> None:
        while not over.wait(every):
            meter.joules()

    thread = threading.Thread(target=watch, name="energy", daemon=True)
    thread.start()
    try:
        yield meter
    finally:
        over.set()
        thread.join()


def idle_watts(seconds: float = 3.0, counters: Counters | None = None) -> float | None:
    """Return the mean power over `seconds` of doing nothing here, None where it cannot be measured."""
    with measure(counters) as meter:
        time.sleep(seconds)
        joules = meter.joules()
    return None if joules is None else joules / seconds


def find_counters(powercap: Path = POWERCAP, hwmon: Path = HWMON) -> Counters:
    """Return the counters that can be read here, a meter of the whole machine before all others."""
    sensors = _sensors(hwmon)
    if whole := [probe for name, probe in sensors if name in WHOLE_MACHINE]:
        return Counters(probes=tuple(whole))
    zones, refused = rapl_zones(powercap)
    if platform := [zone for zone in zones if zone.name == "psys"]:
        return Counters(zones=tuple(platform[:1]))
    cards = tuple(probe for name, probe in sensors if name in GRAPHICS)
    if shutil.which("nvidia-smi") and nvidia_watts() is not None:
        cards = (*cards, Probe("NVIDIA", nvidia_watts))
    if refused and not zones:  # a graphics card alone would pass for the whole
        return Counters(reason=REFUSED, reason_en=REFUSED_EN)
    return Counters(zones, cards) if zones or cards else Counters(reason=ABSENT, reason_en=ABSENT_EN)


def rapl_zones(powercap: Path) -> tuple[tuple[Zone, ...], bool]:
    """Return RAPL's packages, memory and platform that can be read, and whether one was refused.

    `core` and `uncore` are parts of a package and would be counted twice.
    """
    found, refused = [], False
    for folder in sorted(powercap.glob("intel-rapl:*")):
        name = _text(folder / "name") or ""
        if not name.startswith(("package", "dram", "psys")):
            continue
        zone = Zone(name, folder / "energy_uj", int(_text(folder / "max_energy_range_uj") or 0))
        try:
            int(zone.file.read_text(encoding="ascii"))
        except PermissionError:
            refused = True
        except (OSError, ValueError):
            continue
        else:
            found.append(zone)
    return tuple(found), refused


def spent(before: int, after: int, span: int) -> int:
    """Return the µJ between two readings of a counter that starts again from 0 after `span` µJ."""
    if after >= before:
        return after - before
    return after + span - before if span else 0


def read_zone(zone: Zone) -> int | None:
    """Return a counter in µJ, None if it cannot be read."""
    text = _text(zone.file)
    return int(text) if text and text.isdigit() else None


def parse_watts(text: str) -> float | None:
    """Return the sum of nvidia-smi's lines of `power.draw`, None if a card does not say."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    try:
        return sum(float(line) for line in lines) if lines else None
    except ValueError:
        return None  # "[N/A]", or a message about the driver


def nvidia_watts() -> float | None:
    """Return what all NVIDIA cards draw now, None if they do not say."""
    command = ["nvidia-smi", "--query-gpu=power.draw", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_watts(done.stdout) if done.returncode == 0 else None


def _sensors(hwmon: Path) -> list[tuple[str, Probe]]:
    found = []
    for folder in sorted(hwmon.glob("hwmon*")):
        for file in (folder / "power1_average", folder / "power1_input"):
            if _microwatts(file) is not None:
                name = _text(folder / "name") or folder.name
                found.append((name, Probe(name, lambda file=file: _microwatts(file))))  # type: ignore[misc]
                break
    return found


def _microwatts(file: Path) -> float | None:
    text = _text(file)
    return int(text) / 1e6 if text and text.isdigit() else None


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None  # absent, or reserved for root
