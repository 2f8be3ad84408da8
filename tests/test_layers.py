"""The shape of the house: which way imports go, who imports what is heavy, and what `--help` does not wait for."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter

import pytest

from rag.settings import ROOT

PACKAGES = ("rag", "ingest", "models", "ui")
MAY_IMPORT = {"rag": {"rag"}, "ingest": {"ingest", "rag"}, "models": {"models", "rag"}, "ui": {"ui", "ingest", "rag"}}
ROOT_OF_COMPOSITION = "rag.build"
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
}
# Each heavy library with the one module that may import it. pypdfium2 alone has three: it is a low-level ctypes
# binding, spread by purpose inside one package (text, annotations, page objects), and one file would have 500 lines.
ADAPTERS: dict[str, str | set[str]] = {
    "bm25s": "rag.lexical",
    "chromadb": "rag.dense",
    "distributed": "ingest.executors",
    "fastapi": {"ui.server", *(name for name in FILES if name.startswith("ui.") and name.endswith(".routes"))},
    "gradio": "ui.app",
    "httpx": "models.remote",
    "jinja2": {"ui.web", "models.sandbox", "models.template"},  # pages; the chat templates of GGUF files, in a sandbox
    "langchain_text_splitters": "ingest.chunk",
    "llama_cpp": "models.llama",
    "onnxruntime": "models.onnx",
    "pypdf": "ingest.pdf",
    "reportlab": "ui.history.pdf",
    "pypdfium2": {"ingest.pdf", "ingest.forms", "ingest.drawn"},
    "sentence_transformers": "models.sentence",
    "snowballstemmer": "rag.text",
    "tokenizers": "models.embedder",
    "torch": "models.sentence",
    "uvicorn": "ui.server",
    "watchfiles": "ingest.watch",
}
# What --help must not wait for: seconds each.
SLOW = ("torch", "gradio", "chromadb", "llama_cpp", "onnxruntime", "sentence_transformers", "transformers")

TREES = {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in FILES.items()}


def imported(module: str, tree: ast.AST | None = None) -> Iterator[str]:
    """Yield what a module, or a part of its tree, imports, as dotted names down to our own modules."""
    for node in ast.walk(tree or TREES[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{module} imports relatively"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in FILES else node.module


def own(module: str) -> set[str]:
    return {name for name in imported(module) if name.split(".")[0] in PACKAGES}


def test_there_is_something_to_look_at() -> None:
    assert {"rag.assistant", "ingest.run", "models.choose", "ui.app"} <= FILES.keys()
    assert "rag.store" in own("rag.assistant") and "rag.gate" in own("rag.assistant")
    libraries = {name.split(".")[0] for module in FILES for name in imported(module)}
    assert libraries >= {"bm25s", "chromadb", "gradio", "llama_cpp", "pypdfium2", "sentence_transformers", "uvicorn"}


@pytest.mark.parametrize("module", sorted(FILES.keys() - {ROOT_OF_COMPOSITION}))
def test_imports_go_one_way(module: str) -> None:
    package = module.split(".")[0]
    assert {name.split(".")[0] for name in own(module)} <= MAY_IMPORT[package]


def test_only_the_commands_import_the_composition_root() -> None:
    importers = {module for module in FILES if ROOT_OF_COMPOSITION in own(module)}
    assert importers and {module.split(".")[1] for module in importers} == {"__main__"}


def test_the_composition_root_knows_models_but_neither_ingestion_nor_interface() -> None:
    assert {name.split(".")[0] for name in own(ROOT_OF_COMPOSITION)} == {"rag", "models"}


@pytest.mark.parametrize("module", sorted(FILES))
def test_no_own_module_is_imported_inside_a_function(module: str) -> None:
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            hidden = {name for name in imported(module, node) if name.split(".")[0] in PACKAGES}
            assert not hidden, f"{module}.{node.name}"


@pytest.mark.parametrize("library", sorted(ADAPTERS))
def test_each_heavy_library_has_one_importer(library: str) -> None:
    importers = {module for module in FILES if library in {name.split(".")[0] for name in imported(module)}}
    allowed = ADAPTERS[library]
    assert importers <= ({allowed} if isinstance(allowed, str) else allowed)


def test_modules_import_each_other_in_no_circle() -> None:
    order = TopologicalSorter({module: own(module) - {module} for module in FILES}).static_order()
    assert set(order) >= FILES.keys()


@pytest.mark.parametrize("module", sorted(FILES))
def test_every_module_says_what_it_is(module: str) -> None:
    assert ast.get_docstring(TREES[module])


@pytest.mark.parametrize("package", PACKAGES)
def test_help_waits_for_nothing_heavy(package: str) -> None:
    command = (
        "import runpy, sys\n"
        f"sys.argv = ['{package}', '--help']\n"
        "try:\n"
        f"    runpy.run_module('{package}', run_name='__main__', alter_sys=False)\n"
        "except SystemExit as end:\n"
        "    code = end.code\n"
        f"print('loaded:', *sorted(set(sys.modules) & set({SLOW!r})))\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage:" in done.stdout.lower()
    assert done.stdout.splitlines()[-1] == "loaded:"
