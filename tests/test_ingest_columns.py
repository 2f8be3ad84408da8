"""A long document in two columns is read in its order. Run: python -m pytest tests/test_ingest_columns.py"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest.chunk import chunk
from ingest.clean import clean
from ingest.guard import hear
from ingest.headings import find_headings
from rag.settings import Settings
from rag.types import Source
from tests import journal
from tests.fakes import WordEmbedder

PAGES = 30
GOOD = 0.99


def stored(file: Path) -> list[str]:
    """Return the sentences of the chunks of `file`, in their order."""
    heard = hear(file, Settings())
    cleaned = clean(heard.pages, Source(file.name, "0" * 64, "Bulletin"))
    pages = [item.page for item in cleaned]
    chunks = chunk(pages, find_headings(cleaned, heard.head.outline), WordEmbedder().count_tokens, 120, 0)
    return [sentence.text for one in chunks for sentence in one.sentences]


def solid(text: str) -> str:
    return "".join(text.split())


def in_order(sentences: Sequence[str], articles: Sequence[str]) -> float:
    """Return the share of `sentences` that stand in the articles where the one before ends."""
    whole = "\0".join(map(solid, articles))
    follow, expected = 0, 0
    for text in map(solid, sentences):
        expected += whole.startswith("\0", expected)
        follows = whole.startswith(text, expected)
        follow += follows
        expected = (expected if follows else max(0, whole.find(text))) + len(text)
    return follow / len(sentences)


@pytest.mark.parametrize("across", [False, True], ids=["column by column", "line by line"])
def test_a_long_journal_in_two_columns_is_read_in_its_order(tmp_path: Path, across: bool) -> None:
    known = journal.write(tmp_path / "bulletin.pdf", PAGES, across=across)

    sentences = stored(tmp_path / "bulletin.pdf")

    asides = {solid(text) for text in (*known.headings, *known.notes, *known.rows)}
    body = [text for text in sentences if solid(text) not in asides]
    assert known.pages >= PAGES
    assert in_order(body, known.articles) >= GOOD
    assert sum(map(len, map(solid, body))) >= GOOD * sum(map(len, map(solid, known.articles)))
    assert not any(journal.HEAD in text for text in sentences)
