"""The association's colour is legible wherever it stands, and its logo does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import SettingsError
from rag.settings import Settings
from tests.browser.scripted import PATH, ScriptedAssistant, draw, make_pdf
from ui.desk import Desk
from ui.server import build_server, guarded
from ui.theme.colours import DARK, ENOUGH, LIGHT, contrast, legible, parse, shown, theme
from ui.theme.logo import PNG_START, read_logo

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z" fill="url(#a)"/>{}</svg>'


def test_contrast_is_that_of_wcag() -> None:
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert contrast(parse("#777777"), (1, 1, 1)) == pytest.approx(4.48, abs=0.005)


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_any_colour_is_made_legible_in_light_and_dark(parts: tuple[int, int, int]) -> None:
    colour = parse("#{:02x}{:02x}{:02x}".format(*parts))
    for grounds, darker in ((LIGHT, True), (DARK, False)):
        found = legible(colour, grounds, darker=darker)
        assert all(contrast(parse(shown(found)), ground) >= ENOUGH for ground in grounds)


def test_a_colour_that_reads_well_is_left_as_it_is() -> None:
    assert "--accent: #7a1f3d; --on-accent: #ffffff" in theme("#7a1f3d")
    assert theme("") == ""


@pytest.mark.parametrize("text", ["red", "#12345", "#gggggg", "7a1f3d", "#fff;}body{display:none"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="#7a1f3d"):
        theme(text)


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>", '<a href="javascript:alert(1)"/>', '<image href="http://x.example/a.png"/>',
        '<rect onload="alert(1)"/>', "<style>@import 'http://x.example'</style>", "<foreignObject/>",
        '<use xlink:href="//x.example/a#b"/>', "<svg:script/>", "<a-b:script/>", "<é.b:script/>",
        '<g a="b"onload="x()"/>', '<animate attributeName="href"/>',
    ],
)  # fmt: skip
def test_an_svg_that_runs_or_fetches_is_refused(tmp_path: Path, inside: str) -> None:
    file = tmp_path / "logo.svg"
    file.write_text(SVG.format(inside), encoding="utf-8")
    with pytest.raises(SettingsError, match="script"):
        read_logo(str(file))


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "logo.png"
    for content, says in ((b"GIF89a", "PNG"), (PNG_START + b"x" * 1_000_001, "1 Mo")):
        file.write_bytes(content)
        with pytest.raises(SettingsError, match=says):
            read_logo(str(file))
    with pytest.raises(SettingsError, match="ne se lit pas"):
        read_logo(str(tmp_path / "none.svg"))
    assert read_logo("") is None


def test_colour_and_logo_are_served_and_the_logo_is_sandboxed(tmp_path: Path) -> None:
    file = tmp_path / "logo.svg"
    file.write_text(SVG.format(""), encoding="utf-8")
    assistant = ScriptedAssistant(tmp_path, make_pdf(tmp_path / PATH), pause=0)
    settings = Settings(corpus=tmp_path, data=tmp_path / "data", accent_colour="#7a1f3d", logo=str(file))
    server = build_server(Desk(lambda: assistant), settings, draw)
    client = TestClient(guarded(server, settings), base_url="http://127.0.0.1")
    assert "#7a1f3d" in client.get("/greffier/theme.css").text
    reply = client.get("/greffier/logo")
    assert reply.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in reply.headers["content-security-policy"]
