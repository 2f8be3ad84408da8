"""What a machine is made of, from texts of other machines and from this one."""

from dataclasses import replace
from pathlib import Path

import pytest

from models.hardware import (
    Machine,
    amd_gpu,
    cgroup_memory,
    fit,
    fit_now,
    inspect,
    instructions,
    meminfo,
    parse_gpus,
    physical_cores,
)

LAPTOP = Machine(system="Linux x86_64", cores=4, memory=8000, free=5000, instructions=("avx2",))


def test_memory_is_read_in_megabytes() -> None:
    assert meminfo("MemTotal:       16000000 kB\nMemFree: 1 kB\nMemAvailable:    8000000 kB\n") == (16384, 8192)
    assert meminfo("") == (0, 0)


def test_the_largest_gpu_counts() -> None:
    two = "NVIDIA T400, 2048, 2000\nNVIDIA RTX A4000, 16376, 8000\n"
    assert parse_gpus(two) == ("NVIDIA RTX A4000", 17171, 8388)
    assert parse_gpus("") == ("", 0, 0)
    assert parse_gpus("NVIDIA-SMI has failed because it couldn't communicate with the driver.") == ("", 0, 0)


def test_an_amd_card_is_read_from_its_driver_and_others_are_left_out(tmp_path: Path) -> None:
    for card, vendor, name in (("card0", "0x8086", "UHD"), ("card1", "0x1002", "Radeon Pro W7600")):
        device = tmp_path / card / "device"
        device.mkdir(parents=True)
        texts = {"vendor": vendor, "product_name": name, "mem_info_vram_total": 8 * 10**9, "mem_info_vram_used": 10**9}
        for file, text in texts.items():
            (device / file).write_text(f"{text}\n")
    assert amd_gpu(tmp_path) == ("Radeon Pro W7600", 8000, 7000)
    assert amd_gpu(tmp_path / "absent") == ("", 0, 0)


def test_the_limits_of_all_groups_around_a_process_count(tmp_path: Path) -> None:
    inner = tmp_path / "system.slice" / "greffier.service"
    inner.mkdir(parents=True)
    (inner / "memory.max").write_text("4000000000\n")
    (inner / "memory.current").write_text("1000000000\n")
    (inner.parent / "memory.max").write_text("max\n")
    assert cgroup_memory("0::/system.slice/greffier.service\n", tmp_path) == [(4000, 1000)]
    assert cgroup_memory("0::/\n", tmp_path) == []
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("2000000000\n")
    assert cgroup_memory("5:memory:/docker/x\n", tmp_path) == [(2000, 0)]


def test_what_others_hold_of_a_gpu_is_not_usable() -> None:
    busy = replace(LAPTOP, gpu="NVIDIA", gpu_memory=10_000, gpu_free=3000)
    assert busy.gpu_usable == 3000
    assert replace(busy, gpu_free=0).gpu_usable == 8500
    assert fit(3500, busy)[1].endswith("en partie hors de la carte graphique")


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


def test_what_can_be_opened_now_depends_on_what_is_free() -> None:
    assert fit(6000, LAPTOP)[0] and not fit_now(6000, LAPTOP)[0]
    assert fit_now(4000, LAPTOP) == (
        True, "tient dans la mémoire libre (4000 Mo sur 4250 utilisables), sans carte graphique"
    )  # fmt: skip
    assert fit_now(5000, LAPTOP) == (
        False,
        "trop grand pour la mémoire libre : il faut 5000 Mo, 4250 sont utilisables en ce moment (5000 libres sur 8000)",
    )
    busy = replace(LAPTOP, gpu="NVIDIA", gpu_memory=10_000, gpu_free=4500)
    assert fit_now(4400, busy) == (True, "tient sur la carte graphique (4400 Mo sur 4500 utilisables)")
    assert fit_now(6000, busy)[1].endswith("4500 sur la carte graphique")


def test_a_card_that_the_library_has_no_use_for_holds_nothing() -> None:
    idle = replace(LAPTOP, gpu="NVIDIA", gpu_memory=80_000, gpu_served=False)
    assert fit(3700, idle) == (True, "tient en mémoire vive (3700 Mo sur 6800 utilisables), sans la carte graphique")
    assert not fit(20_000, idle)[0] and not fit_now(20_000, idle)[0]
