import io
from pathlib import Path

import pytest
from PIL import Image

from ingest.picture import render_page
from rag.errors import GreffierError
from rag.settings import Settings
from tests import pdfs


def test_a_page_is_drawn_at_the_asked_width(tmp_path: Path) -> None:
    file = pdfs.text(tmp_path / "a.pdf", [["Un"], ["Deux"]])

    picture = Image.open(io.BytesIO(render_page(file, 2, 300, Settings())))

    assert picture.format == "JPEG"
    assert picture.width == pytest.approx(300, abs=1)
    assert picture.height == pytest.approx(300 * 842 / 595, abs=2)
    darkest, _ = picture.convert("L").getextrema()
    assert isinstance(darkest, int) and darkest < 128  # there is ink


@pytest.mark.parametrize("number", [0, 3])
def test_a_page_that_is_not_there_is_refused_in_french(tmp_path: Path, number: int) -> None:
    file = pdfs.text(tmp_path / "statuts.pdf", [["Un"], ["Deux"]])

    with pytest.raises(GreffierError, match=f"page {number} de statuts.pdf"):
        render_page(file, number, 300, Settings())


def test_a_locked_file_is_refused_in_french(tmp_path: Path) -> None:
    with pytest.raises(GreffierError, match="ne peut pas être affichée"):
        render_page(pdfs.encrypted(tmp_path / "a.pdf", "secret"), 1, 300, Settings())


def test_a_width_out_of_range_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="width 100000"):
        render_page(tmp_path / "a.pdf", 1, 100_000, Settings())
