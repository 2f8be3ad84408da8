"""What set-up decides, for machines other than this one. Nothing is installed here."""

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

import models.setup as setup
from models.setup_look import answers, look
from models.setup_plan import (
    TORCH_CPU,
    Machine,
    SetupError,
    build_environment,
    cuda_packages,
    is_ready,
    key_of,
    may_retry_llama,
    normal,
    pinned,
    requirements,
    torch_command,
    wheel_folder,
    wheel_index,
)

CPU = Machine(cores=4, compiler="/usr/bin/g++", cuda="", nvcc=False, tag="cp311-linux_x86_64-0a1b2c3d")
GPU = CPU._replace(cuda="12.4", nvcc=True)
PINS = Path(".ci/constraints.txt")


def test_torch_comes_from_its_cpu_index_where_that_answers() -> None:
    assert torch_command("2.13.0", CPU, PINS, index_answers=True) == [
        "--no-deps", "--index-url", TORCH_CPU, "torch==2.13.0",
    ]  # fmt: skip


def test_torch_comes_from_pips_own_index_otherwise_and_with_a_gpu() -> None:
    plain = ["--constraint", str(PINS), "torch==2.13.0"]
    assert torch_command("2.13.0", CPU, PINS, index_answers=False) == plain
    assert torch_command("2.13.0", GPU, PINS, index_answers=True) == plain


def test_cuda_packages_are_found_in_pips_report() -> None:
    names = ["torch", "nvidia-cublas", "triton", "cuda-bindings", "numpy", "tritonclient-like", "nvidia_nccl_cu13"]
    report = {"install": [{"metadata": {"name": name}} for name in names]}
    assert cuda_packages(report) == ["cuda-bindings", "nvidia-cublas", "nvidia_nccl_cu13", "triton"]
    assert cuda_packages({"install": []}) == []


def test_gigabytes_for_a_missing_card_are_refused_before_they_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    report = {"install": [{"metadata": {"name": "torch"}}, {"metadata": {"name": "nvidia-cublas"}}]}

    def asked(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert "--dry-run" in command
        return subprocess.CompletedProcess(command, 0, stdout=json.dumps(report), stderr="")

    monkeypatch.setattr(subprocess, "run", asked)
    with pytest.raises(SetupError, match="pas de carte NVIDIA"):
        setup._refuse_cuda(["torch==2.13.0"])


def test_everything_but_llama_cpp_is_asked_for_and_tests_only_on_demand() -> None:
    project = tomllib.loads(setup.PROJECT.read_text(encoding="utf-8"))
    runtime, everything = requirements(project, dev=False), requirements(project, dev=True)
    assert not [item for item in everything if "llama" in normal(item)]
    assert any(item.startswith("chromadb") for item in runtime)
    assert not any(item.startswith("pytest") for item in runtime)
    assert any(item.startswith("pytest") for item in everything)


def test_every_direct_dependency_is_pinned_and_within_its_bound() -> None:
    project = tomllib.loads(setup.PROJECT.read_text(encoding="utf-8"))["project"]
    pins = setup.CONSTRAINTS.read_text(encoding="utf-8")
    for item in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        name, _, least = item.partition(">=")
        version = pinned(pins, normal(name))
        assert [int(n) for n in re.findall(r"\d+", version)] >= [int(n) for n in re.findall(r"\d+", least)], item


def test_pins_are_exact_and_name_no_place() -> None:
    for line in setup.CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        assert not line or line.startswith("#") or re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line), line


def test_a_missing_pin_is_a_clean_error() -> None:
    assert pinned("# x\nTorch_Extra==1.0  # why\n", "torch-extra") == "1.0"
    with pytest.raises(SetupError, match="torch"):
        pinned("numpy==2.4.6\n", "torch")


def test_the_newest_ready_made_wheel_that_the_driver_supports_is_taken() -> None:
    assert wheel_index(CPU).endswith("/whl/cpu")
    assert wheel_index(GPU).endswith("/whl/cu124")
    assert wheel_index(GPU._replace(cuda="12.9")).endswith("/whl/cu125")
    assert wheel_index(GPU._replace(cuda="11.4")).endswith("/whl/cpu")


def test_llama_cpp_is_built_for_this_processor_with_all_cores() -> None:
    environment = build_environment(CPU, {"PATH": "/bin", "CMAKE_ARGS": "-DGGML_BLAS=ON"})
    assert environment["CMAKE_ARGS"] == "-DGGML_NATIVE=ON -DGGML_OPENMP=ON -DGGML_BLAS=ON"
    assert environment["CMAKE_BUILD_PARALLEL_LEVEL"] == "4"
    assert environment["PATH"] == "/bin"
    assert "-DGGML_CUDA=ON" in build_environment(GPU, {})["CMAKE_ARGS"]
    assert "CUDA" not in build_environment(GPU._replace(nvcc=False), {})["CMAKE_ARGS"]


def test_wheels_are_kept_outside_the_project_by_version_machine_and_kind() -> None:
    home = Path("/home/anne")
    kept = wheel_folder(CPU, "0.3.36", {}, home)
    assert kept == home / ".cache/greffier/wheels/llama-cpp-python-0.3.36-cp311-linux_x86_64-0a1b2c3d-cpu"
    assert wheel_folder(CPU, "0.3.36", {"XDG_CACHE_HOME": "/var/c"}, home).is_relative_to("/var/c/greffier")
    machines = [(CPU, "0.3.36"), (CPU, "0.3.37"), (GPU, "0.3.36"), (CPU._replace(tag="x"), "0.3.36")]
    assert len({wheel_folder(machine, version, {}, home) for machine, version in machines}) == 4


