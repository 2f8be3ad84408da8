"""Which words of a page no reader can see, by how they are drawn and on what. Pure: geometry and colours only.

Does *not* know PDFium, nor type that is too small or beside the page (`ingest.clean`), nor what covers text later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # a child need not build all values of rag: 10 ms a file
    from rag.types import Box


Ink = Literal["plain", "white", "none"]
"""How a word is drawn: in a colour, in white (or nearly), or not at all (render mode 3 or 7, fully transparent)."""

SCAN = 0.5
"""Share of the page that pictures cover from which words drawn not at all may be the text layer of a scan."""


def is_layer(inks: Sequence[Ink], lengths: Sequence[int], pictures: float) -> bool:
    """Return whether the words that are not drawn are the text layer of a scan: pictures cover half of the page and
    most of its text is of that kind.

    Args:
        inks: of each word.
        lengths: of each word, in characters.
        pictures: share of the page that pictures cover, 0 to 1.
    """
    absent = sum(length for ink, length in zip(inks, lengths, strict=True) if ink == "none")
    return pictures >= SCAN and absent > 0 and 2 * absent >= sum(lengths)


def hidden_words(inks: Sequence[Ink], boxes: Sequence[Box], beneath: Sequence[Box], *, layer: bool) -> set[int]:
    """Return the indexes of the words that cannot be seen.

    White words are seen if their middle stands on one of `beneath`. Words that are not drawn stay if they are the
    text layer of a scan.

    Args:
        inks: of each word.
        boxes: of each word; any coordinates, the same as those of `beneath`.
        beneath: what is painted in another colour than white.
        layer: whether the words that are not drawn are the layer of a scan (`is_layer`).
    """
    white = {index for index, ink in enumerate(inks) if ink == "white" and not _on_any(boxes[index], beneath)}
    if layer:
        return white
    return white | {index for index, ink in enumerate(inks) if ink == "none"}


def _on_any(box: Box, shapes: Sequence[Box]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in shapes)
