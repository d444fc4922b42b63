"""Which of several faces is the one that is captured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from annotator.core.capture.landmarker import Face

Box = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of the picture."""

_SAME = 0.25
"""Overlap, of what both cover together, from which on two boxes are one face."""


def box_of(face: Face) -> Box:
    """The box around a face's landmarks."""
    low, high = face.landmarks[:, :2].min(axis=0), face.landmarks[:, :2].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def overlap(a: Box, b: Box) -> float:
    """What two boxes share of what they cover together, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (_area(a) + _area(b) - shared)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


class Follower:
    """Follows one face: the ``wish`` decides where the first one is chosen, overlap from then on."""

    def __init__(self, wish: str) -> None:
        """``wish``: largest, first (the first that the tracker names) or a number, counted from the left
        from 0."""
        self._wish = wish
        self._last: Box | None = None
        self.lost_sight = False
        """Whether there were faces, but none where the one that is followed was."""

    def forget_place(self) -> None:
        """After a cut the face may be anywhere: it is chosen anew."""
        self._last = None

    def choose(self, faces: Sequence[Face]) -> Face | None:
        """The face that is followed; None where it is not among ``faces``."""
        self.lost_sight = False
        if not faces:
            return None
        boxes = [box_of(face) for face in faces]
        if self._last is None:
            at = self._first(boxes)
        else:
            shares = [overlap(self._last, box) for box in boxes]
            at = int(np.argmax(shares))
            if shares[at] < _SAME and len(boxes) > 1:
                self.lost_sight = True
                return None
        if at is None:
            return None
        self._last = boxes[at]
        return faces[at]

    def _first(self, boxes: Sequence[Box]) -> int | None:
        if self._wish == "largest":
            return int(np.argmax([_area(box) for box in boxes]))
        if self._wish == "first":
            return 0
        by_place = sorted(range(len(boxes)), key=lambda at: boxes[at][0])
        number = int(self._wish)
        return by_place[number] if number < len(by_place) else None


def same_mirrored(face: Face, mirrored: Sequence[Face]) -> Face | None:
    """The face of the mirrored picture that is ``face``; None where it was not found there."""
    left, top, right, bottom = box_of(face)
    wanted = (1 - right, top, 1 - left, bottom)
    best = max(mirrored, key=lambda other: overlap(wanted, box_of(other)), default=None)
    return best if best is not None and overlap(wanted, box_of(best)) > _SAME else None


def height_of(landmarks: NDArray[np.float32], picture_height: int) -> float:
    """How many pixels of the picture a face is high."""
    return float(np.ptp(landmarks[:, 1])) * picture_height
