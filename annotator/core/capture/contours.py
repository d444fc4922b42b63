"""Which landmarks make the lines of a face, and how far the channels of each part can be trusted.

The numbers are those of MediaPipe's face mesh, as its ``FaceLandmarksConnections`` name them; left and
right are the face's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LEFT_BROW = ((276, 283, 282, 295, 285), (300, 293, 334, 296, 336))
_RIGHT_BROW = ((46, 53, 52, 65, 55), (70, 63, 105, 66, 107))
_LEFT_EYE = ((263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 263),)
_RIGHT_EYE = ((33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 33),)
_LIPS = (
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 78),
)
_FOREHEAD = (127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356)
_CHEEKS_AND_CHIN = (
    *(356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127),
)


@dataclass(frozen=True)
class Region:
    """A part of the face: its ``title`` on screen, its ``lines`` of landmarks, and what the names of its
    channels begin and end with."""

    title: str
    lines: tuple[tuple[int, ...], ...]
    starts: tuple[str, ...]
    ends: tuple[str, ...] = ("",)

    def has(self, channel: str) -> bool:
        """Whether a channel moves this part."""
        return channel.startswith(self.starts) and channel.endswith(self.ends)


REGIONS: tuple[Region, ...] = (
    Region("left brow", _LEFT_BROW, ("Brow",), ("Left", "InnerUp")),
    Region("right brow", _RIGHT_BROW, ("Brow",), ("Right", "InnerUp")),
    Region("left eye", _LEFT_EYE, ("EyeBlink", "EyeLook", "EyeSquint", "EyeWide"), ("Left",)),
    Region("right eye", _RIGHT_EYE, ("EyeBlink", "EyeLook", "EyeSquint", "EyeWide"), ("Right",)),
    Region("lips", _LIPS, ("Mouth",)),
    Region("jaw", (_CHEEKS_AND_CHIN,), ("Jaw",)),
    Region("head", (_FOREHEAD,), ("Head",)),
)
"""The jaw is under the outline of cheeks and chin, and the rotation of the head under the forehead's."""

POINTS: tuple[int, ...] = tuple(
    sorted({point for region in REGIONS for line in region.lines for point in line})
)
"""The landmarks on all lines."""


def region_reliability(report: Mapping[str, Any]) -> dict[str, float | None]:
    """The mean reliability, 0 to 1, of the channels that were measured in each region, by its title; None
    where the ``report`` of a captured track says none."""
    told = report.get("channels")
    known = {
        name: min(max(float(said["reliability"]), 0.0), 1.0)
        for name, said in (told.items() if isinstance(told, dict) else ())
        if isinstance(said, dict) and said.get("state") != "missing" and _is_number(said.get("reliability"))
    }
    out: dict[str, float | None] = {}
    for region in REGIONS:
        found = [value for name, value in known.items() if region.has(name)]
        out[region.title] = sum(found) / len(found) if found else None
    return out


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
