"""Colours that mean one thing everywhere: of an emotion on keys, spans and in lists, and of a person."""

from __future__ import annotations

import colorsys
import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from annotator.core.names import identity
from viewer.palette import Palette

_HUES = {
    "happiness": 48,
    "sadness": 220,
    "fear": 275,
    "anger": 4,
    "surprise": 28,
    "disgust": 95,
    "contempt": 325,
    "neutral": None,
}
"""Degrees, as people who label emotions draw them: joy is yellow, anger red."""

_NONE: Mapping[str, int] = MappingProxyType({})

_STEP = 137.508
"""The golden angle: however many labels follow each other, neighbours differ."""

_START = 180.0
_DARK, _LIGHT = (0.66, 0.62), (0.36, 0.62)
"""Lightness and saturation on dark and on light ground; a label without a hue has no saturation."""

_PALER = 0.62
"""Share of the saturation of what is no basic emotion."""


@lru_cache(maxsize=8)
def _colours(labels: tuple[str, ...], dark: bool, hues: tuple[tuple[str, int], ...]) -> dict[str, str]:
    light, saturation = _DARK if dark else _LIGHT
    found: dict[str, str] = {}
    known = {**_HUES, **dict(hues)}
    for place, label in enumerate(labels):
        hue = known.get(label, (_START + place * _STEP) % 360)
        strong = 0.0 if hue is None else saturation if label in known else saturation * _PALER
        found[label] = _hex(hue or 0.0, light, strong)
    return found


def _hex(hue: float, light: float, strong: float) -> str:
    parts = colorsys.hls_to_rgb(hue / 360, light, strong)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def emotion_colours(
    labels: Sequence[str], palette: Palette, hues: Mapping[str, int] = _NONE
) -> Mapping[str, str]:
    """sRGB hex of each label of a vocabulary, by its place in it; basic emotions, and labels with one of the
    ``hues``, have their own wherever they stand.  Each is told from the ground of its theme (3:1 at
    least)."""
    return _colours(tuple(labels), palette.name == "dark", tuple(hues.items()))


def person_colour(name: str, palette: Palette) -> str:
    """sRGB hex of an annotator, by the name alone: the same on every computer."""
    light, saturation = _DARK if palette.name == "dark" else _LIGHT
    drawn = hashlib.sha256(identity(name).encode(errors="replace")).digest()
    return _hex(int.from_bytes(drawn[:2]) * 360 / 65536, light, saturation)
