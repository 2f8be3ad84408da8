"""What a machine is made of, from texts of other machines and from this one."""

from dataclasses import replace
from pathlib import Path

import pytest

from models.hardware import Machine, fit, inspect, instructions, meminfo, parse_gpus, physical_cores

LAPTOP = Machine(system="Linux x86_64", cores=4, memory=8000, free=5000, instructions=("avx2",))


def test_memory_is_read_in_megabytes() -> None:
    assert meminfo("MemTotal:       16000000 kB\nMemFree: 1 kB\nMemAvailable:    8000000 kB\n") == (16384, 8192)
    assert meminfo("") == (0, 0)


def test_the_largest_gpu_counts() -> None:
    assert parse_gpus("NVIDIA T400, 2048\nNVIDIA RTX A4000, 16376\n") == ("NVIDIA RTX A4000", 17171)
    assert parse_gpus("") == ("", 0)
    assert parse_gpus("NVIDIA-SMI has failed because it couldn't communicate with the driver.") == ("", 0)


def test_only_useful_instruction_sets_are_named() -> None:
    assert instructions("processor : 0\nflags\t\t: fpu sse2 avx avx2 f16c fma\n") == ("avx", "avx2", "fma", "f16c")
    assert instructions("Features : fp asimd") == ("asimd",)
    assert instructions("") == ()


def test_two_threads_on_one_core_count_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, siblings in enumerate(["0,2", "1,3", "0,2", "1,3"]):
        folder = tmp_path / f"cpu{number}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(siblings + "\n")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr("models.hardware._quota", lambda: None)
    assert physical_cores(tmp_path) == 2
    monkeypatch.setattr("models.hardware._quota", lambda: 1)
    assert physical_cores(tmp_path) == 1


def test_without_a_topology_each_processor_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    monkeypatch.setattr("models.hardware._quota", lambda: None)
    assert physical_cores(tmp_path / "absent") == 3


def test_this_machine_can_be_inspected() -> None:
    machine = inspect()
    assert machine.cores >= 1
    assert machine.memory >= machine.free > 0


def test_what_fits_is_told_with_its_reason() -> None:
    assert fit(3700, LAPTOP) == (True, "tient en mémoire vive (3700 Mo sur 6800 utilisables), sans carte graphique")
    assert fit(7000, LAPTOP) == (False, "trop grand : il faut 7000 Mo, 6800 sont utilisables")
    with_gpu = replace(LAPTOP, gpu="NVIDIA", gpu_memory=6000)
    assert fit(3700, with_gpu) == (True, "tient sur la carte graphique (3700 Mo sur 5100 utilisables)")
    assert fit(6000, with_gpu)[1].endswith("en partie hors de la carte graphique")
