"""One way to speak and one way to fail."""

import io

import pytest

from rag.console import fail, say
from rag.errors import CorpusError


def test_saying_writes_one_line() -> None:
    stream = io.StringIO()
    say("Bonjour", stream)
    say("1/2", stream, end="")
    assert stream.getvalue() == "Bonjour\n1/2"


def test_failing_is_one_french_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail(CorpusError("Dossier absent.", "No folder."), debug=False) == 1
    assert capsys.readouterr() == ("", "Erreur : Dossier absent.\n")


def test_debug_adds_the_trace_with_its_cause(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        try:
            raise OSError("la cause")
        except OSError as cause:
            raise CorpusError("Dossier absent.", "No folder.") from cause
    except CorpusError as error:
        assert fail(error, debug=True) == 1
    out, err = capsys.readouterr()
    assert out == "" and "la cause" in err and "Traceback" in err
    assert err.endswith("Erreur : Dossier absent.\n")