def test_a_finished_set_up_is_not_repeated_until_something_changes() -> None:
    key = key_of(b"project", b"pins")
    assert is_ready({"key": key, "dev": False}, key, dev=False)
    assert is_ready({"key": key, "dev": True}, key, dev=False)
    assert not is_ready({"key": key, "dev": False}, key, dev=True)
    assert not is_ready({"key": key, "dev": True}, key_of(b"project", b"other pins"), dev=False)
    assert not is_ready({}, key, dev=False)


def test_llama_cpp_is_tried_again_when_a_compiler_appears_but_a_failed_build_is_not() -> None:
    bare = CPU._replace(compiler="")
    assert not may_retry_llama({"llama": "no compiler"}, bare, None)
    assert may_retry_llama({"llama": "no compiler"}, CPU, None)
    assert may_retry_llama({"llama": "no compiler"}, bare, Path("x.whl"))
    assert not may_retry_llama({"llama": "build failed"}, CPU, None)
    assert not may_retry_llama({"llama": "built"}, CPU, None)


def test_without_wheel_and_compiler_set_up_goes_on_in_extracts_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(setup, "_installed", lambda _: "")
    monkeypatch.setattr(setup, "answers", lambda _: False)
    assert setup._install_llama(CPU._replace(compiler="")) == "no compiler"
    assert "mode « extraits »" in capsys.readouterr().out


def test_a_failed_build_does_not_stop_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(setup, "_installed", lambda _: "")
    monkeypatch.setattr(setup, "answers", lambda _: False)
    commands: list[list[str]] = []

    def fails(command: list[str], environ: dict[str, str]) -> int:
        commands.append(command)
        assert "GGML_NATIVE" in environ["CMAKE_ARGS"]
        return 1

    monkeypatch.setattr(setup, "_watch", fails)
    assert setup._install_llama(CPU) == "build failed"
    assert len(commands) == 1
    assert "4 cœurs, environ 6 minutes" in capsys.readouterr().out


@pytest.mark.parametrize(("nvcc", "serves_card", "expected"), [
    (True, False, ["wheel"]), (True, True, []), (False, False, []),
])  # fmt: skip
def test_a_llama_cpp_without_the_card_is_replaced_where_one_for_it_can_be_had(
    nvcc: bool,
    serves_card: bool,
    expected: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = GPU._replace(nvcc=nvcc)
    version = pinned(setup.CONSTRAINTS.read_text(encoding="utf-8"), "llama-cpp-python")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = wheel_folder(machine, version, {"XDG_CACHE_HOME": str(tmp_path)}, Path.home())
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "llama.whl", "w") as kept:
        kept.writestr("llama_cpp/lib/libggml-cpu.so", b"")
    monkeypatch.setattr(setup, "_installed", lambda _: version)
    monkeypatch.setattr(setup, "_llama_works", lambda *, gpu=False: serves_card or not gpu)
    monkeypatch.setattr(setup, "answers", lambda _: False)
    commands: list[str] = []

    def fails(command: list[str], environ: dict[str, str]) -> int:
        commands.append(command[3])
        assert "-DGGML_CUDA=ON" in environ["CMAKE_ARGS"]
        return 1

    monkeypatch.setattr(setup, "_watch", fails)
    assert setup._install_llama(machine) == ("build failed" if expected else "installed")
    assert commands == expected


@pytest.mark.parametrize(("llama", "advice"), [("no compiler", "g++"), ("build failed", "--force"), ("built", "")])
def test_a_finished_set_up_does_nothing_but_recall_what_is_missing(
    llama: str, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = key_of(setup.PROJECT.read_bytes(), setup.CONSTRAINTS.read_bytes())
    (tmp_path / setup.STAMP).write_text(json.dumps({"key": key, "dev": True, "llama": llama}))
    monkeypatch.setattr(setup, "VENV", tmp_path)
    monkeypatch.setattr(setup, "cached", lambda _: None)
    monkeypatch.setattr(setup, "look", lambda: CPU._replace(compiler=""))
    assert setup.main([]) == 0
    shown = capsys.readouterr().out
    assert advice in shown
    assert shown.count("\n") == (1 if advice else 0)


def test_a_missing_venv_module_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert setup.main([]) == 1
    shown = capsys.readouterr()
    assert "apt-get install python3-venv" in shown.err
    assert shown.err.count("\n") == 1


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(setup, "OLDEST", (99, 0))
    assert setup.main([]) == 1
    assert "make run PYTHON=python99.0" in capsys.readouterr().err


def test_an_index_out_of_reach_is_no_error() -> None:
    assert answers("http://127.0.0.1:9/simple/") is False


def test_a_stamp_that_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    assert setup.read_stamp(tmp_path / "absent") == {}
    (tmp_path / "stamp").write_text("[1]")
    assert setup.read_stamp(tmp_path / "stamp") == {}


def test_set_up_needs_nothing_but_the_standard_library() -> None:
    program = f"""
import sys
sys.path.insert(0, {str(setup.ROOT)!r})
import models.setup
print(*{{name.partition(".")[0] for name in sys.modules}})
"""
    command = [sys.executable, "-I", "-S", "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) - set(sys.stdlib_module_names) <= {"models", "__main__"}


def test_this_machine_can_be_looked_at() -> None:
    machine = look()
    assert machine.cores >= 1
    assert re.fullmatch(r"cp3\d+-\w+-[0-9a-f]{8}", machine.tag)
