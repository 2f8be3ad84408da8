"""What every test gets: an environment without our own settings."""

import os
import signal
import sys

import pytest

from rag.settings import PREFIX


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def pytest_configure() -> None:
    # A shell that starts the tests in the background has them ignore Ctrl+C, and so would every command they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure() -> None:
    # llama-cpp-python opens /dev/null twice when it is imported, and never closes it.
    if utilities := sys.modules.get("llama_cpp._utils"):
        utilities.outnull_file.close()
        utilities.errnull_file.close()
