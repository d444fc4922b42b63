"""Where the parts of a face lie, whatever the head does: from the tracker's landmarks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

_BRIDGE_AND_SIDES: tuple[int, ...] = (
    168,
    6,
    197,
    195,
    127,
    356,
    234,
    454,
    133,
    362,
    33,
    263,
    162,
    389,
    122,
    351,
    245,
    465,
)
_FOREHEAD = (10, 151, 9, 8, 109, 338, 67, 297, 103, 332, 54, 284, 21, 251)
STILL_WITHOUT_BROWS: tuple[int, ...] = _BRIDGE_AND_SIDES
"""Landmarks that no expression moves far, and none that the brows pull along."""
STILL: tuple[int, ...] = (*_FOREHEAD, *(168, 6, 197, 195, 162, 389, 127, 356, 234, 454, 133, 362, 33, 263))
"""More landmarks, which hold the head still better where the brows do not matter."""
_RIGHT_EYE, _LEFT_EYE, _TOP, _CHIN = 33, 263, 10, 152


def held_still(landmarks: NDArray[np.floating], size: tuple[int, int], still: tuple[int, ...]) -> Points:
    """Landmarks as seen from the face itself.

    Parameters
    ----------
    landmarks : (F, 478, 3) array
        Shares of the picture's width and height, z as x; NaN where there is no face.
    size : (int, int)
        Width and height of the picture.
    still : tuple of int
        Which landmarks hold the head still.

    Returns
    -------
    (F, 478, 3) array
        x to the own left, y up, z out of the face; 1 is the distance of the outer corners of the eyes.
        NaN where there is no face.
    """
    width, height = size
    points = landmarks.astype(np.float64) * np.array([width, -height, -width])
    seen = np.isfinite(points).all(axis=(1, 2))
    out = np.full_like(points, np.nan)
    if not seen.any():
        return out
    usual = np.median(points[seen], axis=0)
    marks = list(still)
    centre = usual[marks].mean(axis=0)
    wanted = usual[marks] - centre
    found = points[seen][:, marks]
    centres = found.mean(axis=1, keepdims=True)
    found = found - centres
    # The turn that brings each frame's still landmarks nearest to the usual ones (Kabsch).
    left, _, right = np.linalg.svd(np.einsum("fpi,pj->fij", found, wanted))
    mirrored = np.sign(np.linalg.det(left @ right))
    left[:, :, 2] *= mirrored[:, None]
    scale = np.sqrt((wanted**2).sum() / (found**2).sum(axis=(1, 2)))
    turned = np.einsum("fpi,fij->fpj", points[seen] - centres, left @ right) * scale[:, None, None]
    out[seen] = turned @ _facing(usual) / np.linalg.norm(usual[_RIGHT_EYE] - usual[_LEFT_EYE])
    return out


def _facing(points: Points) -> Points:
    """The turn (3, 3) after which a face looks along z."""
    across = points[_LEFT_EYE] - points[_RIGHT_EYE]
    across /= np.linalg.norm(across)
    out = np.cross(across, points[_TOP] - points[_CHIN])
    out /= np.linalg.norm(out)
    turn: Points = np.stack([across, np.cross(out, across), out], axis=1)
    return turn
