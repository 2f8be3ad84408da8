"""The association's logo: a PNG or an SVG file, checked before it is ever served.

An SVG file can carry scripts and pull in other files. The page shows it as a picture, where browsers run nothing, and
its address sandboxes it; what holds a script all the same is refused when the server starts, so that nobody relies
on the browser alone. This module does *not* know HTTP.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rag.errors import SettingsError
from rag.settings import ROOT

BYTES = 1_000_000  # largest logo
PNG_START = b"\x89PNG\r\n\x1a\n"
# Elements, attributes and addresses by which an SVG runs something or fetches something. The prefix of a name may hold
# anything but these signs: "a-b:script".
_ACTIVE = re.compile(
    rb"<\s*(?:[^\s<>/:=\"']+:)?(?:script|foreignObject|iframe|object|embed|handler|set|animate\w*)\b"
    rb"|[\s\"'/]on\w+\s*=|<!ENTITY|<!DOCTYPE[^>]*\[|javascript:|(?:href|src)\s*=\s*[\"']?\s*(?!#|data:image/(?:png|jpeg))[^\"'#\s>]|@import|url\(\s*[\"']?(?!#)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Logo:
    """The file's bytes and its media type."""

    content: bytes
    media: str


def read_logo(path: str) -> Logo | None:
    """Return the logo of the setting, None for "".

    Raises:
        SettingsError: if it cannot be read, is too large, is neither PNG nor SVG, or is an SVG that runs or fetches.
    """
    if not path:
        return None
    try:
        content = (ROOT / Path(path).expanduser()).read_bytes()
    except OSError as error:
        raise _refused(path, f"il ne se lit pas ({error.strerror})", f"it cannot be read ({error.strerror})") from error
    if len(content) > BYTES:
        raise _refused(path, "il dépasse 1 Mo", "it is larger than 1 MB")
    if content.startswith(PNG_START):
        return Logo(content, "image/png")
    if b"<svg" not in content[:2000] or b"\0" in content:
        raise _refused(path, "ce n'est ni un PNG ni un SVG", "it is neither PNG nor SVG")
    if _ACTIVE.search(content):
        raise _refused(
            path,
            "ce SVG contient un script, une animation ou une adresse ; enregistrez-le comme « SVG simple » ou en PNG",
            "this SVG holds a script, an animation or an address; save it as a plain SVG or as PNG",
        )
    return Logo(content, "image/svg+xml")


def _refused(path: str, fr: str, en: str) -> SettingsError:
    return SettingsError(f"Le logo {path} ne convient pas : {fr}.", f"The logo {path} will not do: {en}.")
