"""What the reader finds in words: movements with their strengths, to lay descriptions side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from annotator.core.generation.facs.sequence import faces
from viewer.core.channels import CHANNELS, INDEX, SHAPE_COUNT

AUDIBLE = 0.1
"""Strength from which on a movement counts as described."""
APART = 0.2
"""Strengths that differ by more are told as different."""

_UNEVEN = 0.15
_LOOKS = (
    ("Gaze up", "EyeLookUpLeft", "EyeLookUpRight"),
    ("Gaze down", "EyeLookDownLeft", "EyeLookDownRight"),
    ("Gaze left", "EyeLookOutLeft", "EyeLookInRight"),
    ("Gaze right", "EyeLookOutRight", "EyeLookInLeft"),
)
_ROTATIONS = (
    ("HeadYaw", "Head turn", "left", "right"),
    ("HeadPitch", "Head", "up", "down"),
    ("HeadRoll", "Head tilt", "left", "right"),
)

Movements = Mapping[str, float]
"""Strengths (0 to 1) by a short title, such as ``Mouth smile L``."""


@lru_cache(maxsize=512)
def understood(text: str) -> Movements:
    """The movements that the reader finds in a description; a look to a side and a turn of the head
    are movements too.  Takes some milliseconds."""
    if not text.strip():
        return {}
    return movements(faces("", "", (text,))[0].values)


def movements(values: npt.ArrayLike) -> Movements:
    """(61,) values in KeyframeFace's unit as movements; the two sides are one where they are alike."""
    row = np.asarray(values, np.float64)
    found: dict[str, float] = {}
    for channel in CHANNELS[:SHAPE_COUNT]:
        stem = re.sub(r"(Left|Right)$", "", channel.name)
        if stem.startswith("EyeLook"):
            continue
        if stem + "Right" not in INDEX or stem in ("Jaw", "Mouth"):
            _keep(found, _title(channel.name), float(row[channel.index]))
        elif channel.name.endswith("Left"):
            left, right = float(row[channel.index]), float(row[INDEX[stem + "Right"]])
            if abs(left - right) <= _UNEVEN:
                _keep(found, _title(stem), (left + right) / 2)
            else:
                _keep(found, f"{_title(stem)} L", left)
                _keep(found, f"{_title(stem)} R", right)
    for title, one, other in _LOOKS:
        _keep(found, title, max(float(row[INDEX[one]]), float(row[INDEX[other]])))
    for name, title, plus, minus in _ROTATIONS:
        value = float(row[INDEX[name]])
        # Rotations are small numbers: half of their range is as far as a head goes.
        _keep(found, f"{title} {plus if value > 0 else minus}", min(1.0, 2 * abs(value)))
    return found


def _keep(found: dict[str, float], title: str, value: float) -> None:
    if value >= AUDIBLE:
        found[title] = round(value, 3)


def _title(name: str) -> str:
    words = re.findall(r"[A-Z][a-z]+", name)
    return " ".join([words[0], *(word.lower() for word in words[1:])])
