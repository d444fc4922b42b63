"""Degrees of the head from the tracker's matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def degrees(matrices: NDArray[np.float32]) -> NDArray[np.float64]:
    """Yaw, pitch and roll (F, 3) in degrees of the head against the camera.

    ``matrices`` (F, 4, 4) turn the mean face to the camera.  Yaw turns to the own left, pitch goes up,
    roll tips to the own left shoulder: ``R = Ry(yaw) · Rx(-pitch) · Rz(-roll)``.
    """
    turn = np.asarray(matrices, np.float64)[:, :3, :3]
    length = np.linalg.norm(turn, axis=1, keepdims=True)
    turn = turn / np.where(length > 0, length, 1.0)
    yaw = np.arctan2(turn[:, 0, 2], turn[:, 2, 2])
    pitch = np.arcsin(np.clip(turn[:, 1, 2], -1.0, 1.0))
    roll = -np.arctan2(turn[:, 1, 0], turn[:, 1, 1])
    angles: NDArray[np.float64] = np.degrees(np.stack([yaw, pitch, roll], axis=1))
    return angles


def unmirrored(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """What angles (F, 3) seen in a mirror are without it."""
    turned: NDArray[np.float64] = angles * np.array([-1.0, 1.0, -1.0])
    return turned
