"""The colours of the window: one accent, recorded in one colour, each take in its own.

The same colour marks a track everywhere: its curve, the frame of its face, its legend.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """sRGB hex colours of one theme."""

    name: str
    window: str
    panel: str
    raised: str
    chosen: str
    field: str
    trough: str
    line: str
    text: str
    muted: str
    accent: str
    accent_text: str
    warning: str
    error: str
    success: str
    playhead: str
    recorded: str
    takes: tuple[str, ...]
    face_top: str
    face_bottom: str

    def take(self, index: int) -> str:
        """The colour of the ``index``-th take; repeats after the last."""
        return self.takes[index % len(self.takes)]

    def curve(self, index: int) -> str:
        """The colour of the ``index``-th of many curves on one axis: hues that follow one another differ."""
        light = 0.68 if self.name == "dark" else 0.36
        parts = colorsys.hls_to_rgb((36.0 + 137.508 * index) / 360.0 % 1.0, light, 0.72)
        return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


DARK = Palette(
    name="dark",
    window="#14171c",
    panel="#1a1e25",
    raised="#232932",
    chosen="#24364d",
    field="#10131a",
    trough="#10131a",
    line="#2c333e",
    text="#e6e9ee",
    muted="#98a2b1",
    accent="#4c9ffe",
    accent_text="#08121f",
    warning="#e8b04a",
    error="#f06a6a",
    success="#5cc689",
    playhead="#ffffff",
    recorded="#58b6ff",
    takes=("#ffa94d", "#b197fc", "#63e6a4", "#f783ac", "#ffe066", "#3bc9db", "#c0eb75", "#e599f7"),
    face_top="#333b47",
    face_bottom="#191d24",
)

LIGHT = Palette(
    name="light",
    window="#eef0f3",
    panel="#f8f9fb",
    raised="#ffffff",
    chosen="#d7e5f7",
    field="#ffffff",
    trough="#e3e7ec",
    line="#d5dae1",
    text="#1b2027",
    muted="#5b6675",
    accent="#1268d3",
    accent_text="#ffffff",
    warning="#96620a",
    error="#c02f2f",
    success="#1d7d47",
    playhead="#10141a",
    recorded="#0b6bcb",
    takes=("#c25a00", "#6b46c1", "#0d7a4f", "#b8326a", "#8a6d00", "#0b7285", "#4f7a0d", "#9c36b5"),
    face_top="#dfe4ea",
    face_bottom="#b9c1cc",
)

REGION_COLOURS: dict[str, str] = {
    "brows": "#e5a54b",
    "eyes": "#4fb3d9",
    "nose": "#9fc54d",
    "cheeks": "#e07a9f",
    "jaw": "#8f8ce7",
    "mouth": "#e2695b",
    "tongue": "#c86fc9",
    "head": "#7f93a8",
    "eye rotation": "#4fc0a5",
}


def current(dark: bool) -> Palette:
    """The palette of the dark or the light theme."""
    return DARK if dark else LIGHT
