"""What skin does beside moving along: it folds, and it swells between the folds.

Landmark motion alone leaves the skin smooth; here a smile raises the cheek above the nasolabial fold,
a frown bulges between its furrows, a lifted brow waves the forehead.
"""

from __future__ import annotations

import numpy as np
from cage import Cage
from forms import Form, fixed, normals, raised
from solve import Array

LABIAL = ((1.95, 0.15, 10.4), (2.4, -0.7, 10.3), (2.9, -1.7, 10.1), (3.2, -2.4, 9.9))
"""The path of the nasolabial fold, from the nose's wing to beside the corner of the mouth."""
CREASES: dict[str, tuple[Form, ...]] = {
    "MouthSmileLeft": (
        Form("fold", LABIAL, -0.26, 0.36),
        Form("fold round the corner", ((3.35, -2.8, 9.85), (3.4, -3.9, 9.75)), -0.1, 0.5),
        Form("crest of the fold", ((2.6, -0.1, 10.1), (3.4, -1.5, 9.9), (3.8, -2.3, 9.65)), 0.16, 0.5),
        Form("cheek", ((3.5, 0.1, 9.8), (4.5, 0.5, 9.3)), 0.25, 1.05),
    ),
    "CheekSquintLeft": (
        Form("pouch", ((2.2, 2.15, 9.6), (3.2, 1.9, 9.6), (4.3, 2.1, 9.1)), 0.1, 0.32),
        Form("line below it", ((2.0, 1.55, 9.7), (3.2, 1.15, 9.7), (4.5, 1.4, 9.2)), -0.05, 0.28),
        Form("cheek", ((3.7, 0.3, 9.7), (4.7, 0.7, 9.1)), 0.14, 0.9),
    ),
    "EyeSquintLeft": (Form("pouch", ((2.2, 2.6, 9.55), (3.2, 2.4, 9.5), (4.1, 2.6, 9.1)), 0.05, 0.32),),
    "NoseSneerLeft": (
        Form("fold", LABIAL[:3], -0.24, 0.36),
        Form("crest of the fold", ((2.4, 0.7, 9.9), (2.9, -0.6, 10.0)), 0.16, 0.55),
        Form("wrinkle", ((0.3, 3.6, 10.85), (1.1, 3.0, 10.2)), -0.14, 0.22),
        Form("between the wrinkles", ((0.4, 2.95, 11.1), (1.25, 2.3, 10.4)), 0.15, 0.24),
        Form("wrinkle", ((0.5, 2.3, 11.5), (1.35, 1.7, 10.7)), -0.13, 0.22),
        Form("across the root of the nose", ((0.15, 4.3, 10.6), (0.75, 4.2, 10.4)), -0.06, 0.2),
    ),
    "MouthUpperUpLeft": (
        Form("fold", LABIAL[:3], -0.1, 0.36),
        Form("crest of the fold", ((2.9, -0.6, 10.0),), 0.09, 0.6),
    ),
    "MouthDimpleLeft": (
        Form("dimple", ((3.1, -2.9, 9.9), (3.2, -3.5, 9.85), (3.1, -4.0, 9.85)), -0.16, 0.26),
        Form("around it", ((3.8, -2.9, 9.5), (3.9, -3.9, 9.3)), 0.08, 0.4),
    ),
    "MouthStretchLeft": (Form("fold", ((3.4, -2.4, 9.8), (3.75, -3.4, 9.5), (3.6, -4.4, 9.4)), -0.09, 0.28),),
    "MouthFrownLeft": (
        Form("fold", ((2.95, -3.85, 10.0), (3.1, -4.6, 9.9), (2.95, -5.4, 9.7)), -0.09, 0.5),
        Form("beside it", ((3.6, -4.2, 9.5), (3.6, -5.2, 9.2)), 0.04, 0.7),
    ),
    "MouthShrugLower": (
        Form("chin", ((0.0, -6.5, 11.1), (0.9, -6.4, 10.9)), 0.12, 0.7),
        Form("above the chin", ((0.0, -5.25, 10.9), (1.5, -5.15, 10.6)), -0.12, 0.3),
    ),
    "BrowDownLeft": (
        Form("furrow", ((0.52, 6.7, 10.75), (0.48, 5.9, 10.75), (0.62, 5.1, 10.6)), -0.14, 0.23),
        Form("bulge", ((1.15, 6.2, 10.7), (2.2, 6.35, 10.5)), 0.15, 0.42),
        Form("below the brow", ((1.7, 4.7, 9.95), (3.0, 4.95, 10.0), (4.2, 4.75, 9.6)), 0.12, 0.35),
    ),
    "BrowInnerUp": (
        Form("wave", ((0.0, 7.1, 10.5), (1.6, 7.2, 10.35), (2.6, 7.3, 10.0)), -0.09, 0.3),
        Form("wave", ((0.0, 7.75, 10.35), (1.7, 7.8, 10.2), (2.7, 7.85, 9.8)), 0.09, 0.3),
        Form("wave", ((0.0, 8.4, 10.1), (1.7, 8.4, 9.9), (2.7, 8.4, 9.6)), -0.09, 0.3),
        Form("wave", ((0.0, 9.0, 9.9), (1.7, 9.0, 9.65), (2.6, 9.0, 9.3)), 0.06, 0.3),
    ),
    "BrowOuterUpLeft": (
        Form("wave", ((2.6, 7.3, 10.0), (4.0, 7.35, 9.3), (5.2, 7.0, 8.1)), -0.06, 0.3),
        Form("wave", ((2.7, 7.9, 9.8), (4.1, 7.9, 9.1), (5.3, 7.6, 7.9)), 0.05, 0.3),
        Form("wave", ((2.7, 8.4, 9.6), (4.2, 8.4, 8.8), (5.3, 8.3, 7.6)), -0.05, 0.3),
    ),
}


class Creaser:
    """Adds the folds of a shape to the skin."""

    def __init__(self, cage: Cage, places: Array) -> None:
        self._places, self._normals = places, normals(cage.quads, places)
        free = (places[:, 2] > 6) & (self._normals[:, 2] > 0.1)
        free[fixed(cage)] = False
        self._free = np.flatnonzero(free)
        self._left_share = cage.left_share[self._free]

    def __call__(self, shape: str) -> Array:
        """The motion (n, 3) that the folds of ``shape`` add; a shape of both sides folds on both.

        The folds of a shape of one side end at the midline, half of them on it: left and right
        together then fold the midline as far as the skin beside it.
        """
        out = np.zeros_like(self._places)
        height = raised(CREASES.get(shape, ()), self._places[self._free])
        if shape.endswith("Left"):
            height *= self._left_share
        out[self._free] = height[:, None] * self._normals[self._free]
        return out
