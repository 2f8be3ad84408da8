"""The docs say what the code says. Run: python -m pytest tests/test_docs.py"""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from ingest.__main__ import _parser as ingest_parser
from rag.__main__ import _parser as rag_parser
from rag.settings import ROOT, Settings
from rag.types import FileStatus
from tests.bench.quality import blocks as quality_blocks
from ui.__main__ import _parser as ui_parser

PAGES = [ROOT / "README.md", ROOT / "LISEZMOI.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def doc(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def makefile_targets() -> list[str]:
    return re.findall(r"^([a-z][a-z-]*):.*## ", doc("Makefile"), re.MULTILINE)


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_each_setting_is_documented_with_its_default(field: object) -> None:
    name, default = field.name, field.default  # type: ignore[attr-defined]
    shown = default.relative_to(ROOT).as_posix() if isinstance(default, Path) else str(default)
    shown = shown.lower() if isinstance(default, bool) else {"": '""', "()": "[]"}.get(shown, shown)
    assert f"| `{name}` | `{shown}` |" in doc("docs/settings.md")


def test_no_setting_is_documented_that_does_not_exist() -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", doc("docs/settings.md"), re.MULTILINE))
    assert documented == {field.name for field in fields(Settings)}


def test_each_make_target_the_readmes_name_exists() -> None:
    for page in ("README.md", "LISEZMOI.md"):
        named = set(re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+)", doc(page), re.MULTILINE))
        assert {a or b for a, b in named} <= set(makefile_targets()), page


@pytest.mark.parametrize("target", makefile_targets())
def test_each_make_target_stands_in_both_readmes(target: str) -> None:
    for page in ("README.md", "LISEZMOI.md"):
        assert f"make {target}" in doc(page), page


def test_each_option_of_the_commands_is_documented() -> None:
    text = doc("docs/commands.md")
    subparsers = rag_parser()._subparsers
    assert subparsers is not None
    rag = subparsers._group_actions[0].choices
    assert rag is not None
    parsers = [ingest_parser(), ui_parser(), *rag.values()]  # type: ignore[attr-defined]
    options = {option for parser in parsers for option in parser._option_string_actions if option.startswith("--")}
    assert {option for option in options if option not in text} <= {"--help"}


def test_each_file_status_is_documented() -> None:
    for status in FileStatus.__args__:  # type: ignore[attr-defined]
        assert f"`{status}`" in doc("docs/commands.md"), status


def test_the_architecture_names_files_that_exist_and_its_importers_import() -> None:
    text = doc("docs/architecture.md")
    for path in re.findall(r"`((?:rag|ingest|models|ui|tests)/\w+\.py)`", text):
        assert (ROOT / path).is_file(), path
    rows = re.findall(r"^\| `(\w+)/` \|.*\| ([^|]+) \|$", text, re.MULTILINE)
    for package, importers in rows:
        for _, module in re.findall(r"([\w\-, ]+): `(\w+)`", importers):
            assert (ROOT / package / f"{module}.py").is_file(), module


def test_the_version_stands_in_the_changelog() -> None:
    version = tomllib.loads(doc("pyproject.toml"))["project"]["version"]
    assert f"## {version}" in doc("CHANGELOG.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_to_a_file_of_the_project_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_table_of_quality_is_made_by_the_command_that_stands_in_its_block() -> None:
    text = doc("docs/quality.md")
    blocks = re.findall(r"<!-- evaluate: (\w+) -->\n(.*?)<!-- end -->", text, re.DOTALL)
    made = {block.name for block in quality_blocks(ROOT, ROOT)}
    assert [name for name, _ in blocks] == sorted(made, key=[name for name, _ in blocks].index)
    for name, body in blocks:
        assert re.match(r"`python -m (rag (evaluate|calibrate)|tests\.bench\.(ablations|verifier))\b.*`\n\n", body), (
            name
        )
    outside = re.sub(r"<!-- evaluate: .*?<!-- end -->", "", text, flags=re.DOTALL)
    assert "\n|" not in outside
