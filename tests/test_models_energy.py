"""Joules from counters of other machines, as trees of files, and what is said where there are none."""

import os
import time
from pathlib import Path

import pytest

import models.energy as energy
from models.energy import (
    ABSENT,
    ABSENT_EN,
    REFUSED,
    Counters,
    Meter,
    Probe,
    find_counters,
    measure,
    parse_watts,
    rapl_zones,
    spent,
)

RANGE = 262_143_328_850


def zone(root: Path, folder: str, name: str, value: int) -> Path:
    place = root / folder
    place.mkdir(parents=True)
    (place / "name").write_text(name + "\n")
    (place / "max_energy_range_uj").write_text(f"{RANGE}\n")
    (place / "energy_uj").write_text(f"{value}\n")
    return place / "energy_uj"


def sensor(root: Path, number: int, name: str, microwatts: int) -> Path:
    place = root / f"hwmon{number}"
    place.mkdir(parents=True)
    (place / "name").write_text(name + "\n")
    (place / "power1_average").write_text(f"{microwatts}\n")
    return place / "power1_average"


@pytest.fixture(autouse=True)
def without_nvidia(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)


def test_a_counter_that_starts_again_has_not_run_backwards() -> None:
    assert spent(1000, 5000, RANGE) == 4000
    assert spent(RANGE - 1000, 500, RANGE) == 1500
    assert spent(1000, 500, 0) == 0


def test_packages_and_memory_are_added_and_parts_of_a_package_are_not(tmp_path: Path) -> None:
    package = zone(tmp_path, "intel-rapl:0", "package-0", 1_000_000)
    zone(tmp_path, "intel-rapl:0:0", "core", 7)
    dram = zone(tmp_path, "intel-rapl:0:1", "dram", RANGE - 500_000)
    counters = find_counters(tmp_path, tmp_path / "absent")
    assert counters.names == "package-0 + dram" and counters.reason == ""
    meter = Meter(counters)
    package.write_text("5000000\n")
    dram.write_text("500000\n")
    assert meter.joules() == pytest.approx(4 + 1)
    assert meter.wh() == pytest.approx(5 / 3600)


def test_a_meter_of_the_whole_machine_counts_alone(tmp_path: Path) -> None:
    powercap, hwmon = tmp_path / "powercap", tmp_path / "hwmon"
    zone(powercap, "intel-rapl:0", "package-0", 1)
    sensor(hwmon, 0, "amdgpu", 30_000_000)
    assert find_counters(powercap, hwmon).names == "package-0 + amdgpu"
    zone(powercap, "intel-rapl:1", "psys", 1)
    assert find_counters(powercap, hwmon).names == "psys"
    sensor(hwmon, 1, "power_meter", 120_000_000)
    assert find_counters(powercap, hwmon).names == "power_meter"


def test_counters_for_root_alone_are_said_and_a_card_does_not_pass_for_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = zone(tmp_path / "powercap", "intel-rapl:0", "package-0", 1)
    sensor(tmp_path / "hwmon", 0, "amdgpu", 30_000_000)
    if os.geteuid() == 0:
        refuse(monkeypatch, file)
    file.chmod(0)
    assert rapl_zones(tmp_path / "powercap") == ((), True)
    counters = find_counters(tmp_path / "powercap", tmp_path / "hwmon")
    assert counters.reason == REFUSED and counters.names == ""


def refuse(monkeypatch: pytest.MonkeyPatch, refused: Path) -> None:
    """Root may read everything: have one file refused all the same."""
    read = Path.read_text

    def guarded(self: Path, *arguments: str | None, **options: str | None) -> str:
        if self == refused:
            raise PermissionError
        return read(self, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", guarded)


def test_without_counters_nothing_is_stated(tmp_path: Path) -> None:
    counters = find_counters(tmp_path, tmp_path)
    assert counters.reason == ABSENT
    with measure(counters) as meter:
        assert meter.joules() is None and meter.wh() is None
        assert (meter.source, meter.reason, meter.reason_en) == ("", ABSENT, ABSENT_EN)
    assert energy.idle_watts(0.01, counters) is None


def test_power_is_integrated_over_time() -> None:
    with measure(Counters(probes=(Probe("sonde", lambda: 50.0),))) as meter:
        began = time.monotonic()
        time.sleep(0.6)
        joules, seconds = meter.joules(), time.monotonic() - began
    assert joules is not None and joules == pytest.approx(50 * seconds, rel=0.2)


def test_a_counter_that_falls_silent_makes_the_whole_unknown(tmp_path: Path) -> None:
    file = zone(tmp_path, "intel-rapl:0", "package-0", 1_000_000)
    meter = Meter(find_counters(tmp_path, tmp_path))
    assert meter.joules() == 0
    file.unlink()
    assert meter.joules() is None


def test_the_draw_of_all_cards_is_added() -> None:
    assert parse_watts("35.20\n70.10\n") == pytest.approx(105.3)
    assert parse_watts("[N/A]\n") is None
    assert parse_watts("") is None
