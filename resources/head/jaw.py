"""How the lower jaw moves: it turns about its joint, and slides."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from solve import Array, turned

JAW_JOINT = np.array([0.0, -0.55, 1.8])
"""The axis of the jaw runs through this point, from ear to ear."""
JAW_OPEN_DEGREES = 25.0
JAW_SHIFT = {"JawForward": (0.0, -0.15, 1.08), "JawLeft": (0.87, 0.02, 0.02), "JawRight": (-0.87, 0.02, 0.02)}


def jaw_motion(shape: str, points: Array) -> Array:
    """How points fixed to the lower jaw move in ``shape``."""
    if shape == "JawOpen":
        return turned(points, JAW_JOINT, 0, np.radians(JAW_OPEN_DEGREES)) - points
    return np.broadcast_to(np.array(JAW_SHIFT.get(shape, (0.0, 0.0, 0.0))), points.shape).copy()


def jaw_frame(shapes: Iterable[str]) -> tuple[Array, Array]:
    """The affine motion of the jaw when ``shapes`` are added: (3, 3) matrix and (3,) shift."""
    corners = np.concatenate([np.zeros((1, 3)), np.eye(3)])
    moved = corners + sum((jaw_motion(shape, corners) for shape in shapes), np.zeros((4, 3)))
    return (moved[1:] - moved[0]).T, moved[0]
