"""Where one shot ends and the next begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer.core.opencv import cv2

_SIDE = 96
_BINS = (8, 8, 8)
_DISTANCE = 0.32
"""Bhattacharyya distance of two neighbours' colours beyond which they are different shots; motion in front
of a camera stays under 0.1."""
_OVER_USUAL = 3.0
"""How many times further than the neighbours before: shaking cameras and flicker change colours, too."""
_REMEMBERED = 6


class CutFinder:
    """Compares each picture with the one before it."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None
        self._usual: list[float] = []

    def is_cut(self, pixels: NDArray[np.uint8]) -> bool:
        """Whether ``pixels`` (H, W, 3), RGB, begin another shot than the picture before."""
        height, width = pixels.shape[:2]
        scale = _SIDE / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        counted = cv2.calcHist([small], [0, 1, 2], None, list(_BINS), [0, 256, 0, 256, 0, 256])
        colours: NDArray[np.float32] = np.asarray(
            cv2.GaussianBlur(counted.reshape(8, 64), (3, 3), 0), np.float32
        )
        before, self._before = self._before, colours
        if before is None:
            return False
        distance = float(cv2.compareHist(before, colours, cv2.HISTCMP_BHATTACHARYYA))
        usual = max(self._usual[-_REMEMBERED:], default=0.0)
        cut = distance > max(_DISTANCE, _OVER_USUAL * usual)
        if cut:
            self._usual.clear()
        else:
            self._usual.append(distance)
        return cut
