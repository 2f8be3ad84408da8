"""An association's colour to the colours of the page, legible in light and in dark.

Contrast is WCAG 2.1's: (lighter + 0.05) / (darker + 0.05) of the relative luminances, 1 to 21; text needs 4.5. Pure;
this module does *not* know where the colour comes from, nor the other colours than the grounds it is read on
(`ui/static/colours.css`).
"""

from __future__ import annotations

import colorsys
import re

from rag.errors import SettingsError

Colour = tuple[float, float, float]  # red, green and blue, 0 to 1
ENOUGH = 4.5
# Paper, ground and tint of the page: what the accent is read on. Tints are mixed from the accent, see `_tint`.
LIGHT: tuple[Colour, ...] = ((1.0, 1.0, 1.0), (0.961, 0.965, 0.973))
DARK: tuple[Colour, ...] = ((0.106, 0.129, 0.176), (0.071, 0.086, 0.122))
WHITE: Colour = (1.0, 1.0, 1.0)
NIGHT: Colour = (0.051, 0.078, 0.125)
_STEP = 0.01  # of lightness between two tries


def parse(text: str) -> Colour:
    """Return a colour written "#rgb" or "#rrggbb".

    Raises:
        SettingsError: if it is written otherwise.
    """
    if not re.fullmatch(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})", text):
        raise SettingsError(
            f"Le réglage accent_colour vaut {text!r} ; il faut une couleur comme #7a1f3d.",
            f"The setting accent_colour is {text!r}; a colour such as #7a1f3d is needed.",
        )
    digits = text[1:] if len(text) == 7 else "".join(digit * 2 for digit in text[1:])
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def shown(colour: Colour) -> str:
    """Return a colour as CSS writes it."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


def contrast(one: Colour, other: Colour) -> float:
    """Return WCAG's contrast of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def legible(colour: Colour, grounds: tuple[Colour, ...], *, darker: bool) -> Colour:
    """Return the nearest colour of the same hue whose contrast with every one of `grounds`, and with the tint mixed
    from it, is `ENOUGH`: made darker, or lighter, as far as it takes."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rounded(colour))
    while not _reads(found := _rounded(colorsys.hls_to_rgb(hue, lightness, saturation)), grounds):
        lightness += -_STEP if darker else _STEP
        if not 0 <= lightness <= 1:
            return (0.0, 0.0, 0.0) if darker else WHITE
    return found


def theme(accent: str) -> str:
    """Return the CSS that gives the page this accent; "" for none, which leaves `colours.css` as it is.

    Raises:
        SettingsError: if `accent` is no colour.
    """
    if not accent:
        return ""
    light = legible(parse(accent), LIGHT, darker=True)
    dark = legible(parse(accent), DARK, darker=False)
    day, night = _rules(light, WHITE, LIGHT[0]), _rules(dark, NIGHT, DARK[0])
    return (
        f":root {{ {day} }}\n.dark {{ {night} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not(:has(gradio-app)) {{ {night} }} }}\n"
    )


def _rules(accent: Colour, text: Colour, paper: Colour) -> str:
    return f"--accent: {shown(accent)}; --on-accent: {shown(text)}; --tint: {shown(_tint(accent, paper))};"


def _tint(accent: Colour, paper: Colour) -> Colour:
    red, green, blue = (0.12 * one + 0.88 * other for one, other in zip(accent, paper, strict=True))
    return _rounded((red, green, blue))


def _reads(colour: Colour, grounds: tuple[Colour, ...]) -> bool:
    text = WHITE if grounds is LIGHT else NIGHT  # what is written on the accent
    return all(contrast(colour, other) >= ENOUGH for other in (*grounds, _tint(colour, grounds[0]), text))


def _rounded(colour: Colour) -> Colour:
    # to what CSS can say, so that what was measured is what is shown
    red, green, blue = (round(part * 255) / 255 for part in colour)
    return red, green, blue


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
