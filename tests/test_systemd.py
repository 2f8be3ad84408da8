"""The units in docs/systemd: commands and options that exist, nothing sent out, and what systemd finds in them."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from ingest.__main__ import _parser as ingest_parser
from rag.settings import ROOT, Settings
from ui.__main__ import _parser as ui_parser

FOLDER = ROOT / "docs" / "systemd"
SERVICES = sorted(FOLDER.glob("*.service"))
AT = "/opt/greffier"
HARDENED = (
    "NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "ProtectControlGroups", "ProtectKernelModules",
    "ProtectKernelTunables", "ProtectKernelLogs", "ProtectClock", "ProtectHostname", "RestrictNamespaces",
    "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality",
)  # fmt: skip


def _read(unit: Path) -> dict[str, list[str]]:
    lines = [
        line.partition("=") for line in unit.read_text(encoding="utf-8").splitlines() if "=" in line and line[0] != "#"
    ]
    found: dict[str, list[str]] = {}
    for name, _, value in lines:
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_unit_runs_a_command_that_exists_and_may_write_only_where_it_must(unit: Path) -> None:
    values = _read(unit)
    python, dash, module, *arguments = shlex.split(values["ExecStart"][0])
    assert (python, dash) == (f"{AT}/.venv/bin/python", "-m")
    {"ui": ui_parser, "ingest": ingest_parser}[module]().parse_args(arguments)  # ends the test where it knows them not
    assert values["User"] == ["greffier"] and values["ProtectSystem"] == ["strict"]
    assert all(values[name] == ["yes"] for name in HARDENED)
    assert values["IPAddressDeny"] == ["any"] and values["SystemCallFilter"] == ["@system-service", "~@privileged"]
    default = {
        name: f"{AT}/{getattr(Settings(), name).relative_to(ROOT)}" for name in ("corpus", "data", "store", "weights")
    }
    writable = " ".join(values["ReadWritePaths"]).replace("-/", "/").split()
    assert set(writable) <= {*default.values(), "/var/backups/greffier"}
    assert default["store"] in writable


def test_only_the_server_has_a_network_and_no_address_outside_a_private_one() -> None:
    allowed = {unit.stem: " ".join(_read(unit).get("IPAddressAllow", [])).split() for unit in SERVICES}
    assert allowed.pop("greffier") == [
        "localhost", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"
    ]  # fmt: skip
    assert set(map(len, allowed.values())) == {0}
    assert all(_read(FOLDER / f"{stem}.service")["PrivateNetwork"] == ["yes"] for stem in allowed)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", sorted(FOLDER.glob("greffier*")), ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong_and_little_exposed(unit: Path, tmp_path: Path) -> None:
    for file in FOLDER.glob("greffier*"):  # here nothing is installed in /opt
        text = file.read_text(encoding="utf-8").replace(f"{AT}/.venv/bin/python", "/usr/bin/env")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / unit.name)], capture_output=True, text=True, check=False
    )
    assert [line for line in verified.stderr.splitlines() if "greffier" in line] == []
    if unit.suffix == ".service":
        command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)]  # 2.0 of 10
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0
